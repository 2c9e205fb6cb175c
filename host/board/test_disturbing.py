"""What is done to a line on purpose, below the link: what is seen there of frames that come once more."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ..link import messages as m
from ..link.framing import Frame, decode_frame, encode_frame
from ..link.protocol import ASK, ECHO_SHIFT, GAP, PASS_SHIFT
from . import disturbing
from .client import Client, DeviceError
from .disturbing import NO_FRAMES, SHORT, _bytes_of, _damaged_frames, _old_news, _otherwise
from .line_tap import LineTap


class FakePort:
    """Brings what it was given, piece by piece."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = list(pieces)
        self.written: list[bytes] = []

    def read(self, _: float) -> bytes:
        """The next piece."""
        return self._pieces.pop(0) if self._pieces else b""

    def write(self, data: bytes) -> None:
        """Keeps it."""
        self.written.append(data)


CLIENT = cast("Client", SimpleNamespace(name="the board", connection=SimpleNamespace(number=1)))


def frame(seq: int, kind: int = m.Echo.TYPE, flags: int = 0) -> bytes:
    return encode_frame(Frame(kind, flags, 1, seq, 0, 0, b"x"))


def tap_of(*pieces: bytes) -> tuple[Any, FakePort]:
    port = FakePort(pieces)
    return LineTap(port), port  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pieces", "repeated"),
    [
        ([frame(1), frame(2), frame(3)], 0),
        ([frame(1), frame(2), frame(1), frame(2), frame(2)], 3),
        ([frame(1) + frame(1)[:5], frame(1)[5:] + frame(2)], 1),
        ([frame(1, m.Ack.TYPE), frame(1, m.Ack.TYPE), frame(1)], 0),  # its number is the next frame's
        ([frame(1, m.FIRST_SEQUENCED_TYPE)] * 2, 1),
        ([b"\1\2\0", frame(1), b"\1\2\0", frame(1)[:-2] + b"\0"], 0),
    ],
)
def test_frames_that_come_once_more_are_counted(pieces: list[bytes], repeated: int) -> None:
    tap, _ = tap_of(*pieces)
    assert b"".join(tap.read(0) for _ in pieces) == b"".join(pieces)
    assert tap.repeated == repeated


def test_a_frame_that_is_withheld_was_seen() -> None:
    tap, _ = tap_of(frame(1) + frame(2), frame(1) + frame(2))
    tap.withhold_received = True
    assert tap.read(0) == frame(2) and not tap.withhold_received
    assert tap.read(0) == frame(1) + frame(2) and tap.repeated == 2


def test_what_comes_while_old_news_is_told_is_seen_too() -> None:
    answers = frame(0, m.Answer.TYPE)
    tap, port = tap_of(frame(1) + frame(2), frame(1) + frame(2), answers + frame(1), frame(2) + answers)
    tap.withhold_received = tap.repeat_gap = True
    tap.read(0)
    tap.write(frame(1, m.Ack.TYPE, GAP))
    assert tap.read(0) == frame(1) + frame(2) + answers + frame(1) + frame(2) + answers
    assert len(port.written) == 3 and tap.repeated == 4, "each twice"


def test_right_frames_are_counted_in_both_directions() -> None:
    tap, port = tap_of(frame(1) + b"\1\2\0" + frame(2), frame(3, m.Ack.TYPE))
    tap.write(frame(1) + frame(2, m.Ack.TYPE) + frame(3)[:-2] + b"\0")
    tap.withhold_sent = True
    tap.write(frame(4) + frame(5, m.Ack.TYPE))
    assert (tap.valid, tap.unnumbered) == (3, 2) and frame(4) not in b"".join(port.written)
    tap.read(0), tap.read(0)
    assert tap.came == 3


@pytest.mark.parametrize("first", [7, 0xFFFF, 0xFFFE])
def test_frames_that_are_written_too_early_are_counted(first: int) -> None:
    """Those behind one that is withheld, until it is sent again; what the board has already is none of them."""
    tap, _ = tap_of()
    tap.write(frame(first))
    tap.withhold_sent = True
    later = [frame((first + ahead) & 0xFFFF) for ahead in (1, 2, 3)]
    tap.write(b"".join(later))
    assert tap.gaps == 2
    tap.write(frame((first + 9) & 0xFFFF, m.Ack.TYPE) + frame(first) + b"".join(later))
    assert tap.gaps == 2


@pytest.mark.parametrize(
    ("acks", "behind"),
    [((6, 7), 0), ((5, 6, 6), 1), ((5, 5), 2), ((), None)],
)
def test_how_far_acknowledgements_stay_behind_at_least(acks: tuple[int, ...], behind: int | None) -> None:
    """Of 5 and 6, which were passed on, 7 is the next one; a frame may be acknowledged later."""
    answers = [encode_frame(Frame(m.Echo.TYPE, 0, 1, 0, ack, 0, b"x")) for ack in acks]
    tap, _ = tap_of(frame(1), *answers)
    tap.read(0)
    assert tap.behind is None, "nothing was passed on"
    tap.write(frame(5) + frame(6))
    for _ in answers:
        tap.read(0)
    assert tap.behind == behind


def test_old_news_acknowledge_what_the_last_frame_did() -> None:
    last = Frame(m.EchoRequest.TYPE, GAP | ASK | 0x10, 7, 9, 5, 300, b"x")
    (news, _) = _old_news(frame(1) + encode_frame(last) + b"\1\2\0").split(b"\0")
    assert decode_frame(news) == Frame(m.Ack.TYPE, 0x10, 7, 9, 5, 300, b"")
    assert _old_news(b"\1\2\0") == b""


def test_noise_is_counted_in_four_other_ways() -> None:
    """16 frames of 10 and 4 bytes with a wrong checksum; 3 bytes, and 2 that are cut off, 6 times each."""
    noise = _damaged_frames() + [piece + b"\0" for piece in NO_FRAMES * SHORT]
    right = 16 * 15 + 6 * 4 + 6 * 3
    assert _bytes_of(noise) == right
    counts = [count for _, count in _otherwise(noise)]
    assert counts == [28, right + 28, right - 28, 16 * 10] and right not in counts
    assert len({words for words, _ in _otherwise(noise)}) == 4


@pytest.mark.parametrize(
    ("pieces", "told"), [([frame(1), frame(2)], False), ([frame(1, m.Ack.TYPE, GAP)], True)]
)
def test_whether_a_gap_was_told(pieces: list[bytes], told: bool) -> None:
    tap, _ = tap_of(*pieces)
    for _ in pieces:
        tap.read(0)
    assert tap.told_gap == told


@pytest.mark.parametrize("told_gap", [False, True])
def test_a_board_that_does_not_tell_what_is_missing(monkeypatch: pytest.MonkeyPatch, told_gap: bool) -> None:
    tap, _ = tap_of()

    def fails(*_: object) -> None:
        tap.told_gap = told_gap
        raise DeviceError("it does not come", "")

    monkeypatch.setattr(disturbing, "_echo", fails)
    client = cast("Client", SimpleNamespace(name="the board"))
    with pytest.raises(DeviceError) as caught:
        disturbing._hold_back(client, tap)
    assert ("no frame of the board's has GAP since (it does not come)" in caught.value.cause) != told_gap


@pytest.mark.parametrize(
    ("again", "told"),
    [
        (frame(1), ""),
        (frame(1, flags=GAP), ""),  # what it says beside its content may be another
        (
            frame(1, m.StreamStarted.TYPE),
            "number 1 was ECHO of 1 bytes, and is STREAM_STARTED of 1 once more, with",
        ),
        (
            encode_frame(Frame(m.Echo.TYPE, 0, 1, 1, 0, 0, b"xyz")),
            "number 1 was ECHO of 1 bytes, and is ECHO of 3 once more",
        ),
        (encode_frame(Frame(m.Echo.TYPE, 0, 1, 1, 0, 0, b"y")), "is ECHO of 1 once more, with other bytes"),
    ],
)
def test_a_frame_that_is_another_one_once_more(again: bytes, told: str) -> None:
    tap, _ = tap_of(frame(1), again, frame(2))
    for _ in range(3):
        tap.read(0)
    assert told in tap.changed and bool(told) == bool(tap.changed)


def test_a_number_of_another_connection_is_another_frame() -> None:
    """A board that the host connects to anew begins to count anew."""
    first = Frame(m.Echo.TYPE, 0, 7, 1, 0, 99, b"first")
    anew = first._replace(connection=8, payload=b"anew")
    tap, _ = tap_of(encode_frame(first), encode_frame(anew))
    for _ in range(2):
        tap.read(0)
    assert not tap.changed and tap.repeated == 0


@pytest.mark.parametrize(
    ("sent_fails", "told_gap", "asked", "words"),
    [
        (
            False,
            False,
            -4,
            "it never asked for it, and sent 4 acknowledgements meanwhile: as if they were questions ",
        ),
        (False, False, -3, "it never asked for it (it does not come)"),
        (
            True,
            False,
            0,
            "no answer to a question, which has the number behind it, has GAP (it does not come)",
        ),
        (True, True, 0, "it does not come"),
        (False, False, 0, "does not send its last frame again, which was held back: it never asked for it"),
        (False, False, 3, "which was held back: it was told 3 times that one is missing"),
    ],
)
def test_a_last_frame_that_never_comes(
    monkeypatch: pytest.MonkeyPatch, sent_fails: bool, told_gap: bool, asked: int, words: str
) -> None:
    tap, _ = tap_of()

    def echo(_: object, __: int, when: str) -> None:
        tap.withhold_sent = False
        if "board's last" not in when and not sent_fails:
            return
        tap.told_gap, tap.asked, tap.withhold_received = told_gap, max(0, asked), False
        tap.told = max(0, -asked)  # acknowledgements
        raise DeviceError("it does not come", "")

    monkeypatch.setattr(disturbing, "_echo", echo)
    with pytest.raises(DeviceError) as caught:
        disturbing._hold_back_last(CLIENT, tap)
        disturbing._hold_back_its_last(CLIENT, tap)
    assert caught.value.cause.endswith(f"{words} (it does not come)") or words in caught.value.cause


def test_questions_that_come_are_counted() -> None:
    tap, _ = tap_of(frame(1, m.Ack.TYPE, ASK), frame(1, m.Answer.TYPE, ASK), frame(1, m.Ack.TYPE))
    for _ in range(3):
        tap.read(0)
    assert (tap.asked, tap.told) == (1, 1)


@pytest.mark.parametrize(("kept", "own", "other"), [(2, 3, True), (1, 3, False), (2, 2, True)])
def test_news_of_a_gap_with_another_pass(
    monkeypatch: pytest.MonkeyPatch, kept: int, own: int, other: bool
) -> None:
    """What is written has pass 1; the news has the pass that was kept."""
    tap, _ = tap_of(frame(1, m.Ack.TYPE, GAP | kept << ECHO_SHIFT | own << PASS_SHIFT))

    def echo(*_: object) -> None:
        tap.withhold_sent = False
        tap.write(frame(3, flags=1 << PASS_SHIFT))
        tap.read(0)
        raise DeviceError("it does not come", "")

    monkeypatch.setattr(disturbing, "_echo", echo)
    with pytest.raises(DeviceError) as caught:
        disturbing._hold_back_last(CLIENT, tap)
    of_own = ", which is the pass of its own frames" if own == kept else ""
    told = f"a frame is missing, with pass 2{of_own}, and what it answers had pass 1"
    assert (told in caught.value.cause) == other
    assert caught.value.cause == "it does not come" or other


def test_by_how_many_passes_frames_are_further_on_when_they_come_again() -> None:
    passes = (0, 1, 1, 7, 0, 6)
    tap, _ = tap_of(*(frame(1, flags=each << PASS_SHIFT | GAP | 3 << ECHO_SHIFT) for each in passes))
    for _ in passes:
        tap.read(0)
    assert tap.repeated == 5 and tap.passes_on == {1: 2, 0: 1, 6: 2}
