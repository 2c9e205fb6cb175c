"""One factor that all samples of a column enclose: gains and filters, and what is none."""

from fractions import Fraction

import numpy as np
import pytest

from .factor_read import by_one_factor, enclosed, times
from .test_seen_samples import Int64, all_known, noise

X = noise(256, 9000, 3)


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


@pytest.mark.parametrize(
    "seen",
    [X, X * 3 // 4 + X % 7, np.where(X > 4000, X // 2, X), np.roll(X, 1)],
    ids=["right", "b", "c", "d"],
)
def test_what_no_factor_gives_is_left(seen: Int64) -> None:
    assert by_one_factor(X, seen, all_known(X)) is None


def test_few_samples_and_small_ones_tell_no_factor() -> None:
    of = np.arange(-40, 40)
    assert enclosed(of, of // 2) is not None
    assert enclosed(of[:23], of[:23] // 2) is None
    assert enclosed(of[of != 0][:24] // 9, of[of != 0][:24] // 18) is None
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
