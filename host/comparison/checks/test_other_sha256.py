"""SHA-256 with one slip: right without one, and told with code that stands where it is said to."""

import hashlib
import re
from dataclasses import replace
from itertools import islice

import pytest

from ...checkout import CORE
from ...core.altered_digest import AlteredDigest
from .other_sha256 import LENGTHS, RIGHT, Part, digests, mistyped, slips

DATA = bytes(at * 7 % 256 for at in range(120))  # of which the length needs a block of its own
INSTEAD = re.compile(r"`([^`]+)` instead of `([^`]+)` \((\w+) in ")


@pytest.mark.parametrize("length", [0, 1, 55, 56, 63, 64, 119, 120, 128])
def test_without_a_slip_it_is_the_standards(length: int) -> None:
    data = bytes(at * 5 % 251 for at in range(length))
    assert RIGHT.digest(data) == hashlib.sha256(data).digest()


def test_slips_give_other_digests_each_once() -> None:
    found = dict(digests(DATA, slips()))
    assert len(found) > 400 and hashlib.sha256(DATA).digest() not in found
    assert len(found) == len(list(digests(DATA, slips())))
    words = list(found.values())
    for told in (
        "`rotate_right(fifteen_back, 3)` instead of `fifteen_back >> 3` (schedule_next in "
        "firmware/core/bundle/sha256.c)",
        "`two_back >> 10` left out (schedule_next in firmware/core/bundle/sha256.c)",
        "`rotate_right(a, 15)` instead of `rotate_right(a, 13)` (take_block in firmware/core/bundle/sha256.c)",
        "chain[7] not added to, but replaced (take_block in firmware/core/bundle/sha256.c)",
    ):
        assert told in words


def test_a_length_that_is_written_otherwise() -> None:
    puts = [put for put in LENGTHS if put]
    made = {replace(RIGHT, put=put).digest(DATA) for put in LENGTHS}
    assert len(made) == len(LENGTHS) and all(len(LENGTHS[put](960)) == 8 for put in LENGTHS)
    nothing = hashlib.sha256(b"").digest()
    assert {replace(RIGHT, put=put).digest(b"") for put in puts} == {nothing}
    words = [told for _, told in slips()]
    assert (
        "the length written with its lowest byte first (sha256_of in firmware/core/bundle/sha256.c)" in words
    )


def test_what_is_told_to_be_right_stands_in_the_firmware() -> None:
    text = (CORE / "bundle/sha256.c").read_text(encoding="utf-8")
    before = {match[2] for _, words in slips() for match in [INSTEAD.match(words)] if match}
    assert len(before) > 20
    assert [code for code in before if code not in text] == []
    for name in ("schedule_next", "take_block", "sha256_of"):
        assert f" {name}(" in text


def test_one_constant_is_another_one() -> None:
    words = [told for _, told in islice(mistyped(), 3)]
    assert words[0].startswith("round_constants[0] and [1] exchanged (in ")
    every = {told for _, told in mistyped()}
    # 0x4ED8AA4A with its last digit another one, and with digits exchanged
    assert (
        "0x4ED8AA4B instead of 0x4ED8AA4A as round_constants[53] (in firmware/core/bundle/sha256.c)" in every
    )
    assert (
        "0x4ED8AAA4 instead of 0x4ED8AA4A as round_constants[53] (in firmware/core/bundle/sha256.c)" in every
    )
    assert "0x6A09E677 instead of 0x6A09E667 as chain[0] (in firmware/core/bundle/sha256.c)" in every


@pytest.mark.parametrize(("bits", "words"), [(0x80000001, 0xC0000000), (2, 1)])
def test_a_word_is_rotated_shifted_or_left_out(bits: int, words: int) -> None:
    assert Part(1).of(bits) == words
    assert Part(1, "shift").of(bits) == bits >> 1
    assert Part(31, "left").of(bits) == words and Part(0).of(bits) == 0


@pytest.mark.native
def test_slips_are_those_of_the_firmwares_code() -> None:
    digest = AlteredDigest()
    try:
        made = {(each.before, each.after): sha for sha, all_ in digest.digests(DATA).items() for each in all_}
    finally:
        digest.close()
    assert replace(RIGHT, unit=1).digest(DATA) == made["(uint64_t)length << 3", "(uint64_t)length"]
    high = replace(RIGHT, high=(Part(18), *RIGHT.high[1:]))
    assert high.digest(DATA) == made[
        "rotate_right(two_back, 17) ^ rotate_right(two_back, 19) ^ two_back >> 10",
        "rotate_right(two_back, 18) ^ rotate_right(two_back, 19) ^ two_back >> 10",
    ]  # fmt: skip
