"""The device's end, moment by moment: when it has something to say, what a SYNC must hold, what is measured."""

import pytest

from ..link.framing import Frame, decode_frame, encode_frame
from ..link.messages import PROTOCOL_VERSION, Echo, EchoRequest, Hello, Sync, SyncAck
from ..link.protocol import ASK, GAP
from .c_link import DeviceLink
from .test_c_link_credit import PAYLOAD, TAG, Line, due, numbers

pytestmark = pytest.mark.native


def sync(tag: int, nonce: int, payload: bytes | None = None) -> bytes:
    payload = Sync(protocol=PROTOCOL_VERSION).encode() if payload is None else payload
    return encode_frame(Frame(Sync.TYPE, 0, tag, nonce & 0xFFFF, nonce >> 16, 0xFFFF, payload))


def frames(data: bytes) -> list[Frame]:
    found = [decode_frame(piece) for piece in data.split(b"\0") if piece]
    assert None not in found
    return [frame for frame in found if frame is not None]


@pytest.mark.parametrize("nonce", [0, 1, 0x8001_7FFF, 0x7FFF_8001, 0xFFFF_FFFF])
def test_the_answer_to_a_sync_repeats_its_number(nonce: int) -> None:
    device = DeviceLink(boot_id=0x1234_5678)
    device.receive(sync(TAG, nonce), 0)
    assert device.deadline(5) == 5
    (answer,) = frames(device.output(0))
    assert (answer.type, answer.connection, answer.seq, answer.ack) == (
        SyncAck.TYPE,
        TAG,
        nonce & 0xFFFF,
        nonce >> 16,
    )
    assert SyncAck.decode(answer.payload).boot_id == 0x1234_5678
    assert device.deadline(5) is None, "once, and no HELLO after it"
    for other in (nonce ^ 1, nonce ^ 0x1_0000):
        before = device.connections
        device.receive(sync(TAG, other), 1)
        device.receive(sync(TAG, other), 1)
        assert device.connections == before + 1


@pytest.mark.parametrize(("tag", "payload"), [(0, None), (TAG, b""), (0, b"")])
def test_a_sync_of_nobody_or_without_its_fields_is_none(tag: int, payload: bytes | None) -> None:
    device = DeviceLink(boot_id=5)
    device.output(0)
    device.receive(sync(tag, 7, payload), 0)
    assert not device.connected and device.output(1) == b"" and device.deadline(1) is None


def test_connections_are_counted_from_1_again_where_16_bits_end() -> None:
    device = DeviceLink(boot_id=5)
    both = sync(1, 1), sync(2, 2)
    for number in range(1, 65536):
        device.receive(both[number % 2], 0)
        assert device.connections == number
    device.receive(both[0], 0)
    assert device.connections == 1, "0 is none"


def test_a_stranger_is_answered_at_once_and_then_after_a_quarter_of_a_second() -> None:
    device = DeviceLink(boot_id=5)
    device.output(0)
    stray = encode_frame(Frame(EchoRequest.TYPE, 0, TAG, 3, 0, 0, b"?"))
    for now_us, answered in ((0, True), (249_999, False), (250_000, True), (499_999, False), (500_000, True)):
        device.receive(stray, now_us)
        assert [each.type for each in frames(device.output(now_us))] == [Hello.TYPE] * answered


def test_a_boot_cuts_off_what_the_line_caught_before_it() -> None:
    """Its first byte is a delimiter: what a bootloader prints must not be a part of the first frame."""
    said = DeviceLink(boot_id=5).output(0)
    assert said.startswith(b"\0") and [each.type for each in frames(said)] == [Hello.TYPE]


def test_head_and_tail_are_one_payload() -> None:
    line = Line()
    for head, tail in ((b"", b""), (b"h", b""), (b"", b"t"), (b"h", b"t"), (b"head", b"and tail")):
        assert line.device.send(Echo.TYPE, head, tail)
        (came,) = line.out()
        assert came.payload == head + tail
        line.hear(came.seq + 1)
    room = line.device.send_space
    assert not line.device.send(Echo.TYPE, bytes(room), b"t")
    assert not line.device.send(Echo.TYPE, b"h", bytes(room))
    assert line.device.idle and line.device.send(Echo.TYPE, b"h", bytes(room - 1))


def test_what_is_refused_touches_nothing_that_waits() -> None:
    """The free part of the buffer ends where the oldest message begins."""
    line = Line()
    while line.device.send(Echo.TYPE, bytes(PAYLOAD)):
        pass
    sent = numbers(line.out())
    line.hear(2)
    room = line.device.send_space
    assert not line.device.send(Echo.TYPE, b"h", b"\xff" * room)
    assert not line.device.send(Echo.TYPE, b"\xff" * (room + 1))
    line.hear(2, flags=GAP)
    again = line.out()
    assert numbers(again) == sent[2:] and {frame.payload for frame in again} == {bytes(PAYLOAD)}


def test_whatever_is_owed_is_said_at_once() -> None:
    line = Line()
    assert line.device.deadline(7) is None
    line.data(0)  # an acknowledgement
    assert line.device.deadline(7) == 7
    line.out()
    assert line.device.deadline(7) is None
    line.hear(0, flags=ASK, seq=1)  # an answer
    assert line.device.deadline(7) == 7
    line.out()
    line.send()
    assert line.device.deadline(7) == 7
    line.device.output(line.now_us, 20)  # half a frame
    assert line.device.deadline(7) == 7
    line.device.output(line.now_us)
    assert (line.device.deadline(line.now_us) or 0) > line.now_us
    line.hear(1)
    assert line.device.deadline(7) is None


def test_without_credit_it_waits_for_its_timer() -> None:
    line = Line(0)
    line.send()
    assert line.device.deadline(7) == 7, "the timer is not running yet"
    assert line.out(0) == []
    assert due(line) > 0
    line.hear(0, 0)
    assert due(line) > 0 and line.out() == []


def test_a_place_is_free_while_a_control_frame_goes_out() -> None:
    line = Line()
    count = 0
    while line.device.send(Echo.TYPE, bytes(PAYLOAD)):
        count += 1
    line.out()
    line.data(0)
    assert line.device.output(line.now_us, 5)  # the acknowledgement, in part
    assert not line.device.send(Echo.TYPE, bytes(PAYLOAD))
    line.hear(count)
    for _ in range(count):
        assert line.device.send(Echo.TYPE, bytes(PAYLOAD))


def test_credit_that_a_frame_told_is_not_told_again() -> None:
    line = Line()
    for number in range(2):
        line.data(number, bytes(600))
        line.out()
        assert line.device.take() is not None
        assert line.out() == [], "less than a full frame"
        line.send()
        (told,) = line.out()
        assert told.credit > 2000
        line.hear(number + 1)
    line.data(2, bytes(600))
    line.data(3, bytes(600))
    line.out()
    line.device.take()
    assert line.out() == []
    line.device.take()
    (told,) = line.out()
    assert not told.flags & (GAP | ASK)


def test_round_trips_are_smoothed() -> None:
    """An eighth of the news, a quarter of its distance; the timeout is the one and four times the other."""
    line = Line()
    line.send()
    line.out(0)
    for number, (trip_us, timeout_us) in enumerate(
        ((100_000, 300_000), (60_000, 285_000), (180_000, 333_125))
    ):
        line.now_us += trip_us
        line.send()
        line.out(0)  # one that is outstanding when the other arrives, and not measured
        line.hear(2 * number + 1)
        line.out(0)
        assert due(line) == timeout_us
        line.hear(2 * number + 2)
        line.send()
        line.out(0)


def test_what_was_asked_about_is_not_measured() -> None:
    line, fresh = Line(), Line()
    line.send()
    line.out(0)
    assert [each.flags & ASK for each in line.out(due(line))] == [ASK]
    line.now_us += 5000
    line.hear(1)
    for each in (line, fresh):
        each.send()
        assert numbers(each.out(0))
    assert due(line) == due(fresh)
