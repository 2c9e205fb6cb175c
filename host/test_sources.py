"""The modules that something is made of are found, whoever adds one."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from .checkout import PACKAGE_DIR, ROOT
from .sources import _file_of, _imported, sources_of


def names(*modules: str) -> set[str]:
    return {path.relative_to(PACKAGE_DIR).as_posix() for path in sources_of(*modules)}


def parsed(path: Path) -> set[Path]:
    """What `_imported` reads with an expression, by Python's own parser."""
    package = path.parent.relative_to(PACKAGE_DIR).parts
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            module = tuple(node.module.split(".")) if node.module else ()
            base = package[: len(package) - (node.level - 1)] + module
            found |= {_file_of(base), *(_file_of((*base, alias.name)) for alias in node.names)}
    return {path for path in found if path is not None}


def test_imports_are_read_as_python_reads_them() -> None:
    files = sorted(PACKAGE_DIR.rglob("*.py"))
    assert len(files) > 300
    for path in files:
        assert set(_imported(path)) == parsed(path), path


def test_the_headers_depend_on_what_writes_them() -> None:
    found = names("build.headers")
    assert {
        "build/headers.py",
        "frontend/log_mel/tables.py",
        "link/messages.py",
        "bundle/load.py",
        "files.py",
    } <= found
    assert not any(name.startswith(("board/", "comparison/", "making/")) or "test_" in name for name in found)


def test_cmake_is_told_all_that_the_headers_depend_on() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "host.sources", "commands.generate"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    told = [Path(line).relative_to(PACKAGE_DIR).as_posix() for line in done.stdout.splitlines()]
    assert set(told) == names("commands.generate")
    version, numbers = "__init__.py", "link/protocol.py"  # both stand in messages.h
    assert {version, numbers, "build/messages_header.py", "frontend/log_mel/tables.py"} <= set(told)
    assert "-m host.sources commands.generate" in (
        ROOT / "firmware" / "hil_core" / "headers.cmake"
    ).read_text("utf-8")


def test_scenes_depend_on_each_kind_of_sound() -> None:
    found = names("making.corpus.scene")
    assert {
        f"making/corpus/{name}.py" for name in ("signal", "birds", "backgrounds", "decoys", "audibility")
    } <= found


def test_an_unknown_module_is_named() -> None:
    with pytest.raises(ValueError, match=r"no module making\.nothing"):
        sources_of("making.nothing")
