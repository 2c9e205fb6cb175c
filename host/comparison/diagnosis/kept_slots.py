"""The hypothesis that columns are not written: what is sent is what their place in the ring held before."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from .search import Candidate, Hypothesis, Int8, View

LEAST_DISTINCT = 3  # columns, so that it is no chance
LEAST_SILENT = 4
LEAST_STRIDE = 3  # columns, from which on it is no chance that those of one place in a window are wrong
CURE = (
    "Look at what computes a column and where it is told to write it (stream_push, fe_push, the kind's column "
    "function): it may return before it has written one, or write elsewhere"
)


def kept_slots(bundle: Bundle) -> Hypothesis:
    """Some columns are what their place in the ring held before, of the same stream or of the one before it."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        kept = [(view, _held(view, bundle.frames)) for view in views]
        rows = [(view, held, _kept_rows(view, held)) for view, held in kept]
        distinct = {view.device[row].tobytes() for view, _, mask in rows for row in np.flatnonzero(mask)}
        if len(distinct) < LEAST_DISTINCT:
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


def _held(view: View, frames: int) -> Int8:
    """What each row's place in the ring held before it, int8 [n, bands]; the right row where that is not known."""
    values = view.expected.copy()
    values[frames:] = view.device[:-frames]
    if view.first:
        return values
    numbers = view.before_first + np.arange(len(view.before))
    for row in range(min(frames, len(values))):
        same = np.flatnonzero(numbers % frames == row)
        if len(same):
            values[row] = view.before[same[-1]]
        elif not view.device[row].any():
            values[row] = 0  # the ring as it was before anything was written there
    return values


def _kept_rows(view: View, held: Int8) -> NDArray[np.bool_]:
    kept: NDArray[np.bool_] = view.wrong.any(axis=1) & (view.device == held).all(axis=1)
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
        not (view.wrong.any(axis=1) & ~due).any() and not (due & view.present & ~held & (numbers > 0)).any()
    )


def _is_silent(view: View, bundle: Bundle) -> NDArray[np.bool_]:
    """Which rows' samples are all 0."""
    settings = bundle.settings
    loud = np.concatenate([[0], np.cumsum(view.file.piece.samples != 0)])
    begins = np.arange(len(view.expected)) * settings.hop
    silent: NDArray[np.bool_] = (
        loud[begins + settings.samples_for(1)] == loud[np.maximum(begins - settings.lead, 0)]
    )
    return silent
