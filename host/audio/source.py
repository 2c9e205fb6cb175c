"""One audio file as 16-bit mono blocks at the rate that is wanted, in constant memory."""

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import AudioError

Int16 = NDArray[np.int16]
Float64 = NDArray[np.float64]

BLOCK_FRAMES = 16_384
FULL_SCALE = 32768.0
PLAIN_SUBTYPE = "PCM_16"
SUBTYPE_NAMES = {
    "PCM_U8": "8-bit samples widened to 16 bits",
    "PCM_S8": "8-bit samples widened to 16 bits",
    "PCM_24": "24-bit samples rounded to 16 bits",
    "PCM_32": "32-bit samples rounded to 16 bits",
    "FLOAT": "floating-point samples rounded to 16 bits",
    "DOUBLE": "floating-point samples rounded to 16 bits",
}
REPAIR = "convert it to a plain 16-bit WAV, or leave it out"
# First bytes of what libsndfile reads; anything else is no damaged audio file but none at all.
MAGICS = (b"RIFF", b"RIFX", b"RF64", b"FORM", b"fLaC", b"OggS")


class AudioSource:
    """A file that can be read from its beginning any number of times.

    A 16-bit mono file at `sample_rate` passes unchanged. Anything else is converted, and `notes` says how: other sample
    formats are rounded to 16 bits (and clipped), channels are averaged, other rates are resampled with soxr. A WAV that
    ends before its header says is read as far as it goes, which `notes` says too: recorders that lose power leave such
    files.

    Args:
        path: a WAV file, or any other format that libsndfile reads.
        sample_rate: in Hz.

    Attributes:
        notes: what was done to the audio, one sentence each. That samples were clipped is known after they were read.
        frames: length in samples at the file's own rate.

    Raises:
        AudioError: not an audio file, unreadable, damaged or empty.
    """

    def __init__(self, path: Path, sample_rate: int) -> None:
        import soundfile

        self.path = path
        self.sample_rate = sample_rate
        self.notes: list[str] = []
        try:
            with soundfile.SoundFile(path) as file:
                self.frames = len(file)
                self._rate, self._channels = int(file.samplerate), int(file.channels)
                self._subtype = str(file.subtype)
            missing = _missing_bytes(path)
        except (OSError, RuntimeError) as error:
            raise _unreadable(path, error) from error
        if self.frames <= 0:
            raise AudioError(f"{path} holds no samples", "record it again, or leave it out")
        self._note_conversions(missing)

    def _note_conversions(self, missing: int) -> None:
        if self._subtype != PLAIN_SUBTYPE:
            self.notes.append(
                SUBTYPE_NAMES.get(self._subtype, f"{self._subtype} samples converted to 16 bits")
            )
        if self._channels > 1:
            self.notes.append(f"{self._channels} channels averaged to one")
        if self._rate != self.sample_rate:
            self.notes.append(f"resampled from {self._rate:,} to {self.sample_rate:,} Hz")
        if missing:
            self.notes.append(
                f"cut off: {missing:,} bytes fewer than its header announces; what is there was used"
            )

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
                    # float64 holds the samples of every format exactly, so that each is rounded once
                    yield from self._converted(file.blocks(BLOCK_FRAMES, dtype="float64", always_2d=True))
        except (OSError, RuntimeError) as error:
            raise _unreadable(self.path, error) from error

    def _converted(self, blocks: Iterator[Float64]) -> Iterator[Int16]:
        clipped = 0
        for mono in self._resampled(self._mono(blocks)):
            scaled = np.rint(mono * FULL_SCALE)
            # +1.0 has no int16 but is what full scale means in floating-point files: not worth a note
            clipped += int(np.count_nonzero(np.abs(scaled) > FULL_SCALE))
            if len(scaled):
                yield np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
        note = f"{clipped:,} samples beyond full scale clipped"
        if clipped and note not in self.notes:
            self.notes.append(note)

    def _mono(self, blocks: Iterator[Float64]) -> Iterator[Float64]:
        for block in blocks:
            if not np.isfinite(block).all():
                raise AudioError(
                    f"{self.path} holds values that are no numbers (NaN or infinity)",
                    "repair it or leave it out",
                )
            yield block.mean(axis=1)

    def _resampled(self, blocks: Iterator[Float64]) -> Iterator[Float64]:
        if self._rate == self.sample_rate:
            yield from blocks
            return
        import soxr

        try:
            stream = soxr.ResampleStream(self._rate, self.sample_rate, 1, dtype="float64", quality="HQ")
        except (ValueError, RuntimeError) as error:
            raise AudioError(
                f"{self.path} has {self._rate:,} samples a second, which cannot be resampled to {self.sample_rate:,}",
                "convert it to a common sample rate, or leave it out",
            ) from error
        for block in blocks:
            yield stream.resample_chunk(block)
        yield stream.resample_chunk(np.empty(0, np.float64), last=True)


def _unreadable(path: Path, error: Exception) -> AudioError:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as reason:
        return AudioError(
            f"{path} cannot be read: {reason.strerror or reason}", "check the file and its permissions"
        )
    if size == 0:
        return AudioError(f"{path} is empty", "record it again, or leave it out")
    if start not in MAGICS:
        return AudioError(f"{path} is not an audio file", "give WAV files")
    return AudioError(f"{path} is damaged: {error}", REPAIR)


def _missing_bytes(path: Path) -> int:
    """Bytes that a WAV's data chunk announces beyond the file's end; 0 for whole files and other formats."""
    with path.open("rb") as file:
        size = path.stat().st_size
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
            return 0
        while len(chunk := file.read(8)) == 8:
            name, length = chunk[:4], int(struct.unpack("<I", chunk[4:])[0])
            if name == b"data":
                streamed = length in (
                    0,
                    0xFFFFFFFF,
                )  # written by programs that could not go back to the header
                return 0 if streamed else max(0, file.tell() + length - size)
            file.seek(length + length % 2, 1)
    return 0
