"""The session and cells that depend on all of a window: what the model gets of streams and of tensors."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import Bundle, bundle_from, load_bundle
from ..bundle.write import BundleValues
from ..checkout import DEFAULT_BUNDLE
from ..frontend.kinds import values_of
from ..frontend.mfcc.settings import MfccSettings
from ..frontend.normalised.settings import NormalisedSettings
from ..link import messages as m
from ..model.ends import to_cells
from .c_frontend import FrontEnd
from .fake_target import FakeTarget, build_target

pytestmark = [pytest.mark.native, pytest.mark.slow]
PIECE = 512


def behind(settings: NormalisedSettings, name: str) -> Bundle:
    """The default model behind another front end."""
    default = load_bundle(DEFAULT_BUNDLE)
    values = BundleValues(
        name=name,
        settings=settings,
        frames=default.frames,
        stride=default.stride,
        labels=default.labels,
        detector=default.detector,
        model=default.model,
        model_bytes=default.model_bytes,
    )
    return bundle_from(DEFAULT_BUNDLE, values.to_dict(), default.model_bytes)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    """Windows over their own range."""
    own = values_of(load_bundle(DEFAULT_BUNDLE).settings)
    return behind(NormalisedSettings(own, "min-max", scale=5.5, offset=-3.0), "normalised")


@pytest.fixture(scope="module")
def limited() -> Bundle:
    """Coefficients whose log-mel is limited before the DCT."""
    cepstral = MfccSettings(8000, 256, 128, 256, 64, 40, 0.0, 4000.0, -80.0, lifter=22.0)
    return behind(NormalisedSettings(values_of(cepstral), "top", top_db=30.0, scale=0.01), "limited")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory, bundle: Bundle) -> FakeTarget:
    return FakeTarget(build_target(tmp_path_factory.mktemp("target"), bundle), bundle)


def expected(bundle: Bundle, columns: NDArray[np.int8]) -> NDArray[np.int8]:
    return to_cells(bundle.model.input, columns[None])[0]


def test_a_bundle_knows_that_its_windows_are_measured(bundle: Bundle) -> None:
    assert bundle.settings.bands == 80 and bundle.model.cells == bundle.frames * 40
    columns = np.zeros((2, bundle.frames, 80), np.int8)
    columns[1, 7, 3] = 100
    cells = to_cells(bundle.model.input, columns)
    assert cells.shape == (2, bundle.frames, 40)
    assert (cells[0] == cells[0, 0, 0]).all() and np.unique(cells[1]).tolist() == [-128, 127]
    np.testing.assert_array_equal(to_cells(bundle.model.input, cells), cells)  # cells are cells


def test_the_model_gets_the_cells_of_each_window_of_a_stream(target: FakeTarget, bundle: Bundle) -> None:
    check_stream(target, bundle)


def test_the_model_gets_coefficients_of_a_limited_log_mel(tmp_path: Path, limited: Bundle) -> None:
    assert limited.kind.linked(limited.settings) == ("mfcc_top", "mfcc")
    assert (limited.settings.bands, limited.settings.model_bands) == (128, 40)
    check_stream(FakeTarget(build_target(tmp_path, limited), limited), limited)


def check_stream(target: FakeTarget, bundle: Bundle) -> None:
    """Columns are the host's, and the model's input is what the host makes of each window's."""
    rng = np.random.default_rng(3)
    samples = (rng.normal(0, 3000, 24_000) * np.linspace(0.01, 1, 24_000)).astype("<i2")
    columns = FrontEnd(bundle.settings, bundle.model.input.scale, bundle.model.input.zero_point).features(
        samples
    )
    features = b""
    target.ask(m.StreamStart(stream=1, flags=m.StreamFlag.FEATURES | m.StreamFlag.INFERENCE))
    data, windows = samples.tobytes(), 0
    for at in range(0, len(data), 2 * bundle.settings.hop):
        for answer in target.ask(m.Audio(data[at : at + 2 * bundle.settings.hop])):
            if isinstance(answer, m.Features):
                features += answer.cells
            if isinstance(answer, m.WindowResult):
                whole = columns[answer.first_column : answer.first_column + bundle.frames]
                assert target.model_input() == expected(bundle, whole).tobytes()
                windows += 1
    features += b"".join(a.cells for a in target.ask(m.StreamEnd(1)) if isinstance(a, m.Features))
    assert windows > 5
    assert features == columns.tobytes()


def test_the_model_gets_the_cells_of_a_tensor_of_columns(target: FakeTarget, bundle: Bundle) -> None:
    rng = np.random.default_rng(4)
    for piece in (PIECE, 333, 80):
        columns = rng.integers(-128, 128, (bundle.frames, 80)).astype(np.int8)
        data = columns.tobytes()
        pieces = [m.TensorData(at, data[at : at + piece]) for at in range(0, len(data), piece)]
        (answer,) = target.ask(m.TensorBegin(id=2, length=len(data)), *pieces)
        assert isinstance(answer, m.TensorResult)
        assert target.model_input() == expected(bundle, columns).tobytes()
    (refusal,) = target.ask(m.TensorBegin(id=3, length=bundle.model.cells))
    assert isinstance(refusal, m.Error) and refusal.code == m.ErrorCode.WRONG_LENGTH


def test_silence_is_defined(target: FakeTarget, bundle: Bundle) -> None:
    silence = np.zeros(bundle.window_samples, "<i2").tobytes()
    audio = [m.Audio(silence[at : at + PIECE]) for at in range(0, len(silence), PIECE)]
    target.ask(m.StreamStart(stream=5, flags=m.StreamFlag.INFERENCE), *audio, m.StreamEnd(5))
    low = np.clip(round(-3.0 / bundle.model.input.scale + bundle.model.input.zero_point), -128, 127)
    assert set(target.model_input()) == {int(low) % 256}


def test_what_the_board_says_of_itself(target: FakeTarget, bundle: Bundle) -> None:
    (info,) = target.ask(m.InfoRequest())
    assert isinstance(info, m.Info)
    assert (info.bands, info.frames) == (80, bundle.frames)
    assert info.max_bands >= bundle.settings.model_bands
    assert replace(info, bands=40).bands == bundle.settings.model_bands


def test_a_firmware_links_both_kinds(bundle: Bundle) -> None:
    assert bundle.kind.linked(bundle.settings) == ("normalised", "log_mel")
    other = NormalisedSettings({**values_of(bundle.settings.inner), "spectrum": "magnitude"}, "min-max")  # type: ignore[attr-defined]
    assert bundle.kind.linked(other) == ("normalised", "log_mel_options")
