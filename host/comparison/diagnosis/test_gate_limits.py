"""Levels that pieces are changed by, and lengths of a fade, are read from few columns: each at its limits."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import ArrayLike

from ...core.c_frontend import FrontEnd
from . import gates
from .evidence import Int16
from .fakes_views import view_of
from .search import Candidate, View

HOP, SPAN = 10, 20


class _Sums:
    """A front end whose column is the lowest and highest of a window's samples, and some of them."""

    settings = SimpleNamespace(hop=HOP, span=SPAN)

    def features(self, samples: Any) -> Any:
        count = max(0, (len(samples) - SPAN) // HOP + 1)
        windows = [samples[k * HOP : k * HOP + SPAN].astype(int) for k in range(count)]
        rows = [[w.min(), w.max(), *w[::5]] for w in windows]
        return (np.array(rows).reshape(count, -1) // 256).astype(np.int8)


FAKE = cast(FrontEnd, _Sums())
PEAK, MEAN = (measure for _, measure in gates._MEASURES)


def view_with(
    wrong: Iterable[int], samples: ArrayLike, *, first: int = 0, absent: Iterable[int] = ()
) -> View:
    """Columns of some samples, of which those in `wrong` differ."""
    values = np.array(samples, np.int16)
    count = max(0, (len(values) - SPAN) // HOP + 1)
    expected = np.zeros((count, 2), np.int8)
    device = expected.copy()
    device[list(wrong)] = 1
    present = np.ones(count, np.bool_)
    present[list(absent)] = False
    return view_of(expected, device, present=present, samples=values, first=first)


def hops(*levels: int) -> list[int]:
    """Samples of which each hop's have one level, plus or minus."""
    return [level * (-1) ** k for level in levels for k in range(HOP)]


# ---- pieces


def test_pieces_are_those_of_the_stream() -> None:
    samples = np.arange(1, 61)
    pieces, before = gates._pieces(view_with([], samples), FAKE, 16)
    assert before == 0 and pieces.shape == (4, 16) and pieces.dtype == np.int64
    assert pieces.ravel().tolist() == [*range(1, 61), 0, 0, 0, 0]
    pieces, before = gates._pieces(
        view_with([], samples, first=5), FAKE, 16
    )  # sample 50 is the third of its piece
    assert before == 2 and pieces.ravel().tolist() == [0, 0, *range(1, 61), 0, 0]
    pieces, before = gates._pieces(view_with([], samples[:32], first=8), FAKE, 16)
    assert before == 0 and pieces.ravel().tolist() == list(range(1, 33))


def test_what_a_piece_is_measured_by() -> None:
    pieces = np.array([[1, -5, 2, 1], [0, 0, 0, 3]], np.int64)
    assert [what for what, _ in gates._MEASURES] == ["peak", "mean magnitude"]
    assert PEAK(pieces).tolist() == [5, 3] and MEAN(pieces).tolist() == [2, 0]


# ---- levels


def levels(views: list[View], count: int = HOP, quiet: bool = True) -> list[int]:
    return gates._levels(FAKE, views, count, PEAK, quiet)


QUIET = hops(3000, 3000, 87, 3000, 3000, 3000, 42, 3000, 3000)  # columns 1, 2, 5 and 6 have a quiet piece


def test_the_least_level_that_reaches_every_wrong_column() -> None:
    assert levels([view_with([1, 2, 5, 6], QUIET)]) == [100, 88]
    assert levels([view_with([5, 6], QUIET)]) == [50, 43]


def test_the_same_from_above() -> None:
    loud = hops(30, 30, 870, 30, 30, 30, 1120, 30, 30)
    assert levels([view_with([1, 2, 5, 6], loud)], quiet=False) == [768, 870]
    assert levels([view_with([5, 6], loud)], quiet=False) == [1000, 1120]
    assert levels([view_with([1, 2, 5, 6], hops(30, 30, 500, 30, 30, 30, 1120, 30, 30))], quiet=False) == [
        500
    ]


@pytest.mark.parametrize(
    ("least", "found"), [(1334, [1000, 1334]), (1335, [1280, 1335]), (1999, [1500, 1999])]
)
def test_a_plain_level_from_above_is_at_most_a_quarter_less(least: int, found: list[int]) -> None:
    loud = hops(30, 30, least, 30, 30, 30)
    assert levels([view_with([1, 2], loud)], quiet=False) == found


@pytest.mark.parametrize("quiet", [True, False])
def test_a_piece_at_the_level_is_not_below_it(quiet: bool) -> None:
    samples = np.array(hops(20000, 5000, 20000, 20000, 20000, 20000), np.int16)
    heard = samples.copy()
    heard[(np.abs(samples) < 20000) == quiet] = 0
    view = view_of(FAKE.features(samples), FAKE.features(heard), samples=samples)
    values = gates._replay(FAKE, HOP, PEAK, 20000, quiet, 0.0)(view)
    assert values is not None and np.array_equal(values, view.device)


def test_a_plain_level_stands_alone() -> None:
    assert levels([view_with([1, 2, 5, 6], hops(900, 900, 99, 900, 900, 900, 42, 900, 900))]) == [100]


def test_without_wrong_columns_or_right_ones_no_level_shows() -> None:
    assert levels([]) == [] and levels([view_with([], QUIET)]) == []
    assert levels([view_with(range(8), QUIET)]) == []
    assert (
        levels([view_with(range(8), QUIET), view_with([], hops(3000, 3000, 3000))]) == []
    )  # all reach to 3000
    assert levels([view_with([1, 2, 5, 6], QUIET), view_with([], hops(3000, 3000, 3000))]) == [100, 88]


def test_columns_that_did_not_come_count_for_nothing() -> None:
    assert levels([view_with([1, 2, 5, 6], QUIET, absent=[0, 3, 4, 7])]) == []
    assert levels([view_with([0, 1, 2, 5, 6], QUIET, absent=[0])]) == [100, 88]


def test_half_of_the_right_columns_may_have_a_changed_piece_that_does_not_show() -> None:
    assert levels([view_with([1, 2], QUIET)]) == [100, 88]  # two of six
    some = hops(3000, 3000, 87, 3000, 42, 3000, 3000)  # right: 0, 3, 4, 5
    assert levels([view_with([1, 2], some)]) == [100, 88]
    assert levels([view_with([1, 2], some[: 6 * HOP])]) == []  # right: 0, 3, 4
    # at the level itself a right column is no changed one
    assert levels([view_with([1], hops(3000, 87, 87, 88, 88, 88))]) == [100, 88]
    assert levels([view_with([0], hops(87, 87, 87, 87, 87, 87))]) == []


def test_silence_is_not_heard_whatever_is_done_to_it() -> None:
    silent = hops(3000, 3000, 87, 3000, 1, 3000, 3000, 0, 3000)
    assert levels([view_with([1, 2], silent)]) == [100, 88]
    assert levels([view_with([1, 2, 3, 4], hops(3000, 3000, 2, 3000, 2, 3000, 3000))]) == [3]
    assert levels([view_with([0, 3], hops(1, 1, 0, 0, 1, 1))]) == []
    many = hops(3000, 3000, 87, 3000, 1, 3000, 1, 3000)  # in four of five right columns
    assert levels([view_with([1, 2], many)]) == [100, 88]


def test_a_column_has_the_pieces_from_its_first_to_its_last_sample() -> None:
    """Of 20 samples from its begin on, the 20th is the last."""
    samples = hops(3000, 3000, 3000, 87, 3000, 3000, 3000)
    assert levels([view_with([2, 3], samples)]) == [100, 88]
    assert levels([view_with([1], samples)]) == []  # it is 3000 in it, and in all others no more
    wide = hops(3000, 3000, 3000, 3000, 87, 87, 3000, 3000, 3000, 3000)
    assert levels([view_with([3, 4, 5], wide)], 20) == [100, 88]
    # of pieces of 19, the 20th sample is the second one's first
    odd = [3000] * 19 + [87] * 19 + [3000] * 32
    assert levels([view_with([0, 1, 2, 3], odd)], 19) == [100, 88]
    # pieces of 20 that begin 10 samples before the first one kept
    assert levels([view_with([2, 3, 4], wide[HOP:], first=1)], 20) == [100, 88]


@pytest.mark.parametrize(
    ("low", "high", "figure"),
    [
        (950, 1000, 1000), (950, 999, 960), (1001, 2000, 2000), (1000, 1250, 1000), (501, 1000, 1000),
        (411, 513, 500), (257, 321, 300), (201, 251, 250), (129, 161, 150), (88, 110, 100), (43, 53, 50),
        (17, 21, 20), (21, 26, 21), (3, 3, 3), (0, 0, 0), (500, 500, 500), (768, 768, 768), (300, 300, 300),
        (192, 192, 192), (150, 150, 150), (112, 112, 112), (30, 30, 30),
    ],
)  # fmt: skip
def test_the_plainest_figure_of_a_range(low: int, high: int, figure: int) -> None:
    assert gates._roundest(low, high) == figure


# ---- what is tried


def candidates(hypothesis: Any, views: list[View]) -> list[Candidate]:
    return list(hypothesis(views))


def test_a_gate_asks_for_four_columns() -> None:
    quiet = np.where(np.arange(640) // 64 == 3, 87, 3000)
    assert candidates(gates.gated(FAKE), [view_with([19, 20, 21], quiet)]) == []
    assert candidates(gates.gated(FAKE), [view_with([19, 20, 21, 22], quiet)]) != []


SOUND = np.random.default_rng(1).integers(-8000, 8001, 3000).astype(np.int16)
SOUND[640:1280] //= 16  # ten pieces of 64, or five of 128
PEAKS = [int(np.abs(SOUND[at : at + 64].astype(int)).max()) for at in range(0, len(SOUND), 64)]


def heard(factor: float, *, below: int = 0, above: int = 40_000) -> Int16:
    """Pieces of 64 by their peak."""
    samples = SOUND.copy()
    for peak, at in zip(PEAKS, range(0, len(SOUND), 64), strict=True):
        if peak < below or peak >= above:
            samples[at : at + 64] = np.trunc(samples[at : at + 64] * factor)
    return samples


def shown(samples: Int16) -> View:
    return view_of(FAKE.features(SOUND), FAKE.features(samples), samples=SOUND)


@pytest.mark.parametrize(
    ("factor", "done"),
    [(0.0, "come as 0"), (0.5, "are halved"), (0.25, "come as a quarter"), (2.0, "are doubled")],
)
def test_what_is_done_below_a_level_or_above_it_is_named_and_gives_the_columns(
    factor: float, done: str
) -> None:
    for samples, side in (
        (heard(factor, below=600), "below 500"),
        (heard(factor, above=7000), "of 7,000 and more"),
    ):
        view = shown(samples)
        words = f"pieces of 64 samples with a peak {side} {done}"
        found = [each for each in gates.gated(FAKE)([view]) if each.explanation == words]
        assert (
            len(found) == 1 and found[0].cause == "pieces of 64 by peak" and "scales samples" in found[0].cure
        )
        values = found[0].replay(view)
        assert values is not None and np.array_equal(values, view.device)


def test_what_explains_none_of_some_columns_is_not_computed() -> None:
    view = shown(heard(0.0, below=600))
    doubled = next(each for each in gates.gated(FAKE)([view]) if each.explanation.endswith("doubled"))
    assert doubled.replay(view) is None


def test_pieces_that_begin_before_the_samples_kept_are_whole_in_the_stream() -> None:
    """First column 3: 30 samples of the first piece are not there."""
    kept, changed = SOUND[30:], heard(0.0, below=600)[30:]
    view = view_of(FAKE.features(kept), FAKE.features(changed), samples=kept, first=3)
    words = "pieces of 64 samples with a peak below 500 come as 0"
    found = next(each for each in gates.gated(FAKE)([view]) if each.explanation == words)
    values = found.replay(view)
    assert values is not None and np.array_equal(values, view.device)


# ---- fades


def fades(last: int, hop: int = HOP, span: int = SPAN, *, first: int = 0, right: bool = False) -> list[str]:
    fake = cast(FrontEnd, SimpleNamespace(settings=SimpleNamespace(hop=hop, span=span)))
    expected = np.zeros((last + 2, 2), np.int8)
    device = expected.copy()
    device[: last + 1] = 1
    views = [view_of(expected, device, first=first)]
    if right:
        views.append(view_of(expected, expected))
    return [
        each.explanation.removeprefix("samples are faded in over a stream's ")
        for each in gates.faded(fake)(views)
    ]


@pytest.mark.parametrize(
    ("last", "counts"),
    [
        (4, ["64", "128"]),
        (3, []),
        (10, ["128", "256"]),
        (24, ["256"]),
        (25, ["256"]),
        (26, []),
        (33, ["512"][:0]),
        (35, ["512"]),
        (51, ["512"]),
        (52, []),
        (82, []),
        (83, ["1,000"]),
        (100, ["1,024"]),
        (145, ["1,536"]),
        (190, ["2,000", "2,048"]),
    ],
)  # fmt: skip
def test_plain_lengths_from_the_last_wrong_column_on_are_tried(last: int, counts: list[str]) -> None:
    assert fades(last) == [f"first {count}" for count in counts]
    assert fades(last, right=True) == fades(last)
    assert fades(last, first=1) == []


def test_the_shortest_fades() -> None:
    assert fades(4, 2, 4) == ["first 32"]
    assert fades(4, 4, 8) == ["first 32", "first 64"]
    assert list(gates.faded(FAKE)([])) == []
    right = np.zeros((9, 2), np.int8)
    assert list(gates.faded(FAKE)([view_of(right, right)])) == []


def test_a_fade_takes_a_growing_part_of_each_size() -> None:
    samples = np.array([100, 100, -100, 7, -7, 30_000, -30_000], np.int16)
    assert gates._fade(samples, 4).tolist() == [0, 25, -50, 5, -7, 30_000, -30_000]
    assert gates._fade(samples, 5).tolist() == [0, 20, -40, 4, -5, 30_000, -30_000]
    assert gates._fade(samples[:3], 32).tolist() == [0, 3, -6]
    assert gates._fade(samples, 4).dtype == np.int16


def test_a_fade_s_columns_are_those_of_the_file() -> None:
    view = shown(gates._fade(SOUND, 1000))
    found = next(each for each in gates.faded(FAKE)([view]) if each.cause == "faded in over 1000")
    values = found.replay(view)
    assert values is not None and np.array_equal(values, view.device) and "scales samples" in found.cure
    less = view_of(view.expected[:-2], view.device[:-2], samples=SOUND)  # fewer columns than the samples give
    values = found.replay(less)
    assert values is not None and np.array_equal(values, less.device)
    assert found.replay(view_of(view.expected, view.device, samples=SOUND[:-HOP])) is None
