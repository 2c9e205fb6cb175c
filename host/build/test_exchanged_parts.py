"""Which parts of an expression are taken for another."""

import pytest

from .exchanged_parts import exchanged_parts, indices_seen, left_as_it_was


@pytest.mark.parametrize(
    ("value", "others"),
    [
        (
            "scores[best] >= limit && scores[best] - second >= lead",
            ["scores[best] >= limit && second - scores[best] >= lead"],
        ),
        (
            "(uint16_t)(class->slices - bundle->stride)",
            ["(uint16_t)(bundle->stride - class->slices)", "(uint16_t)(class->slices - 1)"],
        ),
        ("first + bundle->frames", ["first + 1"]),
        ("a - b * c", []),  # not the product's
        ("a - b << 2", []),
        ("2 * a - b", []),
        ("c - a - b", []),  # of three, no two are exchanged
        ("a - f(b)", []),
        ("p->x - 1", []),
        ("first + bundle->frames * 2", []),
        ("q->a[2] - q->b", ["q->b - q->a[2]", "q->a[2] - 1"]),
    ],
)
def test_sides_and_steps(value: str, others: list[str]) -> None:
    assert exchanged_parts(value, {}) == others


def test_an_array_is_read_at_the_other_constants_of_its_file() -> None:
    lines = ["    x = p[N] >= 1 && p[N] <= p[M];", "    y = p[LAST_ONE] + q[K] + p[i] + r.p[Z];"]
    indices = indices_seen(lines)
    assert indices == {"p": ["N", "M", "LAST_ONE"], "q": ["K"]}
    assert exchanged_parts("votes(c, p[M]) >= p[N]", indices) == [
        "votes(c, p[N]) >= p[N]",
        "votes(c, p[LAST_ONE]) >= p[N]",
        "votes(c, p[M]) >= p[M]",
        "votes(c, p[M]) >= p[LAST_ONE]",
    ]
    assert exchanged_parts("q[K]", indices) == exchanged_parts("z[N]", indices) == []


@pytest.mark.parametrize(
    ("name", "operator", "value", "others"),
    [
        (
            "c->run",
            "=",
            "(uint8_t)(on ? c->run + 1 : 0)",
            ["(uint8_t)(on ? c->run : 0)", "(uint8_t)(on ? c->run + 1 : c->run)"],
        ),
        ("q", "=", "q > 127 ? 127 : q", ["q > 127 ? q : q"]),
        ("q", "+=", "on ? 1 : 0", []),
        ("uint8_t q", "=", "on ? 1 : 0", []),  # it has no value before
        ("q", "=", "a ? 1 : b ? 2 : 3", ["a ? 1 : b ? q : 3", "a ? 1 : b ? 2 : q"]),
        ("q", "=", "f(on ? 1 : 0, 2)", []),
    ],
)
def test_what_is_assigned_may_stay(name: str, operator: str, value: str, others: list[str]) -> None:
    assert left_as_it_was(name, operator, value) == others
