"""The modules that something is made of are found, whoever adds one."""

import subprocess
import sys
from pathlib import Path

import pytest

from . import sources
from .checkout import ROOT
from .sources import sources_of


def names(*modules: str) -> set[str]:
    return {path.relative_to(sources.PACKAGE_DIR).as_posix() for path in sources_of(*modules)}


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
    told = [Path(line).relative_to(sources.PACKAGE_DIR).as_posix() for line in done.stdout.splitlines()]
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
