"""A window's cells that are another window's on a straight line: what all of them are related to is another thing."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_CELLS, LEAST_VALUES = 64, 16  # and unlike ones among them, so that no line fits by chance
LOW, HIGH = -128, 127  # where cells are cut off
LEAST_SLOPE, MOST_SLOPE = 0.02, 50.0
ROUNDING = 1.0  # of a cell, on either side


def on_a_line(right: NDArray[Any], given: NDArray[Any]) -> str:
    """That all cells lie on a straight line of the right ones, in words; empty: they do not, or it is the right one.

    Args:
        right, given: int8 cells, as they must be, and as they are.
    """
    ours, theirs = right.astype(np.float64), given.astype(np.float64)
    inside = (ours > LOW) & (ours < HIGH) & (theirs > LOW) & (theirs < HIGH)
    if right.dtype != np.int8 or inside.sum() < LEAST_CELLS or len(np.unique(ours[inside])) < LEAST_VALUES:
        return ""
    slope, offset = (float(each) for each in np.polyfit(ours[inside], theirs[inside], 1))
    if not LEAST_SLOPE < slope < MOST_SLOPE or (abs(slope - 1) < 1e-3 and abs(offset) < 0.5):
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
