"""Audio into a board, results out, with constant memory and within a limited time."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from ..link import messages as m
from .client import LOOK_AT_LINK, Client, DeviceError
from .limits import Stopwatch
from .wrong_bytes import LEAST_COUNT_BITS, narrow

AHEAD_BYTES = 64 * 1024  # audio queued before the board's answers are waited for: what keeps memory constant
POLL_S = 0.05
LEAST_LOST = 10  # columns at each of which as many samples are lost, so that it is no chance
MOST_EMPTY = 16  # FEATURES without a column, one behind the other
SPARE_RESULTS = 100  # that a board may send beyond twice what the audio makes, before it is cut off

DONE_CURE = "nothing of this file counts; reset the board, and flash the current firmware"

StreamResult = m.Features | m.WindowResult | m.Detection | m.StageBytes | m.StreamDone


class SamplesLostError(DeviceError):
    """A stream ended when its end was sent, and fewer samples were counted than were sent.

    Attributes:
        done: what the board said at its end; all results that belong to it came before.
        told: what the samples that were counted may be, in words behind a colon; empty: nothing is known.
    """

    all_came = True  # nothing of the stream is still under way

    def __init__(self, cause: str, cure: str, done: m.StreamDone, told: str) -> None:
        super().__init__(cause, cure)
        self.done, self.told = done, told


class AudioStream:
    """One stream.

    Args:
        client: of a connected board.
        info: what the board says of itself.
        number: of the stream.
        bytes_per_s: what the line carries.
    """

    def __init__(self, client: Client, info: m.Info, number: int, bytes_per_s: float) -> None:
        self._client = client
        self._info = info
        self._number = number
        self._bytes_per_s = bytes_per_s
        self._samples = 0  # sent
        self._first = 0  # of them in the first message
        self._ended = False  # StreamEnd was sent
        self._cells = self._windows = self._detections = 0  # received
        self._staged = False  # what a stage gave was received, once a stream
        self._slowest_s = 0.0
        self._empty = 0  # FEATURES without a column, one behind the other
        self._watch = Stopwatch()

    def run(self, blocks: Iterable[NDArray[np.int16]], flags: int) -> Iterator[StreamResult]:
        """Stream `blocks` and yield the results, the last being `StreamDone`; see `Device.stream`."""
        client = self._client
        client.send(m.StreamStart(stream=self._number, flags=flags))
        client.wait_for(m.StreamStarted, accept=lambda started: started.stream == self._number)
        source = audio_pieces(blocks, client.connection.max_payload)
        silent_since = self._watch.seconds
        while True:
            self._feed(source)
            before = client.connection.pending_bytes
            result = client.next(POLL_S)
            if isinstance(result, m.Features | m.WindowResult | m.Detection):
                self._count(result)
                with self._watch.paused():
                    yield result
            elif isinstance(result, m.StageBytes) and not self._staged:
                self._staged = True
                with self._watch.paused():
                    yield result
            elif isinstance(result, m.StreamDone) and result.stream == self._number:
                self._check_done(result)
                client.broken_off = False
                self._check_samples(result)
                yield result
                return
            elif isinstance(result, m.StreamDone) and self._ended:
                number = self._number
                requests = m.StreamStart(stream=number, flags=flags), m.StreamEnd(stream=number)
                raise client.another(result, requests)
            elif result is not None:  # what an earlier stream left came before this one was started
                raise client.unasked(result)
            if result is not None or client.connection.pending_bytes != before:
                silent_since = self._watch.seconds
            self._check_time(silent_since)

    def _feed(self, source: Iterator[bytes]) -> None:
        connection = self._client.connection
        while not self._ended and connection.pending_bytes < AHEAD_BYTES:
            with self._watch.paused():
                piece = next(source, None)
            if piece is None:
                self._client.send(m.StreamEnd(stream=self._number))
                self._ended = True
            else:
                connection.send(m.Audio.TYPE, piece)
                self._samples += len(piece) // 2
                self._first = self._first or self._samples

    # ---- what a board may not do

    @property
    def _columns_due(self) -> int:
        """At most so many columns can come of what was sent."""
        return self._samples // max(1, self._info.hop) + 1

    @property
    def _windows_due(self) -> int:
        return self._columns_due // max(1, self._info.stride) + 1

    def _count(self, result: m.Features | m.WindowResult | m.Detection) -> None:
        """Stop at a flood: results far beyond what the audio makes. A few too many are the comparison's to tell."""
        if isinstance(result, m.Features):
            self._cells += len(result.cells)
            seen, due, what = self._cells, self._columns_due * max(1, self._info.bands), "feature cells"
            self._check_empty(result)
        elif isinstance(result, m.WindowResult):
            self._windows += 1
            self._slowest_s = max(self._slowest_s, result.inference_ns / 1e9)
            seen, due, what = self._windows, self._windows_due, "windows"
        else:
            self._detections += 1
            due = self._windows_due * max(1, self._info.classes)
            seen, what = self._detections, "detections"
        spare = SPARE_RESULTS * (max(1, self._info.bands) if what == "feature cells" else 1)
        if seen > 2 * due + spare:
            raise DeviceError(
                f"{self._client.name} sends without end: {seen:,} {what} for {self._samples:,} samples, which make "
                f"{due:,} at most",
                "reset it, and flash the current firmware",
            )

    def _check_empty(self, result: m.Features) -> None:
        """Stop at messages that bring nothing, one behind the other."""
        self._empty = 0 if result.cells else self._empty + 1
        if self._empty > MOST_EMPTY:
            first, frames = result.first_column, max(1, self._info.frames)
            anew = (
                f", at which the ring of {frames} columns begins anew" if first and not first % frames else ""
            )
            raise DeviceError(
                f"{self._client.name} sends FEATURES without a column again and again, from column {first:,} on{anew}",
                "look at what counts the columns that wait, and where they begin in the ring "
                "(firmware/core/detect/stream.c, stream_features)",
            )

    def _check_done(self, done: m.StreamDone) -> None:
        if not self._ended:
            raise DeviceError(f"{self._done_after(done)}, before its end was sent", DONE_CURE)

    def _check_samples(self, done: m.StreamDone) -> None:
        if done.samples < self._samples:
            told = self._made_of(done.samples)
            cause = f"{self._done_after(done)}, and {self._samples:,} were sent{told}"
            raise SamplesLostError(cause, DONE_CURE, done, told)

    def _done_after(self, done: m.StreamDone) -> str:
        return f"{self._client.name} says that the stream is done after {done.samples:,} samples"

    def _made_of(self, samples: int) -> str:
        """That samples are told which are those of the columns that came, in words behind a colon."""
        if in_bits := narrow(samples, self._samples, LEAST_COUNT_BITS):
            return in_bits
        columns, hop = self._cells // max(1, self._info.bands), self._info.hop
        if columns > LEAST_LOST and samples == columns:
            return ": that is how many columns came, in the place of samples"
        if samples == self._first:
            return (
                ": those of the first message of audio alone; look at what takes the samples of the next ones, and at "
                "what is set back between two (firmware/core/session/audio.c)"
            )
        if columns and samples == columns * hop:
            return (
                f": that is a hop of {hop} for each of the {columns:,} columns that came, not what was taken"
            )
        lost = self._samples - samples
        if columns > LEAST_LOST and lost % columns == 0:
            return f": {lost // columns} samples are lost at each of the {columns:,} columns that came"
        return ""

    def _check_time(self, silent_since: float) -> None:
        limits, seconds = self._client.limits, self._watch.seconds
        pending = self._client.connection.pending_bytes
        place = f"{self._samples:,} samples sent, {pending:,} bytes of them not yet taken in"
        if seconds - silent_since > limits.silence_s:
            raise self._silent(f"for {limits.silence_s:g} s ({place})")
        most = limits.total_s(2 * self._samples, self._bytes_per_s, self._windows_due, self._slowest_s)
        if seconds > most:
            raise DeviceError(
                f"{self._client.name} did not finish the stream within {most:.0f} s ({place}; the line was measured "
                f"to carry {self._bytes_per_s:,.0f} bytes/s, the slowest inference took {self._slowest_s:.3f} s)",
                "reset it, and look at its log; a shorter cable or a lower --baud when the line is bad",
            )

    def _silent(self, place: str) -> DeviceError:
        """The error for a board that brings nothing more: by what came, and by how the link stands."""
        name, connection = self._client.name, self._client.connection
        idle = connection.idle
        if told := self._client.stands_still():
            return DeviceError(f"{name} sent no results {place}: {told}", LOOK_AT_LINK)
        if why := self._client.looked_into():
            return DeviceError(f"{name} sent no results {place}: {why.told}", why.look_at)
        columns = self._cells // max(1, self._info.bands)
        came = f"{columns:,} columns and {self._windows:,} windows came"
        if self._ended and idle:
            return DeviceError(
                f"{name} took all audio and its end, and sent nothing more {place}: {came}, and STREAM_DONE did not",
                "look at what ends a stream once its results are sent (session_send_results in "
                "firmware/core/session/audio.c); where results are missing, too, its inference may hang",
            )
        return DeviceError(
            f"{name} took audio but sent no results {place}; {came}",
            "its inference may hang, or a step of its session ends in no other: reset it, and look at its log",
        )


def audio_pieces(blocks: Iterable[NDArray[np.int16]], max_payload: int) -> Iterator[bytes]:
    """Cut blocks of any length into little-endian pieces that fill a frame each, the last one apart.

    Args:
        blocks: int16 samples [n].
        max_payload: bytes that a frame holds.
    """
    size = max_payload & ~1
    rest = b""
    for block in blocks:
        rest += block.astype("<i2", copy=False).tobytes()
        whole = len(rest) - len(rest) % size
        for start in range(0, whole, size):
            yield rest[start : start + size]
        rest = rest[whole:]
    if rest:
        yield rest


def as_it_came(results: Iterable[m.Payload]) -> Iterator[m.Payload]:
    """What a stream brings, and its end, too, where fewer samples were counted than were sent.

    Args:
        results: see `Device.stream`.

    Raises:
        HilError: the board failed in another way.
    """
    try:
        yield from results
    except SamplesLostError as lost:
        yield lost.done
