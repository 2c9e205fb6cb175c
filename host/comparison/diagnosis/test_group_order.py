"""Groups of four samples in other orders, each up to what tells it from the others."""

import numpy as np
from numpy.typing import NDArray

from .group_order import group_order_cause

Int64 = NDArray[np.int64]

COUNT = 256
QUARTER = COUNT // 4
SENT: Int64 = np.random.default_rng(9).integers(-9000, 9000, COUNT)
BEHIND: Int64 = np.random.default_rng(10).integers(-9000, 9000, 4 * COUNT)


def reversed_(group: int, bits: int) -> int:
    return int(f"{group:0{bits}b}"[::-1], 2)


def seen_by(starts: list[int]) -> Int64:
    """The samples that come out where group g begins at starts[g] and not where its bits, reversed, say."""
    there = np.concatenate([SENT, BEHIND])
    seen = np.zeros(COUNT, np.int64)
    for group, start in enumerate(starts):
        for offset in range(0, COUNT, QUARTER):
            seen[reversed_(group, 6) + offset] = there[start + offset]
    return seen


def by_shift(shift: int) -> Int64:
    return seen_by([reversed_(group, 8) >> shift for group in range(QUARTER)])


def told(seen: Int64, known: NDArray[np.bool_] | None = None) -> str:
    cause = group_order_cause(SENT, seen, np.ones(COUNT, np.bool_) if known is None else known)
    assert cause is None or "fe_reversed" in cause.cure
    return "" if cause is None else cause.told


def test_the_plain_order() -> None:
    expected = "groups of four samples are taken in their plain order, not in that of reversed bits"
    assert told(seen_by(list(range(QUARTER)))) == expected


def test_a_shift_by_a_bit_more_stays_within() -> None:
    cause = group_order_cause(SENT, by_shift(3), np.ones(COUNT, np.bool_))
    assert cause is not None and cause.computed
    assert cause.told == "group g of four samples begins at fe_reversed[g] >> 3 instead of >> 2"


def test_a_shift_by_a_bit_less_reads_beyond_the_column() -> None:
    """Half of the last quarter's samples are read from there, so nothing is computed of these."""
    cause = group_order_cause(SENT, by_shift(1), np.ones(COUNT, np.bool_))
    assert cause is not None and not cause.computed
    assert cause.told == (
        "group g of four samples begins at fe_reversed[g] >> 1 instead of >> 2: 32 values come from behind the "
        "column's 256 samples"
    )


def test_the_right_order_is_none() -> None:
    assert np.array_equal(by_shift(2), SENT)
    assert told(by_shift(2)) == ""


def test_one_sample_that_is_another_is_no_order() -> None:
    for at in (0, 100, COUNT - 1):
        seen = by_shift(3)
        seen[at] += 1
        assert told(seen) == ""
        known = np.ones(COUNT, np.bool_)
        known[at] = False
        assert told(seen, known)


def test_most_of_what_is_known_must_lie_within() -> None:
    """Nothing but places whose samples would come from behind the column is known."""
    known = np.zeros(COUNT, np.bool_)
    seen = by_shift(1)
    beyond = [place for place in range(COUNT) if seen[place] not in SENT]
    known[beyond] = True
    known[0] = True
    assert told(seen, known) == ""
