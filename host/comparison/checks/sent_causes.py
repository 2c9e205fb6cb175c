"""Why windows that are sent by themselves bring other outputs: the reference on windows put together otherwise."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Int8 = NDArray[np.int8]
Reference = Callable[[Int8], Int8]
"""Outputs, int8 [n, values], of windows, int8 [n, frames, bands], before each of which nothing was."""

MOST_MISSING = 16  # columns at a window's end, or cells, that may be the window's before
LEAST_WRONG = 2  # windows that one cause must give, and outputs of these
RING = (
    "look at what ring_index is when a window is put into the model's input (stream_put_columns, stream_put_window in "
    "firmware/core/detect/stream.c)"
)
PIECES = "look at where a piece of a window is put (TENSOR_DATA in firmware/core/session/tensor.c, stream_put_columns)"
OUTPUTS = "look at whether each window is invoked after it was put into the model's input, and its outputs copied then"


def cause_of(windows: Int8, expected: Int8, device: Int8, reference: Reference) -> str:
    """What gives all outputs of the device, the right ones, too, as a sentence; empty: nothing that is tried.

    Args:
        windows: int8 [n, frames, bands], in the order in which they were sent.
        expected, device: int8 [n, values].
        reference: see `Reference`.
    """
    wrong = np.flatnonzero((expected != device).any(axis=1))
    if len(wrong) < LEAST_WRONG or len(np.unique(device[wrong], axis=0)) < LEAST_WRONG:
        return ""  # what is the same for all is given by anything that fills the input with one value
    if np.array_equal(device[1:], expected[:-1]):
        return f"each window has the outputs of the one before it; {OUTPUTS}"
    for told, change in _changes(windows.shape[1]):
        changed = change(windows)
        probe = wrong[:1]
        if not np.array_equal(reference(changed[probe]), device[probe]):
            continue
        if np.array_equal(reference(changed), device):
            return told
    return ""


def _changes(frames: int) -> Iterator[tuple[str, Callable[[Int8], Int8]]]:
    for by in range(1, frames):
        yield (
            f"each window is read from its column {by} on, and wraps around; {RING}",
            lambda windows, by=by: np.roll(windows, -by, axis=1),  # type: ignore[misc]
        )
    yield f"the columns of each window are in reverse; {PIECES}", lambda windows: windows[:, ::-1]
    for count in range(1, min(MOST_MISSING, frames - 1) + 1):
        which = "last column" if count == 1 else f"last {count} columns"
        yield (
            f"the {which} of each window {'is' if count == 1 else 'are'} the window's before; {PIECES}",
            lambda windows, count=count: _kept(windows, count),  # type: ignore[misc]
        )
    for by in (1, -1):
        yield (
            f"each window is one cell too {'late' if by > 0 else 'early'}; {PIECES}",
            lambda windows, by=by: np.roll(windows.reshape(len(windows), -1), by, axis=1).reshape(
                windows.shape
            ),  # type: ignore[misc]
        )


def _kept(windows: Int8, count: int) -> Int8:
    changed = windows.copy()
    changed[1:, -count:] = windows[:-1, -count:]
    return changed
