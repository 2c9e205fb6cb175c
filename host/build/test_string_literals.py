"""String literals are put out of the way, and back."""

import pytest

from .alterations import altered
from .string_literals import without_literals

pytestmark = pytest.mark.native


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("a = b;", "a = b;"),
        ('f("x, (y", 2);', "f(\ue000, 2);"),
        ('f("");g("", "a\\"b");', "f(\ue000);g(\ue000, \ue001);"),
        ('"\\\\" + "c"', "\ue000 + \ue001"),
        ("a = '\"';\nb = 1;", "a = '\"';\nb = 1;"),
    ],
)
def test_each_literal_is_one_letter_and_comes_back(text: str, bare: str) -> None:
    given, back = without_literals(text)
    assert given == bare and back(given) == text


def test_as_many_as_there_are_letters_go() -> None:
    text = " ".join(f'"{number}"' for number in range(6402))
    given, back = without_literals(text)
    assert given.count('"') == 4 and back(given) == text


def test_a_line_with_a_literal_has_alterations_that_show_it() -> None:
    text, found = altered("f.c", 'int f(int a)\n{\n    g(a, "x, 1");\n    (void)g(2, "y");\n}\n', 1)
    told = [(each.line, each.before, each.after) for each in found]
    assert (3, 'g(a, "x, 1")', 'g(a, "y")') in told and (3, 'g(a, "x, 1")', "nothing") in told
    assert (4, 'g(2, "y")', 'g(a, "y")') in told and (4, 'g(2, "y")', 'g(3, "y")') in told
    assert 'without `g(a, "x, 1")`' in [each.told for each in found]
    assert "\ue000" not in text and not any("\ue000" in f"{each}" for each in found)
