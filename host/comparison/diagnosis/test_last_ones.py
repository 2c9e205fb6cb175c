"""Where the last of some values alone are wrong, it is told how far they were written."""

import numpy as np
import pytest

from .last_ones import last_alone, last_of_chunks
from .test_seen_samples import noise, which


@pytest.mark.parametrize(
    ("wrong", "count", "words"),
    [
        ([], 10, ""),
        ([9], 10, "the last one of 10 alone: what writes them ends too early"),
        ([7, 8, 9], 10, "the last 3 of 10 alone: what writes them ends too early"),
        ([5, 6, 7, 8, 9], 10, "the last 5 of 10 alone: what writes them ends too early, half way"),
        ([4, 5, 6, 7, 8, 9], 10, ""),  # most are wrong
        ([6, 7, 9], 10, ""),
        ([6, 7, 8], 10, ""),
        ([8, 9], 10, "behind the first 8 of 10 alone: what writes them ends at a multiple of 4 or 8"),
        ([12, 13], 14, "behind the first 12 of 14 alone: what writes them ends at a multiple of 4"),
        ([8, 10], 12, "behind the first 8 of 12 alone: what writes them ends at a multiple of 8"),
        ([8, 11], 16, ""),
        ([12, 14], 16, ""),
        ([0, 1], 4, ""),  # there is no whole one
        ([8], 10, "behind the first 8 of 10 alone: what writes them ends at a multiple of 4 or 8"),
        ([8], 11, ""),  # most behind it are right
        ([8, 10], 13, ""),
    ],
)
def test_the_last_ones_alone(wrong: list[int], count: int, words: str) -> None:
    assert last_alone(np.array(wrong, np.int64), count) == words


def places(chunk: int, first: int, count: int) -> np.ndarray:  # type: ignore[type-arg]
    """The last ones of each chunk."""
    every = np.arange(count)
    return every[every % chunk >= first]


@pytest.mark.parametrize(
    ("chunk", "first", "count", "words"),
    [
        (16, 8, 40, "the last 8 of each 16 are not what was written: as if bytes were counted where values are"),
        (16, 12, 32, "the last 4 of each 16 are not what was written"),
        (16, 12, 31, ""),  # seven, and less than two chunks
        (16, 4, 64, "the last 12 of each 16 are not what was written"),
        (16, 3, 64, ""),
        (32, 31, 500, "the last 1 of each 32 are not what was written"),
        (1024, 512, 2048, "the last 512 of each 1024 are not what was written: as if bytes were counted where "
         "values are"),
        (1024, 512, 2047, ""),
        (2048, 1024, 8192, ""),
    ],
)  # fmt: skip
def test_the_last_ones_of_each_chunk(chunk: int, first: int, count: int, words: str) -> None:
    assert last_of_chunks(places(chunk, first, count), count) == words


def test_a_tenth_of_those_that_were_not_written_may_be_right_by_chance() -> None:
    wrong = places(16, 11, 160)
    assert len(wrong) == 50
    assert last_of_chunks(wrong[5:], 160) and not last_of_chunks(wrong[6:], 160)
    assert last_of_chunks(np.delete(wrong, np.arange(0, 25, 5)), 160)
    assert not last_of_chunks(wrong[wrong % 16 != 13], 160)
    assert last_of_chunks(places(16, 12, 32), 32) and not last_of_chunks(places(16, 12, 32)[1:], 32)


def test_the_last_of_each_piece_are_told() -> None:
    x = noise(200)
    places = np.arange(200)[np.arange(200) % 16 >= 8]
    told = which(places, noise(len(places), seed=3), x)
    assert told.endswith(
        "; the last 8 of each 16 are not what was written: as if bytes were counted where values are"
    )
    assert "; " not in which(places[places % 16 != 9], noise(200, seed=3)[places[places % 16 != 9]], x)
