"""Which entries of which table are tried, with which values, and when one is told; a made-up front end runs them."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from . import entries as e
from .entries import Entry, entries
from .fakes_views import cells, replay_of, view_of
from .search import Candidate, Int8, View

BANDS = HOP = 8
ROWS = 40
SHARES = tuple(range(100, 108))  # of five segments
WEIGHTS = (300, 310, 320, 0, 340, 350, 360, 370, 380, 390, 400, 410, 420, 430)
TWIDDLES = (1000, -1000, 500)
TABLES: Any = SimpleNamespace(
    segment_bins=(1, 2, 1, 2, 2), shares_q16=SHARES, weights=WEIGHTS, twiddles=TWIDDLES
)
SAMPLES = cells(ROWS, BANDS, low=-50, high=50).ravel().astype(np.int16)


class Poked:
    """Columns are their samples, and what an entry is off moves them by what belongs to its place."""

    def __init__(self, left_out: Sequence[tuple[int, ...]] = ()) -> None:
        rng = np.random.default_rng(6)
        self.settings: Any = SimpleNamespace(hop=HOP, samples_for=lambda columns: columns * HOP)
        self._right = {values: np.array(values) for values in (SHARES, WEIGHTS, TWIDDLES)}
        self.memories: dict[tuple[int, ...], Any] = {
            values: np.array(values, kind)
            for values, kind in ((SHARES, np.int32), (WEIGHTS, np.int16), (TWIDDLES, np.int16))
            if values not in left_out
        }
        self._moves = {values: rng.integers(1, 9, (len(values), BANDS)) for values in self.memories}
        self._moves[SHARES] = self._moves[SHARES] * (np.arange(BANDS) // 2 == np.arange(8)[:, None] // 3)
        self.columns = 0

    def table(self, values: tuple[int, ...]) -> Any:
        """Its memory."""
        return self.memories.get(values)

    def off(self) -> bool:
        """Whether an entry is not what it should be."""
        return any((memory != self._right[values]).any() for values, memory in self.memories.items())

    def features(self, samples: Any) -> Int8:
        """Columns of whole hops."""
        found = samples[: len(samples) // HOP * HOP].reshape(-1, BANDS).astype(np.int64)
        self.columns += len(found)
        for values, memory in self.memories.items():
            found = found + (memory.astype(np.int64) - self._right[values]) @ self._moves[values] // 128
        clipped: Int8 = found.clip(-128, 127).astype(np.int8)
        return clipped


def device_with(values: tuple[int, ...], place: int, value: int) -> View:
    front_end = Poked()
    right = front_end.features(SAMPLES)
    front_end.memories[values][place] = value
    return view_of(right, front_end.features(SAMPLES), samples=SAMPLES)


def told(view: View, front_end: Poked | None = None) -> list[Candidate]:
    made = front_end or Poked()
    found = list(entries(lambda: made, TABLES)([view]))  # type: ignore[arg-type, return-value]
    assert not made.off()
    return found


@pytest.mark.parametrize(
    ("values", "place", "value", "explanation"),
    [
        (WEIGHTS, 5, 350 ^ 256, "entry 5 of the Hann weights is 94 instead of 350, bit 8 flipped"),
        (WEIGHTS, 13, 430 ^ 64, "entry 13 of the Hann weights is 494 instead of 430, bit 6 flipped"),
        (WEIGHTS, 3, 77, "entry 3 of the Hann weights is 77 instead of 0, or near that"),
        (
            TWIDDLES,
            2,
            500 ^ 256,
            "entry 2 of the twiddle factors of the FFT is 244 instead of 500, bit 8 flipped",
        ),
        (TWIDDLES, 1, 0, "entry 1 of the twiddle factors of the FFT is 0 instead of -1000, or near that"),
        (SHARES, 4, 104 ^ 512, "entry 4 of the mel shares (shares_q16) is 616 instead of 104, bit 9 flipped"),
    ],
)
def test_an_entry_with_another_value(
    values: tuple[int, ...], place: int, value: int, explanation: str
) -> None:
    view = device_with(values, place, value)
    [found] = told(view)
    assert found.cause == explanation.split(" of the ")[0] + {
        WEIGHTS: " of weights", TWIDDLES: " of twiddles", SHARES: " of shares_q16"
    }[values]  # fmt: skip
    assert found.explanation == explanation or (value == 77 and "is 7" in found.explanation)
    np.testing.assert_array_equal(replay_of(found, view), view.device)


def test_a_table_that_lies_in_no_memory_is_not_tried() -> None:
    view = device_with(WEIGHTS, 5, 94)
    assert [each.cause for each in told(view)] == ["entry 5 of weights"]
    assert not [each for each in told(view, Poked([WEIGHTS])) if "weights" in each.cause]
    candidate = e._candidate(Poked([WEIGHTS]), Entry("weights", "w", 5, 350, 94), TABLES)  # type: ignore[arg-type]
    assert candidate.replay(view) is None


def test_columns_are_as_many_as_the_device_sent() -> None:
    view = device_with(WEIGHTS, 5, 94)
    front_end: Any = Poked()
    candidate = e._candidate(front_end, Entry("weights", "w", 5, 350, 94), TABLES)
    assert candidate.replay(view_of(view.expected, view.device, samples=SAMPLES[:-1])) is None
    assert candidate.replay(view_of(view.expected[:-1], view.device[:-1], samples=SAMPLES)) is not None
    assert not front_end.off()


@pytest.mark.parametrize(
    ("right", "value", "how"),
    [
        (5, 4, ", bit 0 flipped"),
        (5, 7, ", bit 1 flipped"),
        (5, 5 - 2**31, ", bit 31 flipped"),
        (5, 6, ", or near that"),
        (-1, -3, ", bit 1 flipped"),
    ],
)
def test_one_bit_that_differs_is_told(right: int, value: int, how: str) -> None:
    found = e._candidate(Poked(), Entry("weights", "weights", 5, right, value), TABLES)  # type: ignore[arg-type]
    assert found.explanation == f"entry 5 of the weights is {value} instead of {right}{how}"


@pytest.mark.parametrize(("count", "tried"), [(8, True), (7, False)])
def test_eight_wrong_cells_are_held_against_entries(
    count: int, tried: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(e, "_tables", lambda *_: iter(()))
    expected = cells(ROWS, BANDS)
    device = expected.copy()
    device[3, :count] ^= 1
    made: list[Poked] = []

    def make() -> Any:
        made.append(Poked())
        return made[0]

    hypothesis = entries(make, TABLES)
    for _ in range(2):
        assert list(hypothesis([view_of(expected, device, samples=SAMPLES)])) == []
    assert len(made) == tried  # one for all runs


@pytest.mark.parametrize(("gained", "there"), [(9, True), (8, False)])
def test_nine_of_ten_wrong_cells_must_be_given(
    gained: int, there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = Entry("weights", "w", 1, 310, 0)
    least = Entry("weights", "w", 2, 320, 0)
    monkeypatch.setattr(e, "_tables", lambda *_: iter([(1, least), (gained, entry), (0, least)]))
    expected = np.zeros((5, 10), np.int8)
    device = expected.copy()
    device[2] = 1
    found = list(entries(lambda: Poked(), TABLES)([view_of(expected, device, samples=SAMPLES)]))  # type: ignore[arg-type, return-value]
    assert [each.cause for each in found] == ["entry 1 of weights"] * there
    monkeypatch.setattr(e, "_tables", lambda *_: iter(()))
    assert not list(entries(lambda: Poked(), TABLES)([view_of(expected, device, samples=SAMPLES)]))  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    ("bands", "tables", "places"),
    [
        ([0], ["shares_q16"], range(3)),
        ([1], ["shares_q16"], range(1, 4)),
        ([1, 3], ["shares_q16"], range(1, 8)),  # three in a row, up to the next one's share
        ([2, 3], ["shares_q16"], range(3, 8)),
        ([4], ["shares_q16"], range(6, 8)),
        ([1, 4], ["weights", "twiddles"], None),
        ([0, 7], ["weights", "twiddles"], None),
    ],
)
def test_shares_are_tried_where_a_single_bin_can_reach(
    bands: list[int], tables: list[str], places: range | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = cells(ROWS, BANDS)
    device = expected.copy()
    device[:, bands] ^= 1
    asked: list[tuple[int, list[int]]] = []

    def likeliest(_: Any, found: list[int], values: tuple[int, ...], __: Any) -> list[int]:
        asked.append((len(values), found))
        return []

    monkeypatch.setattr(e, "_likeliest", likeliest)
    view = view_of(expected, device, samples=SAMPLES)
    assert told(view) == []
    sizes = {"shares_q16": 8, "weights": 14, "twiddles": 3}
    assert [size for size, _ in asked] == [sizes[name] for name in tables]
    assert [found for _, found in asked] == [list(places or range(sizes[name])) for name in tables]
    assert e.is_narrow(view) is (places is not None)


# ---- columns that are computed for each change


class Rows:
    """Gives each column as its samples, and remembers which."""

    def __init__(self) -> None:
        self.settings: Any = SimpleNamespace(hop=HOP, samples_for=lambda columns: columns * HOP + 1)
        self.pieces: list[Any] = []
        self.add = 0

    def features(self, samples: Any) -> Int8:
        """One column."""
        self.pieces.append(samples)
        return (samples[None, :BANDS] + self.add).astype(np.int8)


@pytest.mark.parametrize(("bands", "count"), [(3, 24), (4, 6)])
def test_columns_that_differ_most_are_probed(bands: int, count: int) -> None:
    expected = SAMPLES.reshape(ROWS, BANDS).astype(np.int8)
    device = expected.copy()
    device[:, :bands] += 1
    most = [30, 7]
    device[5, 0] -= 1
    device[most, :bands] = expected[most, :bands] + 1
    device[:, 0] = expected[:, 0] + np.isin(np.arange(ROWS), most)
    front_end: Any = Rows()
    probes = e._Probes(front_end, view_of(expected, device, samples=SAMPLES))
    rows = [7, 30, *(row for row in range(ROWS) if row not in most)][:count]
    assert probes.wrong == 2 * bands + (count - 2) * (bands - 1)
    np.testing.assert_array_equal(
        probes.moved_by_device(), (device[[7, 30]] - expected[[7, 30]]).astype(float).ravel()
    )
    assert probes.moved().tolist() == [0.0] * 2 * BANDS
    assert [piece.tolist() for piece in front_end.pieces] == [
        SAMPLES[row * HOP : row * HOP + HOP + 1].tolist() for row in rows[:2]
    ]
    front_end.add = 1
    assert probes.moved().tolist() == [1.0] * 2 * BANDS
    front_end.pieces.clear()
    # of all cells those that are wrong become right, the others wrong
    right = count * BANDS - probes.wrong
    assert probes.gained() == probes.wrong - right
    assert len(front_end.pieces) == count
    front_end.add = 0
    assert probes.gained() == 0


# ---- entries that are worth it


def probing(moves: Any, theirs: Any, memory: Any, values: Sequence[int], seen: list[list[int]]) -> Any:
    def moved() -> Any:
        seen.append(memory.tolist())
        return (memory - np.array(values)) @ np.asarray(moves, float)

    return SimpleNamespace(moved_by_device=lambda: np.asarray(theirs, float), moved=moved)


def test_up_to_twelve_entries_are_all_tried() -> None:
    values = tuple(range(1, 13))
    memory, seen = np.array(values, np.int16), list[list[int]]()
    probes = probing(np.ones((12, 2)), (1, 0), memory, values, seen)
    assert e._likeliest(memory, list(range(12)), values, probes) == list(range(12))
    assert not seen


def test_of_more_entries_those_whose_absence_moves_cells_alike_are_tried() -> None:
    angles = np.array([9, 3, 12, 1, 7, 5, 14, 2, 13, 6, 10, 8, 4, 11]) / 10
    moves = np.stack([np.cos(angles), np.sin(angles)], axis=1) * np.arange(1, 15)[:, None]
    moves[4] *= -1  # against it counts as well
    moves[8] = 0  # moves nothing
    values = (7, 8, 0, *range(10, 21))
    memory, seen = np.array(values, np.int16), list[list[int]]()
    found = e._likeliest(memory, list(range(14)), values, probing(moves, (3, 0), memory, values, seen))
    order = np.argsort(angles).tolist()
    assert found == [place for place in order if place != 8][:12]
    assert memory.tolist() == list(values)
    for place in range(14):
        poked = list(values)
        poked[place] = 16_383 if place == 2 else 0
        assert seen[place] == poked
    # from some places on, and those of them
    some = list(range(1, 14))
    again = e._likeliest(memory, some, values, probing(moves, (3, 0), memory, values, seen))
    assert again == [place for place in order if place not in (0, 8)][:12]
    # of equals the first
    same = e._likeliest(memory, list(range(14)), values, probing([(1, 0)] * 14, (1, 0), memory, values, seen))
    assert same == list(range(12))


# ---- values of one


def values_tried(
    right: int, beside: Sequence[int], gained: Callable[[int], int], wrong: int = 1000, place: int = 0
) -> tuple[tuple[int, int], list[int]]:
    """What is found for an entry of eight bits, and all values that were tried, in order."""
    values = (*beside[:place], right, *beside[place:])
    memory, tried = np.array(values, np.int8), list[int]()

    def of_memory() -> int:
        tried.append(int(memory[place]))
        return gained(tried[-1])

    probes: Any = SimpleNamespace(wrong=wrong, gained=of_memory)
    found = e._best_value(memory, place, values, probes)
    assert memory.tolist() == list(values)
    assert len(set(tried)) == len(tried)
    return found, tried


OF_FIVE = [-123, 69, -59, 37, -27, 21, -11, 13, -3, 1, 9, 7, 3, 4, 6]


@pytest.mark.parametrize(
    ("beside", "place", "first"),
    [
        ([40], 0, [0, -5, 40]),
        ([40], 1, [0, -5, 40]),
        ([40, 41], 1, [0, -5, 40, 41]),
        ([], 0, [0, -5]),
        ([5, 0], 1, [0, -5]),
    ],
)
def test_nothing_its_opposite_its_neighbours_and_bits_are_tried(
    beside: list[int], place: int, first: list[int]
) -> None:
    found, tried = values_tried(5, beside, lambda _: 0, place=place)
    assert tried == [*first, *OF_FIVE]
    assert found == (0, 0)


@pytest.mark.parametrize(("right", "edge"), [(63, 127), (-64, -128)])
def test_the_largest_and_the_least_value_are_tried(right: int, edge: int) -> None:
    found, tried = values_tried(right, [], lambda value: value == edge, wrong=1)
    assert found == (1, edge) and edge in tried
    assert min(tried) >= -128 and max(tried) <= 127 and right not in tried


@pytest.mark.parametrize("target", [45, 110, 127, -100, -128, 6, 50, 30])
def test_a_value_that_helps_is_approached(target: int) -> None:
    found, tried = values_tried(5, [], lambda value: 1000 - abs(value - target))
    assert found == (1000, target)
    assert min(tried) >= -128 and max(tried) <= 127


def test_the_approach_begins_with_an_eighth_of_the_range_and_ends_with_one() -> None:
    _, tried = values_tried(5, [], lambda value: 500 - abs(value - 69))
    assert tried[len(OF_FIVE) + 2 :] == [101, 53, 85, 61, 77, 65, 73, 67, 71, 68, 70]
    found, tried = values_tried(5, [], lambda value: 1000 - abs(value - 69))
    assert found == (1000, 69) and len(tried) == len(OF_FIVE) + 2  # all is right
    found, tried = values_tried(5, [], lambda value: -abs(value - 70))
    assert found == (-1, 69) and len(tried) == len(OF_FIVE) + 2  # nothing helps
    found, tried = values_tried(5, [], lambda value: 1 - abs(value - 69), wrong=2)
    assert found == (1, 69) and len(tried) > len(OF_FIVE) + 2
