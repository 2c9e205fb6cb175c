"""One factor that all samples of a column enclose: gains and filters, and what is none."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from .factor_read import Enclosed, by_one_factor, enclosed, times
from .test_seen_samples import Int64, all_known, noise

X = noise(256, 9000, 3)
ROUNDINGS: dict[str, Callable[[Any], Any]] = {
    "rounded down": np.floor,
    "rounded to 0": np.trunc,
    "rounded": lambda values: np.floor(values + 0.5),
    "rounded up": np.ceil,
}


def filtered(rest: tuple[int, int, int], of: tuple[int, int, int], factor: float, sign: int = 1) -> Int64:
    before = out = 0
    done = []
    for sample in X.tolist():
        values = np.array([sample, before, out])
        product = int(np.floor(float(values @ of) * factor))
        out, before = int(values @ rest) + sign * product, sample
        done.append(out)
    return np.array(done)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (X * 32767 >> 15, "samples are multiplied by 0.99997 (such as 32767/32768; rounded down)"),
        (np.trunc(X * 0.6).astype(np.int64), "samples are multiplied by 0.6 (such as 3/5; rounded to 0)"),
        (-(-X * 5 // 16), "samples are multiplied by 0.312"),
        (filtered((1, 0, 0), (0, 1, 0), 0.97, -1), "of each sample the one before it is taken off, times 0.97 ("),
        (filtered((1, 0, 0), (0, 1, 0), 0.25), "each sample comes with the one before it, times 0.25 ("),
        (filtered((1, -1, 0), (0, 0, 1), 32604 / 32768), "and with the one that came out before, times 0.99"),
        (filtered((0, 0, 1), (1, 0, -1), 0.25), "towards each sample, by 0.25 (such as 1/4; rounded down) of the way"),
        (filtered((1, 0, 0), (0, 0, 1), 0.5), "each sample comes with what came out before, times 0.5 ("),
    ],
)  # fmt: skip
def test_a_factor_is_told_and_gives_all_samples(seen: Int64, words: str) -> None:
    found = by_one_factor(X, seen, all_known(X))
    assert found is not None and words in found.told and found.computed
    assert found.change is not None
    assert np.array_equal(found.change(X.astype(np.int16)), seen.clip(-32768, 32767))


def test_a_filter_keeps_what_it_computed_or_what_came_out() -> None:
    found = by_one_factor(X, filtered((1, 0, 0), (0, 0, 1), 0.5), all_known(X))
    assert found is not None and found.change is not None and found.or_else is not None
    loud = np.array([30000, 30000, 0], np.int16)
    assert found.change(loud).tolist() == [30000, 32767, 16383]
    assert found.or_else(loud).tolist() == [30000, 32767, 22500]
    assert found.change(-loud).tolist() == [-30000, -32768, -16384]


@pytest.mark.parametrize(
    "seen",
    [X, X * 3 // 4 + X % 7, np.where(X > 4000, X // 2, X), np.roll(X, 1)],
    ids=["right", "b", "c", "d"],
)
def test_what_no_factor_gives_is_left(seen: Int64) -> None:
    assert by_one_factor(X, seen, all_known(X)) is None


@pytest.mark.parametrize(("how", "rounding"), ROUNDINGS.items())
@pytest.mark.parametrize("factor", [0.30512, -0.72031, 3.14159])
def test_a_factor_is_known_as_closely_as_the_numbers_tell(
    how: str, rounding: Callable[[Any], Any], factor: float
) -> None:
    """All of a fine row of factors that give the same numbers lie within what is told, and fill it."""
    of = np.random.default_rng(3).permutation(np.r_[-160:-100:2, 101:160:2, -1, 1])
    found = enclosed(of, rounding(of * factor).astype(np.int64))
    assert found is not None and found.how == how
    nearby = factor + np.arange(-0.01, 0.01, 1e-5)
    alike = nearby[(rounding(of * nearby[:, None]) == rounding(of * factor)).all(axis=1)]
    assert abs(found.width - np.ptp(alike)) < 3e-5
    assert alike[0] - 2e-5 <= found.plain <= alike[-1] + 2e-5


def test_what_encloses_a_factor_less_closely_than_a_fiftieth_is_none() -> None:
    for size, told in ((131, True), (67, False)):  # 1.5 % and 3 % of one half
        of = np.repeat([-size, size], 12)
        assert (enclosed(of, of // 2) is not None) == told


def test_a_factor_that_no_plain_number_divides_is_the_plainest_fraction() -> None:
    of = np.random.default_rng(4).integers(-(10**7), 10**7, 300)
    for factor in (Fraction(1, 3), Fraction(-22, 7)):
        found = enclosed(of, times(of, factor, "rounded down"))
        assert found is not None and found.plain == factor


def test_a_factor_is_told_with_the_digits_that_are_known() -> None:
    third = Fraction(1000, 3)
    assert Enclosed(third, "rounded", 0.004).words == "333.3333 (such as 1000/3; rounded)"
    assert Enclosed(third, "rounded", 2.0).words == "333.33 (such as 1000/3; rounded)"
    assert Enclosed(Fraction(3), "rounded", 0.0).words == "3 (such as 3; rounded)"


def test_limited_samples_tell_nothing_of_the_factor() -> None:
    loud = noise(400, 32000, 5)
    for factor, sign in ((2.0, 1), (-2.0, -1)):
        found = by_one_factor(loud, (loud * factor).astype(np.int64).clip(-32768, 32767), all_known(loud))
        assert found is not None and f"multiplied by {2 * sign} " in found.told


def test_a_filter_may_go_on_with_more_than_came_out() -> None:
    loud = noise(400, 26_000, 9)
    out, done = 0, []
    for sample in loud.tolist():
        out = sample + (out >> 1)
        done.append(out)
    seen = np.array(done).clip(-32768, 32767)
    assert (seen == 32767).sum() > 3 and (seen == -32768).sum() > 3
    found = by_one_factor(loud, seen, all_known(loud))
    assert found is not None and "with what came out before, times 0.5 " in found.told


def test_few_samples_and_small_ones_tell_no_factor() -> None:
    of = np.arange(-40, 40)
    assert enclosed(of, of // 2) is not None
    assert enclosed(of[:23], of[:23] // 2) is None
    assert enclosed(of[of != 0][:24] // 9, of[of != 0][:24] // 18) is None
    just = np.r_[-32:-20, 21:33]  # as many, and as far apart, as there have to be
    assert len(just) == 24 and np.ptp(just) == 64
    assert enclosed(just, just * 3) is not None
    assert (
        enclosed(just[:-1], just[:-1] * 3) is None
        and enclosed(just - (just > 0), 3 * (just - (just > 0))) is None
    )
    other = of // 2
    other[of == 0] = 5  # of 0 nothing comes but 0
    assert enclosed(of, other) is None


@pytest.mark.parametrize(
    ("how", "values"),
    [
        ("rounded down", [-4, -1, 0, 3]),
        ("rounded to 0", [-3, 0, 0, 3]),
        ("rounded", [-3, 0, 0, 4]),
        ("rounded up", [-3, 0, 0, 4]),
    ],
)
def test_roundings(how: str, values: list[int]) -> None:
    assert times(np.array([-7, -1, 0, 7]), Fraction(1, 2), how).tolist() == values
    assert [times(value, Fraction(1, 2), how) for value in (-7, -1, 0, 7)] == values
