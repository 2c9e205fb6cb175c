"""Each stage of the C front end alone, against its float64 twin and against stored vectors."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ..frontend.log_mel import float_stages as twin
from ..frontend.log_mel.settings import LogMelSettings
from ..frontend.signals import all_signals
from .c_stages import Int32, Segments, Stages
from .stage_vectors import FILE, INPUT, SHAPES, samples_of, segments_of, vectors

pytestmark = pytest.mark.native

S = LogMelSettings
SETTINGS = {
    **SHAPES,
    "16 kHz, 1024 points": S(16000, 1024, 512, 1024, 128, 0.0, 8000.0, -80.0),
    "odd window": S(16000, 321, 250, 512, 40, 0.0, 7600.0, -80.0),
    "bands without bins": S(8000, 128, 64, 128, 64, 0.0, 4000.0, -80.0),
}
STORED = json.loads(FILE.read_text(encoding="utf-8"))

# A factor is floored once per value, and each FFT step floors its divisions; the tables are rounded to Q30.
WINDOW_TOLERANCE = 5
RFFT_TOLERANCE = 8
# A segment's values are brought to 15 bits by their loudest one.
MEL_TOLERANCE = 2.0**-12
LOG_TOLERANCE_DB = 0.0003


def windowed_groups(settings: LogMelSettings) -> list[tuple[str, Int32]]:
    """What the FFT is given, made by the twin: no fault of the C window gets in."""
    return [
        (name, np.round(twin.first_step(twin.windowed(settings, samples))).astype(np.int32))
        for name, samples in all_signals(settings.sample_rate, settings.fft).items()
    ]


def spectra(settings: LogMelSettings) -> list[tuple[str, Int32]]:
    """What mel is given, made by the twin: Re X[k] at k, Im X[k] at n - k."""
    found = []
    for name, samples in all_signals(settings.sample_rate, settings.fft).items():
        bins = np.round(twin.spectrum(twin.windowed(settings, samples)))
        found.append((name, np.concatenate([bins.real, bins.imag[-2:0:-1]]).astype(np.int32)))
        found[-1][1][[0, settings.fft // 2]] = 0
    return found


def bins_of(spectrum: Int32) -> twin.Complex128:
    half = len(spectrum) // 2
    bins = np.zeros(half + 1, np.complex128)
    bins[1:half] = spectrum[1:half] + 1j * spectrum[:half:-1]
    return bins


def energies_of(segments: Segments) -> twin.Float64:
    up, down, shift = (np.asarray(values, np.float64) for values in segments)
    unit = 4.0**shift
    return (up * unit)[:-1] + (down * unit)[1:]


def check_window(settings: LogMelSettings, library: Path | None = None) -> None:
    stages = Stages(settings, library=library)
    for name, samples in all_signals(settings.sample_rate, settings.fft).items():
        expected = twin.first_step(twin.windowed(settings, samples))
        assert np.abs(stages.window(samples) - expected).max() <= WINDOW_TOLERANCE, name


def check_rfft(settings: LogMelSettings, library: Path | None = None) -> None:
    stages = Stages(settings, library=library)
    inner = slice(1, settings.fft // 2)  # the outermost bins hold nothing of use
    for name, samples in all_signals(settings.sample_rate, settings.fft).items():
        values = twin.windowed(settings, samples)
        groups = np.round(twin.first_step(values)).astype(np.int32)
        difference = bins_of(stages.rfft(groups))[inner] - twin.spectrum(values)[inner]
        assert max(np.abs(difference.real).max(), np.abs(difference.imag).max()) <= RFFT_TOLERANCE, name


def check_power(settings: LogMelSettings, library: Path | None = None) -> None:
    """Up and down together are the power of a segment's bins, whatever the bands' shapes are."""
    stages = Stages(settings, library=library)
    for name, spectrum in spectra(settings):
        segments = stages.mel(spectrum)
        total = ((segments.up.astype(float) + segments.down) * 4.0**segments.shift).sum()
        used = used_bins(settings)
        expected = twin.power(bins_of(spectrum))[used].sum()
        assert abs(total - expected) <= MEL_TOLERANCE * expected, name


def used_bins(settings: LogMelSettings) -> slice:
    """The bins that lie between the bands' outermost edges, and neither 0 nor half the sample rate."""
    hz = settings.sample_rate / settings.fft
    first = int(np.floor(settings.fmin / hz)) + 1
    return slice(first, min(int(np.ceil(settings.fmax / hz)), settings.fft // 2))


def check_mel(settings: LogMelSettings, library: Path | None = None) -> None:
    """The bands' energies; a segment's error goes by its own power, not by the band's."""
    stages = Stages(settings, library=library)
    for name, spectrum in spectra(settings):
        segments = stages.mel(spectrum)
        expected = twin.mel(settings, twin.power(bins_of(spectrum)))
        power = (segments.up.astype(float) + segments.down) * 4.0**segments.shift
        allowed = MEL_TOLERANCE * (power[:-1] + power[1:]) + 4.0 ** segments.shift.max()
        assert (np.abs(energies_of(segments) - expected) <= allowed).all(), name


def check_log(settings: LogMelSettings, library: Path | None = None) -> None:
    """Energies over the whole range, from both sides of a band; where they are whole numbers, nothing is cut off."""
    stages = Stages(settings, library=library)
    random = np.random.default_rng(3)
    for shift in range(-9, 23):
        count = settings.bands + 1
        up = random.integers(1 << 18, 1 << 31, count).astype(np.uint32)
        down = random.integers(1 << 18, 1 << 31, count).astype(np.uint32)
        shifts = np.clip(shift + random.integers(-2, 3, count), -9, 22).astype(np.int32)
        segments = Segments(up, down, shifts)
        expected = twin.log(settings, energies_of(segments))
        # Two sides are added in the unit of the coarser one; the other's last bits are dropped.
        assert np.abs(stages.log(segments) / 65536 - expected).max() <= LOG_TOLERANCE_DB, shift
    silent = Segments(
        np.zeros(settings.bands + 1, np.uint32),
        np.zeros(settings.bands + 1, np.uint32),
        np.full(settings.bands + 1, -9, np.int32),
    )
    assert np.abs(stages.log(silent) / 65536 - settings.log_floor_db).max() <= 1 / 65536


def check_quantise(settings: LogMelSettings, library: Path | None = None) -> None:
    for scale, zero in ((0.41, 66), (0.02, -3), (0.5, -128)):
        stages = Stages(settings, scale, zero, library)
        equal = []
        for low in np.linspace(-140.0, 40.0, 60):
            db_q16 = np.round((low + np.linspace(0, 3, settings.bands)) * 65536).astype(np.int32)
            ours = stages.quantise(db_q16).astype(int)
            theirs = twin.quantise(settings, db_q16 / 65536, scale, zero).astype(int)
            assert np.abs(ours - theirs).max() <= 1, f"{low:g} dB, scale {scale}"
            equal.append(ours == theirs)
        assert np.mean(equal) >= 0.999


CHECKS: dict[str, Callable[..., None]] = {
    "window": check_window,
    "rfft": check_rfft,
    "power": check_power,
    "mel": check_mel,
    "log": check_log,
    "quantise": check_quantise,
}


@pytest.mark.parametrize("shape", SETTINGS)
@pytest.mark.parametrize("stage", CHECKS)
def test_stage_against_its_twin(stage: str, shape: str) -> None:
    CHECKS[stage](SETTINGS[shape])


@pytest.mark.parametrize("shape", SHAPES)
def test_stage_against_stored_vectors(shape: str) -> None:
    """Each stage is given what is stored of the one before, so that the first wrong one is named alone."""
    settings, stored = SHAPES[shape], STORED[shape]
    stages = Stages(settings, *INPUT[shape])
    assert stored["samples"] == samples_of(settings)
    found = {
        "window": stages.window(np.array(stored["samples"], np.int16)).tolist(),
        "rfft": stages.rfft(np.array(stored["window"], np.int32)).tolist(),
        "mel": [values.tolist() for values in stages.mel(np.array(stored["rfft"], np.int32))],
        "log": stages.log(segments_of(stored["mel"])).tolist(),
        "quantise": stages.quantise(np.array(stored["log"], np.int32)).tolist(),
    }
    for unused in (0, settings.fft // 2):
        found["rfft"][unused] = 0
    assert found == {name: stored[name] for name in found}


@pytest.mark.parametrize("shape", SHAPES)
def test_stored_vectors_against_the_twins(shape: str) -> None:
    """What is stored is right: the whole way in float64, from the samples on."""
    settings, stored = SHAPES[shape], STORED[shape]
    bins = twin.spectrum(twin.windowed(settings, np.array(stored["samples"], np.int16)))
    bins[[0, -1]] = 0
    spectrum = np.concatenate([bins.real, bins.imag[-2:0:-1]])
    spectrum[[0, settings.fft // 2]] = 0
    assert np.abs(np.array(stored["rfft"]) - spectrum).max() <= RFFT_TOLERANCE
    decibel = twin.log(settings, twin.mel(settings, twin.power(bins)))
    assert np.abs(np.array(stored["log"]) / 65536 - decibel).max() <= 0.01
    cells = twin.quantise(settings, decibel, *INPUT[shape])
    assert np.abs(np.array(stored["quantise"]) - cells.astype(int)).max() <= 1


def test_the_vectors_of_today_are_the_stored_ones() -> None:
    for name, settings in SHAPES.items():
        assert vectors(Stages(settings, *INPUT[name]), samples_of(settings)) == STORED[name]
