"""The device's end alone: what a simulated line shows only by chance."""

import pytest

from ..link.framing import Frame, decode_frame, encode_frame
from ..link.messages import PROTOCOL_VERSION, Ack, Echo, EchoRequest, Hello, Sync, SyncAck
from ..link.protocol import ECHO_SHIFT, GAP, PASS_MASK, PASS_SHIFT
from .c_link import DeviceLink

pytestmark = pytest.mark.native
TAG = 0xBEEF


def _frames(data: bytes) -> list[Frame]:
    decoded = [decode_frame(piece) for piece in data.split(b"\0") if piece]
    assert None not in decoded
    return [frame for frame in decoded if frame is not None]


def _sync(tag: int = TAG, rest: int = 7, protocol: int = PROTOCOL_VERSION) -> bytes:
    return encode_frame(
        Frame(Sync.TYPE, 0, tag, rest & 0xFFFF, rest >> 16, 0xFFFF, Sync(protocol=protocol).encode())
    )


def _data(seq: int, payload: bytes, ack: int = 0, flags: int = 0, tag: int = TAG) -> bytes:
    return encode_frame(Frame(EchoRequest.TYPE, flags, tag, seq, ack, 0xFFFF, payload))


def _ack(ack: int, flags: int = 0, tag: int = TAG) -> bytes:
    return encode_frame(Frame(Ack.TYPE, flags, tag, 0, ack, 0xFFFF, b""))


def _connected() -> DeviceLink:
    device = DeviceLink(boot_id=5)
    device.receive(_sync(), 0)
    (answer,) = _frames(device.output(0))
    assert answer.type == SyncAck.TYPE and device.connected
    return device


def test_a_boot_is_announced_once_and_strangers_are_answered_now_and_then() -> None:
    device = DeviceLink(boot_id=5)
    (hello,) = _frames(device.output(0))
    assert hello.type == Hello.TYPE and Hello.decode(hello.payload).boot_id == 5
    assert device.output(10**9) == b"" and device.deadline(10**9) is None
    answers = 0
    for now_us in range(10**9, 10**9 + 1_000_000, 10_000):
        device.receive(_data(3, b"from before the boot"), now_us)
        answers += len(_frames(device.output(now_us)))
    assert 2 <= answers <= 5 and device.take() is None


def test_frames_of_another_connection_change_nothing() -> None:
    device = _connected()
    device.send(Echo.TYPE, b"mine")
    device.output(1000)
    device.receive(_data(0, b"stale", ack=1, tag=TAG + 1) + _ack(1, tag=0), 2000)
    assert device.take() is None and not device.idle and device.output(2000) == b""


def test_a_repeated_sync_keeps_the_connection_and_another_with_the_same_tag_does_not() -> None:
    device = _connected()
    device.receive(_data(0, b"one") + _sync(), 1000)
    assert device.connections == 1 and device.take() == (EchoRequest.TYPE, b"one")
    device.receive(_sync(rest=8), 2000)
    assert device.connections == 2
    device.receive(_data(0, b"again from the start"), 3000)
    assert device.take() == (EchoRequest.TYPE, b"again from the start")


def test_a_host_of_another_version_learns_ours_and_disturbs_nobody() -> None:
    device = _connected()
    device.receive(_sync(tag=1, protocol=PROTOCOL_VERSION + 1), 1000)
    (answer,) = _frames(device.output(1000))
    assert (answer.type, answer.connection) == (SyncAck.TYPE, 1)
    assert SyncAck.decode(answer.payload).protocol == PROTOCOL_VERSION
    device.receive(_data(0, b"still here"), 2000)
    assert device.connections == 1 and device.take() == (EchoRequest.TYPE, b"still here")


def test_a_frame_beyond_the_credit_is_not_taken_even_if_room_appears_while_it_comes() -> None:
    device = _connected()
    payload = bytes(range(1, 251)) * 4
    seq = 0
    while device.counters["overruns"] == 0:
        device.receive(_data(seq, payload), 1000)
        seq += 1
    too_much = _data(seq - 1, payload)
    device.receive(too_much[:20], 2000)
    taken = 0
    while device.take() == (EchoRequest.TYPE, payload):
        taken += 1
    device.receive(too_much[20:], 2000)
    assert taken == seq - 1 and device.take() is None and device.counters["overruns"] == 2
    device.receive(too_much, 3000)
    assert device.take() == (EchoRequest.TYPE, payload)


def test_a_frame_on_its_way_out_stays_whole_when_it_is_acknowledged_and_its_place_is_wanted() -> None:
    device = _connected()
    first = b"\x11" * 1024
    device.send(Echo.TYPE, first)
    device.send(Echo.TYPE, first)
    device.output(1000)
    device.receive(_ack(0, flags=GAP), 2000)
    again = device.output(2000, 50)  # of the retransmission
    device.receive(_ack(2), 3000)
    for number in range(2, 12):
        device.send(Echo.TYPE, bytes([0xF0 + number]) * device.send_space)
    again += device.output(3000)
    frames = _frames(again)
    assert frames[0].seq == 0 and frames[0].payload == first
    assert all(set(frame.payload) == {0xF0 + frame.seq} for frame in frames[1:] if frame.payload)


def test_old_news_of_a_gap_sends_nothing_again() -> None:
    device = _connected()
    for _ in range(3):
        device.send(Echo.TYPE, b"x")
    assert [frame.seq for frame in _frames(device.output(1000))] == [0, 1, 2]
    device.receive(_ack(1, flags=GAP), 2000)
    frames = _frames(device.output(2000))
    assert [frame.seq for frame in frames] == [1, 2] and frames[0].flags >> PASS_SHIFT & PASS_MASK == 1
    device.receive(_ack(1, flags=GAP) * 2, 2500)
    assert device.output(2500) == b""
    device.receive(_ack(1, flags=GAP | 1 << ECHO_SHIFT), 3000)
    assert [frame.seq for frame in _frames(device.output(3000))] == [1, 2]


def test_credit_is_told_as_soon_as_a_full_frame_fits_again() -> None:
    device = _connected()
    for seq in range(5):
        device.receive(_data(seq, bytes(1024)), 1000)
    (ack,) = _frames(device.output(1000))
    assert ack.ack == 5 and ack.credit < 1028 and device.deadline(2000) is None
    device.take()
    assert device.deadline(2000) == 2000
    (news,) = _frames(device.output(2000))
    assert (news.type, news.ack, news.credit) == (Ack.TYPE, 5, ack.credit + 1028)


def test_any_cut_of_the_output_is_the_same_bytes() -> None:
    whole = b""
    for size in (4096, 1, 7, 256):
        device = _connected()
        for number in range(2):
            device.send(Echo.TYPE, bytes(range(256)) * (number + 1))
        out = b""
        while piece := device.output(1000, size):
            assert len(piece) <= size
            out += piece
        whole = whole or out
        assert out == whole and len(_frames(out)) == 2


def test_high_water_marks_outlive_a_connection() -> None:
    device = _connected()
    for seq in range(3):
        device.receive(_data(seq, bytes(500)), 1000)
        device.send(Echo.TYPE, bytes(700))
    high = {name: device.counters[name] for name in ("rx_high_water", "tx_high_water")}
    assert high["rx_high_water"] >= 1500 and high["tx_high_water"] >= 2100
    device.receive(_sync(rest=9), 2000)
    assert device.connections == 2
    assert {name: device.counters[name] for name in high} == high
