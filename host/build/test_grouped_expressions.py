"""Expressions that are changed in all their places at once, grouped otherwise, or of another size."""

import pytest

from .expression_changes import changes_of, other_casts, regrouped


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("g(a + 1, b + 1)", {"g(a + 0, b + 0)", "g(a + 2, b + 2)", "g(a - 1, b - 1)"}),
        ("g(a + 1, b + 3)", {"g(a - 1, b - 3)"}),
        ("x * (b ? 2 : 1) + y", {"(x + y) * (b ? 2 : 1)"}),
        ("y - x * 3", {"(y - x) * 3"}),
        ("(x >> n) + y", {"(x + y) >> n"}),
        ("y + (x << 2)", {"(y + x) << 2"}),
        ("(x + y) >> n", {"(x >> n) + y", "x + (y >> n)"}),
        ("(x - g(y)) * 3", {"(x * 3) - g(y)", "x - (g(y) * 3)"}),
        ("((x << n) + 32768u) >> 16", {"((x << n)) >> 16"}),
        ("f(x * y + 0x8000u) >> 16", {"f(x * y) >> 16"}),
        ("(int16_t)((x - y[i]) * z[i])", {"(int16_t)((x * z[i]) - y[i])"}),
        (
            "x & ~(*y ? ONE : OTHER)",
            {"x & ~ONE", "x & ~OTHER", "x & ~(*y ? OTHER : ONE)", "x & ~(ONE | OTHER)"},
        ),
        (
            "a->x < a->y ? (uint32_t)a->y - a->x : 0",
            {
                "a->x < a->y ? (uint32_t)a->y - a->x - 1 : 0",
                "a->x < a->y ? (uint32_t)a->y - a->x + 1 : 0",
            },
        ),
    ],
)
def test_an_expression_is_changed_in_all_places_at_once_and_grouped_otherwise(
    value: str, told: set[str]
) -> None:
    assert told <= {*changes_of(value), *regrouped(value)}


def test_what_is_shifted_off_is_rounded_by_its_half_alone() -> None:
    assert not {"(x) >> 15", "(x) >> 17"} & {
        *changes_of("(x + 32768u) >> 15"),
        *changes_of("(x + 32768u) >> 17"),
    }


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("a > b ? a : b", {"(int16_t)a > (int16_t)b ? a : b", "(int32_t)a > (int32_t)b ? a : b"}),
        (
            "x->a <= y ? 1 : 0",
            {"(int16_t)x->a <= (int16_t)y ? 1 : 0", "(int32_t)x->a <= (int32_t)y ? 1 : 0"},
        ),
        ("a < b", set()),  # of loops, too, that would not end
        ("a < g(b) ? 1 : 0", set()),
        ("a < t[b] ? 1 : 0", set()),
        ("a < 3 ? 1 : 0", set()),
        ("t[a] < b ? 1 : 0", set()),
    ],
)
def test_both_sides_of_a_comparison_are_read_with_a_sign(value: str, told: set[str]) -> None:
    assert {each for each in other_casts(value) if each.count("(int") == 2} == told


@pytest.mark.parametrize(
    "value",
    ["b ? x * 3 : y + 1", "(int)(x * y) + (int)(z * 3)", "x + y + z * 3", "(x + y) * (z + 1)", "x * 3"],
)
def test_what_is_grouped_in_one_way_alone_stays_so(value: str) -> None:
    assert regrouped(value) == []


@pytest.mark.parametrize(
    ("value", "sizes"),
    [
        ("f(a, sizeof b)", ["f(a, (sizeof b / 2))", "f(a, (sizeof b - 1))", "f(a, sizeof(void *))"]),
        ("sizeof *b", ["(sizeof *b / 2)", "(sizeof *b - 1)", "sizeof(void *)"]),
        ("sizeof b->c", ["(sizeof b->c / 2)", "(sizeof b->c - 1)", "sizeof(void *)"]),
        ("n * sizeof b[0]", []),
        ("sizeof b->c[0]", []),
        ("sizeof(record)", []),
    ],
)
def test_a_size_is_half_of_it_one_less_or_a_pointers(value: str, sizes: list[str]) -> None:
    assert [
        change for change in changes_of(value) if "/ 2" in change or "- 1)" in change or "void" in change
    ] == sizes
