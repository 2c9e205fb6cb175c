"""Samples that are others by their places: each so many of so many, and exchanged ones."""

import numpy as np
import pytest

from .placed_samples import _held, _moved, _which, by_places, exchanged
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
        (np.where(AT % 2 == 1, 0, X), "the last of each 2 of the stream's samples come as 0"),
        (np.where(AT % 4 > 0, 0, X), "the last 3 of each 4 of the stream's samples come as 0"),
        (np.where(AT % 128 == 127, 0, X), "the last of each 128 of the stream's samples come as 0, as far as one "
         "column tells"),
        (np.where((AT % 100 >= 97) & (AT < 200), 0, X), "the last 3 of each 100 of the stream's samples come as 0, as "
         "far as one column tells"),
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


FAR = (1, -1, 2, -2, 3, -3, 4, -4, 8, -8, 16, -16, 32, -32, 64, -64, 128, 256, 512)


@pytest.mark.parametrize("by", FAR)
def test_samples_come_as_others_of_the_stream(by: int) -> None:
    """Up to its very last one."""
    stream, first = noise(2048, 9000, 6), 2048 - 256
    places = np.arange(2048)
    at = (63 + by if by < 0 else 5) % 64
    mask = np.isin(places % 64, ((at - 1) % 64, at)) & (places < 2048 + min(by, 0))
    mask &= places >= first
    seen = np.where(mask, np.roll(stream, by), stream)[first:]
    found = by_places(stream, stream[first:], seen, all_known(seen), first)
    way = "before" if by > 0 else "behind"
    assert found is not None and found.told.endswith(
        f" of each 64 of the stream's samples come as the one {abs(by)} {way} them"
    )
    assert found.change is not None
    assert np.array_equal(found.change(stream.astype(np.int16))[first:][mask[first:]], seen[mask[first:]])


def test_samples_come_as_the_streams_first_and_as_none_beyond_its_ends() -> None:
    found = by_places(X, X, np.where(AT % 50 == 8, before(X, 8), X), all_known(X), 0)
    assert (
        found is not None
        and "number 8 (from 0) of each 50" in found.told
        and "as the one 8 before" in found.told
    )
    held = np.where(AT % 50 == 0, before(X, 1), X)
    held[0] = X[1]
    beyond = np.where(AT % 64 == 62, np.roll(X, -2), X)
    beyond[254] = X[255]
    for seen in (held, beyond):
        assert by_places(X, X, seen, all_known(X), 0) is None


@pytest.mark.parametrize(
    ("of", "period", "words"),
    [
        ([4], 5, "the last of each 5"),
        ([3, 4], 5, "the last 2 of each 5"),
        ([0], 5, "the first of each 5"),
        ([0, 1], 5, "the first 2 of each 5"),
        ([2], 5, "number 2 (from 0) of each 5"),
        ([1, 2, 3], 5, "numbers 1 to 3 (from 0) of each 5"),
        ([0, 4], 5, "numbers 0, 4 (from 0) of each 5"),
        ([0, 2, 4, 6], 9, "numbers 0, 2, 4, 6 (from 0) of each 9"),
        ([0, 2, 4, 6, 8], 12, "numbers 0, 2, 4, 6 and 1 more (from 0) of each 12"),
        ([0, 2, 4, 6, 8, 10], 12, "numbers 0, 2, 4, 6 and 2 more (from 0) of each 12"),
    ],
)
def test_places_are_told_in_the_shortest_words(of: list[int], period: int, words: str) -> None:
    assert _which(np.array(of), period) == words


def test_what_is_right_by_chance_belongs_to_those_around_it() -> None:
    chance = np.where(AT % 32 == 10, 0, X)
    seen = np.where((AT % 32 >= 8) & (AT % 32 < 16), 0, chance)
    found = by_places(chance, chance, seen, all_known(X), 0)
    assert found is not None and found.told.startswith("numbers 8 to 15 (from 0) of each 32 ")
    narrow = np.where(AT % 32 == 9, 0, X)
    found = by_places(narrow, narrow, np.where(np.isin(AT % 32, (8, 10)), 0, narrow), all_known(X), 0)
    assert found is not None and found.told.startswith("numbers 8 to 10 (from 0) of each 32 ")
    beside = np.where(AT % 32 == 5, 0, X)
    found = by_places(beside, beside, np.where(np.isin(AT % 32, (3, 6)), 0, beside), all_known(X), 0)
    assert found is not None and found.told.startswith("numbers 3, 6 (from 0) of each 32 ")


def test_a_change_at_the_ends_of_a_stream_and_of_none() -> None:
    x, every = np.array([1, 2, 3, 4], np.int16), np.ones(4, np.bool_)
    assert _held(x, np.array([True, True, False, True])).tolist() == [1, 1, 3, 3]
    assert _moved(2)(x, every).tolist() == [1, 1, 1, 2] and _moved(-1)(x, every).tolist() == [2, 3, 4, 4]
    for change in (_held, _moved(2), _moved(-1)):
        assert change(x[:0], every[:0]).tolist() == []


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
        np.where(np.isin(AT, (5, 134)), 0, X),
    ],
    ids=["right", "one", "others", "most", "more than half apart"],
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
        (swapped((3, 9), (4, 8), (5, 7)), "of the column's samples numbers 3 and 9, 4 and 8, 5 and 7 are exchanged"),
        (X[::-1], "of the column's samples numbers 0 and 255, 1 and 254, 2 and 253 and 125 more pairs are exchanged"),
        (np.where(AT < 3, X[(AT + 1) % 3], X), "3 of the column's samples come in another order, e.g. number 0 is "
         "number 1, number 1 is number 2, number 2 is number 0"),
    ],
)  # fmt: skip
def test_exchanged_samples_are_told(seen: Int64, words: str) -> None:
    found = exchanged(X, seen, all_known(X))
    assert found is not None and found.told == words and found.computed


def test_an_order_of_which_pairs_are_a_part_is_no_exchange() -> None:
    seen = swapped(*((at, at + 20) for at in range(10, 16)))
    seen[:3] = X[[1, 2, 0]]
    found = exchanged(X, seen, all_known(X))
    assert found is not None and found.told.startswith("15 of the column's samples come in another order")


def test_samples_from_elsewhere_are_not_exchanged() -> None:
    assert exchanged(X, np.where(AT == 3, 12_345, X), all_known(X)) is None
    assert exchanged(X, X, all_known(X)) is None
    alike = np.where(AT % 2, 7, X)
    assert exchanged(alike, np.roll(alike, 1), all_known(X)) is None
