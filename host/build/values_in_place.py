"""All that may stand in the place of the value of one assignment: kept, scaled, mixed, limited, or held over."""

from collections.abc import Sequence

from .expression_changes import ELEMENT
from .held_values import NUMBER, held
from .other_values import EXTREMES, LAST, OtherValue, kept, larger, limited, mixed, scaled

_STEPS = ("+=", "-=")


def values_in_place(
    name: str, operator: str, value: str, known: Sequence[tuple[int, str, str]], holds: bool
) -> list[OtherValue]:
    """Values in the place of `value` in `name operator value`, a number's or a pointer's.

    Args:
        name: what is assigned to, with its type in a declaration.
        operator: = or another one that assigns.
        value: an expression.
        known: variables that are known there: where they are indented, their type, their name.
        holds: whether values may be held over from one call of a function to the next, and mixed with others.
    """
    found = [*(kept(value, what) for what in (LAST, *EXTREMES)), *scaled(value)]
    if operator == "+=":
        found.append(larger(name, value))
    if not holds:
        return found
    found += held(name, operator, value)
    number = NUMBER.match(name)
    if number:
        found += limited(value, [other for _, kind, other in known if kind == number[1]])
    if number or operator in _STEPS or ELEMENT.match(name):
        found += mixed(value)
    return found
