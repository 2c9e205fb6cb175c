"""Which offsets of samples are tried on which columns, and what else, by a front end that remembers them."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...errors import HilError
from . import variants
from .fakes_front_end import SETTINGS, tables_of
from .fakes_views import cells, view_of
from .search import View

HOP, FFT = 4, 8


class Levels:
    """A column is how far its first sample is from what it should be.

    Attributes:
        heard: pieces of samples that columns were computed of.
    """

    def __init__(self, wanted: int = 0) -> None:
        self.settings: Any = SimpleNamespace(hop=HOP, fft=FFT, span=FFT)
        self._wanted = wanted
        self.heard: list[Any] = []

    def features(self, piece: Any) -> Any:
        """int64 [2, 1]: the second column is of no use."""
        self.heard.append(piece)
        return np.array([[int(piece[0]) - self._wanted], [30_000]])


def offset(wanted: int, samples: Any, wrong: int = 1) -> tuple[int, list[int], list[Any]]:
    """What is found, what was tried, and the pieces that it was tried on."""
    front_end: Any = Levels(wanted)
    expected = np.zeros((40, 1), np.int8)
    seen = view_of(expected, expected, samples=samples)
    marked = view_of(expected, (np.arange(40) < wrong)[:, None].astype(np.int8), samples=samples)
    # cells that are compared are the device's: those that are wanted lie at 0
    zero = replace(marked, expected=marked.device, device=seen.device)
    found = variants._offset(front_end, zero)
    tried = [int(piece[0]) for piece in front_end.heard[:: min(24, max(1, wrong))]]
    return found, tried, front_end.heard


POWERS = [1 << bit for bit in range(13)]
SILENCE = np.zeros(200, np.int16)


def test_offsets_that_are_powers_of_two_are_tried_first() -> None:
    found, tried, _ = offset(0, SILENCE)
    assert found == 0
    beside = [1, 2, 0, 3, -1, 4, -2, 5, -3, 6, -4]  # at the least: any number up to the next power
    assert tried[:24] == [*POWERS, *beside]
    assert tried[24:] == [*(-power for power in POWERS), -1, 0, -2, 1, -3, 2, -4, 3, -5, 4, -6, 0, 0, 0]


def test_the_best_one_is_approached() -> None:
    found, tried, _ = offset(100, SILENCE)
    assert found == 100
    near = [128, 149, 107, 170, 86, 191, 65, 212, 44, 233, 23]
    nearer = [107, 114, 100, 121, 93, 128, 86, 135, 79, 142, 72]
    nearest = [100, 102, 98, 104, 96, 106, 94, 108, 92, 110, 90]
    last = [100, 101, 99, 102, 98, 103, 97, 104, 96, 105, 95]
    assert tried[13 : 13 + 44] == [*near, *nearer, *nearest, *last]
    assert tried[13 + 44 :] == [
        *(-power for power in POWERS),
        -1,
        0,
        -2,
        1,
        -3,
        2,
        -4,
        3,
        -5,
        4,
        -6,
        0,
        100,
        4,
    ]


@pytest.mark.parametrize("wanted", [1, 2, 3, 5, -1, -6, 37, -100, 555, -4096, 4096, 6000, -7000])
def test_any_offset_is_found(wanted: int) -> None:
    assert offset(wanted, SILENCE)[0] == wanted


@pytest.mark.parametrize(("wrong", "looked_at"), [(1, 1), (23, 23), (24, 24), (30, 24)])
def test_an_offset_is_held_against_at_most_24_columns(wrong: int, looked_at: int) -> None:
    samples = np.arange(200, dtype=np.int16)
    _, _, heard = offset(0, samples, wrong)
    assert {len(piece) for piece in heard} == {FFT}
    assert [int(piece[0]) for piece in heard[:looked_at]] == [1 + HOP * row for row in range(looked_at)]
    assert int(heard[looked_at][0]) == 2


def test_columns_that_differ_most_are_looked_at_and_none_where_none_differs() -> None:
    front_end: Any = Levels()
    expected = np.zeros((40, 3), np.int8)
    device = expected.copy()
    device[[3, 8, 20], 0] = device[[8, 20], 1] = device[20, 2] = 1
    variants._offset(front_end, view_of(expected, device, samples=np.arange(200, dtype=np.int16)))
    assert [int(piece[0]) - 1 for piece in front_end.heard[:3]] == [HOP * row for row in (20, 8, 3)]
    again: Any = Levels()
    assert variants._offset(again, view_of(expected, expected, samples=SILENCE)) == 0
    assert not again.heard


def test_an_offset_brings_cells_to_the_devices() -> None:
    front_end: Any = Levels(50)
    device = np.full((40, 1), -9, np.int8)
    seen = view_of(np.zeros((40, 1), np.int8), device, samples=SILENCE)
    assert variants._offset(front_end, seen) == 41


def test_samples_stay_in_int16() -> None:
    _, tried, _ = offset(0, np.full(200, 32_700, np.int16))
    assert max(tried) == 32_767 and tried[6:8] == [32_764, 32_767]
    _, tried, _ = offset(0, np.full(200, -32_700, np.int16))
    assert min(tried) == -32_768


# ---- treatments


def causes(*views: View, by: int = 0, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(variants, "_offset", lambda *_: by)
    return [each.cause for each in variants.filtered(Levels())(list(views))]  # type: ignore[arg-type]


def heard(samples: list[int], name: str = "a.wav", first: int = 0) -> View:
    expected = cells(4, 1)
    return view_of(
        expected, expected ^ np.int8(1), samples=np.array(samples, np.int16), name=name, first=first
    )


EMPHASES = [f"pre-emphasis {factor}" for factor in ("0.97", "0.95", "0.9375", "0.96875", "1")]


def test_special_values_are_replaced_where_there_are_any(monkeypatch: pytest.MonkeyPatch) -> None:
    def special(*views: View) -> list[str]:
        found = causes(*views, monkeypatch=monkeypatch)
        at = found.index(EMPHASES[0])
        assert found[at : at + 5] == EMPHASES and len(found) == at + 5 + 5 * 2 * 4 + 2
        return found[:at]

    assert special(heard([1, 2])) == []
    assert special(heard([1, -32_768])) == ["-32768 → 0", "-32768 → 32767"]
    assert special(heard([1, 32_767])) == ["32767 → -32768", "32767 → 0"]
    assert "-32768 → 0" in special(heard([1]), heard([-32_768], "b.wav"))


def test_an_offset_and_messages_are_told_where_they_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = causes(heard([1]), monkeypatch=monkeypatch)
    assert not [cause for cause in plain if cause.startswith("samples")]
    assert "samples +7" in causes(heard([1]), by=7, monkeypatch=monkeypatch)
    assert "samples -7" in causes(heard([1]), by=-7, monkeypatch=monkeypatch)
    assert causes(heard([1]), heard([2], "b.wav", first=1), monkeypatch=monkeypatch) == EMPHASES


def replayed(cause: str, samples: list[int], by: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The samples that a candidate's columns are computed of."""
    monkeypatch.setattr(variants, "_offset", lambda *_: by)
    front_end: Any = Levels()
    seen = heard(samples)
    [found] = [each for each in variants.filtered(front_end)([seen]) if each.cause == cause]
    found.replay(seen)
    return front_end.heard[-1].tolist()


@pytest.mark.parametrize(
    ("cause", "samples", "changed"),
    [
        ("-32768 → 0", [-32_768, 5], [0, 5]),
        ("-32768 → 32767", [-32_768, 5], [32_767, 5]),
        ("32767 → 0", [32_767, 5], [0, 5]),
        ("32767 → -32768", [32_767, 5], [-32_768, 5]),
        ("samples +7", [1, 32_765, -32_768], [8, 32_767, -32_761]),
        ("samples -7", [1, 32_767, -32_765], [-6, 32_760, -32_768]),
        ("pre-emphasis 1", [5, 7, -32_768, 32_767], [5, 2, -32_768, 32_767]),
        ("pre-emphasis 0.95", [100, 0, -100, 0, 3], [100, -95, -100, 95, 3]),
        ("pre-emphasis 0.9375", [33, 0, -33, 0], [33, -30, -33, 30]),
        ("1 of 64 lost at the beginning", [1, 2, 3], [2, 3]),
        ("2 of 64 twice at the beginning", [1, 2, 3], [1, 2, 1, 2, 3]),
        ("1 lost after each column", list(range(20)), [*range(8), 9, 10, 11, 12, 14, 15, 16, 17, 19]),
        ("2 lost after each column", list(range(20)), [*range(8), 10, 11, 12, 13, 16, 17, 18, 19]),
    ],
)
def test_what_becomes_of_samples(
    cause: str, samples: list[int], changed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert replayed(cause, samples, -7 if cause == "samples -7" else 7, monkeypatch) == changed


@pytest.mark.parametrize(("columns", "from_samples"), [(1, 1), (2, 2), (3, 2)])
def test_columns_that_samples_do_not_reach_stay(columns: int, from_samples: int) -> None:
    expected = cells(columns, 1)
    front_end: Any = SimpleNamespace(features=lambda _: np.array([[70], [71]], np.int8))
    found = variants._columns(front_end, view_of(expected, expected), SILENCE)
    assert found.ravel().tolist() == [*[70, 71][:from_samples], *expected.ravel().tolist()[from_samples:]]


# ---- other tables


class Made:
    """A front end that remembers what it was made of."""

    made: list[tuple[Any, ...]] = []  # noqa: RUF012

    def __init__(self, *of: Any) -> None:
        self.settings = of[0]
        Made.made.append(of)

    def features(self, _: Any) -> Any:
        """One column of its hop."""
        return np.full((1, 16), self.settings.hop - 128, np.int8)


def test_front_ends_are_made_once_and_of_other_hops_told_from_the_beginning_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(variants, "FrontEnd", Made)
    monkeypatch.setattr(Made, "made", [])
    right = Made(SETTINGS, 0.3, 5)
    tables = tables_of(SETTINGS)
    hypothesis = variants.other_tables(right, tables, 0.3, 5)  # type: ignore[arg-type]
    found = [list(hypothesis([])) for _ in range(2)][1]
    hops = [of for of in Made.made[1:] if len(of) == 3]
    assert [of[0].hop for of in hops] == [129, 127, 130, 126]
    assert len(Made.made) == 1 + len(found)
    assert all(of[1:3] == (0.3, 5) for of in Made.made)
    assert [of[3] for of in Made.made[1:] if len(of) == 4] == [each[3] for each in variants._tables(tables)]
    amid = view_of(cells(3, 16), cells(3, 16, seed=2), first=1)
    start = replace(amid, first=0)
    for each in found:
        columns = each.replay(start)
        assert columns is not None and columns.shape == (3, 16)
        assert (each.replay(amid) is None) is each.cause.startswith("hop")


def test_no_variant_is_told_beyond_what_the_core_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> Any:
        raise HilError("too much", "take less")

    monkeypatch.setattr(variants, "FrontEnd", fails)
    right: Any = SimpleNamespace(settings=SETTINGS)
    assert list(variants.other_tables(right, tables_of(SETTINGS), 0.3, 5)([])) == []


def test_tables_keep_their_zeros() -> None:
    tables = replace(tables_of(SETTINGS), weights=(0, 5, 9, 0), shares_q16=(0, 65_535, 100, 7))
    made = {cause: other for cause, _, _, other in variants._tables(tables)}
    assert made["taper missing"].weights == (0, 9, 9, 0)
    assert made["shares exchanged"].shares_q16 == (0, 0, 65_435, 65_528)
    assert made["shares missing"].shares_q16 == (0, 0, 0, 0)
    assert made["shares halved"].shares_q16 == (0, 32_767, 50, 3)


def test_one_sample_is_lost_and_two_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variants, "_offset", lambda *_: 0)
    front_end: Any = Levels()
    told = {each.cause: each.explanation for each in variants.filtered(front_end)([heard([1, 2, 3])])}
    assert told["1 lost after each column"] == "1 sample is lost behind each column"
    assert told["2 lost after each column"] == "2 samples are lost behind each column"
