"""What it says that the last of some values alone are wrong: a loop, or a copy, that ends before they are reached."""

import numpy as np
from numpy.typing import NDArray

PIECES = (4, 8)  # bytes or values that are copied at once
CHUNKS = [1 << bits for bits in range(4, 11)]  # values that are looked at in one step
LEAST_PARTED = 8  # wrong values of chunks: fewer lie like that by chance
MOST_RIGHT = 0.1  # of the values that were not written, how many may be right by chance


def last_alone(wrong: NDArray[np.int64], count: int) -> str:
    """That all wrong values are the last ones, in words; empty where they are not.

    Args:
        wrong: places of the wrong ones, rising.
        count: how many values there are.
    """
    few = len(wrong)
    if not 0 < few <= count // 2:
        return ""
    whole = [piece for piece in PIECES if wrong[0] and wrong[0] == count - count % piece]
    fits = [str(piece) for piece in whole if 2 * few >= count % piece]
    if fits:
        multiple = f"a multiple of {' or '.join(fits)}"
        return f"behind the first {wrong[0]} of {count} alone: what writes them ends at {multiple}"
    if wrong[0] != count - few:
        return ""
    half = ", half way" if 2 * few == count else ""
    return f"the last {'one' if few == 1 else few} of {count} alone: what writes them ends too early{half}"


def last_of_chunks(wrong: NDArray[np.int64], count: int) -> str:
    """That of each chunk of values the last ones are wrong, in words; empty where they are not.

    Args:
        wrong: places of the wrong ones, rising.
        count: how many values there are.
    """
    if len(wrong) < LEAST_PARTED:
        return ""
    for chunk in CHUNKS:
        if count < 2 * chunk:
            break
        within = np.unique(wrong % chunk)
        first = int(within[0])
        lost = chunk - first
        due = np.count_nonzero(np.arange(count) % chunk >= first)
        if first >= chunk // 4 and len(within) == lost and len(wrong) >= (1 - MOST_RIGHT) * due:
            half = ": as if bytes were counted where values are" if 2 * lost == chunk else ""
            return f"the last {lost} of each {chunk} are not what was written{half}"
    return ""
