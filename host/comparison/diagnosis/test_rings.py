"""The ring of columns: how early it may wrap, how far apart windows may be, and which copies may be short."""

from dataclasses import replace

import numpy as np
import pytest

from ...bundle.load import Bundle
from . import rings
from .fakes_views import cells, file_of, piece_of, view_of
from .inputs import Model
from .search import Int8, View
from .test_input_cells import COLUMNS, WINDOWS, explaining, right_windows, view_with
from .test_inputs import bundle, model_of

__all__ = ["bundle"]


def apart(stride: int) -> Int8:
    """Windows of 31 columns that begin so far apart; behind the last column there is that one."""
    starts = [stride * n + np.arange(31) for n in range(WINDOWS)]
    return COLUMNS[np.minimum(starts, len(COLUMNS) - 1)]


def ring_of(size: int, never: int) -> Int8:
    """Windows out of a ring of 31 columns of which `size` are used."""
    ring, windows, done = np.full((31, 16), never, np.int8), [], 0
    for n in range(WINDOWS):
        for column in range(done, 7 * n + 31):
            ring[column % size] = COLUMNS[column]
        done = 7 * n + 31
        windows.append(np.concatenate([ring[done % size :], ring[: done % size]]))
    return np.array(windows)


@pytest.mark.parametrize("never", [0, -128])
@pytest.mark.parametrize(("short", "words"), [(1, "1 column"), (2, "2 columns")])
def test_a_ring_that_wraps_early_is_named(bundle: Bundle, short: int, words: str, never: int) -> None:
    model = model_of(bundle)
    view = view_with(model, ring_of(31 - short, never))
    told = f"the ring of columns wraps {words} too early: of its 31 the last {words} is never written"
    assert any(each.startswith(told) for each in explaining(list(rings.ring_memory(model)([view])), view))
    late = replace(view, first=1)
    assert not any("wraps" in each.explanation for each in rings.ring_memory(model)([late]))


def test_windows_of_a_ring(bundle: Bundle) -> None:
    model = model_of(bundle)
    view = view_with(model, right_windows())
    for size in (31, 30, 7):
        assert np.array_equal(rings.ring_windows(model, view, size, 5), ring_of(size, 5))
    assert np.array_equal(ring_of(31, 5), right_windows())


@pytest.mark.parametrize("stride", [8, 6, 9, 5, 11, 3])
def test_windows_too_far_apart_or_too_near_are_named(bundle: Bundle, stride: int) -> None:
    model = model_of(bundle)
    view = view_with(model, apart(stride))
    found = explaining(list(rings.ring_memory(model)([view])), view)
    assert f"windows begin {stride} columns apart instead of 7" in found


@pytest.mark.parametrize(("right", "stride", "named"), [(1, 2, True), (2, 1, True), (1, 0, False)])
def test_windows_are_a_column_apart_at_least(bundle: Bundle, right: int, stride: int, named: bool) -> None:
    model = model_of(replace(bundle, stride=right))
    outputs = model.run(apart(right)), model.run(apart(stride))
    file = file_of(piece_of(COLUMNS, COLUMNS, outputs=outputs))
    view = View(file, 0, *outputs, np.ones(WINDOWS, np.bool_), outputs[0][:0], 0)
    found = [each.explanation for each in rings._apart(model, [view])]
    assert (f"windows begin {stride} columns apart instead of {right}" in found) == named


def test_windows_are_counted_from_the_streams_first_column(bundle: Bundle) -> None:
    model = model_of(bundle)
    view = view_with(model, right_windows())
    file = replace(view.file, piece=replace(view.file.piece, expected=COLUMNS[21:], first_column=21))
    later = replace(view, file=file, first=3, expected=view.expected[3:], device=view.device[3:])
    assert np.array_equal(rings._windows_apart(model, later, 7), right_windows()[3:])


def test_more_than_half_are_most() -> None:
    right = cells(8, 2)
    for wrong, most in ((3, True), (4, False), (5, False)):
        outputs = right.copy()
        outputs[:wrong, 1] += 1
        assert rings.most_right(outputs, view_of(right, right), np.arange(8)) == most
    assert not rings.most_right(right, view_of(right, right), np.arange(0))


def test_copies_that_are_short_are_told_in_cells_and_columns(bundle: Bundle) -> None:
    told = [told for _, told, *_ in rings._short_copies(model_of(bundle))]
    sizes = ("1 cell", "2 cells", "4 cells", "1 column", "2 columns", "4 columns")
    assert told == [
        f"the {part} of the ring's two copies into the model's input is {size} short: what lay there before stays"
        for size in sizes
        for part in ("first", "second")
    ]


def test_what_the_first_copy_leaves_out(bundle: Bundle) -> None:
    """All of it, where it is as short as that; and the input was 0 before the first window."""
    model: Model = model_of(bundle)
    windows = right_windows()
    held = rings.copied(model, windows, np.arange(WINDOWS), 16, 0)
    assert np.array_equal(held[0][:-1], windows[0][:-1]) and not held[0][-1].any()
    split = 31 - 7 % 31
    assert np.array_equal(held[1][split - 1], windows[0][split - 1])
    assert np.array_equal(np.delete(held[1], split - 1, 0), np.delete(windows[1], split - 1, 0))
    none = rings.copied(model, windows, np.arange(WINDOWS), 31 * 16, 0)
    assert (
        not none[0].any()
        and np.array_equal(none[1][split:], windows[1][split:])
        and not none[1][:split].any()
    )
