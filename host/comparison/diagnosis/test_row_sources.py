"""Columns that are right ones of the same stream in other places."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from .fakes_views import COLUMN_WORDS as WORDS
from .row_sources import other_places
from .search import Int8, View, search

RING, BANDS = 20, 12
RIGHT = np.random.default_rng(5).integers(-128, 128, (100, BANDS)).astype(np.int8)


def view_of(device: Int8, right: Int8 = RIGHT) -> View:
    file: Any = SimpleNamespace(name="a.wav", columns_before=0)
    return View(file, 0, right, device, np.ones(len(right), np.bool_), right[:0], 0)


def told(*views: View) -> str:
    found, left = search(list(views), [lambda views: other_places(views, WORDS, RING)], 8)
    if not found:
        return ""
    assert not left[0].wrong.any() and found[0].candidate.rows_alone
    return found[0].candidate.explanation.partition("other places: ")[2]


def told_of(rows: Any, shift: int, right: Int8 = RIGHT) -> str:
    """What is told where `rows` are those `shift` behind them."""
    device = right.copy()
    device[rows] = right[np.add(rows, shift)]
    return told(view_of(device, right))


def moved(rows: Any, source: Any) -> Int8:
    device = RIGHT.copy()
    device[rows] = RIGHT[source]
    return device


@pytest.mark.parametrize("length", [4, 5])
def test_pieces_in_reverse(length: int) -> None:
    pieces = np.arange(len(RIGHT)).reshape(-1, length)[:, ::-1].ravel()
    assert told(view_of(RIGHT[pieces])) == f"pieces of {length} columns come in reverse order"


def test_pieces_of_several_lengths() -> None:
    device = RIGHT.copy()
    device[:4], device[10:16], device[21:25] = RIGHT[3::-1], RIGHT[15:9:-1], RIGHT[24:20:-1]
    assert told(view_of(device)) == "pieces of 4 to 6 columns come in reverse order"


def test_a_place_of_the_ring() -> None:
    rows = np.array([19, 39, 59, 79])
    assert told_of(rows, -1) == "4 are the one before them, always at place 19 of the ring of 20, from 0"
    rows = np.concatenate([rows - 1, rows])
    where = "always at places 18 and 19 of the ring of 20, from 0"
    assert told_of(rows, 3) == f"8 are the one 3 behind them, {where}"


def test_places_of_the_ring_are_few_and_come_again() -> None:
    four = [1, 4, 8, 12, 21, 24, 28, 32]
    where = "always at places 1 and 4 and 8 and 12 of the ring of 20, from 0"
    assert told_of(four, 2) == f"8 are the one 2 behind them, {where}"
    assert told_of(four[:-1], 2) == "7 are the one 2 behind them"  # one of them once
    assert told_of([*four, 16, 36], 2) == "10 are the one 2 behind them"
    other = np.roll(RIGHT, 50, axis=0)
    views = [
        view_of(right[[*range(5), 6, *range(6, 9), 10, *range(10, 100)]], right) for right in (RIGHT, other)
    ]
    assert told(*views) == "4 are the one behind them"  # of each file's first ring


def test_how_far_how_wide_and_how_different() -> None:
    assert told_of([81, 84, 90, 99], -80) == "4 are the one 80 before them"
    assert told_of([82, 84, 90, 99], -81) == ""
    assert told_of([5, 18, 31, 47], 1, RIGHT[:, :8]) == "4 are the one behind them"
    assert told_of([5, 18, 31, 47], 1, RIGHT[:, :7]) == ""
    rows = np.array([5, 18, 31, 47])
    for apart, words in ((2, "4 are the one behind them"), (1, "")):
        right = RIGHT.copy()
        right[rows + 1] = right[rows]
        right[rows + 1, :apart] ^= 8
        assert told_of(rows, 1, right) == words


def test_of_columns_that_are_alike_the_nearest_or_as_for_the_last() -> None:
    twice = np.tile(RIGHT[:50], (2, 1))
    assert told_of([60, 65, 71, 80], 3, twice) == "4 are the one 3 behind them"
    assert told_of([10, 15, 30, 41], 30, twice) == "4 are the one 30 behind them"
    assert told_of([25, 26, 35, 44], -25, twice) == "4 are the one 25 before them"


def test_most_are_found() -> None:
    rows = np.arange(4, 49, 5)
    device = moved(rows, rows + 2)
    device[60] += np.int8(1)
    assert list(other_places([view_of(device)], WORDS, RING))  # nine of ten
    device[63] += np.int8(1)
    assert not list(other_places([view_of(device)], WORDS, RING))


def test_any_others_are_told_one_by_one() -> None:
    rows, sources = np.array([5, 18, 31, 47]), np.array([7, 17, 20, 55])
    assert (
        told(view_of(moved(rows, sources)))
        == "4 columns of a.wav and others, e.g. 5 is 7, 18 is 17, 31 is 20"
    )


def test_what_is_no_column_of_the_stream_or_hardly_another_is_not_told() -> None:
    device = moved(np.array([5, 18, 31]), np.array([7, 17, 20]))
    assert told(view_of(device)) == ""  # three alone
    device[40:50] += np.int8(1)
    assert told(view_of(device)) == ""
    same = RIGHT.copy()
    same[[5, 18, 31, 47]] = RIGHT[9]
    assert told(view_of(same)) == ""  # always the same one: that is stuck
