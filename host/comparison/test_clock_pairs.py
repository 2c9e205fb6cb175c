"""Two clocks' times between answers: which rates fit them, and which are out of the question."""

import time

import pytest

from .clock_pairs import ClockPairs


def _pairs(*pairs: tuple[float, float, float]) -> ClockPairs:
    found = ClockPairs()
    for pair in pairs:
        found.add(*pair)
    return found


@pytest.mark.parametrize("busy_s", [0.0, 0.02, 3.0])
def test_no_load_makes_a_right_clock_fast_or_slow(busy_s: float) -> None:
    """It lengthens the way to the answer: the board may have read its clock at either end of it."""
    for read_at in (0.0, 0.5, 1.0):
        least_s = max(0.0, 0.1 - busy_s)
        pairs = _pairs(*[(least_s + (0.1 + busy_s - least_s) * read_at, least_s, 0.1 + busy_s)] * 5)
        assert not pairs.faster(1.01, 0.004) and not pairs.slower(1.01, 0.004), read_at
        assert not pairs.apart_together(1.005), read_at


@pytest.mark.parametrize(
    ("factor", "fast", "slow"), [(2, True, False), (0.5, False, True), (1.2, False, False)]
)
def test_all_pairs_but_one_must_show_a_rate(factor: float, fast: bool, slow: bool) -> None:
    pairs = _pairs(*[(0.1 * factor, 0.099, 0.101)] * 4)
    assert (pairs.faster(1.25, 0.05), pairs.slower(1.25, 0.05)) == (fast, slow)
    slept = _pairs((60.0, 0.1, 0.1), (0.0, 9.0, 9.1), *[(0.1, 0.099, 0.101)] * 4)
    assert not slept.faster(1.25, 0.05), "a computer that slept once"
    assert not slept.slower(1.25, 0.05)


@pytest.mark.parametrize(
    ("rate", "apart"), [(1000 / 1024, True), (1024 / 1000, True), (0.997, False), (1.003, False)]
)
def test_a_rate_that_no_pair_shows_alone_shows_in_all_of_them(rate: float, apart: bool) -> None:
    """One of them may be most of a run."""
    for slices in ([1.6, 0.2, 0.2, 0.4], [0.3] * 8):
        pairs = _pairs(*[(slice_s * rate, slice_s - 0.001, slice_s + 0.001) for slice_s in slices])
        assert pairs.apart_together(1.005) == apart


def test_all_pairs_together_have_room_for_rounding() -> None:
    resolution = time.get_clock_info("monotonic").resolution
    room = 0.008 + 8 * resolution
    for off, apart in ((room - resolution / 4, False), (room + resolution / 4, True)):
        assert (
            _pairs((1.0, 1.0, 1.0), (1.0, 1.0 + off, 1.1 + off), (1.0, 1.0, 1.0)).apart_together(1.0) == apart
        )
        assert _pairs((1.0, 0.9, 1.0), (1.0 + off, 0.9, 1.0), (1.0, 0.9, 1.0)).apart_together(1.0) == apart
    assert not _pairs((1.0, 2.0, 2.0), (1.0, 2.0, 2.0)).apart_together(1.005)  # two pairs decide nothing


def test_two_pairs_decide_nothing() -> None:
    assert not _pairs(*[(9.0, 1.0, 1.0)] * 2).faster(1.25, 0.05)
    assert _pairs(*[(9.0, 1.0, 1.0)] * 3).faster(1.25, 0.05)
    assert not ClockPairs().slower(1.25, 0.05)


def test_the_least_that_counts_is_more_than_the_spare() -> None:
    assert not _pairs(*[(0.25, 0.0, 0.0)] * 3).faster(1.0, 0.5)
    assert _pairs(*[(0.25, 0.0, 0.0)] * 3).faster(1.0, 0.49)


def test_milliseconds_that_are_missing_by_rounding_are_no_rate() -> None:
    assert not _pairs(*[(0.001, 0.0, 0.0011)] * 3, (0.102, 0.1, 0.1)).faster(1.01, 0.004)


def test_the_rate_lies_within_what_all_pairs_and_their_sum_allow() -> None:
    ratio = _pairs((0.2, 0.1, 0.11), (0.4, 0.19, 0.2)).ratio
    assert ratio == pytest.approx((0.399 / 0.2, 0.201 / 0.1))
    sums = _pairs(*[(0.1, 0.1, 0.1)] * 9).ratio
    assert sums == pytest.approx((0.897 / 0.9, 0.903 / 0.9))


def test_no_rate_fits_what_contradicts_itself() -> None:
    assert _pairs((0.2, 0.1, 0.1), (0.1, 0.1, 0.1)).ratio is None
    assert ClockPairs().ratio is None
    assert _pairs((0.1, 0.0, 0.1)).ratio is None, "nothing is known at most"


def test_one_rate_alone_may_fit() -> None:
    assert _pairs((0.003, 0.0, 0.001), (0.001, 0.001, 9.0)).ratio == (2.0, 2.0)


def test_a_long_run_keeps_as_many_as_are_enough() -> None:
    pairs = _pairs(*[(0.1, 0.1, 0.1)] * 2001)
    assert len(pairs.pairs) == 2000
