"""Statements of C code that are put ahead of lines, moved, or let variables begin with what they were."""

from collections.abc import Sequence

from .alteration import SELECTOR, Alteration, moved
from .kept_locals import EVER, KeptLocal, declared_anew
from .statement_moves import Move

AHEAD = "ahead of the line"  # where an added statement stands


def move_statements(file: str, first: int, every: Sequence[Move], lines: list[str]) -> list[Alteration]:
    """Let statements stand in another place.

    Args:
        file: its name, for the alterations.
        first: number of the first alteration.
        every: where they may stand.
        lines: the file's, with all other alterations; they are written anew.
    """
    found: list[Alteration] = []
    guards: dict[int, list[str]] = {}
    for number, move in enumerate(every, start=first):
        told = moved(move.statement, move.told)
        found.append(Alteration(file, move.line + 1, move.statement, move.told, told=told))
        guards.setdefault(move.line, []).append(f"{SELECTOR} != {number}")
    for place, conditions in guards.items():
        lines[place] = f"if ({' && '.join(conditions)}) {{ {lines[place]} }}"
    for number, move in enumerate(every, start=first):
        there, line = f"if ({SELECTOR} == {number}) {{ {move.statement}; }}", lines[move.to]
        lines[move.to] = f"{there} {line}" if move.ahead else f"{line} {there}"
    return found


def add_statements(
    file: str, first: int, every: Sequence[tuple[int, str]], lines: list[str]
) -> list[Alteration]:
    """Let statements stand ahead of lines, numbered from 0; see `move_statements`."""
    found: list[Alteration] = []
    for number, (place, statement) in enumerate(every, start=first):
        told = f"with `{statement}` ahead of what is there"
        found.append(Alteration(file, place + 1, statement, AHEAD, told=told))
        lines[place] = f"if ({SELECTOR} == {number}) {{ {statement} }} {lines[place]}"
    return found


def keep_locals(file: str, first: int, every: Sequence[KeptLocal], lines: list[str]) -> list[Alteration]:
    """Let variables begin with what they were left with, ever or within a column; see `move_statements`."""
    found: list[Alteration] = []
    numbers: dict[int, dict[str, int]] = {}
    for each in every:
        numbers.setdefault(each.line, {})[each.name] = first + len(found)
        before = f"{each.name} = {each.value}"
        for after, but, keeps in (
            (f"{each.name} goes on", "", EVER),
            (f"{each.name} goes on within a column", " but where a column begins", ""),
        ):
            told = f"without setting `{each.name}` back to `{each.value}`{but}"
            found.append(Alteration(file, each.line + 1, before, after, told=told, keeps=keeps))
    for place, names in numbers.items():
        lines[place] = declared_anew(lines[place], names, SELECTOR)
    return found
