"""The device's end alone: how long it waits, what it measures, what it counts, and what another connection finds."""

import pytest

from ..link.framing import Frame, decode_frame, encode_frame
from ..link.messages import PROTOCOL_VERSION, Ack, Echo, Sync, SyncAck
from ..link.protocol import BACKED_OFF_US, TIMEOUT_LEAST_US
from .c_link import DeviceLink

pytestmark = pytest.mark.native
TAG = 0xBEEF


def _sync(tag: int = TAG, rest: int = 7, credit: int = 0xFFFF) -> bytes:
    payload = Sync(protocol=PROTOCOL_VERSION).encode()
    return encode_frame(Frame(Sync.TYPE, 0, tag, rest & 0xFFFF, rest >> 16, credit, payload))


def _ack(ack: int) -> bytes:
    return encode_frame(Frame(Ack.TYPE, 0, TAG, 0, ack, 0xFFFF, b""))


def _frames(data: bytes) -> list[Frame]:
    return [frame for piece in data.split(b"\0") if piece and (frame := decode_frame(piece))]


def _connected() -> DeviceLink:
    device = DeviceLink(boot_id=5)
    device.receive(_sync(), 0)
    assert [frame.type for frame in _frames(device.output(0))] == [SyncAck.TYPE]
    return device


def _acknowledge(device: DeviceLink, ack: int, now_us: int) -> None:
    """The device hears it, and has nothing to say."""
    device.receive(_ack(ack), now_us)
    assert device.output(now_us) == b""


def _measured() -> DeviceLink:
    """One whose line takes 1 ms there and back."""
    device = _connected()
    device.send(Echo.TYPE, b"0")
    device.output(0)
    _acknowledge(device, 1, 1000)
    assert device.idle
    return device


def test_questions_come_less_and_less_often_up_to_a_limit() -> None:
    device = _measured()
    now_us = 10_000
    device.send(Echo.TYPE, b"1")
    device.output(now_us)
    waits = []
    for _ in range(6):
        due_us = device.deadline(now_us)
        assert due_us is not None and device.output(due_us - 1) == b""
        (question,) = _frames(device.output(due_us))
        assert question.type == Ack.TYPE
        waits.append(due_us - now_us)
        now_us = due_us
    least = TIMEOUT_LEAST_US
    assert waits == [least, 2 * least, 4 * least, BACKED_OFF_US, BACKED_OFF_US, BACKED_OFF_US]
    assert device.counters["timeouts"] == 6
    _acknowledge(device, 2, now_us)
    device.send(Echo.TYPE, b"2")
    device.output(now_us)
    assert device.deadline(now_us) == now_us + least, "what was acknowledged makes it as quick as before"


def test_a_round_trip_is_that_of_the_frame_that_is_measured() -> None:
    """An acknowledgement of an older frame, which nobody measured, says nothing of it."""
    device = _connected()
    device.send(Echo.TYPE, b"0")
    device.send(Echo.TYPE, b"1")
    device.output(0)
    _acknowledge(device, 1, 1000)  # of frame 0, which was measured: 1 ms
    device.send(Echo.TYPE, b"2")
    device.output(20_000)
    _acknowledge(device, 2, 20_500)  # of frame 1
    _acknowledge(device, 3, 55_000)  # of frame 2: 35 ms
    trip_us, variation_us = 1000 - 1000 // 8 + 35_000 // 8, 500 - 500 // 4 + 34_000 // 4
    device.send(Echo.TYPE, b"3")
    device.output(60_000)
    expected = trip_us + 4 * variation_us
    assert expected > TIMEOUT_LEAST_US
    assert device.deadline(60_000) == 60_000 + expected


def test_what_is_sent_again_is_not_measured() -> None:
    device = _measured()
    device.send(Echo.TYPE, b"1")
    device.output(10_000)
    device.output(10_000 + TIMEOUT_LEAST_US)  # a question: whatever comes now may answer that
    _acknowledge(device, 2, 900_000)
    device.send(Echo.TYPE, b"2")
    device.output(1_000_000)
    assert device.deadline(1_000_000) == 1_000_000 + TIMEOUT_LEAST_US


def test_bytes_of_noise_are_counted_one_by_one() -> None:
    device = _connected()
    device.receive(b"ets Jul 29 2019\0", 1000)
    assert device.counters["noise_bytes"] == 15
    device.receive(b"xy\0\0\0", 1000)  # delimiters alone are none
    assert device.counters["noise_bytes"] == 17
    damaged = bytearray(_ack(0).strip(b"\0"))
    damaged[3] ^= 0x40
    device.receive(b"\0" + bytes(damaged) + b"\0", 1000)
    assert device.counters["noise_bytes"] == 17 + len(damaged)
    assert device.counters["crc_errors"] == 1 and device.counters["framing_errors"] == 2


def test_a_frame_in_pieces_is_no_noise() -> None:
    device = _connected()
    frame = _ack(0)
    device.receive(b"noise\0", 1000)
    for _ in range(2):
        for at in range(len(frame)):
            device.receive(frame[at : at + 1], 1000)
    counters = device.counters
    assert (counters["noise_bytes"], counters["framing_errors"], counters["crc_errors"]) == (5, 1, 0)


def test_another_connection_has_all_of_its_credit() -> None:
    """What was on its way to the one before takes no room of the one behind it."""
    device = _connected()
    device.send(Echo.TYPE, bytes(1024))
    device.output(1000)
    device.receive(_sync(rest=8, credit=1100), 2000)
    assert [frame.type for frame in _frames(device.output(2000))] == [SyncAck.TYPE]
    device.send(Echo.TYPE, bytes(1024))
    assert [len(frame.payload) for frame in _frames(device.output(3000))] == [1024]
