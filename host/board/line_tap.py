"""A port below the link that counts what goes over it, and withholds or repeats a frame when it is told to."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from ..line.port import BytePort
from ..link import messages as m
from ..link.framing import Frame, decode_frame, encode_frame
from ..link.protocol import ASK, ECHO_SHIFT, GAP, PASS_MASK, PASS_SHIFT

ANSWER_S = (
    2.0  # for the board to answer a question of the link's: a line that damages frames may have lost it
)
READ_S = 0.05
NUMBERS = 1 << 16  # of frames, before they begin anew


def has_number(piece: bytes) -> bool:
    """Whether a piece of the line is a frame that is to arrive in its order."""
    frame = decode_frame(piece)
    return frame is not None and frame.type >= m.FIRST_SEQUENCED_TYPE


class LineTap:
    """A port that withholds a frame when it is told to, and can keep what was written.

    Attributes:
        keep: keep what is written in `kept`.
        withhold_sent: do not pass on the next frame with a number that is written.
        withhold_received: the same of what is read.
        repeated, repeated_bytes: frames with a number that were read, and had been before, and what was in them.
        passes_on: by how many passes those were further on than the time before, modulo the number of passes.
        repeat_gap: once more tell the board that a frame is missing, after it has sent it again: old news, of which a
            board must make nothing.
        valid, valid_bytes, unnumbered: right frames that were passed on, what they take, and how many have no number.
        came, came_unnumbered: frames that were read, and how many of them have no number.
        gaps: frames with a number that were passed on before one that they follow.
        behind: by how many frames an acknowledgement was behind those that were passed on, at least; None: none came.
        questions: frames that were passed on and ask how far the board is.
        gaps_told: how many frames were read that tell that one is missing.
        told_gap: whether a frame was read that tells that one is missing.
        asked, told: questions that were read, and acknowledgements that ask nothing.
        watched: number of the connection to which the next three belong.
        passes, echoed, own: of frames that were written, as they were told back with news of a gap, and of the frames
            that told so.
        changed: that a frame of the board's has another content when it comes once more, in words; empty: none has.
    """

    def __init__(self, port: BytePort) -> None:
        self._port = port
        self._rest = b""
        self.told_gap, self.asked, self.told, self.changed = False, 0, 0, ""
        self.passes, self.echoed, self.own, self.watched = set[int](), set[int](), set[int](), -1
        self.keep = self.withhold_sent = self.withhold_received = self.repeat_gap = False
        self.kept = self._gap = b""
        self.repeated, self.repeated_bytes, self._unread = 0, 0, b""
        self.passes_on: Counter[int] = Counter()
        self._seen: dict[tuple[int, int], Frame] = {}  # by connection and number
        self.valid = self.valid_bytes = self.unnumbered = self.came = self.came_unnumbered = self.gaps = 0
        self.gaps_told = self.questions = 0
        self.behind: int | None = None
        self._expected: int | None = None  # number of the next frame that the board can take

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    def write(self, data: bytes) -> None:
        """See `BytePort.write`."""
        if self.withhold_sent:
            data, done = _without_first(data)
            self.withhold_sent = not done
        if self.keep:
            self.kept += data
        if self.repeat_gap and not self.withhold_received:
            self._gap = self._gap or _first(data, _tells_gap)
        if data:
            self._count(data)
            self._port.write(data)

    def _count(self, data: bytes) -> None:
        for piece in data.split(b"\0"):
            frame = decode_frame(piece)
            self.valid += frame is not None
            self.valid_bytes += 0 if frame is None else len(piece)
            if frame is not None and frame.connection == self.watched:
                self.passes.add(frame.flags >> PASS_SHIFT & PASS_MASK)
            self.unnumbered += frame is not None and frame.type < m.FIRST_SEQUENCED_TYPE
            self.questions += frame is not None and bool(frame.flags & ASK)
            if frame is not None and frame.type >= m.FIRST_SEQUENCED_TYPE:
                expected = frame.seq if self._expected is None else self._expected
                ahead = (frame.seq - expected) % NUMBERS
                self.gaps += 0 < ahead < NUMBERS // 2
                self._expected = (expected + (ahead == 0)) % NUMBERS

    def read(self, timeout_s: float) -> bytes:
        """See `BytePort.read`."""
        data = self._rest + self._take(timeout_s)
        self._rest = b""
        if not self.withhold_received:
            if self._gap and self.repeat_gap and _first(data, has_number):
                data += self._repeat()  # before the host's end has seen, and acknowledged, what is sent again
            return data
        whole, zero, self._rest = data.rpartition(b"\0")
        data, done = _without_first(whole + zero)
        self.withhold_received = not done
        if done:
            data, self._rest = data + self._rest, b""
        return data

    def _take(self, timeout_s: float) -> bytes:
        """Read, and count frames that come once more; so few come here that no number comes round."""
        came = self._port.read(timeout_s)
        *pieces, self._unread = (self._unread + came).split(b"\0")
        for frame in map(decode_frame, pieces):
            self.came += frame is not None
            if frame is not None and frame.flags & GAP:
                self.told_gap = True
                self.gaps_told += 1
                if frame.connection == self.watched:
                    self.echoed.add(frame.flags >> ECHO_SHIFT & PASS_MASK)
                    self.own.add(frame.flags >> PASS_SHIFT & PASS_MASK)
            self.came_unnumbered += frame is not None and frame.type < m.FIRST_SEQUENCED_TYPE
            if frame is not None and self._expected is not None:
                behind = (self._expected - frame.ack) % NUMBERS
                self.behind = behind if self.behind is None else min(self.behind, behind)
            if frame is not None and frame.type >= m.FIRST_SEQUENCED_TYPE:
                self._see_numbered(frame)
            self.asked += frame is not None and _asks(frame)
            self.told += frame is not None and frame.type == m.Ack.TYPE and not _asks(frame)
        return came

    def _see_numbered(self, frame: Frame) -> None:
        before = self._seen.get((frame.connection, frame.seq))
        self._seen[frame.connection, frame.seq] = frame
        if before is None:
            return
        self.passes_on[(frame.flags >> PASS_SHIFT) - (before.flags >> PASS_SHIFT) & PASS_MASK] += 1
        self.repeated += 1
        self.repeated_bytes += len(frame.payload)
        if (before.type, before.payload) != (frame.type, frame.payload) and not self.changed:
            self.changed = (
                f"sends something else when it sends a frame again: number {frame.seq} was {m.name_of(before.type)} of "
                f"{len(before.payload)} bytes, and is {m.name_of(frame.type)} of {len(frame.payload)} once more"
                + (", with other bytes" if len(before.payload) == len(frame.payload) else "")
            )

    def _repeat(self) -> bytes:
        """Tell the old news, and wait until the board has made of it what it makes; what came meanwhile."""
        self.repeat_gap = False
        news = decode_frame(self._gap)
        came = b""
        if news is None:
            return came
        # The answer to a question comes before anything that is sent again, the one to a second question behind it.
        for flags in (news.flags | ASK, (news.flags & ~GAP) | ASK):
            self._port.write(encode_frame(news._replace(flags=flags)))
            deadline, piece = time.monotonic() + ANSWER_S, b""
            while not _first(piece, _answers) and time.monotonic() < deadline:
                piece += self._take(READ_S)
            came += piece
        return came


def _asks(frame: Frame) -> bool:
    return frame.type == m.Ack.TYPE and bool(frame.flags & ASK)


def _answers(piece: bytes) -> bool:
    frame = decode_frame(piece)
    return frame is not None and frame.type == m.Answer.TYPE


def _tells_gap(piece: bytes) -> bool:
    frame = decode_frame(piece)
    return frame is not None and bool(frame.flags & GAP) and frame.type < m.FIRST_SEQUENCED_TYPE


def _first(data: bytes, wanted: Callable[[bytes], bool]) -> bytes:
    """The first piece of the line that is wanted; empty: none."""
    return next((piece for piece in data.split(b"\0") if wanted(piece)), b"")


def _without_first(data: bytes) -> tuple[bytes, bool]:
    """Bytes of the line without the first frame that has a number, and whether there was one."""
    pieces = data.split(b"\0")
    for place, piece in enumerate(pieces[:-1]):
        if has_number(piece):
            del pieces[place]
            return b"\0".join(pieces), True
    return data, False
