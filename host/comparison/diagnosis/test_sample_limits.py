"""Where a change of samples begins and how far it reaches, by a front end whose cells are the samples themselves."""

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from . import samples as s
from .evidence import Int16
from .fakes_views import cells, view_of
from .search import Int8, View

HOP, SPAN = 4, 8
BANDS = SPAN


class Plain:
    """Columns of eight samples, four after those before.

    Attributes:
        runs: how often columns were computed.
    """

    def __init__(self, scale: int = 1) -> None:
        self._scale = scale
        self.runs = 0
        self.settings: Any = SimpleNamespace(
            lead=0,
            hop=HOP,
            span=SPAN,
            features_per_unit=1.0,
            columns=lambda count: max(0, 1 + (count - SPAN) // HOP),
            samples_for=lambda columns: SPAN + (columns - 1) * HOP,
        )

    def features(self, samples: Int16) -> Int8:
        """Samples, int8 [n, 8], in steps of `scale`."""
        self.runs += 1
        count = self.settings.columns(len(samples))
        found = np.array([samples[i * HOP : i * HOP + SPAN] for i in range(count)], np.int64)
        return (found.reshape(-1, BANDS) // self._scale).clip(-128, 127).astype(np.int8)


def noise(count: int, size: int = 100, seed: int = 3) -> Int16:
    """Samples of which none is 0."""
    rng = np.random.default_rng(seed)
    return (rng.integers(1, size, count) * rng.choice([-1, 1], count)).astype(np.int16)


def view_on(right: Int16, heard: Int16, scale: int = 1) -> View:
    """What the device makes of `heard`."""
    front_end = Plain(scale)
    count = front_end.settings.columns(min(len(right), len(heard)))
    expected, device = (front_end.features(x)[:count] for x in (right, heard))
    return view_of(expected, device, samples=right)


@pytest.mark.parametrize(
    ("least", "shift", "row", "alike"),
    [(0.5, 0, 2, True), (0.51, 0, 2, False), (1.0, 1, 2, True), (1.0, 1, 0, True), (0.1, -1, 0, False)],
)
def test_a_column_is_held_against_the_samples_at_a_place(
    least: float, shift: int, row: int, alike: bool
) -> None:
    right = noise(40)
    view = view_on(right, right)
    half = view.device.copy()
    half[2, :4] = 127
    device = view_on(right, right[1:]).device if shift == 1 else half
    assert s._alike(Plain(), replace(view, device=device), right, row, shift, least) is alike  # type: ignore[arg-type]


def test_a_place_beyond_the_samples_is_like_nothing() -> None:
    right = noise(40)
    view = view_on(right, right)
    last = len(view.expected) - 1
    front_end: Any = Plain()
    assert s._alike(front_end, view, right, last, 0)
    assert s._alike(front_end, view, right, 0, 0)
    front_end.runs = 0
    assert not s._alike(front_end, view, right, last, 1)
    assert not s._alike(front_end, view, right, 0, -1)
    assert front_end.runs == 0


@pytest.mark.parametrize(("equal", "alike"), [(19, True), (18, True), (17, False)])
def test_nine_of_ten_cells_are_enough(equal: int, alike: bool) -> None:
    front_end: Any = SimpleNamespace(
        settings=Plain().settings, features=lambda _: (np.arange(20) >= equal)[None].astype(np.int8)
    )
    view = view_of(np.zeros((2, 20), np.int8), np.zeros((2, 20), np.int8))
    assert s._alike(front_end, view, noise(8), 0, 0) is alike


# ---- samples lost or repeated


@pytest.mark.parametrize(("rows", "probed"), [(3, True), (2, False)])
def test_a_distance_is_read_from_three_wrong_columns(rows: int, probed: bool) -> None:
    right = noise(400)
    view = view_on(right, right[5:])
    device = view.expected.copy()
    device[10 : 10 + rows] = view.device[10 : 10 + rows]
    assert s._shifts(Plain(), replace(view, device=device)) == ([5] if probed else [])  # type: ignore[arg-type]


@pytest.mark.parametrize("shift", [2048, -2048, 2049, -2049])
def test_a_distance_of_at_most_2048_is_found(shift: int) -> None:
    right = noise(9000)
    heard = np.concatenate([right[shift:], right]) if shift > 0 else np.concatenate([right[:-shift], right])
    view = view_on(right, heard)
    device = view.expected.copy()
    device[1030:1040] = view.device[1030:1040]
    found = s._shifts(Plain(), replace(view, device=device))  # type: ignore[arg-type]
    assert found == ([shift] if abs(shift) <= 2048 else [])


def test_the_distance_that_gives_most_comes_first_and_then_the_nearest() -> None:
    """A sound that repeats itself: many distances serve."""
    right = np.tile(noise(20), 40)
    view = view_on(right, np.roll(right, -3))
    assert s._shifts(Plain(), view)[:3] == [3, -17, 23]  # type: ignore[arg-type]
    odd = view.device.copy()
    row = int(view.wrong_rows[len(view.wrong_rows) * 6 // 10])
    odd[row, 0] += 1  # is not just what lay there
    assert s._wrong_when_moved(Plain(), replace(view, device=odd), np.array([row]), 3) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("shift", [4, -4])
def test_samples_move_to_either_side(shift: int) -> None:
    right = noise(80)
    moved = right[4:] if shift > 0 else np.concatenate([np.zeros(4, np.int16), right])
    view = view_on(right, moved)
    front_end: Any = Plain()
    assert s._wrong_when_moved(front_end, view, np.arange(5), shift) == 0
    assert s._wrong_when_moved(front_end, view, np.arange(5), -shift) > 30


def test_a_distance_is_read_from_the_later_wrong_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = cells(200, 2)
    device = expected.copy()
    device[np.arange(100, 160, 2)] ^= 1  # thirty
    asked: list[tuple[int, int]] = []

    def alike(_: Any, __: View, ___: Int16, row: int, shift: int) -> bool:
        asked.append((row, shift))
        return shift in (4, -6, 7, 9)

    monkeypatch.setattr(s, "_alike", alike)
    monkeypatch.setattr(s, "_wrong_when_moved", lambda *of: {4: 2, -6: 1, 7: 2, 9: 0}[of[3]])
    assert s._shifts(Plain(), view_of(expected, device, samples=noise(900))) == [9, -6, 4]  # type: ignore[arg-type]
    assert list(dict.fromkeys(row for row, _ in asked)) == [124, 136, 148]
    assert [shift for _, shift in asked[:4]] == [-1, 1, -2, 2]
    assert asked[4096:] == [(row, shift) for row in (136, 148) for shift in (4, -6, 7, 9)]


# ---- from where on


def spliced(view: View, after: Int16) -> tuple[Int8 | None, dict[str, int], int]:
    """Columns, the first sample of the change, and what it cost."""
    firsts = {"a.wav": -1, "other.wav": 7}
    front_end: Any = Plain()
    columns = s.spliced(front_end, view, view.file.piece.samples, after, firsts)
    assert firsts.pop("other.wav") == 7
    return columns, firsts, front_end.runs


@pytest.mark.parametrize("place", range(37, 57))
def test_the_very_sample_from_which_on_it_is_so(place: int) -> None:
    right = noise(120)
    after = noise(120, seed=8)
    heard = np.concatenate([right[:place], after[place:]])
    view = view_on(right, heard)
    columns, firsts, runs = spliced(view, after)
    same = np.flatnonzero(right == after)
    assert firsts == {"a.wav": next(n for n in range(place, 200) if n not in same)} or firsts == {
        "a.wav": place
    }
    assert columns is not None and np.array_equal(columns, view.device)
    assert runs < 40, "the search goes back from where it is surely so, and ends when all is right"


@pytest.mark.parametrize("seed", range(4))
def test_the_column_from_which_on_a_change_explains_more(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    right, after = noise(200), noise(200, seed=8)
    expected, changed = Plain().features(right), Plain().features(after)
    theirs = rng.random(expected.shape) < np.linspace(0, 1, len(expected))[:, None]
    view = view_of(expected, np.where(theirs, changed, expected), samples=right)
    gain = (changed == view.device).sum(axis=1).astype(int) - (expected == view.device).sum(axis=1)
    first = max(range(len(gain)), key=lambda row: (gain[row:].sum(), -row))
    rows: list[int] = []

    def begins(_: Any, __: View, ___: Int16, ____: Int16, row: int) -> int:
        rows.append(row)
        return 77

    monkeypatch.setattr(s, "_first_changed", begins)
    columns, firsts, _ = spliced(view, after)
    assert rows == [first] and firsts == {"a.wav": 77}
    assert columns is not None
    np.testing.assert_array_equal(columns, Plain().features(np.concatenate([right[:77], after[77:]])))


def test_from_the_first_sample_on_or_hardly_at_all_no_place_is_told() -> None:
    right, after = noise(120), noise(120, seed=8)
    columns, firsts, runs = spliced(view_on(right, after), after)
    assert columns is not None and np.array_equal(columns, Plain().features(after))
    assert (firsts, runs) == ({}, 1)


@pytest.mark.parametrize(("explained", "searched"), [(16, True), (15, False)])
def test_a_change_that_explains_half_of_some_columns_has_its_beginning_looked_for(
    explained: int, searched: bool
) -> None:
    """Of 32 wrong columns; those after them are not looked at."""
    right, after = noise(4 * 61), noise(4 * 61, seed=8)
    front_end = Plain()
    count = front_end.settings.columns(len(right))
    expected, changed = front_end.features(right), front_end.features(after)
    device = expected.copy()
    device[20 : 20 + explained] = changed[20 : 20 + explained]
    device[20 + explained : 52] = 127  # by neither
    device[52:] = expected[52:] + (explained == 16)
    assert count == 60
    view = view_of(expected, device, samples=right)
    _, firsts, runs = spliced(view, after)
    assert bool(firsts) is searched
    assert (runs > 1) is searched


def test_the_number_of_the_sample_counts_from_the_files_beginning() -> None:
    right, after = noise(120), noise(120, seed=8)
    view = view_on(right, np.concatenate([right[:49], after[49:]]))
    _, firsts, _ = spliced(replace(view, first=100), after)
    assert firsts == {"a.wav": 100 * HOP + 49}


class Recorded(Plain):
    """It remembers what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Int16] = []

    def features(self, samples: Int16) -> Int8:
        """As it is."""
        self.heard.append(samples)
        return super().features(samples)


@pytest.mark.parametrize(
    ("earlier", "row", "later", "low", "last", "high"),
    [
        ([], 40, [40], 39, 40, 43),  # columns: one before it, and those that a sample of it reaches
        ([], 40, [45], 39, 45, 48),
        ([], 40, [48], 39, 48, 51),
        ([], 40, [49], 39, 48, 51),  # eight on at most
        ([], 40, [], 39, 40, 43),
        ([39], 40, [40], 38, 40, 43),
        ([29], 40, [40], 28, 40, 43),  # eleven back: a gap of eight, and the three that a sample reaches
        ([28], 40, [40], 39, 40, 43),
        ([21, 29], 40, [40], 20, 40, 43),
        ([20, 29], 40, [40], 28, 40, 43),  # nineteen in all
        ([20, 21, 29], 40, [40], 20, 40, 43),
        ([28, 29], 40, [40], 27, 40, 43),
        ([], 1, [1], 0, 1, 4),
        ([0], 1, [1], 0, 1, 4),
        ([], 57, [58], 56, 58, 60),  # there are sixty
    ],
)
def test_the_stretch_in_which_a_beginning_is_looked_for(
    earlier: list[int], row: int, later: list[int], low: int, last: int, high: int
) -> None:
    before, after = np.zeros(60 * HOP + HOP, np.int16), np.ones(60 * HOP + HOP, np.int16)
    expected = Plain().features(before)
    assert len(expected) == 60
    device = expected.copy()
    device[[*earlier, *later]] = 9  # what neither gives
    front_end: Any = Recorded()
    best = s._first_changed(front_end, view_of(expected, device), before, after, row)
    tried = [int(np.count_nonzero(heard == 0)) + low * HOP for heard in front_end.heard]
    assert max(tried) == last * HOP + SPAN - 1 and low * HOP < min(tried) <= low * HOP + 8
    assert tried[0] - tried[1] == 8, "every eighth one is tried first"
    assert {len(heard) for heard in front_end.heard} == {(high - low + 1) * HOP}
    assert best in tried


def test_of_beginnings_that_give_as_much_the_latest_is_told() -> None:
    right, after = noise(120), noise(120, seed=8)
    after[45:48] = right[45:48]
    view = view_on(right, np.concatenate([right[:48], after[48:]]))
    front_end: Any = Plain()
    assert s._first_changed(front_end, view, right, after, 11) == 48
    nothing = replace(view, device=np.full_like(view.device, 127))
    row = 11
    assert s._first_changed(front_end, nothing, right, after, row) == row * HOP + SPAN - 1
    # one wrong cell in the column before speaks for no other place
    odd = view.device.copy()
    odd[10, 0] ^= 1
    assert s._first_changed(front_end, replace(view, device=odd), right, after, 11) == 48


# ---- gains and levels


def test_twelve_columns_from_all_over_the_file_are_looked_at() -> None:
    assert s._some(np.arange(5)).tolist() == [0, 1, 2, 3, 4]
    assert s._some(np.arange(12)).tolist() == list(range(12))
    assert s._some(np.arange(23)).tolist() == list(range(0, 23, 2))
    assert s._some(np.arange(100)).tolist() == list(range(0, 100, 9))


def gains(view: View, steps_per_db: float) -> list[tuple[str, float]]:
    return s._guessed_gains(Plain(), steps_per_db, view)  # type: ignore[arg-type]


STEPS = 1 / math.log10(2.0049)  # 20 cells are a gain of 2.0049


@pytest.mark.parametrize(
    ("want", "found"), [(1.5, 1.92), (1.92, 1.92), (1.93, 1.93), (2.0, 2.0), (2.08, 2.08), (2.5, 2.08)]
)
def test_gains_within_eight_hundredths_of_the_usual_difference_are_tried(
    want: float, found: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = np.full(40, 10_000, np.int16)
    expected = cells(9, BANDS, low=-90, high=90)
    view = view_of(expected, expected + np.int8(20), samples=right)
    monkeypatch.setattr(s, "_wrong_cells", lambda _, __, ___, x: abs(int(x[0]) - want * 10_000))
    assert gains(view, STEPS) == [("rounded down", found)]


def test_no_gain_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s, "_wrong_cells", lambda _, __, ___, x: abs(int(x[0])))
    expected = cells(9, BANDS, low=-20, high=120)
    view = view_of(expected, expected - np.int8(80), samples=np.full(40, 10_000, np.int16))
    [(_, factor)] = gains(view, 80 / 26)  # of about 0.05
    assert factor == 0.01


@pytest.mark.parametrize(
    ("device", "expected", "counts"),
    [
        (127, 122, False),
        (-127, -122, False),
        (126, 121, True),
        (-126, -121, True),
        (5, -128, False),
        (5, -127, True),
    ],
)
def test_cells_at_the_rails_tell_no_gain(
    device: int, expected: int, counts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most of the columns are of these cells; the others say that it is 2.0049."""
    monkeypatch.setattr(s, "_wrong_cells", lambda _, __, ___, x: abs(int(x[0]) - 20_000))
    right = cells(9, BANDS, low=-90, high=90)
    told = right + np.int8(20)
    right[:7], told[:7] = expected, device
    [(_, factor)] = gains(view_of(right, told, samples=np.full(40, 10_000, np.int16)), STEPS)
    assert (factor != 2.0) is counts


def test_two_differences_tell_no_gain_between_them() -> None:
    expected = np.zeros((1, 2), np.int8)
    assert gains(view_of(expected, np.array([[4, 10]], np.int8), samples=noise(40)), 1.0) == []


def levels(
    monkeypatch: pytest.MonkeyPatch, peak: int, wanted: int, at_most: int = 0
) -> tuple[list[int], list[int]]:
    """The levels that are told where errors grow with the distance to the wanted one, and all that were tried."""
    tried: list[int] = []

    def errors(_: Any, __: Any, ___: Any, clipped: Int16) -> int:
        tried.append(-int(clipped.min()))
        return max(0, abs(tried[-1] - wanted) - at_most)

    monkeypatch.setattr(s, "_wrong_cells", errors)
    samples = np.full(40, -peak, np.int16)
    view = view_of(np.zeros((9, 1), np.int8), np.ones((9, 1), np.int8), samples=samples)
    return s._levels(Plain(), view), tried  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("peak", "wanted"),
    [
        (1, 1),
        (2, 1),
        (95, 61),
        (96, 61),
        (120, 1),
        (143, 142),
        (20_000, 1),
        (20_000, 12_345),
        (32_768, 32_767),
    ],
)
def test_the_level_that_gives_most_columns_is_found(
    peak: int, wanted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, tried = levels(monkeypatch, peak, wanted)
    assert found[0] == wanted
    assert min(tried) >= 1 and max(tried) <= 32_767
    assert len(tried) < 48 + 8 * 13 + 20


def test_round_levels_that_give_all_columns_are_told_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = levels(monkeypatch, 32_768, 1, at_most=40_000)
    ones = [255, 511, 1023, 2047, 4095, 8191, 16_383, 32_767]
    assert found[1:] == [*ones, 256, 512, 1024, 2048, 4096, 8192, 16_384]
    found, _ = levels(monkeypatch, 16_384, 1, at_most=40_000)
    assert found[1:] == [*ones[:-1], 256, 512, 1024, 2048, 4096, 8192]
    found, _ = levels(monkeypatch, 32_768, 255)
    assert found == [255]
    found, _ = levels(monkeypatch, 32_768, 300)
    assert found == [300]


def test_a_silent_column_is_not_clipped(monkeypatch: pytest.MonkeyPatch) -> None:
    assert levels(monkeypatch, 0, 1) == ([], [])


def test_peaks_are_those_of_a_columns_samples() -> None:
    samples = np.zeros(20, np.int16)
    samples[[0, 7, 12, 19]] = [3, -32_768, 9, 30_000]
    assert s._peaks(samples, Plain().settings, 4).tolist() == [32_768, 32_768, 9, 30_000]
    assert s._columns_of(Plain().settings, np.array([0, 3])) == [slice(0, 8), slice(12, 20)]


@pytest.mark.parametrize("name", [name for name, *_ in s._CHANGES if name.endswith((" lost", " off"))])
def test_what_is_no_whole_piece_stays(name: str) -> None:
    change = {name: change for name, _, _, change in s._CHANGES}[name]
    for count in (1, 63, 64, 65, 511, 512, 513, 1025):
        assert len(change(noise(count, 300))) == count
    if "mean" in name:
        size = int(name.split()[2])
        came = change(np.tile(np.array([5, 7], np.int16), size + 1))
        assert set(came[: 2 * size].tolist()) == {-1, 1} and came[2 * size :].tolist() == [5, 7]
        loud = np.full(2 * size, -900, np.int16)
        loud[0] = 32_767
        loud[size:] = 900
        loud[size] = -32_768
        came = change(loud)
        assert came[0] == 32_767 and came[size] == -32_768


def test_how_many_samples_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s, "_shifts", lambda *_: [2, 1, -1, -2])
    right = noise(40)
    found = list(s.lost_or_repeated(Plain())([view_on(right, right)]))  # type: ignore[arg-type]
    assert [each.cause for each in found] == [
        "2 samples lost", "1 sample lost", "1 sample repeated", "2 samples repeated"
    ]  # fmt: skip
    assert found[0].explanation == "2 samples lost and all that follows right"
    assert found[2].explanation == "1 sample too many, repeated or inserted, and all that follows right"


def test_messages_are_counted_from_the_streams_first_sample() -> None:
    """What is kept of a file may begin in the midst of one."""
    seen: list[Int16] = []

    def change(samples: Int16) -> Int16:
        seen.append(samples)
        return samples

    right = noise(80)
    view = replace(view_on(right, -right), first=130)
    s.changed(Plain(), "", "", "", change).replay(view)  # type: ignore[arg-type]
    (given,) = seen
    assert len(given) == 130 * HOP - 512 + 80 and (given[-80:] == right).all() and not given[:-80].any()
