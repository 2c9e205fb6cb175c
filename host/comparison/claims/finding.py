"""What became of a claim."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from ..cause import causes_first
from ..record import RunRecord


class Status(str, Enum):
    """How a claim stands."""

    HELD = "held"
    BROKEN = "broken"
    NOT_EXAMINED = "not-examined"


@dataclass(frozen=True)
class Finding:
    """What a claim's function found.

    Attributes:
        status: how it stands.
        evidence: the figures it was judged by.
        reasons: why it is broken or was not examined; empty when it holds.
    """

    status: Status
    evidence: str = ""
    reasons: tuple[str, ...] = ()


def held(evidence: str) -> Finding:
    """The claim holds."""
    return Finding(Status.HELD, evidence)


def broken(evidence: str, *reasons: str) -> Finding:
    """The claim is broken."""
    return Finding(Status.BROKEN, evidence, reasons)


def not_examined(reason: str, evidence: str = "") -> Finding:
    """Nothing could be said about the claim."""
    return Finding(Status.NOT_EXAMINED, evidence, (reason,))


def judged(evidence: str, reasons: list[str]) -> Finding:
    """Broken when there are reasons, those first that say what is wrong; else held."""
    return broken(evidence, *causes_first(reasons)) if reasons else held(evidence)


Find = Callable[[RunRecord], Finding]
Required = Callable[[RunRecord], bool]


@dataclass(frozen=True)
class ClaimKind:
    """A row of the table.

    Attributes:
        name: as report.json has it.
        text: what is claimed.
        find: finds out.
        required: whether the verdict depends on it; asks options, the kind of board and the audio, nothing that the
            board says.
        per_board: whether it is about the board, so that in a run on several each must hold it; else about files,
            whoever compared them.
    """

    name: str
    text: str
    find: Find
    required: Required
    per_board: bool = True


@dataclass(frozen=True)
class Claim:
    """A claim of one run. Attributes as in `ClaimKind` and `Finding`."""

    name: str
    text: str
    required: bool
    status: Status
    evidence: str
    reasons: tuple[str, ...]

    @property
    def reason(self) -> str:
        """All reasons in one line."""
        return "; ".join(self.reasons)


def shown(texts: list[str], most: int = 3) -> list[str]:
    """The first `most` of some sentences, those first that say what is wrong, and how many more there are."""
    texts, more = causes_first(texts), len(texts) - most
    return texts if more <= 0 else [*texts[:most], f"and {more:,} more"]
