"""Mutation testing: changes one thing in a source file, runs the tests that should notice it, lists what none noticed.

    python tools/mutants.py core                          # every mutant of firmware/core, hours
    python tools/mutants.py core --only session/ --sample 40 --seed 1
    python tools/mutants.py comparison --sample 20        # host/comparison

A mutant that changes nothing that anybody could see stands in tools/mutants.json with the reason. Exit code: 0 when
every other mutant was noticed, or as many as `--allow` says; 1 when not; 2 when the tests fail without any mutant.

Everything happens in a copy of the checkout in a temporary folder.
"""

import argparse
import ast
import copy
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REASONS = Path(__file__).with_name("mutants.json")
COPIED = ("host", "firmware", "models/default", "platformio.ini", "pyproject.toml", "hil_tests", "tools")
MOST_REMOVED = 100  # statements of one block, one a mutant
TIMEOUT_S = 600.0  # the mutant hangs, which counts as noticed

# Tests that should notice, by where the mutant is; those that notice most come first.
CORE_TESTS = {
    "session/": ("host/core/test_session_states.py", "host/core/test_session.py"),
    "detect/": ("host/core/test_session_states.py", "host/core/test_session.py"),
    "link/record_ring.c": ("host/core/test_record_ring.py", "host/core/test_c_link.py"),
    "link/": (
        "host/core/test_c_link.py",
        "host/core/test_record_ring.py",
        "host/core/test_c_messages.py",
        "host/core/test_session.py",
        "host/core/test_simulation.py",
    ),
    "bundle/": (
        "host/core/test_slot.py",
        "host/core/test_bundle_image.py",
        "host/core/test_session_states.py",
    ),
    "frontend/": ("host/core/test_c_frontend.py", "host/core/test_untrusted_image.py"),
}
COMPARISON_TESTS = ("host/comparison", "host/report")
SKIPPED = (
    "--deselect=host/core/test_session.py::test_a_field_more_in_info_needs_no_other_change",
)  # about the host


@dataclass(frozen=True)
class Mutant:
    """One change.

    Attributes:
        file: relative to the checkout.
        line: its number, from 1.
        text: the line without its mutation, stripped.
        change: what is done, as in "< → <=".
        source: makes the whole file with it.
    """

    file: str
    line: int
    text: str
    change: str
    source: Callable[[], str]

    @property
    def key(self) -> tuple[str, str, str]:
        """What reasons are kept by: it outlives lines that move."""
        return self.file, self.text, self.change


# ---- C: by a table

_SWAPS = [
    (r"<=(?!=)", "<"),
    (r"(?<![<-])<(?![<=])", "<="),
    (r"(?<![->])>(?![>=])", ">="),
    (r">=(?!=)", ">"),
    (r"==", "!="),
    (r"!=", "=="),
    (r"&&", "||"),
    (r"\|\|", "&&"),
    (r"(?<=[\w)\]] )\+(?= )", "-"),
    (r"(?<=[\w)\]] )-(?= )", "+"),
    (r"(?<=[\w)\]] )\*(?= )", "+"),
    (r"\+\+", "--"),
    (r"\+=", "-="),
    (r"<<(?!=)", ">>"),
    (r">>(?!=)", "<<"),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
    (r"(?<![\w!])!(?=[\w(])", ""),
]
_NUMBER = re.compile(r"(?<![\w.\"])(0x[0-9A-Fa-f]+|\d+)([uU]?)\b(?![\".])")
_STATEMENT = re.compile(r"^( {4,})(?!return\b|static\b|const\b|case\b|default\b|goto\b)([\w(*][^;{}]*);$")
_DECLARATION = re.compile(r"^[a-z_]\w*(?: \w+)* \*?\w+(?:\[[^\]]*\])*(?: = .*|(?:, \*?\w+(?: = [^,]+)?)*)$")


def c_mutants(file: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a C file; comments, strings, preprocessor lines and the compiler's assertions stay."""
    lines = source.split("\n")
    masked = _masked(source).split("\n")
    skip = False
    for index, (line, seen) in enumerate(zip(lines, masked, strict=True)):
        skip = seen.lstrip().startswith(("#", "_Static_assert")) or (
            skip and lines[index - 1].endswith((",", "\\", '"'))
        )
        if skip or line.startswith("static const") or " TABLE[" in line:
            continue
        for changed, change in _line_mutants(line, seen):
            whole = [*lines[:index], changed, *lines[index + 1 :]]
            yield Mutant(file, index + 1, line.strip(), change, partial("\n".join, whole))


def _line_mutants(line: str, seen: str) -> Iterator[tuple[str, str]]:
    for pattern, new in _SWAPS:
        for number, match in enumerate(re.finditer(pattern, seen)):
            yield _put(line, match.span(), new), _name(match.group(), new, number)
    for number, match in enumerate(_NUMBER.finditer(seen)):
        new = f"{int(match.group(1), 0) + 1}{match.group(2)}"
        yield _put(line, match.span(), new), _name(match.group(), new, number)
    statement = _STATEMENT.match(seen.rstrip())
    if statement and not _DECLARATION.match(statement.group(2)) and "for (" not in seen:
        yield f"{statement.group(1)};", "removed"


def _put(line: str, span: tuple[int, int], new: str) -> str:
    return line[: span[0]] + new + line[span[1] :]


def _name(old: str, new: str, number: int) -> str:
    return f"{old} → {new or 'nothing'}" + (f" ({number + 1})" if number else "")


def _masked(source: str) -> str:
    """The source with comments and literals blanked, of the same length."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''

    def blank(match: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " " if match.group()[0] == "/" else "\x01", match.group())

    return re.sub(pattern, blank, source, flags=re.DOTALL)


# ---- Python: by its syntax tree

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Add,
}


_CANDIDATES = (
    *(ast.Compare, ast.BoolOp, ast.BinOp, ast.AugAssign, ast.IfExp, ast.If, ast.While, ast.Constant),
    *(ast.FunctionDef, ast.For, ast.With),
)


def python_mutants(file: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a Python file: comparisons, operators, constants, conditions and statements."""
    lines = source.split("\n")
    for number, node in enumerate(ast.walk(ast.parse(source))):
        for variant in range(MOST_REMOVED + 1) if isinstance(node, _CANDIDATES) else ():
            change = _change_node(copy.deepcopy(node), variant)
            if change is not None:
                line = getattr(node, "lineno", 1)
                whole = partial(_python_source, source, number, variant)
                yield Mutant(file, line, lines[line - 1].strip(), change, whole)
            elif variant > 0:
                break


def _python_source(source: str, number: int, variant: int) -> str:
    tree = ast.parse(source)
    _change_node(next(node for at, node in enumerate(ast.walk(tree)) if at == number), variant)
    return ast.unparse(ast.fix_missing_locations(tree))


def _change_node(node: ast.AST, variant: int) -> str | None:
    """Change a node in place and say how; None when there is nothing to change."""
    if variant > 0:
        return _remove_statement(node, variant - 1)
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
        old = type(node.ops[0])
        node.ops[0] = _COMPARISONS[old]()
        return f"{old.__name__} → {_COMPARISONS[old].__name__} (column {node.col_offset})"
    if isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return f"and/or (column {node.col_offset})"
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _OPERATORS:
        name = type(node.op).__name__
        node.op = _OPERATORS[type(node.op)]()
        return f"{name} → {type(node.op).__name__} (column {node.col_offset})"
    if isinstance(node, ast.IfExp | ast.If | ast.While):
        node.test = ast.UnaryOp(ast.Not(), node.test)
        return f"condition reversed (column {node.col_offset})"
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        node.value = (not node.value) if isinstance(node.value, bool) else node.value + 1
        return f"constant → {node.value} (column {node.col_offset})"
    return None


def _remove_statement(node: ast.AST, which: int) -> str | None:
    """Remove the statement of that number, from 0, among those of a block that can go."""
    if not isinstance(node, ast.FunctionDef | ast.If | ast.For | ast.With):
        return None
    for body in (node.body, getattr(node, "orelse", [])):
        for index, statement in enumerate(body):
            call = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
            if call or isinstance(statement, ast.AugAssign):
                if which == 0:
                    body[index] = ast.Pass()
                    return f"removed: {ast.unparse(statement)[:60]}"
                which -= 1
    return None


# ---- running


class Bench:
    """A copy of the checkout in which mutants are tried.

    Args:
        folder: for the copy; exists.
        compiler: of the C core; empty when no C is mutated.
    """

    def __init__(self, folder: Path, compiler: str) -> None:
        self._folder = folder
        self._compiler = compiler
        for name in COPIED:
            source, target = ROOT / name, folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(
                    source, target, ignore=shutil.ignore_patterns("__pycache__", "wav", "node_modules")
                )
            else:
                shutil.copy(source, target)
        self._objects = folder / "objects"
        self._objects.mkdir()
        self._generate()

    def _generate(self) -> None:
        code = "import sys; from pathlib import Path; from host.build.headers import generate; "
        code += "from host.bundle.load import load_bundle; "
        code += "generate(load_bundle(Path('models/default')), Path('objects'))"
        subprocess.run([sys.executable, "-c", code], cwd=self._folder, check=True)

    def build(self, changed: str | None = None) -> bool:
        """Compile what is not compiled, and link; False when it does not compile."""
        firmware = self._folder / "firmware"
        objects = []
        for source in sorted([*(firmware / "core").rglob("*.c"), *(firmware / "x86").glob("*.c")]):
            name = source.relative_to(self._folder).as_posix()
            target = self._objects / (name.replace("/", "-") + ".o")
            objects.append(target)
            if target.exists() and name != changed:
                continue
            command = [
                self._compiler,
                "-std=c11",
                "-O2",
                "-fPIC",
                "-w",
                f"-I{self._objects}",
                f"-I{firmware / 'core'}",
            ]
            command += [f"-I{firmware}", "-c", str(source), "-o", str(target)]
            if subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode != 0:
                return False
        command = [self._compiler, "-shared", *map(str, objects), "-o", str(self.library)]
        return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0

    @property
    def library(self) -> Path:
        """The core as tests call it."""
        return self._folder / "objects" / "core.so"

    def tests_pass(self, tests: tuple[str, ...]) -> bool:
        """Run tests on the copy as it is now."""
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "LINK_SEEDS": "4"}
        if self._compiler:
            environment["HIL_CORE_LIBRARY"] = str(self.library)
            environment["HIL_OBJECTS"] = str(self._objects)
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
        command += ["--hypothesis-profile=mutants", "-m", "not serial", *SKIPPED, *tests]
        with tempfile.TemporaryDirectory() as scratch:
            environment["TMPDIR"] = scratch  # targets that a test built; a killed one leaves them
            process = subprocess.Popen(
                command, cwd=self._folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            try:
                self.said = process.communicate(timeout=TIMEOUT_S)[0].decode("utf-8", "replace")
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                return False
        return process.returncode == 0

    def survives(self, mutant: Mutant, tests: tuple[str, ...]) -> bool:
        """Whether nobody notices a mutant. One that does not compile is noticed."""
        path = self._folder / mutant.file
        original = path.read_text(encoding="utf-8")
        path.write_text(mutant.source(), encoding="utf-8")
        is_c = path.suffix == ".c"
        try:
            return (not is_c or self.build(mutant.file)) and self.tests_pass(tests)
        finally:
            path.write_text(original, encoding="utf-8")
            if is_c:
                self.build(mutant.file)


def all_mutants(part: str, only: str) -> list[Mutant]:
    """The mutants of `core` or `comparison` whose file's name contains `only`."""
    folder = ROOT / ("firmware/core" if part == "core" else "host/comparison")
    found: list[Mutant] = []
    for path in sorted(folder.rglob("*.c" if part == "core" else "*.py")):
        name = path.relative_to(ROOT).as_posix()
        if only in name and not path.name.startswith(("test_", "conftest", "fakes")):
            make = c_mutants if part == "core" else python_mutants
            found += make(name, path.read_text(encoding="utf-8"))
    return found


def tests_for(mutant: Mutant) -> tuple[str, ...]:
    """The tests that should notice it."""
    inside = mutant.file.removeprefix("firmware/core/")
    return next(
        (tests for folder, tests in CORE_TESTS.items() if inside.startswith(folder)), COMPARISON_TESTS
    )


def known_reasons() -> dict[tuple[str, str, str], str]:
    """Why mutants that survive are none, by their key."""
    entries = json.loads(REASONS.read_text(encoding="utf-8"))
    return {(entry["file"], entry["line"], entry["change"]): entry["reason"] for entry in entries}


def run(mutants: list[Mutant], compiler: str) -> list[Mutant] | None:
    """Try them all; returns the survivors nobody has explained, or None when the tests fail without a mutant."""
    reasons = known_reasons()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        bench = Bench(Path(folder), compiler)
        if compiler and not bench.build():
            print("the core does not compile", file=sys.stderr)
            return None
        for tests in sorted({tests_for(mutant) for mutant in mutants}):
            if not bench.tests_pass(tests):
                print(
                    f"without any mutant these fail: {' '.join(tests)}\n{bench.said[-3000:]}", file=sys.stderr
                )
                return None
        survivors = []
        for number, mutant in enumerate(mutants, 1):
            start = time.monotonic()
            if mutant.key in reasons:
                verdict = f"explained: {reasons[mutant.key]}"
            elif bench.survives(mutant, tests_for(mutant)):
                verdict = "SURVIVES"
                survivors.append(mutant)
            else:
                verdict = "noticed"
            place = f"{mutant.file}:{mutant.line}: {mutant.change}"
            print(
                f"{number}/{len(mutants)} {place}: {verdict} ({time.monotonic() - start:.0f} s)", flush=True
            )
    return survivors


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=["core", "comparison"])
    parser.add_argument("--only", default="", help="mutants of files whose path contains this")
    parser.add_argument("--sample", type=int, default=0, help="try so many, chosen by --seed; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--allow", type=float, default=0.0, help="share of unexplained survivors that still passes"
    )
    parser.add_argument("--list", action="store_true", help="print the mutants and try none")
    args = parser.parse_args(arguments)
    mutants = all_mutants(args.part, args.only)
    if args.sample:
        mutants = random.Random(args.seed).sample(mutants, min(args.sample, len(mutants)))
    if args.list:
        for mutant in mutants:
            print(f"{mutant.file}:{mutant.line}: {mutant.change}: {mutant.text}")
        return 0
    survivors = run(mutants, os.environ.get("CC", "cc") if args.part == "core" else "")
    if survivors is None:
        return 2
    print(f"{len(mutants)} mutants, {len(survivors)} survive unexplained")
    for mutant in survivors:
        entry = {"file": mutant.file, "line": mutant.text, "change": mutant.change, "reason": ""}
        print(json.dumps(entry, ensure_ascii=False, indent=1))
    return 1 if len(survivors) > args.allow * len(mutants) else 0


if __name__ == "__main__":
    sys.exit(main())
