"""Differences: counted, and the first ones located."""

from dataclasses import dataclass

EXPLAINED = 10  # mismatches told in full, per file and kind; the others are counted


@dataclass(frozen=True)
class Mismatch:
    """One difference, located.

    Attributes:
        kind: "feature", "score", "logit" or "detection".
        where: column and band, or window and label, in words.
        time_s: where in the file: a column's first sample, a window's end.
        host: value on the host.
        device: value on the device.
    """

    kind: str
    where: str
    time_s: float
    host: str
    device: str

    @property
    def text(self) -> str:
        """For people."""
        return f"{self.time_s:.2f} s, {self.where}: host {self.host}, device {self.device}"


@dataclass
class Count:
    """Values of one kind.

    Attributes:
        compared: how many both sides had.
        different: how many of them differ by more than is allowed.
        largest: largest difference of those, LSB.
        allowed: how many differ by no more than is allowed at the op that makes them (`model.allowed`).
    """

    compared: int = 0
    different: int = 0
    largest: int = 0
    allowed: int = 0
