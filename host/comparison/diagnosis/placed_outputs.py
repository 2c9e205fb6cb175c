"""The hypothesis that logits are written elsewhere than behind the scores: byte by byte, as memory keeps them."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...core.altered_session import raw_outputs
from ...printable import counted
from .search import Candidate, Int8, View

CURE = (
    "Look at where the model's outputs are put: how many bytes behind the scores the logits begin (stream_infer in "
    "firmware/core/detect/stream.c, model_ends_output_bytes), and what copies them there"
)


def placed_outputs(bundle: Bundle) -> Callable[[list[View]], Iterator[Candidate]]:
    """Logits are written elsewhere than behind the scores: over these, with a gap, or where none are sent from."""
    model = bundle.model
    size = model.classes * model.scores.width

    def hypothesis(_views: list[View]) -> Iterator[Candidate]:
        if len(model.outputs) < 2:
            return
        # at the scores' own place, and written before them, is one of the places that are not sent from
        over = [(place, last) for place in range(size) for last in (False, True) if place or not last]
        behind = [(place, False) for place in range(size + 1, 2 * size + 1)]
        for place, scores_last in (*over, *behind):
            yield Candidate(
                f"logits at byte {place}",
                _told(place, size, model.classes, scores_last),
                CURE,
                lambda view, place=place, last=scores_last: _kept(view, model.scores.type, size, place, last),  # type: ignore[misc]
            )

    return hypothesis


def _told(place: int, size: int, classes: int, scores_last: bool) -> str:
    if place == 2 * size:
        return (
            f"nothing is written where the logits are sent from, {counted(size, 'byte')} behind the scores' beginning: "
            f"they are not fetched, or written to another place ({place} bytes behind it or more, or where the scores "
            "are then written over them); what is sent is what lay there before"
        )
    if place > size:
        gap = "; between them lies what was there before"
    else:
        over = "the scores then lie over them" if scores_last else "they lie over scores"
        gap = f"; {over}, and behind them lies what was there before"
    in_classes = ": classes are counted where bytes must be" if place == classes < size else ""
    return f"the logits are written {place} bytes behind the scores' beginning instead of {size}{in_classes}{gap}"


def _kept(view: View, kind: str, size: int, place: int, scores_last: bool) -> Int8 | None:
    """What a view's windows tell, where the outputs lie in memory that keeps what it held, from 0 on."""
    if view.first:
        return None
    raw = raw_outputs(kind, view.expected).view(np.uint8)
    memory = np.zeros(place + 2 * size, np.uint8)
    found = np.empty_like(view.expected)
    for row, given in enumerate(raw):
        parts = [(0, given[:size]), (place, given[size:])]
        for at, data in parts[::-1] if scores_last else parts:
            memory[at : at + size] = data
        memory[: 2 * size] = _taken(kind, memory[: 2 * size])
        found[row] = memory[: 2 * size].view(np.int8)
    return found


def _taken(kind: str, raw: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What is told of outputs as the model gives them: see `raw_outputs`."""
    if kind == "uint8":
        return raw ^ np.uint8(0x80)
    return np.concatenate([raw[1::2], raw[::2] ^ np.uint8(0x80)]) if kind == "int16" else raw
