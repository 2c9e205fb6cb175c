"""Where a program was that a signal ended is told with its functions."""

import shutil
import subprocess
from pathlib import Path

import pytest

from ...build.inputs import c_compiler
from ...checkout import ROOT
from . import fatal_places
from .fatal_places import places_told

SYMBOLS = [(0x100, "inner"), (0x200, "outer"), (0x300, "run"), (0x400, "main"), (0x500, "tell_where")]
PROGRAM, LIBC = Path("/some/where/board"), "/lib/libc.so.6"


def line(place: int, program: str = "/some/where/board", base: int = 0x55_0000_0000) -> str:
    return f"{program}(+{place:#x})[{base + place:#x}]"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([line(0x540), line(0x70, LIBC), line(0x110), line(0x220), line(0x310)], ", in inner, called by outer"),
        ([line(0x110), line(0x120), line(0x220)], ", in inner, called by outer"),
        ([line(0x200)], ", in outer"),
        ([line(0x110), line(0x200)], ", in inner"),  # it returns to behind the end of `inner`
        ([line(0x310), line(0x410)], ""),
        (["/some/where/board() [0x110]"], ", in inner"),
        (["/some/where/board(named+0x12)[0x5500000010]"], ", in named"),
        (["port /dev/pts/3", "boot: starting session", line(0x110, "/other")], ""),
        ([line(0x20)], ""),
        ([], ""),
    ],
)  # fmt: skip
def test_which_functions_are_told(monkeypatch: pytest.MonkeyPatch, lines: list[str], told: str) -> None:
    monkeypatch.setattr(fatal_places, "_symbols", lambda _: SYMBOLS)
    assert places_told(lines, PROGRAM) == told


def test_of_many_calls_the_innermost_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    symbols = [(0x100 * at, f"f{at}") for at in range(1, 9)]
    monkeypatch.setattr(fatal_places, "_symbols", lambda _: symbols)
    lines = [line(0x100 * at + 8) for at in range(1, 9)]
    assert places_told(lines, PROGRAM) == ", in f1, called by f2, f3, f4"


def test_a_program_without_symbols_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "board").write_bytes(b"none")
    assert places_told([line(0x110, str(tmp_path / "board"))], tmp_path / "board") == ""


@pytest.mark.native
@pytest.mark.skipif(shutil.which("nm") is None, reason="there is no nm")
def test_a_program_that_ends_tells_where(tmp_path: Path) -> None:
    source = tmp_path / "ends.c"
    source.write_text(
        '#include "fatal.h"\n#include <features.h>\nvolatile int *nowhere;\n'
        "__attribute__((noinline)) static int inner(void) { return *nowhere + 1; }\n"
        "__attribute__((noinline)) int outer(void) { return inner() * 3; }\n"
        "int main(void) { fatal_watch(); return outer(); }\n"
    )
    virtual = ROOT / "firmware" / "virtual"
    files = [str(source), str(virtual / "fatal.c"), "-o", str(tmp_path / "ends")]
    command: list[str] = [str(c_compiler()), "-std=c11", "-O1", f"-I{virtual}", *files]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this system has no glibc")
    done = subprocess.run([tmp_path / "ends"], check=False, capture_output=True, text=True)
    assert done.returncode < 0
    assert places_told(done.stderr.splitlines(), tmp_path / "ends") == ", in inner, called by outer"
