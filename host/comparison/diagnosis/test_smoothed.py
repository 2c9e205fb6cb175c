"""Levels and cells that are mixed with others over columns or bands, by what that makes of numbers and of a sound."""

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...core.c_frontend import FrontEnd
from . import smoothed as s
from .coarse import _range, _steps, coarse, within
from .decibels import DB, Levels, Logarithm
from .evidence import Before
from .fakes_device import sound
from .fakes_front_end import SCALE, SETTINGS, ZERO, tables_of
from .fakes_views import best, piece_of, replay_of, view_of
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
        (s._across("", 1, 1, 0), s._down, [[8, 4, -5], [0, 2, 3], [-7, -2, 4]]),
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


def by_hand(told: str, rows: Any) -> list[list[int]]:
    """What the words of a mix across bands say, number by number, rounded down."""
    found = []
    for row in rows.tolist():
        low, high = [*row[:1], *row[:-1]], [*row[1:], *row[-1:]]
        ends = (0, len(row) - 1)
        if "mean of themselves and of the band" in told:
            out = [(a + b) // 2 for a, b in zip(row, low if "below" in told else high, strict=True)]
        elif "both" in told:
            middle, by = (2, 4) if "quarter" in told else (1, 3)
            around = zip(low, row, high, strict=True)
            out = [(a + middle * b + c) // by for a, b, c in around]
            out = [row[band] if band in ends else value for band, value in enumerate(out)]
        elif "what came out" in told:
            out = row[:1] if "below" in told else row[-1:]
            for value in row[1:] if "below" in told else row[-2::-1]:
                out.append((out[-1] + value) // 2)
            out = out if "below" in told else out[::-1]
        else:
            less = {"mean": sum(row) // len(row), "highest": max(row), "lowest": min(row)}
            out = [value - less[told.split()[-1]] for value in row]
        found.append(out)
    return found


@pytest.mark.parametrize("mix", s.ACROSS, ids=lambda mix: mix.told)
def test_mixes_across_bands_do_what_they_say(mix: s.Mix) -> None:
    rows = np.random.default_rng(2).integers(-100, 100, (20, 7))
    assert mix.of(rows, rows[0], s._down).tolist() == by_hand(mix.told, rows) and not mix.begun


SHARES = ("0.5", "0.25", "0.125", "0.0625", "0.75", "0.875", "0.1", "0.2", "0.3", "0.4", "0.9")


@pytest.mark.parametrize(
    ("mixes", "steps"),
    [
        (s.OF_LEVELS, ("0.25 dB", "0.5 dB", "1 dB", "2 dB", "3 dB", "6 dB")),
        (s.OF_CELLS, ("1", "2", "4", "8")),
    ],
    ids=["levels", "cells"],
)
def test_what_is_mixed_over_columns(mixes: tuple[s.Mix, ...], steps: tuple[str, ...]) -> None:
    smooth = [
        f"are smoothed over columns: each goes {part} of the way from the one told before it"
        for part in SHARES
    ]
    means = [f"are the mean of {count} columns" for count in (2, 3, 4, 8)]
    less = [f"come less their running mean (which goes {part} of the way to each)" for part in SHARES]
    held = [f"are held at their highest, which sinks by {step} a column" for step in steps]
    over = [mix for mix in mixes if mix not in s.ACROSS]
    assert [mix.told for mix in over] == smooth + means + less + held
    assert all(mix.begun for mix in over) and len(mixes) == 9 + len(over)
    peak = np.array([[60 * DB if " dB " in held[0] else 60], [0]])
    for mix, step in zip(over[-len(steps) :], steps, strict=True):
        sunk = (peak[0] - mix.of(peak, peak[0], s._down)[1])[0]
        assert sunk == float(step.split()[0]) * (DB if "dB" in step else 1)
    rows = np.arange(10).reshape(10, 1) * 24
    for mix, count in zip(over[len(smooth) : len(smooth) + 4], (2, 3, 4, 8), strict=True):
        assert mix.of(rows, rows[0], s._down)[-1] == 24 * 9 - 12 * (count - 1)


@pytest.mark.parametrize(
    ("step", "count", "mixes"), [(3, 19, 0), (3, 20, 2), (1, 20, 2), (0, 20, 0), (-3, 20, 0)]
)
def test_of_few_steps_nothing_is_read_and_of_what_is_cut_off_none(
    monkeypatch: pytest.MonkeyPatch, step: int, count: int, mixes: int
) -> None:
    seen: list[int] = []

    def votes(least: Any, most: Any) -> tuple[int, int]:
        assert len(least) == len(most)
        seen.append(len(least))
        return step, count

    monkeypatch.setattr(s, "voted", votes)
    device = np.tile(np.array([50, 127, -128, -1, 0], np.int8), (11, 1))
    log: Any = None
    assert len(list(s._steps_read(log, view_of(np.zeros_like(device), device), False))) == mixes
    assert seen == [10, 10]


def test_a_step_that_was_read_is_tried_as_a_whole_number_of_plain_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(s, "voted", lambda least, _: (round(3.3 * DB), 99 if len(least) else 0))
    device = np.full((5, 1), 50, np.int8)
    rows = np.zeros((5, 1), np.int64)
    log: Any = SimpleNamespace(levels=lambda _: SimpleNamespace(low=rows + 9, high=rows + 10, raw=rows))
    told = [mix.told for mix in s._steps_read(log, view_of(np.zeros_like(device), device), True)]
    assert told == [
        f"are held at their highest, which sinks by {step} dB a column"
        for step in ("3", "3.5", "3.25", "3.3")
    ]


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
        (s._held(4 * DB, ""), True, True, "levels are held at their highest, which sinks by 4 dB a column"),
        (s._held(DB * 17 // 10, ""), True, False, "levels are held at their highest, which sinks by 1.7 dB a column"),
        (s._limited(DB * 5 // 2, ""), True, True, "levels rise by 2.5 dB a column at most"),
        (s._held(3, ""), False, True, "cells are held at their highest, which sinks by 3 a column"),
        (s._limited(5, ""), False, False, "cells rise by 5 a column at most (rounded to 0), begun with 0"),
        (s._run(4), False, True, "cells are the mean of 4 columns (rounded down)"),
        (s.ACROSS[6], False, False, "cells come less their column's mean (rounded down)"),
    ],
)  # fmt: skip
def test_a_mix_is_named(
    log: Logarithm, front_end: FrontEnd, mix: s.Mix, of_levels: bool, begun: bool, words: str
) -> None:
    def alter(rows: Any) -> Any:
        return mix.of(rows, rows[0] if begun else np.zeros(rows.shape[1], np.int64), s._down)

    view = heard(log, front_end, alter, of_levels)
    found = best(s.smoothed(log), [view])
    assert found is not None and words in found.explanation
    np.testing.assert_array_equal(replay_of(found, view), view.device)


def test_no_step_is_read_of_values_that_change_anyhow(log: Logarithm, front_end: FrontEnd) -> None:
    rng = np.random.default_rng(4)
    view = heard(log, front_end, lambda rows: rows + rng.integers(1, 30, rows.shape), False)
    assert not list(s._steps_read(log, view, False)) and not list(s._steps_read(log, view, True))
    assert not list(s._steps_read(log, replace(view, device=view.expected), True))


def mixes_found(log: Logarithm, view: View) -> dict[str, Any]:
    """What the mixes that are likely give, by what is told."""
    return {each.explanation: replay_of(each, view) for each in s.smoothed(log)([view])}


MEAN = "cells are the mean of 2 columns (rounded down), begun with "


def test_a_mix_is_likely_when_nine_of_ten_cells_come_out(log: Logarithm) -> None:
    right = np.array([[4], [8], [20], [-4], [8], [0], [60], [2], [-90], [10]], np.int8)
    device = np.array([[4], [6], [14], [8], [2], [4], [30], [31], [-44], [-40]], np.int8)
    first = f"{MEAN}the stream's first column"
    assert mixes_found(log, view_of(right, device))[first].tolist() == device.tolist()
    for last, likely in ((1, True), (2, False)):
        device[-last] += 1
        assert (first in mixes_found(log, view_of(right, device))) is likely


def test_mixed_cells_end_at_the_ends_of_a_cell(log: Logarithm) -> None:
    right = np.array([[100, -100], [-100, 100]] * 10, np.int8)
    device = np.array([[0, -128], [-128, 0]] * 10, np.int8)
    found = mixes_found(log, view_of(right, device))["cells come less their column's highest (rounded down)"]
    assert found.tolist() == device.tolist()
    device = np.array([[127, 0], [0, 127]] * 10, np.int8)
    found = mixes_found(log, view_of(right, device))["cells come less their column's lowest (rounded down)"]
    assert found.tolist() == device.tolist()


def test_the_file_before_is_mixed_from_its_first_column_on(log: Logarithm) -> None:
    right = np.array([[40], [8], [20]], np.int8)
    piece = piece_of(np.array([[40], [-8]], np.int8), np.array([[40], [-8]], np.int8))
    before = Before("b.wav", 0, piece, None)
    way = (
        "cells are smoothed over columns: each goes 0.5 of the way from the one told before it (rounded down)"
    )
    device = np.array([[28], [18], [19]], np.int8)  # on from 16
    view = view_of(right, device)
    view = replace(view, file=replace(view.file, before=before))
    assert (
        mixes_found(log, view)[f"{way}, begun with what was left of the file before"].tolist()
        == device.tolist()
    )


@pytest.mark.parametrize("of_levels", [True, False])
def test_what_was_left_of_the_file_before_is_a_beginning(
    log: Logarithm, front_end: FrontEnd, of_levels: bool
) -> None:
    mix, samples = s._towards(Fraction(1, 16)), sound(8000, 5, 2)
    right = front_end.features(samples)
    rows = np.maximum(log.raw(samples), log.tables.floor_q16) if of_levels else right.astype(np.int64)
    state = mix.of(rows, rows[0], s._down)[-1]
    view = heard(log, front_end, lambda rows: mix.of(rows, state, s._down), of_levels)
    assert best(s.smoothed(log), [view]) is None, "what came before is not known"
    for piece in (piece_of(right[:0], right[:0]), piece_of(right, right, samples=samples)):
        before = Before("b.wav", 8000, piece, None)
        known = replace(view, file=replace(view.file, before=before))
        found = best(s.smoothed(log), [known])
        told = found is not None and found.explanation.endswith("with what was left of the file before")
        assert told == bool(len(piece.expected))
    late = replace(known, first=7)
    assert best(s.smoothed(log), [late]) is None, "nor is it where columns are missing"


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


def test_the_steps_of_coarse_levels() -> None:
    cut = {f"{2.0 ** (bits - 16):g} dB: their {bits} low bits are lost": 1 << bits for bits in range(8, 18)}
    assert list(_steps()) == [*reversed(cut.items()), ("0.2 dB", 13107), ("0.1 dB", 6553)]


def range_of(low: float, high: float, cells: int = 12, so_far: bool = False, first: int = 0) -> float | None:
    """The range in dB that raised cells allow which are that far below the loudest, at least and at most."""
    floored = np.full((cells, 2), -90 * DB)
    floored[:, 0] = [-20 * DB, *[-20 * DB - (30 * DB if so_far else 0)] * (cells - 1)]
    right = np.zeros((cells, 2), np.int8)
    device = right.copy()
    device[:, 1] = 1
    ends = [np.full((cells, 2), -20 * DB - round(below * DB)) for below in (high, low)]
    levels = Levels(floored, ends[0], ends[1])
    found = _range(floored, levels, view_of(right, device, first=first), so_far)
    return None if found is None else found / DB


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (39.3, 40.2, 40),
        (32.4, 32.6, 32.5),
        (32.52, 32.68, 32.6),
        (32.521, 32.539, 32.53),
        (32.4, 32.7, 32.5),
        (32.0, 32.002, 32.001),
        (31.8, 32, 32),
        (32 - 1 / DB, 32, 32),
        (-1 / DB, 4.0, 0),
        (-3.0, -1.0, None),
        (-0.5, 4.0, None),
        (33.0, 32.0, None),
    ],
)
def test_the_plainest_range_is_told(low: float, high: float, told: float | None) -> None:
    found = range_of(low, high)
    assert found is None if told is None else found == pytest.approx(told, abs=1e-4)
    assert range_of(low, high, so_far=True) == found and range_of(low, high, first=1) == found
    assert range_of(low, high, cells=11) is None and range_of(low, high, so_far=True, first=1) is None


def test_levels_that_sink_are_within_no_range(log: Logarithm, front_end: FrontEnd) -> None:
    assert best(within(log), [heard(log, front_end, lambda levels: levels - DB, True)]) is None
