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
        different: how many of them differ.
        largest: largest difference, LSB.
    """

    compared: int = 0
    different: int = 0
    largest: int = 0
