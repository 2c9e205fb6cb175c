"""The mutation tester: what it changes, what it leaves alone, and what it says of survivors."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tools import mutants
from tools.mutation.bench import Bench
from tools.mutation.c_source import c_mutants
from tools.mutation.mutant import Mutant
from tools.mutation.patch import changed_function, replace_code
from tools.mutation.python_source import python_mutants
from tools.mutation.verdicts import Verdict, Verdicts

C = """\
#include "x < 1.h"
#define LIMIT 3
_Static_assert(LIMIT < 4,
               "less < than");
/* a < b
   c == 1 */
static bool room(const state *s, size_t count, int sum[3])
{
    int left = s->size;
    pair all = {0};

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
        (12, "+= → -="),
        (12, "2 → 3"),
        (12, "removed"),
        (13, "|| → &&"),
        (13, "! → nothing"),
        (13, "<= → <"),
        (13, "7 → 8"),
        (14, "removed"),
        (15, "false → true"),
        (17, "> → >="),
        (17, "0 → 1"),
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


EITHER = """\
    a = x < most ? x : most;
    b = s->count > -128 ? s->count : -128;
    c = *p <= limit ? limit : *p;
    d = x < most ? x : least;
    e = x - 1 < most ? x : most;
    f = x < most ? x.y : most;
    g = s->count > UINT32_MAX ? UINT32_MAX : (uint32_t)s->count;
"""


def test_the_smaller_of_two_is_the_same_where_they_are_equal() -> None:
    changed = {mutant.line for mutant in c_mutants("x.c", EITHER) if mutant.change[0] in "<>"}
    assert changed == {3, 4, 5, 6}


def test_a_magnitude_is_the_same_of_0_and_its_negative() -> None:
    source = "    a = (int16_t)(x < 0 ? -x : x);\n    b = x < 0 ? -y : x;\n    c = x < 1 ? -x : x;\n"
    changed = {(mutant.line, mutant.change) for mutant in c_mutants("x.c", source)}
    changed = {each for each in changed if each[1] != "removed"}
    assert changed == {(2, "< → <="), (2, "0 → 1"), (3, "< → <="), (3, "1 → 2")}


def test_what_the_compiler_cannot_tell_apart_is_no_mutant(tmp_path: Path) -> None:
    bench = Bench.__new__(Bench)
    bench._objects = tmp_path
    for name, mutant, same in (("a/x.c", b"code", True), ("b/x.c", b"other", False)):
        (tmp_path / f"{name.replace('/', '-')}.o").write_bytes(b"code")
        (tmp_path / "mutant.o").write_bytes(mutant)
        assert bench._same_code(name) == same


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


GUARDED = """\
@dataclass(frozen=True)
class Pair:
    left: int = 3

    def both(self, other):
        return zip(
            self.left, other, strict=True
        )
"""


def test_what_only_stops_a_programmer_is_left_alone() -> None:
    changes = [mutant.change for mutant in python_mutants("x.py", GUARDED)]
    assert changes == ["constant → 4 (column 16)"]


def test_a_mutant_knows_the_lines_of_its_statement() -> None:
    found = {
        mutant.change: (mutant.first_line, mutant.last_line) for mutant in python_mutants("x.py", PYTHON)
    }
    assert found["NotEq → Eq (column 23)"] == (2, 2)  # the condition, not the block
    assert found["removed: note(total)"][0] <= 4 <= found["removed: note(total)"][1]
    whole = "def f(a):\n    return (a\n            + 1)\n"
    assert {(m.line, m.first_line, m.last_line) for m in python_mutants("x.py", whole)} == {
        (2, 2, 3),
        (3, 2, 3),
    }


def test_a_mutant_meets_the_quickest_of_the_tests_that_run_its_line() -> None:
    bench = Bench.__new__(Bench)
    bench._budget_s = 5.0
    bench._seconds = {"slow": 9.0, "quick": 0.5, "mean": 1.0, "other": 0.1}
    bench._lines = {"x.py": {2: {"slow", "quick", "mean"}, 5: {"other"}, 1: set()}}
    bench._noticed_by = {}

    def at(first: int, last: int, file: str = "x.py") -> list[str] | None:
        return bench.tests_of(Mutant(file, first, "", "", str, first, last))

    assert at(2, 2) == ["quick", "mean", "slow"]  # three at least
    assert at(4, 6) == ["other"]
    assert (
        at(1, 1) == ["other", "quick", "mean", "slow"][:3]
    )  # run by the import alone: all that use the file
    assert at(9, 9) == [] == at(2, 2, "y.py")  # nobody runs it
    bench._noticed_by = {"x.py": Counter({"mean": 1}), "y.py": Counter({"slow": 9})}
    assert at(2, 2) == ["mean", "quick", "slow"]  # what noticed others of this file comes first
    bench._lines["x.py"][7] = {"slow", *"abcd"}
    bench._seconds |= dict.fromkeys("abcd", 1.0)
    bench._noticed_by = {"x.py": Counter({"slow": 9, "d": 1})}
    assert at(7, 7) == ["d", "a", "b", "c"]  # but keeps no quick ones out
    bench._lines = {}
    assert at(2, 2) is None


def test_tests_of_one_file_stand_together_for_a_mutant_of_c() -> None:
    bench = Bench.__new__(Bench)
    bench._budget_s, bench._lines, bench._noticed_by = 9.0, {}, {}
    bench._folder = mutants.ROOT
    times = {"a": {"x": 0.1, "y": 0.5}, "b": {"x": 0.2, "y": 0.3}}
    files = {"a": "host/core/test_slot.py", "b": "host/core/test_session.py"}
    bench._seconds = {f"{files[file]}::{name}": s for file in times for name, s in times[file].items()}
    met: list[Sequence[str]] = []

    class Verdicts:
        def of(self, _: Mutant, tests: Sequence[str]) -> Verdict:
            met.append(tests)
            return Verdict(True)

    bench._verdicts = Verdicts()  # type: ignore[assignment]
    bench.judge(Mutant("a.c", 1, "", "", str), list(files.values()))
    assert met == [[f"{files[file]}::{name}" for file in "ab" for name in "xy"]]


def test_what_an_import_alone_runs_meets_the_tests_named_after_its_file() -> None:
    bench = Bench.__new__(Bench)
    bench._budget_s, bench._noticed_by = 5.0, {}
    bench._seconds = {"b/test_x.py::t": 0.1, "b/test_xx.py::t": 0.1}
    bench._lines = {"a/x.py": {1: {""}}}
    assert bench.tests_of(Mutant("a/x.py", 1, "", "", str, 1, 1)) == ["b/test_x.py::t"]
    # a file of constants alone, that no test is named after: any may notice
    bench._lines["a/z.py"] = {1: {""}}
    assert bench.tests_of(Mutant("a/z.py", 1, "", "", str, 1, 1)) == ["b/test_x.py::t", "b/test_xx.py::t"]
    # the same where one test imported the file itself, which then seems to run the line
    bench._seconds["c/test_y.py::t"] = 0.1
    bench._lines = {"a/x.py": {1: {"", "c/test_y.py::t"}}}
    assert bench.tests_of(Mutant("a/x.py", 1, "", "", str, 1, 1)) == ["b/test_x.py::t", "c/test_y.py::t"]


def test_a_mutant_is_put_into_modules_that_are_imported() -> None:
    module: dict[str, Any] = {}
    exec(compile(PATCHED, "x.py", "exec", dont_inherit=True), module)
    held = module["Pair"]().both  # others hold functions, not names in modules

    def put(old: str, new: str) -> bool:
        mutated = ast.unparse(ast.parse(PATCHED.replace(old, new)))
        changed = changed_function(PATCHED, mutated, "x.py")
        return changed is not None and replace_code(changed) == 1

    made = module["outer"](2)  # by the import, say
    assert held(2) == 7 and made() == 4
    assert put("self.left + other + 2", "self.left - other + 2")
    assert held(2) == 3
    assert put("value * 2", "value + 5")
    assert module["outer"](2)() == 7 and made() == 7
    assert not put("left: int = 3", "left: int = 4")  # done by the import
    assert not put("LIMIT = 3", "LIMIT = 4")
    assert not put("given=1", "given=2")
    assert not put("return super().__repr__()", "return ''")  # super() is a variable of the class


PATCHED = """\
from dataclasses import dataclass

LIMIT = 3


@dataclass
class Pair:
    left: int = 3

    def both(self, other, given=1):
        \"\"\"Of
        two lines.\"\"\"
        return (
            self.left + other + 2
        )

    def __str__(self):
        return super().__repr__()


def outer(value):
    def inner():
        return value * 2

    return inner
"""


def test_verdicts_are_kept_until_their_files_change(tmp_path: Path) -> None:
    for name in ("x.py", "test_a.py", "test_b.py"):
        (tmp_path / name).write_text(name)
    first, second = list(python_mutants("x.py", PYTHON))[:2]
    tests = ["test_a.py::one", "test_b.py::two"]
    kept = Verdicts(tmp_path / "cache" / "verdicts.jsonl", tmp_path)
    assert kept.of(first, tests) is None
    kept.keep(first, tests, Verdict(False, "test_b.py::two"))
    kept.keep(second, tests, Verdict(True))

    def later() -> list[Verdict | None]:
        again = Verdicts(tmp_path / "cache" / "verdicts.jsonl", tmp_path)
        return [again.of(first, tests), again.of(second, tests)]

    assert later() == [Verdict(False, "test_b.py::two"), Verdict(True)]
    (tmp_path / "test_a.py").write_text("a new test")
    assert later() == [Verdict(False, "test_b.py::two"), None]  # the new test may notice the survivor
    (tmp_path / "test_b.py").write_text("another one")
    assert later() == [None, None]
    kept = Verdicts(tmp_path / "cache" / "verdicts.jsonl", tmp_path)
    kept.keep(first, tests, Verdict(True))
    assert later() == [Verdict(True), None]  # the last one counts
    (tmp_path / "x.py").write_text("changed")
    assert later() == [None, None]


@pytest.fixture(scope="module")
def existing() -> list[Mutant]:
    return [each for part in ("core", "comparison") for each in mutants.all_mutants(part)]


def test_every_file_has_tests_that_exist(existing: list[Mutant]) -> None:
    for mutant in {each.file: each for each in existing}.values():
        found = mutants.tests_for(mutant)
        assert found and all((mutants.ROOT / each).exists() for each in found), mutant.file


def test_keys_of_one_file_differ() -> None:
    """A reason must not excuse another mutant of the same line."""
    for found in (list(c_mutants("x.c", C)), list(python_mutants("x.py", PYTHON))):
        assert len({each.key for each in found}) == len(found)


def test_reasons_belong_to_mutants_that_exist(existing: list[Mutant]) -> None:
    keys = {each.key for each in existing}
    for key, reason in mutants.known_reasons().items():
        assert key in keys, f"this mutant is no more: {key}"
        assert len(reason.split()) > 3


class FakeBench:
    """Notices every mutant but removals."""

    said = "said so"
    library = Path("none")

    def __init__(self, folder: Path, compiler: str, budget_s: float, slow: bool) -> None:
        assert (
            folder.is_dir() and compiler == "cc" and budget_s > 0 and slow
        )  # those of the core are all slow

    def build(self, _changed: str | None = None) -> bool:
        return True

    def record(self, _tests: tuple[str, ...], _sources: str | None) -> bool:
        return True

    def serve(self, tests: list[str]) -> None:
        assert tests

    def judge(self, mutant: Mutant, _tests: tuple[str, ...]) -> Verdict:
        return Verdict(mutant.change == "removed")

    def close(self) -> None:
        pass


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
    monkeypatch.setattr(FakeBench, "record", lambda _self, _tests, _sources: False)
    monkeypatch.setattr(
        mutants, "all_mutants", lambda _part, _only: list(c_mutants("firmware/core/link/x.c", C))
    )
    assert mutants.main(["core"]) == 2
    assert "said so" in capsys.readouterr().err


# ---- a sample of the real thing


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="tests of mutants run in forked processes")
@pytest.mark.parametrize(
    "words",
    [
        ["comparison", "--only", "comparison/changes", "--tests", "host/comparison/test_changes.py"],
        ["core", "--only", "link/cobs", "--sample", "12", "--tests", "host/core/test_c_link.py"],
    ],
    ids=lambda words: words[0],
)
def test_a_sample_of_mutants_is_noticed(words: list[str]) -> None:
    command = [sys.executable, str(mutants.ROOT / "tools" / "mutants.py"), *words]
    done = subprocess.run(command, cwd=mutants.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert done.stdout.count(": noticed by ") >= 10


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="tests of mutants run in forked processes")
def test_mutants_that_no_test_notices_survive() -> None:
    """Tests that have nothing to do with the mutants' file notice nothing."""
    command = [sys.executable, str(mutants.ROOT / "tools" / "mutants.py"), "comparison", "--sample", "3"]
    command += ["--only", "comparison/changes", "--tests", "host/comparison/test_pairing.py"]
    done = subprocess.run(command, cwd=mutants.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "3 mutants, 3 survive unexplained" in done.stdout
