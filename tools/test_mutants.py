"""The mutation tester: what it changes, what it leaves alone, and what it says of survivors."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools import mutants
from tools.mutants import Mutant, c_mutants, python_mutants

C = """\
#include "x < 1.h"
#define LIMIT 3
_Static_assert(LIMIT < 4,
               "less < than");
/* a < b
   c == 1 */
static bool room(const state *s, size_t count)
{
    int left = s->size;

    s->used += 2; /* not 3 */
    if (!s->open || count <= 7) {
        say("1 < 2");
        return false;
    }
    return left > 0;
}
"""


def test_c_is_changed_where_it_computes_and_nowhere_else() -> None:
    found = {(mutant.line, mutant.change) for mutant in c_mutants("x.c", C)}
    assert found == {
        (11, "+= → -="),
        (11, "2 → 3"),
        (11, "removed"),
        (12, "|| → &&"),
        (12, "! → nothing"),
        (12, "<= → <"),
        (12, "7 → 8"),
        (13, "removed"),
        (14, "false → true"),
        (16, "> → >="),
        (16, "0 → 1"),
    }


def test_each_mutant_of_c_differs_in_its_line_alone() -> None:
    lines = C.split("\n")
    for mutant in c_mutants("x.c", C):
        changed = mutant.source().split("\n")
        assert len(changed) == len(lines)
        assert [
            number for number, pair in enumerate(zip(lines, changed, strict=True), 1) if pair[0] != pair[1]
        ] == [mutant.line]
        assert mutant.text == lines[mutant.line - 1].strip()


PYTHON = """\
def clamp(value, low, total):
    if value < low and total != 0:
        total += 1
        note(total)
        return low
    return value * 2 if total else value
"""


def test_python_is_changed_by_its_tree() -> None:
    found = list(python_mutants("x.py", PYTHON))
    assert len({ast.unparse(ast.parse(mutant.source())) for mutant in found}) == len(found) >= 11
    changes = " ".join(mutant.change for mutant in found)
    for each in (
        "Lt → LtE",
        "NotEq → Eq",
        "and/or",
        "Add → Sub",
        "Mult → Add",
        "reversed",
        "removed: note(total)",
    ):
        assert each in changes


def test_keys_of_one_file_differ() -> None:
    """A reason must not excuse another mutant of the same line."""
    for found in (list(c_mutants("x.c", C)), list(python_mutants("x.py", PYTHON))):
        assert len({each.key for each in found}) == len(found)


def test_reasons_belong_to_mutants_that_exist() -> None:
    existing = {each.key for part in ("core", "comparison") for each in mutants.all_mutants(part, "")}
    for key, reason in mutants.known_reasons().items():
        assert key in existing, f"this mutant is no more: {key}"
        assert len(reason.split()) > 3


class FakeBench:
    """Notices every mutant but removals."""

    said = "said so"
    library = Path("none")

    def __init__(self, folder: Path, compiler: str) -> None:
        assert folder.is_dir() and compiler == "cc"

    def build(self, _changed: str | None = None) -> bool:
        return True

    def tests_pass(self, _tests: tuple[str, ...]) -> bool:
        return True

    def survives(self, mutant: Mutant, _tests: tuple[str, ...]) -> bool:
        return mutant.change == "removed"


def test_survivors_are_listed_unless_explained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = list(c_mutants("firmware/core/link/x.c", C))
    monkeypatch.setenv("CC", "cc")
    monkeypatch.setattr(mutants, "Bench", FakeBench)
    monkeypatch.setattr(mutants, "all_mutants", lambda _part, _only: found)
    monkeypatch.setattr(mutants, "known_reasons", dict)
    assert mutants.main(["core"]) == 1
    assert "11 mutants, 2 survive unexplained" in capsys.readouterr().out
    assert mutants.main(["core", "--allow", "0.2"]) == 0
    reasons = {mutant.key: "nobody sees it" for mutant in found if mutant.change == "removed"}
    monkeypatch.setattr(mutants, "known_reasons", lambda: reasons)
    assert mutants.main(["core"]) == 0
    assert "explained: nobody sees it" in capsys.readouterr().out


def test_tests_that_fail_without_a_mutant_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CC", "cc")
    monkeypatch.setattr(mutants, "Bench", FakeBench)
    monkeypatch.setattr(FakeBench, "tests_pass", lambda _self, _tests: False)
    monkeypatch.setattr(
        mutants, "all_mutants", lambda _part, _only: list(c_mutants("firmware/core/link/x.c", C))
    )
    assert mutants.main(["core"]) == 2
    assert "said so" in capsys.readouterr().err
