"""The hypothesis that columns are not written: what is sent is what their place in the ring held before."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from .places import grid_of, ordinal
from .search import Candidate, Hypothesis, Int8, View

LEAST_DISTINCT = 3  # columns, so that it is no chance
LEAST_SILENT = 4
LEAST_STRIDE = 3  # columns, from which on it is no chance that those of one place in a window are wrong
CURE = (
    "Look at what computes a column and where it is told to write it (stream_push, fe_push, the kind's column "
    "function): it may return before it has written one, or write elsewhere"
)
NTH_CURE = (
    "Look at where columns are written in the ring (stream_push, fe_push and the kind's column function): at what is "
    "done there by their number"
)

Mask = NDArray[np.bool_]


def kept_slots(bundle: Bundle) -> Hypothesis:
    """Some columns are what their place in the ring held before, of the same stream or of the one before it."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        if not _distinct(views, bundle.frames):
            return
        yield Candidate(
            "columns not written",
            f"columns are not written: what is sent is what their place in the ring of {bundle.frames} held before",
            CURE,
            lambda view: _held(view, bundle.frames),
            rows_alone=True,
            detail=lambda views: _silent(views, bundle) or _in_windows(views, bundle),
        )

    return hypothesis


def nth_kept(bundle: Bundle) -> Hypothesis:
    """Every so many columns one is not written, and no others: it is what its place in the ring held before."""
    return lambda views: _every_nth(views, bundle)


def _every_nth(views: list[View], bundle: Bundle) -> Iterator[Candidate]:
    """In a first turn of the ring it may hold anything."""
    grid, frames = grid_of(views), bundle.frames
    if grid is None or any((view.wrong.any(axis=1) & ~grid.rows(view)).any() for view in views):
        return
    due = [(view, grid.rows(view) & view.present) for view in views]
    kept = all((view.device == _held(view, frames))[rows & _known(view, frames)].all() for view, rows in due)
    sent = np.concatenate([view.device[rows] for view, rows in due])
    if kept and _distinct(views, frames):
        begins = any((grid.rows_before(view) & _written(view, frames)).any() for view in views)
        told = (
            f"{grid.told('column', begins)} is not written: what is sent of it is what its place in the ring held, "
            f"the column {frames} before it"
        )
    elif frames % grid.step == 0 and not grid.of_run and not np.ptp(sent):
        value = int(sent.min())
        told = (
            f"{grid.told('column', False)} holds {value} throughout: its places in the ring of {frames} are never "
            f"written, or {value} is written there"
        )
    else:
        return
    yield Candidate(
        f"every {grid.step:,}{ordinal(grid.step)} column not written",
        told,
        NTH_CURE,
        lambda view: np.where(
            (grid.rows(view) & ~_known(view, frames))[:, None], view.device, _held(view, frames)
        ),
        rows_alone=True,
        detail=lambda views: _in_windows(views, bundle),
    )


def _distinct(views: list[View], frames: int) -> bool:
    """Whether so many distinct columns are what their place held before that it is no chance."""
    kept = [(view, _kept_rows(view, _held(view, frames))) for view in views]
    distinct = {view.device[row].tobytes() for view, mask in kept for row in np.flatnonzero(mask)}
    return len(distinct) >= LEAST_DISTINCT


def _held(view: View, frames: int) -> Int8:
    """What each row's place in the ring held before it, int8 [n, bands]; the right row where that is not known."""
    values = view.expected.copy()
    values[frames:] = view.device[:-frames]
    if not view.first:
        # the ring as it was before anything was written there
        values[:frames][~view.device[:frames].any(axis=1)] = 0
    for row, earlier in _of_before(view, frames):
        values[row] = view.before[earlier]
    return values


def _known(view: View, frames: int) -> Mask:
    """Of which rows it is known what their place in the ring held."""
    known = np.arange(len(view.expected)) >= frames
    known[frames:] &= view.present[:-frames]
    known[[row for row, _ in _of_before(view, frames)]] = True
    return known


def _written(view: View, frames: int) -> Mask:
    """Which rows were written for sure: others than their place held, or right ones that no other row is like."""
    _, which, often = np.unique(view.expected, axis=0, return_inverse=True, return_counts=True)
    right = ~view.wrong.any(axis=1) & (often[which.ravel()] == 1)
    other = _known(view, frames) & (view.device != _held(view, frames)).any(axis=1)
    written: Mask = view.present & (other | ~_known(view, frames) & right)
    return written


def _of_before(view: View, frames: int) -> Iterator[tuple[int, int]]:
    """The first rows of which the stream before has written the place last, each with that one's row."""
    if view.first:
        return
    numbers = view.before_first + np.arange(len(view.before))
    for row in range(min(frames, len(view.expected))):
        same = np.flatnonzero(numbers % frames == row)
        if len(same):
            yield row, int(same[-1])


def _kept_rows(view: View, held: Int8) -> Mask:
    kept: Mask = view.wrong.any(axis=1) & (view.device == held).all(axis=1)
    return kept


def _silent(views: list[View], bundle: Bundle) -> str:
    """That these are the columns whose samples are all 0, and no others."""
    count = 0
    for view in views:
        silent = _is_silent(view, bundle)
        held = _held(view, bundle.frames)
        wrong = view.wrong.any(axis=1)
        if (wrong & ~silent).any() or (silent & view.present & (view.device != held).any(axis=1)).any():
            return ""
        count += int(wrong.sum())
    return "all whose samples are 0 and no others" if count >= LEAST_SILENT else ""


def _in_windows(views: list[View], bundle: Bundle) -> str:
    """That these are the last, or the first, columns of the windows, or what is new in these, and no others."""
    frames, stride = bundle.frames, bundle.stride
    if stride < LEAST_STRIDE:
        return ""
    for which, place in (("last", frames - 1), ("first new", frames - stride)):
        if all(_only_at(view, bundle, place) for view in views):
            begun = ", and each stream's first one" if which == "first new" else ""
            return f"the {which} one of each window{begun}, and no others"
    return ""


def _only_at(view: View, bundle: Bundle, place: int) -> bool:
    """Whether columns at a place in their windows are old, and all others right."""
    numbers = view.first + np.arange(len(view.expected))
    due = (numbers >= place) & ((numbers - place) % bundle.stride == 0)
    if place + bundle.stride == bundle.frames:  # before the first window all columns are new
        due = ((numbers >= bundle.frames) & ((numbers - place) % bundle.stride == 0)) | (numbers == 0)
    held = (view.device == _held(view, bundle.frames)).all(axis=1)
    return (
        not (view.wrong.any(axis=1) & ~due).any() and not (due & view.present & ~held & (numbers != 0)).any()
    )


def _is_silent(view: View, bundle: Bundle) -> Mask:
    """Which rows' samples are all 0."""
    settings = bundle.settings
    loud = np.concatenate([[0], np.cumsum(view.file.piece.samples != 0)])
    begins = np.arange(len(view.expected)) * settings.hop
    silent: Mask = loud[begins + settings.samples_for(1)] == loud[np.maximum(begins - settings.lead, 0)]
    return silent
