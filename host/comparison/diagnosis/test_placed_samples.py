"""Samples that are others by their places: each so many of so many, and exchanged ones."""

import numpy as np
import pytest

from .placed_samples import by_places, exchanged
from .test_seen_samples import Int64, all_known, noise

X = noise(256, 9000, 5)
AT = np.arange(256)


def before(values: Int64, by: int) -> Int64:
    return np.concatenate([values[:by], values[:-by]])


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (np.where(AT % 64 >= 32, 0, X), "the last 32 of each 64 of the stream's samples come as 0"),
        (np.where(AT % 40 == 0, 77, X), "the first of each 40 of the stream's samples come as 77"),
        (np.where(AT % 50 == 7, before(X, 1), X), "number 7 (from 0) of each 50 of the stream's samples come as the "
         "one before them"),
        (np.where(np.isin(AT % 30, (3, 9)), -X, X), "numbers 3, 9 (from 0) of each 30 of the stream's samples come "
         "with the sign flipped"),
        (np.where(AT % 64 < 8, before(X, 8), X), "the first 8 of each 64 of the stream's samples come as the one 8 "
         "before them"),
        (np.where(AT % 100 == 99, 0, X), "the last of each 100 of the stream's samples come as 0, as far as one "
         "column tells"),
    ],
)  # fmt: skip
def test_places_that_repeat_are_told(seen: Int64, words: str) -> None:
    wrong = seen != X
    found = by_places(X, X, seen, all_known(X), 0)
    assert found is not None and found.told == words
    assert found.computed == ("as far as" not in words)
    assert found.change is not None
    given = found.change(X.astype(np.int16))
    assert np.array_equal(given[wrong], seen[wrong]) and np.array_equal(given[~wrong][8:], X[~wrong][8:])


def test_places_are_those_of_the_stream() -> None:
    found = by_places(X, X, np.where(AT % 100 % 50 == 20, 0, X), all_known(X), 1_035)
    assert (
        found is not None and found.told == "number 5 (from 0) of each 50 of the stream's samples come as 0"
    )
    assert found.period == 50


@pytest.mark.parametrize(
    "seen",
    [
        X,
        np.where(AT == 9, 0, X),
        np.where(np.isin(AT, (5, 33, 90, 200)), X + 1, X),
        np.where(AT % 8 != 3, 0, X),
    ],
    ids=["right", "one", "others", "most"],
)
def test_other_places_are_left(seen: Int64) -> None:
    assert by_places(X, X, seen, all_known(X), 0) is None


def swapped(*pairs: tuple[int, int]) -> Int64:
    seen = X.copy()
    for a, b in pairs:
        seen[a], seen[b] = X[b], X[a]
    return seen


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (swapped((3, 9)), "of the column's samples numbers 3 and 9 are exchanged"),
        (swapped((3, 9), (4, 8), (5, 7), (1, 2)), "of the column's samples numbers 1 and 2, 3 and 9, 4 and 8 and 1 "
         "more pairs are exchanged"),
        (swapped(*((q + 8, q + 48) for q in (0, 64, 128, 192))), "samples 8 and 48 of each quarter of the window are "
         "exchanged: two groups of four samples, as where two entries of fe_reversed are"),
        (X[::-1], "of the column's samples numbers 0 and 255, 1 and 254, 2 and 253 and 125 more pairs are exchanged"),
        (np.where(AT < 3, X[(AT + 1) % 3], X), "3 of the column's samples come in another order, e.g. number 0 is "
         "number 1, number 1 is number 2, number 2 is number 0"),
    ],
)  # fmt: skip
def test_exchanged_samples_are_told(seen: Int64, words: str) -> None:
    found = exchanged(X, seen, all_known(X))
    assert found is not None and found.told == words


def test_samples_from_elsewhere_are_not_exchanged() -> None:
    assert exchanged(X, np.where(AT == 3, 12_345, X), all_known(X)) is None
    assert exchanged(X, X, all_known(X)) is None
    alike = np.where(AT % 2, 7, X)
    assert exchanged(alike, np.roll(alike, 1), all_known(X)) is None
