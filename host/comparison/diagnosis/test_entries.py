"""One wrong entry of a table: which entries and values are tried, in what order, and what is told. No C code runs."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from ...core.poked_front_end import PokedFrontEnd
from ...frontend.log_mel.tables import LogMelTables
from . import entries as e
from .entries import Entry, entries, is_narrow
from .fakes_views import replay_of, view_of
from .search import View

BANDS = 8
HOP, WINDOW = 3, 5


class Poked:
    """A front end of three tables, each cell of which is a sum over one of them.

    Columns are once or twice what the tables say, by their first sample. A share counts for its segment's band.
    """

    def __init__(self, bins: tuple[int, ...] = (2,) * (BANDS + 1), shares: bool = True) -> None:
        rng = np.random.default_rng(3)
        self.settings = SimpleNamespace(hop=HOP, samples_for=lambda columns: WINDOW + HOP * (columns - 1))
        self.tables = cast(
            LogMelTables,
            SimpleNamespace(
                segment_bins=bins,
                shares_q16=tuple(range(1, 1 + sum(bins))),
                weights=tuple(rng.integers(1, 6, 13).tolist()),
                twiddles=tuple(rng.integers(-5, 0, 3).tolist()),
            ),
        )
        self.memory = {
            name: np.array(getattr(self.tables, name), np.int8)
            for name in ("shares_q16", "weights", "twiddles")
            if shares or name != "shares_q16"
        }
        self._parts = {name: rng.integers(-1, 2, (len(table), BANDS)) for name, table in self.memory.items()}
        segments = np.repeat(np.arange(BANDS + 1), bins)
        if shares:
            self._parts["shares_q16"] = (segments[:, None] == np.arange(BANDS)).astype(np.int64)

    def table(self, values: tuple[int, ...]) -> NDArray[np.int8] | None:
        found = [name for name in self.memory if getattr(self.tables, name) == values]
        return self.memory[found[0]] if found else None

    def features(self, samples: NDArray[np.int16]) -> NDArray[np.int8]:
        count = max(0, (len(samples) - WINDOW) // HOP + 1)
        sums = sum(self.memory[name].astype(np.int64) @ part for name, part in self._parts.items())
        sizes = samples[: count * HOP : HOP, None] % 2 + 1
        return (sizes * sums).clip(-128, 127).astype(np.int8)

    def view(self, table: str, place: int, value: int, rows: int = 10) -> View:
        """What a device with another value gives."""
        samples = np.arange(WINDOW + HOP * (rows - 1), dtype=np.int16)
        expected = self.features(samples)
        right, self.memory[table][place] = int(self.memory[table][place]), value
        device = self.features(samples)
        self.memory[table][place] = right
        return view_of(expected, device, samples=samples)

    def asked(self) -> Any:
        return entries(lambda: cast(PokedFrontEnd, self), self.tables)


def view_with(wrong: list[tuple[int, int]], rows: int = 30) -> View:
    """Cells of these rows and bands differ."""
    device = np.zeros((rows, BANDS), np.int8)
    for row, band in wrong:
        device[row, band] = 1 + band
    samples = np.arange(WINDOW + HOP * (rows - 1), dtype=np.int16)
    return view_of(np.zeros_like(device), device, samples=samples)


@pytest.mark.parametrize(
    ("bands", "narrow"), [((2,), True), ((2, 4), True), ((2, 5), False), ((0, 7), False)]
)
def test_three_bands_in_a_row_are_narrow(bands: tuple[int, ...], narrow: bool) -> None:
    assert is_narrow(view_with([(9, band) for band in bands])) == narrow


@pytest.mark.parametrize(
    ("table", "place", "off", "told"),
    [
        ("shares_q16", 6, 16, "mel shares (shares_q16) is 23 instead of 7, bit 4 flipped"),
        ("weights", 3, 32, "Hann weights is "),
        ("twiddles", 2, -16, "twiddle factors of the FFT is "),
    ],
)
def test_the_entry_is_found(table: str, place: int, off: int, told: str) -> None:
    poked = Poked((1,) * (BANDS + 1))
    view = poked.view(table, place, getattr(poked.tables, table)[place] + off)
    (candidate,) = poked.asked()([view_with([]), view])
    assert candidate.cause == f"entry {place} of {table}"
    assert candidate.explanation.startswith(f"entry {place} of the {told}")
    np.testing.assert_array_equal(replay_of(candidate, view), view.device)
    assert all(tuple(memory) == getattr(poked.tables, name) for name, memory in poked.memory.items())


def test_a_front_end_is_made_once_and_where_enough_differs() -> None:
    poked, made = Poked(shares=False), []

    def make() -> PokedFrontEnd:
        made.append(1)
        return cast(PokedFrontEnd, poked)

    asked = entries(make, poked.tables)
    assert not list(asked([view_with([(row, 2) for row in range(7)])])) and not made
    for _ in range(2):
        list(asked([view_with([(row, 2) for row in range(8)])]))
    assert len(made) == 1


@pytest.mark.parametrize(("gained", "told"), [(20, True), (18, True), (17, False), (None, False)])
def test_nine_tenths_of_the_probed_cells_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, gained: int | None, told: bool
) -> None:
    found = [(3, Entry("twiddles", "t", 1, 2, 4)), (gained, Entry("weights", "w", 0, 1, 3))]
    monkeypatch.setattr(e, "_tables", lambda *_: iter(found if gained else []))
    asked = Poked().asked()([view_with([(row, 0) for row in range(20)])])
    assert [each.cause for each in asked] == ["entry 0 of weights"] * told


def probes_of(view: View, poked: Poked | None = None) -> e._Probes:
    return e._Probes(cast(PokedFrontEnd, poked or Poked()), view)


@pytest.mark.parametrize(("bands", "probed"), [((3,), 24), ((0, 7), 6)])
def test_the_columns_that_differ_most_are_probed(bands: tuple[int, ...], probed: int) -> None:
    view = view_with([(row, band) for row in range(30) for band in bands] + [(17, 4), (17, 5), (9, 5)])
    probes = probes_of(view)
    rows = [17, 9, *(row for row in range(30) if row not in (17, 9))][:probed]
    assert [piece.tolist() for piece in probes._pieces] == [
        [HOP * row + place for place in range(WINDOW)] for row in rows
    ]
    assert probes.wrong == probed * len(bands) + 3


def test_how_a_probe_is_told_from_the_right_columns_and_the_devices() -> None:
    poked = Poked()
    view = poked.view("weights", 2, 40)
    probes = probes_of(view, poked)
    rows = np.argsort(-view.wrong.sum(axis=1), kind="stable")[:6]
    off = view.device.astype(np.float64) - view.expected
    assert probes.moved_by_device().tolist() == off[rows[:2]].ravel().tolist()
    assert not probes.moved().any() and probes.gained() == 0
    poked.memory["weights"][2] = 40
    assert probes.moved().tolist() == off[rows[:2]].ravel().tolist()
    assert probes.gained() == probes.wrong == np.count_nonzero(off[rows])
    poked.memory["weights"][2], poked.memory["shares_q16"][0] = 40, 30
    now = poked.features(view.file.piece.samples)[rows]
    right = np.count_nonzero(view.device[rows] == view.expected[rows])
    assert probes.gained() == np.count_nonzero(now == view.device[rows]) - right != 0


@pytest.mark.parametrize(
    ("bands", "bins", "places"),
    [
        ((0,), (2,) * 9, range(4)),
        ((3, 5), (2,) * 9, range(6, 14)),
        ((7,), (2,) * 9, range(14, 18)),
        ((2, 3), (1, 5, 2, 3, 4, 1, 1, 1, 1), range(6, 15)),
        ((1,), (3, 0, 0, 4, 1, 1, 1, 1, 1), range(0)),
    ],
)
def test_shares_beside_the_bands_that_differ(
    monkeypatch: pytest.MonkeyPatch, bands: tuple[int, ...], bins: tuple[int, ...], places: range
) -> None:
    asked: list[list[int]] = []

    def likeliest(_: Any, given: list[int], *__: Any) -> list[int]:
        asked.append(given)
        return given

    monkeypatch.setattr(e, "_likeliest", likeliest)
    monkeypatch.setattr(e, "_best_value", lambda _, place, *__: (5, 100 + place))
    poked = Poked(bins)
    view = view_with([(row, band) for band in bands for row in range(8)])
    found = list(e._tables(poked.tables, view, probes_of(view, poked)))
    assert asked == [list(places)]
    last = max(places, default=0)
    told = Entry("shares_q16", "mel shares (shares_q16)", last, last + 1, 100 + last)
    assert found == ([(5, told)] if places else [])


def test_the_window_and_the_fft_are_asked_where_many_bands_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(e, "_best_value", lambda _, place, *__: (20 - place, 7))
    view = view_with([(row, band) for band in (0, 7) for row in range(8)])
    poked = Poked()
    monkeypatch.setattr(e, "_likeliest", lambda _, places, *__: places)
    found = list(e._tables(poked.tables, view, probes_of(view, poked)))
    assert [(gained, entry.table, entry.place, entry.right, entry.value) for gained, entry in found] == [
        (20, "weights", 0, poked.tables.weights[0], 7),
        (20, "twiddles", 0, poked.tables.twiddles[0], 7),
    ]
    bare = Poked(shares=False)
    narrow = view_with([(row, 3) for row in range(8)])
    assert list(e._tables(bare.tables, narrow, probes_of(narrow, bare))) == []


class Moved:
    """Probes that see a table: how they move by the entry that is not as it was."""

    def __init__(self, memory: NDArray[Any], values: tuple[int, ...], vectors: list[tuple[int, int]]) -> None:
        self._memory, self._right, self._vectors = memory, np.array(values), vectors
        self.tried: list[tuple[int, int]] = []

    def moved_by_device(self) -> NDArray[np.float64]:
        return np.array([1.0, 0.0])

    def moved(self) -> NDArray[np.float64]:
        (place,) = np.flatnonzero(self._memory != self._right)
        self.tried.append((int(place), int(self._memory[place])))
        return np.array(self._vectors[place], np.float64)


# By angle to [1, 0]: place 4 the nearest; the long one of 9 is no nearer for its length, 7 moves against it.
VECTORS = [
    (1, 9),
    (1, 8),
    (1, 7),
    (1, 6),
    (30, 1),
    (1, 5),
    (1, 4),
    (-1, 1),
    (0, 0),
    (99, 990),
    (2, 1),
    (4, 9),
    (5, 9),
]
BY_ANGLE = [4, 10, 7, 12, 11, 6, 5, 3, 2, 1, 0, 9]


def test_twelve_of_more_entries_are_tried_by_how_they_move_the_cells() -> None:
    values = tuple(0 if place == 6 else 50 + place for place in range(20))
    memory = np.array(values, np.int16)
    probes = Moved(memory, values, [(0, 0)] * 7 + VECTORS)
    places = list(range(7, 20))
    assert e._likeliest(memory, places, values, cast(e._Probes, probes)) == [7 + place for place in BY_ANGLE]
    assert tuple(memory) == values and probes.tried == [(place, 0) for place in places]
    probes.tried.clear()
    assert e._likeliest(memory, places[:12], values, cast(e._Probes, probes)) == places[:12]
    assert not probes.tried
    e._likeliest(memory, list(range(13)), values, cast(e._Probes, probes))
    assert probes.tried[6] == (6, 32767 // 2) and tuple(memory) == values


class Gained:
    """Probes that gain what a function of the entry says."""

    def __init__(self, memory: NDArray[Any], place: int, of: Any, wrong: int = 40) -> None:
        self._memory, self._place, self._of = memory, place, of
        self.wrong = wrong
        self.tried: list[int] = []

    def gained(self) -> int:
        value = int(self._memory[self._place])
        self.tried.append(value)
        return int(self._of(value))


def tried(values: list[int], place: int, of: Any, wrong: int = 40) -> tuple[tuple[int, int], list[int]]:
    """The best value of an entry of 8 bits, and all that were tried."""
    memory = np.array(values, np.int8)
    probes = Gained(memory, place, of, wrong)
    found = e._best_value(memory, place, tuple(values), cast(e._Probes, probes))
    assert memory.tolist() == values
    return found, probes.tried


# For 5: none, its negative, its neighbours' (127 and -128), then bits from the highest, flipped, added, taken away.
OF_5 = [0, -5, 127, -128, -123, 69, -59, 37, -27, 21, -11, 13, -3, 1, 9, 7, 3, 4, 6]


def test_every_value_that_is_tried_for_an_entry() -> None:
    found, values = tried([9, 127, 5, -128, 9], 2, lambda _: 0)
    assert found == (0, 0) and values == OF_5
    assert tried([5, 5, 5], 1, lambda _: 0)[1] == [0, -5, *OF_5[4:]]
    assert tried([77, 5, 88], 1, lambda _: 0)[1] == [0, -5, 77, 88, *OF_5[4:]]
    assert tried([5, 77, 9], 0, lambda _: 0)[1] == [0, -5, 77, *OF_5[4:]]
    assert tried([9, 77, 5], 2, lambda _: 0)[1] == [0, -5, 77, *OF_5[4:]]


@pytest.mark.parametrize(
    ("of", "wrong", "found", "nearer"),
    [
        (lambda v: 40 - abs(v - 50), 40, (40, 50), [5, 53, 45, 61, 49, 57, 47, 51, 48, 50]),
        (lambda v: 40 - abs(v + 128), 40, (40, -128), []),
        (lambda v: 40 - abs(v + 127), 40, (40, -127), [-91, -107, -115, -127, -119]),
        (lambda v: 40 - abs(v - 37), 40, (40, 37), []),
        (lambda v: v == 37, 40, (1, 37), [5, 53, 29, 45, 33, 41, 35, 39, 36, 38]),
        (lambda v: (v == 37) - 1, 40, (0, 37), []),
    ],
)
def test_values_nearer_to_one_that_helps_are_tried(
    of: Any, wrong: int, found: tuple[int, int], nearer: list[int]
) -> None:
    neighbours = [100, 5, 100] if found[1] != -128 else [100, 5, -128]
    best, values = tried(neighbours, 1, of, wrong)
    assert best == found
    assert values[len(OF_5) - (1 if neighbours[2] == 100 else 0) :] == nearer


def test_the_lowest_value_is_reached() -> None:
    found, values = tried([5, 5, 5], 1, lambda v: 40 - abs(v + 128))
    assert found == (40, -128) and min(values) == -128


@pytest.mark.parametrize(
    ("right", "value", "how"),
    [
        (4, 5, ", bit 0 flipped"),
        (5, 5 + 1024, ", bit 10 flipped"),
        (5, 5 - (1 << 31), ", bit 31 flipped"),
        (5, 10, ", or near that"),
        (3, -3, ", or near that"),
    ],
)
def test_what_is_told_of_a_value(right: int, value: int, how: str) -> None:
    poked = Poked()
    entry = Entry("weights", "Hann weights", 3, right, value)
    candidate = e._candidate(cast(PokedFrontEnd, poked), entry, poked.tables)
    assert candidate.explanation == f"entry 3 of the Hann weights is {value} instead of {right}{how}"


def test_a_replay_gives_columns_or_none() -> None:
    poked = Poked()
    view = poked.view("weights", 3, 90)
    entry = Entry("weights", "Hann weights", 3, poked.tables.weights[3], 90)
    candidate = e._candidate(cast(PokedFrontEnd, poked), entry, poked.tables)
    np.testing.assert_array_equal(replay_of(candidate, view), view.device)
    assert tuple(poked.memory["weights"]) == poked.tables.weights
    short = view_of(view.expected, view.device, samples=view.file.piece.samples[:-HOP])
    assert candidate.replay(short) is None
    longer = view_of(view.expected[:-1], view.device[:-1], samples=view.file.piece.samples)
    np.testing.assert_array_equal(replay_of(candidate, longer), view.device[:-1])
    del poked.memory["weights"]
    assert candidate.replay(view) is None
