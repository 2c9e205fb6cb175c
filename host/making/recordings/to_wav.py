"""From any audio file that libsndfile reads to the WAV bytes of the catalogue."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...audio.errors import AudioError
from ...audio.source import AudioSource


def read_mono(path: Path, rate: int) -> NDArray[np.int16]:
    """A whole file as int16 mono at `rate`.

    Raises:
        AudioError: it is no audio, damaged or empty.
    """
    blocks = list(AudioSource(path, rate).blocks())
    samples = np.concatenate(blocks) if blocks else np.zeros(0, np.int16)
    if len(samples) == 0:
        raise AudioError(f"{path} holds no samples", "record it again, or leave it out")
    return samples


def read_stereo(path: Path, rate: int) -> NDArray[np.int16]:
    """A whole file as int16 [n, 2] at `rate`; a mono file gives two equal channels.

    Raises:
        AudioError: it is no audio, damaged or empty.
    """
    import soundfile
    import soxr

    AudioSource(path, rate)  # its checks and messages
    try:
        samples, original = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        raise AudioError(
            f"{path} is damaged: {error}", "convert it to a plain WAV, or leave it out"
        ) from error
    pair = np.column_stack([samples[:, 0], samples[:, min(1, samples.shape[1] - 1)]])
    if original != rate:
        pair = soxr.resample(pair, original, rate, quality="HQ")
    result: NDArray[np.int16] = np.clip(np.rint(pair * 32768.0), -32768, 32767).astype(np.int16)
    return result


def wav_of(path: Path, rate: int, stereo: bool = False) -> tuple[bytes, float]:
    """The file as a 16-bit WAV at `rate`, and its length in seconds.

    Raises:
        AudioError: it is no audio, damaged or empty.
    """
    samples = read_stereo(path, rate) if stereo else read_mono(path, rate)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(2 if stereo else 1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue(), len(samples) / rate
