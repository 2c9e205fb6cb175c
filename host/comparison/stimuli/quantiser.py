"""The front end's last two steps in numbers, to know which values lie on the edge of a cell.

The C core is what counts: `check` holds this against it, on the values at hand.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.c_frontend import octave_table
from ...core.c_stages import Segments
from ...errors import HilError
from ...frontend.log_mel.tables import LogMelTables

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

FRACTIONS = 9  # of a row that are tried for one value; some ten give it


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
        scaled = (values.astype(np.int64) * tables.quant_slope) >> 27
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
        return -(((tables.quant_bias - steps) << 27) // tables.quant_slope)

    def place(self, values: NDArray[np.integer[Any]], band: int) -> Int64:
        """Where in an octave of the table log-mel values of `band` lie, 0 to its last entry."""
        return (values.astype(np.int64) - self._band_db[band]) % int(self.octave[-1])

    def chance(self, values: NDArray[np.integer[Any]], band: int, entry: int, by: int) -> NDArray[np.float64]:
        """How likely log-mel values of a band are another cell's when one entry of the table is `by` more, 0 to 1.

        A value does not tell exactly how far between two entries its energy was.
        """
        place = self.place(values, band)
        row = np.searchsorted(self.octave, place, "right") - 1
        width, beyond = self.octave[row + 1] - self.octave[row], place - self.octave[row]
        least = -((-beyond << 15) // width)  # the fractions in Q15 that give the value
        most = (((beyond + 1) << 15) - 1) // width
        moved = np.zeros(len(values))
        for tried in np.linspace(0, 1, FRACTIONS):
            fraction = least + np.rint(tried * (most - least)).astype(np.int64)
            moved += self.moves(values, row, fraction, entry, by)
        return moved / FRACTIONS

    def moves(
        self, values: NDArray[np.integer[Any]], row: Int64, fraction: Int64, entry: int, by: int
    ) -> NDArray[np.bool_]:
        """Whether log-mel values are another cell's when one entry of the table is `by` more.

        Args:
            values: log-mel, dB in Q16.
            row: of the table, which they were interpolated after.
            fraction: of the way to the next row, Q15.
            entry, by: what is changed.
        """
        patched = self.octave.copy()
        patched[entry] += by
        now, then = (
            table[row] + (((table[row + 1] - table[row]) * fraction) >> 15)
            for table in (self.octave, patched)
        )
        return (values > self._tables.floor_q16) & (self.cells(values + then - now) != self.cells(values))

    def interpolated(self, segments: Segments, band: int) -> tuple[int, int, int]:
        """How the core finds the log-mel of a band: the row of the table, the fraction in Q15, and the value.

        Raises:
            ValueError: there is no energy in the band.
        """
        lower, upper = int(segments.shift[band]), int(segments.shift[band + 1])
        shift = max(lower, upper)
        energy = (int(segments.up[band]) >> 2 * (shift - lower)) + (
            int(segments.down[band + 1]) >> 2 * (shift - upper)
        )
        if energy == 0:
            raise ValueError("no energy")
        zeros = 32 - energy.bit_length()
        mantissa = energy << zeros
        row, fraction = (mantissa >> 25) & 63, (mantissa >> 10) & 0x7FFF
        low, high = int(self.octave[row]), int(self.octave[row + 1])
        octaves = 2 * shift + 31 - zeros
        value = octaves * int(self.octave[-1]) + low + (((high - low) * fraction) >> 15)
        return row, fraction, value + int(self._band_db[band])
