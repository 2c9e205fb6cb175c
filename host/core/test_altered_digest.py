"""Digests by changed code: without a change the right one, and each change by itself."""

import hashlib
import struct
from collections.abc import Iterator

import pytest

from .altered_digest import AlteredDigest

pytestmark = pytest.mark.native
DATA = bytes(at * 7 % 256 for at in range(120))  # of which the length needs a block of its own


def root(number: int, degree: int) -> int:
    """The first 32 bits behind the point of a root."""
    low, high = 0, number << 32
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**degree <= number << 32 * degree else (low, middle)
    return low & 0xFFFFFFFF


def by_hand(data: bytes, length: int, rotated: int = 17) -> bytes:
    """SHA-256 as FIPS 180-4 has it, but for the length that is told at its end, and one rotation of its schedule."""

    def right(word: int, by: int) -> int:
        return word >> by | word << 32 - by & 0xFFFFFFFF

    primes = [number for number in range(2, 312) if all(number % by for by in range(2, number))]
    state = [root(prime, 2) for prime in primes[:8]]
    padded = data + b"\x80" + bytes(-(len(data) + 9) % 64) + length.to_bytes(8, "big")
    for at in range(0, len(padded), 64):
        words = list(struct.unpack(">16I", padded[at : at + 64]))
        for _ in range(48):
            two, fifteen = words[-2], words[-15]
            first = right(fifteen, 7) ^ right(fifteen, 18) ^ fifteen >> 3
            second = right(two, rotated) ^ right(two, 19) ^ two >> 10
            words.append(words[-16] + first + words[-7] + second & 0xFFFFFFFF)
        a, b, c, d, e, f, g, h = state
        for word, prime in zip(words, primes, strict=True):
            choice = (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + (e & f ^ ~e & g)
            one = h + choice + root(prime, 3) + word
            two = (right(a, 2) ^ right(a, 13) ^ right(a, 22)) + (a & b ^ a & c ^ b & c)
            a, b, c, d, e, f, g, h = one + two & 0xFFFFFFFF, a, b, c, d + one & 0xFFFFFFFF, e, f, g
        new = zip(state, (a, b, c, d, e, f, g, h), strict=True)
        state = [old + more & 0xFFFFFFFF for old, more in new]
    return struct.pack(">8I", *state)


@pytest.fixture(scope="module")
def digest() -> Iterator[AlteredDigest]:
    digest = AlteredDigest()
    yield digest
    digest.close()


def test_changes_give_other_digests_and_the_right_one_is_not_among_them(digest: AlteredDigest) -> None:
    found = digest.digests(DATA)
    assert hashlib.sha256(DATA).digest() not in found and b"" not in found
    assert len(found) > 500 and all(len(each) == 32 for each in found)


def test_each_change_is_told_with_its_own_digest(digest: AlteredDigest) -> None:
    found = digest.digests(DATA)
    changes = {(each.before, each.after): made for made, lines in found.items() for each in lines}
    assert by_hand(DATA, 8 * len(DATA)) == hashlib.sha256(DATA).digest()
    assert changes["(uint64_t)length << 3", "(uint64_t)length"] == by_hand(DATA, len(DATA))
    moved = changes["rotate_right(two_back, 17) ^ rotate_right(two_back, 19) ^ two_back >> 10",
                    "rotate_right(two_back, 18) ^ rotate_right(two_back, 19) ^ two_back >> 10"]  # fmt: skip
    assert moved == by_hand(DATA, 8 * len(DATA), 18)


def test_a_change_that_crashes_harms_none_behind_it(digest: AlteredDigest) -> None:
    first, again = digest.digests(DATA), digest.digests(DATA)
    # a few changes read memory that nobody wrote, which is another one each time
    assert len(first.keys() & again.keys()) > 0.95 * len(first)
    places = [digest.alterations.index(each) for lines in first.values() for each in lines]
    assert max(places) > len(digest.alterations) * 0.9 and min(places) < 20
    copied = {each.after for lines in first.values() for each in lines if "memcpy" in each.before}
    assert copied  # one of those before it writes over the data
