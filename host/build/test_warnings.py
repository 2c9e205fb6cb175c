"""The core compiles without a warning with every C compiler on this computer, not only with the one that builds it."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from ..checkout import ROOT
from .messages_header import messages_header

pytestmark = pytest.mark.slow

CORE = ROOT / "firmware" / "core"


def warning_flags() -> list[str]:
    """The flags that platformio.ini gives every local build."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "platformio.ini", encoding="utf-8")
    return settings["computer"]["build_flags"].split()


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_core_compiles_without_warnings(compiler: str, tmp_path: Path) -> None:
    found = shutil.which(compiler)
    if found is None:
        pytest.skip(f"{compiler} is not installed")
    (tmp_path / "messages.h").write_text(messages_header(), encoding="utf-8")
    sources = sorted((*CORE.rglob("*.c"), *(ROOT / "firmware" / "x86").glob("*.c")))
    assert sources
    done = subprocess.run(
        [found, *warning_flags(), "-fsyntax-only", "-I", tmp_path, "-I", CORE, *sources],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
