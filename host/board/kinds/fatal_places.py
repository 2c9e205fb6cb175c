"""In which functions a virtual board's program was when a signal ended it."""

import bisect
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

# PROGRAM(NAME+0xOFFSET) [0xADDRESS], as glibc's backtrace_symbols_fd() writes it; without a name the offset is the
# program's, and without that the address is.
CALL = re.compile(
    r"(?P<program>.*)\((?P<name>\w+)?(?:\+0x(?P<offset>[0-9a-f]+))?\) ?\[0x(?P<address>[0-9a-f]+)\]"
)
OWN = ("tell_where", "fatal_watch")  # firmware/virtual/fatal.c
OUTERMOST = ("main", "_start", "run")
MOST_TOLD = 4
NM_S = 10.0


def places_told(lines: Iterable[str], program: Path) -> str:
    """The functions of a program, the innermost first, behind a comma; empty: none is known.

    Args:
        lines: that it wrote to stderr.
        program: with its symbols.
    """
    calls = [call for line in lines if (call := CALL.fullmatch(line.strip())) is not None]
    own = [call for call in calls if Path(call["program"]).name == program.name]
    if not own:
        return ""
    symbols = _symbols(program)
    names: list[str] = []
    for call in own:
        place = int(call["offset"] or call["address"], 16)
        # behind the innermost these are where it returns to, which may be another function's beginning
        name = call["name"] or _function(symbols, place - bool(names))
        if name and name not in OWN and name not in names[-1:]:
            names.append(name)
    told = [name for name in names if name not in OUTERMOST][:MOST_TOLD]
    if not told:
        return ""
    return f", in {told[0]}" + (f", called by {', '.join(told[1:])}" if told[1:] else "")


def _symbols(program: Path) -> list[tuple[int, str]]:
    """Address and name of each function, sorted; empty where that cannot be read."""
    try:
        done = subprocess.run(
            ["nm", "-n", "--defined-only", str(program)],
            capture_output=True,
            text=True,
            timeout=NM_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    parts = (line.split() for line in done.stdout.splitlines())
    return sorted((int(each[0], 16), each[2]) for each in parts if len(each) == 3 and each[1] in "tTwW")


def _function(symbols: Sequence[tuple[int, str]], place: int) -> str:
    """Whose a place is; empty: nobody's."""
    at = bisect.bisect_right(symbols, (place, "\x7f")) - 1
    return symbols[at][1] if at >= 0 else ""
