"""Wrong windows that are those in which something of the sound is beyond a bound, and no others."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from . import heard_in as module
from .fakes_views import cells, file_of, piece_of, verified_as
from .heard_in import heard_in
from .search import View

FRAMES, STRIDE, HOP, WINDOWS, BANDS = 6, 2, 4, 30, 3
COLUMNS = FRAMES + STRIDE * (WINDOWS - 1)
SETTINGS = SimpleNamespace(hop=HOP, samples_for=lambda columns: columns * HOP)
BUNDLE: Any = SimpleNamespace(stride=STRIDE, frames=FRAMES, settings=SETTINGS, window_samples=FRAMES * HOP)
RIGHT = cells(COLUMNS, BANDS)
SAMPLES = cells(COLUMNS * HOP, 1, seed=3)[:, 0].astype(np.int16)
OUTPUTS = cells(WINDOWS, 2, seed=2)
BEGINS = np.arange(WINDOWS) * STRIDE
WHOLE = np.stack([RIGHT[at : at + FRAMES] for at in BEGINS]).astype(int)
SOUND = np.stack([np.abs(SAMPLES[at * HOP :][: FRAMES * HOP]) for at in BEGINS]).astype(int)
FIGURES = {
    "the largest cell of the newest column": WHOLE[:, -1].max(axis=1),
    "the sum of the newest column's cells": WHOLE[:, -1].sum(axis=1),
    "the largest cell of the oldest column": WHOLE[:, 0].max(axis=1),
    "the largest cell": WHOLE.max(axis=(1, 2)),
    "the sum of all cells": WHOLE.sum(axis=(1, 2)),
    "the loudest sample of the newest 2 columns": SOUND[:, -STRIDE * HOP :].max(axis=1),
    "the loudest sample": SOUND.max(axis=1),
}


def view_with(wrong: Any, first: int = 0, gone: int = 0) -> View:
    """Windows of which some are wrong; of the first `gone` columns nothing was kept."""
    device = OUTPUTS.copy()
    device[wrong] ^= 1
    piece = piece_of(RIGHT[gone:], RIGHT[gone:], samples=SAMPLES[gone * HOP :], first=gone)
    present = np.ones(WINDOWS - first, np.bool_)
    return View(file_of(piece), first, OUTPUTS[first:], device[first:], present, OUTPUTS[:0], 0)


def told(*views: View) -> str:
    return heard_in(verified_as(list(views), [view.device for view in views]), BUNDLE)


@pytest.mark.parametrize("words", FIGURES)
@pytest.mark.parametrize("above", [True, False])
def test_windows_beyond_a_bound_of_the_sound(words: str, above: bool) -> None:
    values = FIGURES[words]
    bound = int(np.sort(values)[WINDOWS // 2])
    ours = values >= bound if above else values < bound
    low, high = int(values[values < bound].max()), int(values[values >= bound].min())
    told_ones = f"{high:,} or more and none where it is {low:,} or less"
    if not above:
        told_ones = f"{low:,} or less and none where it is {high:,} or more"
    assert told(view_with(ours)) == f"of their windows all where {words} is {told_ones}"
    assert told(view_with(ours, 3, 6)).startswith(f"of their windows all where {words} is ")
    assert told(view_with(ours ^ (np.arange(WINDOWS) == 7))) == "", "one of the others"


@pytest.mark.parametrize(("count", "is_told"), [(5, False), (6, True), (24, True), (25, False)])
def test_of_few_windows_on_one_side_nothing_is_told(count: int, is_told: bool) -> None:
    values = FIGURES["the sum of all cells"]
    ours = np.zeros(WINDOWS, np.bool_)
    ours[np.argsort(values)[:count]] = True
    assert bool(told(view_with(ours))) is is_told


def test_a_window_that_is_as_the_one_before_it_may_be_on_either_side() -> None:
    values = FIGURES["the sum of all cells"]
    ours = values < np.sort(values)[WINDOWS // 2]
    view = view_with(ours)
    at = next(row for row in range(1, WINDOWS) if ours[row] and not ours[row - 1])
    same = view.device.copy()
    same[at] = same[at - 1]
    assert told(replace(view, expected=np.where(ours[:, None] & (np.arange(WINDOWS) != at)[:, None],
                                                view.expected, same), device=same))  # fmt: skip
    other = np.where((np.arange(WINDOWS) == at)[:, None], view.expected, view.device)
    assert told(replace(view, device=other)) == ""


def test_windows_that_did_not_come_are_on_no_side() -> None:
    values = FIGURES["the sum of all cells"]
    ours = values < np.sort(values)[WINDOWS // 2]
    off = np.arange(WINDOWS) == int(np.argmin(values))
    view = view_with(ours & ~off)
    assert told(view) == ""
    assert told(replace(view, present=~off))


@pytest.mark.parametrize("above", [True, False])
@pytest.mark.parametrize("same", [True, False])
def test_what_is_the_same_on_both_sides_is_no_bound(
    monkeypatch: pytest.MonkeyPatch, above: bool, same: bool
) -> None:
    values = np.arange(WINDOWS)
    ours = (values >= 15) == above
    values[15] -= same
    monkeypatch.setattr(module, "_by_window", lambda *_: [("it", values.tolist())])
    assert bool(told(view_with(ours))) is not same
