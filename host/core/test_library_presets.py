"""Presets named after libraries, against these libraries' own calls with their own defaults."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ..audio.source import AudioSource
from ..frontend.kinds import settings_from
from ..frontend.mfcc.settings import MfccSettings
from ..frontend.normalised.settings import NormalisedSettings
from ..frontend.presets import copied, fill_fmax, inner_values, preset
from ..frontend.settings import FrontEndSettings
from ..frontend.signals import Int16, all_signals
from .c_frontend import FrontEnd

pytestmark = [pytest.mark.native, pytest.mark.slow]
COLUMNS = 40
# Full-scale DC under a window as long as the FFT leaves nothing at all in the other bins, not even the samples'
# rounding; there 32 bits end some 115 dB below it. And 60 dB below full scale most of a peak's 80 dB are that.
BEYOND_32_BITS = ("constant", "tone -60 dBFS", "sweep -60 dBFS", "noise -60 dBFS")


def with_values(name: str, **changes: Any) -> FrontEndSettings:
    values = copied(preset(name).frontend)
    inner_values(values).update(changes)
    fill_fmax(inner_values(values))
    return settings_from(values)


def sound(settings: FrontEndSettings) -> dict[str, Int16]:
    """A little more than the columns need: what a library makes of a clip's end is cut off."""
    signals = all_signals(settings.sample_rate, settings.samples_for(COLUMNS) + settings.span)
    return {name: samples for name, samples in signals.items() if name not in BEYOND_32_BITS}


def check(
    settings: FrontEndSettings, scale: float, zero: int, expected: dict[str, NDArray[np.float64]]
) -> None:
    front_end = FrontEnd(settings, scale, zero)
    equal = []
    for name, samples in sound(settings).items():
        found = front_end.features(samples)[:COLUMNS]
        if settings.bands != settings.model_bands:
            found = front_end.window(found)
        theirs = np.clip(np.floor(expected[name] / scale + zero + 0.5), -128, 127)
        difference = np.abs(found - theirs)
        assert difference.max() <= 1, f"{name}: off by {difference.max()}"
        equal.append(difference == 0)
    assert np.mean(np.concatenate(equal)) >= 0.99


@pytest.mark.parametrize("changes", [{}, {"sample_rate": 16000, "fft": 1024, "window": 1024, "bands": 64}])
@pytest.mark.parametrize("name", ["librosa", "librosa-max"])
def test_librosa(name: str, changes: dict[str, int]) -> None:
    import librosa

    settings = with_values(name, **changes)
    options: dict[str, Any] = {"sr": settings.sample_rate}
    if changes:
        options.update(n_fft=1024, n_mels=64)
    expected = {}
    for signal, samples in sound(settings).items():
        clip = samples.astype(np.float64) / 32768
        power = librosa.feature.melspectrogram(y=clip, **options)[:, :COLUMNS]
        db = librosa.power_to_db(power, ref=np.max) if name == "librosa-max" else librosa.power_to_db(power)
        expected[signal] = np.asarray(db).T
    scale, zero = (80 / 255, 127) if name == "librosa-max" else (0.5, 70)
    check(settings, scale, zero, expected)


@pytest.mark.parametrize(
    "changes", [{}, {"fft": 1024, "window": 1024, "hop": 256, "mel_bands": 41, "bands": 13}]
)
def test_librosas_mfcc(changes: dict[str, int]) -> None:
    """The window is the clip: `librosa.feature.mfcc` of a clip whose last columns, which it fills up, are cut off."""
    import librosa

    settings = with_values("librosa-mfcc", **changes)
    assert isinstance(settings, NormalisedSettings) and isinstance(settings.inner, MfccSettings)
    options = {"n_fft": settings.fft, "hop_length": settings.hop, "n_mels": settings.inner.mel_bands}
    expected, limited = {}, 0
    for signal, samples in sound(settings).items():
        clip = samples.astype(np.float64) / 32768
        power = librosa.feature.melspectrogram(y=clip, sr=22050, **(options if changes else {}))[:, :COLUMNS]
        decibel = librosa.power_to_db(power)
        limited += not np.array_equal(decibel, librosa.power_to_db(power, top_db=None))
        expected[signal] = librosa.feature.mfcc(S=decibel, n_mfcc=settings.model_bands).T
    assert limited, "of no signal anything is limited"
    check(settings, 4.0, 60, expected)


def torchaudio_db(samples: Int16) -> NDArray[np.float64]:
    """MelSpectrogram and AmplitudeToDB with their defaults, from torchaudio's formulas, [columns, 128]."""
    n_fft, hop, bands = 400, 200, 128
    clip = np.pad(samples.astype(np.float64) / 32768, n_fft // 2, mode="reflect")
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    frames = np.lib.stride_tricks.sliding_window_view(clip, n_fft)[::hop]
    power = np.abs(np.fft.rfft(frames * hann)) ** 2
    mels = np.linspace(0.0, 2595.0 * np.log10(1.0 + 8000.0 / 700.0), bands + 2)
    hz = 700.0 * (10.0 ** (mels / 2595.0) - 1.0)
    slopes = hz[:, None] - np.linspace(0, 8000, n_fft // 2 + 1)
    down, up = -slopes[:-2] / np.diff(hz)[:-1, None], slopes[2:] / np.diff(hz)[1:, None]
    return 10.0 * np.log10(np.maximum(power @ np.maximum(0.0, np.minimum(down, up)).T, 1e-10))


def test_torchaudio() -> None:
    settings = preset("torchaudio").settings()
    check(
        settings,
        0.55,
        60,
        {name: torchaudio_db(samples)[:COLUMNS] for name, samples in sound(settings).items()},
    )


def test_torchaudios_mfcc() -> None:
    import librosa

    settings, expected = preset("torchaudio-mfcc").settings(), {}
    for name, samples in sound(settings).items():
        decibel = torchaudio_db(samples)[:COLUMNS]
        limited = np.maximum(decibel, decibel.max() - 80.0)
        expected[name] = librosa.feature.mfcc(S=limited.T, n_mfcc=40).T
    check(settings, 4.0, 60, expected)


def test_torchaudio_with_another_fft() -> None:
    """Its definition by librosa, whose call has an option for each of torchaudio's defaults."""
    import librosa

    settings = with_values("torchaudio", fft=512, window=400, hop=160, bands=64)
    expected = {
        name: np.asarray(
            librosa.power_to_db(
                librosa.feature.melspectrogram(
                    y=samples.astype(np.float64) / 32768,
                    sr=16000,
                    n_fft=512,
                    win_length=400,
                    hop_length=160,
                    n_mels=64,
                    pad_mode="reflect",
                    htk=True,
                    norm=None,
                ),
                top_db=None,
            )
        ).T[:COLUMNS]
        for name, samples in sound(settings).items()
    }
    check(settings, 0.55, 60, expected)


def test_the_keyword_model_on_clips_divided_by_their_own_peak(tmp_path: Path) -> None:
    """As its training computes them: a quiet clip is as loud as any other."""
    import soundfile
    import tensorflow as tf

    settings, scale, zero = (
        preset("mlperf-kws").settings(),
        0.5847029089927673,
        83,
    )  # the published model's input
    front_end, equal = FrontEnd(settings, scale, zero), []
    matrix = tf.signal.linear_to_mel_weight_matrix(40, 257, 16000.0, 20.0, 4000.0, dtype=tf.float64)
    for name, samples in all_signals(16000, 16000).items():
        clip = samples // 50
        soundfile.write(tmp_path / "clip.wav", clip, 16000, "PCM_16")
        heard = np.concatenate(list(AudioSource(tmp_path / "clip.wav", 16000, to_peak=True).blocks()))
        wave = tf.constant(clip / max(1.0, np.abs(clip.astype(np.float64)).max()))
        spectrum = tf.abs(tf.signal.stft(wave, frame_length=480, frame_step=320, fft_length=512))
        log_mel = tf.math.log(tf.tensordot(spectrum, matrix, 1) + 1e-6)
        theirs = tf.signal.mfccs_from_log_mel_spectrograms(log_mel).numpy()[:, :10]
        cells = np.clip(np.floor(theirs / scale + zero + 0.5), -128, 127)
        difference = np.abs(front_end.features(heard)[: len(cells)] - cells)
        assert difference.max() <= 1, f"{name}: off by {difference.max()}"
        equal.append(difference == 0)
    assert np.mean(np.concatenate(equal)) >= 0.99


def test_tf_signal() -> None:
    import tensorflow as tf

    settings, cepstral = with_values("tf-signal"), with_values("tf-signal-mfcc")
    matrix = tf.signal.linear_to_mel_weight_matrix(80, 513, 16000.0, 80.0, 7600.0, dtype=tf.float64)
    logarithms, coefficients = {}, {}
    for name, samples in sound(settings).items():
        clip = tf.constant(samples.astype(np.float64) / 32768)
        spectrum = tf.abs(tf.signal.stft(clip, frame_length=1024, frame_step=256, fft_length=1024))
        log_mel = tf.math.log(tf.tensordot(spectrum, matrix, 1) + 1e-6)
        logarithms[name] = log_mel.numpy()[:COLUMNS]
        coefficients[name] = tf.signal.mfccs_from_log_mel_spectrograms(log_mel).numpy()[:COLUMNS, :13]
    check(settings, 0.08, 60, logarithms)
    check(cepstral, 1.2, 100, coefficients)
