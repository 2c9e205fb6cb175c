"""What wrong bytes have to do with the right ones."""

import pytest

from .wrong_bytes import how_bytes, narrow

RIGHT = bytes((7, 1, 9, 4, 8, 2, 0, 6, 5, 3, 0, 11))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (RIGHT[:5], ": its first 5 of 12 bytes alone"),
        (RIGHT[:6], ": its first 6 of 12 bytes alone, up to its first zero"),
        (RIGHT[:10], ": its first 10 of 12 bytes alone"),
        (RIGHT[:5] + bytes(7), ": its first 5 of 12 bytes alone, and zeros behind them"),
        (RIGHT[:6] + bytes(6), ": its first 7 of 12 bytes alone, and zeros behind them"),
        (RIGHT[1:], ": its first byte is left out"),
        (RIGHT[3:], ": its first 3 bytes are left out"),
        (RIGHT[8:], ": its first 8 bytes are left out"),
        (RIGHT[9:], ""),
        (bytes((99,)) + RIGHT[:-1], ": its bytes come 1 late"),
        (RIGHT[2:] + bytes((98, 97)), ": its bytes come 2 early"),
        (RIGHT[::-1], ": its bytes come in reverse order"),
        (bytes((1, 7, 4, 9, 2, 8, 6, 0, 3, 5, 11, 0)), ": of each 2 bytes the order is reversed"),
        (bytes((4, 9, 1, 7, 6, 0, 2, 8, 11, 0, 3, 5)), ": of each 4 bytes the order is reversed"),
        (RIGHT[:3] + bytes((255,)) + RIGHT[4:], ": byte 3 is 0xff instead of 0x04"),
        (bytes(byte ^ 0x80 for byte in RIGHT), ": in each byte the bits 0x80 are inverted"),
        (RIGHT[:3] + b"ab" + RIGHT[5:], ""),
        (RIGHT, ""),
        (b"", ""),
        (bytes(12), ""),
    ],
)
def test_wrong_bytes_are_explained(told: bytes, words: str) -> None:
    assert how_bytes(told, RIGHT) == words


def test_a_length_of_8_bits_is_told() -> None:
    right = bytes(range(1, 201)) * 3
    for count, words in ((88, ", so its length is kept in 8 bits"), (87, ""), (344, "")):
        assert how_bytes(right[:count], right) == f": its first {count} of 600 bytes alone{words}"


def test_of_few_bytes_nothing_is_said() -> None:
    assert how_bytes(b"ab", b"abc") == "" and how_bytes(b"abc", b"abcd") == ": its first 3 of 4 bytes alone"
    assert how_bytes(b"abcd\0\0", b"abcd\0") == "" and how_bytes(b"cde", b"abcde") == ""


def test_bytes_may_be_left_out_and_reversed_up_to_8() -> None:
    right = bytes(range(20))
    assert (
        how_bytes(right[8:], right) == ": its first 8 bytes are left out"
        and how_bytes(right[9:], right) == ""
    )
    groups = bytes((*range(7, -1, -1), *range(15, 7, -1), *range(19, 15, -1)))
    assert how_bytes(groups, right) == ": of each 8 bytes the order is reversed"


@pytest.mark.parametrize(
    ("told", "right", "words"),
    [
        (38_656, 169_728, ": it is told in at most 17 bits"),
        (69, 1_093, ": it is told in at most 10 bits"),
        (1_093, 1_093, ""),
        (70, 1_093, ""),
        (1, 65, ""),
    ],
)
def test_a_number_in_too_few_bits(told: int, right: int, words: str) -> None:
    assert narrow(told, right) == words and narrow(told, right, 15) == words * (right > 1 << 16)
