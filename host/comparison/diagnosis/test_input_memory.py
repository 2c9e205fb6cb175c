"""Inputs that keep something of what lay there: mixed, moved on, or copied in part, from file to file."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...bundle.load import Bundle
from . import input_memory
from .evidence import Before
from .fakes_views import cells, file_of, piece_of
from .inputs import Model
from .search import Int8, View
from .test_input_cells import WINDOWS
from .test_inputs import bundle, model_of

__all__ = ["bundle"]

FRAMES, STRIDE, BANDS = 31, 7, 16
CELLS = FRAMES * BANDS
FILES = [cells(FRAMES + STRIDE * (WINDOWS - 1), BANDS, seed, -99, 99) for seed in (1, 2, 3)]
Held = Callable[[Any, Any, int], Any]  # what lay there, the window, its number


def right_of(columns: Int8) -> Int8:
    return np.stack([columns[STRIDE * n : STRIDE * n + FRAMES] for n in range(WINDOWS)])


def whole(size: int) -> Held:
    def held(before: Any, window: Any, number: int) -> Any:
        split = CELLS - number * STRIDE % FRAMES * BANDS
        first, second = split // size * size, split + (CELLS - split) // size * size
        return np.concatenate([window[:first], before[first:split], window[split:second], before[second:]])

    return held


def moved(before: Any, window: Any, _: int) -> Any:
    fresh = STRIDE * BANDS
    return np.concatenate([before[fresh:], window[-fresh:]]) if before.any() else window


WAYS: dict[str, Held] = {
    "the model's input is the mean, rounded towards 0,": lambda b, w, _: ((b + w) / 2).astype(int),
    "the model's input is the mean, rounded down,": lambda b, w, _: np.floor((b + w) / 2),
    "the model's input is the mean, rounded up,": lambda b, w, _: np.ceil((b + w) / 2),
    "the model's input is the larger one": lambda b, w, _: np.where(b > w, b, w),
    "the model's input is the smaller one": lambda b, w, _: np.where(b < w, b, w),
    "what is copied into the model's input ends at a multiple of 5 cells": whole(5),
    "what is copied into the model's input ends at a multiple of 6 cells": whole(6),
    "the model's input is moved on by 7 columns and only the newest 7 are copied": moved,
}


def views_of(model: Model, way: Held) -> list[View]:
    """Two files that differ behind one that did not, of which the end is known."""
    views: list[View] = []
    held = np.zeros(CELLS)
    for number, columns in enumerate(FILES):
        right, seen = right_of(columns), []
        for row, window in enumerate(right.reshape(WINDOWS, -1).astype(float)):
            held = way(held, window, row)
            seen.append(held)
        outputs = model.run(right), model.run(np.array(seen).astype(np.int8).reshape(right.shape))
        piece = piece_of(columns, columns, outputs=outputs)
        last = views[-1].file if views else None
        before = None if last is None else Before(last.name, 9, last.piece, None)
        file = file_of(piece, f"{number}.wav", before, rows_before=100 * number)
        views.append(View(file, 0, *outputs, np.ones(WINDOWS, np.bool_), outputs[0][:0], 0))
    return views


@pytest.mark.parametrize("words", WAYS)
def test_what_lies_in_the_input_goes_on_from_file_to_file(
    bundle: Bundle, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_memory, "WORDS", (5, 6))
    model = model_of(bundle)
    views = views_of(model, WAYS[words])
    for given in (views, views[::-1], views[1:]):  # of a file that did not differ its end is known
        found = [
            each
            for each in input_memory.input_memory(model)(given)
            if all(np.array_equal(each.replay(view), view.device) for view in given)  # type: ignore[arg-type]
        ]
        assert len(found) == 1 and found[0].explanation.startswith(words)


def test_of_a_file_that_was_not_kept_from_its_beginning_on_nothing_is_said(bundle: Bundle) -> None:
    model = model_of(bundle)
    views = views_of(model, WAYS["the model's input is the larger one"])
    kept: Any = {
        "expected": views[2].expected[1:],
        "device": views[2].device[1:],
        "present": views[2].present[1:],
    }
    late = replace(views[2], first=1, **kept)
    assert list(input_memory.input_memory(model)([late])) == []
    [found] = input_memory.input_memory(model)([views[1], late])
    assert found.replay(late) is None and found.replay(views[1]) is not None


def test_of_a_file_before_without_a_window_nothing_is_left(bundle: Bundle) -> None:
    model = model_of(bundle)
    view = views_of(model, WAYS["the model's input is the larger one"])[0]
    short = Before("short.wav", 9, piece_of(FILES[1][:9], FILES[1][:9]), None)
    behind = replace(view, file=replace(view.file, before=short))
    [found] = input_memory.input_memory(model)([behind])
    assert np.array_equal(found.replay(behind), view.device)  # type: ignore[arg-type]


def test_where_nothing_differs_nothing_is_tried(bundle: Bundle) -> None:
    model = model_of(bundle)
    [view, *_] = views_of(model, lambda _, window, __: window)
    assert list(input_memory.input_memory(model)([view])) == []


def test_words_are_of_four_cells_or_as_many_as_others_copy(bundle: Bundle) -> None:
    told = [words for words, _ in input_memory._ways(model_of(bundle))]
    sizes = [words.split(" cells: ")[0].split()[-1] for words in told if "a multiple of" in words]
    assert sizes == ["4", "8", "2", "16"]
