"""Samples that one bit, the column's mean or noise decides: read from those sent and those seen."""

from typing import Any

import numpy as np
import pytest

from .seen_samples import others_told, samples_cause
from .test_seen_samples import all_known, noise


@pytest.mark.parametrize(
    ("bit", "is_set", "by", "words"),
    [
        (7, True, -256, "samples whose bit 7 is set are off by -256: their low 8 bits are taken for a number with a "
         "sign"),
        (0, False, 3, "samples whose bit 0 is not set are off by +3"),
        (4, True, 1000, "samples whose bit 4 is set are off by +1,000"),
    ],
)  # fmt: skip
def test_a_bit_decides_what_a_sample_is_off_by(bit: int, is_set: bool, by: int, words: str) -> None:
    x = noise(256)
    found = samples_cause(x, x + by * ((x >> bit & 1 == 1) == is_set), all_known(x))
    assert found.told == words and found.computed and found.change is not None
    assert np.array_equal(found.change(x.astype(np.int16)), x + by * ((x >> bit & 1 == 1) == is_set))


@pytest.mark.parametrize(
    ("off", "how"),
    [(np.trunc, ""), (np.floor, ", rounded down,"), (np.rint, ", rounded,")],
)
def test_a_columns_own_mean_is_taken_off(off: Any, how: str) -> None:
    x = noise(200) - 700
    if how == ", rounded down,":
        x[0] -= int(x.sum()) % 200 - 199  # so that each rounding gives another figure
    seen = x - int(off(x.mean()))
    found = samples_cause(x, seen, all_known(x))
    assert "the mean of each column's samples" in found.told and "is taken off them" in found.told
    assert any(np.array_equal(change(x.astype(np.int16)), seen) for change in found.of_column)


def test_noise_is_told_by_its_size() -> None:
    x = noise(256)
    rng = np.random.default_rng(3)
    found = samples_cause(x, x + rng.integers(-1, 2, 256), all_known(x))
    assert "are off by at most 1 either way, as by noise that is added (dither)" in found.told
    assert "noise" not in samples_cause(x, x + rng.integers(-20, 21, 256), all_known(x)).told
    few = np.where(np.arange(256) < 23, x + np.where(x % 2 == 0, 1, -1), x)
    assert "noise" not in samples_cause(x, few, all_known(x)).told


def mean_of(x: Any) -> Any:
    """Of all samples so far, each a 256th of it, with the sign that takes it off."""
    means, mean = [], 0.0
    for sample in x:
        mean += (sample - mean) / 256
        means.append(-np.trunc(mean))
    return np.array(means)


RNG = np.random.default_rng(6)
SLOW = "to +2, by a value that changes slowly: a mean that is taken off, or a drift"
FOLLOWS = "by a value that follows the samples: a slow mean that is taken off, or a filter"
NOISE = "at most 2 either way, as by noise that is added (dither)"


@pytest.mark.parametrize(
    ("off", "told"),
    [
        (np.rint(2 * np.sin(np.arange(256) / 40)), SLOW),
        (np.repeat([-1, 0, 1, 2], 64), NOISE),  # by too little
        (np.where(np.arange(256) % 2, 2, -2), NOISE),
        (RNG.integers(-2, 3, 256), NOISE),
        (np.trunc(-noise(256) / 600), FOLLOWS),
        (-np.trunc(np.diff(noise(256), prepend=0) / 1000), FOLLOWS),
        (mean_of(noise(256) // 40), "-9 to +2, by a value that changes slowly"),
    ],
)
def test_what_changes_slowly_or_follows_the_samples_is_no_noise(off: Any, told: str) -> None:
    x = noise(256)
    off = off.astype(int)
    assert told in others_told(x, x + off, np.flatnonzero(off))
