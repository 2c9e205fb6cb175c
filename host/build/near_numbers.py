"""Numbers of C code in the place of others: shift counts of the same function, and addresses that are one further."""

import re
from collections.abc import Sequence

_COUNT = re.compile(r"(?<=<< |>> )(\d+)(?!\w)")
_POINTER = re.compile(r"^(?:const )?\w+ \*\w+$")
_ADDRESS = re.compile(r"^[a-z]\w*(?:(?:->|\.)\w+)*$")


def shift_counts_near(lines: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """For each line of a function, from 1, the numbers that its values are shifted by.

    Args:
        lines: of a file; each statement stands on one.
    """
    found: dict[int, tuple[str, ...]] = {}
    begin = 0
    for number, line in enumerate(lines, start=1):
        if line.startswith("{"):
            begin = number
        elif line.startswith("}") and begin:
            counts = dict.fromkeys(count for each in lines[begin:number] for count in _COUNT.findall(each))
            found |= dict.fromkeys(range(begin, number), tuple(counts))
            begin = 0
    return found


def other_counts(value: str, counts: Sequence[str]) -> list[str]:
    """An expression that is shifted by another count; one that is one more or less is another change."""
    return [
        f"{value[: match.start()]}{other}{value[match.end() :]}"
        for match in _COUNT.finditer(value)
        for other in counts
        if abs(int(other) - int(match[0])) > 1
    ]


def further(name: str, value: str) -> list[str]:
    """An address that a declared pointer begins with, one further or one before."""
    return [f"{value} + 1", f"{value} - 1"] if _POINTER.match(name) and _ADDRESS.match(value) else []
