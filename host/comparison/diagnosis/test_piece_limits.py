"""Which pieces and which single samples are tried for some wrong columns, by a front end that remembers them."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from . import pieces, single_samples
from .evidence import Int16
from .fakes_views import cells, view_of
from .search import Int8, View

HOP, SPAN = 24, 40
SAMPLES = np.arange(400, dtype=np.int16)


class Plain:
    """Cells are the low bytes of a column's samples."""

    def __init__(self, hop: int = HOP, span: int = SPAN) -> None:
        self.settings: Any = SimpleNamespace(
            hop=hop, fft=span, samples_for=lambda columns: span + (columns - 1) * hop
        )
        self.heard: list[Int16] = []

    def features(self, samples: Int16) -> Int8:
        """Whole columns."""
        self.heard.append(samples)
        hop, span = self.settings.hop, self.settings.fft
        count = max(0, 1 + (len(samples) - span) // hop)
        found = [samples[i * hop : i * hop + span].astype(np.int8) for i in range(count)]
        return np.array(found, np.int8).reshape(-1, span)


def view(first: int, device: Int8 | None = None) -> View:
    right = Plain().features(SAMPLES)
    return view_of(right, right ^ np.int8(1) if device is None else device, first=first, samples=SAMPLES)


@pytest.mark.parametrize(
    ("group", "first", "tried", "begin", "end"),
    [
        # it begins in what the column before does not reach, on the stream's grid, and ends in the last column
        (
            range(5, 8), 1,
            [(136, 168), (136, 184), (136, 200), (152, 168), (152, 184), (152, 200)],
            80, 208,
        ),
        (range(5, 8), 0, [(144, 176), (144, 192), (144, 208)], 80, 208),
        (range(5, 6), 0, [(144, 160)], 80, 160),
        (range(1), 0, [(0, 16), (0, 32), (16, 32)], 0, 40),
        (range(1), 2, [(0, 16), (0, 32), (16, 32)], 0, 40),
        (range(1), 1, [(8, 24), (8, 40), (24, 40)], 0, 40),
        (range(2), 0, [(0, 32), (0, 48), (0, 64), (16, 32), (16, 48), (16, 64), (32, 48), (32, 64)], 0, 64),
        (range(1, 2), 0, [(48, 64)], 0, 64),
        (range(2, 3), 0, [(64, 80)], 8, 88),
    ],
)  # fmt: skip
def test_pieces_on_the_grid_that_reach_just_these_columns(
    group: range, first: int, tried: list[tuple[int, int]], begin: int, end: int
) -> None:
    asked: list[tuple[int, int]] = []

    def way(x: Int16, a: int, b: int) -> Int16:
        assert (x[0], len(x)) == (begin, end - begin)
        asked.append((a + begin, b + begin))
        return x

    front_end: Any = Plain()
    assert pieces._piece(front_end, view(first), group, way) is None
    assert asked == tried
    assert {(int(x[0]), len(x)) for x in front_end.heard} == {(group.start * HOP, end - group.start * HOP)}


def test_the_first_piece_that_gives_the_columns_is_taken() -> None:
    heard = SAMPLES.copy()
    heard[144:176] = 7
    device = Plain().features(heard)
    groups = pieces._groups(view(0, device))
    assert groups == [range(5, 8)]
    found = pieces._piece(Plain(), view(0, device), groups[0], pieces._filled(7))  # type: ignore[arg-type]
    assert found == (144, 176)
    device[6, 0] ^= 1
    assert pieces._piece(Plain(), view(0, device), groups[0], pieces._filled(7)) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("low", "high", "offset", "places"),
    [
        (0, 33, 0, [0, 16, 32]),
        (0, 32, 0, [0, 16]),
        (1, 33, 0, [16, 32]),
        (16, 17, 0, [16]),
        (15, 16, 1, [15]),
        (16, 40, 1, [31]),
        (3, 40, 40, [8, 24]),
    ],
)
def test_the_grid_counts_from_the_streams_beginning(
    low: int, high: int, offset: int, places: list[int]
) -> None:
    assert list(pieces._grid(low, high, offset)) == places


X = np.arange(10, 22, dtype=np.int16)
WAYS = {
    "piece of zeros": [10, 11, 12, 13, 0, 0, 0, 0, 18, 19, 20, 21],
    "old piece": [10, 11, 12, 13, 10, 11, 12, 13, 18, 19, 20, 21],
    "held sample": [10, 11, 12, 13, 13, 13, 13, 13, 18, 19, 20, 21],
    "piece 1 ahead": [10, 11, 12, 13, 15, 16, 17, 17, 18, 19, 20, 21],
    "piece 2 ahead": [10, 11, 12, 13, 16, 17, 16, 17, 18, 19, 20, 21],
    "piece 1 behind": [10, 11, 12, 13, 14, 14, 15, 16, 18, 19, 20, 21],
    "piece 2 behind": [10, 11, 12, 13, 14, 15, 14, 15, 18, 19, 20, 21],
}


@pytest.mark.parametrize("name", WAYS)
def test_what_becomes_of_a_piece(name: str) -> None:
    ways = {cause: way for cause, _, way in pieces._WAYS}
    assert list(ways) == list(WAYS)
    assert ways[name](X, 4, 8).tolist() == WAYS[name]


def test_what_came_before_a_piece_may_not_be_there() -> None:
    assert pieces._old(X, 3, 7).tolist() == X.tolist()
    assert pieces._old(X, 4, 8).tolist() == WAYS["old piece"]
    assert pieces._held(X, 0, 4).tolist() == X.tolist()
    assert pieces._held(X, 1, 3).tolist() == [10, 10, 10, *range(13, 22)]


@pytest.mark.parametrize("first", [0, 1, 2])
def test_every_piece_is_put_where_it_is_found(first: int) -> None:
    heard = SAMPLES.copy()
    at = 144 if first != 1 else 136
    heard[at : at + 16] = heard[304 if first != 1 else 296 :][:16] = 3
    found: dict[str, list[tuple[int, int]]] = {}
    device = Plain().features(heard)
    columns = pieces._replay(Plain(), view(first, device), pieces._filled(3), found)  # type: ignore[arg-type]
    assert columns is not None
    np.testing.assert_array_equal(columns, device)
    places = [(place, place + 16) for place in (at, at + 160)]
    assert found == {"a.wav": [(a + first * HOP, b + first * HOP) for a, b in places]}
    short = view_of(device, device, samples=SAMPLES[:-40])
    assert pieces._replay(Plain(), short, pieces._filled(3), found) is None  # type: ignore[arg-type]
    fewer = view_of(device[:-1], device[:-1], samples=SAMPLES)
    assert pieces._replay(Plain(), fewer, pieces._filled(3), found) is not None  # type: ignore[arg-type]
    assert found == {"a.wav": []}


# ---- single samples


@pytest.mark.parametrize(
    ("group", "first", "end"),
    [
        (range(5, 7), 144, 160),  # samples that all of its columns have
        (range(5, 6), 120, 160),
        (range(1), 0, 40),
        (range(2), 24, 40),
    ],
)
def test_samples_that_all_columns_of_a_group_have_are_tried(group: range, first: int, end: int) -> None:
    front_end: Any = Plain()
    assert single_samples._culprit(front_end, view(0), group, lambda x: x + np.int16(500)) is None
    begin = group.start * HOP
    places = []
    for heard in front_end.heard:
        [changed] = np.flatnonzero(heard != SAMPLES[begin : begin + len(heard)])
        places.append(begin + int(changed))
        assert len(heard) == (len(group) - 1) * HOP + SPAN
        assert heard[changed] == SAMPLES[places[-1]] + 500
    assert places == list(range(first, end))


def test_samples_that_a_change_leaves_are_passed_over() -> None:
    front_end: Any = Plain()
    even = lambda x: x & np.int16(-2)  # noqa: E731
    assert single_samples._culprit(front_end, view(0), range(5, 6), even) is None
    assert len(front_end.heard) == 20


@pytest.mark.parametrize("place", [0, 23, 24, 39, 40, 150, 399])
@pytest.mark.parametrize("first", [0, 3])
def test_the_sample_is_found_and_replayed(place: int, first: int) -> None:
    heard = SAMPLES.copy()
    heard[place] = 77
    device = Plain().features(heard)
    seen = view(first, device)
    found: dict[str, list[int]] = {}
    columns = single_samples._replay(Plain(), seen, 2, lambda x: np.full_like(x, 77), found)  # type: ignore[arg-type]
    np.testing.assert_array_equal(columns, device)
    assert found == {"a.wav": [first * HOP + place] if seen.wrong.any() else []}


def test_columns_that_the_samples_do_not_reach_stay() -> None:
    right = cells(20, SPAN)
    few = view_of(right, right, samples=SAMPLES)
    columns = single_samples._replay(Plain(), few, 2, lambda x: x, {})  # type: ignore[arg-type]
    count = len(Plain().features(SAMPLES))
    assert count < 20
    np.testing.assert_array_equal(columns[count:], right[count:])
    np.testing.assert_array_equal(columns[:count], Plain().features(SAMPLES))
    some = view_of(right[:5], right[:5], samples=SAMPLES)
    assert len(single_samples._replay(Plain(), some, 2, lambda x: x, {})) == 5  # type: ignore[arg-type]
