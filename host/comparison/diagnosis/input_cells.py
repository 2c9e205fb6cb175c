"""Cells of a model's input that are others than they must be: where they come from, in words and to be replayed."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...bundle.model_info import MeasuredInput, TensorInfo
from .factor_read import enclosed, times
from .figures import places_told, related
from .inputs import INPUT_CURE, RING_CURE, Model, Way, candidate, explaining
from .last_ones import last_alone
from .layouts import layouts
from .placed_columns import placed_columns
from .search import Candidate, Int8, View
from .wide_inputs import of_tensor, off_by, with_zero_point, zero_point_told

Int64 = NDArray[np.int64]

ELSEWHERE = "columns elsewhere"  # the name of a cause that one line may have
PLACE_CURE = (
    "Look at where a column's cells are put (what put_measured and stream_put_window in firmware/core/detect/stream.c "
    "give model_ends_put, and the place that it makes of that)"
)
LEAST_MOVED = 4  # cells that come from elsewhere; fewer do so by chance
LEAST_COLUMNS = 2
MOST_SHOWN = 3
MOST_MOVED = 3  # columns or cells
SIGN = "their highest bits are inverted, as where signed cells are taken for unsigned, or the other way round"
# Of all cells: `inputs.constant` has these, and those where cells are related to what all have in common
CONSTANT, RELATED = (0, -128), (0, -128, 127)
EARLIER = 3  # cells before the first wrong one, which may be right by chance


def cells_told(
    ours: NDArray[Any],
    theirs: NDArray[Any],
    bands: int,
    before: NDArray[Any] | None = None,
    bands_first: bool = False,
    info: TensorInfo | None = None,
) -> str:
    """Which cells of a model's input are others, and what they are where that is plain.

    Args:
        ours, theirs: the right input and the device's, of any shape.
        bands: cells of a column.
        before: the right input of the window before; None where that was none.
        bands_first: whether the model wants band after band.
        info: of the model's input, so that its zero point and step are known.
    """
    right, given = ours.ravel().astype(np.int64), theirs.ravel().astype(np.int64)
    wrong = np.flatnonzero(right != given)
    where = f"{_range_told(wrong, len(right))} of it"
    if before is not None and np.array_equal(before.ravel()[wrong], given[wrong]):
        return f"{where}: they are still those of the window before"
    if len(wrong) >= LEAST_MOVED and not np.ptp(given[wrong]):
        return f"{where}: all {given[wrong[0]]:,}"
    for layout in layouts(len(right) // bands, bands, bands_first) if len(wrong) >= LEAST_MOVED else ():
        if len(layout.lying) == len(right) and np.array_equal(right[layout.lying], given):
            return f"{where}: it is {layout.told}"
    columns = _column_sources(right, given, bands)
    if columns is not None:
        return f"{where}: {_columns_told(columns)}"
    for by in _moves(bands):
        there = wrong - by
        inside = len(wrong) >= LEAST_MOVED and there.min() >= 0 and there.max() < len(right)
        if inside and np.array_equal(right[there], given[wrong]):
            return f"{where}: they are those {_far(by, bands)} {'before' if by > 0 else 'behind'} them"
    factor = enclosed(right, given) if len(wrong) * 2 > len(right) else None
    if factor is not None:
        return f"{where}: what they must be times {factor.words}"
    placed = placed_columns(right, given, bands, bands_first)
    words = placed.told if placed is not None else related(right, given)
    found = _of_zero_point(right, given, info) or words
    if "its last ones" not in where and (last := last_alone(wrong, len(right))):
        where += f", {last}"
    return f"{where}: {found}" if found else where


def _of_zero_point(right: Int64, given: Int64, info: TensorInfo | None) -> str:
    """All cells as if the zero point were another one, or as where a sign is taken for a number's highest bit."""
    off = np.unique(given - right)
    if info is None or len(right) != len(given):
        return ""
    if info.type != "int16":
        return SIGN if set(off.tolist()) <= {128, -128} and len(right) >= LEAST_MOVED else ""
    words = zero_point_told(info, int(off[0])) if len(off) == 1 else ""
    return f"off by {off[0]:+,}, {words}" if words else ""


def _range_told(wrong: Int64, count: int) -> str:
    """A stretch, in which some may be right by chance, or single ones."""
    if len(wrong) >= LEAST_MOVED and len(wrong) * 2 > wrong[-1] - wrong[0]:
        if wrong[0] == 0 and wrong[-1] == count - 1:
            return f"cells all over it ({len(wrong):,} of {count:,})"
        return f"cells {wrong[0]:,} to {wrong[-1]:,}" + (", its last ones," if wrong[-1] == count - 1 else "")
    return places_told(wrong, count, "cell", "cells")


def _column_sources(right: Int64, given: Int64, bands: int) -> Int64 | None:
    """For each column of a window the right one that it is; None where one is none of them, or all are right."""
    if bands < LEAST_MOVED or len(right) != len(given) or len(right) % bands:
        return None
    ours, theirs = right.reshape(-1, bands), given.reshape(-1, bands)
    found = np.arange(len(ours))
    for place in np.flatnonzero((ours != theirs).any(axis=1)).tolist():
        there = np.flatnonzero((ours == theirs[place]).all(axis=1))
        if not len(there):
            return None
        found[place] = there[np.argmin(np.abs(there - place))]
    moved = np.flatnonzero(found != np.arange(len(ours)))
    if len(np.unique(moved - found[moved])) == 1 and (np.diff(moved) == 1).all():
        return None  # a stretch that lies elsewhere as a whole is told by its cells
    return found if len(moved) >= LEAST_COLUMNS and len(np.unique(found[moved])) > 1 else None


def _columns_told(sources: Int64) -> str:
    moved = np.flatnonzero(sources != np.arange(len(sources)))
    which = places_told(moved, len(sources), "column", "columns")
    by = np.unique(moved - sources[moved])
    if len(by) == 1:
        far = "" if abs(by[0]) == 1 else f"{abs(by[0])} "
        return f"{which} of the window are the one {far}{'before' if by[0] > 0 else 'behind'} them"
    shown = ", ".join(f"column {place} is column {sources[place]}" for place in moved[:MOST_SHOWN].tolist())
    return f"{which} of the window are other ones of it, e.g. {shown}"


def _moves(bands: int) -> Iterator[int]:
    for by in range(1, MOST_MOVED + 1):
        yield from (by, -by, by * bands, -by * bands)


def _far(by: int, bands: int) -> str:
    size = abs(by)
    if size % bands == 0:
        return f"{size // bands} column{'s' * (size > bands)}"
    return f"{size} cell{'s' * (size > 1)}"


def traced_cells(
    model: Model, inputs: tuple[NDArray[Any], NDArray[Any]]
) -> Callable[[list[View]], Iterator[Candidate]]:
    """The cells of the model's input that a trace saw to be others are so in all windows.

    Args:
        model: the reference.
        inputs: the right input of the traced window, and the device's.
    """
    right, given = (values.ravel().astype(np.int64) for values in inputs)
    wrong, info = np.flatnonzero(right != given), model.bundle.model.input

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        if not len(wrong) or right.dtype != given.dtype or len(right) != model.bundle.model.cells:
            return
        for name, told, cure, change in explaining(
            model,
            views,
            (
                *_scaled(info, right, given),
                *_other_columns(model, right, given),
                *_placed(model, right, given),
                *_ways(wrong, len(right), given, RELATED if isinstance(info, MeasuredInput) else CONSTANT),
            ),
        ):
            yield candidate(model, name, told, cure, change)

    return hypothesis


def _scaled(info: TensorInfo, right: Int64, given: Int64) -> Iterator[Way]:
    off = np.unique(given - right)
    if info.type == "int16" and len(off) == 1 and off[0]:
        steps, rest = divmod(int(off[0]), info.step)
        name, told, make = (
            off_by(info, int(off[0])) if rest else with_zero_point(info, info.zero_point - steps)
        )
        yield name, told, INPUT_CURE, of_tensor(info, make)
    factor = enclosed(right, given)
    if factor is None:
        return
    told = f"the cells of the model's input are what they must be times {factor.words}"

    def scaled(tensor: NDArray[Any], _: Int8) -> NDArray[Any]:
        return times(tensor.astype(np.int64), factor.plain, factor.how)

    def change(windows: Int8, _: Int64) -> Int8:
        return scaled(windows, windows).clip(-128, 127).astype(np.int8)

    yield "input scaled", told, INPUT_CURE, of_tensor(info, scaled) if info.type == "int16" else change


def _other_columns(model: Model, right: Int64, given: Int64) -> Iterator[Way]:
    sources = _column_sources(right, given, model.bundle.settings.model_bands)
    if sources is not None:
        told = f"in the model's input {_columns_told(sources)}"
        yield "input of other columns", told, RING_CURE, lambda w, _: w[:, sources]


def _placed(model: Model, right: Int64, given: Int64) -> Iterator[Way]:
    info, bands = model.bundle.model.input, model.bundle.settings.model_bands
    if (
        info.type == "int16"
        or (placed := placed_columns(right, given, bands, bool(info.bands_first))) is None
    ):
        return
    never = (given - (128 if info.type == "uint8" else 0)).astype(np.int8)
    frames, held = len(right) // bands, placed.held
    if placed.strides and {*never[held < 0].tolist()} in ({0}, {-128}):
        return  # `inputs.rearranged` has these

    def change(windows: Int8, _: Int64) -> Int8:
        seen = np.where(held < 0, never, windows.reshape(len(windows), -1)[:, held])
        if info.bands_first:
            seen = seen.reshape(len(windows), bands, frames).transpose(0, 2, 1)
        return np.ascontiguousarray(seen).reshape(windows.shape)

    yield ELSEWHERE, f"in the model's input {placed.told}", PLACE_CURE, change


def _ways(wrong: Int64, count: int, given: Int64, constant: Collection[int] = CONSTANT) -> Iterator[Way]:
    """`constant`: values of which all cells are not tried."""
    ends = (int(wrong[-1]) + 1, count) if wrong[-1] + 1 < count else (count,)
    # what is not written before the first wrong cell may have been right by chance, so the longest stretch comes last
    for end in ends:
        for begin in range(int(wrong[0]), max(-1, int(wrong[0]) - EARLIER - 1), -1):
            which = f"cells {begin:,} to {end - 1:,} of the model's input"
            size = end - begin
            if end == count:
                which = f"the last {size:,} cells of the model's input"
            yield (
                f"{which} stale",
                f"{which} are those of the window before",
                RING_CURE,
                lambda w, _, begin=begin, end=end: _stale(w, begin, end),  # type: ignore[misc]
            )
            for value in dict.fromkeys((int(given[wrong[0]]), 0, -128)):
                if -128 <= value <= 127 and (size < count or value not in constant):
                    yield (
                        f"{which} {value}",
                        f"{which} are {value} in each window: never written, or written over",
                        INPUT_CURE,
                        lambda w, _, begin=begin, end=end, value=value: _filled(w, begin, end, value),  # type: ignore[misc]
                    )


def _stale(windows: Int8, begin: int, end: int) -> Int8:
    flat = windows.reshape(len(windows), -1)
    changed = flat.copy()
    changed[1:, begin:end] = flat[:-1, begin:end]
    return changed.reshape(windows.shape)


def _filled(windows: Int8, begin: int, end: int, value: int) -> Int8:
    changed = windows.reshape(len(windows), -1).copy()
    changed[:, begin:end] = value
    return changed.reshape(windows.shape)
