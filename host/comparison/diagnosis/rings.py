"""Hypotheses about the ring of columns and its copies into the model's input, simulated as the firmware has them."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from .inputs import RING_CURE, Model, Rearrange, candidate, explaining, probes
from .search import OF_INPUT, Candidate, Int8, View, largest

Int64 = NDArray[np.int64]

SHORTER = (1, 2)  # columns by which the ring may be too short
OFF = (1, -1, 2, -2, 4, -4)  # columns by which windows may be too far apart, or too near
COPIES = (1, 2, 4)  # cells by which a copy may be too short; and some columns
COLUMNS = (1, 2, 4)


def ring_memory(model: Model) -> Callable[[list[View]], Iterator[Candidate]]:
    """The ring wraps too early, one of its two copies is too short, or windows are not as far apart as they must be."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        yield from _wrapped(model, views)
        yield from _apart(model, views)
        for name, told, cure, change in explaining(model, views, _short_copies(model)):
            yield candidate(model, name, told, cure, change)

    return hypothesis


def _wrapped(model: Model, views: list[View]) -> Iterator[Candidate]:
    view, frames = largest(views), model.bundle.frames
    rows = probes(view)
    if any(each.first or each.file.piece.first_column for each in views):
        return  # what lay in the ring before the columns that were kept is not known
    for shorter in SHORTER:
        for never in (0, -128):
            windows = ring_windows(model, view, frames - shorter, never)
            if not most_right(model.run(windows), view, rows):
                continue
            count = f"{shorter} column{'s' * (shorter > 1)}"
            yield Candidate(
                f"ring {count} short",
                f"the ring of columns wraps {count} too early: of its {frames} the last {count} is never written, and "
                "the model sees it among the others",
                RING_CURE,
                lambda view, size=frames - shorter, never=never: model.run(  # type: ignore[misc]
                    ring_windows(model, view, size, never)
                ),
                family=OF_INPUT,
            )


def most_right(outputs: Int8, view: View, rows: Int64) -> bool:
    """Whether more than half of some windows have the device's outputs."""
    return 2 * np.count_nonzero((outputs[rows] == view.device[rows]).all(axis=1)) > len(rows)


def _apart(model: Model, views: list[View]) -> Iterator[Candidate]:
    """Windows that begin more or fewer columns apart than they must."""
    view, right = largest(views), model.bundle.stride
    rows = probes(view)
    for stride in (right + by for by in OFF if right + by > 0):
        windows = _windows_apart(model, view, stride)
        if not most_right(model.run(windows), view, rows):
            continue
        yield Candidate(
            f"windows {stride} columns apart",
            f"windows begin {stride} columns apart instead of {right}",
            "Look at when the next window counts as complete (next_window_at, the stride)",
            lambda view, stride=stride: model.run(_windows_apart(model, view, stride)),  # type: ignore[misc]
            family=OF_INPUT,
        )


def _windows_apart(model: Model, view: View, stride: int) -> Int8:
    piece, frames = view.file.piece, model.bundle.frames
    columns = model.columns(piece)
    starts = (view.first + np.arange(len(view.expected))) * stride - piece.first_column
    places = np.clip(starts[:, None] + np.arange(frames), 0, len(columns) - 1)
    return model.cells(columns[places])


def ring_windows(model: Model, view: View, size: int, never: int) -> Int8:
    """Windows that are read of a ring of `frames` places of which only `size` are written in turn.

    Args:
        model: the reference.
        view: windows from a stream's first one on.
        size: see above.
        never: what lies in places that are not written.
    """
    frames, stride = model.bundle.frames, model.bundle.stride
    columns = model.columns(view.file.piece)
    ring = np.full((frames, columns.shape[1]), never, np.int8)
    windows, done = [], 0
    for number in range(len(view.expected)):
        end = min(number * stride + frames, len(columns))
        for column in range(done, end):
            ring[column % size] = columns[column]
        done = end
        windows.append(np.roll(ring, -(end % size), axis=0))
    return model.cells(np.array(windows).reshape(-1, frames, columns.shape[1]))


def _short_copies(model: Model) -> Iterator[tuple[str, str, str, Rearrange]]:
    bands = model.bundle.settings.model_bands
    for short in dict.fromkeys((*COPIES, *(count * bands for count in COLUMNS))):
        which = f"{short} cell{'s' * (short > 1)}"
        if short % bands == 0:
            which = f"{short // bands} column{'s' * (short > bands)}"
        for place, part in enumerate(("first", "second")):
            yield (
                f"{part} copy {short} short",
                f"the {part} of the ring's two copies into the model's input is {which} short: what lay there before "
                "stays",
                RING_CURE,
                lambda w, n, short=short, place=place: copied(model, w, n, short, place),  # type: ignore[misc]
            )


def copied(model: Model, windows: Int8, numbers: Int64, short: int, place: int) -> Int8:
    """Windows as an input holds them whose one copy is too short, from the first window on.

    Args:
        model: the reference.
        windows: the right ones, int8 [n, frames, bands].
        numbers: of the windows, int64 [n].
        short: cells that the copy lacks.
        place: which copy: 0, from the oldest column to the ring's end, or 1, from there to the newest one.
    """
    frames, bands = model.bundle.frames, model.bundle.settings.model_bands
    cells = frames * bands
    held, done = np.zeros(cells, np.int8), []
    for window, number in zip(windows.reshape(len(windows), -1), numbers.tolist(), strict=True):
        split = cells - number * model.bundle.stride % frames * bands
        for part, (begin, end) in enumerate(((0, split), (split, cells))):
            last = max(begin, end - short) if part == place else end
            held[begin:last] = window[begin:last]
        done.append(held.copy())
    return np.array(done).reshape(windows.shape)
