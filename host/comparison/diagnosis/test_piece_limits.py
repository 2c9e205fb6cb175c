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


def test_a_piece_ends_at_most_a_step_of_the_grid_beyond_its_columns() -> None:
    ends: set[int] = set()

    def way(x: Int16, _: int, b: int) -> Int16:
        ends.add(b + int(x[0]))
        return x

    front_end: Any = Plain(25, 41)
    right = front_end.features(SAMPLES)
    seen = view_of(right, right ^ np.int8(1), samples=SAMPLES)
    assert pieces._piece(front_end, seen, range(5, 7), way) is None
    assert max(ends) == 176  # 16 beyond 7 columns of 25 samples is 191


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


@pytest.mark.parametrize(("cells_of", "told"), [(12, True), (11, False)])
def test_the_first_pieces_columns_must_differ_in_twelve_cells(
    cells_of: int, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[range] = []

    def piece(_: Any, __: View, group: range, ___: Any) -> tuple[int, int]:
        asked.append(group)
        return 0, 16

    monkeypatch.setattr(pieces, "_piece", piece)
    expected = cells(30, 20)
    device = expected.copy()
    device[4, :cells_of] ^= 1
    device[9:11] ^= 1
    found = list(pieces.replaced(Plain())([view_of(expected, device)]))  # type: ignore[arg-type]
    assert [each.cause for each in found] == list(WAYS) * told
    assert all(each.rows_alone for each in found)
    assert asked == [range(4, 5)] * len(found)


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
    assert single_samples._culprit(front_end, view(0), group, SAMPLES + np.int16(500)) is None
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
    even = SAMPLES & np.int16(-2)
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


def in_groups(counts: list[int], rows: int = 1) -> View:
    """Groups of columns, two right ones between them, in so many cells."""
    expected = cells(80, 40)
    device = expected.copy()
    for number, count in enumerate(counts):
        device[number * (rows + 2) : number * (rows + 2) + rows, :count] ^= 1
    return view_of(expected, device, samples=np.zeros(2000, np.int16))


def tried_groups(
    seen: View, monkeypatch: pytest.MonkeyPatch, hop: int = HOP, span: int = SPAN, culprit: int | None = None
) -> tuple[list[str], list[range]]:
    """What is told, and the groups that the first damage was looked for in."""
    asked: list[range] = []

    def found(_: Any, __: View, group: range, ___: Any) -> int | None:
        asked.append(group)
        return culprit if group.start else None

    monkeypatch.setattr(single_samples, "_culprit", found)
    told = list(single_samples.damaged(Plain(hop, span))([seen]))  # type: ignore[arg-type]
    assert all(each.rows_alone for each in told)
    return [each.cause for each in told], asked[: len(asked) // len(single_samples._DAMAGES)]


@pytest.mark.parametrize(
    ("counts", "tried"),
    [
        ([6, 6, 6, 6], True),
        ([6], False),  # two groups at least
        ([6, 6], True),
        ([5, 6, 7], True),  # at the median
        ([5, 5, 9], False),
        ([5, 7], True),
    ],
)
def test_three_groups_are_looked_at_where_there_are_enough_cells(
    counts: list[int], tried: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = in_groups(counts)
    told, asked = tried_groups(seen, monkeypatch)
    assert told == []
    groups = [range(3 * number, 3 * number + 1) for number in range(len(counts))]
    assert asked == groups[:3] * tried
    told, _ = tried_groups(seen, monkeypatch, culprit=7)
    assert len(told) == len(single_samples._DAMAGES) * tried


@pytest.mark.parametrize(
    ("hop", "span", "rows", "tried"),
    [
        (5, 40, 8, True),
        (5, 41, 8, False),  # a sample of nine columns
        (5, 40, 9, False),  # longer than what one sample reaches
        (24, 40, 2, True),
        (20, 40, 2, True),
        (20, 40, 3, False),
        (20, 41, 3, True),
    ],
)
def test_a_sample_reaches_some_columns(
    hop: int, span: int, rows: int, tried: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, asked = tried_groups(in_groups([9, 9], rows), monkeypatch, hop, span)
    assert bool(asked) is tried


def test_where_damaged_samples_lie_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []

    def beyond(step: int, count: int) -> bool:
        asked.append((step, count))
        return step > 100

    monkeypatch.setattr(single_samples, "beyond_chance", beyond)
    right = cells(9, 2)
    views = [view_of(right, right, name=name) for name in ("a.wav", "b.wav", "c.wav")]
    found = {"a.wav": [], "b.wav": [1000, 1300, 2800], "c.wav": [400, 2200]}
    assert single_samples._places(views, found) == (
        "5 samples, the first is 1,000 of b.wav, a multiple of 300 samples apart"
    )
    assert single_samples._places(views, {"c.wav": [400, 450]}) == "2 samples, the first is 400 of c.wav"
    assert asked == [(300, 4), (50, 2)]
    assert single_samples._places(views, {"a.wav": []}) == single_samples._places(views, {}) == ""
    assert single_samples._groups(in_groups([1] * 20), 1) == [range(3 * n, 3 * n + 1) for n in range(20)]
    assert single_samples._groups(in_groups([]), 1) == []


@pytest.mark.parametrize(("count", "known"), [(400, True), (401, False)])
def test_four_hundred_groups_are_the_most(count: int, known: bool) -> None:
    expected = np.zeros((3 * count, 1), np.int8)
    device = expected.copy()
    device[::3] = 1
    assert bool(single_samples._groups(view_of(expected, device), 1)) is known


def test_one_right_column_parts_two_groups() -> None:
    expected = np.zeros((9, 1), np.int8)
    device = expected.copy()
    device[[1, 3, 4, 6, 8]] = 1
    seen = view_of(expected, device)
    assert single_samples._groups(seen, 2) == [range(1, 2), range(3, 5), range(6, 7), range(8, 9)]
    assert pieces._groups(seen) == single_samples._groups(seen, 2)


def test_where_pieces_lie_in_words() -> None:
    right = cells(9, 2)
    views = [view_of(right, right, name=name) for name in ("a.wav", "b.wav", "c.wav")]
    one, other = [(1600, 1632), (3200, 3232)], [(1600, 1648)]
    told = "samples 1,600 to 1,631 of "
    assert pieces._places(views, {"a.wav": [], "b.wav": one}) == f"{told}b.wav"
    assert pieces._places(views, {"a.wav": one, "b.wav": one[:1]}) == f"{told}each file"
    assert pieces._places(views, {"a.wav": one, "b.wav": other}) == f"{told}a.wav"
    assert pieces._places(views, {"a.wav": []}) == ""


@pytest.mark.parametrize(
    ("begins", "period"),
    [
        ([1600, 1666, 1699, 1765], 33),
        ([1600, 1664, 1696, 1760], 0),  # one behind the other
        ([1600, 1700, 1800], 0),
        ([1600, 1700, 1800, 2000], 100),
    ],
)
def test_pieces_a_period_apart(begins: list[int], period: int) -> None:
    right = cells(9, 2)
    told = pieces._places([view_of(right, right)], {"a.wav": [(begin, begin + 32) for begin in begins]})
    more = f", and as many of each {period} from there on" if period else ""
    assert told == f"samples 1,600 to 1,631 of a.wav{more}"


def test_each_damage_of_a_sample() -> None:
    x = np.array([0, 5, -32_768], np.int16)
    changes = {name: change for name, _, change in single_samples._DAMAGES}
    assert changes["samples of 2 before"](x).tolist() == [0, 5, 0]
    assert changes["samples of 8 before"](x).tolist() == x.tolist(), "what came before them is not known"
    assert list(changes)[:16] == [f"bit {bit} of samples" for bit in range(15, -1, -1)]
    assert changes["bit 15 of samples"](x).tolist() == [-32_768, -32_763, 0]
    assert changes["bit 0 of samples"](x).tolist() == [1, 4, -32_767]
    assert changes["samples 32767"](x).tolist() == [32_767] * 3
    assert changes["samples -32768"](x).tolist() == [-32_768] * 3
