"""Expressions that are changed in all their places at once, grouped otherwise, or of another size."""

import pytest

from .compared_expressions import of_width
from .expression_changes import changes_of, other_casts, regrouped


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("g(a + 1, b + 1)", {"g(a + 0, b + 0)", "g(a + 2, b + 2)", "g(a - 1, b - 1)"}),
        ("g(a + 1, b + 3)", {"g(a - 1, b - 3)"}),
        (
            "1u + x[0] + HEAD - 1u",
            {"1u + x[0]", "1u - 1u", "0 + HEAD - 1u", "1u", "0 - 1u", "1u + x[0] + HEAD"},
        ),
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
    ("value", "told"),
    [
        ("(int64_t)w[i] * v[i]", {"w[i] * v[i]", "(int64_t)(w[i] * v[i])", "(int64_t)w[i] * (int8_t)v[i]"}),
        ("((uint64_t)x << 16) + y", {"((uint64_t)(x << 16)) + y"}),
        ("((uint64_t)x * *y) >> 16", {"((uint64_t)(x * *y)) >> 16"}),
        ("(int64_t)a->b * c->d", {"(int64_t)(a->b * c->d)"}),
        (
            "(int16_t)((x - z[i]) * s[i])",
            {
                *(
                    f"(int16_t)(({of})(x - z[i]) * s[i])"
                    for of in ("int8_t", "uint8_t", "int16_t", "uint16_t")
                ),
                *(
                    f"(int16_t)((x - z[i]) * ({of})s[i])"
                    for of in ("int8_t", "uint8_t", "int16_t", "uint16_t")
                ),
            },
        ),
        ("x[i] << 8", {"(int8_t)x[i] << 8", "(uint16_t)x[i] << 8"}),
        ("(x + y) >> 3", {"(int8_t)(x + y) >> 3"}),
    ],
)
def test_casts_are_made_late_and_what_is_scaled_has_few_bits(value: str, told: set[str]) -> None:
    assert told <= set(other_casts(value))


@pytest.mark.parametrize("value", ["f(x + y) * 2", "x[i] + y", "(int64_t)x + y", "(int32_t)f(x) * y"])
def test_neither_is_done_to_sums_nor_to_calls(value: str) -> None:
    assert not [each for each in other_casts(value) if "(int8_t)" in each or "_t)(" in each]


@pytest.mark.parametrize(
    ("before", "after", "of"),
    [
        ("(int64_t)x * y", "x * y", True),
        ("(int64_t)x * y", "(int64_t)(x * y)", True),
        ("x * y", "(int8_t)x * y", True),
        ("(uint8_t)x", "(int32_t)x", True),
        ("x * y", "x + y", False),
        ("(int64_t)x", "nothing", False),
        ("f(x)", "f(y)", False),
        ("(x - y) * z", "x - (y * z)", False),
        ("(int16_t)((x - y) * z)", "(int16_t)(x - (y * z))", False),
        ("(int16_t)((x - y) * z)", "(int16_t)((int8_t)(x - y) * z)", True),
        ("((int64_t)x * y) >> 3", "((int64_t)(x * y)) >> 3", True),
    ],
)
def test_a_change_is_of_a_width_where_casts_alone_differ(before: str, after: str, of: bool) -> None:
    assert of_width(before, after) == of


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
