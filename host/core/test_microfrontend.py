"""The fixed-point front end: bit for bit what the public implementations compute, a stream's whole past included."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ..checkout import ROOT
from ..frontend.microfrontend.settings import MicrofrontendSettings
from ..frontend.microfrontend.tables import build_tables
from ..frontend.settings import SettingsError
from ..frontend.signals import Int16, all_signals
from .c_frontend import FrontEnd

GOLDEN = ROOT.parent / "shared" / "models" / "golden"
THEIRS = MicrofrontendSettings(16000, 480, 160)  # the parameters that pymicro-features has compiled in
SCALE, ZERO_POINT = 0.10196078568696976, -128


def pymicro(samples: Int16, pieces: int = 4096) -> NDArray[np.int32]:
    """What pymicro-features gives, as whole numbers."""
    pymicro_features = pytest.importorskip("pymicro_features")
    front_end = pymicro_features.MicroFrontend()
    data, columns = samples.tobytes(), []
    while len(data) >= 2:
        found = front_end.process_samples(data[: 2 * pieces])
        data = data[2 * found.samples_read :]
        if found.features:
            columns.append(np.rint(np.array(found.features) / 0.0390625).astype(np.int32))
        if found.samples_read == 0:
            break
    return np.array(columns, np.int32).reshape(-1, 40)


def golden(name: str) -> dict[str, NDArray[np.int64]]:
    path = GOLDEN / name
    if not path.is_file():
        pytest.skip(f"{path.name} is not beside this checkout")
    with np.load(path) as data:
        return dict(data)


@pytest.mark.parametrize("name", all_signals(16000, 10))
def test_features_equal_pymicro_features(name: str) -> None:
    samples = all_signals(16000, 24000)[name]
    ours = FrontEnd(THEIRS, SCALE, ZERO_POINT).values(samples)
    assert ours.shape == (148, 40)
    np.testing.assert_array_equal(ours, pymicro(samples))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(-90, 20))
def test_any_noise_at_any_level_gives_equal_features(seed: int, level_db: int) -> None:
    """From a few steps to far beyond full scale, with silence between: noise estimates rise and fall."""
    rng = np.random.default_rng(seed)
    sound = rng.normal(0, 32768 * 10 ** (level_db / 20), 12000) * (rng.random(12000) < rng.uniform(0.001, 1))
    sound[: rng.integers(0, 6000)] = 0
    samples = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
    np.testing.assert_array_equal(FrontEnd(THEIRS, SCALE, ZERO_POINT).values(samples), pymicro(samples))


def test_the_lowest_sample_alone_in_a_window() -> None:
    """Raised it would be lost, and is so at once: nothing else in that column is heard."""
    samples = np.zeros(4800, np.int16)
    samples[239::480] = -32768  # where the window is 1, so that it stays what it is
    values = FrontEnd(THEIRS, SCALE, ZERO_POINT).values(samples)
    np.testing.assert_array_equal(values, pymicro(samples))
    samples[:] = 0
    np.testing.assert_array_equal(values[::3], FrontEnd(THEIRS, SCALE, ZERO_POINT).values(samples)[::3])


def test_a_stream_in_pieces_and_a_new_one_after_it() -> None:
    samples = all_signals(16000, 16000)["sweep 0 dBFS"]
    front_end = FrontEnd(THEIRS, SCALE, ZERO_POINT)
    whole = front_end.features(samples)
    for _ in range(2):
        pieces = [front_end.push(piece) for piece in np.array_split(samples, 37)]
        np.testing.assert_array_equal(np.concatenate(pieces), whole)
        front_end.reset()  # or the noise of this stream would be known to the next


def test_golden_columns_of_the_wake_words() -> None:
    data = golden("microfrontend.npz")
    names = [name.removesuffix("_pcm") for name in data if name.endswith("_pcm")]
    assert len(names) == 8
    front_end = FrontEnd(THEIRS, SCALE, ZERO_POINT)
    for name in names:
        found = front_end.values(data[f"{name}_pcm"].astype(np.int16))
        np.testing.assert_array_equal(found, data[f"{name}_features"], err_msg=name)


def test_golden_cells_of_micro_speech() -> None:
    data = golden("micro_speech.npz")
    values = {"quantisation": "esphome", "precision": "double", "filter_weights": "truncated"}
    front_end = FrontEnd(MicrofrontendSettings(16000, 480, 320, **values), SCALE, ZERO_POINT)  # type: ignore[arg-type]
    names = [name.removesuffix("_pcm") for name in data if name.endswith("_pcm")]
    assert len(names) == 4
    for name in names:
        found = front_end.features(data[f"{name}_pcm"].astype(np.int16))
        np.testing.assert_array_equal(found, data[f"{name}_features"], err_msg=name)


@pytest.mark.parametrize("zero_point", [-128, 0, 5])
def test_both_quantisations(zero_point: int) -> None:
    samples = all_signals(16000, 16000)["noise 0 dBFS"]
    features = FrontEnd(THEIRS).values(samples)
    rounded = np.clip(np.round(features * 0.0390625 / SCALE + zero_point), -128, 127)
    np.testing.assert_array_equal(FrontEnd(THEIRS, SCALE, zero_point).features(samples), rounded)
    esphome = MicrofrontendSettings(16000, 480, 160, quantisation="esphome")
    cells = FrontEnd(esphome, SCALE, zero_point).features(samples)
    np.testing.assert_array_equal(cells, np.clip((features * 256 + 333) // 666 - 128, -128, 127))
    assert features.max() > 400


def test_silence_and_every_extreme_have_a_value() -> None:
    for shape in (
        THEIRS,
        MicrofrontendSettings(16000, 512, 1, 128, 0.0, 8000.0),
        MicrofrontendSettings(8000, 2, 1, 1, 0.0, 4000.0),
        MicrofrontendSettings(16000, 480, 160, pcan=False, noise_suppression=False, log=False),
        MicrofrontendSettings(
            16000, 480, 160, even_smoothing=1.0, odd_smoothing=0.0, min_signal_remaining=1.0
        ),
    ):
        front_end = FrontEnd(shape, 1.0, -128)
        quiet = front_end.values(np.zeros(4000, np.int16))
        assert not quiet.any()
        loud = front_end.values(np.tile(np.array([32767, -32768], np.int16), 2000))
        assert loud.min() >= 0 and loud.max() <= 65535


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"window": 1}, "window"),
        ({"window": 4096}, "window"),
        ({"bands": 0}, "bands"),
        ({"fmax": 8001.0}, "fmax"),
        ({"even_smoothing": 1.5}, "even_smoothing"),
        ({"pcan": 1}, "pcan"),
        ({"noise_suppression": False}, "pcan"),
        ({"quantisation": "other"}, "quantisation"),
        ({"precision": None}, "precision"),
        ({"smoothing_bits": 17}, "smoothing_bits"),
        ({"scale": float("nan")}, "scale"),
    ],
)
def test_settings_that_make_no_sense_are_refused(values: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        MicrofrontendSettings.from_dict({"sample_rate": 16000, "window": 480, "hop": 160, **values})


def test_gains_that_do_not_fit_the_fft_are_refused() -> None:
    with pytest.raises(SettingsError, match="pcan_gain_bits"):
        FrontEnd(MicrofrontendSettings(16000, 480, 160, pcan_gain_bits=10))
    with pytest.raises(SettingsError, match="input scale"):
        FrontEnd(THEIRS, 0.0)


@pytest.mark.parametrize("gain", [-32768, -1000, -1, 0, 1, 32767])
def test_a_gain_below_zero_is_taken_as_the_public_implementation_takes_it(gain: int) -> None:
    """There the gain's sign fills 32 bits before it meets a band in 64 (TensorFlow's pcan_gain_control.c)."""
    tables = build_tables(THEIRS, SCALE, ZERO_POINT)
    flat = [gain, gain] + [gain, 0, 0, 0] * 31
    front_end = FrontEnd(THEIRS, tables=dataclasses.replace(tables, gains=tuple(flat[: len(tables.gains)])))
    samples = np.random.default_rng(8).normal(0, 2000, 4000).clip(-32768, 32767).astype(np.int16)
    found = front_end.capture(samples, 3)
    bands = np.frombuffer(found["noise"], np.uint32)
    assert bands.max() > 1000
    for before, after in zip(bands.tolist(), np.frombuffer(found["pcan"], np.uint32).tolist(), strict=True):
        snr = (before * (gain % 2**32) >> tables.gain_shift) % 2**32
        squared = (snr * snr % 2**32) >> (2 + 2 * 12 - 6)
        assert after == (squared if snr < 2 << 12 else (snr >> 6) - (1 << 6))
