"""Pieces of the samples that are missing, old or moved, and single samples that are damaged, are found and placed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...core.c_frontend import FrontEnd
from . import pieces, single_samples
from .evidence import Int16
from .fakes_device import sound
from .fakes_front_end import SCALE, SETTINGS, ZERO
from .fakes_views import best, replay_of, view_of
from .search import View

pytestmark = pytest.mark.native
A, B = 4000, 4208  # a piece: multiples of 16


@pytest.fixture(scope="module")
def right() -> Int16:
    return sound(8000, 1, 6)[20_000:30_000]


def view_on(front_end: FrontEnd, right: Int16, heard: Int16, **more: Any) -> View:
    expected = front_end.features(right)
    return view_of(expected, front_end.features(heard)[: len(expected)], samples=right, **more)


def piece(x: Int16, a: int, b: int, inside: Any) -> Int16:
    heard = x.copy()
    heard[a:b] = inside
    return heard


PIECES: dict[str, tuple[Callable[[Int16, int, int], Any], str]] = {
    "piece of zeros": (lambda _x, _a, _b: 0, "a piece of the samples is 0"),
    "old piece": (lambda x, a, b: x[a - (b - a) : a], "is the one before it once more"),
    "held sample": (lambda x, a, _b: x[a - 1], "holds the sample before it"),
    "piece 1 ahead": (lambda x, a, b: [*x[a + 1 : b], x[b - 1]], "are 1 ahead, with the last 1 repeated"),
    "piece 2 ahead": (lambda x, a, b: [*x[a + 2 : b], *x[b - 2 : b]], "are 2 ahead, with the last 2 repeated"),
    "piece 1 behind": (lambda x, a, b: [x[a], *x[a : b - 1]], "are 1 behind, with the first 1 repeated"),
    "piece 2 behind": (lambda x, a, b: [*x[a : a + 2], *x[a : b - 2]], "are 2 behind, with the first 2 repeated"),
}  # fmt: skip


@pytest.mark.parametrize("cause", PIECES)
def test_a_piece_that_is_not_what_was_sent(front_end: FrontEnd, right: Int16, cause: str) -> None:
    inside, words = PIECES[cause]
    view = view_on(front_end, right, piece(right, A, B, inside(right, A, B)))
    candidate = best(pieces.replaced(front_end), [view])
    assert candidate is not None and candidate.cause == cause and words in candidate.explanation
    np.testing.assert_array_equal(replay_of(candidate, view), view.device)
    assert candidate.detail([view]) == f"samples {A:,} to {B - 1:,} of a.wav"


@pytest.mark.parametrize(("a", "b"), [(A, A + 64), (0, 160), (9600, 9792), (4096, 4224), (A, A + 16 * 70)])
def test_pieces_of_any_length_anywhere(front_end: FrontEnd, right: Int16, a: int, b: int) -> None:
    view = view_on(front_end, right, piece(right, a, b, 0))
    candidate = best(pieces.replaced(front_end), [view])
    assert candidate is not None and candidate.cause == "piece of zeros"
    assert candidate.detail([view]) == f"samples {a:,} to {b - 1:,} of a.wav"


def test_the_grid_is_the_streams_wherever_a_piece_was_kept_from(right: Int16) -> None:
    settings = replace(SETTINGS, hop=120)
    odd = FrontEnd(settings, SCALE, ZERO)
    first = 3  # 360 samples are no multiple of 16
    heard = piece(right, 4000, 4208, 0)
    expected, device = odd.features(right)[first:], odd.features(heard)[first:]
    view = view_of(expected, device, samples=right[first * 120 :], first=first)
    candidate = best(pieces.replaced(odd), [view])
    assert candidate is not None and candidate.cause == "piece of zeros"
    assert candidate.detail([view]) == "samples 4,000 to 4,207 of a.wav"
    np.testing.assert_array_equal(replay_of(candidate, view), device)


def test_several_pieces_in_several_files(front_end: FrontEnd, right: Int16) -> None:
    twice = piece(piece(right, A, B, 0), 8000, 8208, 0)
    views = [view_on(front_end, right, twice), view_on(front_end, right, piece(right, A, B, 0), name="b.wav")]
    candidate = best(pieces.replaced(front_end), views)
    assert candidate is not None
    for view in views:
        np.testing.assert_array_equal(replay_of(candidate, view), view.device)
    assert candidate.detail(views) == f"samples {A:,} to {B - 1:,} of each file"
    other = view_on(front_end, right, piece(right, 8000, 8208, 0), name="b.wav")
    candidate = best(pieces.replaced(front_end), [views[0], other])
    assert candidate is not None
    assert candidate.detail([views[0], other]) == f"samples {A:,} to {B - 1:,} of a.wav"
    assert candidate.detail([view_on(front_end, right, right, name="c.wav")]) == ""


def test_what_is_no_piece_is_not_told(front_end: FrontEnd, right: Int16) -> None:
    assert not list(pieces.replaced(front_end)([view_on(front_end, right, right)]))
    view = view_on(front_end, right, piece(right, A, B, 0))
    noisy = replace(view, device=view.device ^ (view.wrong * np.int8(1)))
    assert best(pieces.replaced(front_end), [noisy]) is None


def runs_of(rows: int, count: int, apart: int = 3) -> View:
    right = np.zeros((400, 16), np.int8)
    device = right.copy()
    for run in range(count):
        device[run * (rows + apart) : run * (rows + apart) + rows] = 1
    return view_of(right, device)


@pytest.mark.parametrize(
    ("rows", "count", "known"), [(16, 1, True), (17, 1, False), (1, 60, True), (1, 61, False)]
)
def test_a_piece_is_short_and_there_are_not_too_many(rows: int, count: int, known: bool) -> None:
    groups = pieces._groups(runs_of(rows, count))
    assert (groups is not None) == known
    if groups is not None:
        assert groups == [range(k * (rows + 3), k * (rows + 3) + rows) for k in range(count)]


def test_runs_are_parted_by_a_right_column_and_a_long_one_in_any_file_ends_it(
    front_end: FrontEnd, right: Int16
) -> None:
    assert pieces._groups(runs_of(2, 3, 1)) == [range(2), range(3, 5), range(6, 8)]
    view = view_on(front_end, right, piece(right, A, B, 0))
    assert list(pieces.replaced(front_end)([view, view_on(front_end, right, right)]))
    long = view_on(front_end, right, piece(right, 1000, 5000, 0), name="b.wav")
    few = replace(long, expected=np.where(np.arange(16) < 1, long.expected, long.device))
    assert few.wrong.sum() < view.wrong.sum()
    assert not list(pieces.replaced(front_end)([view, few]))


@pytest.mark.parametrize(("cells", "told"), [(12, True), (11, False)])
def test_a_piece_spoils_some_cells(front_end: FrontEnd, right: Int16, cells: int, told: bool) -> None:
    """All other cells of its columns are right already, as where another cause was found before."""
    view = view_on(front_end, right, piece(right, A, B, 0))
    expected = view.device.copy()
    for band, row in np.argwhere(view.wrong.T)[:cells].tolist():  # a few bands of all of the columns
        expected[row, band] = view.expected[row, band]
    few = replace(view, expected=expected)
    assert len(few.wrong_rows) == len(view.wrong_rows)
    assert bool(list(pieces.replaced(front_end)([few]))) == told


def test_a_piece_that_came_before_may_begin_with_the_stream(front_end: FrontEnd, right: Int16) -> None:
    view = view_on(front_end, right, piece(right, 160, 320, right[:160]))
    candidate = best(pieces.replaced(front_end), [view])
    assert candidate is not None and candidate.cause == "old piece"
    assert candidate.detail([view]) == "samples 160 to 319 of a.wav"


# ---- single samples


def damaged(x: Int16, places: list[int], change: Callable[[Any], Any]) -> Int16:
    heard = x.copy()
    heard[places] = [change(int(x[place])) for place in places]
    return heard


PLACES = [1234, 4567, 7777]
DAMAGES: dict[str, Callable[[int], int]] = {
    **{f"bit {k} of samples": (lambda x, k=k: x ^ (1 << k)) for k in range(9, 15)},  # type: ignore[misc]
    "bit 15 of samples": lambda x: x - 32768 if x >= 0 else x + 32768,
    "samples 0": lambda _: 0,
    "samples 32767": lambda _: 32767,
    "samples -32768": lambda _: -32768,
    "samples inverted": lambda x: -1 - x,
}


@pytest.mark.parametrize("cause", DAMAGES)
def test_single_samples_that_are_damaged(front_end: FrontEnd, right: Int16, cause: str) -> None:
    view = view_on(front_end, right, damaged(right, PLACES, DAMAGES[cause]))
    candidate = best(single_samples.damaged(front_end), [view])
    assert candidate is not None and candidate.cause == cause and candidate.rows_alone
    np.testing.assert_array_equal(replay_of(candidate, view), view.device)
    # a sample whose change moves no cell cannot be found
    assert candidate.detail([view]) in [f"{k} samples, the first is 1,234 of a.wav" for k in (2, 3)]


def test_each_damage_is_what_it_is_called() -> None:
    x = np.array([0, 1, -1, 77, 32767, -32768, -300], np.int16)
    table = {name: change for name, _, change in single_samples._DAMAGES if not name.endswith(" before")}
    assert set(table) == {*DAMAGES, *(f"bit {k} of samples" for k in range(9))}
    for name, change in table.items():
        number = int(name.split()[1]) if name.startswith("bit") else 0
        expected = DAMAGES.get(name, lambda v, k=number: v ^ (1 << k))
        np.testing.assert_array_equal(change(x), [expected(int(v)) for v in x], name)


def test_a_regular_distance_of_damaged_samples_is_told(front_end: FrontEnd, right: Int16) -> None:
    flip = DAMAGES["bit 13 of samples"]
    view = view_on(front_end, right, damaged(right, [1000, 2500, 7000], flip))
    candidate = best(single_samples.damaged(front_end), [view])
    assert candidate is not None
    assert (
        candidate.detail([view])
        == "3 samples, the first is 1,000 of a.wav, a multiple of 1,500 samples apart"
    )
    other = view_on(front_end, right, damaged(right, [300, 3300], flip), name="b.wav", first=2)
    both = best(single_samples.damaged(front_end), [view, other])
    assert both is not None
    assert (
        both.detail([view, other])
        == "5 samples, the first is 1,000 of a.wav, a multiple of 1,500 samples apart"
    )
    three = view_on(front_end, right, damaged(right, PLACES, flip))
    chance = best(single_samples.damaged(front_end), [three])
    assert chance is not None and "multiple" not in chance.detail([three])  # of 3, as any may be
    alone = best(single_samples.damaged(front_end), [other])
    assert alone is not None and alone.detail([other]) == "2 samples, the first is 556 of b.wav"
    none = view_on(front_end, right, right, name="c.wav")
    assert both.detail([none]) == ""


def test_one_damaged_sample_alone_or_little_damage_is_not_told(front_end: FrontEnd, right: Int16) -> None:
    one = view_on(front_end, right, damaged(right, [1234], DAMAGES["bit 13 of samples"]))
    assert not list(single_samples.damaged(front_end)([one]))
    assert not list(single_samples.damaged(front_end)([view_on(front_end, right, right)]))
    two = view_on(front_end, right, damaged(right, [1234, 4567], DAMAGES["bit 13 of samples"]))
    assert list(single_samples.damaged(front_end)([two]))


def of_runs(rows: list[int], gap: int = 3) -> View:
    right = np.zeros((2000, 16), np.int8)
    device, at = right.copy(), 0
    for run in rows:
        device[at : at + run] = 1
        at += run + gap
    return view_of(right, device)


def test_runs_longer_than_a_sample_reaches_or_too_many_are_none() -> None:
    assert single_samples._groups(of_runs([2, 1, 2]), 2) == [range(2), range(5, 6), range(9, 11)]
    assert single_samples._groups(of_runs([2, 3, 2]), 2) == []
    assert single_samples._groups(of_runs([]), 2) == []
    assert len(single_samples._groups(of_runs([1] * 400), 2)) == 400
    assert single_samples._groups(of_runs([1] * 401), 2) == []


@pytest.mark.parametrize(("hop", "told"), [(32, True), (31, False)])
def test_a_sample_that_reaches_many_columns_costs_too_much(right: Int16, hop: int, told: bool) -> None:
    other = FrontEnd(replace(SETTINGS, hop=hop), SCALE, ZERO)
    view = view_on(other, right[:3000], damaged(right[:3000], [800, 2100], DAMAGES["samples 32767"]))
    assert bool(list(single_samples.damaged(other)([view]))) == told


@pytest.mark.parametrize(("cells", "told"), [(6, True), (5, False)])
def test_at_the_median_six_cells_are_spoilt(
    front_end: FrontEnd, right: Int16, cells: int, told: bool
) -> None:
    """All of a column's other cells are right already, as where another cause was found before."""
    view = view_on(front_end, right, damaged(right, [1234, 4567], DAMAGES["samples 32767"]))
    groups = single_samples._groups(view, 2)
    expected = view.device.copy()
    for group in groups:
        places = [(row, band) for row in group for band in range(16) if view.wrong[row, band]]
        kept = [places[0], *places[len(places) - cells + 1 :]]
        for row, band in kept:
            expected[row, band] = view.expected[row, band]
    assert bool(list(single_samples.damaged(front_end)([replace(view, expected=expected)]))) == told


def test_noise_is_no_damage(front_end: FrontEnd, right: Int16) -> None:
    view = view_on(front_end, right, damaged(right, PLACES, DAMAGES["samples 0"]))
    noisy = replace(view, device=np.where(view.wrong, view.device ^ np.int8(5), view.device).astype(np.int8))
    assert best(single_samples.damaged(front_end), [noisy]) is None
