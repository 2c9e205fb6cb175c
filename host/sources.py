"""Which of our own modules a module is made of, found by reading its imports. Standard library only.

What is built or cached depends on the code that made it; a list kept by hand forgets the module added last.
`python -m host.sources MODULE …` prints the files, one a line, for CMake.
"""

import ast
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

PACKAGE_DIR = Path(__file__).resolve().parent


def sources_of(*modules: str) -> list[Path]:
    """Return the files of `modules` and of all that they import from this package, directly or not, sorted.

    Args:
        modules: names below this package, such as `build.headers`.

    Raises:
        ValueError: there is no such module.
    """
    found: set[Path] = set()
    waiting = [_file_of(tuple(name.split("."))) for name in modules]
    for name, path in zip(modules, waiting, strict=True):
        if path is None:
            raise ValueError(f"this package has no module {name}")
    while waiting:
        path = waiting.pop()
        if path is not None and path not in found:
            found.add(path)
            waiting += _imported(path)
    return sorted(found)


def _file_of(parts: tuple[str, ...]) -> Path | None:
    base = PACKAGE_DIR.joinpath(*parts)
    for path in (base.with_name(f"{base.name}.py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


@cache
def _imported(path: Path) -> tuple[Path, ...]:
    package = path.parent.relative_to(PACKAGE_DIR).parts
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    names = (_names(node, package) for node in nodes if isinstance(node, ast.ImportFrom) and node.level)
    return tuple(file for group in names for name in group if (file := _file_of(name)) is not None)


def _names(node: ast.ImportFrom, package: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """The modules that one relative import may mean: the module itself, and each name as a module below it."""
    base = package[: len(package) - (node.level - 1)] + tuple(node.module.split(".") if node.module else ())
    return [base, *((*base, alias.name) for alias in node.names)]


if __name__ == "__main__":
    print(*(path.as_posix() for path in sources_of(*sys.argv[1:])), sep="\n")
