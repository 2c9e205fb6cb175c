"""A window's cells that are another window's on a straight line: what all of them are related to is another thing."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_CELLS, LEAST_VALUES = 64, 16  # and unlike ones among them, so that no line fits by chance
LEAST_GIVEN = 4  # unlike ones that are given: fewer are next to nothing of the right ones
LOW, HIGH = -128, 127  # where cells are cut off
ROUNDING = 1.1  # of a cell: half of one on both sides, and what the line that is fitted is off


def on_a_line(right: NDArray[Any], given: NDArray[Any]) -> str:
    """That all cells lie on a straight line of the right ones, in words; empty: they do not, or most are right.

    Args:
        right, given: int8 cells, as they must be, and as they are.
    """
    ours, theirs = right.astype(np.float64), given.astype(np.float64)
    ours, theirs = ours.ravel(), theirs.ravel()
    inside = (theirs > LOW) & (theirs < HIGH)
    values = [len(np.unique(each[inside])) for each in (ours, theirs)]
    if inside.sum() < LEAST_CELLS or values[0] < LEAST_VALUES or values[1] < LEAST_GIVEN:
        return ""
    if right.dtype != np.int8 or 2 * np.count_nonzero(right == given) > right.size:
        return ""
    slope, offset = (float(each) for each in np.polyfit(ours[inside], theirs[inside], 1))
    if slope < 0:
        return ""
    line = np.clip(slope * ours + offset, LOW, HIGH)
    if (np.abs(line - theirs) > ROUNDING * max(1.0, slope)).any():
        return ""
    least, most = (int(theirs[at]) for at in (int(ours.argmin()), int(ours.argmax())))
    return (
        f"and all lie on a straight line of the right ones, in the same order: {slope:.3g} times them, {offset:+.0f} "
        f"(the least is {least} instead of {int(ours.min())}, the largest {most} instead of {int(ours.max())}), so the "
        "columns are right and in their places, and what they are related to is not"
    )
