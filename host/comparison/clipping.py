"""How much of what the front end computes lies outside of the int8 range of the model's input.

A cell at -128 or 127 is not clipped by that: it counts what it was before it was held within int8.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORTH_A_WARNING = 0.05  # of a stream's cells
SHOWN_BANDS = 8
_HALF = 0.5  # what rounds to -128 or 127 lies within


@dataclass
class Clipping:
    """A stream's cells that were held within int8.

    Attributes:
        cells: how many were looked at.
        below, above: how many lay below -128 and above 127, by band, int64 [bands]; empty before the first column.
    """

    cells: int = 0
    below: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    above: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def add(self, unclamped: NDArray[Any]) -> None:
        """Take in columns, [k, bands], not held within int8."""
        below = np.count_nonzero(unclamped < -128 - _HALF, axis=0)
        above = np.count_nonzero(unclamped > 127 + _HALF, axis=0)
        self.below = self.below + below if self.cells else below
        self.above = self.above + above if self.cells else above
        self.cells += unclamped.size

    @property
    def share(self) -> float:
        """Of all cells, those that were clipped."""
        return float(self.below.sum() + self.above.sum()) / max(1, self.cells)

    @property
    def warning(self) -> str | None:
        """What to tell a person; None when it is nothing to speak of."""
        if self.share <= WORTH_A_WARNING:
            return None
        columns = self.cells / len(self.below)
        shares = (self.below + self.above) / columns
        order = [int(band) for band in np.argsort(-shares, kind="stable") if shares[band] > 0]
        shown = ", ".join(f"band {band} {_percent(shares[band])}" for band in sorted(order[:SHOWN_BANDS]))
        more = f" and {len(order) - SHOWN_BANDS} more bands" if len(order) > SHOWN_BANDS else ""
        return (
            f"{_percent(self.share)} of the input's cells are clipped: {_percent(self.below.sum() / self.cells)} lie "
            f"below the model's range, {_percent(self.above.sum() / self.cells)} above it ({shown}{more}); "
            "was the model trained on features of this scale and level?"
        )


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %" if share >= 0.1 else f"{share * 100:.1f} %"


@dataclass
class ClippedFiles:
    """The files of a run whose input is clipped, in constant memory.

    Attributes:
        files: how many there are.
        worst: name and warning of the one with the largest share.
    """

    files: int = 0
    worst: tuple[str, str] = ("", "")
    _share: float = 0.0

    def add(self, name: str, found: Clipping) -> None:
        """Take in a file's."""
        warning = found.warning
        if warning is None:
            return
        self.files += 1
        if found.share > self._share:
            self._share, self.worst = found.share, (name, warning)

    @property
    def note(self) -> str | None:
        """One sentence for the run, None without such a file."""
        if not self.files:
            return None
        name, warning = self.worst
        others = f" (the most of {self.files:,} such files)" if self.files > 1 else ""
        return f"{name}{others}: {warning}"
