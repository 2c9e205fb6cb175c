"""Columns that are not written: what is sent is what their place in the ring held before."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from ...bundle.load import Bundle
from .fakes_views import best, cells, replay_of, view_of
from .kept_slots import kept_slots, nth_kept
from .search import Int8, View

FRAMES, HOP, LEAD = 5, 4, 2
SPAN = 8  # samples of a column


def bundle(lead: int = 0, frames: int = FRAMES, stride: int = 1) -> Bundle:
    """With a ring of 5 columns."""
    settings = SimpleNamespace(
        hop=HOP, lead=lead, samples_for=lambda columns: SPAN - lead + (columns - 1) * HOP
    )
    return cast(Bundle, SimpleNamespace(frames=frames, stride=stride, settings=settings))


def unwritten(right: Int8, columns: list[int], before: Int8 | None = None, before_first: int = 0) -> Int8:
    """What a device sends that does not write these columns."""
    ring = {}
    if before is not None:
        ring = {(before_first + row) % FRAMES: values for row, values in enumerate(before)}
    device = right.copy()
    for column, values in enumerate(right):
        if column in columns:
            device[column] = ring.get(column % FRAMES, values)
        ring[column % FRAMES] = device[column]
    return device


def told(views: list[View], lead: int = 0, stride: int = 1) -> tuple[str, str] | None:
    """What is said of the columns, and of their samples."""
    found = best(kept_slots(bundle(lead, stride=stride)), views)
    assert found is None or (found.cause == "columns not written" and found.rows_alone)
    return None if found is None else (found.explanation, found.detail(views))


WORDS = "columns are not written: what is sent is what their place in the ring of 5 held before"


@pytest.mark.parametrize(
    ("columns", "found"),
    [([9, 11, 22], True), ([9, 22], False), ([9, 14, 19], False), ([9, 14, 20, 22], True)],
)
def test_three_distinct_columns_of_the_stream_are_no_chance(columns: list[int], found: bool) -> None:
    right = cells(30, 6)
    view = view_of(right, unwritten(right, columns), samples=np.ones(200, np.int16))
    assert told([view]) == ((WORDS, "") if found else None)


def test_the_first_columns_are_those_of_the_stream_before() -> None:
    right, before = cells(12, 6), cells(7, 6, seed=2)
    device = unwritten(right, [0, 2, 4], before, 31)
    samples = np.ones(100, np.int16)
    view = view_of(right, device, before=before, before_first=31, samples=samples)
    assert told([view]) == (WORDS, "")
    found = best(kept_slots(bundle()), [view])
    assert found is not None
    replayed = replay_of(found, view)
    assert np.array_equal(replayed[5:], device[:-5]) and np.array_equal(
        replayed[:5], before[[6 - 2, 6 - 1, 6 - 0, 2, 3]]
    )
    assert told([view_of(right, device, before=before, before_first=32, samples=samples)]) is None
    assert told([view_of(right, device, samples=samples)]) is None, "what the ring held is not known"
    later = view_of(right, device, before=before, before_first=31, first=1, samples=samples)
    assert told([later]) is None
    short = view_of(right[:4], device[:4], before=before, before_first=31, samples=samples)
    assert np.array_equal(replay_of(found, short), replayed[:4])


def test_of_a_stream_before_that_was_short_the_rest_is_right() -> None:
    right, before = cells(12, 6), cells(3, 6, seed=2)
    device = unwritten(right, [0, 1, 2, 3], before, 0)
    view = view_of(right, device, before=before, samples=np.ones(100, np.int16))
    assert told([view]) == (WORDS, "")
    found = best(kept_slots(bundle()), [view])
    assert found is not None and np.array_equal(replay_of(found, view)[3:5], right[3:5])


@pytest.mark.parametrize("lead", [0, LEAD])
@pytest.mark.parametrize(
    ("loud_from", "loud_to", "columns", "said"),
    [(0, 28, 4, True), (1, 28, 4, True), (0, 24, 4, False), (0, 32, 4, False), (0, 28, 3, False)],
)
def test_silent_columns_are_named(lead: int, loud_from: int, loud_to: int, columns: int, said: bool) -> None:
    """Columns 7 to 10 hear samples 28 - lead to 48 - lead, and no others are silent."""
    samples = np.zeros(200, np.int16)
    samples[loud_from : loud_to - lead] = -3
    last = 7 + columns - 1
    samples[last * HOP + SPAN - lead :] = 2
    right = cells(30, 6)
    view = view_of(right, unwritten(right, list(range(7, last + 1))), samples=samples)
    assert told([view], lead) == (WORDS, "all whose samples are 0 and no others" if said else "")


def test_a_silent_column_that_is_written_is_no_such_one() -> None:
    samples, right = np.zeros(200, np.int16), cells(30, 6)
    samples[:28] = samples[48:] = 1
    device = unwritten(right, [7, 8, 9, 10])
    elsewhere, lost = device.copy(), np.ones(30, np.bool_)
    elsewhere[8] = right[8]
    assert told([view_of(right, elsewhere, samples=samples)]) == (WORDS, "")
    lost[8] = False
    two = [
        view_of(right, each, samples=samples, present=there)
        for each, there in ((device, None), (elsewhere, lost))
    ]
    assert told(two) == (WORDS, "all whose samples are 0 and no others")


@pytest.mark.parametrize("loud", [False, True])
def test_the_first_column_begins_with_the_first_sample(loud: bool) -> None:
    right, before, samples = cells(12, 6), cells(7, 6, seed=2), np.zeros(100, np.int16)
    samples[3 * HOP + SPAN :] = 1
    samples[0] = loud
    device = unwritten(right, [0, 1, 2, 3], before)
    view = view_of(right, device, before=before, samples=samples)
    assert told([view]) == (WORDS, "" if loud else "all whose samples are 0 and no others")


@pytest.mark.parametrize(
    ("stride", "columns", "said"),
    [
        (3, range(4, 40, 3), "the last one of each window, and no others"),
        (3, range(5, 40, 3), "the first new one of each window, and each stream's first one, and no others"),
        (4, range(4, 40, 4), "the last one of each window, and no others"),
        (3, range(6, 40, 3), ""),
        (3, range(4, 40, 6), ""),
        (2, range(4, 40, 2), ""),
    ],
)
def test_columns_at_one_place_of_each_window(stride: int, columns: range, said: str) -> None:
    right, before = cells(40, 6), cells(7, 6, seed=2)
    device = unwritten(right, list(columns), before)
    view = view_of(right, device, before=before, samples=np.ones(200, np.int16))
    assert told([view], stride=stride) == (WORDS, said)


def test_the_ring_holds_zeros_before_the_first_stream() -> None:
    right = cells(30, 6)
    device = unwritten(right, [1, 9, 11, 22])
    device[1] = 0
    view = view_of(right, device, samples=np.ones(200, np.int16))
    found = best(kept_slots(bundle()), [view])
    assert found is not None and np.array_equal(replay_of(found, view)[1], device[1])
    device[1, 0] = 1
    other = view_of(right, device, samples=np.ones(200, np.int16))
    assert not np.array_equal(replay_of(found, other)[1], device[1])


def nth(right: Int8, unwritten_ones: list[int], unknown: int | None = None) -> Int8:
    """What a device sends that does not write these columns; the ring held -7 where it is not known what."""
    device = unwritten(right, unwritten_ones)
    if unknown is not None:
        device[unknown] = -7
    return device


NTH = "is not written: what is sent of it is what its place in the ring held, the column 5 before it"


@pytest.mark.parametrize(
    ("columns", "unknown", "said"),
    [
        ([3, 14, 25, 36, 47, 58], 3, f"every 11th column (3, 14 … of each file) {NTH}"),
        ([14, 25, 36, 47, 58], None, f"from column 14 on every 11th column (14, 25 … of each file) {NTH}"),
        ([25, 36, 47, 58], None, f"from column 25 on every 11th column (25, 36 … of each file) {NTH}"),
        ([6, 17, 28, 39, 50], None, f"every 11th column (6, 17 … of each file) {NTH}"),
    ],
)
def test_every_so_many_columns(columns: list[int], unknown: int | None, said: str) -> None:
    """What a first turn of the ring held is not known, and no matter."""
    right = cells(60, 6)
    view = view_of(right, nth(right, columns, unknown), samples=np.ones(300, np.int16))
    found = best(nth_kept(bundle()), [view])
    assert found is not None and (found.cause, found.explanation) == ("every 11th column not written", said)
    assert np.array_equal(replay_of(found, view)[columns], view.device[columns])


def test_what_the_ring_held_of_the_stream_before_is_known() -> None:
    right, before = cells(60, 6), cells(7, 6, seed=2)
    columns = [3, 14, 25, 36, 47, 58]
    device = unwritten(right, columns, before, 31)
    samples = np.ones(300, np.int16)
    view = view_of(right, device, before=before, before_first=31, samples=samples)
    found = best(nth_kept(bundle()), [view])
    assert found is not None and np.array_equal(replay_of(found, view)[columns], device[columns])
    device[3] = -7
    other = view_of(right, device, before=before, before_first=31, samples=samples)
    assert best(nth_kept(bundle()), [other]) is None
    short = view_of(right, device, before=before[:2], before_first=30, samples=samples)
    assert best(nth_kept(bundle()), [short]) is not None, "no column of it was written there"


@pytest.mark.parametrize(
    ("columns", "found"), [([5, 16, 27, 38, 49], False), ([4, 15, 26, 37, 48, 59], True)]
)
def test_from_its_second_turn_on_it_is_known_what_the_ring_held(columns: list[int], found: bool) -> None:
    right = cells(60, 6)
    view = view_of(right, nth(right, columns, columns[0]), samples=np.ones(300, np.int16))
    assert (best(nth_kept(bundle()), [view]) is not None) == found


def test_what_a_lost_column_left_in_the_ring_is_not_known() -> None:
    right, there = cells(60, 6), np.ones(60, np.bool_)
    device = nth(right, [6, 17, 28, 39, 50])
    device[12], there[12] = -7, False
    found = best(nth_kept(bundle()), [view_of(right, device, present=there, samples=np.ones(300, np.int16))])
    assert found is not None and found.cause == "every 11th column not written"


@pytest.mark.parametrize(
    ("same", "columns", "begins"),
    [((17, 12), [17, 28, 39, 50, 61], 6), ((3, 9), [14, 25, 36, 47, 58, 69], 3)],
)
def test_of_one_before_the_first_one_it_may_not_show(
    same: tuple[int, int], columns: list[int], begins: int
) -> None:
    """It is what its place held, or no other than one beside it, where it is not known what its place held."""
    right = cells(70, 6)
    right[same[0]] = right[same[1]]
    device = unwritten(right, columns)
    found = best(nth_kept(bundle()), [view_of(right, device, samples=np.ones(300, np.int16))])
    assert found is not None
    assert found.explanation == f"every 11th column ({begins}, {begins + 11} … of each file) {NTH}"


@pytest.mark.parametrize("spoilt", [36, 40])
def test_one_that_is_written_or_another_that_is_wrong_is_no_such_thing(spoilt: int) -> None:
    right = cells(60, 6)
    device = nth(right, [6, 17, 28, 39, 50])
    device[39 if spoilt == 36 else spoilt] = 3
    found = best(nth_kept(bundle()), [view_of(right, device, samples=np.ones(300, np.int16))])
    assert found is None


def test_columns_may_be_counted_through_all_files() -> None:
    views, rows_before = [], 0
    for seed in (1, 2, 3):
        right = cells(40, 6, seed)
        columns = [place for place in range(40) if (place + rows_before) % 13 == 12]
        device = unwritten(right, columns)
        views.append(view_of(right, device, samples=np.ones(200, np.int16), rows_before=rows_before))
        rows_before += 40
    found = best(nth_kept(bundle()), views)
    assert found is not None
    assert found.explanation == f"every 13th column of the run, counted through all its files, {NTH}"


def test_places_that_are_never_written_hold_one_value() -> None:
    """Of a ring of 6 each third place: what is 0 there may have been written as 0, too."""
    right = cells(40, 6)
    device = right.copy()
    device[2::3] = 0
    made = bundle(frames=6)
    found = best(nth_kept(made), [view_of(right, device, samples=np.ones(200, np.int16))])
    assert found is not None and found.explanation == (
        "every 3rd column (2, 5 … of each file) holds 0 throughout: its places in the ring of 6 are never written, or "
        "0 is written there"
    )
    other = device.copy()
    other[8] = 1
    assert best(nth_kept(made), [view_of(right, other, samples=np.ones(200, np.int16))]) is None
    assert best(nth_kept(bundle()), [view_of(right, device, samples=np.ones(200, np.int16))]) is None
