"""One audio file as 16-bit mono blocks at the rate that is wanted, in constant memory."""

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from host.audio.errors import AudioError

Int16 = NDArray[np.int16]

BLOCK_FRAMES = 16_384
PLAIN_SUBTYPE = "PCM_16"
FULL_SCALE = 32768.0


class AudioSource:
    """A file that can be read from its beginning any number of times.

    A 16-bit mono file at `sample_rate` passes unchanged. Anything else is converted, and `notes` says how: other sample
    formats are rounded to 16 bits (and clipped), channels are averaged, other rates are resampled with soxr.

    Args:
        path: a WAV file, or any other format that libsndfile reads.
        sample_rate: in Hz.

    Attributes:
        notes: what was done to the audio, one sentence each.
        frames: length in samples at the file's own rate.

    Raises:
        AudioError: not an audio file, unreadable, or empty.
    """

    def __init__(self, path: Path, sample_rate: int) -> None:
        import soundfile

        self.path = path
        self.sample_rate = sample_rate
        self.notes: list[str] = []
        try:
            with soundfile.SoundFile(path) as file:
                self.frames = len(file)
                self._rate, self._channels, self._subtype = file.samplerate, file.channels, file.subtype
        except (OSError, RuntimeError) as error:
            raise _unreadable(path, error) from error
        if self.frames <= 0:
            raise AudioError(f"{path} holds no samples", "record it again, or leave it out")
        self._note_conversions()

    def _note_conversions(self) -> None:
        if self._subtype != PLAIN_SUBTYPE:
            self.notes.append(f"{self._subtype} samples rounded to 16 bits")
        if self._channels > 1:
            self.notes.append(f"{self._channels} channels averaged to one")
        if self._rate != self.sample_rate:
            self.notes.append(f"resampled from {self._rate} to {self.sample_rate} Hz")
        missing = _missing_bytes(self.path)
        if missing:
            self.notes.append(f"cut off: {missing} bytes fewer than its header announces; what is there was used")

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self._rate

    def blocks(self) -> Iterator[Int16]:
        """The samples, int16, in blocks of some thousand.

        Raises:
            AudioError: the file cannot be read to its end, or holds values that are no numbers.
        """
        import soundfile

        plain = self._subtype == PLAIN_SUBTYPE and self._channels == 1 and self._rate == self.sample_rate
        try:
            with soundfile.SoundFile(self.path) as file:
                if plain:
                    yield from file.blocks(BLOCK_FRAMES, dtype="int16")
                else:
                    yield from self._converted(file.blocks(BLOCK_FRAMES, dtype="float32", always_2d=True))
        except (OSError, RuntimeError) as error:
            raise _unreadable(self.path, error) from error

    def _converted(self, blocks: Iterator[NDArray[np.float32]]) -> Iterator[Int16]:
        import soxr

        clipped = 0
        resampler = None
        if self._rate != self.sample_rate:
            resampler = soxr.ResampleStream(self._rate, self.sample_rate, 1, dtype="float32", quality="HQ")
        for block in blocks:
            if not np.isfinite(block).all():
                raise AudioError(f"{self.path} holds values that are no numbers (NaN or infinity)", "repair or leave it out")
            mono = block.mean(axis=1, dtype=np.float32)
            if resampler is not None:
                mono = resampler.resample_chunk(mono)
            samples, over = _to_int16(mono)
            clipped += over
            if len(samples):
                yield samples
        if resampler is not None:
            samples, over = _to_int16(resampler.resample_chunk(np.empty(0, np.float32), last=True))
            clipped += over
            if len(samples):
                yield samples
        note = f"{clipped} samples beyond full scale clipped"
        if clipped and note not in self.notes:
            self.notes.append(note)


def _to_int16(samples: NDArray[np.float32]) -> tuple[Int16, int]:
    """Samples of full scale 1.0 as int16, and how many had to be clipped. +1.0 itself is not counted: it has no int16."""
    scaled = np.rint(samples * FULL_SCALE)
    over = int(np.count_nonzero((scaled > FULL_SCALE) | (scaled < -FULL_SCALE)))
    return np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16), over


def _unreadable(path: Path, error: Exception) -> AudioError:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(12)
    except OSError as reason:
        return AudioError(f"{path} cannot be read: {reason.strerror or reason}", "check the file's permissions")
    if size == 0:
        return AudioError(f"{path} is empty", "record it again, or leave it out")
    if start[:4] not in (b"RIFF", b"RIFX", b"RF64", b"FORM", b"fLaC", b"OggS"):
        return AudioError(f"{path} is not an audio file", "give WAV files")
    return AudioError(f"{path} is damaged: {error}", "convert it to a plain 16-bit WAV, or leave it out")


def _missing_bytes(path: Path) -> int:
    """Bytes that a WAV's data chunk announces beyond the file's end; 0 for whole files and other formats."""
    with path.open("rb") as file:
        size = path.stat().st_size
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
            return 0
        while len(chunk := file.read(8)) == 8:
            name, length = chunk[:4], struct.unpack("<I", chunk[4:])[0]
            if name == b"data":
                streamed = length in (0, 0xFFFFFFFF)  # written by programs that could not go back to the header
                return 0 if streamed else max(0, file.tell() + length - size)
            file.seek(length + length % 2, 1)
    return 0
