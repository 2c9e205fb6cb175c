"""Statements that stand elsewhere: where to, and that the code which is written does that."""

import subprocess
from pathlib import Path

import pytest

from .alterations import altered
from .inputs import c_compiler
from .statement_moves import moves
from .struct_members import members_alike


def told(*body: str) -> set[tuple[str, str]]:
    lines = ["void f(void)", "{", *(f"    {line}" for line in body), "}"]
    return {(move.statement, move.told) for move in moves(lines)}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (("a = 1;", "b = a;"), {("a = 1", "behind `b = a`")}),
        (("a = 1;", "b = 2;"), set()),  # neither cares
        (("a = 1;", "b = 2;", "c = a + b;"), {
            ("a = 1", "behind `c = a + b`"), ("b = 2", "behind `c = a + b`"), ("c = a + b", "before `a = 1`"),
        }),
        (("a->b = 1;", "g(a);"), {("a->b = 1", "behind `g(a)`")}),
        (("a->b = 1;", "g(a->c);"), set()),
        (("a++;", "b = a;"), {("a++", "behind `b = a`")}),
        (("x[i] = 1;", "b = x[j];"), {("x[i] = 1", "behind `b = x[j]`")}),
        (("if (c) {", "    a = 1;", "}", "b = a;"), {
            ("a = 1", "behind the block that it ends"), ("b = a", "at the end of the block before it"),
            ("b = a", "before `if (c)`"),
        }),
        (("a = 1;", "for (;;) {", "    b = a;", "}"), {
            ("a = 1", "within `for (;;)`"), ("a = 1", "behind `for (;;)`"), ("b = a", "behind the block that it ends"),
        }),
        (("a = 1;", "do {", "    b = a;", "} while (b);"), {("a = 1", "behind the loop")}),
        (("int a = 1;", "b = a;", "return b;"), set()),  # neither what declares nor what ends
        (("int a = 1;", "c = 2;", "a += c;"), {("c = 2", "behind `a += c`")}),
        (("a = 1; /* why", "   so */", "b = a;"), set()),
    ],
)  # fmt: skip
def test_where_a_statement_may_stand(body: tuple[str, ...], expected: set[tuple[str, str]]) -> None:
    assert told(*body) == expected


def test_a_statement_goes_on_by_few_steps_and_stays_in_its_function() -> None:
    assert ("a = 1", "behind `d = a`") in told("a = 1;", "b = a;", "c = a;", "d = a;", "e = a;")
    assert ("a = 1", "behind `e = a`") not in told("a = 1;", "b = a;", "c = a;", "d = a;", "e = a;")
    assert not moves(["a = 1;", "b = a;"])


def test_what_does_not_care_does_not_count() -> None:
    between = [f"x{number} = {number};" for number in range(9)]
    assert ("a->b = 1", "behind `if (c)`") in told(
        "a->b = 1;", *between, "if (c) {", "    g(a);", "}", "d = 1;"
    )
    assert ("d = a", "before `a = 1`") in told("e = 1;", "a = 1;", *between, "d = a;")


@pytest.mark.native
def test_what_is_written_does_it(tmp_path: Path) -> None:
    body = "    int a = 1, b = 2;\n    a = b;\n    if (a < 9) {\n        b = 7;\n    }\n    a += b;\n"
    text_of = f"int f(void)\n{{\n{body}    return 10 * a + b;\n}}\n"
    text, found = altered("f.c", text_of, 1)
    words = [f"with `{move.statement}` {move.told}" for move in moves(text_of.splitlines())]
    numbers = {what.after: 1 + place for place, what in enumerate(found) if what.told in words}
    wanted = {
        "behind `if (a < 9)`": 10 * (7 + 7) + 7,  # a = b
        "within `if (a < 9)`": 10 * (2 + 7) + 7,
        "behind `a += b`": 77,
        "at the end of the block before it": 10 * (2 + 7) + 7,  # a += b
        "before `a = b`": 27,
        "before `if (a < 9)`": 10 * 4 + 7,
        "behind the block that it ends": 10 * 9 + 7,
    }
    assert set(numbers) == set(wanted)
    lines = "".join(
        f"    fe_change = {numbers[where]};\n    if (f() != {value}) return {numbers[where]};\n"
        for where, value in wanted.items()
    )
    check = f"    fe_change = 0;\n    if (f() != 97) return 99;\n{lines}    return 0;\n"
    (tmp_path / "f.c").write_text(
        f"#include <stdint.h>\nint fe_change, fe_bound;\n{text}\nint main(void)\n{{\n{check}}}\n"
    )
    subprocess.run([str(c_compiler()), "-w", "f.c", "-o", "f"], cwd=tmp_path, check=True)
    assert subprocess.run([str(tmp_path / "f")], check=False).returncode == 0


def test_members_of_one_type_stand_beside_each_other_wherever_they_occur() -> None:
    header = """
typedef struct one {
    uint32_t a, b;
    uint32_t c; /* of it */
    uint16_t d;
    int8_t cells[4];
    const int32_t *e, *f;
} one;
struct two {
    uint32_t c, a, g;
};
"""
    assert members_alike([header]) == {"a": ("c",), "b": ("a", "c"), "c": ("a",), "g": ("a", "c")}
