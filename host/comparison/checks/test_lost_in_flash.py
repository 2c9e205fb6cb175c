"""What of an image is lost in flash, on flash that is erased in part."""

import binascii
import hashlib
from collections.abc import Callable

import pytest

from ...link import messages as m
from ...link.codec import Payload
from .lost_in_flash import (
    CRC_NOT_KEPT,
    ERASED_ONCE,
    NOT_WRITTEN,
    PIECE,
    SECTOR,
    SPOILT,
    not_erased,
    refused_text,
    state_told,
    where_lost,
    why_lost,
    with_crc32_of_0,
)

END = bytes(range(80))  # of an image
Erases = Callable[[int, int], bool]  # whether sector `at` of an image of so many is


def found_right(_: bytes) -> str:
    """No other checksum of an image is found."""
    return ""


def flash(erases: Erases, writes: bool = True) -> Callable[[bytes], bool]:
    """Bits that are written can only become 0."""
    kept = bytearray(b"\x5a" * 8 * SECTOR)

    def is_lost(image: bytes) -> bool:
        sectors = -(-len(image) // SECTOR)
        for at in range(sectors):
            if erases(at, sectors):
                kept[at * SECTOR : (at + 1) * SECTOR] = b"\xff" * SECTOR
        for place, byte in enumerate(image):
            kept[place] &= byte if writes else 0xFF
        return bytes(kept[: len(image)]) != image

    return is_lost


@pytest.mark.parametrize(
    ("erases", "told"),
    [
        (lambda at, count: at < count - 1, ": all sectors of an image but the last one are erased before"),
        (lambda at, _: at > 0, ": all sectors of an image but the first one are erased before"),
        (lambda at, _: at == 0, ": only the first sector of an image is erased before it is written"),
        (lambda *_: False, ": no sector of an image is erased before it is written"),
        (lambda at, _: at != 1, ""),
        (lambda *_: True, ""),
    ],
)
def test_what_is_not_erased_is_told(erases: Erases, told: str) -> None:
    found = where_lost(flash(erases), END, found_right)
    assert not_erased(flash(erases)) == found
    assert found.startswith(told) and bool(found) == bool(told)


def test_what_is_not_written_is_no_matter_of_erasing() -> None:
    assert where_lost(flash(lambda *_: True, writes=False), END, found_right) == NOT_WRITTEN


def test_what_is_erased_again_is_told_from_what_is_not_erased() -> None:
    right = flash(lambda *_: True)
    assert where_lost(lambda image: len(image) > SECTOR or right(image), END, found_right) == SPOILT


def test_of_an_image_of_zeros_that_is_lost_nothing_is_said_of_erasing() -> None:
    assert not_erased(lambda _: True) == ""
    assert not_erased(flash(lambda *_: True, writes=False)) == ""


def test_pieces_that_spoil_each_other_show_in_three_sectors_alone() -> None:
    right, asked = flash(lambda *_: True), []

    def is_lost(image: bytes) -> bool:
        asked.append(len(image))
        return len(image) > 2 * 4096 or right(image)

    assert where_lost(is_lost, END, found_right) == SPOILT
    assert asked == [512, len(END), 3 * 4096]


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        ((bytes(512), END), ": of these 80"),
        ((END,), ": of these 80"),
        ((bytes(512),), ": of these 80"),
        ((), ""),
    ],
)
def test_another_checksum_is_looked_for_where_short_images_are_lost(
    lost: tuple[bytes, ...], told: str
) -> None:
    found = where_lost(lambda image: image in lost, END, lambda image: f": of these {len(image)}")
    assert found == told


def test_a_board_that_computes_another_checksum_is_asked_for_it() -> None:
    image = bytes(range(200))

    def send(sent: bytes, _: Payload, crc32: int | None = None, sha256: bytes | None = None) -> list[Payload]:
        right = sha256 == hashlib.sha256(sent[:-1]).digest() and crc32 == binascii.crc32(sent)
        return [m.DeployStatus(state=m.DeployState.REFUSED, text=b"no bundle" if right else b"why")]

    told = why_lost(send, image, b"why", PIECE)
    assert told.startswith(
        ": an image of 72 bytes is taken that is announced with the SHA-256 of all of it but"
    )
    assert "its last byte" in told


REFUSED = m.DeployStatus(state=m.DeployState.REFUSED, text=b"why")


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        ([REFUSED], b"why"),
        ([m.DeployStatus(state=m.DeployState.RECEIVING), REFUSED], b"why"),
        ([REFUSED, m.DeployStatus(state=m.DeployState.ACTIVE, text=b"name")], b""),
        ([m.Error(text=b"no")], b""),
        ([], b""),
    ],
)
def test_the_last_answer_refuses_with_a_reason(answers: list[Payload], text: bytes) -> None:
    assert refused_text(answers) == text


@pytest.mark.parametrize("data", [b"", b"abc", bytes(512)])
def test_bytes_that_make_a_checksum_0(data: bytes) -> None:
    made = with_crc32_of_0(data)
    assert binascii.crc32(made) == 0 and made[:-4] == data and len(made) == len(data) + 4


def test_a_checksum_that_is_not_kept_for_the_comparison_is_told() -> None:
    assert where_lost(lambda image: binascii.crc32(image) != 0, END, found_right) == CRC_NOT_KEPT


def test_a_restart_tells_whether_sectors_are_never_erased() -> None:
    """Behind it the first image finds zeros, which stay where nothing is erased."""
    booted: list[bool] = []

    def lost(image: bytes) -> bool:
        first = bool(booted) and len(booted) == 1
        booted.extend([True] if booted else [])
        assert not first or image == b"\xff" * 4096 + bytes(2 * 4096), (
            "the other sectors' zeros need no erasing"
        )
        return b"\xff" in image and not first

    assert not_erased(lost, lambda: booted.append(True)) == ERASED_ONCE
    assert "no sector of an image is" in not_erased(lambda image: b"\xff" in image, lambda: None)
    assert "no sector of an image is" in not_erased(lambda image: b"\xff" in image)


@pytest.mark.parametrize(
    ("answer", "plain", "told"),
    [
        (m.Error(text=b"no"), False, "ERROR"),
        (m.DeployStatus(m.DeployState.ACTIVE, 0, b"name"), False, "ACTIVE"),
        (m.DeployStatus(m.DeployState.REFUSED, 0, b"why"), False, "REFUSED ('why')"),
        (m.DeployStatus(m.DeployState.REFUSED, 0, b"why"), True, "REFUSED"),
        (m.DeployStatus(77, 0, b""), False, "77"),
    ],
)
def test_a_state_in_words(answer: Payload, plain: bool, told: str) -> None:
    assert state_told(answer, plain) == told
