"""The front end's last two steps in numbers, to know which values lie on the edge of a cell.

The C core is what counts: `check` holds this against it, on the values at hand.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.c_frontend import octave_table
from ...errors import HilError
from ...frontend.log_mel.tables import LogMelTables

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


class Quantiser:
    """From log-mel values to cells, and from log-mel values back to the table of logarithms.

    Args:
        tables: the front end's.
    """

    def __init__(self, tables: LogMelTables) -> None:
        self._tables = tables
        self._band_db = np.array(tables.band_db_q16, np.int64)
        self.octave = octave_table().astype(np.int64)

    def cells(self, values: NDArray[np.integer[Any]]) -> Int64:
        """Cells of log-mel values (dB in Q16)."""
        tables = self._tables
        scaled = (values.astype(np.int64) * 32 * tables.quant_slope) >> 32
        return np.clip((scaled + tables.quant_bias) >> tables.quant_shift, -128, 127)

    def check(self, values: Int32, cells: Int8) -> None:
        """Hold the rule above against what the core made of `values`.

        Raises:
            HilError: they are not the same.
        """
        if not np.array_equal(self.cells(values), cells):
            raise HilError(
                "the core's quantiser is not the one that stimuli are searched with", "report this"
            )

    def edges(self) -> Int64:
        """The log-mel values at which another cell begins."""
        tables = self._tables
        steps = np.arange(-127, 128, dtype=np.int64) << tables.quant_shift
        return np.rint((steps - tables.quant_bias) * 2.0**27 / tables.quant_slope).astype(np.int64)

    def place(self, values: NDArray[np.integer[Any]], band: int) -> Int64:
        """Where in an octave of the table log-mel values of `band` lie, 0 to its last entry."""
        return (values.astype(np.int64) - self._band_db[band]) % int(self.octave[-1])

    def moved(self, values: Int32, band: int, entry: int, by: int) -> NDArray[np.bool_]:
        """Which log-mel values surely give another cell when one entry of the table is `by` more.

        A value does not tell exactly how far between two entries its energy was: what is the same for all
        energies that give the value counts.
        """
        octave, place = self.octave, self.place(values, band)
        row = np.clip(np.searchsorted(octave, place, "right") - 1, 0, len(octave) - 2)
        patched = octave.copy()
        patched[entry] += by
        width, beyond = octave[row + 1] - octave[row], place - octave[row]
        least = -((-beyond << 15) // width)  # the fractions in Q15 that give the value
        most = np.minimum(((beyond + 1) << 15) - 1, (width << 15) - 1) // width
        now, sure = self.cells(values), values > self._tables.floor_q16
        for fraction in (least, most):
            other = patched[row] + (((patched[row + 1] - patched[row]) * fraction) >> 15)
            sure = sure & (self.cells(values + other - place) != now)
        return sure
