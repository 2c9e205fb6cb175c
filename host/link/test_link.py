"""The host's end alone, and both ends under frames that nobody should send."""

import time
from collections import deque
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..core.simulation import Simulation
from .events import Connected, DeviceReset, Event, LinkDead, Message, Noise
from .framing import Frame, decode_frame, encode_frame
from .link import FRAME_PAUSE_US, SILENCE_US, Link
from .messages import PROTOCOL_VERSION, Ack, Answer, Echo, EchoRequest, Hello, Sync, SyncAck
from .protocol import ASK, GAP

NONCE = 0x123456789ABC
TAG, REST = NONCE & 0xFFFF, NONCE >> 16
BOOT = 0xCAFE


def _sync_ack(**changes: int) -> bytes:
    payload = SyncAck(changes.pop("boot_id", BOOT), changes.pop("protocol", PROTOCOL_VERSION), 1024, 6144)
    rest = changes.pop("rest", REST)
    return encode_frame(Frame(SyncAck.TYPE, 0, TAG, rest & 0xFFFF, rest >> 16, 6144, payload.encode()))


def _from_device(
    kind: Any, seq: int = 0, ack: int = 0, flags: int = 0, payload: bytes = b"", credit: int = 6144
) -> bytes:
    return encode_frame(Frame(kind.TYPE, flags, TAG, seq, ack, credit, payload))


def _frames(data: bytes) -> list[Frame]:
    frames = [decode_frame(piece) for piece in data.split(b"\0") if piece]
    return [frame for frame in frames if frame is not None]


def _connected() -> Link:
    link = Link(NONCE)
    link.connect()
    (sync,) = _frames(link.output(0))
    assert (sync.type, sync.connection, sync.seq | sync.ack << 16) == (Sync.TYPE, TAG, REST)
    assert link.receive(_sync_ack(), 1000) == [Connected(BOOT, PROTOCOL_VERSION, 1024, 6144)]
    return link


def test_a_sync_is_repeated_until_it_is_answered_and_starts_with_a_delimiter() -> None:
    link = Link(NONCE)
    assert link.output(0) == b"" and link.deadline(0) is None
    link.connect()
    first = link.output(0)
    assert first[0] == 0 and len(_frames(first)) == 1
    assert link.output(1000) == b""
    again = link.deadline(1000)
    assert again is not None and _frames(link.output(again)) == _frames(first)


def test_a_booting_device_is_asked_at_once() -> None:
    link = Link(NONCE)
    link.connect()
    link.output(0)
    assert link.receive(encode_frame(Frame(Hello.TYPE, 0, 0, 0, 0, 0, Hello(BOOT, 1).encode())), 5000) == []
    assert [frame.type for frame in _frames(link.output(5000))] == [Sync.TYPE]


def test_answers_to_another_host_s_sync_are_not_ours() -> None:
    link = Link(NONCE)
    link.connect()
    link.output(0)
    assert link.receive(_sync_ack(rest=REST ^ 0x10000), 1000) == []
    assert not link.connected and link.counters.stale == 1
    assert link.receive(_from_device(Echo, payload=b"early"), 1000) == []


def test_another_protocol_version_is_told() -> None:
    link = Link(NONCE)
    link.connect()
    link.output(0)
    (event,) = link.receive(_sync_ack(protocol=PROTOCOL_VERSION + 1), 1000)
    assert isinstance(event, LinkDead) and "flash" in event.reason
    assert link.output(10**7) == b""


def test_a_repeated_sync_ack_or_hello_of_the_same_boot_changes_nothing() -> None:
    link = _connected()
    link.send(EchoRequest.TYPE, b"one")
    link.output(2000)
    hello = encode_frame(Frame(Hello.TYPE, 0, 0, 0, 0, 0, Hello(BOOT, 1).encode()))
    assert link.receive(_sync_ack() + hello, 3000) == []
    assert link.connected and link.pending_bytes == 3


@pytest.mark.parametrize("news", ["hello", "sync_ack"])
def test_another_boot_id_is_a_reset(news: str) -> None:
    link = _connected()
    hello = encode_frame(Frame(Hello.TYPE, 0, 0, 0, 0, 0, Hello(BOOT + 1, 1).encode()))
    data = hello if news == "hello" else _sync_ack(boot_id=BOOT + 1)
    assert link.receive(data, 3000) == [DeviceReset(BOOT + 1)]
    assert not link.connected and link.output(10**7) == b"" and link.deadline(10**7) is None


def test_what_is_no_frame_is_noise_in_its_place() -> None:
    link = _connected()
    text = b"rst:0x1 (POWERON_RESET)\r\n"
    data = (
        text
        + b"\0"
        + _from_device(Echo, 0, 0, payload=b"a")
        + b"?\0"
        + _from_device(Echo, 1, 0, payload=b"b")
    )
    assert link.receive(data, 2000) == [
        Noise(text),
        Message(Echo.TYPE, b"a"),
        Noise(b"?"),
        Message(Echo.TYPE, b"b"),
    ]
    assert link.counters.noise_bytes == len(text) + 1 and link.counters.damaged_frames == 2


def test_text_without_an_end_is_told_after_a_while() -> None:
    link = _connected()
    assert link.receive(b"Guru Meditation Error", 2000) == []
    assert link.poll(2000 + FRAME_PAUSE_US - 1) == []
    deadline = link.deadline(3000)
    assert deadline is not None and deadline <= 2000 + FRAME_PAUSE_US
    assert link.poll(2000 + FRAME_PAUSE_US) == [Noise(b"Guru Meditation Error")]
    assert link.poll(2000 + FRAME_PAUSE_US) == []


def test_credit_is_not_exceeded_and_grows_again() -> None:
    link = _connected()
    for _ in range(20):
        link.send(EchoRequest.TYPE, bytes(1024))
    assert len(_frames(link.output(2000))) == 5  # of 4 + 1024 bytes each in 6144
    assert link.output(2001) == b""
    link.receive(_from_device(Ack, ack=5, credit=0), 3000)
    assert link.output(3000) == b"" and link.pending_bytes == 15 * 1024
    link.receive(_from_device(Ack, ack=5, credit=1028), 4000)
    assert [frame.seq for frame in _frames(link.output(4000))] == [5]


def test_older_news_takes_no_credit_away() -> None:
    link = _connected()
    for _ in range(8):
        link.send(EchoRequest.TYPE, bytes(1024))
    link.output(2000)
    link.receive(_from_device(Ack, ack=2, credit=6144), 3000)
    link.receive(_from_device(Ack, ack=2, credit=4088) + _from_device(Ack, ack=1, credit=0), 3001)
    assert [frame.seq for frame in _frames(link.output(3002))] == [5, 6]


def test_a_gap_is_answered_once_in_each_pass() -> None:
    link = _connected()
    for _ in range(4):
        link.send(EchoRequest.TYPE, b"x")
    assert [frame.seq for frame in _frames(link.output(2000))] == [0, 1, 2, 3]
    gap = _from_device(Ack, ack=1, flags=GAP)  # seen in pass 0
    link.receive(gap, 3000)
    assert [frame.seq for frame in _frames(link.output(3000))] == [1, 2, 3]
    link.receive(gap + gap, 3001)
    assert link.output(3001) == b"" and link.counters.retransmitted == 3
    link.receive(_from_device(Ack, ack=2, flags=GAP | 1 << 5), 3002)
    assert [frame.seq for frame in _frames(link.output(3002))] == [2, 3]


def test_time_alone_makes_the_host_ask_not_send_again() -> None:
    link = _connected()
    link.send(EchoRequest.TYPE, bytes(1000))
    link.output(2000)
    sent = 0
    for now_us in range(2000, 4_000_000, 1000):
        for frame in _frames(link.output(now_us)):
            assert frame.type == Ack.TYPE and frame.flags & ASK and frame.seq == 1
            sent += 1
    assert 10 <= sent <= 20


def test_a_question_is_answered_with_a_gap_when_frames_are_missing() -> None:
    link = _connected()
    link.receive(_from_device(Ack, seq=2, flags=ASK | 3 << 2), 2000)
    answer, *more = _frames(link.output(2000))
    assert (answer.type, answer.ack) == (Answer.TYPE, 0) and answer.flags & GAP and answer.flags >> 5 == 3
    assert more == []


def test_a_silent_device_is_asked_whether_it_is_still_there() -> None:
    link = _connected()
    assert link.output(1000 + SILENCE_US - 1) == b"" and link.deadline(2000) == 1000 + SILENCE_US
    (question,) = _frames(link.output(1000 + SILENCE_US))
    assert question.type == Ack.TYPE and question.flags & ASK
    for now_us in range(1000, 100_000_000, 500_000):
        link.output(now_us)
        assert link.poll(now_us) == []  # nothing waits for it: a long inference is no death


def test_a_program_that_was_stopped_does_not_blame_the_device() -> None:
    link = _connected()
    link.send(EchoRequest.TYPE, b"x")
    link.output(2000)
    link.poll(2000)
    late = 60_000_000
    link.output(late)
    assert link.poll(late) == []
    link.receive(_from_device(Answer, ack=1), late + 1000)
    assert link.poll(late + 1000) == [] and link.idle


def test_messages_that_cannot_be_sent_are_refused() -> None:
    link = _connected()
    with pytest.raises(ValueError, match="1025"):
        link.send(EchoRequest.TYPE, bytes(1025))
    with pytest.raises(ValueError, match="0x03"):
        link.send(Ack.TYPE)


def test_connections_differ() -> None:
    def sync() -> bytes:
        link = Link()
        link.connect()
        return link.output(0)

    assert len({sync() for _ in range(100)}) == 100


def test_the_host_takes_in_many_times_what_a_line_brings() -> None:
    payload = bytes(range(256)) * 4
    data = b"".join(_from_device(Echo, seq, 0, payload=payload) for seq in range(3000))
    best = 0.0
    for _ in range(3):
        link = _connected()
        start = time.process_time()
        count = sum(len(link.receive(data[at : at + 4096], 2000)) for at in range(0, len(data), 4096))
        best = max(best, count * 1024 / (time.process_time() - start))
        assert count == 3000
    assert best > 6e6, f"{best / 1e6:.1f} MB/s"


# ---- frames that nobody should send ----------------------------------------------------------------------

u16 = st.integers(0, 0xFFFF)
near = st.one_of(st.integers(0, 6), st.sampled_from((0x7FFF, 0x8000, 0xFFFF)), u16)
hostile = st.builds(
    Frame,
    st.one_of(st.sampled_from((1, 2, 3, 4, 5, 0x10, 0x14, 0xFF)), st.integers(0, 255)),
    st.integers(0, 255),
    st.one_of(st.just(TAG), u16),
    near,
    near,
    near,
    st.one_of(st.binary(max_size=12), st.just(bytes(1024))),
)


@given(st.lists(st.one_of(hostile.map(encode_frame), st.binary(max_size=40)), max_size=60))
def test_no_frame_breaks_the_host(lines: list[bytes]) -> None:
    link = _connected()
    for _ in range(10):
        link.send(EchoRequest.TYPE, bytes(100))
    events: list[Event] = []
    for step, line in enumerate(lines):
        now_us = 2000 + step * 100_000
        events += link.receive(line, now_us)
        events += link.poll(now_us)
        data = link.output(now_us, 4000)
        assert len(data) < 6000
        for frame in _frames(data):
            assert frame.connection == TAG and len(frame.payload) in (0, 100)
        deadline = link.deadline(now_us)
        assert deadline is None or deadline >= 0
    assert sum(isinstance(event, DeviceReset | LinkDead) for event in events) <= 1
    assert link.pending_bytes == 100 * len(link._queue) and link._in_flight >= 0


@pytest.mark.native
@given(
    st.lists(
        st.one_of(
            hostile.map(encode_frame),
            st.binary(max_size=60),
            st.sampled_from(("take", "take", "send", "output", "output", "reset")),
        ),
        max_size=80,
    )
)
def test_no_frame_breaks_the_device_and_a_new_host_takes_over(steps: list[bytes | str]) -> None:
    simulation = Simulation(baud=2_000_000)
    device = simulation.device
    sync = Sync(protocol=PROTOCOL_VERSION).encode()
    device.receive(encode_frame(Frame(Sync.TYPE, 0, TAG, 1, 2, 6000, sync)), 0)
    now_us = 0
    for step in steps:
        now_us += 5000
        if isinstance(step, bytes):
            device.receive(step, now_us)
        elif step == "take":
            device.take()
        elif step == "send":
            assert device.send(0x15, bytes(device.send_space)) == device.connected or device.send_space == 0
        elif step == "output":
            device.output(now_us, 100)
        else:
            device.boot(BOOT)
    simulation.now_us = now_us
    simulation.restart_host()
    payloads = [bytes([index]) * 500 for index in range(20)]
    for payload in payloads:
        simulation.host.send(EchoRequest.TYPE, payload)
    assert simulation.run(lambda: len(simulation.messages) == 20, 10_000_000)
    assert simulation.received == payloads == [message.payload for message in simulation.messages]


def test_what_came_and_was_no_frame_is_kept_and_bounded() -> None:
    link = _connected()
    wrong = bytearray(_from_device(Ack))[:-1]
    wrong[-1] ^= 1
    for _ in range(40):
        link.receive(bytes(wrong) + b"\0", 2000)
    assert list(link.unread) == [bytes(wrong)] * 32 and link.number == TAG


def test_how_a_connection_stands() -> None:
    link = _connected()
    link.send(EchoRequest.TYPE, b"12345")
    link.send(EchoRequest.TYPE, b"1")
    link.output(2000)
    link.receive(_from_device(Echo, 0, 1, payload=b"x"), 3000)
    standing = link.standing
    assert (standing.expected, standing.taken, standing.acked, standing.sent) == (1, 1, 1, 1)
    assert standing.waiting == [1] and standing.credit == 6144
    assert [(frame.type, frame.seq, frame.ack, frame.credit) for frame in standing.heard] == [
        (Echo.TYPE, 0, 1, 6144)
    ]


def test_the_first_fall_of_what_is_acknowledged_is_kept() -> None:
    link = _connected()
    link._acked = link._sent_before = 0
    for number in (0x7000, 0xE000, 0xFFFF, 0, 3, 2, 5, 1):  # numbers go round
        link.receive(_from_device(Ack, 0, number), 2000)
    assert link.standing.fell == (3, 2)


def test_questions_that_come_together_are_one() -> None:
    """A program that was stopped finds them all at once, and the device was not answered between them."""
    link = _connected()
    link.receive(_from_device(Ack, flags=ASK) * 9, 2000)
    assert link.counters.questions == 9
    assert [frame.asks for frame in link.standing.heard] == [True] + [False] * 8
    link.output(3000)
    link.receive(_from_device(Ack, flags=ASK), 4000)
    assert link.standing.heard[-1].asks and link.standing.asked == (0, 0)


def test_answers_and_questions_are_counted() -> None:
    link = _connected()
    link.receive(_from_device(Answer) * 5 + _from_device(Echo, payload=bytes(5)), 2000)
    assert link.standing.asked == (0, 5) and link.standing.cost == 12
    link.output(2000)
    link.output(2000 + SILENCE_US)
    assert link.standing.asked == (1, 5)


def test_whole_frames_that_are_no_answer_are_kept_until_one_comes() -> None:
    link = Link(NONCE)
    link.connect()
    link.output(0)
    other = encode_frame(
        Frame(SyncAck.TYPE, 0, TAG + 1, 0, 0, 0, SyncAck(BOOT, PROTOCOL_VERSION, 1024, 1).encode())
    )
    link.receive(other + _sync_ack(rest=7), 1000)
    assert [(frame.connection, frame.seq) for frame in link.strays] == [(TAG + 1, 0), (TAG, 7)]
    link.receive(_sync_ack(), 2000)
    link.receive(other, 3000)
    assert link.strays == deque([decode_frame(other[:-1])]) and link.nonce == REST, "those since it stands"
    assert link.standing.number == TAG and link.standing.others == [TAG + 1]
