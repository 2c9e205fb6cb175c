"""What two rows of whole numbers have to do with each other: each figure at its limits."""

import numpy as np
import pytest
from numpy.typing import ArrayLike

from .figures import Cause, factor_of, places_told, related, told_factor


def of(host: ArrayLike, device: ArrayLike) -> str:
    return related(np.array(host, np.int64), np.array(device, np.int64))


def factor(host: ArrayLike, device: ArrayLike) -> float | None:
    return factor_of(np.array(host, np.int64), np.array(device, np.int64))


def test_a_cause_is_no_computed_one_unless_it_says_so() -> None:
    cause = Cause("told", "cure")
    assert not cause.computed and cause.change is None


def test_a_change_of_samples_begins_anew_with_each_message_of_1024_bytes() -> None:
    assert Cause("told", "cure").period == 1024 // 2


# ---- what they have to do with each other


@pytest.mark.parametrize(
    ("host", "device", "words"),
    [
        ([], [], ""),
        ([5, 6], [5, 6], ""),
        ([5, 6], [0, 6], "0"),
        ([5, 7, 9, 1], [1234, 1234, 1234, 1], "all 1,234"),
        ([5, 7, 1], [1234, 1234, 1], ""),  # two are too few
        ([5, 7, 9], [4, 4, 5], ""),
        ([5, 7, 1], [1005, 1007, 1], "off by +1,000"),
        ([5, 7, 1], [2, 4, 1], "off by -3"),
        ([1005, 7], [5, 7], "5 instead of 1,005"),
        ([169_618, 7], [84_809, 7], "84,809 instead of 169,618, half of it"),
        ([-3001, 7], [-1501, 7], "-1,501 instead of -3,001, half of it"),  # shifted down
        ([3001, 7], [6002, 7], "6,002 instead of 3,001, twice that"),
        ([16_001, 7], [1000, 7], "1,000 instead of 16,001, a 16th of it"),
        ([1000, 7], [8000, 7], "8,000 instead of 1,000, 8 times that"),
        ([1800, 7], [900, 7], "900 instead of 1,800"),  # small ones are so by chance
        ([64_000, 7], [2000, 7], "2,000 instead of 64,000"),
        ([2000, 3000, 4000, 7], [1000, 1500, 2000, 7], "half what they must be"),
        ([5, 7, 9], [6, 6, 10], "off by one step either way"),
        ([5, 7, 9], [6, 6, 11], ""),
        # so nearly the same that a factor would give it, too
        ([5_000_000, 7_000_000, -9_000_000], [4_999_999, 6_999_999, -8_999_999], "off by one step either way"),
        ([5, 7, 9], [5 + 65_536, 7, 9 - 131_072], ""),  # two are too few
        ([5, 7, 9], [5 + 65_537, 7 - 131_072, 9 + 65_536], ""),
    ],
)  # fmt: skip
def test_what_gives_the_device_s_numbers(host: list[int], device: list[int], words: str) -> None:
    assert of(host, device) == words


@pytest.mark.parametrize(("bits", "figure"), [(16, "65,536"), (24, "16,777,216"), (32, "4,294,967,296")])
def test_what_was_kept_in_too_few_bits_is_off_by_multiples(bits: int, figure: str) -> None:
    words = f"off by multiples of {figure}, as where a number is kept in {bits} bits"
    assert of([5, 7, 9], [5 + (1 << bits), 7 - (2 << bits), 9 + (1 << bits)]) == words


# ---- a factor


def test_a_factor_asks_for_three_large_numbers() -> None:
    assert factor([1000, 2000, 3000], [500, 1000, 1500]) == 0.5
    assert factor([-1000, -2000, -3000], [-500, -1000, -1500]) == 0.5
    assert factor([999, 2000, 3000], [500, 1000, 1500]) is None
    assert factor([1000, 2000], [500, 1000]) is None
    assert factor([], []) is None


def test_it_is_read_from_large_numbers_alone_and_must_give_all() -> None:
    assert factor([1000, 2000, 3000, 10], [500, 1000, 1500, 4]) == 0.5
    assert factor([1000, 2000, 3000, 10], [500, 1000, 1500, 99]) is None
    assert factor([1000, 2000, 3000], [0, 0, 0]) is None


def test_a_rounding_may_miss_by_two_steps_and_what_the_factor_is_off_by() -> None:
    """Small numbers show the room: at 0 two steps of the larger side, at the largest number two more."""
    assert factor([1000, 1000, 1000, 0], [500, 500, 500, 2]) == 0.5
    assert factor([1000, 1000, 1000, 0], [500, 500, 500, 3]) is None
    assert factor([1000, 1000, 1000, 0], [8000, 8000, 8000, 16]) == 8.0
    assert factor([1000, 1000, 1000, 0], [8000, 8000, 8000, 17]) is None
    assert factor([1000, 1000, 1000, 0], [-8000, -8000, -8000, 16]) == -8.0
    # half of 998 is 499; the room is 2 + 1.996
    assert factor([1000, 1000, 1000, 998], [500, 500, 500, 502]) == 0.5
    assert factor([1000, 1000, 1000, 998], [500, 500, 500, 503]) is None
    assert factor([1000, 1000, 1000, -998], [500, 500, 500, -502]) == 0.5
    assert factor([1000] * 4, [496, 504, 496, 504]) == 0.5
    assert factor([1000] * 4, [495, 505, 495, 505]) is None


def test_one_is_no_factor() -> None:
    assert factor([1000, 2000, 3000], [1000, 2000, 3000]) is None
    assert factor([10**9] * 3, [10**9 + 2000] * 3) == pytest.approx(1.000002, abs=1e-9)
    assert factor([10**9] * 3, [10**9 + 1500] * 3) == pytest.approx(1.0000015, abs=1e-9)
    assert factor([10**9] * 3, [10**9 + 999] * 3) is None


# ---- in words


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (-1.0, "the negative of"),
        (0.5, "half"),
        (0.25, "a quarter of"),
        (2.0, "twice"),
        (4.0, "four times"),
        (4.0039, "four times"),
        (4.0041, "4.004 times"),
        (3.9961, "four times"),
        (0.50049, "half"),
        (0.50051, "0.5005 times"),
        (-1.0009, "the negative of"),
        (-1.0011, "-1.001 times"),
        (1.0123, "1.2 % above"),
        (0.9877, "1.2 % below"),
        (1.1999, "20 % above"),
        (1.2, "1.2 times"),
        (0.8001, "20 % below"),
        (0.8, "0.8 times"),
        (0.03125, "0.03125 times"),
        (1.0099, "0.99 % above"),
        (1.0000031, "0.00031 % above"),
    ],
)  # fmt: skip
def test_a_factor_in_words(factor: float, words: str) -> None:
    assert told_factor(factor) == words


# ---- places


@pytest.mark.parametrize(
    ("places", "words"),
    [
        (range(20), "all 20 bands"),
        ([7], "band 7"),
        ([0], "band 0"),
        ([3, 4], "bands 3 to 4"),
        ([3, 4, 5], "bands 3 to 5"),
        ([3, 5], "bands 3, 5"),  # two are no rhythm
        ([3, 5, 7], "every 2nd of the bands from 3 to 7"),
        ([1, 4, 7, 10], "every 3rd of the bands from 1 to 10"),
        ([0, 4, 8, 12], "every 4th of the bands from 0 to 12"),
        ([0, 2, 4, 8], "every 2nd of the bands from 0 to 8"),  # four of five, as many as must be there
        ([0, 2, 6], "bands 0, 2, 6"),  # three of four are too few
        ([0, 1, 3], "bands 0, 1, 3"),
        ([0, 1, 2, 4], "bands 0, 1, 2, 4"),  # nearly all, with no step between them
        ([0, 1, 3, 7], "bands 0, 1, 3, 7"),
        ([0, 1, 3, 7, 9], "bands 0, 1, 3, 7 and 1 more"),
        ([0, 1, 3, 7, 9, 15], "bands 0, 1, 3, 7 and 2 more"),
    ],
)  # fmt: skip
def test_places_in_words(places: list[int], words: str) -> None:
    assert places_told(np.array(places, np.int64), 20, "band", "bands") == words
