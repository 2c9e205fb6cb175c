"""First values of what is kept from call to call, and arguments that are shifted by counts of bits."""

import pytest

from .alterations import altered
from .expression_changes import shift_counts, shifted_arguments
from .first_values import first_values

CODE = """void smooth(const header *h, uint32_t *kept, uint32_t *bands, const uint32_t *read)
{
    for (size_t i = 0; i < 4; i++) {
        uint32_t one = bands[i], two = one << 3;
        int32_t other = 5;
        uint32_t sum = two + kept[i] + read[i];
        uint32_t three = kept[i];

        kept[i] = sum;
    }
}

void write(uint32_t *kept)
{
    uint32_t a = 1;
    kept[a] = 3;
}
"""


def test_what_is_kept_may_begin_with_what_is_known_where_it_is_read_first() -> None:
    told = [(line + 1, statement) for line, statement in first_values(CODE.splitlines())]
    assert told == [(6, "if (kept[i] == 0) kept[i] = one;"), (6, "if (kept[i] == 0) kept[i] = two;")]


@pytest.mark.parametrize(("left", "count"), [({}, 2), ({6: 1}, 0)])
def test_such_statements_stand_ahead_of_the_line(left: dict[int, int], count: int) -> None:
    text, found = altered("f.c", CODE, 1, left, holds=True)
    added = [(place, each) for place, each in enumerate(found, start=1) if "ahead of" in each.told]
    assert len(added) == count and all((each.line, each.function) == (6, "smooth") for _, each in added)
    for place, each in added:
        assert f"if (fe_change == {place}) {{ {each.before} }}" in text.splitlines()[5]
    assert not any("ahead of" in each.told for each in altered("f.c", CODE, 1)[1])


def test_counts_of_bits_and_those_beside_them() -> None:
    text = "a = c->header->gain_shift; b = c->header->bands << up; d = s->bits;"
    members = {"gain_shift": ("smoothing_bits", "bands"), "bits": ("bits",)}
    assert shift_counts(text, members) == ["c->header->gain_shift", "c->header->smoothing_bits", "s->bits"]


def test_elements_that_are_arguments_are_shifted() -> None:
    assert shifted_arguments("g(x[i], y[0], z[i] + 1, n)", ["c->up"]) == [
        "g(x[i] >> c->up, y[0], z[i] + 1, n)",
        "g(x[i] << c->up, y[0], z[i] + 1, n)",
        "g(x[i], y[0] >> c->up, z[i] + 1, n)",
        "g(x[i], y[0] << c->up, z[i] + 1, n)",
    ]


def test_by_what_a_function_knows_alone() -> None:
    head = "int f(const config *c, const int *x)\n{\n"
    code = head + "    int a = g(x[i], 3);\n    int b = c->up_bits + d->down_bits;\n}\n"
    after = {each.after for each in altered("f.c", code, 1, holds=True)[1]}
    assert {"g(x[i] >> c->up_bits, 3)", "g(x[i] << c->up_bits, 3)"} <= after
    assert not any("g(x[i] >> d" in each for each in after)
    assert not any("x[i] >>" in each.after for each in altered("f.c", code, 1)[1])
