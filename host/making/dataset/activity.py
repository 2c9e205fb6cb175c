"""Whether something sounds in a window, told from its features alone.

A clip's label says that a bird is somewhere in it, not where. The measure: for each band, the floor is the level that
it falls below a tenth of the clip's time; the activity of a window is the level above the floor that its loudest 3 % of
cells reach, in dB, bands below 500 Hz (wind, traffic, handling) left out. A bird that sings without pause lifts its own
floor; so the floor of a band is at most that of the quietest third of bands plus 12 dB. Steady noise gives 9 to 12
dB, a bird that one hears 13 and more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...frontend.settings import FrontEndSettings

Cells = NDArray[np.int8]

LOWEST_HZ = 500.0
FLOOR_PERCENTILE = 10.0
LOUD_SHARE = 0.03
FLOOR_SPREAD_DB = 12.0
SILENT_SHARE = 0.75
"""A window is digital silence when more of its columns than this lie at the log floor in every band."""


def bands_above(settings: FrontEndSettings, lowest_hz: float = LOWEST_HZ) -> int:
    """The first band whose centre lies above `lowest_hz`."""
    return min(int(np.searchsorted(np.array(settings.band_centres()), lowest_hz)), settings.bands - 1)


def window_activity(
    cells: Cells, starts: NDArray[np.int64], frames: int, first_band: int, db_per_step: float
) -> NDArray[np.float64]:
    """Activity of each window in dB, float64 [len(starts)].

    Args:
        cells: int8 [columns, bands] of the whole recording.
        starts: first column of each window.
        db_per_step: dB per int8 step.
    """
    used = np.asarray(cells[:, first_band:], dtype=np.float64) * db_per_step
    floor = np.percentile(used, FLOOR_PERCENTILE, axis=0)
    floor = np.minimum(floor, np.percentile(floor, 100.0 / 3.0) + FLOOR_SPREAD_DB)
    above = used - floor
    result = np.empty(len(starts))
    for index, start in enumerate(starts):
        result[index] = np.percentile(above[start : start + frames], 100.0 * (1.0 - LOUD_SHARE))
    return result


def silent_windows(cells: Cells, starts: NDArray[np.int64], frames: int) -> NDArray[np.bool_]:
    """Which windows hold digital silence (zero padding, drop-outs), bool [len(starts)]."""
    dead = np.all(np.asarray(cells) == -128, axis=1)
    sums = np.concatenate([[0], np.cumsum(dead)])
    result: NDArray[np.bool_] = (sums[starts + frames] - sums[starts]) > SILENT_SHARE * frames
    return result
