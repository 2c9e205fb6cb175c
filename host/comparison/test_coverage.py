"""How much of what a board can compute was seen, and which sentences of a stream's faults are kept."""

import numpy as np

from .coverage import Coverage
from .faults import TOLD, Faults


def test_cells_at_the_rails_are_counted() -> None:
    seen = Coverage()
    assert (seen.cells, seen.at_rails, seen.scores, seen.longest, seen.distinct_scores) == (0,) * 5
    for _ in range(2):
        seen.add_columns(np.array([[-128, -127, 0], [127, 126, 127]], np.int8))
    assert (seen.cells, seen.at_rails) == (12, 6)


def test_every_value_of_a_score_counts_once() -> None:
    seen = Coverage()
    for _ in range(2):
        seen.add_scores(np.array([[-128, 127], [0, 0]], np.int8))
    assert (seen.scores, seen.distinct_scores) == (8, 3)
    seen.add_scores(np.arange(-128, 128).astype(np.int8).reshape(-1, 2))
    assert seen.distinct_scores == 256


def test_streams_are_added_up() -> None:
    every, longest = Coverage(), 0
    for value, columns in ((1, 30), (2, 50), (1, 40)):
        one = Coverage()
        one.add_columns(np.full((columns, 2), 127, np.int8))
        one.add_scores(np.full((3, 1), value, np.int8))
        one.longest = columns
        every.add(one)
        longest = max(longest, columns)
        assert every.longest == longest
    assert (every.cells, every.at_rails, every.scores, every.distinct_scores) == (240, 240, 9, 2)


def test_faults_are_told_in_part_and_counted_in_full() -> None:
    faults = Faults()
    assert (faults.count("a"), faults.told("a")) == (0, [])
    for number in range(TOLD + 2):
        faults.add("a", f"fault {number}")
    faults.add("b", "another")
    assert (faults.count("a"), faults.count("b"), faults.told("b")) == (12, 1, ["another"])
    assert faults.told("a") == [f"fault {number}" for number in range(10)]
