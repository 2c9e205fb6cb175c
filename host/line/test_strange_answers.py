"""Answers to SYNC that fit no request are told as that, with what their numbers are."""

import pytest

from ..link.framing import Frame
from ..link.messages import Ack, SyncAck
from .strange_answers import strange_answer

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
