"""An audio file as raw samples, for the virtual board's microphone."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .source import AudioSource


@dataclass(frozen=True)
class RawAudio:
    """Raw samples in a file.

    Attributes:
        path: 16-bit little-endian mono samples.
        seconds: how long they play.
        notes: what was done to the audio.
    """

    path: Path
    seconds: float
    notes: tuple[str, ...]


@contextlib.contextmanager
def raw_audio(path: Path, sample_rate: int) -> Iterator[RawAudio]:
    """Convert `path` to raw samples in a temporary file, which is gone after the block.

    Args:
        path: WAV or whatever else `AudioSource` reads.
        sample_rate: in Hz.

    Raises:
        AudioError: see `AudioSource`.
    """
    source = AudioSource(path, sample_rate)
    with tempfile.TemporaryDirectory(prefix="hil-microphone-") as folder:
        target = Path(folder) / "samples.s16"
        samples = 0
        with target.open("wb") as file:
            for block in source.blocks():
                samples += len(block)
                file.write(block.astype("<i2", copy=False).tobytes())
        yield RawAudio(target, samples / sample_rate, tuple(source.notes))
