"""Arguments of other calls of the same function."""

import pytest

from .borrowed_arguments import arguments_seen, borrowed_arguments

pytestmark = pytest.mark.native
LINES = [
    "static int f(int a, int b)",
    "{",
    "    f(a, ONE);",
    "    if (f(b->c, TWO) > 2) {",
    "        return f( a , g(3)) + p->f(5, 6);",
    "    }",
    "    while (b(1)) g();",
    "}",
    "int x = f(7, 8);",
]
SEEN = arguments_seen(LINES)


def test_what_functions_are_called_with() -> None:
    assert SEEN == {"f": [["a", "b->c"], ["ONE", "TWO", "g(3)"]], "g": [["3", ""]], "b": [["1"]]}


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("f(a, ONE)", ["f(b->c, ONE)", "f(a, TWO)"]),
        ("f(a, b)", ["f(b->c, b)", "f(a, ONE)", "f(a, TWO)"]),
        ("f(q)", ["f(a)", "f(b->c)"]),
        ("f(q, r, s)", ["f(a, r, s)", "f(b->c, r, s)", "f(q, ONE, s)", "f(q, TWO, s)"]),
        ("f(a, ONE) + f(a, TWO)", []),
        ("h(a)", []),
        ("a + b", []),
        ("g(4)", ["g(3)"]),
    ],
)
def test_one_argument_is_another_calls(call: str, found: list[str]) -> None:
    """`g` is no variable, so that `g(3)` is not known to be one here."""
    assert borrowed_arguments(call, SEEN, lambda name: name in ("a", "b")) == found


def test_of_many_three_are_taken() -> None:
    seen = {"f": [["A", "B", "C", "D", "E"]]}
    assert borrowed_arguments("f(B)", seen, lambda _: True) == ["f(A)", "f(C)", "f(D)"]


def test_a_variable_that_is_not_known_there_is_left_out() -> None:
    assert borrowed_arguments("f(a, ONE)", SEEN, lambda name: name == "a") == ["f(a, TWO)"]
