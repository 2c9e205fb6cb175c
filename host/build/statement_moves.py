"""Statements of a C function that stand elsewhere: earlier, later, behind the block that they end, or within one."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MOST_STEPS = 3  # places that one is moved to: behind, or before, what matters to it
STEP = 4  # of indentation
_MOVABLE = re.compile(
    r"^\s+(?=\S)(?!return\b|break\b|continue\b|goto\b|static\b|const\b|else\b|do\b|case\b)([^{}#\"]+?);\s*(?:/\*.*\*/)?$"
)
_DECLARES = re.compile(r"^(?:const |unsigned )*[A-Za-z_]\w* +\**([A-Za-z_]\w*)")
_PATH = re.compile(r"[A-Za-z_]\w*(?:(?:->|\.)[A-Za-z_]\w*)*")
_WRITTEN = re.compile(r"^([^=]*[^=!<>]) ?=(?!=) ?(.*)$")
_STEPPED = re.compile(r"([\w.>-]+?)(?:\+\+|--)(?!\w)")
_NO_CODE = ("/*", "*", "//", "#")


@dataclass(frozen=True)
class Move:
    """One statement in another place.

    Attributes:
        line: where it stands, from 0.
        statement: it, without its semicolon.
        to: the line that it is moved to.
        ahead: whether it comes before that line, or behind it.
        told: where that is, in words.
    """

    line: int
    statement: str
    to: int
    ahead: bool
    told: str


def moves(lines: Sequence[str]) -> list[Move]:
    """All moves of a file's statements.

    Args:
        lines: of the file; each statement stands on one.
    """
    found: list[Move] = []
    inside = False
    for number, line in enumerate(lines):
        inside = line.startswith("{") or (inside and not line.startswith("}"))
        match = _MOVABLE.match(line)
        if inside and match and not _DECLARES.match(match[1]) and match[1].count("(") == match[1].count(")"):
            every = (*_later(lines, number), *_earlier(lines, number))
            found += [Move(number, match[1], *where) for where in every if _has_room(lines[where[0]])]
    return found


def _later(lines: Sequence[str], number: int) -> Iterator[tuple[int, bool, str]]:
    """Places behind what follows."""
    own, steps, passed, matters, head = _indent(lines[number]), 0, 0, False, ""
    for place in range(number + 1, len(lines)):
        line = lines[place]
        if not _is_code(line):
            continue
        if _indent(line) < own:
            yield from [] if passed else _behind_block(line, place, own)
            return
        matters = matters or _depend(lines[number], line)
        if _indent(line) > own:
            continue
        closes = line.strip().startswith("}")
        if _shown(line).endswith("{"):
            if not passed and not closes and not line.strip().startswith("do "):
                yield place, False, f"within {_told(line)}"
            head = head if closes else line
            continue
        if line.strip().startswith("return"):
            return
        passed += 1
        if matters:
            yield place, False, f"behind {_told(head if closes else line)}"
        steps += matters
        if steps == MOST_STEPS:
            return


def _behind_block(line: str, place: int, own: int) -> Iterator[tuple[int, bool, str]]:
    if line.strip() == "}" and _indent(line) == own - STEP > 0:
        yield place, False, "behind the block that it ends"


def _earlier(lines: Sequence[str], number: int) -> Iterator[tuple[int, bool, str]]:
    """Places before what comes before it."""
    own, steps, passed, matters = _indent(lines[number]), 0, 0, False
    for place in range(number - 1, -1, -1):
        line = lines[place]
        if not _is_code(line):
            continue
        if _indent(line) < own or _declares(line) & _names(lines[number]):
            return
        matters = matters or _depend(lines[number], line)
        if _indent(line) > own or line.strip().startswith("} else"):
            continue
        if line.strip() == "}":
            if not passed:
                yield place, True, "at the end of the block before it"
            continue
        passed += 1
        # before a statement alone it is the same as that one behind this one
        if matters and (passed > 1 or _shown(line).endswith("{")):
            yield place, True, f"before {_told(line)}"
        steps += matters
        if steps == MOST_STEPS:
            return


def _depend(one: str, other: str) -> bool:
    """Whether one of two lines writes what the other one reads or writes."""
    ours, theirs = _written(one), _written(other)
    return _meet(ours, _names(other)) or _meet(theirs, _names(one))


def _written(line: str) -> set[str]:
    """What a line may write; a call may write whatever it is given."""
    text = line.strip()
    if assigned := _WRITTEN.match(text):
        return {
            _PATH.findall(assigned[1])[-1] if "[" not in assigned[1] else _PATH.findall(assigned[1])[0]
        } | {*_STEPPED.findall(text)}
    return _names(text) if text.endswith(";") else set(_STEPPED.findall(text))


def _meet(ours: set[str], theirs: set[str]) -> bool:
    """Whether a value of one lies in one of the other."""
    return any(
        one == other
        or one.startswith((f"{other}->", f"{other}."))
        or other.startswith((f"{one}->", f"{one}."))
        for one in ours
        for other in theirs
    )


def _declares(line: str) -> set[str]:
    match = _DECLARES.match(line.strip())
    return {match[1]} if match and not line.strip().startswith("return") else set()


def _names(text: str) -> set[str]:
    return set(_PATH.findall(text))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_code(line: str) -> bool:
    text = line.strip()
    return bool(text) and not text.startswith(_NO_CODE)


def _has_room(line: str) -> bool:
    """Whether code can stand on it as well."""
    return "//" not in line and line.count("/*") == line.count("*/")


def _shown(line: str) -> str:
    """A line without its comment."""
    return line.partition("/*")[0].strip()


def _told(line: str) -> str:
    text = _shown(line).removesuffix("{").removesuffix(";").strip()
    return f"`{text}`" if text and text != "do" else "the loop"
