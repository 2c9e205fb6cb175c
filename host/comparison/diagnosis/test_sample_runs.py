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
    known[[5, 40]] = False
    cause = by_runs(STREAM, SENT, np.where(known, seen, 0), known)
    assert cause is not None and cause.computed and cause.period == 2 * length
    assert cause.told == f"pieces of {length} samples are exchanged, each with the one behind it"
    assert cause.change is not None
    np.testing.assert_array_equal(cause.change(SENT.astype(np.int16)), seen)


def test_pieces_that_are_exchanged_of_a_column_that_ends_within_a_pair() -> None:
    seen = SENT.copy()
    seen[:96], sent = in_pairs(SENT[:96], 16), SENT[:112]
    cause = by_runs(STREAM[:-16], sent, seen[:112], ALL[:112])
    assert cause is not None and cause.change is not None
    assert cause.told == "pieces of 16 samples are exchanged, each with the one behind it"
    short = SENT[:24].astype(np.int16)
    np.testing.assert_array_equal(cause.change(short), [*short[16:], *short[8:16], *short[:8]])
    assert not len(cause.change(short[:0]))


def test_two_pieces_of_a_column() -> None:
    seen = SENT.copy()
    seen[32:64], seen[64:96] = SENT[64:96], SENT[32:64]
    cause = by_runs(STREAM, SENT, seen, ALL)
    assert cause is not None and cause.told == "samples 32 to 63 and 64 to 95 of a column are exchanged"
    assert cause.change is None and cause.computed
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
    assert cause.computed and not cause.of_column  # some are no samples of the column


def told(seen: Int64, sent: Int64 = SENT, stream: Int64 = STREAM) -> str:
    cause = by_runs(stream, sent, seen, np.ones(len(sent), np.bool_))
    return "" if cause is None else cause.told


def with_pieces(*pieces: tuple[int, int, int]) -> Int64:
    """The column with pieces from begin to end of so many samples before."""
    seen = SENT.copy()
    for begin, end, by in pieces:
        seen[begin:end] = STREAM[2 * N + begin - by : 2 * N + end - by]
    return seen


def test_pieces_as_far_away_as_another_are_not_exchanged() -> None:
    assert told(with_pieces((20, 30, 20), (60, 70, 20))) == (
        "of a column samples 20 to 29 are those 20 before them; samples 60 to 69 are those 20 before them"
    )
    assert told(with_pieces((20, 30, -20), (60, 70, 20))) == (
        "of a column samples 20 to 29 are those 20 behind them; samples 60 to 69 are those 20 before them"
    )
    assert told(with_pieces((20, 30, -10), (30, 38, 10))) == (
        "of a column samples 20 to 29 are those 10 behind them; samples 30 to 37 are those 10 before them"
    )
    assert told(with_pieces((20, 30, 1))) == "of a column samples 20 to 29 are those 1 before them"


def test_a_piece_in_reverse_from_its_own_first_sample_on() -> None:
    seen = SENT.copy()
    seen[:10] = STREAM[2 * N : 2 * N - 10 : -1]
    assert told(seen) == "of a column samples 0 to 9 are 0 down to -9"


def test_how_many_pieces_are_told() -> None:
    pieces = [(begin, begin + 8, 50) for begin in (10, 30, 50, 70, 90)]
    assert told(with_pieces(*pieces[:3])).count("samples") == 3
    assert told(with_pieces(*pieces[:4])).endswith(
        "; samples 50 to 57 are those 50 before them; and 1 more piece"
    )
    assert told(with_pieces(*pieces)).endswith("; and 2 more pieces")
    sent, seen = STREAM[-200:], STREAM[-200:].copy()
    for piece in range(24):
        seen[8 * piece : 8 * piece + 6] = STREAM[10 * piece : 10 * piece + 6]
    assert told(seen, sent).endswith("; and 21 more pieces")
    seen[192:198] = STREAM[:6]
    assert told(seen, sent) == ""


def test_pieces_from_the_ends_of_the_stream() -> None:
    assert told(with_pieces((0, 10, 2 * N))) == "of a column samples 0 to 9 are those 256 before them"
    seen = with_pieces((100, 110, -18))
    assert told(seen) == "of a column samples 100 to 109 are those 18 behind them"
    seen[110] = SENT[-1]  # not one behind the last
    assert told(seen) == ""


def test_a_sample_from_nowhere_behind_a_piece() -> None:
    seen = with_pieces((20, 30, 50))
    seen[30] += 100_000
    assert told(seen) == ""


def test_what_comes_from_nowhere_or_by_chance_is_not_told() -> None:
    seen = SENT.copy()
    seen[20:30] += 1
    assert by_runs(STREAM, SENT, seen, ALL) is None
    seen = SENT.copy()
    seen[20:25] = SENT[30:35]
    assert by_runs(STREAM, SENT, seen, ALL) is None  # five alone
    seen[25] = SENT[35]
    assert by_runs(STREAM, SENT, seen, ALL) is not None
    assert by_runs(STREAM, SENT, SENT, ALL) is None
    flat = np.zeros(N, np.int64)
    assert by_runs(np.concatenate([flat, SENT]), SENT, flat, ALL) is None  # all the same


EACH = "of a column each sample stands {} times, in the place of those behind it"


@pytest.mark.parametrize(
    ("up", "down", "words"),
    [
        *((1, times, EACH.format(times)) for times in (2, 3, 4)),
        (2, 1, "of a column only each 2nd sample is there"),
        (3, 1, "of a column only each 3rd sample is there"),
        (4, 1, "of a column only each 4th sample is there"),
        (2, 3, "place n of a column holds its sample n × 2 / 3"),
        (3, 2, "place n of a column holds its sample n × 3 / 2"),
        (3, 4, "place n of a column holds its sample n × 3 / 4"),
        (4, 3, "place n of a column holds its sample n × 4 / 3"),
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


def test_a_rate_is_read_from_six_samples() -> None:
    seen = SENT[np.arange(N) * 2 % N]
    for places, found in ((7, True), (6, False)):  # of which the first is the same
        known = np.arange(N) < places
        assert (by_rate(SENT, np.where(known, seen, 0), known) is not None) is found
