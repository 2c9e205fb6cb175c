"""Reads a file's samples and counts what really arrives."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ..native_stderr import quiet_stderr
from .errors import AudioError
from .find import refuse_devices
from .formats import FOREIGN_MAGICS, MAGICS, SUBTYPE_BYTES
from .opening import look_at
from .straight import sound_file
from .view import Piece, View

BLOCK_FRAMES = 16_384
BLOCK_SAMPLES = 131_072  # of all channels
LONGEST_S = 86_400.0
LEAST_RATE, MOST_RATE = 100, 4_000_000
# A FLAC of silence holds about 15,000 samples a byte; what gives more makes sound out of nothing.
MOST_SAMPLES_PER_BYTE = 32_768
UNKNOWN = 1 << 60  # libsndfile's count for streams without a length is larger
SURPLUS = 4096  # bytes that a header of a rarer container may take
LOOKED_INTO = ("WAV", "WAVEX", "RF64", "W64", "AIFF", "CAF", "AU", "FLAC")
# Containers whose samples stand in packets that are filled up, so that their size tells no count
PACKED = (("PAF", "PCM_24"),)
REPAIR = "convert it to a plain 16-bit WAV, or leave it out"
# What soundfile raises for bad files: its own errors, and ValueError, TypeError and AssertionError out of its checks
NATIVE_ERRORS = (OSError, RuntimeError, ValueError, TypeError, AssertionError)


@dataclass(frozen=True)
class Format:
    """What a file holds: samples a second, channels, libsndfile's names of container and sample format."""

    rate: int
    channels: int
    container: str
    subtype: str


class Decoder:
    """One file, readable from its beginning any number of times.

    Args:
        path: any file that libsndfile reads.
        longest_s: what is longer is refused.

    Attributes:
        format: what it holds.
        frames: samples of a channel: counted where they were, before that announced.
        notes, warnings: see `Plan`; that the count is another than announced is known after reading.

    Raises:
        AudioError: no sound file, unreadable, damaged, empty or too long.
    """

    def __init__(self, path: Path, longest_s: float = LONGEST_S) -> None:
        self.path = path
        self.longest_s = longest_s
        refuse_devices(path)
        try:
            self.size = path.stat().st_size
            _refuse_foreign(path)
            self._plan = look_at(path, longest_s)
            with self._opened(self._plan.pieces[0]) as file:
                self.format = Format(file.samplerate, file.channels, str(file.format), str(file.subtype))
                listed = int(file.frames)
        except NATIVE_ERRORS as error:
            raise unreadable(path, error) from error
        self._check_format()
        self.notes = list(self._plan.notes)
        self.warnings = list(self._plan.warnings)
        self._counted = False
        self.frames = self._plan.samples if self._plan.samples is not None else listed
        self._announced = self.frames if len(self._plan.pieces) == 1 or self._plan.samples else UNKNOWN
        if self._plan.pieces == [None]:
            self._look_behind()
        if self.frames <= 0:
            raise AudioError(f"{path} holds no samples", "record it again, or leave it out")
        if self._announced >= UNKNOWN:
            self.frames = sum(len(block) for block in self.blocks("float32"))
        elif self._plan.counted or (self.format.subtype in SUBTYPE_BYTES and self.format.container != "FLAC"):
            self._check_length(self.frames)

    def _check_format(self) -> None:
        if not LEAST_RATE <= self.format.rate <= MOST_RATE or self.format.channels < 1:
            raise AudioError(
                f"{self.path} says that it has {self.format.rate:,} samples a second, which no recorder makes",
                "correct its header, convert it to a common sample rate, or leave it out",
            )

    def _check_length(self, frames: int) -> None:
        if frames > self.longest_s * self.format.rate:
            hours = frames / self.format.rate / 3600
            raise AudioError(
                f"{self.path} is longer than {self.longest_s / 3600:g} h ({hours:,.1f} h as far as it was read)",
                "split it, or allow more with --longest HOURS",
            )

    def _look_behind(self) -> None:
        """Hold the count against the file's size, in containers that are not looked into but have a place a sample."""
        width = SUBTYPE_BYTES.get(self.format.subtype, 0) * self.format.channels
        packed = (self.format.container, self.format.subtype) in PACKED
        if self.format.container in LOOKED_INTO or packed or not width:
            return
        surplus = self.size - self.frames * width
        if surplus > SURPLUS:
            self.warnings.append(f"{surplus:,} bytes more than its header announces as sound were left out")

    @contextlib.contextmanager
    def _opened(self, piece: Piece | None) -> Iterator[Any]:
        with contextlib.ExitStack() as stack:
            # as bytes where the system has them: a name need not be UTF-8
            source: Any = str(self.path) if os.name == "nt" else os.fsencode(self.path)
            view = None
            if piece is not None:
                view = source = stack.enter_context(View(self.path, piece))
            elif self.path.suffix.lower() == ".raw":
                source = stack.enter_context(self.path.open("rb", buffering=0)).fileno()
            with quiet_stderr():  # libmpg123 chatters, and a file's name alone can lead there
                file = sound_file()(source, closefd=False)
            try:
                yield file
            finally:
                file.close()
            if view is not None and view.error is not None:
                raise view.error

    def _quiet(self) -> contextlib.AbstractContextManager[None]:
        return quiet_stderr() if self.format.subtype.startswith("MPEG") else contextlib.nullcontext()

    def blocks(self, dtype: str) -> Iterator[NDArray[Any]]:
        """Samples [n, channels] in blocks of some thousand, in one of libsndfile's types.

        Raises:
            AudioError: the file cannot be read to its end, is too long, or holds nothing.
        """
        count = 0
        try:
            for piece in self._plan.pieces:
                with self._opened(piece) as file:
                    if (file.samplerate, file.channels) != (self.format.rate, self.format.channels):
                        raise AudioError(
                            f"{self.path} changes its sample rate or channels after {self._at(count)}",
                            "split it into files of one kind, or convert it to a plain WAV",
                        )
                    for block in self._read(file, dtype):
                        count += len(block)
                        self._watch(count)
                        yield block
        except NATIVE_ERRORS as error:
            raise unreadable(self.path, error, f" after {self._at(count)}") from error
        self._finish(count)

    def _read(self, file: Any, dtype: str) -> Iterator[NDArray[Any]]:
        frames = max(1, min(BLOCK_FRAMES, BLOCK_SAMPLES // self.format.channels))
        while True:
            with self._quiet():
                block: NDArray[Any] = file.read(frames, dtype=dtype, always_2d=True)
            if len(block) == 0:
                return
            yield block

    def _watch(self, count: int) -> None:
        self._check_length(count)
        if count * self.format.channels > MOST_SAMPLES_PER_BYTE * max(self.size, 1024):
            raise AudioError(
                f"{self.path} is damaged: it gives more sound than {self.size:,} bytes can hold", REPAIR
            )

    def _at(self, count: int) -> str:
        return f"{count / self.format.rate:,.1f} s"

    def _finish(self, count: int) -> None:
        if self._counted:
            return
        self._counted = True
        announced, self.frames = self._announced, count
        if count == 0:
            raise AudioError(f"{self.path} holds no samples", "record it again, or leave it out")
        if announced >= UNKNOWN or any(each.startswith("cut off") for each in self.warnings):
            return
        if self._plan.counted:  # an encoder's delay and padding are taken from the frames counted
            missing = announced - count if announced - count > 2 * 4096 * len(self._plan.pieces) else 0
        else:
            missing = announced - count
        if missing > 0:
            self.warnings.append(
                f"cut off: {missing:,} samples fewer than its header announces; what is there was used"
            )
        elif missing < 0:
            self.warnings.append(
                f"{-missing:,} samples more than its header announces; what is there was used"
            )


def _refuse_foreign(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(32)
    for place, magic, name in FOREIGN_MAGICS:
        if start[place:].startswith(magic):
            raise AudioError(f"{path} is {name}, which is not read", "convert it to WAV, FLAC, MP3 or Ogg")


def unreadable(path: Path, error: BaseException, where: str = "") -> AudioError:
    """What is wrong with a file that could not be read."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(32)
    except OSError as reason:
        return AudioError(
            f"{path} cannot be read: {reason.strerror or reason}", "check the file and its permissions"
        )
    if size == 0:
        return AudioError(f"{path} is empty", "record it again, or leave it out")
    if not start.startswith(MAGICS) and not where:
        return AudioError(f"{path} is not an audio file", "give WAV, FLAC, MP3, Ogg or AIFF files")
    reason_text = getattr(error, "error_string", None) or str(error) or type(error).__name__
    return AudioError(f"{path} is damaged{where}: {reason_text.rstrip('.')}", REPAIR)
