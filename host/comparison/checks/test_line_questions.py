"""A board that asks what it need not ask is told, on a line that loses nothing."""

import pytest

from ...board.needless_questions import NeedlessQuestions
from .line import ask_line
from .test_line import Line


class Asking(Line):
    """One that asks how far the host is, so often."""

    def __init__(self, tried: int, at_rest: int = 0, too_early: int = 0) -> None:
        super().__init__()
        self._asked = NeedlessQuestions(tried, at_rest, too_early)

    def needless_questions(self) -> NeedlessQuestions:
        return self._asked


@pytest.mark.parametrize(
    ("asking", "words"),
    [
        (Asking(1), ""),
        (Asking(3, at_rest=2), ""),
        (Asking(3, too_early=2), ""),
        (Asking(3, at_rest=1, too_early=2), ""),
        (Asking(3, at_rest=3), "each of 3 times that the board was left alone it asked how far the host is"),
        (
            Asking(3, too_early=3),
            "each of 3 times that a request came behind a pause the board asked how far",
        ),
    ],
)
def test_questions_for_which_there_is_no_reason(asking: Asking, words: str) -> None:
    told = ask_line(asking, True).wrong
    assert told == [] if not words else (len(told) == 1 and told[0].startswith(words))
    assert not ask_line(asking, False).wrong, "what a line loses is worth asking for"
