"""Which SHA-256 a board computes is found by the digest with which it takes an image."""

import binascii
import hashlib
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from ...build.alteration import Alteration
from ...errors import HilError
from . import digests
from .digests import digest_told, short_image
from .other_sha256 import RIGHT, mistyped

IMAGE = bytes(at * 7 % 256 for at in range(85))
CRC, SHA = binascii.crc32(IMAGE), hashlib.sha256(IMAGE).digest()
CHANGED = hashlib.sha256(b"changed").digest()


class FakeAltered:
    """Two changes that give one digest, and some that give another."""

    closed = 0

    def digests(self, data: bytes) -> dict[bytes, list[Alteration]]:
        assert data == IMAGE
        lines = [Alteration("bundle/sha256.c", line, "a", "b", function="sha256_of") for line in range(7, 12)]
        return {CHANGED: lines[:2], hashlib.sha256(b"more").digest(): lines}

    def close(self) -> None:
        FakeAltered.closed += 1


@pytest.fixture(autouse=True)
def altered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "AlteredDigest", FakeAltered)
    monkeypatch.setattr(digests, "mistyped", lambda: islice(mistyped(), 2))


def only(crc32: int, sha256: bytes) -> Callable[[int, bytes], bool]:
    """A board that takes an image that is announced so."""
    return lambda crc, sha: (crc, sha) == (crc32, sha256)


@pytest.mark.parametrize(
    ("takes", "words"),
    [
        (
            lambda crc, sha: crc != CRC and sha == SHA,
            ": an image is taken that is announced with a wrong CRC-32",
        ),
        (
            lambda crc, sha: crc == CRC and sha != SHA,
            ": an image is taken that is announced with a wrong SHA-256",
        ),
        (only(CRC, hashlib.sha256(IMAGE[:-1]).digest()), "the SHA-256 of all of it but its last byte; look"),
        (only(CRC, hashlib.sha256(IMAGE[:-2]).digest()), "of all of it but its last 2 bytes; look"),
        (
            only(CRC, hashlib.sha256(IMAGE[:-4]).digest()),
            "the SHA-256 of all of it but its last 4 bytes; look",
        ),
        (only(CRC, hashlib.sha256(IMAGE[:-8]).digest()), "of all of it but its last 8 bytes; look"),
        (only(CRC, SHA[::-1]), "a SHA-256 in the reverse order"),
        (
            only(CRC, b"".join(SHA[at : at + 4][::-1] for at in range(0, 32, 4))),
            "whose words have their lowest",
        ),
        (
            only(CRC, replace(RIGHT, unit=1).digest(IMAGE)),
            "announced with the SHA-256 with the length told in bytes, not in bits (sha256_of in firmware",
        ),
        (only(CRC, CHANGED), "another SHA-256: sha256_of does what it would with `b` instead of `a`"),
        (only(CRC, SHA), ""),
    ],
)
def test_the_digest_that_is_taken_is_told(takes: Callable[[int, bytes], bool], words: str) -> None:
    told = digest_told(IMAGE, takes)
    assert words in told and bool(told) == bool(words)
    if "CRC" not in told:
        assert not told or "an image" in told


def test_what_is_announced_as_wrong_has_the_size_of_a_digest() -> None:
    asked: set[int] = set()

    def takes(_: int, sha256: bytes) -> bool:
        asked.add(len(sha256))
        return False

    assert digest_told(IMAGE, takes) == ""
    assert asked == {32}


def test_a_wrong_digest_is_wrong_of_any_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeAltered, "digests", lambda _self, _data: {})
    for many in ("_slips", "_mistyped"):
        monkeypatch.setattr(digests, many, lambda _image: iter(()))
    for at in range(1000):
        image = at.to_bytes(64, "little")
        right = only(binascii.crc32(image), hashlib.sha256(image).digest())
        assert digest_told(image, right) == ""


@pytest.mark.parametrize(("digest", "lines"), [(CHANGED, 2), (hashlib.sha256(b"more").digest(), 3)])
def test_a_few_lines_that_give_the_same_are_told(digest: bytes, lines: int) -> None:
    assert digest_told(IMAGE, only(CRC, digest)).count("(bundle/sha256.c, line") == lines


def test_without_a_compiler_no_change_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Any:
        raise HilError("no compiler", "install one")

    monkeypatch.setattr(digests, "AlteredDigest", none)
    assert digest_told(IMAGE, only(CRC, CHANGED)) == ""
    assert digest_told(IMAGE, only(CRC, SHA[::-1])) != ""


def test_asking_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def takes(crc32: int, sha256: bytes) -> bool:
        now[0] += 31.0
        return (crc32, sha256) == (CRC, CHANGED)

    monkeypatch.setattr(digests.time, "monotonic", lambda: now[0])
    assert digest_told(IMAGE, takes) == ""
    assert 2 * 31.0 <= now[0] <= 5 * 31.0


@pytest.mark.parametrize(("length", "short"), [(640, 64), (641, 65), (703, 127), (50, 50), (100, 100)])
def test_a_short_image_ends_as_the_long_one(length: int, short: int) -> None:
    image = bytes(at % 251 for at in range(length))
    assert short_image(image) == image[-short:] and len(short_image(image)) % 64 == length % 64


def test_a_constant_that_is_mistyped_is_told_last() -> None:
    values = (RIGHT.constants[1], RIGHT.constants[0], *RIGHT.constants[2:])
    told = digest_told(IMAGE, only(CRC, replace(RIGHT, constants=values).digest(IMAGE)))
    assert "the SHA-256 with round_constants[0] and [1] exchanged" in told
