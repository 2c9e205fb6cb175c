"""How large a file and a function may be, what files are called, and what an exception is called."""

import ast
import gc
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("host", "hil_tests", "tools", "firmware")
CODE = (".py", ".c", ".h", ".cpp")

LINES_A_FILE = 500
LINES_A_FUNCTION = 60

# Each exception with its reason. An entry that is no longer needed fails a test.
LONGER_FILES = {
    "host/link/messages.py": "the declaration of every message: a table",
    "tools/run.py": "sets up a bare machine: one file of the standard library alone",
}
LONGER_FUNCTIONS: dict[str, str] = {}

# Files of one name do the same job in two places.
SAME_NAME = {
    "__init__.py": "Python's own",
    "conftest.py": "pytest's own",
    "errors.py": "the errors of its package",
    "line.h": "the byte stream of a target",
    "headers.py": "the generator, and PlatformIO's script that calls it",
    "events.py": "what a package tells those who listen",
    "device.py": "the client of the firmware, and what a run needs of it",
    "collect.py": "the command, and the work it calls",
    "download.py": "the command, and the work it calls",
    "split.py": "the command, and the work it calls",
}
# Looked at for names: the program. A suite for one board is called after the packages it exercises, a script after what
# a person wants of it.
NAMED_ONCE = ("host", "firmware")
# Members of a family: a file is called after the subject of its claims, hypotheses or boards, or after a stage.
FAMILIES = (
    *("host/board/kinds/", "host/comparison/claims/", "host/comparison/diagnosis/"),
    *("host/frontend/", "firmware/core/frontend/"),
)

NOT_OURS = {"Exception", "BaseException"}


# What ESP-IDF puts beside the sources.
NOT_SOURCES = ("firmware/esp32/build/", "firmware/esp32/managed_components/")


@cache
def files() -> tuple[Path, ...]:
    return tuple(
        path
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in CODE and not named(path).startswith(NOT_SOURCES)
    )


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def tree_of(path: Path) -> ast.Module:
    """Without looking for garbage among all trees again and again: that takes four times as long as they do."""
    gc.disable()
    try:
        return ast.parse(text_of(path), str(path))
    finally:
        gc.enable()


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def python_files() -> Iterator[Path]:
    return (path for path in files() if path.suffix == ".py")


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements within one: where functions and classes are, and a tenth of all nodes."""
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        part = getattr(node, name, ())
        for each in part if isinstance(part, list) else ():  # a lambda's body is none
            yield each
            yield from statements(each)


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and length in lines of each function in a file."""
    if path.suffix == ".py":
        for node in statements(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1
        return
    name, start = "", 0
    for number, line in enumerate(text_of(path).splitlines()):
        called = re.match(r"[A-Za-z_].*?\b(\w+)\(", line)
        if called and not line.rstrip().endswith(";"):
            name, start = called.group(1), number
        elif line == "}" and name:
            yield name, number - start + 1
            name = ""


def test_no_file_is_long() -> None:
    long = {named(path) for path in files() if len(text_of(path).splitlines()) > LINES_A_FILE}
    assert long == set(LONGER_FILES)


def test_no_function_is_long() -> None:
    long = {
        f"{named(path)}: {name}": lines
        for path in files()
        for name, lines in functions(path)
        if lines > LINES_A_FUNCTION
    }
    assert set(long) == set(LONGER_FUNCTIONS), long


@pytest.mark.parametrize(
    ("path", "name", "lines"),
    [
        ("host/cli.py", "main", 20),
        ("firmware/core/frontend/frontend.c", "fe_push", 20),
        ("firmware/virtual/main.c", "main", 10),
    ],
)
def test_functions_are_found(path: str, name: str, lines: int) -> None:
    """The counter itself: it sees Python's and C's functions, and roughly how long they are."""
    assert dict(functions(ROOT / path))[name] >= lines


def test_a_basename_means_one_thing() -> None:
    where = defaultdict(list)
    for path in files():
        if named(path).startswith(NAMED_ONCE) and not named(path).startswith(FAMILIES):
            where[path.name].append(named(path))
    twice = {name: paths for name, paths in where.items() if len(paths) > 1}
    assert set(twice) == set(SAME_NAME), twice


def test_exceptions_end_in_error() -> None:
    bases = {
        node.name: {
            base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in node.bases
        }
        for path in python_files()
        for node in statements(tree_of(path))
        if isinstance(node, ast.ClassDef)
    }
    exceptions = {
        name
        for name in bases
        if any(base in NOT_OURS or base.endswith(("Error", "Exception")) for base in _all_bases(name, bases))
    }
    assert "HilError" in exceptions
    assert not {name for name in exceptions if not name.endswith("Error")}


def _all_bases(name: str, bases: dict[str, set[str]]) -> set[str]:
    direct = bases.get(name, set())
    return direct | {above for base in direct if base != name for above in _all_bases(base, bases)}
