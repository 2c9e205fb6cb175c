"""Reads an audio file as blocks of 16-bit samples at a given rate, in constant memory."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .decode import LONGEST_S, Decoder
from .errors import AudioError
from .formats import PLAIN_SUBTYPE, SUBTYPE_NAMES
from .mix import Mix, chosen, measured, peak, tame
from .own_peak import divided, peak_of

Int16 = NDArray[np.int16]
Float64 = NDArray[np.float64]

FULL_SCALE = 32768.0
LIMIT = 2.0  # times full scale: keeps the overshoot of lossy decoders
MOST_RESAMPLED = 1 << 18  # samples that come out of the resampler at once


class AudioSource:
    """An audio file that can be read from the start any number of times.

    A 16-bit mono file at `sample_rate` passes unchanged. Anything else is converted, and `notes` says how: samples are
    rounded to 16 bits and clipped, channels are averaged, the rate is converted with soxr. Where averaging loses more
    than 6 dB, the channel with the most energy is taken instead.

    Headers are not trusted: samples are counted as they arrive. A file that is shorter than its header says is read as
    far as it goes (recorders that lose power leave such files). A longer one is read to its end. Both are reported.

    Args:
        path: a WAV file, or any other format that libsndfile reads.
        sample_rate: in Hz.
        channel: the channel to take, from 1; None averages all.
        longest_s: files longer than this are refused.
        to_peak: samples are divided by the file's own peak, which is full scale then; silence stays silence. The file
            is read twice.

    Attributes:
        warnings: a sentence for everything that is missing, surplus or uncertain.

    Raises:
        AudioError: not an audio file, unreadable, damaged, empty or too long; or it has no such channel.
    """

    def __init__(
        self,
        path: Path,
        sample_rate: int,
        channel: int | None = None,
        longest_s: float = LONGEST_S,
        to_peak: bool = False,
    ) -> None:
        self.path = path
        self.sample_rate = sample_rate
        self._decoder = Decoder(path, longest_s)
        self._format = self._decoder.format
        self._mix: Mix | None = None
        if channel is not None:
            if not 1 <= channel <= self._format.channels:
                has = f"{self._format.channels} channel{'s' if self._format.channels > 1 else ''}"
                raise AudioError(
                    f"{path} has {has}, not a channel {channel}",
                    f"give --channel a number up to {self._format.channels}",
                )
            self._mix = chosen(channel, self._format.channels)
        elif self._format.channels == 1:
            self._mix = Mix(0, "")
        self._clipped = 0
        self._pair = False
        self._to_peak = to_peak
        self._peak: int | None = None

    @property
    def frames(self) -> int:
        """Length in samples at the file's own rate: as counted, or as the header says before the file was read."""
        return self._decoder.frames

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self._format.rate

    @property
    def file_rate(self) -> int:
        """The file's own sample rate, in Hz."""
        return self._format.rate

    @property
    def warnings(self) -> list[str]:
        """A sentence for everything that is missing, surplus or uncertain. Complete once the file has been read."""
        mix = [self._mix.warning] if self._mix and self._mix.warning else []
        return self._decoder.warnings + mix

    @property
    def notes(self) -> list[str]:
        """How the audio was converted, and the warnings, one sentence each. Complete once the file has been read."""
        found = []
        subtype = self._format.subtype
        if subtype != PLAIN_SUBTYPE:
            found.append(SUBTYPE_NAMES.get(subtype, f"{subtype} samples converted to 16 bits"))
        found += self._decoder.notes
        if self._pair:
            if self._format.channels > 2:
                found.append(f"the first 2 of {self._format.channels} channels kept")
        elif self._mix is None:
            found.append(f"{self._format.channels} channels averaged to one")
        elif self._mix.note:
            found.append(self._mix.note)
        if self._format.rate != self.sample_rate:
            found.append(f"resampled from {self._format.rate:,} to {self.sample_rate:,} Hz")
        found += self.warnings
        if self._clipped:
            found.append(f"{self._clipped:,} samples beyond full scale clipped")
        if self._peak:
            found.append(f"divided by its own peak: samples times {FULL_SCALE / self._peak:.4g}")
        return found

    def blocks(self) -> Iterator[Int16]:
        """Yield the samples, int16 mono, in blocks of a few thousand.

        Raises:
            AudioError: the file cannot be read to its end, or holds NaN or infinity.
        """
        if not self._to_peak:
            yield from self._as_they_are()
            return
        if self._peak is None:
            self._peak = max(map(peak_of, self._as_they_are()), default=0)
        for block in self._as_they_are():
            yield divided(block, self._peak)

    def _as_they_are(self) -> Iterator[Int16]:
        plain = self._format.subtype == PLAIN_SUBTYPE and self._format.rate == self.sample_rate
        if plain and self._format.channels == 1:
            for block in self._decoder.blocks("int16"):
                yield block.reshape(-1)
            return
        if self._mix is None:
            self._mix = measured(self._numbers(), self._format.channels)
        for converted in self._converted(self._mono(self._mix)):
            yield converted.reshape(-1)

    def stereo_blocks(self) -> Iterator[Int16]:
        """Yield the first two channels, int16 [n, 2], in blocks of a few thousand; a mono file gives two equal ones.

        Raises:
            AudioError: see `blocks`.
        """
        self._pair = True
        second = min(1, self._format.channels - 1)
        yield from self._converted(block[:, [0, second]] for block in self._numbers())

    def _numbers(self) -> Iterator[Float64]:
        # float64 holds the samples of every format exactly, so that each is rounded once
        for block in self._decoder.blocks("float64"):
            with np.errstate(over="ignore", invalid="ignore"):
                total = block.sum()  # finite only if every sample is; huge samples may overflow
            if not np.isfinite(total) and not np.isfinite(block).all():
                raise AudioError(
                    f"{self.path} holds values that are no numbers (NaN or infinity)",
                    "repair it or leave it out",
                )
            yield block

    def _mono(self, mix: Mix) -> Iterator[Float64]:
        for block in self._numbers():
            if mix.channel is not None:
                yield block[:, mix.channel : mix.channel + 1]
            else:
                yield tame(block).mean(axis=1, keepdims=True)

    def _converted(self, blocks: Iterator[Float64]) -> Iterator[Int16]:
        clipped = 0
        same = self._format.rate == self.sample_rate
        for block in blocks if same else self._resampled(blocks):
            scaled = np.rint(tame(block) * FULL_SCALE)
            # +1.0 is full scale in floating-point files and just beyond int16: not worth a note
            clipped += int(np.count_nonzero(np.abs(scaled) > FULL_SCALE))
            if len(scaled):
                yield np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
        self._clipped = max(self._clipped, clipped)

    def _resampled(self, blocks: Iterator[Float64]) -> Iterator[Float64]:
        import soxr

        rate = self._format.rate
        step = max(1, MOST_RESAMPLED * rate // self.sample_rate)
        stream = None
        beyond = 0
        for block in blocks:
            if stream is None:
                width = block.shape[1]
                try:
                    stream = soxr.ResampleStream(rate, self.sample_rate, width, dtype="float64", quality="HQ")
                except (ValueError, RuntimeError) as error:
                    raise AudioError(
                        f"{self.path} has {rate:,} samples a second, which cannot be resampled to {self.sample_rate:,}",
                        "convert it to a common sample rate, or leave it out",
                    ) from error
            # soxr computes in float32: a value near its limit would silence everything around it
            if peak(block) > LIMIT:
                beyond += int(np.count_nonzero(np.abs(block) > LIMIT))
                block = np.clip(block, -LIMIT, LIMIT)
            for begin in range(0, len(block), step):
                yield stream.resample_chunk(block[begin : begin + step])
        if stream is not None:
            yield stream.resample_chunk(np.empty((0, width), np.float64), last=True)
        self._clipped = max(self._clipped, beyond)
