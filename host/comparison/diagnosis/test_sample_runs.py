"""Samples that come from elsewhere, piece by piece."""

import numpy as np
import pytest
from numpy.typing import NDArray

from .sample_runs import by_rate, by_runs

Int64 = NDArray[np.int64]

N = 128
STREAM: Int64 = np.random.default_rng(2).integers(-30000, 30000, 3 * N)
SENT = STREAM[-N:]
ALL = np.ones(N, np.bool_)


def in_pairs(values: Int64, length: int) -> Int64:
    return values.reshape(-1, 2, length)[:, ::-1].ravel()


@pytest.mark.parametrize("length", [16, 8])
def test_pieces_that_are_exchanged(length: int) -> None:
    seen = in_pairs(SENT, length)
    known = ALL.copy()
    known[[0, 40]] = False
    cause = by_runs(STREAM, SENT, np.where(known, seen, 0), known)
    assert cause is not None and cause.computed and cause.period == 2 * length
    assert cause.told == f"pieces of {length} samples are exchanged, each with the one behind it"
    assert cause.change is not None
    np.testing.assert_array_equal(cause.change(SENT.astype(np.int16)), seen)


def test_two_pieces_of_a_column() -> None:
    seen = SENT.copy()
    seen[32:64], seen[64:96] = SENT[64:96], SENT[32:64]
    cause = by_runs(STREAM, SENT, seen, ALL)
    assert cause is not None and cause.told == "samples 32 to 63 and 64 to 95 of a column are exchanged"
    assert cause.change is None
    np.testing.assert_array_equal(cause.of_column[0](SENT.astype(np.int16)), seen)


def test_pieces_that_come_from_before_or_in_reverse() -> None:
    seen = SENT.copy()
    seen[20:30] = STREAM[-N - 80 : -N - 70]
    seen[60:80] = SENT[79:59:-1]
    seen[100:110] = SENT[103:113]
    cause = by_runs(STREAM, SENT, seen, ALL)
    assert cause is not None and cause.told == (
        "of a column samples 20 to 29 are those 100 before them; samples 60 to 79 are 79 down to 60; "
        "samples 100 to 109 are those 3 behind them"
    )
    assert not cause.of_column  # some are no samples of the column


def test_what_comes_from_nowhere_or_by_chance_is_not_told() -> None:
    seen = SENT.copy()
    seen[20:30] += 1
    assert by_runs(STREAM, SENT, seen, ALL) is None
    seen = SENT.copy()
    seen[20:25] = SENT[30:35]
    assert by_runs(STREAM, SENT, seen, ALL) is None  # five alone
    assert by_runs(STREAM, SENT, SENT, ALL) is None
    flat = np.zeros(N, np.int64)
    assert by_runs(np.concatenate([flat, SENT]), SENT, flat, ALL) is None  # all the same


@pytest.mark.parametrize(
    ("up", "down", "words"),
    [
        (1, 2, "of a column each sample stands 2 times, in the place of those behind it"),
        (2, 1, "of a column only each 2nd sample is there"),
        (3, 4, "place n of a column holds its sample n × 3 / 4"),
    ],
)
def test_a_column_at_another_rate(up: int, down: int, words: str) -> None:
    places = np.arange(N) * up // down
    known = places < N
    seen = SENT[np.minimum(places, N - 1)]
    cause = by_rate(SENT, seen, known)
    assert cause is not None and cause.told == words and cause.computed
    assert bool(cause.of_column) is (up < down)
    if cause.of_column:
        np.testing.assert_array_equal(cause.of_column[0](SENT.astype(np.int16)), seen)
    seen[9] += 1
    assert by_rate(SENT, seen, known) is None and by_rate(SENT, SENT, known) is None
