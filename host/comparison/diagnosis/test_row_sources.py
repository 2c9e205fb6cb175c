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


def view_of(device: Int8) -> View:
    file: Any = SimpleNamespace(name="a.wav", columns_before=0)
    return View(file, 0, RIGHT, device, np.ones(len(RIGHT), np.bool_), RIGHT[:0], 0)


def told(device: Int8) -> str:
    found, left = search([view_of(device)], [lambda views: other_places(views, WORDS, RING)], 8)
    if not found:
        return ""
    assert not left[0].wrong.any()
    return found[0].candidate.explanation.partition("other places: ")[2]


def moved(rows: Any, source: Any) -> Int8:
    device = RIGHT.copy()
    device[rows] = RIGHT[source]
    return device


@pytest.mark.parametrize("length", [4, 5])
def test_pieces_in_reverse(length: int) -> None:
    pieces = np.arange(len(RIGHT)).reshape(-1, length)[:, ::-1].ravel()
    assert told(RIGHT[pieces]) == f"pieces of {length} columns come in reverse order"


def test_pieces_of_several_lengths() -> None:
    device = RIGHT.copy()
    device[:4], device[10:16] = RIGHT[3::-1], RIGHT[15:9:-1]
    assert told(device) == "pieces of 4 to 6 columns come in reverse order"


def test_a_place_of_the_ring() -> None:
    rows = np.array([19, 39, 59, 79])
    assert (
        told(moved(rows, rows - 1))
        == "4 are the one before them, always at place 19 of the ring of 20, from 0"
    )
    rows = np.concatenate([rows - 1, rows])
    assert (
        told(moved(rows, rows + 3))
        == "8 are the one 3 behind them, always at places 18 and 19 of the ring of 20, from 0"
    )


def test_any_others_are_told_one_by_one() -> None:
    rows, sources = np.array([5, 18, 31, 47]), np.array([7, 17, 20, 55])
    assert told(moved(rows, sources)) == "4 columns of a.wav and others, e.g. 5 is 7, 18 is 17, 31 is 20"


def test_what_is_no_column_of_the_stream_or_hardly_another_is_not_told() -> None:
    device = moved(np.array([5, 18, 31]), np.array([7, 17, 20]))
    assert told(device) == ""  # three alone
    device[40:50] += np.int8(1)
    assert told(device) == ""
    same = RIGHT.copy()
    same[[5, 18, 31, 47]] = RIGHT[9]
    assert told(same) == ""  # always the same one: that is stuck
