"""From any audio file that libsndfile reads to a WAV of the catalogue, in blocks."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...audio.decode import LONGEST_S
from ...audio.errors import AudioError
from ...audio.source import AudioSource

MOST_WAV_BYTES = 0xFFFFFFFF - 64  # what the sizes in a WAV's header can say


@dataclass(frozen=True)
class Conversion:
    """How recordings become WAV files.

    Attributes:
        rate: in Hz.
        stereo: keep two channels.
        channel: the only channel to take, from 1; None averages all.
        longest_s: refuse what is longer.
    """

    rate: int = 8000
    stereo: bool = False
    channel: int | None = None
    longest_s: float = LONGEST_S


@dataclass(frozen=True)
class Converted:
    """What came of a file: its length, what was done to it, and what of its sound is missing or uncertain."""

    seconds: float
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def read_mono(path: Path, rate: int) -> NDArray[np.int16]:
    """A whole file as int16 mono at `rate`.

    Raises:
        AudioError: it is no audio, damaged or empty.
    """
    samples = bytearray()  # grows in place; a list of blocks would be there twice when joined
    for block in AudioSource(path, rate).blocks():
        samples += block.tobytes()
    if not samples:
        raise AudioError(f"{path} holds no samples", "record it again, or leave it out")
    return np.frombuffer(samples, np.int16)


def write_wav(path: Path, target: Path, how: Conversion) -> Converted:
    """Convert `path` into the 16-bit WAV `target`.

    Raises:
        AudioError: it is no audio, damaged, empty or too long; `target` is then no whole file.
        OSError: `target` cannot be written.
    """
    source = AudioSource(path, how.rate, how.channel, how.longest_s)
    channels = 2 if how.stereo else 1
    count = 0
    with target.open("wb") as raw, wave.open(raw, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(how.rate)
        for block in source.stereo_blocks() if how.stereo else source.blocks():
            count += len(block)
            if count * channels * 2 > MOST_WAV_BYTES:
                raise AudioError(
                    f"{path} is longer than a WAV file can be at {how.rate:,} Hz", "split it first"
                )
            file.writeframesraw(block.astype("<i2", copy=False).tobytes())
        if count == 0:
            raise AudioError(f"{path} holds no samples", "record it again, or leave it out")
    return Converted(count / how.rate, tuple(source.notes), tuple(source.warnings))
