"""Outputs that are right of the windows which begin where the board says that they do."""

import numpy as np
from numpy.typing import NDArray

from ...printable import counted
from .evidence import DiagnosisRecord
from .finding import Finding
from .inputs import Model
from .said import Said
from .search import View

CURE = (
    "Look at what counts columns up to the next window, and what is told of its first one (next_window_at and "
    "first_column in firmware/core/detect/stream.c)"
)


def at_told_places(record: DiagnosisRecord, model: Model, views: list[View]) -> Finding | None:
    """The finding that windows begin elsewhere, and are right there; None where that does not give all outputs.

    Args:
        record: of the run.
        model: the reference.
        views: outputs of the files kept, against those of the windows as they must be.
    """
    said = {each.name: each.said for each in record.spoken}
    wrong = [view for view in views if view.wrong.any()]
    if not wrong or model.stateful:
        return None
    moved: list[tuple[View, int, int]] = []
    for view in wrong:
        told = said.get(view.file.name)
        numbers = (view.first + np.flatnonzero(view.present)).tolist()
        firsts = None if told is None else _first_columns(told, numbers)
        if firsts is None or not _gives(model, view, firsts):
            return None
        moved += [
            (view, number, first)
            for number, first in zip(numbers, firsts.tolist(), strict=True)
            if first != number * record.bundle.stride
        ]
    if not moved:
        return None
    view, number, first = moved[0]
    return Finding(
        stage="outputs",
        cause="windows elsewhere",
        place=f"{view.file.name}, window {number}",
        explanation=f"the board says itself that its windows begin elsewhere, window {number} at column {first:,}, and "
        f"{number * record.bundle.stride:,} is right; of the windows that begin where it says, all outputs are right: "
        "what the model is given is right, and when a window is due is not",
        cure=CURE,
        pattern=f"{counted(len(moved), 'window')} in {counted(len(wrong), 'file')}",
        share=1.0,
        files=tuple(view.file.name for view in wrong),
    )


def _first_columns(said: Said, numbers: list[int]) -> NDArray[np.int64] | None:
    """What was told of windows that came, int64 [n]; None where one is told twice, or one of these is not told."""
    told = {window[0]: window[1] for window in said.windows}
    if len(told) != len(said.windows) or not told.keys() >= set(numbers):
        return None
    return np.array([told[number] for number in numbers], np.int64)


def _gives(model: Model, view: View, firsts: NDArray[np.int64]) -> bool:
    """Whether the reference gives the device's outputs of windows that begin there, of those that came."""
    piece = view.file.piece
    columns, starts = model.columns(piece), firsts - piece.first_column
    if starts.min() < 0 or starts.max() + model.bundle.frames > len(columns):
        return False
    windows = model.cells(columns[starts[:, None] + np.arange(model.bundle.frames)])
    return np.array_equal(model.run(windows), view.device[view.present])
