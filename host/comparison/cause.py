"""Reasons that say what is wrong in the firmware, told from those that say what showed."""

from collections.abc import Iterable


class Cause(str):
    """A reason that says what is wrong, not only what was seen."""

    __slots__ = ()


def with_cause(seen: str, cause: str = "") -> str:
    """What was seen, and what is behind it where that is known, as a sentence."""
    return Cause(seen + cause) if cause else seen


def causes_first(reasons: Iterable[str]) -> list[str]:
    """The same reasons, those first that say what is wrong."""
    return sorted(reasons, key=lambda reason: not isinstance(reason, Cause))
