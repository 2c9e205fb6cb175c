"""By how much a filter or a fade may miss the samples that a trace saw."""

import numpy as np
import pytest
from numpy.typing import NDArray

from .fitted_samples import _some, echoed, faded, filtered
from .seen_samples import _exactly, samples_cause
from .test_seen_samples import all_known, noise

Int64 = NDArray[np.int64]


@pytest.mark.parametrize(("by", "found"), [(0, True), (2, False)])
def test_a_fit_may_miss_by_a_step_and_its_rounding(by: int, found: bool) -> None:
    """Two steps, in more samples than may be something else, where rounding took off nearly half of one: 1.5 to 1.8."""

    def off(exact: NDArray[np.float64]) -> Int64:
        seen = np.rint(exact).astype(np.int64)
        for sign in (1, -1):
            place = np.flatnonzero((sign * (seen - exact) < -0.25) & (sign * (seen - exact) > -0.45))[20:24]
            seen[place] += sign * by
        return seen

    x = np.full(200, 1000)
    assert bool(faded(x, off(x + 0.35 * np.arange(200)), all_known(x))) == found
    x = noise(1000) * 2
    assert bool(filtered(x, off(x * 0.37), all_known(x))) == found


@pytest.mark.parametrize(("count", "found"), [(23, False), (24, True)])
def test_twenty_four_samples_tell_what_some_are_made_of(count: int, found: bool) -> None:
    x = noise(200)
    seen = x.copy()
    some = np.arange(10, 10 + 2 * count, 2)
    seen[some] = 3 * x[some]
    assert bool(filtered(x, seen, all_known(x), some=True)) == found


def test_an_echo_of_what_came_out_asks_only_for_what_is_known_of_that() -> None:
    x = noise(300)
    seen = x.copy()
    for at in range(20, 300):
        seen[at] += seen[at - 20] // 2
    known = all_known(x)
    known[30:60] = False
    seen[30:60] = 0  # not seen
    found = echoed(x, x, seen, known)
    assert found and "0.5 times the one 20 before it as it came out" in found.told


def test_two_ways_to_have_moved_are_told_and_not_chosen_from() -> None:
    """Two earlier and two later are the same where all is repeated every four samples."""
    x = np.tile([100, 250, 470, 800], 30)
    wrong = np.array([20, 22, 29, 37, 42, 47, 60])
    seen = x.copy()
    seen[wrong] = x[wrong - 2]
    told = _exactly(x, x, seen, wrong)
    assert (
        "the one 2 before it: that part is read 2 too early; or, which gives the same here: the one 2 behind"
        in told
    )


def test_what_some_samples_are_made_of_is_told_of_a_whole_column() -> None:
    x = noise(256)
    some = np.sort(np.random.default_rng(8).choice(np.arange(8, 248), 60, replace=False))
    seen = x.copy()
    seen[some] = np.rint(1.37 * x[some]).astype(np.int64)
    assert "each sample is about 1.37 times what it must be" in samples_cause(x, seen, all_known(x)).told


@pytest.mark.parametrize(("values", "negative"), [([-1, -5, -6], True), ([0, -5, -6], False)])
def test_samples_of_a_sign_are_beyond_zero(values: list[int], negative: bool) -> None:
    sent = np.array([*values, 3, 4])
    told = _some(sent, np.arange(3), np.arange(3, 5))
    assert (told == "negative samples, and of no others") == negative


def test_an_echo_is_read_from_twenty_four_samples_behind_the_first_one() -> None:
    x = noise(44)
    seen = x.copy()
    for at in range(20, 44):
        seen[at] += seen[at - 20] // 2
    found = echoed(x, x, seen, all_known(x))
    assert found and "0.5 times the one 20 before it" in found.told


def test_an_echo_may_be_as_loud_as_what_was_sent() -> None:
    x = noise(320)
    sent = x[20:]
    found = echoed(x, sent, sent + 2 * x[:-20], all_known(sent))
    assert found and "2 times the one 20 before it (an echo)" in found.told
