"""Foreign text made safe to show: what a board, a file, a server or a name says must not steer the terminal.

Everything that is printed or put into a report goes through `printable`: `HilError` does it for messages, `out`, `note`
and `terminal.py` for all else. Standard library only.
"""

import sys
import unicodedata
from typing import TextIO

_KEPT = frozenset("\n\t\u200c\u200d")  # line structure, and the joiners that some scripts are spelt with
_ESCAPED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def printable(text: str) -> str:
    """Return `text` with control, bidirectional and other invisible characters escaped as `\\x1b` or `\\u202e`.

    Line feeds and tabs stay. Text that is safe already comes back as it is, so it may be called twice.
    """
    if text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def printable_line(text: str) -> str:
    """Return `text` as `printable` does, in one line: line feeds and tabs are escaped as well."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def _shown(character: str) -> str:
    if character in _KEPT or unicodedata.category(character) not in _ESCAPED:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 file", "1,200 files"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def out(line: str) -> None:
    """Print one result on standard output."""
    _write(sys.stdout, line)


def note(line: str) -> None:
    """Print one line about what happens now, or an error, on standard error."""
    _write(sys.stderr, line)


def _write(stream: TextIO, line: str) -> None:
    print(printable(line), file=stream, flush=True)


def prepare_streams() -> None:
    """Let no character end a program: what the terminal's encoding lacks is shown escaped."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
