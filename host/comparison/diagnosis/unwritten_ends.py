"""Of an input that was another one when it was written once more: the cells that are never written."""

import numpy as np

from ...bundle.load import Bundle
from ...trace.window import WindowTrace
from .figures import places_told

CURE = (
    "Look at how many cells each copy writes (model_ends_put, and what stream_put_window gives it): it ends too "
    "early"
)


def unwritten_ends(window: WindowTrace, bundle: Bundle) -> str:
    """Which last cells of the pieces that the ring is copied in are others, in words; empty: others are wrong, too.

    All of the input but these was right when it was read first.
    """
    if window.inputs is None or bundle.model.input.bands_first:
        return ""
    right, given = (values.ravel() for values in window.inputs)
    wrong = np.flatnonzero(right != given) if len(right) == len(given) else np.empty(0, np.int64)
    bands = bundle.settings.model_bands
    split = len(right) - len(window.columns) % bundle.frames * bands
    lacks = np.where(wrong < split, split, len(right)) - wrong  # how far before its piece's end a cell lies
    if not len(wrong) or lacks.max() > bands:  # more than a column
        return ""
    short = int(lacks.max())
    which = "the last one" if short == 1 else f"the last {short}"
    cells = places_told(wrong, len(right), "cell", "cells")
    was = "was" if len(wrong) == 1 else "were"
    return (
        f"at first only {cells} of it {was} wrong, {which} of a piece that the ring is copied in, as where it is not "
        "written and what the model's run left there stays"
    )
