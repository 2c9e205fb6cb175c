"""Foreign text on the terminal."""

import io
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table

from .checkout import ROOT
from .errors import HilError
from .printable import note, out, printable, printable_line
from .terminal import Terminal

EVIL = "a\x1b[31m\x07\u202e\u2066\u200f\x9b\ufeff[/x][red]:smile:\r"


@pytest.mark.parametrize("text", ["ä 麻雀 Сова", "a\n\tb", "नमस्\u200dते", "", "\\x1b"])
def test_what_is_harmless_stays(text: str) -> None:
    assert printable(text) == text


def test_what_steers_a_terminal_is_shown() -> None:
    assert printable("\x1b[31m") == "\\x1b[31m" and printable("\u202e") == "\\u202e"
    assert printable("\U000e0041\udc80\u2028") == "\\U000e0041\\udc80\\u2028"
    assert printable_line("a\nb\t") == "a\\nb\\t"


@given(st.text(st.characters()))
def test_nothing_that_steers_comes_through_and_twice_is_once(text: str) -> None:
    shown = printable(text)
    assert not set(shown) & {"\x1b", "\x07", "\r", "\x9b", "\u202e", "\u2066", "\x00", "\x7f"}
    assert printable(shown) == shown
    shown.encode("utf-8")


def test_a_console_takes_strings_for_text() -> None:
    into = io.StringIO()
    terminal = Terminal(file=into)
    table = Table(EVIL, title=EVIL, caption=EVIL)
    table.add_row(EVIL)
    terminal.print(table)
    terminal.print(EVIL)
    terminal.rule(EVIL)
    shown = into.getvalue()
    assert "\x1b" not in shown and "\u202e" not in shown
    assert shown.count("[/x][red]:smile:") >= 3


def test_lines_are_printed_safely(capsys: pytest.CaptureFixture[str]) -> None:
    out(EVIL)
    note(EVIL)
    taken = capsys.readouterr()
    assert "\x1b" not in taken.out + taken.err and "[/x]" in taken.out and "[/x]" in taken.err


def test_errors_are_safe_wherever_they_are_printed() -> None:
    error = HilError(f"file {EVIL}", f"remove {EVIL}")
    assert "\x1b" not in str(error) + error.cause + error.cure


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_an_encoding_that_lacks_a_character_ends_nothing(encoding: str) -> None:
    code = "from host.printable import note, out, prepare_streams as p; p(); out('麻雀 \\u0142'); note('→ ✓')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"\\u9ebb" in done.stdout
