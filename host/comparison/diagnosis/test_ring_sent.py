"""Columns that are sent from another place of the ring than their own."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from ...bundle.load import Bundle
from .evidence import Before
from .fakes_views import best, cells, piece_of, replay_of, view_of
from .ring_sent import sent_from_elsewhere
from .search import Candidate, Int8, View, verify

FRAMES, BANDS = 20, 6
BUNDLE = cast(Bundle, SimpleNamespace(frames=FRAMES))


def behind(view: View, earlier: Int8, first: int = 0) -> View:
    """The same, behind a file whose last columns these are."""
    before = Before("b.wav", 0, piece_of(earlier, earlier, first=first), None)
    return replace(view, file=replace(view.file, before=before))


def sent(right: Int8, earlier: Int8 | None, shift: int, many: int = 1, behind_it: int | None = None) -> Int8:
    """What a device sends from `shift` places before, `many` columns a message.

    Args:
        right: the stream's columns.
        earlier: those of the stream before; None: the ring holds -3.
        shift: places before; below 0: behind.
        many: columns of a message.
        behind_it: value that lies behind the ring, where messages go on beyond its end; None: they wrap.
    """
    ring = np.full((FRAMES, BANDS), -3, np.int8)
    for number, column in enumerate(right[:0] if earlier is None else earlier):
        ring[number % FRAMES] = column
    told = []
    for first in range(0, len(right), many):
        last = min(first + many, len(right), (first // FRAMES + 1) * FRAMES)
        for start, end in ((first, last), (last, min(first + many, len(right)))):
            for number in range(start, end):
                ring[number % FRAMES] = right[number]
            begin = (start - shift) % FRAMES
            for place in range(begin, begin + end - start):
                beyond = place >= FRAMES and behind_it is not None
                told.append(np.full(BANDS, behind_it) if beyond else ring[place % FRAMES].copy())
    return np.array(told, np.int8)


def found_in(view: View) -> Candidate | None:
    """What is found, which must give all columns."""
    found = best(sent_from_elsewhere(BUNDLE), [view])
    if found is not None:
        verified = verify(found, [view], 8)
        assert verified is not None and verified.right == verified.different and not verified.harmed
    return found


@pytest.mark.parametrize(
    ("shift", "told"),
    [
        (
            1,
            "columns are sent from 1 place of the ring too early: each is the one before it, and the first of a stream "
            "what the ring still held there of the stream before",
        ),
        (
            3,
            "columns are sent from 3 places of the ring too early: each is the one 3 before it, and the first 3 of a "
            "stream what the ring still held there of the stream before",
        ),
        (
            -1,
            "columns are sent from 1 place of the ring too late: each is the one behind it, or, where that is not yet "
            "written, what the ring still held there",
        ),
    ],
)
@pytest.mark.parametrize("kept_from", [0, 25])
def test_the_first_columns_are_what_the_ring_held(shift: int, told: str, kept_from: int) -> None:
    right, earlier = cells(90, BANDS), cells(53, BANDS, seed=2)
    view = behind(view_of(right, sent(right, earlier, shift, 4)), earlier[kept_from:], kept_from)
    found = found_in(view)
    assert found is not None
    assert (found.explanation, found.detail([view])) == (told, "")
    assert found.cause == f"sent from {abs(shift)} too {'early' if shift > 0 else 'late'}"


def test_another_first_column_is_no_ring() -> None:
    right, earlier = cells(90, BANDS), cells(53, BANDS, seed=2)
    device = sent(right, earlier, 1)
    device[0] = 5
    assert best(sent_from_elsewhere(BUNDLE), [behind(view_of(right, device), earlier)]) is None


def test_of_one_file_alone_it_is_only_a_shift() -> None:
    right = cells(90, BANDS)
    assert best(sent_from_elsewhere(BUNDLE), [view_of(right, sent(right, None, 1))]) is None


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        (0, "5 columns that messages read outside the ring (0 throughout)"),
        (9, "5 columns that messages read outside the ring (9 throughout)"),
    ],
)
def test_messages_that_go_on_behind_the_ring(value: int, detail: str) -> None:
    right = cells(90, BANDS)
    view = view_of(right, sent(right, None, 1, 3, value))
    found = found_in(view)
    assert found is not None
    assert (
        found.detail([view])
        == f"taken as they came: {detail} and 1 column of which it is not known what the ring held"
    )


@pytest.mark.parametrize(("shift", "count"), [(1, 5), (2, 10)])
def test_what_lies_before_the_ring(shift: int, count: int) -> None:
    """The place is counted back from the ring's beginning, where something else lies, the same each turn."""
    right, earlier = cells(90, BANDS), cells(53, BANDS, seed=2)
    device = sent(right, earlier, shift)
    for place in range(shift):
        device[place::FRAMES] = 3 + place
    view = behind(view_of(right, device), earlier)
    found = found_in(view)
    assert found is not None
    what = " (3 throughout)" if shift == 1 else ""
    assert (
        found.detail([view])
        == f"taken as they came: {count} columns that messages read outside the ring{what}"
    )
    other = device.copy()
    other[FRAMES] = 8
    spoilt = best(sent_from_elsewhere(BUNDLE), [replace(view, device=other)])
    assert spoilt is None or not np.array_equal(replay_of(spoilt, view), other)


def test_what_the_ring_held_before_the_first_file_is_not_known() -> None:
    right, earlier = cells(200, BANDS), cells(53, BANDS, seed=2)
    first, second = (view_of(right, sent(right, held, -1, 2)) for held in (None, earlier))
    views = [first, behind(second, earlier)]
    found = best(sent_from_elsewhere(BUNDLE), views)
    assert found is not None
    assert found.detail(views) == "taken as they came: 9 columns of which it is not known what the ring held"


def test_too_much_that_is_not_known() -> None:
    right = cells(30, BANDS)
    assert best(sent_from_elsewhere(BUNDLE), [view_of(right, sent(right, None, 1, 4, 7))]) is None


def test_columns_that_did_not_come_and_later_pieces() -> None:
    right, earlier = cells(90, BANDS), cells(53, BANDS, seed=2)
    device = sent(right, earlier, 2, 4)
    present = np.ones(90, np.bool_)
    present[40:44] = False
    device[40:44] = 1
    view = behind(view_of(right, device, present=present), earlier)
    assert found_in(view) is not None
    assert best(sent_from_elsewhere(BUNDLE), [view_of(right[45:], device[45:], first=45)]) is None


def test_what_the_stream_before_sent_last_may_come_of_a_shift_alone() -> None:
    """The ring's place still holds just that where the stream before ended with a turn of the ring."""
    right, earlier = cells(90, BANDS), cells(60, BANDS, seed=2)
    for shift in (1, 2):
        device = sent(right, earlier, shift)
        assert np.array_equal(device[:shift], earlier[-shift:])
        view = behind(view_of(right, device), earlier)
        assert best(sent_from_elsewhere(BUNDLE), [replace(view, before=earlier)]) is None
        assert best(sent_from_elsewhere(BUNDLE), [replace(view, before=earlier[-shift:])]) is None
        assert found_in(replace(view, before=earlier[:0])) is not None
        device = sent(right, earlier[:59], shift)
        view = behind(view_of(right, device), earlier[:59])
        assert found_in(replace(view, before=earlier[:59])) is not None


def test_one_message_reads_eight_columns_at_most_behind_the_ring() -> None:
    right, earlier = cells(200, BANDS), cells(53, BANDS, seed=2)
    device = sent(right, earlier, 1)
    device[61:69] = 7
    found = found_in(behind(view_of(right, device), earlier))
    assert found is not None and "8 columns that messages read outside" in found.detail([])
    device[69] = 7
    assert best(sent_from_elsewhere(BUNDLE), [behind(view_of(right, device), earlier)]) is None


def test_two_turns_show_what_lies_before_the_ring() -> None:
    right, earlier = cells(39, BANDS), cells(53, BANDS, seed=2)
    device = sent(right, earlier, 1)
    device[::FRAMES] = 3
    found = found_in(behind(view_of(right, device), earlier))
    assert found is not None and "2 columns that messages read outside" in found.detail([])


@pytest.mark.parametrize("count", [17, 18])
def test_for_each_column_that_is_taken_as_it_came_eight_are_moved(count: int) -> None:
    right = cells(count, BANDS)
    device = sent(right, None, 1)
    device[3] = 7
    found = best(sent_from_elsewhere(BUNDLE), [view_of(right, device)])
    assert (found is not None) == (count == 18)


def test_two_places_are_told_as_such() -> None:
    right, earlier = cells(90, BANDS), cells(53, BANDS, seed=2)
    found = found_in(behind(view_of(right, sent(right, earlier, 2)), earlier))
    assert found is not None and found.explanation.startswith(
        "columns are sent from 2 places of the ring too early"
    )


def test_columns_that_are_sent_too_early_are_no_others() -> None:
    """Neither what lay there a turn before, nor what the first column was written over, nor any in the first turn."""
    right, earlier = cells(90, BANDS), cells(53, BANDS, seed=2)
    view = behind(view_of(right, sent(right, earlier, 1)), earlier)
    assert found_in(view) is not None
    device = view.device.copy()
    device[1] = earlier[40]
    found = best(sent_from_elsewhere(BUNDLE), [replace(view, device=device)])
    assert found is not None and "1 column that messages read outside the ring" in found.detail([])
    device = view.device.copy()
    device[50] = right[29]
    assert best(sent_from_elsewhere(BUNDLE), [replace(view, device=device)]) is None
    device = sent(right, None, 1, 3, 9)
    assert best(sent_from_elsewhere(BUNDLE), [view_of(right, device)]) is not None
    device[12] = 5
    assert best(sent_from_elsewhere(BUNDLE), [view_of(right, device)]) is None


def test_columns_that_are_sent_too_late_do_not_lie_before_the_ring() -> None:
    right, earlier = cells(90, BANDS), cells(53, BANDS, seed=2)
    device = sent(right, earlier, -1, 4)
    device[::FRAMES] = 3
    assert best(sent_from_elsewhere(BUNDLE), [behind(view_of(right, device), earlier)]) is None


def test_what_a_piece_does_not_hold_is_not_known() -> None:
    right, earlier = cells(90, BANDS), cells(53, BANDS, seed=2)
    device = sent(right, earlier, 1)
    device[61] = 7  # behind the ring's end, so that it is more than a shift
    assert best(sent_from_elsewhere(BUNDLE), [behind(view_of(right, device), earlier)]) is not None
    assert (
        best(sent_from_elsewhere(BUNDLE), [behind(view_of(right[1:], device[1:], first=1), earlier)]) is None
    )
    device = sent(right, earlier, -1, 4)
    piece = view_of(right[1:20], device[1:20], first=1)
    assert best(sent_from_elsewhere(BUNDLE), [behind(piece, earlier)]) is None
    assert found_in(behind(view_of(right[:20], device[:20]), earlier)) is not None
    # of the stream before, column 39 lies in the place that the first column is sent from
    view = view_of(right, sent(right, earlier, 1))
    assert found_in(behind(view, earlier[39:], 39)) is not None
    assert best(sent_from_elsewhere(BUNDLE), [behind(view, earlier[40:], 40)]) is None


def test_of_a_later_piece_a_turn_before_is_looked_up_by_its_number() -> None:
    right = cells(200, BANDS)
    view = view_of(right[45:], sent(right, None, -1, 20)[45:], first=45)
    found = best(sent_from_elsewhere(BUNDLE), [view])
    assert found is not None
    assert found.detail([view]).startswith("taken as they came: 1 column that messages read outside the ring")


def test_the_streams_own_last_column_is_not_what_was_sent_before_it() -> None:
    right, earlier = cells(90, BANDS), cells(53, BANDS, seed=2)
    right[-1] = earlier[39]
    view = behind(view_of(right, sent(right, earlier, 1)), earlier)
    assert len(view.before) == 0 and np.array_equal(view.device[0], right[-1])
    assert found_in(view) is not None
