"""Messages that each read the ring from a place too early or too late."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from ...bundle.load import Bundle
from .evidence import Before
from .fakes_views import best, cells, piece_of, view_of
from .ring_messages import read_of, sent_in_messages
from .search import Candidate, Int8, View, verify

BANDS, OUTSIDE = 6, 99


def bundle(frames: int) -> Bundle:
    """With a ring of so many columns."""
    return cast(Bundle, SimpleNamespace(frames=frames))


def sent(frames: int, right: Int8, shift: int, wraps: bool, sizes: list[int]) -> tuple[Int8, list[int]]:
    """What comes of a place that is `shift` too early, and where its messages begin; sizes are columns at a time."""
    ring = np.full((frames, BANDS), -3, np.int8)
    told: list[Int8] = []
    firsts: list[int] = []
    for size in sizes:
        written = min(len(told) + size, len(right))
        for number in range(len(told), written):
            ring[number % frames] = right[number]
        while len(told) < written:
            firsts.append(len(told))
            place = len(told) % frames
            count = min(written - len(told), frames - place)
            begin = (place - shift) % frames if wraps else place - shift
            told += [
                ring[at].copy() if 0 <= at < frames else np.full(BANDS, OUTSIDE, np.int8)
                for at in range(begin, begin + count)
            ]
    return np.array(told), firsts


def view_with(frames: int, shift: int, wraps: bool, sizes: list[int], count: int = 90) -> View:
    """A file of which that comes."""
    right = cells(count, BANDS)
    device, firsts = sent(frames, right, shift, wraps, sizes)
    view = view_of(right, device)
    return replace(view, file=replace(view.file, messages=tuple(firsts)))


def found_in(frames: int, view: View) -> Candidate | None:
    """What is found, which must give all columns."""
    found = best(lambda views: sent_in_messages(bundle(frames), views), [view])
    if found is not None:
        verified = verify(found, [view], 8)
        assert verified is not None and verified.right == verified.different and not verified.harmed
    return found


SIZES = [2, 1, 2, 3, 1, 1, 2] * 20


@pytest.mark.parametrize("wraps", [True, False])
@pytest.mark.parametrize(("frames", "shift"), [(3, 1), (3, -1), (4, 2), (10, 2), (10, -3), (10, 1)])
def test_a_place_of_a_small_ring_that_is_off(frames: int, shift: int, wraps: bool) -> None:
    found = found_in(frames, view_with(frames, shift, wraps, SIZES))
    assert found is not None
    places = "1 place" if abs(shift) == 1 else f"{abs(shift)} places"
    way = "early" if shift > 0 else "late"
    assert found.cause == f"messages from {abs(shift)} too {way}"
    assert found.explanation == (
        f"columns are sent from {places} of the ring too {way}: each message begins "
        f"{'before' if shift > 0 else 'behind'} its first column's place, and goes on from there; it holds what these "
        f"places of the ring of {frames} held when it was sent"
    )
    assert "stream_features" in found.cure


def test_what_is_not_known_is_told() -> None:
    view = view_with(10, 1, True, SIZES)
    found = found_in(10, view)
    assert found is not None
    read = read_of(view, 10, 1, True)
    outside, unknown = int(read.outside.sum()), int(read.unknown.sum())
    assert unknown == 1 and outside > 1
    assert found.detail([view]) == (
        f"taken as they came: {outside} columns that messages read outside the ring and 1 column of which it is not "
        "known what the ring held"
    )


def test_one_column_that_is_another_is_no_such_ring() -> None:
    view = view_with(3, 1, True, SIZES)
    row = int(np.flatnonzero(~read_of(view, 3, 1, True).outside)[20])
    device = view.device.copy()
    device[row, 0] ^= 1
    assert found_in(3, replace(view, device=device)) is None


def test_without_its_messages_nothing_is_told() -> None:
    view = view_with(3, 1, True, SIZES)
    assert found_in(3, replace(view, file=replace(view.file, messages=()))) is None


def test_few_columns_are_chance() -> None:
    """Of the first turn it is not known what the ring held."""
    assert found_in(10, view_with(10, -1, True, [1] * 16, 16)) is None
    assert found_in(10, view_with(10, -1, True, [1] * 17, 17)) is not None


@pytest.mark.parametrize("shift", [1, 2])
def test_columns_that_are_all_late_say_nothing_of_the_ring(shift: int) -> None:
    right = cells(90, BANDS)
    view = view_of(right, np.concatenate([cells(shift, BANDS, seed=5), right[:-shift]]))
    messages = tuple(range(0, 90, 3))
    assert found_in(10, replace(view, file=replace(view.file, messages=messages))) is None


@pytest.mark.parametrize(("count", "told"), [(48, True), (49, False)])
def test_mostly_outside_is_not_known(count: int, told: bool) -> None:
    """Half the columns are read outside a ring of 4; of the others 8 are no right ones."""
    right = cells(count, BANDS)
    for number in range(16, count):
        if number % 4 >= 2:
            right[number] = right[number - 2]
    device, firsts = sent(4, right, 2, False, [1] * count)
    view = view_of(right, device)
    view = replace(view, file=replace(view.file, messages=tuple(firsts)))
    assert (found_in(4, view) is not None) == told


@pytest.mark.parametrize(("shift", "told"), [(8, True), (9, False), (-8, True), (-9, False)])
def test_places_that_are_far_away_are_not_looked_for(shift: int, told: bool) -> None:
    assert (found_in(20, view_with(20, shift, True, SIZES)) is not None) == told


def test_one_column_may_show_the_ring() -> None:
    """All others are one late."""
    view = view_with(3, 1, True, [1, 3, *[1] * 90])
    late = view.device[2:] == view.expected[1:-1]
    assert late.all() and not np.array_equal(view.device[1], view.expected[0])
    assert found_in(3, view) is not None


def test_the_last_two_messages_may_be_one_that_the_rings_end_divides() -> None:
    view = view_with(10, -2, True, [*[2] * 14, 4], 32)
    read = read_of(view, 10, -2, True)
    assert view.file.messages[-2:] == (28, 30) and not read.unknown[28:].any()
    assert np.array_equal(read.values, view.device) and found_in(10, view) is not None


@pytest.mark.parametrize("kept_from", [0, 25, 49])
def test_what_the_ring_held_of_the_stream_before(kept_from: int) -> None:
    earlier = cells(53, BANDS, seed=2)
    view = view_with(10, 1, True, SIZES)
    assert read_of(view, 10, 1, True).unknown[0]
    before = Before("b.wav", 0, piece_of(earlier[kept_from:], earlier[kept_from:], first=kept_from), None)
    behind = replace(view, file=replace(view.file, before=before))
    read = read_of(behind, 10, 1, True)
    assert not read.unknown.any() and np.array_equal(read.values[0], earlier[49])


@pytest.mark.parametrize("first", [31, 32, 33])
def test_a_later_piece_of_a_file(first: int) -> None:
    whole = view_with(10, 2, True, SIZES)
    file = replace(whole.file, before=None)
    later = replace(view_of(whole.expected[first:], whole.device[first:], first=first), file=file)
    read = read_of(later, 10, 2, True)
    assert read.unknown[:2].any() and not read.unknown[10:].any()
    assert np.array_equal(read.values, later.device) and found_in(10, later) is not None
    spoilt = replace(later, device=later.device + np.int8(1))
    last = read_of(spoilt, 10, 2, True)
    assert not last.outside[-1] and np.array_equal(last.values[-1], later.device[-1])
