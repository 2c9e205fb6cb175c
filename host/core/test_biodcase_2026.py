"""The challenge's front end: bit for bit the golden vectors, and the reference in NumPy whatever the parameters."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ..checkout import ROOT
from ..frontend.biodcase_2026.reference import banded, reference_values
from ..frontend.biodcase_2026.settings import WINDOWS, Biodcase2026Settings
from ..frontend.biodcase_2026.tables import mel_filters
from ..frontend.kinds import values_of
from ..frontend.normalised.settings import NormalisedSettings
from ..frontend.presets import preset
from ..frontend.settings import SettingsError
from ..frontend.signals import Int16, all_signals
from .c_frontend import FrontEnd

GOLDEN = ROOT.parent / "shared" / "models" / "golden" / "biodcase2026.npz"
NAMES = ("chirp", "bursts", "tones", "noise", "quiet", "speechish", "fullscale_square", "silence")
INPUT_SCALE = float.fromhex("0x1.010102p-8")  # of the challenge's models; zero point -128
CHALLENGE = Biodcase2026Settings(24000, 4096, 512)
SHAPES = [
    CHALLENGE,
    Biodcase2026Settings(16000, 512, 160, 32, 60.0, 7000.0),
    Biodcase2026Settings(8000, 128, 300, 9, 100.0, 3500.0, log_shift=0),
    Biodcase2026Settings(48000, 2048, 441, 128, 20.0, 20000.0, window_bits=14, log_shift=11),
    Biodcase2026Settings(22050, 8192, 4096, 64, 0.0, 11000.0, window_bits=1, precision="single"),
    Biodcase2026Settings(8000, 16, 3, 1, 0.0, 3000.0),
]


@cache
def front_end(shape: Biodcase2026Settings) -> FrontEnd:
    return FrontEnd(shape, 1.0, -128)


def equal(shape: Biodcase2026Settings, samples: Int16) -> NDArray[np.int32]:
    """The C core's features, which equal the reference's."""
    found = front_end(shape).values(samples)
    np.testing.assert_array_equal(found, reference_values(shape, samples))
    return found


def flat(n: int) -> Int16:
    """What is as flat under the window as it can be: no sum of the FFT gets larger."""
    t = np.arange(n)
    window = np.maximum(np.resize(np.hanning(min(n, 8192)), n), 1e-3)
    return np.clip(np.round(900 * np.sign(np.cos(0.37 * t + 0.5)) / window), -32768, 32767).astype(np.int16)


def golden() -> dict[str, NDArray[np.int64]]:
    if not GOLDEN.is_file():
        pytest.skip(f"{GOLDEN.name} is not beside this checkout")
    with np.load(GOLDEN) as data:
        return dict(data)


@pytest.mark.parametrize("name", NAMES)
def test_golden_columns_and_cells(name: str) -> None:
    data = golden()
    assert len(NAMES) == sum(key.endswith("_pcm") for key in data)
    samples, expected = data[f"{name}_pcm"].astype(np.int16), data[f"{name}_logmel"]
    assert expected.shape == (133, 40)
    np.testing.assert_array_equal(front_end(CHALLENGE).values(samples), expected)
    np.testing.assert_array_equal(reference_values(CHALLENGE, samples[:8000]), expected[:8])
    whole = FrontEnd(preset("biodcase-2026").settings(), INPUT_SCALE, -128)
    cells = whole.window(whole.features(samples))
    np.testing.assert_array_equal(cells.T, data[f"{name}_input"].reshape(40, 133))


def test_the_preset_is_the_challenges() -> None:
    values = values_of(CHALLENGE)
    assert preset("biodcase-2026").settings() == NormalisedSettings(values, "min-max")
    assert CHALLENGE.columns(3 * 24000) == 133


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"fft{shape.fft}")
def test_every_signal_gives_the_references_columns(shape: Biodcase2026Settings) -> None:
    n = shape.samples_for(2)
    largest = 0
    for samples in (*all_signals(shape.sample_rate, n).values(), flat(n)):
        largest = max(largest, int(equal(shape, samples).max()))
    assert largest > (40 if shape.log_shift == 6 else 3)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(WINDOWS[:8]), st.integers(0, 2**32 - 1), st.integers(0, 15))
def test_any_samples_of_any_length_of_fft(data: st.DataObject, window: int, seed: int, quieter: int) -> None:
    """Rounding ties, which break the symmetry of a real signal's spectrum, and samples as loud as they get."""
    rng = np.random.default_rng(seed)
    rate = data.draw(st.sampled_from([8000, 11025, 16000, 24000, 44100]))
    top = (rate / 2) * (1 - 4 / window)  # bands end below the last bin
    shape = Biodcase2026Settings(
        rate,
        window,
        data.draw(st.integers(1, 2 * window)),
        data.draw(st.integers(1, 128)),
        data.draw(st.sampled_from([0.0, 20.0, rate / 16])),
        top * data.draw(st.floats(0.3, 0.9)),
        data.draw(st.integers(1, 14)),
        data.draw(st.integers(0, 11)),
        data.draw(st.sampled_from(["double", "single"])),
    )
    kind = data.draw(st.sampled_from(["noise", "signs", "sparse", "tone", "constant"]))
    n = shape.samples_for(2)
    sound = {
        "noise": rng.integers(-32768, 32768, n),
        "signs": rng.choice([-32768, 32767], n),
        "sparse": np.where(rng.random(n) < 4 / window, rng.choice([-32768, 32767], n), 0),
        "tone": np.round(32767 * np.sin(2 * np.pi * rng.integers(1, window // 2) / window * np.arange(n))),
        "constant": np.full(n, rng.choice([-32768, 32767])),
    }[kind]
    equal(shape, (sound.astype(np.int64) >> quieter).astype(np.int16))


def test_the_reference_is_an_fft() -> None:
    """Whatever its roundings: half of what a float64 FFT gives, within what 16 bits can hold."""
    samples = all_signals(24000, 4096)["noise 0 dBFS"]
    half = np.abs(np.fft.rfft(samples * np.hanning(4096)))[None, :2048] / 4096 / 2
    bands = banded((half**2 * 2**20).astype(np.int64), mel_filters(CHALLENGE))
    np.testing.assert_allclose(
        reference_values(CHALLENGE, samples) / 64, np.log(np.sqrt(bands / 2**20)), atol=0.05
    )


def test_a_stream_in_pieces_and_a_new_one_after_it() -> None:
    samples = all_signals(24000, 12000)["sweep 0 dBFS"]
    stream = FrontEnd(CHALLENGE, 4.0, -128)
    whole = stream.features(samples)
    assert whole.shape == (16, 40) and len(np.unique(whole)) > 20
    for _ in range(2):
        pieces = [stream.push(piece) for piece in np.array_split(samples, 37)]
        np.testing.assert_array_equal(np.concatenate(pieces), whole)
        stream.reset()


@pytest.mark.parametrize(("scale", "zero_point"), [(4.0, -128), (2.5, 0), (1 / 3, 5)])
def test_cells_are_rounded_features(scale: float, zero_point: int) -> None:
    samples = all_signals(24000, 12000)["noise -20 dBFS"]
    features = front_end(CHALLENGE).values(samples)
    cells = FrontEnd(CHALLENGE, scale, zero_point).features(samples)
    np.testing.assert_array_equal(cells, np.clip(np.round(features / scale + zero_point), -128, 127))


def test_silence_and_extremes_have_a_value() -> None:
    for shape in SHAPES:
        assert not equal(shape, np.zeros(shape.samples_for(2), np.int16)).any()
        lone = np.zeros(shape.samples_for(1), np.int16)
        lone[shape.fft // 2] = -32768  # its magnitude has no 16 bits
        equal(shape, lone)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"window": 8}, "window"),
        ({"window": 1000}, "window"),
        ({"window": 16384}, "window"),
        ({"hop": 0}, "hop"),
        ({"bands": 129}, "bands"),
        ({"fmax": 12001.0}, "fmax"),
        ({"fmin": 7499.5}, "fmin"),
        ({"window_bits": 15}, "window_bits"),
        ({"log_shift": 12}, "log_shift"),
        ({"precision": "half"}, "precision"),
        ({"scale": 0.0}, "scale"),
        ({"pcan": True}, "pcan"),
    ],
)
def test_settings_that_make_no_sense_are_refused(values: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        Biodcase2026Settings.from_dict({"sample_rate": 24000, "window": 4096, "hop": 512, **values})


def test_bands_beyond_the_last_bin_are_refused() -> None:
    with pytest.raises(SettingsError, match="beyond the FFT's bins") as raised:
        FrontEnd(Biodcase2026Settings(8000, 256, 128, 20, fmax=4000.0))
    assert raised.value.setting == "fmax"
