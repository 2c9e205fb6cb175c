"""What the packages may know of each other: the order in order.py, read off the imports in the source.

Nothing is imported here, so the rules hold for modules that need TensorFlow or a board as for any other.
"""

import ast
import gc
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

from .checkout import PACKAGE_DIR
from .order import ORDER

# What a person waits for, or what may be missing: imported where it is used and not before. `python -m host --help`
# takes 0.03 s this way.
LATE_THIRD_PARTIES = {
    "_cffi_backend": "cffi's own half in C, where its parser is not needed; as late as cffi",
    "argcomplete": "only a shell that completes a line needs it, and it may be missing",
    "PIL": "a picture is the exception, and 0.1 s",
    "cffi": "0.1 s that `--help` and the headers' generator do without; ESP-IDF's own Python has none",
    "flatbuffers": "comes with TensorFlow; one test writes a model with it",
    "h5py": "comes with TensorFlow; one test damages a saved network",
    "jinja2": "0.1 s, for the HTML report alone",
    "librosa": "seconds, for the float64 twin alone",
    "matplotlib": "seconds, for pictures alone",
    "otava": "lives in an environment of its own, whose process alone imports it",
    "platformdirs": "only what is installed needs it; firmware builds run without it",
    "rich": "0.1 s, for tables and progress alone",
    "serial": "only boards on a port need it",
    "soundfile": "needs a system library that a bare machine may lack",
    "soxr": "resampling is the exception",
    "ai_edge_litert": "a third of a second, for inference alone; has no wheel for some computers",
    "tensorflow": "seconds, and 500 MB",
    "tensorflow_model_optimization": "seconds, and loads TensorFlow",
    "tflite_micro": "has builds for Linux x86-64 alone",
}

# Imports of our own modules inside functions: "module: imported module" and why it cannot stand at the top.
LATE_OWN: dict[str, str] = {
    "commands.hil: commands.history_command": "what earlier runs are shown with: a run with --against alone needs it",
    "commands.hil: comparison.several.several_run": "for several boards alone",
    "comparison.checks.lost_in_flash: comparison.checks.digests": "changes of code, for a board that is wrong alone",
    "comparison.result: comparison.diagnosis.diagnose": "thirty modules that a run without differences does not need",
}
MOST_LATE_OWN = 20

# A test lies beside what it tests. It may drive that through the command line, as a user does; what else it needs of
# a higher package stands here.
LOOKED_UP_BY_TESTS = {
    ("build.test_environments", "board"): "every environment that a kind of board names is there",
    ("bundle.test_load", "model"): "a bundle is refused for what its model holds",
    ("comparison.diagnosis.test_wide", "making.corpus"): "hours of sound that no recording has",
    ("comparison.diagnosis.test_wide_inputs", "making.corpus"): "the same",
    ("limits.conftest", "report"): "its made-up runs: limits are judged on the same",
    ("link.test_framing", "build"): "the golden vectors that the build gives to C",
    ("link.test_link", "core"): "the Python link against the C one",
}
OF_THE_COMMAND_LINE = {"commands", "cli"}


class Import(NamedTuple):
    """One imported name: `module` of this package imports `name` of `target`."""

    module: str
    target: str  # ours: below the package, without its name; others: absolute
    name: str | None  # None for `import target`
    ours: bool
    late: bool  # inside a function
    absolute: bool
    line: int

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target} {self.name or ''}".rstrip()


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package by its name below the package, `__init__` left out of the name."""
    found = {}
    gc.disable()  # to look for garbage among all of them again and again takes four times as long
    try:
        for path in sorted(PACKAGE_DIR.rglob("*.py")):
            parts = path.relative_to(PACKAGE_DIR).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    finally:
        gc.enable()
    return found


@cache
def imports() -> tuple[Import, ...]:
    return tuple(found for name, tree in modules().items() for found in _imports_of(name, tree))


def _imports_of(module: str, tree: ast.Module) -> Iterator[Import]:
    folder = module.split(".") if _is_package(module) else module.split(".")[:-1]
    for node, late in _import_statements(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield _import(module, alias.name, None, late, node.lineno)
        elif not node.level:
            for alias in node.names:
                yield _import(module, node.module or "", alias.name, late, node.lineno)
        else:
            base = [part for part in folder if part][: len(folder) - node.level + 1]
            target = ".".join([*base, *(node.module.split(".") if node.module else [])])
            for alias in node.names:
                below = f"{target}.{alias.name}".lstrip(".")
                if below in modules():
                    yield Import(module, below, None, True, late, False, node.lineno)
                else:
                    yield Import(module, target, alias.name, True, late, False, node.lineno)


def _import_statements(
    node: ast.AST, late: bool = False
) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """The import statements of a module, each with whether it stands in a function."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, late
        elif isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from _import_statements(
                child, late or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            )


def _import(module: str, target: str, name: str | None, late: bool, line: int) -> Import:
    own = PACKAGE_DIR.name
    ours = target == own or target.startswith(f"{own}.")
    return Import(module, target[len(own) + 1 :] if ours else target, name, ours, late, ours, line)


def _is_package(module: str) -> bool:
    return PACKAGE_DIR.joinpath(*module.split("."), "__init__.py").is_file()


def package_of(module: str) -> str:
    """The entry of ORDER that a module belongs to; "" for the package itself."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "making" else parts[0]


def is_test(module: str) -> bool:
    return module.rpartition(".")[2].startswith(("test_", "conftest"))


def place(package: str) -> int:
    """Where a package stands, from the bottom; what all may use (the version) is lowest."""
    return list(ORDER).index(package) if package else -1


def test_every_package_has_its_place() -> None:
    there = {package_of(name) for name in modules() if not is_test(name)} - {"", "making"}
    assert there == set(ORDER), "order.py names each package once, and no other"


def test_no_import_points_upward() -> None:
    upward = [
        str(found)
        for found in imports()
        if found.ours
        and not is_test(found.module)
        and place(package_of(found.target)) > place(package_of(found.module))
    ]
    assert not upward, "\n".join(upward)


def test_tests_look_up_only_where_it_is_said() -> None:
    upward = {
        (found.module, package_of(found.target))
        for found in imports()
        if found.ours
        and is_test(found.module)
        and "." in found.module
        and package_of(found.target) not in OF_THE_COMMAND_LINE
        and place(package_of(found.target)) > place(package_of(found.module))
    }
    assert upward == set(LOOKED_UP_BY_TESTS)


def test_what_tests_need_is_not_needed_by_the_program() -> None:
    wrong = [
        str(found)
        for found in imports()
        if found.ours and is_test(found.target) and not is_test(found.module)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_cycle_of_modules() -> None:
    graph: dict[str, set[str]] = {name: set() for name in modules()}
    for found in imports():
        if found.ours and not (_is_package(found.target) and found.module.startswith(found.target)):
            graph[found.module].add(found.target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail("modules import each other: " + " → ".join(error.args[1]))


def test_own_modules_are_imported_relatively() -> None:
    absolute = [str(found) for found in imports() if found.absolute]
    assert not absolute, "\n".join(absolute)


def test_own_modules_are_imported_at_the_top() -> None:
    late = {f"{found.module}: {found.target}" for found in imports() if found.ours and found.late}
    assert late == set(LATE_OWN)
    assert len(LATE_OWN) <= MOST_LATE_OWN


def test_third_parties_are_imported_late_only_for_a_reason() -> None:
    late = {
        found.target.partition(".")[0]: str(found)
        for found in imports()
        if not found.ours and found.late and found.target.partition(".")[0] not in sys.stdlib_module_names
    }
    assert not set(late) - set(LATE_THIRD_PARTIES), "\n".join(late.values())
    unneeded = sorted(set(LATE_THIRD_PARTIES) - set(late))
    assert not unneeded, "no longer imported late"


def test_the_standard_library_is_imported_at_the_top() -> None:
    late = [
        str(found)
        for found in imports()
        if not found.ours and found.late and found.target.partition(".")[0] in sys.stdlib_module_names
    ]
    assert not late, "\n".join(late)


def test_a_name_is_imported_from_where_it_is_made() -> None:
    """No module that hands on the names of another: names move, they leave no second address behind."""
    handed_on = [
        str(found)
        for found in imports()
        if found.ours and found.name and found.name not in _made_in(found.target) and found.name != "PACKAGE"
    ]
    assert not handed_on, "\n".join(handed_on)


def test_no_module_is_made_of_imports_alone() -> None:
    empty = [
        name
        for name, tree in modules().items()
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in tree.body)
        and not any(_says_something(node) for node in tree.body)
    ]
    assert not empty


def _says_something(node: ast.stmt) -> bool:
    """Whether a statement does more than describe, import, or give an imported name another name."""
    if isinstance(node, ast.Assign):
        return not isinstance(node.value, ast.Name | ast.Attribute) and not any(
            isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets
        )
    return not isinstance(node, ast.Import | ast.ImportFrom) and not (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


@cache
def _made_in(module: str) -> frozenset[str]:
    """Names that a module assigns or defines, wherever in it."""
    names = set()
    for node in ast.walk(modules()[module]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return frozenset(names)


def test_the_architecture_page_shows_this_order() -> None:
    page = Path(PACKAGE_DIR.parent, "docs", "architecture.md").read_text(encoding="utf-8")
    rows = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert [row for row in rows if row in ORDER] == list(ORDER)
