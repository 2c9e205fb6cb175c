"""The C front end against librosa in float64: every cell within 1 LSB, nearly all equal."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from ..checkout import ROOT
from ..frontend.log_mel.float_frontend import features
from ..frontend.log_mel.settings import LogMelSettings
from ..frontend.signals import Int16, all_signals
from .c_frontend import FrontEnd

pytestmark = pytest.mark.slow

BUNDLED = ROOT / "models" / "default" / "wav"
SHARED = ROOT.parent / "shared" / "audio"
SHARED_FILES = 60

S = LogMelSettings
# With what int8 is for: the floor at -128, 25 dB at 127, or another model's choice.
CASES = {
    "default": (S(8000, 256, 128, 256, 40, 0.0, 4000.0, -80.0), 105 / 255, 66),
    "default, deep floor": (S(8000, 256, 128, 256, 40, 0.0, 4000.0, -100.0), 0.5, 70),
    "fft 128": (S(8000, 128, 64, 128, 16, 100.0, 3900.0, -100.0), 0.5, 70),
    "fft 512": (S(16000, 512, 160, 512, 64, 20.0, 8000.0, -80.0), 0.41, 67),
    "fft 1024, 128 bands": (S(16000, 1024, 512, 1024, 128, 0.0, 8000.0, -80.0), 0.41, 67),
    "fft 2048": (S(22050, 2048, 512, 2048, 128, 0.0, 11025.0, -80.0), 0.41, 67),
    "fft 2048, magnitude, emphasised": (
        S(
            16000,
            1200,
            400,
            2048,
            40,
            20.0,
            8000.0,
            -80.0,
            spectrum="magnitude",
            pre_emphasis=0.97,
        ),
        0.41,
        67,
    ),
    "fft 400, as torchaudio": (
        S(
            16000,
            400,
            200,
            400,
            128,
            0.0,
            8000.0,
            -80.0,
            mel_scale="htk",
            mel_norm="none",
            padding="reflect",
        ),
        0.55,
        60,
    ),
    "fft 400, as Whisper, ln": (
        S(16000, 400, 160, 400, 80, 0.0, 8000.0, -100.0, padding="reflect", logarithm="ln"),
        0.12,
        67,
    ),
    "fft 480, as TensorFlow": (
        S(
            16000,
            400,
            320,
            480,
            40,
            20.0,
            4000.0,
            -140.0,
            0.5,
            spectrum="magnitude",
            log_offset=1e-5,
            logarithm="ln",
            mel_scale="htk",
            mel_norm="none",
            mel_triangles="mel",
            window_placement="start",
        ),
        0.05,
        60,
    ),
    "fft 640, emphasised": (S(16000, 500, 160, 640, 64, 20.0, 8000.0, -80.0, pre_emphasis=0.97), 0.41, 67),
    "fft 1250, rectangular": (
        S(22050, 1250, 500, 1250, 64, 0.0, 11025.0, -80.0, window_function="rectangular"),
        0.41,
        67,
    ),
    "fft 1458": (S(22050, 1458, 729, 1458, 64, 0.0, 11025.0, -80.0), 0.41, 67),
    "fft 90, hamming": (
        S(4000, 75, 40, 90, 12, 0.0, 2000.0, -80.0, window_function="hamming", window_symmetric=True),
        0.41,
        67,
    ),
    "short window": (S(8000, 200, 80, 256, 32, 60.0, 3800.0, -100.0), 0.5, 70),
    "very short, odd window": (S(16000, 321, 250, 512, 40, 0.0, 7600.0, -80.0), 0.41, 67),
    "hop beyond the window": (S(8000, 128, 300, 256, 24, 50.0, 3000.0, -80.0), 0.41, 67),
    "bands without bins": (S(8000, 128, 64, 128, 64, 0.0, 4000.0, -80.0), 0.41, 67),
    "own affine input": (S(8000, 256, 128, 256, 40, 150.0, 4000.0, -90.0, 0.05, 2.0), 0.02, -3),
    "htk": (S(16000, 400, 160, 512, 64, 20.0, 8000.0, -80.0, mel_scale="htk"), 0.41, 67),
    "no norm": (S(8000, 256, 128, 256, 40, 0.0, 4000.0, -80.0, mel_norm="none"), 0.41, 30),
    "hamming": (S(8000, 256, 128, 256, 40, 0.0, 4000.0, -80.0, window_function="hamming"), 0.41, 67),
    "rectangular": (S(8000, 128, 64, 128, 20, 0.0, 4000.0, -80.0, window_function="rectangular"), 0.41, 67),
    "symmetric": (S(16000, 512, 160, 512, 40, 0.0, 8000.0, -80.0, window_symmetric=True), 0.41, 67),
    "as TensorFlow": (
        S(
            16000,
            480,
            320,
            512,
            40,
            20.0,
            4000.0,
            -80.0,
            0.5,
            1.0,
            "ln",
            "htk",
            "none",
            "mel",
            "hann",
            False,
            "start",
        ),
        0.05,
        30,
    ),
    "log10": (S(8000, 256, 128, 256, 40, 0.0, 4000.0, -80.0, logarithm="log10"), 0.041, 67),
    "short window at the start": (
        S(8000, 201, 80, 256, 32, 60.0, 3800.0, -100.0, window_placement="start", window_function="hamming"),
        0.5,
        70,
    ),
    "magnitude": (S(16000, 400, 160, 512, 64, 20.0, 8000.0, -90.0, spectrum="magnitude"), 0.41, 67),
    "magnitude, few wide bands": (
        S(16000, 1024, 512, 1024, 3, 0.0, 8000.0, -80.0, spectrum="magnitude", mel_norm="none"),
        0.41,
        30,
    ),
    "magnitude, ln and an offset": (
        S(
            16000,
            480,
            320,
            512,
            40,
            20.0,
            4000.0,
            -140.0,
            0.5,
            spectrum="magnitude",
            log_offset=1e-5,
            logarithm="ln",
        ),
        0.05,
        80,
    ),
    "power and an offset": (S(8000, 200, 80, 256, 40, 0.0, 4000.0, -140.0, log_offset=1e-8), 0.41, 67),
    "large offset": (
        S(8000, 256, 128, 256, 40, 0.0, 4000.0, -140.0, log_offset=1.0, mel_norm="none"),
        0.1,
        -20,
    ),
    "pre-emphasis": (S(16000, 400, 160, 512, 64, 20.0, 8000.0, -80.0, pre_emphasis=0.97), 0.41, 67),
    "pre-emphasis, at the start": (
        S(
            8000,
            201,
            80,
            256,
            32,
            60.0,
            3800.0,
            -90.0,
            pre_emphasis=0.5,
            window_placement="start",
            logarithm="ln",
        ),
        0.1,
        67,
    ),
    "zeros before": (S(8000, 200, 80, 256, 40, 0.0, 4000.0, -80.0, padding="zero"), 0.41, 67),
    "zeros before, emphasised": (
        S(
            8000,
            256,
            128,
            256,
            40,
            0.0,
            4000.0,
            -80.0,
            padding="zero",
            pre_emphasis=0.95,
            window_function="hamming",
        ),
        0.41,
        67,
    ),
    "mirrored before": (
        S(8000, 256, 128, 256, 40, 0.0, 4000.0, -80.0, padding="reflect", window_function="rectangular"),
        0.41,
        67,
    ),
    "mirrored, magnitude": (
        S(16000, 1024, 512, 1024, 128, 0.0, 8000.0, -80.0, padding="reflect", spectrum="magnitude"),
        0.41,
        67,
    ),
    "fine steps": (S(8000, 256, 128, 256, 40, 0.0, 4000.0, -80.0), 0.2, -20),
}


def check(name: str, settings: LogMelSettings, scale: float, zero: int, samples: Int16) -> NDArray[np.bool_]:
    """Compare one recording, cell by cell; return where they are equal."""
    ours = FrontEnd(settings, scale, zero).features(samples).astype(int)
    theirs = features(settings, samples, scale, zero).astype(int)
    assert ours.shape == theirs.shape == (settings.columns(len(samples)), settings.bands)
    difference = np.abs(ours - theirs)
    assert difference.max(initial=0) <= 1, f"{name}: off by {difference.max()}"
    return difference == 0


@pytest.mark.parametrize("case", CASES)
def test_synthetic_signals_at_every_level(case: str) -> None:
    settings, scale, zero = CASES[case]
    for name, samples in all_signals(settings.sample_rate, settings.samples_for(150)).items():
        share = check(name, settings, scale, zero, samples).mean()
        assert share >= 0.99, f"{name}: only {share:.2%} of the cells are equal"


@pytest.mark.parametrize("case", ["default", "default, deep floor", "fft 128", "short window"])
def test_nearly_every_cell_is_equal_over_all_signals(case: str) -> None:
    settings, scale, zero = CASES[case]
    signals = all_signals(settings.sample_rate, settings.samples_for(150))
    equal = [check(name, settings, scale, zero, samples) for name, samples in signals.items()]
    assert np.concatenate(equal).mean() >= 0.995


def test_a_long_fft_with_a_deep_floor_stays_within_one_step() -> None:
    # 1024 points and a floor of -100 dB: every cell beside a tone is the samples' own rounding noise, and 32 bits leave
    # an error of some 0.01 dB there.
    settings = S(16000, 1024, 512, 1024, 128, 0.0, 8000.0, -100.0)
    for name, samples in all_signals(16000, settings.samples_for(100)).items():
        assert check(name, settings, 0.5, 70, samples).mean() >= 0.975, name


def recordings(folder: Path) -> Iterator[tuple[str, int, Int16]]:
    for path in sorted(folder.rglob("*.wav")):
        samples, rate = soundfile.read(path, dtype="int16")
        yield path.name, rate, samples


def check_recordings(files: list[tuple[str, int, Int16]], case: str) -> None:
    settings, scale, zero = CASES[case]
    cells = equal = 0
    for name, _, samples in files:
        same = check(name, settings, scale, zero, samples)
        cells += same.size
        equal += int(same.sum())
    assert equal / cells >= 0.995


@pytest.mark.parametrize("case", ["default", "default, deep floor", "short window", "own affine input"])
def test_bundled_recordings(case: str) -> None:
    files = [file for file in recordings(BUNDLED) if file[1] == 8000]
    assert files
    check_recordings(files, case)


@pytest.mark.parametrize("case", ["default", "default, deep floor"])
def test_real_recordings(case: str) -> None:
    if not SHARED.is_dir():
        pytest.skip(f"no recordings: {SHARED} does not exist")
    step = max(1, len(list(SHARED.rglob("*.wav"))) // SHARED_FILES)
    check_recordings(list(islice(recordings(SHARED), 0, None, step)), case)
