"""Levels and cells that are mixed with others over columns or bands, by what that makes of numbers and of a sound."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from ...core.c_frontend import FrontEnd
from . import smoothed as s
from .coarse import coarse, within
from .conftest import sound
from .decibels import DB, Logarithm
from .fakes_front_end import SCALE, SETTINGS, ZERO, tables_of
from .fakes_views import best, view_of
from .search import View

pytestmark = pytest.mark.native
ROWS = np.array([[8, 0, -9], [0, 4, 3], [-7, 4, 5]])
NONE = np.zeros(3, np.int64)


@pytest.mark.parametrize(
    ("mix", "divide", "rows"),
    [
        (s._towards(Fraction(1, 2)), s._to_zero, [[4, 0, -4], [2, 2, -1], [-2, 3, 2]]),
        (s._towards(Fraction(1, 2)), s._down, [[4, 0, -5], [2, 2, -1], [-3, 3, 2]]),
        (s._held(3, "3"), s._down, [[8, 0, -3], [5, 4, 3], [2, 4, 5]]),
        (s._run(2), s._nearest, [[4, 0, -4], [4, 2, -3], [-3, 4, 4]]),
        (s._less_mean(Fraction(1, 2)), s._to_zero, [[4, 0, -5], [-2, 2, 4], [-5, 1, 3]]),
        (s._across("", 1, 1), s._down, [[8, 4, -5], [0, 2, 3], [-7, -2, 4]]),
        (s._across("", 0, 1, 1), s._down, [[8, -5, -9], [0, 3, 3], [-7, 4, 5]]),
        (s._across("", 1, 2, 1), s._down, [[8, -1, -9], [0, 2, 3], [-7, 1, 5]]),
        (s._along(True), s._to_zero, [[8, 4, -2], [0, 2, 2], [-7, -1, 2]]),
        (s._along(False), s._to_zero, [[2, -4, -9], [1, 3, 3], [-1, 4, 5]]),
        (s._even("", lambda rows, _: rows.max(axis=1)), s._down, [[0, -8, -17], [-4, 0, -1], [-12, -1, 0]]),
    ],
)  # fmt: skip
def test_what_a_mix_makes_of_rows(mix: s.Mix, divide: s.Divide, rows: list[list[int]]) -> None:
    found = mix.of(ROWS, NONE, divide)
    if mix.told == "":
        assert found[:, 1].tolist() == [row[1] for row in rows]
    else:
        assert found.tolist() == rows


@pytest.fixture
def log(front_end: FrontEnd) -> Logarithm:
    return Logarithm(front_end, tables_of(SETTINGS), SCALE, ZERO)


def heard(log: Logarithm, front_end: FrontEnd, alter: Any, of_levels: bool) -> View:
    samples = sound(8000, 1, 2)
    right = front_end.features(samples)
    if of_levels:
        levels = np.maximum(log.raw(samples), log.tables.floor_q16)
        device = log.cells(alter(levels), floor=-DB << 10)
    else:
        device = alter(right.astype(np.int64)).clip(-128, 127)
    return view_of(right, device.astype(np.int8), samples=samples)


@pytest.mark.parametrize(
    ("mix", "of_levels", "begun", "words"),
    [
        (s._towards(Fraction(1, 4)), True, False, "levels are smoothed over columns: each goes 0.25 of the way from "
         "the one told before it, begun with 0"),
        (s._towards(Fraction(1, 4)), True, True, "begun with the stream's first column"),
        (s._along(True), False, False, "cells are smoothed across bands: each is the mean of itself and of what came "
         "out for the band below it (rounded down)"),
        (s._held(DB, "1 dB"), True, True, "levels are held at their highest, which sinks by 1 dB a column"),
        (s._run(4), False, True, "cells are the mean of 4 columns (rounded down)"),
        (s.ACROSS[6], False, False, "cells come less their column's mean (rounded down)"),
    ],
)  # fmt: skip
def test_a_mix_is_named(
    log: Logarithm, front_end: FrontEnd, mix: s.Mix, of_levels: bool, begun: bool, words: str
) -> None:
    def alter(rows: Any) -> Any:
        return mix.of(rows, rows[0] if begun else np.zeros(rows.shape[1], np.int64), s._down)

    found = best(s.smoothed(log), [heard(log, front_end, alter, of_levels)])
    assert found is not None and words in found.explanation


@pytest.mark.parametrize(
    ("alter", "words"),
    [
        (lambda x: x >> 14 << 14, "levels come in steps of 0.25 dB: their 14 low bits are lost (rounded down)"),
        (lambda x: (x + DB // 2) // DB * DB, "levels come in steps of 1 dB: their 16 low bits are lost (rounded)"),
        (lambda x: np.sign(x) * (np.abs(x) // (DB // 5) * (DB // 5)), "levels come in steps of 0.2 dB (rounded to 0)"),
    ],
)  # fmt: skip
def test_coarse_levels_are_named(log: Logarithm, front_end: FrontEnd, alter: Any, words: str) -> None:
    found = best(coarse(log), [heard(log, front_end, alter, True)])
    assert found is not None and found.explanation == words


@pytest.mark.parametrize(("so_far", "words"), [(False, "of its column"), (True, "of the stream so far")])
@pytest.mark.parametrize("below", [40, 32.5])
def test_levels_within_a_range_of_the_loudest_are_named(
    log: Logarithm, front_end: FrontEnd, so_far: bool, words: str, below: float
) -> None:
    def alter(levels: Any) -> Any:
        loudest = levels.max(axis=1, keepdims=True)
        loudest = np.maximum.accumulate(loudest) if so_far else loudest
        return np.maximum(levels, loudest - round(below * DB))

    found = best(within(log), [heard(log, front_end, alter, True)])
    assert found is not None and f" dB below the loudest {words} are raised to that" in found.explanation
    assert abs(float(found.explanation.split()[3]) - below) < 0.3


def test_levels_that_sink_are_within_no_range(log: Logarithm, front_end: FrontEnd) -> None:
    assert best(within(log), [heard(log, front_end, lambda levels: levels - DB, True)]) is None
