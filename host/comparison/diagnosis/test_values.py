"""Shifts, stale rows, orders, offsets and bits are read from made-up values, and nothing else is said of them."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from . import values
from .evidence import Before
from .fakes_views import COLUMN_WORDS, OUTPUT_WORDS, best, cells, piece_of, replay_of, view_of
from .search import Candidate, Int8, View

ROWS, BANDS = 60, 12
RIGHT = cells(ROWS, BANDS)
BEFORE = cells(30, BANDS, seed=2)
Hypothesis = Callable[[list[View], values.Words], Iterator[Candidate]]


def found(of: Hypothesis, *views: View, words: values.Words = COLUMN_WORDS) -> Candidate:
    candidate = best(lambda all_views: of(all_views, words), list(views))
    assert candidate is not None
    return candidate


def none(of: Hypothesis, *views: View, words: values.Words = COLUMN_WORDS) -> bool:
    return best(lambda all_views: of(all_views, words), list(views)) is None


# ---- shifts


def late(by: int, head: Int8) -> Int8:
    return np.concatenate([head[len(head) - by :], RIGHT[:-by]])


@pytest.mark.parametrize(
    ("by", "cause"),
    [(1, "1 column late"), (3, "3 columns late"), (20, "20 columns late"), (11, "11 columns late")],
)
def test_rows_that_are_late_bring_the_end_of_the_file_before(by: int, cause: str) -> None:
    view = view_of(RIGHT, late(by, BEFORE), before=BEFORE)
    candidate = found(values.shifted, view)
    assert (candidate.cause, candidate.cure) == (cause, "the shift")
    assert candidate.explanation == f"every column is right but {cause}"
    np.testing.assert_array_equal(replay_of(candidate, view), view.device)


@pytest.mark.parametrize(("by", "cause"), [(1, "1 column early"), (2, "2 columns early")])
def test_rows_that_are_early(by: int, cause: str) -> None:
    view = view_of(RIGHT, np.concatenate([RIGHT[by:], RIGHT[-by:]]))
    candidate = found(values.shifted, view)
    assert candidate.cause == cause
    np.testing.assert_array_equal(replay_of(candidate, view), view.device)


@pytest.mark.parametrize("by", [1, 2, 3, -1, -2, -3])
def test_rows_that_are_late_though_no_row_is_whole(by: int) -> None:
    """A band is wrong in each of them: another cause."""
    device = np.roll(RIGHT, by, axis=0)
    device[:, 5] = cells(ROWS, 1, seed=6)[:, 0]
    cause = found(values.shifted, view_of(RIGHT, device)).cause
    assert cause == f"{abs(by)} column{'s' * (abs(by) > 1)} {'late' if by > 0 else 'early'}"


def test_in_the_middle_of_a_file_nothing_is_known_of_what_came_before() -> None:
    view = view_of(RIGHT, late(2, BEFORE), before=BEFORE, first=7)
    replayed = found(values.shifted, view).replay(view)
    assert replayed is not None
    np.testing.assert_array_equal(replayed[2:], RIGHT[:-2])
    np.testing.assert_array_equal(replayed[:2], RIGHT[:2])


def test_a_file_shorter_than_the_distance_is_replayed_too() -> None:
    """The distance is read from the longer file."""
    long = view_of(RIGHT, late(20, BEFORE), before=BEFORE)
    short = view_of(RIGHT[:5], BEFORE[10:15], before=BEFORE, name="b.wav")
    candidate = found(values.shifted, long, short)
    np.testing.assert_array_equal(replay_of(candidate, short), BEFORE[10:15])
    few = view_of(RIGHT[:5], RIGHT[:5], before=BEFORE[-4:], name="c.wav")
    replayed = candidate.replay(few)
    assert replayed is not None and len(replayed) == 5
    early = found(values.shifted, view_of(RIGHT, np.concatenate([RIGHT[3:], RIGHT[-3:]])))
    np.testing.assert_array_equal(replay_of(early, view_of(RIGHT[:2], RIGHT[:2])), RIGHT[:2])


def test_a_file_before_that_is_shorter_than_the_distance_gives_what_it_has() -> None:
    device = late(20, BEFORE)
    view = view_of(RIGHT, device, before=BEFORE[-6:])
    replayed = found(values.shifted, view).replay(view)
    assert replayed is not None
    np.testing.assert_array_equal(replayed[14:], device[14:])
    np.testing.assert_array_equal(replayed[:14], RIGHT[:14])


@pytest.mark.parametrize(
    ("by", "places", "cause"),
    [
        (1, [3], "band 3 1 column late"),
        (-2, [0, 5], "band 0, band 5 2 columns early"),
        (3, [1, 2, 3, 4, 5, 6], "band 1, band 2, band 3, band 4 and 2 more 3 columns late"),
        (-1, [0, 1, 2, 3], "band 0, band 1, band 2, band 3 1 column early"),
        (2, [0, 1, 2, 3, 4], "band 0, band 1, band 2, band 3 and 1 more 2 columns late"),
        (-3, [9], "band 9 3 columns early"),
    ],
)
def test_some_bands_alone_are_late(by: int, places: list[int], cause: str) -> None:
    device = RIGHT.copy()
    device[:, places] = np.roll(RIGHT, by, axis=0)[:, places]
    candidate = found(values.late_values, view_of(RIGHT, device))
    assert (candidate.cause, candidate.cure) == (cause, "the shift")
    assert candidate.explanation.endswith(", the others are right")


def test_all_bands_late_is_no_matter_of_some_bands() -> None:
    assert not list(values.late_values([view_of(RIGHT, late(1, BEFORE))], COLUMN_WORDS))
    assert not list(values.late_values([view_of(RIGHT, RIGHT)], COLUMN_WORDS))


# ---- rows of before


@pytest.mark.parametrize(
    ("of_device", "way", "how"),
    [
        (False, lambda total: np.trunc(total / 2), "the column before (rounded to 0)"),
        (False, lambda total: total >> 1, "the column before (rounded down)"),
        (True, lambda total: (total + 1) >> 1, "the column sent before (rounded)"),
    ],
)
def test_each_row_is_the_mean_with_the_one_before(
    of_device: bool, way: Callable[[Int8], Int8], how: str
) -> None:
    device = RIGHT.copy()
    for row in range(1, ROWS):
        before = device[row - 1] if of_device else RIGHT[row - 1]
        device[row] = way(RIGHT[row].astype(np.int16) + before)
    view = view_of(RIGHT, device)
    candidate = found(values.averaged, view)
    assert candidate.explanation == f"every column is the mean of itself and {how}"
    assert candidate.cause == f"mean with {how.split(' (')[0]}"
    np.testing.assert_array_equal(replay_of(candidate, view), device)


@pytest.mark.parametrize("from_end", [False, True])
def test_rows_of_the_file_before(from_end: bool) -> None:
    """Two files before that end at another place tell its beginning from its end."""
    sources = [cells(30, BANDS, seed=3), cells(26, BANDS, seed=4)]
    firsts = [40, 40]
    views = []
    for number, (source, first) in enumerate(zip(sources, firsts, strict=True)):
        device = RIGHT.copy()
        start = len(source) - 12 if from_end else 5
        device[:9] = source[start : start + 9]
        views.append(view_of(RIGHT, device, before=source, before_first=first, name=f"{number}.wav"))
    candidate = found(values.of_the_file_before, *views)
    assert candidate.explanation == "the columns are those of the file before"
    for view in views:
        replayed = candidate.replay(view)
        assert replayed is not None
        np.testing.assert_array_equal(replayed[:9], view.device[:9])
    assert candidate.replay(replace(views[0], first=1)) is None
    assert candidate.replay(replace(views[0], before=BEFORE[:0])) is None


@pytest.mark.parametrize("of_outputs", [False, True])
def test_what_is_kept_of_each_file_is_what_was_right_of_it(of_outputs: bool) -> None:
    """The file before began with rows of another one, and so did what was sent of it."""
    right, sent = cells(30, BANDS, seed=3), cells(30, BANDS, seed=4)
    device = RIGHT.copy()
    device[:9] = right[:9]
    nothing = np.empty((0, BANDS), np.int8)
    columns, outputs = ((nothing, nothing), (right, sent))[:: 1 if of_outputs else -1]
    piece = piece_of(*columns, outputs=outputs)
    view = view_of(RIGHT, device, before=sent)
    view = replace(view, file=replace(view.file, before=Before("b.wav", 0, piece, None)))
    candidate = found(values.of_the_file_before, view)
    assert candidate.explanation == "the columns are those that were right of the file before"
    np.testing.assert_array_equal(replay_of(candidate, view)[:9], device[:9])
    assert candidate.replay(view_of(RIGHT, device, before=sent)) is None


def test_without_a_file_before_nothing_is_of_it() -> None:
    assert not list(values.of_the_file_before([view_of(RIGHT, late(1, BEFORE))], COLUMN_WORDS))
    view = view_of(RIGHT, late(1, BEFORE), before=BEFORE, first=3)
    assert not list(values.of_the_file_before([view], COLUMN_WORDS))


def test_the_file_before_is_searched_for_from_a_file_that_has_one() -> None:
    device = RIGHT.copy()
    device[:9] = BEFORE[:9]
    first = view_of(RIGHT, cells(ROWS, BANDS, seed=9))
    assert (
        found(values.of_the_file_before, view_of(RIGHT, device, before=BEFORE)).cause == "of the file before"
    )
    assert list(values.of_the_file_before([first, view_of(RIGHT, device, before=BEFORE)], COLUMN_WORDS))


# ---- stale rows


def test_rows_once_more() -> None:
    device = RIGHT.copy()
    device[10] = device[9]
    device[20:24] = device[19]
    view = view_of(RIGHT, device)
    candidate = found(values.not_refreshed, view)
    assert (candidate.cause, candidate.cure) == ("stale", "the stale") and candidate.rows_alone
    assert candidate.explanation == "a column is the one before it once more"
    np.testing.assert_array_equal(replay_of(candidate, view), device)


def test_the_second_row_may_be_the_first_one_once_more() -> None:
    device = RIGHT.copy()
    device[1] = device[0]
    (candidate, *_) = values.not_refreshed([view_of(RIGHT, device)], COLUMN_WORDS)
    np.testing.assert_array_equal(replay_of(candidate, view_of(RIGHT, device)), device)


def test_a_row_behind_is_stale_and_not_stale_by_one() -> None:
    device = RIGHT.copy()
    device[10:50:2] = RIGHT[9:49:2]
    causes = [each.cause for each in values.not_refreshed([view_of(RIGHT, device)], COLUMN_WORDS)]
    assert causes == ["stale", "stale by 20"]


@pytest.mark.parametrize("row", [0, 10])
def test_a_row_like_one_that_was_wrong_already_is_not_stale(row: int) -> None:
    device = RIGHT.copy()
    device[row] = 3
    device[row + 1] = 3
    (candidate, *_) = values.not_refreshed([view_of(RIGHT, device)], COLUMN_WORDS)
    np.testing.assert_array_equal(replay_of(candidate, view_of(RIGHT, device)), RIGHT)


@pytest.mark.parametrize(
    ("first", "begins", "zeros"),
    [(0, [0], 1), (0, [0, 0, 0], 3), (0, [0, 5, 5], 1), (0, [5, 0, 0], 0), (3, [0, 0, 0], 0)],
)
def test_a_stream_may_begin_with_the_zeros_before_it(first: int, begins: list[int], zeros: int) -> None:
    device, given = RIGHT.copy(), RIGHT.copy()
    device[: len(begins)] = np.array(begins)[:, None]
    given[:zeros] = 0
    view = view_of(RIGHT, device, first=first)
    (candidate, *_) = values.not_refreshed([view], COLUMN_WORDS)
    np.testing.assert_array_equal(replay_of(candidate, view), given)


@pytest.mark.parametrize(("off", "sure"), [(4, True), (3, False)])
def test_two_values_are_enough_where_they_are_far_off(off: int, sure: bool) -> None:
    right = np.array([[0, 0], [off, off], [50, 60]], np.int8)
    device = right.copy()
    device[1] = device[0]
    (candidate, *_) = values.not_refreshed([view_of(right, device)], OUTPUT_WORDS)
    assert (candidate.sure is not None) == sure
    assert candidate.sure in (2, None)


@pytest.mark.parametrize("by", [20, 7, 2])
def test_rows_of_a_ring_that_was_not_refreshed(by: int) -> None:
    """Here and there: how far back is counted in rows of the file, not in rows that differ."""
    device = RIGHT.copy()
    device[30::6] = RIGHT[30 - by : -by : 6]
    candidate = found(values.not_refreshed, view_of(RIGHT, device))
    assert candidate.cause == f"stale by {by}" and candidate.rows_alone
    assert candidate.explanation == f"a column is the one {by} columns before"


def test_how_far_back_is_read_from_rows_that_differ() -> None:
    device = RIGHT.copy()
    device[30:50] = RIGHT[25:45]
    causes = {each.cause for each in values.not_refreshed([view_of(RIGHT, device)], COLUMN_WORDS)}
    assert "stale by 5" in causes
    assert found(values.not_refreshed, view_of(RIGHT, device)).cause == "stale by 5"
    assert {"stale", "stale by 20"} <= causes and not causes & {"stale by 1", "stale by 0"}
