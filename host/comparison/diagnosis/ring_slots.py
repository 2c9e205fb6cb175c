"""Columns that lie elsewhere in the ring than where they are read: what is sent and what the model sees follow."""

import numpy as np
from numpy.typing import NDArray

from .inputs import Model
from .search import Int8, View

CURE = "Look at the types of what counts columns and of the ring's index (firmware/core/detect/stream.c)"

Int64 = NDArray[np.int64]


def narrow_slots(model: Model, columns: list[View], outputs: list[View]) -> str:
    """How many bits of a column's number say where it is written, in words; empty where that does not give all.

    Args:
        model: the reference on the host's columns.
        columns, outputs: of the files kept, against what the host computed.
    """
    if not columns or any(view.first or view.file.piece.first_column for view in (*columns, *outputs)):
        return ""  # what lay in the ring before is not known
    frames = model.bundle.frames
    longest = max(len(view.expected) for view in columns)
    for bits in range(
        frames.bit_length(), (longest - 1).bit_length()
    ):  # that hold more than a ring, and not all
        sent = (_gives(model, view, bits) for view in columns)
        if all(sent) and all(_gives_outputs(model, view, bits) for view in outputs):
            return (
                f"from column {1 << bits:,} on columns are written elsewhere in the ring of {frames} than where they "
                f"are read: their number is kept in {bits} bits where they are written"
            )
    return ""


def _gives(model: Model, view: View, bits: int) -> bool:
    frames, rows = model.bundle.frames, np.arange(len(view.expected))
    sent = view.expected[_lying(rows, rows, frames, bits)]
    return np.array_equal(sent[view.present], view.device[view.present])


def _gives_outputs(model: Model, view: View, bits: int) -> bool:
    frames, stride = model.bundle.frames, model.bundle.stride
    places = np.arange(len(view.expected))[:, None] * stride + np.arange(frames)
    last = np.broadcast_to(places[:, -1:], places.shape)
    lying = _lying(places.ravel(), last.ravel(), frames, bits).reshape(places.shape)
    told: Int8 = model.run(model.cells(view.file.piece.expected[lying]))
    return np.array_equal(told[view.present], view.device[view.present])


def _lying(read: Int64, last: Int64, frames: int, bits: int) -> Int64:
    """Which column lies in the place from which each column is read, when column `last` was written."""
    written = (np.arange(int(last.max()) + 1) % (1 << bits)) % frames
    found = np.empty(len(read), np.int64)
    for slot in range(frames):
        here = read % frames == slot
        writers = np.flatnonzero(written == slot)
        found[here] = writers[np.searchsorted(writers, last[here], side="right") - 1]
    return found
