"""Answers held against those owed: the first that is another one is told, and whether it is one too many or too few."""

import pytest

from ...core.session_answers import Owed
from ...link import messages as m
from .answers import Case, compare_case
from .checked import Checked

WHAT = {"a": b"aaaa", "b": b"bbbb", "c": b"cccc", "x": b"wxyz", "y": b"zwyx"}
OTHERS = "the board answers ECHO with data {}, owed is ECHO with data {}"


def told(answers: str, owed: str = "abc") -> list[str]:
    found = Checked()
    case = Case("it", (), tuple(Owed(m.Echo, {"data": WHAT[each]}) for each in owed))
    compare_case(found, case, [m.Echo(WHAT[each]) for each in answers])
    return [text.removeprefix("it: ") for text in found.wrong]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ("abc", ""),
        ("aabc", "the board answers ECHO once more than is owed"),
        ("abbc", "the board answers ECHO once more than is owed"),
        ("xabc", "the board answers ECHO where nothing is owed"),
        ("cabc", "the board answers ECHO where nothing is owed"),
        ("axbc", "the board answers ECHO where nothing is owed"),
        ("abxc", "the board answers ECHO where nothing is owed"),
        ("abcx", "the board answers ECHO where nothing is owed"),
        ("bc", "the board does not answer, owed is ECHO with data 0x61616161"),
        ("ac", "the board does not answer, owed is ECHO with data 0x62626262"),
        ("ab", "the board does not answer, owed is ECHO with data 0x63636363"),
        ("", "the board does not answer, owed is ECHO with data 0x61616161"),
        ("axc", OTHERS.format("0x7778797a", "0x62626262")),
        ("aac", OTHERS.format("0x61616161: in each byte the bits 0x03 are inverted", "0x62626262")),
        ("xyab", OTHERS.format("0x7778797a", "0x61616161")),
        ("xc", OTHERS.format("0x7778797a", "0x61616161")),
    ],
)
def test_the_first_answer_that_is_another_one_is_told(answers: str, words: str) -> None:
    assert told(answers) == ([words] if words else [])
