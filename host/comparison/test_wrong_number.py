"""What a wrong number has to do with the right one, and with others beside it."""

import pytest

from ..link import messages as m
from .wrong_number import how, numbers_beside, of_all, size_told, whose


@pytest.mark.parametrize(
    ("told", "right", "words"),
    [
        (61, 16, ": that is its frames"),
        (3, 259, ": it is told in at most 8 bits"),
        (0x1234, 0x51234, ": it is told in at most 16 bits"),
        (268_435_456, 16, ": its 4 bytes come in the other order"),
        (0x3412, 0x1234, ": its 2 bytes come in the other order"),
        (8, 8000, ": it is told in another unit, 1,000 times more"),
        (16_000_000, 16_000, ": it is told in another unit, 1,000 times less"),
        (800, 100, ": it is told in another unit, 8 times less"),
        (5_000_000_000, 5000, ": it is told in another unit, 1,000,000 times less"),
        (4, 4000, ": it is told in another unit, 1,000 times more"),
        (3, 3000, ""),
        (0x34, 0xB4, ": it is told in at most 7 bits"),
        (0x2BCDEF, 0x12BCDEF, ": it is told in at most 24 bits"),
        (0x12BCDEF, 0x32BCDEF, ""),
        (256, 1, ": its 2 bytes come in the other order"),
        (1, 256, ""),  # small numbers are told for many reasons
        (9, 2304, ""),
        (11, 2816, ": its 2 bytes come in the other order"),
        (5, 0x10000, ""),
        (5, 0x100000000, ""),
        (10, 16, ": that is its bands"),
        (0, 0, ""),
        (2, 2400, ""),
        (17, 16, ""),
        (0, 16, ""),
        (-5, 16, ""),
        (9, 16, ""),
    ],
)
def test_a_wrong_number_is_explained(told: int, right: int, words: str) -> None:
    assert how(told, right, {"its frames": 61, "its classes": 9, "its bands": 10}) == words


def test_a_pointers_size() -> None:
    assert size_told(8) == ": that is the size of a pointer (8 bytes), not of what it points to"
    assert size_told(4) and not size_told(16)


def test_small_numbers_are_other_fields_where_that_is_asked_for() -> None:
    assert how(3, 20, {"its detections": 3}) == ""
    assert how(3, 20, {"its detections": 3}, 1) == ": that is its detections"
    assert how(0, 20, {"its detections": 0}, 1) == ""


@pytest.mark.parametrize(
    ("told", "right", "words"),
    [
        ((0, 0, 0), (3, 5, 4), ": it is not counted"),
        ((2, 4, 3), (3, 5, 4), ": it is always -1, as the last one's number is, counted from 0"),
        ((2, 4), (3, 5), ""),  # two may be so by chance
        ((3, 8, 12), (3, 5, 4), ": it goes on from one to the next, and is not set back"),
        ((9, 3, 5), (3, 5, 4), ": it is that of the one before"),
        ((3, 5, 5), (3, 5, 4), ": it is the most so far"),
        ((5, 10, 15), (5, 5, 5), ""),  # many rules would give sums of equal ones
        ((6, 10, 8), (3, 5, 4), ": each is counted 2 times"),
        ((48, 80, 64), (3, 5, 4), ": each is counted 16 times"),
        ((51, 85, 68), (3, 5, 4), ""),
        ((1, 2, 2), (3, 5, 4), ": one in 2 is counted"),
        ((10, 20, 30), (21, 40, 61), ": one in 2 is counted"),
        ((1, 2, 5), (4, 5, 9), ""),
        ((3, 8, 11), (3, 5, 3), ": it goes on from one to the next, and is not set back"),
        ((3, 5, 4), (3, 5, 4), ""),
        ((1, 1, 2), (0, 0, 0), ""),
        ((7, 1, 30), (3, 5, 4), ""),
    ],
)
def test_what_counts_of_one_thing_have_in_common(
    told: tuple[int, ...], right: tuple[int, ...], words: str
) -> None:
    assert of_all(told, right) == words


@pytest.mark.parametrize(
    ("told", "right", "words"),
    [
        (16, 65_536, ": it is told in flash sectors of 4,096"),
        (64, 65_536, ": it is told in KiB of 1,024"),
        (8, 32_768, ": it is told in flash sectors of 4,096"),
        (7, 28_672, ""),
        (17, 65_536, ""),
        (8192, 65_536, ": it is told in another unit, 8 times more"),
    ],
)
def test_a_number_is_told_in_units_of_something(told: int, right: int, words: str) -> None:
    factors = {"flash sectors": 4096, "KiB": 1024}
    assert how(told, right, factors=factors) == words


@pytest.mark.parametrize(
    ("told", "right", "words"),
    [
        (57, 50, ": the noise (7) are counted in"),
        (43, 50, ": the noise (7) are left out"),
        (52, 50, ": the gaps (2) are counted in"),
        (51, 50, ""),  # one more is no chance of anything
        (61, 50, ""),  # two have as many
        (39, 50, ""),
        (1_250, 50, ": the bytes (1,200) are counted in"),
    ],
)
def test_a_number_with_another_one_in_it(told: int, right: int, words: str) -> None:
    addends = {"the noise": 7, "the gaps": 2, "the errors": 1, "these": 11, "those": 11, "the bytes": 1200}
    assert how(told, right, addends=addends) == words


@pytest.mark.parametrize(
    ("told", "right", "words"),
    [
        ((4, 0, 1), (8, 1, 1), ": those are the windows"),
        ((4, 1), (8, 1), ": those are the windows or so"),
        ((0, 0, 3), (8, 1, 1), ""),  # one count that is not 0
        ((8, 1, 1), (8, 1, 1), ""),  # as they must be
        ((4, 0, 2), (8, 1, 1), ""),
    ],
)
def test_counts_may_be_those_of_another_thing(
    told: tuple[int, ...], right: tuple[int, ...], words: str
) -> None:
    others = {
        "the windows": (4, 0, 1),
        "the windows or so": (4, 1),
        "the first": (0, 0, 3),
        "the same": (8, 1, 1),
    }
    assert of_all(told, right, others) == words


def test_a_small_number_is_not_one_in_the_other_order() -> None:
    assert how(10, 10 << 8) == "" and how(11, 11 << 8) == ": its 2 bytes come in the other order"


@pytest.mark.parametrize(
    ("told", "others", "words"),
    [
        (268, {"its a": 268, "its b": 8}, ": that is its a"),
        (268, {"its a": 268, "its b": 268}, ""),
        (10, {"its a": 10}, ": that is its a"),
        (9, {"its a": 9}, ""),
        (0, {"its a": 0}, ""),
        (268, {}, ""),
    ],
)
def test_whose_number_is_told(told: int, others: dict[str, int], words: str) -> None:
    assert whose(told, others) == words
    assert whose(9, {"its a": 9}, 9) and not whose(9, {"its a": 9}, 10)


def test_the_numbers_of_a_message_besides_one() -> None:
    started = m.StreamDone(stream=1, samples=2, columns=3, windows=4, detections=5)
    assert numbers_beside(started, "samples") == {
        "its stream": 1,
        "its columns": 3,
        "its windows": 4,
        "its detections": 5,
    }
    beside = numbers_beside(m.Info(arena_used=12), "arena_size", "INFO's")
    assert beside["INFO's arena_used"] == 12 and "INFO's arena_size" not in beside
    assert not {"INFO's chip", "INFO's model_hash"} & set(beside)


@pytest.mark.parametrize(
    ("told", "right", "words"),
    [
        ((30, 20, 23), (2, 0, 3), ": the windows are counted in"),
        ((32, 20, 26), (2, 0, 3), ": each is counted 2 times, and the windows are counted in"),
        ((31, 20, 23), (2, 0, 3), ""),
        ((36, 20, 32), (2, 0, 3), ""),  # four times is none
    ],
)
def test_counts_may_have_another_things_among_them(
    told: tuple[int, ...], right: tuple[int, ...], words: str
) -> None:
    assert of_all(told, right, {"equal ones": (28, 28, 28), "the windows": (28, 20, 20)}) == words
    assert of_all(told, right, {"equal ones": (28, 28, 28), "fewer": (28, 20)}) == ""
