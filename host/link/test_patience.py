"""Questions that came before their time are counted, and none that delays make look late."""

import pytest

from .framing import Frame, decode_frame, encode_frame
from .link import Link
from .messages import Ack, Answer, Echo, EchoRequest
from .patience import Patience
from .protocol import ASK, GAP
from .test_link import TAG, _connected, _from_device


def _exchanged(told_us: int) -> Link:
    """One of which a message was acknowledged, with one of ours behind it that tells so, and then arrives."""
    link = _connected()
    link.receive(_from_device(Echo, seq=0, payload=b"a"), told_us - 10)
    link.send(EchoRequest.TYPE, b"one")
    assert link.output(told_us)
    return link


@pytest.mark.parametrize(
    ("after_us", "early", "far"),
    [(30_000, 0, 0), (29_999, 1, 0), (400, 1, 0), (399, 1, 1), (5_000_000, 0, 0)],
)
def test_a_question_behind_what_its_time_began_with(after_us: int, early: int, far: int) -> None:
    link = _exchanged(told_us=50_000)
    link.receive(_from_device(Ack, seq=2, ack=1, flags=ASK), 50_000 + after_us)
    counters = link.counters
    assert (counters.questions, counters.early_questions, counters.far_too_early) == (1, early, far)


def test_what_was_not_acknowledged_may_not_have_come() -> None:
    link = _exchanged(told_us=50_000)
    link.receive(_from_device(Ack, seq=2, ack=0, flags=ASK), 50_001)
    assert link.counters.questions == 1 and link.counters.early_questions == 0


def test_an_old_question_that_comes_once_more_is_not_early() -> None:
    link = _exchanged(told_us=50_000)
    link.receive(_from_device(Ack, seq=2, ack=1), 50_001)
    link.receive(_from_device(Ack, seq=2, ack=0, flags=ASK), 50_002)
    assert link.counters.questions == 1 and link.counters.early_questions == 0


def test_what_is_told_again_begins_no_time_anew() -> None:
    """The first frame that told it may be the one that came."""
    link = _exchanged(told_us=50_000)
    link.send(EchoRequest.TYPE, b"two")
    assert link.output(90_000)
    link.receive(_from_device(Ack, seq=2, ack=2, flags=ASK), 90_001)
    assert link.counters.questions == 1 and link.counters.early_questions == 0


def test_nothing_is_known_before_anything_was_told() -> None:
    link = _connected()
    link.send(EchoRequest.TYPE, b"one")
    link.output(50_000)
    link.receive(_from_device(Ack, seq=2, ack=1, flags=ASK), 50_001)
    assert link.counters.early_questions == 0
    patience = Patience()
    patience.acknowledged(3)
    assert patience.too_early(0) is None


def test_what_is_sent_again_was_told_with_the_first() -> None:
    link = _exchanged(told_us=50_000)
    link.receive(_from_device(Echo, seq=1, payload=b"b", flags=GAP), 55_000)  # of pass 0: ours goes again
    (again,) = [frame for frame in _frames(link.output(56_000)) if frame.type == EchoRequest.TYPE]
    assert again.ack == 2 and link.counters.retransmitted == 1
    link.receive(_from_device(Ack, seq=2, ack=1, flags=ASK), 50_000 + 30_000)
    assert link.counters.early_questions == 0


def _frames(data: bytes) -> list[Frame]:
    frames = [decode_frame(piece) for piece in data.split(b"\0") if piece]
    return [frame for frame in frames if frame is not None]


@pytest.mark.parametrize(
    ("ack", "flags", "judged", "needless"),
    [(1, 0, 1, 0), (1, GAP, 1, 1), (0, GAP, 0, 0), (0, 0, 0, 0), (1, ASK, 1, 0)],
)
def test_a_gap_that_nothing_can_be_missing_in(ack: int, flags: int, judged: int, needless: int) -> None:
    link = _exchanged(told_us=50_000)
    link.receive(_from_device(Ack, seq=1, ack=ack, flags=flags), 51_000)
    assert (link.counters.in_step, link.counters.needless_gaps) == (1 + judged, needless)


def test_frames_of_another_connection_are_not_judged() -> None:
    link = _connected()
    link.receive(encode_frame(Frame(Ack.TYPE, GAP | ASK, TAG ^ 1, 0, 0, 6144, b"")), 2000)
    assert link.counters.needless_gaps == link.counters.questions == 0


@pytest.mark.parametrize(("kind", "odd"), [(Echo, 1), (Answer, 1), (Ack, 0)])
def test_messages_and_answers_ask_nothing(kind: type, odd: int) -> None:
    link = _exchanged(told_us=50_000)
    link.receive(_from_device(kind, seq=1, ack=0), 51_000)
    assert link.counters.odd_questions == 0
    link.receive(_from_device(kind, seq=2, ack=0, flags=ASK), 52_000)
    assert link.counters.odd_questions == odd
