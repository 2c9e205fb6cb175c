"""The device's end and its buffers: room comes back with each acknowledgement, credit is kept to the byte, time to
the microsecond."""

import zlib

import pytest
from cobs import cobs

from ..link.framing import Frame, decode_frame, encode_frame
from ..link.messages import PROTOCOL_VERSION, Ack, Answer, Echo, EchoRequest, Sync
from ..link.protocol import ASK, ECHO_SHIFT, GAP, PASS_MASK, PASS_SHIFT
from .c_link import DeviceLink

pytestmark = pytest.mark.native
TAG = 0xBEEF
PAYLOAD = 400
COST = PAYLOAD + 4


class Line:
    """A host that says what it is told to, and a device."""

    def __init__(self, credit: int = 0xFFFF) -> None:
        self.device = DeviceLink(boot_id=5)
        self.now_us = 0
        header = Frame(Sync.TYPE, 0, TAG, 7, 0, credit, Sync(protocol=PROTOCOL_VERSION).encode())
        self.device.receive(encode_frame(header), 0)
        self.out()

    def out(self, after_us: int = 1000) -> list[Frame]:
        """All that the device says now."""
        self.now_us += after_us
        found = []
        while data := self.device.output(self.now_us):
            found += [decode_frame(piece) for piece in data.split(b"\0") if piece]
        assert None not in found
        return [frame for frame in found if frame is not None]

    def send(self, count: int = 1) -> None:
        for _ in range(count):
            assert self.device.send(Echo.TYPE, bytes(PAYLOAD))

    def hear(
        self, ack: int, credit: int = 0xFFFF, kind: int = Ack.TYPE, flags: int = 0, seq: int = 0
    ) -> None:
        self.device.receive(encode_frame(Frame(kind, flags, TAG, seq, ack, credit, b"")), self.now_us)

    def data(self, seq: int, payload: bytes = b"", flags: int = 0) -> None:
        self.device.receive(
            encode_frame(Frame(EchoRequest.TYPE, flags, TAG, seq, 0, 0xFFFF, payload)), self.now_us
        )


def numbers(frames: list[Frame]) -> list[int]:
    """Of the data frames."""
    return [frame.seq for frame in frames if frame.type == Echo.TYPE]


def test_room_comes_back_with_an_acknowledgement_while_another_frame_goes_out() -> None:
    line = Line()
    count = 0
    while line.device.send(Echo.TYPE, bytes(PAYLOAD)):
        count += 1
    assert len(line.device.output(1, COST + 100)) == COST + 100  # the second one is half out
    assert not line.device.send(Echo.TYPE, bytes(PAYLOAD))
    line.hear(1)
    assert line.device.send(Echo.TYPE, bytes(PAYLOAD)), "the first one's place is free"
    line.device.output(2)  # the rest of it
    for number in range(2, 4 * count):
        line.out()
        line.hear(number)
        assert line.device.send(Echo.TYPE, bytes(PAYLOAD))


def test_a_message_of_nothing_needs_a_place_too() -> None:
    """Where there is none it is refused, and what is queued stays what it was."""
    line, queued = Line(), 0
    while line.device.send(Echo.TYPE, bytes(line.device.send_space)):
        queued += 1
    assert queued > 2 and not line.device.send(Echo.TYPE, b"")
    assert numbers(line.out()) == list(range(queued))
    line.hear(queued)
    assert line.device.send(Echo.TYPE, b"") and line.device.idle is False


def test_credit_of_one_frame_sends_one_frame_again_and_again() -> None:
    line = Line(COST)
    for number in range(20):
        line.send(2 if number == 0 else 1)
        assert numbers(line.out()) == [number]
        line.hear(number + 1, COST)


@pytest.mark.parametrize(("credit", "sent"), [(COST - 1, 0), (COST, 1), (2 * COST - 1, 1), (2 * COST, 2)])
def test_credit_is_kept_to_the_byte(credit: int, sent: int) -> None:
    line = Line(credit)
    line.send(3)
    assert numbers(line.out()) == list(range(sent))
    line.hear(0, 3 * COST)
    assert numbers(line.out()) == list(range(sent, 3))


def test_a_grant_is_not_taken_back_and_what_arrived_uses_it_up() -> None:
    line = Line(2 * COST)
    line.hear(0, 10)
    line.send(3)
    assert numbers(line.out()) == [0, 1]
    line.hear(1, 0)  # of 2 one is used up
    assert numbers(line.out()) == []
    line.hear(2, 0)
    assert numbers(line.out()) == []
    line.hear(2, COST)
    assert numbers(line.out()) == [2]


def test_a_gap_sends_again_under_the_next_pass_and_once() -> None:
    line = Line()
    line.send(3)
    assert numbers(line.out()) == [0, 1, 2]
    line.hear(1, flags=GAP)
    again = line.out()
    assert numbers(again) == [1, 2]
    passes = {frame.flags >> PASS_SHIFT & PASS_MASK for frame in again}
    assert passes == {1} and line.device.counters["retransmitted"] == 2
    line.hear(1, flags=GAP)  # of the pass before
    assert numbers(line.out()) == []
    for number in range(2, 10):
        line.hear(1, flags=GAP | (number - 1) % 8 << ECHO_SHIFT)
        assert {frame.flags >> PASS_SHIFT & PASS_MASK for frame in line.out()} == {number % 8}


def test_what_is_sent_again_needs_the_credit_that_it_needed_before() -> None:
    line = Line(2 * COST)
    line.send(2)
    assert numbers(line.out()) == [0, 1]
    line.hear(0, 0, flags=GAP)
    assert numbers(line.out()) == [0, 1]
    line.hear(1, 0, flags=GAP | 1 << ECHO_SHIFT)
    assert numbers(line.out()) == [1]


def test_what_arrived_before_it_was_sent_again_is_not_sent_again() -> None:
    line = Line()
    line.send(3)
    line.out()
    line.hear(0, flags=GAP)
    line.hear(2)
    assert numbers(line.out()) == [2]
    line.hear(3)
    assert line.device.idle


def test_numbers_that_were_never_sent_acknowledge_nothing() -> None:
    line = Line(COST)
    line.send(2)
    line.out()
    line.hear(2, 10 * COST)
    assert not line.device.idle and numbers(line.out()) == []
    line.hear(1, 10 * COST)
    assert numbers(line.out()) == [1]


def test_a_gap_is_told_with_the_pass_in_which_it_was_seen_until_it_is_filled() -> None:
    line = Line()
    line.data(0)
    line.out()
    line.data(2, flags=3 << PASS_SHIFT)
    (told,) = line.out()
    assert told.type == Ack.TYPE and told.flags & GAP and told.ack == 1
    assert told.flags >> ECHO_SHIFT & PASS_MASK == 3 and line.device.counters["gaps"] == 1
    line.data(2, flags=4 << PASS_SHIFT)
    line.data(1, flags=4 << PASS_SHIFT)  # filled before it was told
    (told,) = line.out()
    assert not told.flags & GAP and told.ack == 2
    line.data(0)
    assert line.device.counters["duplicates"] == 1
    (told,) = line.out()
    assert told.ack == 2 and not told.flags & GAP


def test_a_question_is_answered_and_shows_what_is_missing() -> None:
    line = Line()
    line.data(0)
    line.out()
    line.hear(0, flags=ASK, seq=1)
    (told,) = line.out()
    assert (told.type, told.ack, told.flags & GAP) == (Answer.TYPE, 1, 0)
    line.hear(0, flags=ASK | 5 << PASS_SHIFT, seq=3)
    (told,) = line.out()
    assert (told.type, told.ack, told.flags & GAP) == (Answer.TYPE, 1, GAP)
    assert told.flags >> ECHO_SHIFT & PASS_MASK == 5
    line.hear(0, seq=3)  # no question
    assert line.out() == []


def test_what_goes_beyond_the_credit_is_counted_and_not_taken() -> None:
    line = Line()
    for number in range(40):
        line.data(number, bytes(1000))
    line.out()
    taken = 0
    while line.device.take() is not None:
        taken += 1
    counters = line.device.counters
    assert 4 <= taken < 40 and counters["overruns"] == 1
    assert counters["gaps"] == 40 - taken - 1 and counters["rx_frames"] == 41
    line.data(taken, b"next")
    assert line.device.take() == (EchoRequest.TYPE, b"next")


def test_bytes_and_frames_are_counted_as_they_go_out() -> None:
    line = Line()
    begin = dict(line.device.counters)
    line.send(2)
    data = b""
    while part := line.device.output(5, 100):
        assert len(part) <= 100
        data += part
    counters = line.device.counters
    assert counters["tx_bytes"] - begin["tx_bytes"] == len(data)
    assert counters["tx_frames"] - begin["tx_frames"] == 2
    line.hear(2)
    received = line.device.counters
    assert received["rx_frames"] - begin["rx_frames"] == 1 and received["crc_errors"] == 0


def test_a_damaged_frame_is_counted_with_its_bytes() -> None:
    line = Line()
    begin = dict(line.device.counters)
    frame = bytearray(encode_frame(Frame(Ack.TYPE, 0, TAG, 0, 0, 9, b"")))
    frame[-2] ^= 1
    line.device.receive(bytes(frame), 1)
    after = line.device.counters
    found = {name: after[name] - begin[name] for name in after if after[name] != begin[name]}
    assert found == {"rx_bytes": len(frame), "crc_errors": 1, "noise_bytes": len(frame.rstrip(b"\0"))}


def test_a_line_that_rested_is_begun_with_a_delimiter() -> None:
    line = Line()
    line.send()
    first = line.device.output(1)
    assert first.startswith(b"\0") and first.count(b"\0") == 2
    assert line.device.output(2) == b""
    line.send()
    assert line.device.output(3).startswith(b"\0")
    line.send(2)
    both = line.device.output(4)
    assert both.startswith(b"\0") and both.count(b"\0") == 3, "none between frames that follow each other"


def test_without_a_host_there_is_no_room() -> None:
    device = DeviceLink(boot_id=5)
    assert device.send_space == 0 and not device.send(Echo.TYPE, b"")
    line = Line()
    room = line.device.send_space
    assert not line.device.send(Echo.TYPE, bytes(room + 1)) and line.device.idle
    assert line.device.send(Echo.TYPE, bytes(room)) and not line.device.idle


# ---- when a question follows


def due(line: Line) -> int:
    """After how long the device speaks next, in us."""
    deadline = line.device.deadline(line.now_us)
    assert deadline is not None
    return deadline - line.now_us


def test_the_time_to_the_next_question_begins_with_each_acknowledgement() -> None:
    line = Line()
    line.send(2)
    line.out(0)
    line.now_us += 100_000
    line.hear(1)
    line.out(0)
    assert due(line) == 300_000, "the round trip and four times its variation, from now on"
    line.now_us += 50_000
    line.hear(1)
    assert due(line) == 250_000, "the same once more is no news"


def test_an_acknowledgement_without_a_new_grant_restarts_the_time_as_well() -> None:
    line = Line(2 * COST)
    line.send(3)
    assert numbers(line.out(0)) == [0, 1]
    line.now_us += 100_000
    line.hear(1, COST)  # what is left of the grant
    assert due(line) == 300_000, "the round trip and four times its variation, from now on"


def test_the_time_to_the_next_question_begins_with_a_larger_grant_alone() -> None:
    line = Line(COST)
    line.send(3)
    line.out(0)
    first = due(line)
    line.now_us += 50_000
    line.hear(0, COST)
    assert due(line) == first - 50_000
    line.hear(0, COST + 1)
    assert due(line) == first
    line.now_us += 50_000
    line.hear(0, COST)
    assert due(line) == first - 50_000


def test_what_a_gap_sends_again_is_not_measured() -> None:
    line, fresh = Line(), Line()
    line.send()
    line.out(0)
    line.now_us += 300_000
    line.hear(0, flags=GAP)
    assert numbers(line.out(0)) == [0]
    line.now_us += 10_000
    line.hear(1)
    for each in (line, fresh):
        each.send()
        each.out(0)
    assert due(line) == due(fresh)


def test_a_question_is_asked_when_it_is_due_and_not_before() -> None:
    line = Line()
    line.send()
    line.out(0)
    wait = due(line)
    assert line.out(wait - 1) == []
    (asked,) = line.out(1)
    assert asked.type == Ack.TYPE and asked.flags & ASK and asked.seq == 1
    assert line.device.counters["timeouts"] == 1 and due(line) > wait
    line.hear(1)
    assert line.device.deadline(line.now_us) is None


@pytest.mark.parametrize("size", range(4, 14))
def test_what_is_too_short_for_a_frame_is_none_whatever_its_checksum(size: int) -> None:
    for checksum in (zlib.crc32(bytes(size - 4)), 12345):
        line = Line()
        begin = dict(line.device.counters)
        line.device.receive(cobs.encode(bytes(size - 4) + checksum.to_bytes(4, "little")) + b"\0", 1)
        after = line.device.counters
        found = {name: after[name] - begin[name] for name in ("rx_frames", "crc_errors", "framing_errors")}
        assert found == {"rx_frames": 0, "crc_errors": 0, "framing_errors": 1}
