"""Parts of a C expression that are taken for one another: a difference's two sides, a parameter, a step of one."""

import re
from collections.abc import Mapping, Sequence

Indices = Mapping[str, Sequence[str]]

_OPERAND = r"\*?[a-z]\w*(?:(?:->|\.)\w+)*(?:\[[^\[\]]+\])?"
_DIFFERENCE = re.compile(rf"(?<![\w.>*\]])({_OPERAND}) - ({_OPERAND})(?![\w.\[(]|->| [*/%+-] | << | >> )")
_STEP = re.compile(r" [+-] ([a-z]\w*->\w+)(?![\w.\[(]|->| [*/%] | << | >> )")
_INDEXED = re.compile(r"(?<![\w.>])([a-z]\w*)\[([A-Z][A-Z_]*)\]")  # by a constant
_STAYS = re.compile(r"^[a-z]\w*(?:(?:->|\.)\w+)*$")  # what an assignment may leave as it was
_EITHER = re.compile(r" \? ([^?:,]+) : ([^?:(),]+)(?=\)*$)")
_BINDS = re.compile(r"(?:[*/%+-]|<<|>>) \(*$")  # before an operand that belongs to it


def indices_seen(lines: Sequence[str]) -> dict[str, list[str]]:
    """The constants with which each array of a file is indexed, by its name."""
    found: dict[str, dict[str, None]] = {}
    for line in lines:
        for name, index in _INDEXED.findall(line):
            found.setdefault(name, {})[index] = None
    return {name: list(indices) for name, indices in found.items()}


def exchanged_parts(value: str, indices: Indices) -> list[str]:
    """An expression with one of its parts taken for another.

    Args:
        value: the expression.
        indices: see `indices_seen`.
    """
    found = [
        f"{value[: match.start()]}{match[2]} - {match[1]}{value[match.end() :]}"
        for match in _DIFFERENCE.finditer(value)
        if not _BINDS.search(value[: match.start()])
    ]
    found += [
        f"{value[: match.start(2)]}{other}{value[match.end(2) :]}"
        for match in _INDEXED.finditer(value)
        for other in indices.get(match[1], ())
        if other != match[2]
    ]
    found += [f"{value[: match.start(1)]}1{value[match.end(1) :]}" for match in _STEP.finditer(value)]
    return found


def left_as_it_was(name: str, operator: str, value: str) -> list[str]:
    """A choice between two values in which what is assigned stays in the place of one.

    Args:
        name: what is assigned to.
        operator: of the assignment.
        value: the expression.
    """
    chosen = _EITHER.search(value)
    if operator != "=" or not _STAYS.match(name) or chosen is None:
        return []
    return [
        f"{value[: chosen.start(of)]}{name}{value[chosen.end(of) :]}" for of in (1, 2) if chosen[of] != name
    ]
