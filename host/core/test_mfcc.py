"""Cepstral coefficients by the C core, against librosa in float64 and a published model's features."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ..checkout import ROOT
from ..frontend.mfcc.float_frontend import coefficients, features
from ..frontend.mfcc.settings import MfccSettings
from ..frontend.mfcc.tables import build_tables
from ..frontend.presets import preset
from ..frontend.settings import SettingsError
from ..frontend.signals import all_signals
from ..model.inspect import inspect_model
from ..model.reference import ReferenceInterpreter
from .c_frontend import FrontEnd

pytestmark = pytest.mark.native

GOLDEN = ROOT.parent / "shared" / "models" / "golden" / "mlperf_kws.npz"
GOLDEN_INPUT = (0.5847029089927673, 83)  # the model's: scale and zero point
M = MfccSettings
SMALL: dict[str, Any] = {
    "sample_rate": 8000,
    "window": 256,
    "hop": 128,
    "fft": 256,
    "mel_bands": 40,
    "bands": 13,
    "fmin": 0.0,
    "fmax": 4000.0,
    "log_floor_db": -80.0,
}
# With steps as int8 needs them: the 0th coefficient fills the range.
CASES = {
    "librosa": (M(8000, 256, 128, 256, 40, 13, 0.0, 4000.0, -80.0), 3.0, 60),
    "odd number of bands": (M(8000, 256, 128, 256, 23, 12, 0.0, 4000.0, -80.0), 2.0, 70),
    "all coefficients": (M(16000, 400, 160, 512, 26, 26, 20.0, 8000.0, -80.0), 2.0, 67),
    "one band": (M(8000, 128, 64, 128, 1, 1, 100.0, 3900.0, -80.0), 0.5, 70),
    "not orthonormal": (M(8000, 256, 128, 256, 40, 13, 0.0, 4000.0, -80.0, dct_norm="none"), 30.0, 60),
    "lifter": (M(8000, 256, 128, 256, 40, 20, 0.0, 4000.0, -80.0, lifter=22.0), 6.0, 60),
    "own affine input": (M(8000, 256, 128, 256, 40, 10, 0.0, 4000.0, -80.0, -0.02, 1.5), 0.05, -3),
    "128 bands": (M(16000, 1024, 512, 1024, 128, 40, 0.0, 8000.0, -80.0, logarithm="ln"), 1.2, 67),
    "fft 400": (
        M(16000, 400, 200, 400, 40, 13, 0.0, 8000.0, -80.0, mel_scale="htk", padding="reflect"),
        3.0,
        60,
    ),
    "emphasised, from the middle": (
        M(16000, 400, 160, 512, 40, 13, 20.0, 7600.0, -80.0, pre_emphasis=0.97, padding="zero"),
        3.0,
        60,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_synthetic_signals_at_every_level(case: str) -> None:
    settings, scale, zero = CASES[case]
    for name, samples in all_signals(settings.sample_rate, settings.samples_for(150)).items():
        ours = FrontEnd(settings, scale, zero).features(samples).astype(int)
        theirs = features(settings, samples, scale, zero).astype(int)
        assert ours.shape == theirs.shape == (settings.columns(len(samples)), settings.bands)
        difference = np.abs(ours - theirs)
        assert difference.max(initial=0) <= 1, f"{name}: off by {difference.max()}"
        assert (difference == 0).mean() >= 0.99, f"{name}: only {(difference == 0).mean():.2%} are equal"


def golden() -> dict[str, NDArray[Any]]:
    if not GOLDEN.is_file():
        pytest.skip(f"{GOLDEN.name} is not beside this checkout")
    with np.load(GOLDEN) as data:
        return dict(data)


def test_golden_cells_of_the_keyword_model() -> None:
    data = golden()
    names = [name.removesuffix("_pcm") for name in data if name.endswith("_pcm")]
    assert len(names) == 8
    settings = preset("mlperf-kws").settings()
    assert isinstance(settings, MfccSettings)
    front_end = FrontEnd(settings, *GOLDEN_INPUT)
    differences = []
    for name in names:
        difference = np.abs(
            front_end.features(data[f"{name}_pcm"]) - data[f"{name}_input"][0, :, :, 0].astype(int)
        )
        assert difference.max() <= 1, name
        differences.append(difference)
        theirs = data[f"{name}_mfcc"]
        np.testing.assert_allclose(
            coefficients(settings, data[f"{name}_pcm"]), theirs, atol=1e-6, err_msg=name
        )
    assert np.mean(np.concatenate(differences) == 0) >= 0.99


def test_values_are_the_cells_before_rounding() -> None:
    settings, scale, zero = CASES["librosa"]
    samples = np.concatenate(list(all_signals(8000, 2000).values()))
    values = FrontEnd(settings, scale, zero).values(samples) / 256
    np.testing.assert_array_equal(
        FrontEnd(settings, scale, zero).features(samples), np.clip(np.floor(values + 0.5), -128, 127)
    )
    assert values.min() < -100 and np.abs(values - np.round(values)).mean() > 0.1


def test_a_stream_in_pieces_and_a_new_one_after_it() -> None:
    for padding in ("none", "zero", "reflect"):
        front_end = FrontEnd(M(**SMALL, padding=padding), 3.0, 60)
        samples = all_signals(8000, 4000)["noise 0 dBFS"]
        whole = front_end.features(samples)
        for _ in range(2):  # what was before the first stream is before the second, too
            pieces = [front_end.push(piece) for piece in np.array_split(samples, 37)]
            np.testing.assert_array_equal(np.concatenate(pieces), whole)
            front_end.reset()


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"bands": 0}, "bands"),
        ({"bands": 41}, "bands"),
        ({"mel_bands": 129}, "mel_bands"),
        ({"mel_bands": 40.0}, "mel_bands"),
        ({"dct_norm": "slaney"}, "dct_norm"),
        ({"lifter": -1.0}, "lifter"),
        ({"lifter": float("nan")}, "lifter"),
        ({"scale": 0.0}, "scale"),
        ({"offset": float("inf")}, "offset"),
        ({"fft": 308}, "fft"),
        ({"spectrum": "phase"}, "spectrum"),
        ({"log_offset": 1e-20}, "log_offset"),
        ({"log_offset": -1.0}, "log_offset"),
        ({"pre_emphasis": 1.0}, "pre_emphasis"),
        ({"padding": "mirror"}, "padding"),
        ({"padding": "zero", "window_placement": "start"}, "padding"),
        ({"padding": "reflect", "pre_emphasis": 0.97}, "padding"),
    ],
)
def test_settings_that_make_no_sense_are_refused(values: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        MfccSettings.from_dict({**SMALL, **values})


@pytest.mark.parametrize(("scale", "zero"), [(0.0, 0), (math.nan, 0), (1e-12, 0), (1e12, 0), (1.0, 128)])
def test_quantisers_that_make_no_sense_are_refused(scale: float, zero: int) -> None:
    with pytest.raises(SettingsError):
        build_tables(MfccSettings(**SMALL), scale, zero)


def test_settings_survive_a_dict_and_back() -> None:
    settings = M(**SMALL, lifter=22.0, spectrum="magnitude")
    assert MfccSettings.from_dict(settings.to_dict()) == settings
    assert "padding" not in settings.to_dict()


@pytest.mark.slow
def test_the_keyword_model_decides_as_published() -> None:
    path = GOLDEN.parents[1] / "mlperf_tiny" / "kws_ref_model.tflite"
    if not path.is_file():
        pytest.skip(f"{path.name} is not beside this checkout")
    data, model_bytes = golden(), path.read_bytes()
    model = inspect_model(model_bytes)
    assert (model.input.scale, model.input.zero_point) == GOLDEN_INPUT
    front_end = FrontEnd(preset("mlperf-kws").settings(), *GOLDEN_INPUT)
    interpreter = ReferenceInterpreter(model_bytes, model)
    clear = 0
    for name in (name.removesuffix("_pcm") for name in data if name.endswith("_pcm")):
        published = data[f"{name}_output"][0]
        scores = interpreter.run(front_end.features(data[f"{name}_pcm"])[None]).scores[0]
        second, first = np.sort(published)[-2:]
        if first > second:  # on one signal two classes tie
            clear += 1
            assert scores.argmax() == published.argmax(), name
        if (front_end.features(data[f"{name}_pcm"]) == data[f"{name}_input"][0, :, :, 0]).all():
            np.testing.assert_array_equal(scores, published, err_msg=name)
    assert clear == 7
