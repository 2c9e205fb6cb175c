"""Which of our own modules a module is made of, found by reading its imports. Standard library only.

What is built or cached depends on the code that made it; a list kept by hand forgets the module added last.
`python -m host.sources MODULE …` prints the files, one a line, for CMake.
"""

import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from .checkout import PACKAGE_DIR

# Parsing two hundred files takes half a second of every run. A word too many in the list names no module.
_IMPORT = re.compile(r"^[ \t]*from[ \t]+(\.+)([\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)", re.MULTILINE)
_WORD = re.compile(r"\w+")


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
    found = _IMPORT.findall(path.read_text(encoding="utf-8"))
    names = (_names(package, len(dots), module, _WORD.findall(listed)) for dots, module, listed in found)
    return tuple(file for group in names for name in group if (file := _file_of(name)) is not None)


def _names(
    package: tuple[str, ...], level: int, module: str, names: Iterable[str]
) -> Iterable[tuple[str, ...]]:
    """The modules that one relative import may mean: the module itself, and each name as a module below it."""
    base = package[: len(package) - (level - 1)] + tuple(module.split(".") if module else ())
    return [base, *((*base, name) for name in names)]


if __name__ == "__main__":
    print(*(path.as_posix() for path in sources_of(*sys.argv[1:])), sep="\n")
