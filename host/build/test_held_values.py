"""Values that C code holds over: what is computed so, and that each pass of a loop has a place of its own."""

import subprocess
from pathlib import Path

import pytest

from .alterations import altered
from .held_values import IN_EACH, held
from .inputs import c_compiler
from .other_values import LAST

pytestmark = pytest.mark.native
LARGEST, LEAST, BEFORE, MEAN = HELD = tuple(what for what, *_ in IN_EACH)
ONCE = "shifted once"

CODE = """int f(const int *p)
{
    int up = 0, i;
    for (i = 0; i < 3; i++) {
        int32_t x = g(p[i]);
        sum = 10 * sum + x;
        up += (p[i] * 3) >> 2;
    }
    return up;
}
"""
RIGHT = ((523, 6), (149, 9), (736, 11))  # of sum and up, after the digits 5, 2, 3 and so on
TOLD = {
    "": RIGHT,
    f"{LARGEST} g(p[i])": ((523, 6), (549, 9), (749, 11)),
    f"{LEAST} g(p[i])": ((523, 6), (123, 9), (123, 11)),
    f"{BEFORE} g(p[i])": ((0, 6), (523, 9), (149, 11)),
    f"{MEAN} g(p[i])": ((211, 6), (336, 9), (437, 11)),
    f"{ONCE} (p[i] * 3) >> 2": ((523, 7), (149, 10), (736, 12)),
}


def test_what_is_held_over_is_that_of_the_same_pass_and_of_all_calls_so_far(tmp_path: Path) -> None:
    text, found = altered("f.c", CODE, 1, holds=True)
    numbers = {"": 0} | {each.after: 1 + place for place, each in enumerate(found)}
    checks = ""
    for words, values in TOLD.items():
        checks += f"    fe_change = {numbers[words]};\n"
        for (whole, up), (right, _) in zip(values, RIGHT, strict=True):
            digits = ", ".join(str(right))
            checks += f"    sum = 0;\n    if (f((int[]){{{digits}}}) != {up} || sum != {whole}) return 1;\n"
    begin = "#include <stdint.h>\nint fe_change, fe_bound, sum;\nint g(int x) { return x; }\n"
    (tmp_path / "f.c").write_text(f"{begin}{text}\nint main(void)\n{{\n{checks}    return 0;\n}}\n")
    subprocess.run([str(c_compiler()), "-w", "f.c", "-o", "f"], cwd=tmp_path, check=True)
    assert subprocess.run([str(tmp_path / "f")], check=False).returncode == 0


@pytest.mark.parametrize(
    ("name", "operator", "value", "told"),
    [
        ("uint32_t a", "=", "b + 1", HELD),
        ("const int8_t a", "=", "g(b)", HELD),
        ("*a++", "=", "b + 1", HELD),
        ("a->b[i]", "=", "g(b)", HELD),
        ("a", "=", "b + 1", ()),  # what it is is not known here
        ("*a->b", "=", "b + 1", ()),
        ("int *a", "=", "b + 1", ()),
        ("int32_t a", "=", "12", ()),
        ("int32_t a", "=", "b", ()),
        ("a", "+=", "(b * c) >> 3", (ONCE,)),
        ("a", "-=", "(b * c) >> 3", ()),
        ("*a", "+=", "(b * c) >> 3", ()),
        ("a", "+=", "(b) >> (c)", ()),
        ("a", "+=", "(b) + (c >> 3", ()),
    ],
)
def test_which_values_are_held(name: str, operator: str, value: str, told: tuple[str, ...]) -> None:
    assert tuple(each.name for each in held(name, operator, value)) == tuple(
        f"{words} {value}" for words in told
    )


def test_nothing_is_held_where_that_is_not_asked_for() -> None:
    words = {each.after for each in altered("f.c", CODE, 1)[1]}
    assert [each.keeps for each in held("int32_t a", "=", "b + 1")] == [LARGEST, LEAST, LAST, LAST]
    assert [each.told for each in held("int32_t a", "=", "b + 1")] == [
        "the largest `b + 1` of each pass so far",
        "the least `b + 1` of each pass so far",
        "what `b + 1` was in the same pass the last time",
        "the mean of `b + 1` and what it was in the same pass the last time",
    ]
    [once] = held("a", "+=", "(b * c) >> 3")
    assert once.told == "the whole sum shifted once, not each of `(b * c) >> 3`" and not once.keeps
    assert not any(after.startswith((*HELD, ONCE)) for after in words)
    assert "fe_turn" not in altered("f.c", CODE, 1)[0]
