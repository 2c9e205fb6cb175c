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


@pytest.mark.parametrize(
    ("samples", "columns", "words"),
    [
        (2, 384, "samples 2 (what columns must be), columns 384 (what samples must be)"),
        (7, 2, "samples 7"),
        (0, 2, "samples 0"),  # as many others are
        (384, 384, "columns 384 (what samples must be)"),
        (5, 2, "samples 5"),  # two must be 5
    ],
)
def test_a_field_that_has_what_another_one_must_have_is_told_so(
    samples: int, columns: int, words: str
) -> None:
    found = Checked()
    owed = Owed(m.StreamDone, {"samples": 384, "columns": 2, "windows": 5, "detections": 5, "stream": 0})
    answer = m.StreamDone(stream=0, samples=samples, columns=columns, windows=5, detections=5)
    compare_case(found, Case("it", (), (owed,)), [answer])
    assert found.wrong[0].startswith(f"it: the board answers STREAM_DONE with {words}, owed is ")
