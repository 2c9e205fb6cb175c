"""A board that asks what it need not ask, or tells less room than it has, is told."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ...board.needless_questions import NeedlessQuestions
from ...board.unasked_news import UnaskedNews
from . import line
from .line import ask_line
from .test_line import Line


class Asking(Line):
    """One that asks how far the host is, so often."""

    def __init__(
        self,
        at_rest: int = 0,
        behind_many: int = 0,
        too_early: int = 0,
        soon_ms: Sequence[int] = (),
        bare: int = 0,
    ) -> None:
        super().__init__()
        soon_s = tuple(each / 1e3 for each in soon_ms)
        self._asked = NeedlessQuestions(at_rest, behind_many, too_early, soon_s, bare)

    def needless_questions(self) -> NeedlessQuestions:
        return self._asked


@pytest.mark.parametrize(
    ("asking", "words"),
    [
        (Asking(1), ""),
        (Asking(at_rest=2), ""),
        (Asking(too_early=2), ""),
        (Asking(at_rest=1, too_early=2), ""),
        (Asking(behind_many=2), ""),
        (
            Asking(behind_many=3),
            "each of 3 times that several answers had come at once the board asked how far",
        ),
        (
            Asking(soon_ms=[30] * 95),
            "while 4 answers waited 30 ms for their acknowledgement the board asked 95 times how far the host is, as "
            "it may in 29,720 ms: the time for a question, 40 ms at least and twice as long ",
        ),
        (
            Asking(soon_ms=[42, 83, 125, 167, 208, 250]),
            "while 4 answers waited 250 ms for their acknowledgement the board asked 6 times how far the host is, as "
            "it may in 1,240 ms: each comes about 42 ms behind the one before it, and the time for one does not grow "
            "with each that is not answered (backoff)",
        ),
        (
            Asking(soon_ms=[28 * at for at in range(1, 9)] + [250]),
            "while 4 answers waited 250 ms for their acknowledgement the board asked 9 times how far the host is, as "
            "it may in 2,200 ms: the time for a question, 40 ms at least and twice as long ",
        ),
        (
            Asking(soon_ms=[19]),
            "while 4 answers waited 19 ms for their acknowledgement the board asked once how far the host is, as it "
            "may in 40 ms: each comes when about 48% of its time have passed: that time is computed too short",
        ),
        (
            Asking(soon_ms=[40, 77, 134]),  # the last wait is 57 ms, more than 1.4 times the first one
            "while 4 answers waited 134 ms for their acknowledgement the board asked 3 times how far the host is, as "
            "it may in 280 ms: each comes when about 48% of its time have passed",
        ),
        (
            Asking(soon_ms=[41, 77, 134]),
            "while 4 answers waited 134 ms for their acknowledgement the board asked 3 times how far the host is, as "
            "it may in 280 ms: each comes about 45 ms behind the one before it",
        ),
        (
            Asking(soon_ms=[8, 24]),  # 20 % of its time: not above
            "while 4 answers waited 24 ms for their acknowledgement the board asked 2 times how far the host is, as "
            "it may in 120 ms: the time for a question, ",
        ),
        (
            Asking(soon_ms=[12, 40]),
            "while 4 answers waited 40 ms for their acknowledgement the board asked 2 times how far the host is, as "
            "it may in 120 ms: each comes when about 33% of its time have passed",
        ),
        (
            Asking(soon_ms=[20, 40]),
            "while 4 answers waited 40 ms for their acknowledgement the board asked 2 times how far the host is, as "
            "it may in 120 ms: the time for a question, ",
        ),
        (
            Asking(soon_ms=[15, 36]),  # the second wait is 1.4 times the first one, and not longer
            "while 4 answers waited 36 ms for their acknowledgement the board asked 2 times how far the host is, as "
            "it may in 120 ms: the time for a question, ",
        ),
        (
            Asking(soon_ms=[26, 53, 80]),
            "while 4 answers waited 80 ms for their acknowledgement the board asked 3 times how far the host is, as "
            "it may in 280 ms: each comes about 27 ms behind the one before it",
        ),
        (
            Asking(soon_ms=[20, 40, 60, 80]),
            "while 4 answers waited 80 ms for their acknowledgement the board asked 4 times how far the host is, as "
            "it may in 600 ms: the time for a question, ",
        ),
        (
            Asking(bare=9),
            "each of 3 times that the board was left alone it went on sending acknowledgements, 9 the last time, ",
        ),
        (Asking(at_rest=3), "each of 3 times that the board was left alone it asked how far the host is"),
        (
            Asking(too_early=3),
            "each of 3 times that a request came behind a pause the board asked how far",
        ),
    ],
)
def test_questions_for_which_there_is_no_reason(asking: Asking, words: str) -> None:
    told = ask_line(asking, True).wrong
    assert told == [] if not words else (len(told) == 1 and told[0].startswith(words))
    assert not ask_line(asking, False).wrong, "what a line loses is worth asking for"
    assert not ask_line(asking, True, prompt=False).wrong, "an emulator's time is not this computer's"


def test_counts_of_a_board_that_goes_on_acknowledging_have_that_cause() -> None:
    causes = ask_line(Asking(bare=9), True).causes
    assert {name: text for name, text in causes.items() if "goes on sending" in text}.keys() == {
        "tx_frames",
        "tx_bytes",
    }


def test_the_time_for_a_question_is_told() -> None:
    (told,) = ask_line(Asking(too_early=3), True).wrong
    assert "how far the host is before 40 ms, the least time for a question, had passed" in told


class Telling(Line):
    """One of which no frame lets more come than so much, into a buffer of 5,632 bytes."""

    def __init__(self, granted: int, send: int = 2816, receive: int = 5632) -> None:
        super().__init__()
        before = replace(self.done.before, rx_size=receive, tx_size=send)
        after, cleared = (
            replace(each, rx_size=receive, tx_size=send) for each in (self.done.after, self.done.cleared)
        )
        self.done = replace(self.done, before=before, after=after, cleared=cleared)
        self._granted = granted

    def unasked_news(self) -> UnaskedNews:
        return UnaskedNews(6, 0, False, room=5632, granted=self._granted)


@pytest.mark.parametrize(
    ("telling", "words"),
    [
        (Telling(5632), ""),
        (Telling(5632 - 1027), ""),  # of one that works on the longest message that there is
        (
            Telling(5632 - 1028),
            "lets more than 4,604 bytes come, and its receive buffer has 5,632: not all that is",
        ),
        (
            Telling(2816),
            "bytes come, and its receive buffer has 5,632: that is what its send buffer has; look at",
        ),
        (Telling(2816, receive=2816), ""),  # the answer to SYNC is wrong
        (Telling(2816, send=2820), ": not all that is free is told; look at what a frame is given"),
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_room_that_is_told_as_less_than_it_is(telling: Telling, words: str, whole: bool) -> None:
    told = ask_line(telling, whole).wrong
    assert told == [] if not words else (len(told) == 1 and words in told[0])


@pytest.mark.parametrize(
    ("whole", "stopped", "held"),
    [
        (True, False, ["hold_taken_off", "hold_small_ones"]),
        (True, True, ["hold_taken_off"]),  # a board that tells nothing more of itself tells no room, either
        (True, None, ["hold_taken_off", "hold_small_ones"]),
        (False, False, []),
    ],
)
def test_room_is_looked_at_on_a_line_that_loses_nothing(
    monkeypatch: pytest.MonkeyPatch, whole: bool, stopped: bool | None, held: list[str]
) -> None:
    seen: list[str] = []
    for name in ("hold_taken_off", "hold_small_ones"):
        monkeypatch.setattr(line, name, lambda *_, name=name: seen.append(name))
    told = UnaskedNews(6, 0, bool(stopped), room=5632, granted=5632)
    device = Line() if stopped is None else Telling(5632)
    monkeypatch.setattr(Telling, "unasked_news", lambda _: told)
    ask_line(device, whole)
    assert seen == held
