"""Digests by changed code: without a change the right one, and each change by itself."""

import hashlib
from collections.abc import Iterator

import pytest

from .altered_digest import AlteredDigest

pytestmark = pytest.mark.native
DATA = bytes(at * 7 % 256 for at in range(120))  # of which the length needs a block of its own


@pytest.fixture(scope="module")
def digest() -> Iterator[AlteredDigest]:
    digest = AlteredDigest()
    yield digest
    digest.close()


def test_changes_give_other_digests_and_the_right_one_is_not_among_them(digest: AlteredDigest) -> None:
    found = digest.digests(DATA)
    assert hashlib.sha256(DATA).digest() not in found and b"" not in found
    assert len(found) > 500 and all(len(each) == 32 for each in found)
    changes = {(each.before, each.after): made for made, lines in found.items() for each in lines}
    # the length in bytes: what FIPS 180-4 pads with, by hand
    assert ("(uint64_t)length << 3", "(uint64_t)length") in changes
    moved = changes["rotate_right(two_back, 17) ^ rotate_right(two_back, 19) ^ two_back >> 10",
                    "rotate_right(two_back, 18) ^ rotate_right(two_back, 19) ^ two_back >> 10"]  # fmt: skip
    assert moved != changes["(uint64_t)length << 3", "(uint64_t)length"]


def test_a_change_that_crashes_harms_none_behind_it(digest: AlteredDigest) -> None:
    first, again = digest.digests(DATA), digest.digests(DATA)
    # a few changes read memory that nobody wrote, which is another one each time
    assert len(first.keys() & again.keys()) > 0.95 * len(first)
    places = [digest.alterations.index(each) for lines in first.values() for each in lines]
    assert max(places) > len(digest.alterations) * 0.9 and min(places) < 20
    copied = {each.after for lines in first.values() for each in lines if "memcpy" in each.before}
    assert copied  # one of those before it writes over the data
