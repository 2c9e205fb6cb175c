"""Answers that a session owes: single ones with their fields, and what a stream brings, however it is cut up."""

from dataclasses import dataclass, field
from typing import Any

from ..link import messages as m
from ..link.codec import Payload


@dataclass
class Owed:
    """An answer.

    Attributes:
        kind: its type.
        fields: those that are known beforehand, by name.
    """

    kind: type[Payload]
    fields: dict[str, Any] = field(default_factory=dict)

    def matches(self, answer: Payload) -> bool:
        """Whether `answer` is the one."""
        return isinstance(answer, self.kind) and all(
            getattr(answer, name) == value for name, value in self.fields.items()
        )


@dataclass
class Results:
    """What a stream owes: columns, windows and changes, in whatever messages."""

    features: bytes = b""
    windows: list[tuple[int, int, bytes]] = field(default_factory=list)  # index, first column, outputs
    changes: list[tuple[int, int, int, int]] = field(default_factory=list)  # label, active, window, score

    def take(self, answer: Payload) -> bool:
        """Add what arrived; False when it is not a result of a stream from the host."""
        if isinstance(answer, m.Features):
            self.features += answer.cells
        elif isinstance(answer, m.WindowResult):
            self.windows.append((answer.index, answer.first_column, answer.outputs))
        elif isinstance(answer, m.Detection | m.LiveDetection):
            self.changes.append((answer.label, answer.active, answer.window, answer.score))
        else:
            return False
        return True


@dataclass
class Deployment:
    """A deployment under way: what was announced, what came, and whether it is on trial."""

    length: int
    crc32: int
    sha256: bytes
    data: bytes = b""
    trial: bool = False
