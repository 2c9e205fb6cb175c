"""Variables that are not set back: which ones, and what a function with them computes."""

import subprocess
from pathlib import Path

import pytest

from .alterations import PLAIN, SURE, WHOLE, altered
from .inputs import c_compiler
from .kept_locals import EVER, KeptLocal, declared_anew, kept_locals

pytestmark = pytest.mark.native
CODE = """int f(int x)
{
    uint32_t sum = x * 10, other = 1;
    if (x > 3) {
        size_t more = 2; /* of it */
        more++;
        other += x - x;
    }
    sum += 1;
    return sum + other;
}
"""
# What f gives of 1, 5 and 1, the last one in another column than those before
TOLD = {
    "": (12, 52, 12),
    "sum goes on": (12, 13, 14),
    "sum goes on within a column": (12, 13, 12),
    "more goes on": (12, 52, 12),
}


def test_what_is_not_set_back_goes_on(tmp_path: Path) -> None:
    text, found = altered("f.c", CODE, 1, holds=True)
    numbers = {"": 0} | {each.after: 1 + place for place, each in enumerate(found)}
    checks = ""
    for words, values in TOLD.items():
        checks += f"    fe_change = {numbers[words]};\n"
        for column, (given, right) in enumerate(zip((1, 5, 1), values, strict=True)):
            checks += f"    fe_column_number = {1 + (column == 2)};\n"
            checks += f"    if (f({given}) != {right}) return 1;\n"
    begin = "#include <stdint.h>\n#include <stddef.h>\nint fe_change, fe_bound;\nunsigned fe_column_number;\n"
    (tmp_path / "f.c").write_text(f"{begin}{text}\nint main(void)\n{{\n{checks * 2}    return 0;\n}}\n")
    subprocess.run([str(c_compiler()), "-w", "f.c", "-o", "f"], cwd=tmp_path, check=True)
    assert subprocess.run([str(tmp_path / "f")], check=False).returncode == 0


def test_how_they_are_told() -> None:
    found = [each for each in altered("f.c", CODE, 1, holds=True)[1] if "goes on" in each.after]
    assert [
        (each.line, each.function, each.before, each.after, each.told, each.keeps) for each in found[:2]
    ] == [
        (3, "f", "sum = x * 10", "sum goes on", "without setting `sum` back to `x * 10`", EVER),
        (
            *(3, "f", "sum = x * 10", "sum goes on within a column"),
            *("without setting `sum` back to `x * 10` but where a column begins", ""),
        ),
    ]
    assert [each.after.split()[0] for each in found] == ["sum", "sum", "other", "other", "more", "more"]


@pytest.mark.parametrize(("left", "told"), [(0, True), (SURE, True), (PLAIN, False), (WHOLE, False)])
def test_a_line_that_stays_as_it_is_stays(left: int, told: bool) -> None:
    text, found = altered("f.c", CODE, 1, {3: left}, holds=True)
    assert any(each.after == "sum goes on" for each in found) is told
    assert ("static uint32_t sum;" in text) is told
    assert not any("goes on" in each.after for each in altered("f.c", CODE, 1)[1]), "where nothing is held"


@pytest.mark.parametrize(
    ("steps", "kept"),
    [
        ("a += 1;", True),
        ("a -= b;", True),
        ("a |= b;", True),
        ("a <<= 1;", True),
        ("a++;", True),
        ("--a;", True),
        ("b = a;", False),
        ("a = b;", False),
        ("x->a += 1;", False),
        ("ba += 1;", False),
        ("}", False),
    ],
)
def test_what_is_changed_by_what_it_was_may_go_on(steps: str, kept: bool) -> None:
    lines = ["int f(void)", "{", "    uint16_t a = 3;", "", f"    {steps}" if steps != "}" else steps]
    assert list(kept_locals(lines)) == ([KeptLocal(2, "a", "3")] if kept else [])


def test_only_variables_that_live_for_one_call_are_meant() -> None:
    for line in (
        "    const int32_t a = 3;",
        "    static int32_t a = 3;",
        "    struct b a = c;",
        "    int32_t a;",
    ):
        assert not list(kept_locals(["int f(void)", "{", line, "    a += 1;"]))
    assert not list(kept_locals(["    uint8_t a = 3;", "    a += 1;"])), "outside of a function"
    block = ["int f(void)", "{", "    if (b) {", "        uint8_t a = 3;", "    }", "        a += 1;"]
    assert not list(kept_locals(block)), "its block has ended"


@pytest.mark.parametrize("line", ["    a += 1;", "    uint8_t a = 1, b;"])
def test_what_declares_no_values_cannot_be_declared_anew(line: str) -> None:
    with pytest.raises(ValueError, match="no "):
        declared_anew(line, {"a": 1}, "n")
