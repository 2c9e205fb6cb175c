"""Each way to change samples, held against samples that were worked out by hand."""

from typing import Any

import numpy as np
import pytest

from .sample_ways import BY_PIECES, PLAIN, Way, in_pieces, limited, scaled, wrapped

X = np.array([1, -2, 258, 32767, -32768, 100, -101], np.int16)
TOP, LOW = 32767, -32768


def way(cause: str, ways: tuple[Way, ...] = PLAIN) -> Way:
    (found,) = [way for way in ways if way.cause == cause]
    return found


@pytest.mark.parametrize(
    ("cause", "words", "expected"),
    [
        ("bytes exchanged", "two bytes exchanged", [256, -257, 513, -129, 128, 25600, -25601]),
        ("unsigned", "top bit inverted", [-32767, 32766, -32510, -1, 0, -32668, 32667]),
        ("pairs exchanged", "exchanged pairs", [-2, 1, TOP, 258, 100, LOW, -101]),
        ("negated", "sign flipped", [-1, 2, -258, -TOP, TOP, -100, 101]),
        ("complemented", "all bits inverted", [-2, 1, -259, LOW, TOP, -101, 100]),
        ("sign and magnitude", "a sign and a magnitude", [1, -32766, 258, TOP, 0, 100, -32667]),
        ("silence", "all 0", [0] * 7),
        ("doubled", "stereo taken for mono", [1, 1, 258, 258, LOW, LOW, -101]),
        ("every second sample 0, from 1", "the second of each pair", [1, 0, 258, 0, LOW, 0, -101]),
        ("every second sample 0, from 0", "the first of each pair", [0, -2, 0, TOP, 0, 100, 0]),
        ("bytes moved by 1", "one byte late", [-512, 767, -255, 127, 25728, -25856, 255]),
        ("bytes moved by -1", "one byte early", [256, -512, 767, -255, 127, 25728, -25856]),
        ("magnitudes", "without their sign", [1, 2, 258, TOP, TOP, 100, 101]),
        ("negative ones lost", "negative samples come as 0", [1, 0, 258, TOP, 0, 100, 0]),
        ("positive ones lost", "positive samples come as 0", [0, -2, 0, 0, LOW, 0, -101]),
        ("differences", "less the one before", [1, -3, 260, 32509, LOW, TOP, -201]),
        ("mean of 2 samples", "itself and the 1 before", [0, 0, 128, 16512, 0, -16334, 0]),
        ("mean of 3 samples", "itself and the 2 before", [0, 0, 85, 11007, 85, 33, -10923]),
        ("mean of 4 samples", "itself and the 3 before", [0, 0, 64, 8256, 63, 89, 0]),
        ("mean of 2 samples, wrapped", "sum wraps", [0, 0, 128, -16255, 0, -16334, 0]),
        ("32767 lost", "32,767 come as the one before", [1, -2, 258, 258, LOW, 100, -101]),
        ("-32768 lost", "-32,768 come as the one before", [1, -2, 258, TOP, TOP, 100, -101]),
        ("-32768 as 0", "-32,768 come as 0", [1, -2, 258, TOP, 0, 100, -101]),
        ("32767 as 0", "32,767 come as 0", [1, -2, 258, 0, LOW, 100, -101]),
        ("-32768 as 32767", "-32,768 come as 32,767", [1, -2, 258, TOP, TOP, 100, -101]),
        ("32767 as -32768", "32,767 come as -32,768", [1, -2, 258, LOW, LOW, 100, -101]),
    ],
)
def test_plain_ways(cause: str, words: str, expected: list[int]) -> None:
    found = way(cause)
    assert words in found.told
    assert found.change(X).tolist() == expected
    assert found.change(X).dtype == np.int16


@pytest.mark.parametrize("factor", [2, 4, 8, 16, 1.5, 3, 10, 0.5, 0.25, 0.125, 0.0625, 0.75, 0.1])
def test_gains(factor: float) -> None:
    found = way(f"gain ×{factor:g}")
    assert found.change(X).tolist() == [min(max(int(x * factor // 1), LOW), TOP) for x in X.tolist()]
    assert ("amplified" if factor > 1 else "attenuated") in found.told


@pytest.mark.parametrize("shift", [1, 2, 3, 4])
def test_gains_that_wrap(shift: int) -> None:
    found = way(f"gain ×{1 << shift}, wrapped")
    wrapped = [((x << shift) + 32768) % 65536 - 32768 for x in X.tolist()]
    assert found.change(X).tolist() == wrapped
    assert f"left by {shift} " in found.told


@pytest.mark.parametrize("factor", [3, 10])
def test_other_gains_that_wrap(factor: int) -> None:
    found = way(f"gain ×{factor}, wrapped")
    assert found.change(X).tolist() == [(x * factor + 32768) % 65536 - 32768 for x in X.tolist()]
    assert found.told == f"samples are multiplied by {factor} and wrap"


@pytest.mark.parametrize("bits", [1, 2, 3, 4, 5, 6, 7, 8])
def test_lost_bits(bits: int) -> None:
    found = way(f"{bits} low bits lost")
    assert found.change(X).tolist() == [x >> bits << bits for x in X.tolist()]
    assert found.told.endswith("1 low bit" if bits == 1 else f"{bits} low bits")


@pytest.mark.parametrize("count", [64, 128, 256, 512])
def test_means_that_are_taken_off(count: int) -> None:
    x = np.random.default_rng(2).integers(-9000, 9000, 2 * count + 3).astype(np.int16)
    expected: list[int] = []
    for at in (0, count):
        piece = x[at : at + count].tolist()
        expected += [value - int(sum(piece) / count) for value in piece]
    assert way(f"mean of {count} off").change(x).tolist() == [*expected, *x[-3:].tolist()]


def test_roundings_and_limits() -> None:
    assert scaled(0.5)(X).tolist() == [0, -1, 129, 16383, -16384, 50, -51]
    assert scaled(0.5, "truncated")(X).tolist() == [0, -1, 129, 16383, -16384, 50, -50]
    assert scaled(0.75, "rounded")(X[:3]).tolist() == [1, -2, 194]
    assert scaled(0.75, "rounded up in size")(X[:3]).tolist() == [1, -2, 194]
    assert scaled(0.5, "rounded up in size")(X).tolist() == [1, -1, 129, 16384, -16384, 50, -51]
    assert wrapped(1.5, "rounded")(X[3:]).tolist() == [-16386, 16384, 150, -152]
    assert limited(100)(X).tolist() == [1, -2, 100, 100, -100, 100, -100]


def test_in_pieces() -> None:
    change = in_pieces(lambda x: x[..., ::-1], 3)
    assert change(X).tolist() == [258, -2, 1, 100, LOW, TOP, -101]
    assert change(X[:0]).tolist() == []


@pytest.mark.parametrize("count", [64, 128, 256, 512])
def test_edges_of_pieces(count: int) -> None:
    x = np.arange(1, 2 * count + 4, dtype=np.int16)

    def changed(cause: str) -> Any:
        y = way(cause, BY_PIECES).change(x)
        return {int(at): int(y[at]) for at in np.flatnonzero(y != x)}

    assert changed(f"first of {count} 0") == {0: 0, count: 0, 2 * count: 0}
    assert changed(f"last of {count} 0") == {count - 1: 0, 2 * count - 1: 0}
    assert changed(f"first of {count} held") == {0: 0, count: count, 2 * count: 2 * count}
    assert changed(f"last of {count} held") == {count - 1: count - 1, 2 * count - 1: 2 * count - 1}
    words = f"of each {count} samples is"
    assert way(f"first of {count} 0", BY_PIECES).told == f"the first {words} 0"
    assert way(f"last of {count} held", BY_PIECES).told == f"the last {words} the one before it"


@pytest.mark.parametrize("count", [4, 64, 128, 256, 512])
def test_pieces_backwards(count: int) -> None:
    x = np.arange(2 * count + 3, dtype=np.int16)
    expected = [
        *range(count - 1, -1, -1),
        *range(2 * count - 1, count - 1, -1),
        *range(2 * count, 2 * count + 3),
    ]
    assert way(f"{count} backwards", BY_PIECES).change(x).tolist() == expected


@pytest.mark.parametrize("count", [64, 128, 256, 512])
def test_ways_that_begin_anew(count: int) -> None:
    medians = [f"median of {n} samples" for n in (3, 5)]
    keep = [
        "differences",
        *medians,
        *(f"mean of {n} samples" for n in (2, 3, 4)),
        "32767 lost",
        "-32768 lost",
    ]
    found = [way.cause for way in BY_PIECES if way.cause.endswith(f", by {count}")]
    assert found == [f"{cause}, by {count}" for cause in keep]
    x = np.arange(5, 2 * count + 5, dtype=np.int16)
    ones = [5, *[1] * (count - 1), count + 5, *[1] * (count - 1)]
    assert way(f"differences, by {count}", BY_PIECES).change(x).tolist() == ones


def test_nothing_is_changed_of_nothing() -> None:
    for each in (*PLAIN, *BY_PIECES):
        assert each.change(X[:0]).tolist() == []


def test_medians_are_those_of_a_sample_and_the_ones_before_it() -> None:
    x = np.array([5, -9, 7, 100, 8, 8, -300], np.int16)
    assert way("median of 3 samples", PLAIN).change(x).tolist() == [0, 0, 5, 7, 8, 8, 8]
    assert way("median of 5 samples", PLAIN).change(x).tolist() == [0, 0, 0, 5, 7, 8, 8]
