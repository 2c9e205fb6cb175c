"""A place of the ring that is never written: what is sent of it, and what the model sees there, comes once a turn."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from .evidence import DiagnosisRecord
from .finding import Finding
from .inputs import Model
from .search import Int8, View
from .words import column_pattern, first_place

CURE = "Look at where a column is written in the ring, and at the index behind it (ring_index in stream_push)"
LEAST_TURNS = 3  # of the ring, in which it shows


class Unwritten(NamedTuple):
    """A place that is never written.

    Attributes:
        place: its number, from 0.
        goes_to: the place to which its column goes; None: to none.
        holds: what lies there, int8 [bands].
    """

    place: int
    goes_to: int | None
    holds: Int8

    def told(self, frames: int) -> str:
        """In words."""
        last = " and the last one" if self.place == frames - 1 else ""
        same = f"{int(self.holds.min())} throughout" if not np.ptp(self.holds) else "what was there before"
        where = ""
        if self.goes_to is not None:
            side = "before" if (self.place - self.goes_to) % frames == 1 else "behind"
            where = f"; the column that belongs there is written to the place {side} it, over the one there"
        return (
            f"once each turn of the ring, every {frames} columns, a column is wrong: place {self.place} of the ring's "
            f"{frames} (from 0{last}) is never written, and is sent, and seen by the model, as it was ({same}){where}"
        )


def unwritten_place(model: Model, columns: list[View], outputs: list[View]) -> str:
    """Which place of the ring is never written, in words; empty where that does not give all columns and outputs.

    Args:
        model: the reference on the host's columns.
        columns, outputs: of the files kept, against what the host computed.
    """
    frames = model.bundle.frames
    places = Counter((view.first + row) % frames for view in columns for row in view.wrong_rows.tolist())
    for place in (each for each, turns in places.items() if turns >= LEAST_TURNS):
        held = _held(columns, place, frames)
        # where it is not seen that its column goes elsewhere, that is not said
        for goes_to in (None, (place - 1) % frames, (place + 1) % frames):
            found = Unwritten(place, goes_to, held)
            if all(_gives(view, found, frames) for view in columns) and all(
                _gives_outputs(model, view, found) for view in outputs
            ):
                return found.told(frames)
    return ""


def of_unwritten_place(
    record: DiagnosisRecord, model: Model | None, columns: list[View], outputs: list[View]
) -> Finding | None:
    """A place of the ring is never written: once a turn a column is wrong, as it is sent and as the model sees it.

    Returns:
        The finding, where that gives all columns and outputs.
    """
    told = "" if model is None or not columns else unwritten_place(model, columns, outputs)
    if not told:
        return None
    return Finding(
        "features",
        "a place of the ring unwritten",
        first_place(record, "features", columns, [view.wrong for view in columns]),
        f"{told}; this gives all columns and all outputs that were kept",
        CURE,
        column_pattern(record),
        1.0,
        tuple(view.file.name for view in columns if view.wrong.any()),
    )


def _held(columns: list[View], place: int, frames: int) -> Int8:
    """What is sent of a place of the ring each time, int8 [bands]; of several values the largest."""
    rows = [
        view.device[view.present & ((view.first + np.arange(len(view.device))) % frames == place)]
        for view in columns
    ]
    held: Int8 = np.concatenate(rows).max(axis=0)
    return held


def _gives(view: View, found: Unwritten, frames: int) -> bool:
    """Whether all columns are what the ring held, some of them when the next one was written already."""
    lies = (view.first + np.arange(len(view.expected))) % frames
    right = (view.expected == view.device).all(axis=1) | ~view.present
    kept = (view.device == found.holds).all(axis=1) | ~view.present
    right[lies == found.place] = kept[lies == found.place]
    if found.goes_to == (found.place - 1) % frames:
        later = np.concatenate([view.expected[1:], view.expected[-1:]])
        right |= (lies == found.goes_to) & (view.device == later).all(axis=1)
    return bool(right.all())


def _gives_outputs(model: Model, view: View, found: Unwritten) -> bool:
    windows = seen(model, view, found)
    told = model.run(model.cells(windows))
    return np.array_equal(told[view.present], view.device[view.present])


def seen(model: Model, view: View, found: Unwritten) -> Int8:
    """The windows of columns as the model sees them, int8 [n, frames, bands]."""
    frames, stride, piece = model.bundle.frames, model.bundle.stride, view.file.piece
    columns = model.columns(piece)
    places = (view.first + np.arange(len(view.expected)))[:, None] * stride + np.arange(frames)
    windows = columns[places - piece.first_column].copy()
    lies = places % frames
    if found.goes_to is not None:
        # its column stays where it went until the place is written in turn
        for row, window in enumerate(places):
            its_own, other = (np.flatnonzero(lies[row] == place)[0] for place in (found.goes_to, found.place))
            if window[other] > window[its_own]:
                windows[row, its_own] = columns[window[other] - piece.first_column]
    windows[lies == found.place] = found.holds
    return windows
