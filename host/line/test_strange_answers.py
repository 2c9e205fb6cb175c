"""Answers to SYNC that fit no request are told as that, with what their numbers are."""

from typing import Any

import pytest

from ..link.framing import Frame, decode_frame, encode_frame
from ..link.messages import Ack, Echo, EchoRequest, Log, Sync, SyncAck
from . import strange_answers as module
from .strange_answers import strange_answer, where_wrong

NUMBER, NONCE = 0x1234, 0xABCD5678  # seq 0x5678, ack 0xabcd


def answer(connection: int, seq: int, ack: int, kind: int = SyncAck.TYPE) -> Frame:
    return Frame(kind, 0, connection, seq, ack, 5632, b"")


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        (
            (0x1234, 0xABCD, 0x5678),
            "seq and ack of a frame's head are exchanged, as they are read or written",
        ),
        (
            (0x5678, 0x1234, 0xABCD),
            "connection and seq of a frame's head are exchanged, as they are read or written",
        ),
        ((0x1234, 0x5678, 0x5678), "ack is what seq is"),
        ((0x1234, 0x5678, 0xCDAB), "ack has its two bytes exchanged"),
        ((0x1234, 0x5678, 0), "ack is always 0"),
        ((0x1234, 0x78, 0xCD), "seq has its low byte alone, ack has its low byte alone"),
        ((0x1235, 0x5678, 0xABCD), ""),
        ((0x1235, 0xDF78, 0x00AB), ""),
        (
            (0x1234, 0xDF78, 0x00AB),
            "ack is shifted by 8 bits instead of 16 to make one number of both (take_sync)",
        ),
        (
            (0x1234, 0x5678, 0xCD56),
            "the number of both is shifted by 8 bits instead of 16 to make ack of it (begin_sync_ack)",
        ),
    ],
)
def test_what_the_numbers_of_an_answer_are(numbers: tuple[int, int, int], words: str) -> None:
    told = strange_answer([answer(*numbers)] * 3, NUMBER, NONCE)
    assert told.startswith(f"its answers to SYNC (3 alike) have connection {numbers[0]:#06x}")
    assert told.endswith(
        f"and connection 0x1234, seq 0x5678, ack 0xabcd was asked{': ' * bool(words)}{words}"
    )


def test_what_may_be_another_hosts_is_no_answer() -> None:
    assert strange_answer([answer(0x1234, 0xABCD, 0x5678)] * 2, NUMBER, NONCE) == ""
    assert strange_answer([answer(1, 2, 3), answer(1, 2, 4), answer(1, 2, 5)], NUMBER, NONCE) == ""
    assert strange_answer([answer(1, 2, 3, Ack.TYPE)] * 9, NUMBER, NONCE) == ""
    assert strange_answer([], NUMBER, NONCE) == ""


class Board:
    """Answers SYNC and an echo, a log line first; may read or write a frame's ack as its seq."""

    def __init__(self, reads: bool = False, writes: bool = False, answers: bool = True) -> None:
        self._reads, self._writes, self._answers = reads, writes, answers
        self._out = b"\0"

    def write(self, data: bytes) -> None:
        """See `BytePort.write`."""
        for frame in filter(None, map(decode_frame, data.split(b"\0"))):
            ack = frame.seq if self._reads else frame.ack
            if frame.type == Sync.TYPE:
                assert frame.connection and len({frame.connection, frame.seq, ack}) == 1
                self._put(SyncAck.TYPE, frame.connection, frame.seq, ack)
                self._put(Log.TYPE, frame.connection, 0, 0)
            elif frame.type == EchoRequest.TYPE and self._answers:
                self._put(Ack.TYPE, frame.connection, 1, 1)
                self._put(Echo.TYPE, frame.connection, 1, frame.seq + 1, frame.payload)

    def _put(self, kind: int, connection: int, seq: int, ack: int, payload: bytes = b"") -> None:
        self._out += encode_frame(Frame(kind, 0, connection, seq, seq if self._writes else ack, 9, payload))

    def read(self, _: float) -> bytes:
        """See `BytePort.read`."""
        came, self._out = self._out, b""
        return came


class LaterBoard(Board):
    """Of which nothing but the echo has a number; so that another ack of it shows."""

    def _put(self, kind: int, connection: int, seq: int, ack: int, payload: bytes = b"") -> None:
        if kind != Log.TYPE:
            super()._put(kind, connection, 0 if kind == Echo.TYPE else seq, ack, payload)


@pytest.mark.parametrize("number", [0x1234, module.OTHER])
def test_whether_numbers_are_written_or_read_wrongly(number: int) -> None:
    right, read, written = Board(), Board(reads=True), LaterBoard(writes=True)
    boards: list[Any] = [right, read, written]
    told = [where_wrong(board, number) for board in boards]
    assert told[0] == told[1] and told[1].startswith(
        "look at what reads heads (end in firmware/core/link/frame.c"
    )
    assert told[2].startswith(
        "look at what fills heads (frame_pack_header in firmware/core/link/frame.c): another"
    )


def test_without_an_answer_both_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_S", 0.01)
    board: Any = Board(answers=False)
    assert where_wrong(board, 1) == f"look at what reads and fills heads ({module.HEAD})"
