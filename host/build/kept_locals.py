"""Variables of C functions that are not set back: they begin with what they were left with the last time."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .expression_changes import parted

COLUMN = "fe_column_number"  # of the column that is computed, from 1
EVER = "ever"  # kept over all of a run
_DECLARED = re.compile(r"^(\s+)((?:u?int(?:8|16|32|64)_t|size_t|bool) )(\w+ = .+);\s*(?:/\*.*\*/)?$")
_VARIABLE = re.compile(r"^(\w+) = (.+)$", re.DOTALL)


@dataclass(frozen=True)
class KeptLocal:
    """A variable.

    Attributes:
        line: where it is declared, from 0.
        name: it.
        value: what it begins with.
    """

    line: int
    name: str
    value: str


def kept_locals(lines: Sequence[str]) -> Iterator[KeptLocal]:
    """Variables that are declared with a value and changed by what they were.

    Args:
        lines: of a file; each statement stands on one.
    """
    inside = False
    for number, line in enumerate(lines):
        inside = line.startswith("{") or (inside and not line.startswith("}"))
        declared = _DECLARED.match(line) if inside else None
        for part in parted(declared[3], ",") if declared else ():
            variable = _VARIABLE.match(part.strip())
            if variable and _goes_on(lines, number, variable[1]):
                yield KeptLocal(number, variable[1], variable[2])


def _goes_on(lines: Sequence[str], number: int, name: str) -> bool:
    """Whether a variable is changed by what it is, in the rest of its block."""
    steps = re.compile(rf"(?<![\w.>])(?:{name} ?(?:[-+|&^*]|<<|>>)=|{name}(?:\+\+|--)|(?:\+\+|--){name}\b)")
    depth = len(lines[number]) - len(lines[number].lstrip())
    for line in lines[number + 1 :]:
        if line.strip() and len(line) - len(line.lstrip()) < depth:
            return False
        if steps.search(line):
            return True
    return False


def declared_anew(line: str, numbers: dict[str, int], selector: str) -> str:
    """A declaration of which variables may begin with what they were left with.

    Args:
        line: it, with the choice among its other alterations.
        numbers: of variables, each that of the alteration that never sets it back; the next one sets it back for each
            column alone.
        selector: the global number of the alteration that is made.
    """
    declared = _DECLARED.match(line)
    if declared is None:
        raise ValueError(f"no declaration: {line.strip()[:60]}")
    done = []
    for part in parted(declared[3], ","):
        variable = _VARIABLE.match(part.strip())
        if variable is None:
            raise ValueError(f"no variable with a value: {part.strip()[:60]}")
        name, value = variable.groups()
        if name not in numbers:
            done.append(f"{declared[2]}{name} = {value};")
            continue
        ever, each = numbers[name], numbers[name] + 1
        at = f"fe_{name}_at"
        done.append(
            f"static {declared[2]}{name}; static unsigned {at}; "
            f"if (!({selector} == {ever} && {at}) && !({selector} == {each} && {at} == {COLUMN})) {name} = {value}; "
            f"{at} = {selector} == {ever} || {selector} == {each} ? {COLUMN} : 0;"
        )
    return f"{declared[1]}{' '.join(done)}"
