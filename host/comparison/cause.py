"""Reasons that say what is wrong in the firmware, told from those that say what showed."""

import re
from collections.abc import Collection, Iterable


class Cause(str):
    """A reason that says what is wrong, not only what was seen.

    Attributes:
        seen: what of it was seen alone; empty: all of it says what is wrong.
    """

    __slots__ = ("seen",)
    seen: str

    def __new__(cls, text: str, seen: str = "") -> "Cause":
        """Make it of its text."""
        made = super().__new__(cls, text)
        made.seen = seen
        return made


def with_cause(seen: str, cause: str = "") -> str:
    """What was seen, and what is behind it where that is known, as a sentence."""
    return Cause(seen + cause, seen) if cause else seen


def left_to_line(reason: str, functions: Collection[str], line: str) -> str:
    """A reason whose advice goes elsewhere, with the line of code that gives all of it instead; others as they are.

    Args:
        reason: may be one with a cause.
        functions: that the line is of.
        line: the line in words.
    """
    if not isinstance(reason, Cause) or not reason.seen:
        return reason
    about = reason[len(reason.seen) :]
    if "firmware/core/" not in about or any(re.search(rf"\b{name}\b", about) for name in functions):
        return reason
    return Cause(f"{reason.seen}: {line} gives this, too", reason.seen)


def causes_first(reasons: Iterable[str]) -> list[str]:
    """The same reasons, those first that say what is wrong."""
    return sorted(reasons, key=lambda reason: not isinstance(reason, Cause))
