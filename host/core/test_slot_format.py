"""The model slot's bytes in flash: a firmware that is flashed later finds what the one before it wrote."""

import hashlib
import struct
import zlib
from typing import Any

import pytest

from .slot_board import SECTOR, SIZE, Board, Flash, load_core

pytestmark = pytest.mark.native

HALF = SIZE // 2
FIRST, SECOND = (bytes([seed]) * 5000 for seed in (7, 8))
RECORD_BYTES = 52
SET_ASIDE, TRIES, TRIAL, TRIAL_END = 64, 68, 580, 584  # places of marks in the record's sector
LEAST_SECTOR = 588


@pytest.fixture(scope="module")
def core() -> Any:
    return load_core()


@pytest.fixture
def board(core: Any) -> Board:
    return Board(core)


def record(image: bytes, sequence: int) -> bytes:
    """As it is written: little-endian, with a checksum of all before it at its end."""
    digest = hashlib.sha256(image).digest()
    fields = struct.pack("<4sIII32s", b"HSLT", sequence, len(image), zlib.crc32(image), digest)
    return fields + struct.pack("<I", zlib.crc32(fields))


def put(board: Board, at: int, image: bytes, sequence: int) -> None:
    """A half as it is after a commit."""
    memory = board.ffi.buffer(board.memory)
    written = record(image, sequence)
    memory[at : at + len(written)] = written
    memory[at + SECTOR : at + SECTOR + len(image)] = image


def marks(board: Board, at: int) -> set[int]:
    """Words in a record's sector, behind the record, that are written."""
    sector = bytes(board.ffi.buffer(board.memory))[at : at + SECTOR]
    return {
        place for place in range(RECORD_BYTES, SECTOR, 4) if sector[place : place + 4] != b"\xff\xff\xff\xff"
    }


def test_a_record_has_its_place_and_its_layout(board: Board) -> None:
    for number, image in enumerate((FIRST, SECOND, FIRST), 1):
        at = (number - 1) % 2 * HALF
        board.deploy(image)
        memory = bytes(board.ffi.buffer(board.memory))
        assert memory[at : at + SECTOR] == record(image, number).ljust(SECTOR, b"\xff")
        assert memory[at + SECTOR : at + SECTOR + len(image)] == image


@pytest.mark.parametrize("length", range(1, 9))
def test_what_is_behind_an_image_stays_erased(board: Board, length: int) -> None:
    image = bytes(range(1, 1 + length))
    board.deploy(image)
    assert bytes(board.ffi.buffer(board.memory))[SECTOR:HALF] == image.ljust(HALF - SECTOR, b"\xff")


@pytest.mark.parametrize("at", [0, HALF])
@pytest.mark.parametrize("sequence", [0, 1, 0x8000_0000, 0xFFFF_FFFF])
def test_a_record_alone_is_found_wherever_and_whatever_its_number(
    board: Board, at: int, sequence: int
) -> None:
    put(board, at, FIRST, sequence)
    board.boot(Flash())
    assert board.image() == FIRST


def test_marks_have_their_places(board: Board) -> None:
    board.deploy(FIRST)
    expected: set[int] = set()
    for place in (TRIES, TRIES + 8, TRIES + 16):
        board.boot(Flash(), after_crash=True)
        expected |= {place}
        assert marks(board, 0) == expected
        for _ in range(9):
            board.lib.slot_prove(board.slot)
        expected |= {place + 4}
        assert marks(board, 0) == expected
    board.boot(Flash(), after_crash=True)
    board.boot(Flash(), after_crash=True)
    assert marks(board, 0) == expected | {TRIES + 24, SET_ASIDE}
    board.send(SECOND)
    board.begin_trial()
    assert marks(board, HALF) == {TRIAL}
    board.lib.slot_end_trial(board.slot)
    assert marks(board, HALF) == {TRIAL, TRIAL_END}


def test_the_last_try_has_its_place_before_the_trials_mark(board: Board) -> None:
    board.deploy(FIRST)
    for number in range(64):
        board.boot(Flash(), after_crash=True)
        for _ in range(8):
            board.lib.slot_prove(board.slot)
        assert max(marks(board, 0)) == TRIES + 8 * number + 4
    board.boot(Flash(), after_crash=True)
    assert marks(board, 0) == {SET_ASIDE, *range(TRIES, TRIAL, 4)} and board.image() is None


def test_what_lies_behind_the_slot_is_not_looked_at(board: Board) -> None:
    third = SIZE // 4 // SECTOR * SECTOR
    board.hal.flash.size = 2 * third  # the same memory, as a partition of half the size
    put(board, 0, FIRST, 1)
    put(board, 2 * third, SECOND, 2)
    board.lib.slot_init(board.slot, board.hal, False)
    assert board.image() == FIRST


def test_a_slot_without_room_holds_nothing_whatever_lies_there(board: Board) -> None:
    put(board, 0, b"", 1)
    board.hal.flash.size = 2 * SECTOR
    board.lib.slot_init(board.slot, board.hal, False)
    assert board.image() is None


def test_a_sector_holds_the_record_and_all_marks_or_there_is_no_slot(board: Board) -> None:
    for sector, halves in ((LEAST_SECTOR, SIZE // 2 // LEAST_SECTOR), (LEAST_SECTOR - 4, 0)):
        board.hal.flash.sector_size = sector
        board.lib.slot_init(board.slot, board.hal, False)
        assert board.lib.slot_capacity(board.slot) == max(0, halves - 1) * sector


def test_a_record_of_a_longer_image_than_the_slot_holds_is_none(board: Board) -> None:
    whole = HALF - SECTOR
    put(board, 0, bytes(whole), 1)
    board.boot(Flash())
    assert board.image() == bytes(whole)
    put(board, 0, bytes(whole + 4), 1)  # its last bytes lie in the other half
    board.boot(Flash())
    assert board.image() is None


def test_the_numbers_of_another_firmwares_records_go_on(board: Board) -> None:
    put(board, HALF, FIRST, 41)
    board.boot(Flash())
    board.deploy(SECOND)
    memory = bytes(board.ffi.buffer(board.memory))
    assert memory[:RECORD_BYTES] == record(SECOND, 42)
