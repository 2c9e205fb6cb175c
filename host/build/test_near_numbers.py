"""Numbers in the place of others: shift counts of the same function, and addresses one further."""

import pytest

from .alterations import altered
from .near_numbers import further, other_counts, shift_counts_near

LINES = [
    "int f(int a)",
    "{",
    "    a = a >> 14;",
    "    return a << 2 >> n;",
    "}",
    "int b = 1 << 9;",
    "{",
    "    c >> 0x3;",
    "}",
]


def test_a_functions_counts_are_known_in_each_of_its_lines() -> None:
    near = shift_counts_near(LINES)
    assert near == dict.fromkeys(range(2, 5), ("14", "2")) | dict.fromkeys(range(7, 9), ())


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a >> 14", ["a >> 2", "a >> 17"]),
        ("(a << 3) + 14", ["(a << 14) + 14", "(a << 17) + 14"]),
        ("a << 2 >> 14", ["a << 14 >> 14", "a << 17 >> 14", "a << 2 >> 2", "a << 2 >> 17"]),
        ("a >> n", []),
        ("14 + 2", []),
        ("a >> 3u", []),
    ],
)
def test_another_count_of_the_function_and_no_neighbour(value: str, found: list[str]) -> None:
    assert other_counts(value, ("14", "2", "17")) == found


@pytest.mark.parametrize(
    ("name", "value", "steps"),
    [
        ("const uint8_t *p", "table", ["table + 1", "table - 1"]),
        ("int32_t *p", "state->work", ["state->work + 1", "state->work - 1"]),
        ("const uint8_t *p", "table + n", []),
        ("p", "table", []),
        ("int32_t p", "table", []),
    ],
)
def test_a_declared_pointer_begins_one_further(name: str, value: str, steps: list[str]) -> None:
    assert further(name, value) == steps


def test_both_are_among_the_changes() -> None:
    text = "int f(int a)\n{\n    const int *p = table;\n    a = a << 9;\n    return a >> 2;\n}\n"
    changes = [(each.line, each.after) for each in altered("f.c", text, 1)[1]]
    assert {(3, "table + 1"), (3, "table - 1"), (4, "a << 2"), (5, "a >> 9")} <= set(changes)
