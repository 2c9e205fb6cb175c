"""The model slot on flash whose power fails: at every single operation, whole or half done."""

import hashlib
import random
import zlib
from typing import Any

import pytest
from cffi import FFI

from .slot_board import SECTOR, SIZE, Board, Flash, PowerCutError, load_core

pytestmark = pytest.mark.native

IMAGES = [random.Random(seed).randbytes(length) for seed, length in enumerate((9001, 12_000, 4097, 1))]
FIRST, SECOND, THIRD, TINY = IMAGES


@pytest.fixture(scope="module")
def core() -> tuple[FFI, Any]:
    return load_core()


@pytest.fixture
def board(core: tuple[FFI, Any]) -> Board:
    return Board(core)


@pytest.mark.parametrize("image", IMAGES, ids=len)
def test_an_image_is_kept(board: Board, image: bytes) -> None:
    assert board.image() is None
    board.deploy(image)
    assert board.image() == image
    board.boot(Flash())
    assert board.image() == image


def test_the_newest_of_many_wins(board: Board) -> None:
    for image in IMAGES * 3:
        board.deploy(image)
        board.boot(Flash())
        assert board.image() == image


def _operations(core: tuple[FFI, Any], image: bytes) -> int:
    board = Board(core)
    board.deploy(FIRST)
    board.boot(Flash())
    board.deploy(image)
    return board.flash.operations


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_power_cuts_at_every_operation(core: tuple[FFI, Any], share: float) -> None:
    operations = _operations(core, SECOND)
    assert operations > 10
    outcomes = []
    for cut_at in range(operations):
        board = Board(core)
        board.deploy(FIRST)
        board.boot(Flash(cut_at, share))
        with pytest.raises(PowerCutError):
            board.deploy(SECOND)
        board.boot(Flash())
        outcomes.append(board.image())
        assert outcomes[-1] == FIRST, f"cut at operation {cut_at}"
        board.deploy(THIRD)
        board.boot(Flash())
        assert board.image() == THIRD
    assert len(outcomes) == operations


def test_power_cuts_before_the_first_image(core: tuple[FFI, Any]) -> None:
    for cut_at in range(_operations(core, SECOND)):
        board = Board(core)
        board.boot(Flash(cut_at))
        with pytest.raises(PowerCutError):
            board.deploy(SECOND)
        board.boot(Flash())
        assert board.image() is None
        board.deploy(FIRST)
        assert board.image() == FIRST


@pytest.mark.parametrize("cut_at", [0, 1])
def test_power_cuts_while_emptying(core: tuple[FFI, Any], cut_at: int) -> None:
    board = Board(core)
    board.deploy(FIRST)
    board.deploy(SECOND)
    board.boot(Flash(cut_at, 0.0))
    with pytest.raises(PowerCutError):
        board.clear()
    board.boot(Flash())
    assert board.image() == SECOND, "never the older image"
    board.clear()
    assert board.image() is None and _after_boot(board) is None


def test_another_image_than_announced_is_refused(board: Board) -> None:
    board.deploy(FIRST)
    changed = bytearray(SECOND)
    changed[5000] ^= 0x10
    with pytest.raises(ValueError, match="differs"):
        board.deploy(bytes(changed), announced=SECOND)
    assert board.image() == FIRST
    board.boot(Flash())
    assert board.image() == FIRST


def test_too_large_an_image_is_refused(board: Board) -> None:
    capacity = board.lib.slot_capacity(board.slot)
    assert capacity == SIZE // 2 - SECTOR
    board.deploy(bytes(capacity))
    with pytest.raises(ValueError, match="larger than the slot"):
        board.deploy(bytes(capacity + 1))


def test_pieces_out_of_order_are_refused(board: Board) -> None:
    lib, slot = board.lib, board.slot
    assert lib.slot_begin(slot, 100, 0, bytes(32)) == board.ffi.NULL
    assert lib.slot_write(slot, 0, bytes(16), 16) == board.ffi.NULL
    assert lib.slot_write(slot, 32, bytes(16), 16) != board.ffi.NULL
    assert lib.slot_write(slot, 16, bytes(16), 16) != board.ffi.NULL, "a broken deployment stays broken"


@pytest.mark.parametrize("before", [0, 4])
def test_more_bytes_than_announced_are_refused(board: Board, before: int) -> None:
    assert board.lib.slot_begin(board.slot, 8, 0, bytes(32)) == board.ffi.NULL
    assert board.lib.slot_write(board.slot, 0, bytes(before), before) == board.ffi.NULL
    operations = board.flash.operations
    assert board.lib.slot_write(board.slot, before, bytes(12 - before), 12 - before) != board.ffi.NULL
    assert board.flash.operations == operations


def test_nothing_is_committed_unverified(board: Board) -> None:
    found = board.ffi.new("const uint8_t **")
    assert board.lib.slot_commit(board.slot) != board.ffi.NULL
    assert board.lib.slot_begin(board.slot, 4, 0, bytes(32)) == board.ffi.NULL
    assert board.lib.slot_verify(board.slot, found) != board.ffi.NULL, "nothing arrived yet"
    assert board.lib.slot_commit(board.slot) != board.ffi.NULL
    assert _reason(board, board.lib.slot_write(board.slot, 0, b"1234", 4)) == "no deployment has begun"


@pytest.mark.parametrize("end", ["too long", "differs", "emptied"])
def test_a_deployment_that_came_to_nothing_has_ended(board: Board, end: str) -> None:
    found = board.ffi.new("const uint8_t **")
    assert _begin(board, b"4321") == board.ffi.NULL
    if end == "too long":
        assert board.lib.slot_begin(board.slot, SIZE, 0, bytes(32)) != board.ffi.NULL
    elif end == "differs":
        assert board.lib.slot_write(board.slot, 0, b"1234", 4) == board.ffi.NULL
        assert "differs" in _reason(board, board.lib.slot_verify(board.slot, found))
    else:
        board.clear()
    for why in (
        board.lib.slot_verify(board.slot, found),
        board.lib.slot_write(board.slot, 0, b"4321", 4),
    ):
        assert _reason(board, why) == "no deployment has begun"


def test_a_record_that_rots_counts_for_nothing(board: Board) -> None:
    board.deploy(FIRST)
    board.deploy(SECOND)
    memory = board.ffi.buffer(board.memory)
    newest = bytes(memory).find(SECOND[:64])
    assert newest > 0
    memory[newest + 100 : newest + 101] = bytes([SECOND[100] ^ 1])
    board.boot(Flash())
    assert board.image() == FIRST, "the one before it is still whole"


# ---- flash that fails, and says so or not


def _begin(board: Board, image: bytes) -> object:
    digest = hashlib.sha256(image).digest()
    return board.lib.slot_begin(board.slot, len(image), zlib.crc32(image), digest)


def _reason(board: Board, why: object) -> str:
    assert why != board.ffi.NULL
    return str(board.ffi.string(why).decode())


def _after_boot(board: Board) -> bytes | None:
    board.boot(Flash())
    return board.image()


def test_an_erase_that_fails_leaves_the_old_image(board: Board) -> None:
    board.deploy(FIRST)
    board.flash.fails = frozenset({"erase"})
    assert _reason(board, _begin(board, SECOND)) == "erasing flash failed"
    assert not board.slot.receiving and board.image() == FIRST
    assert _reason(board, board.lib.slot_write(board.slot, 0, b"1234", 4)) == "no deployment has begun"
    assert _after_boot(board) == FIRST


def test_a_sector_that_cannot_be_erased_on_the_way_ends_the_deployment(board: Board) -> None:
    board.deploy(FIRST)
    assert _begin(board, SECOND) == board.ffi.NULL
    assert board.lib.slot_write(board.slot, 0, SECOND[:4096], 4096) == board.ffi.NULL
    board.flash.fails = frozenset({"erase"})
    assert (
        _reason(board, board.lib.slot_write(board.slot, 4096, SECOND[4096:4100], 4)) == "writing flash failed"
    )
    board.flash.fails = frozenset()
    assert board.lib.slot_write(board.slot, 4096, SECOND[4096:4100], 4) != board.ffi.NULL, "it stays ended"
    assert _after_boot(board) == FIRST


@pytest.mark.parametrize("length", [1, 2, 3, 4, 7])
def test_a_write_that_fails_ends_the_deployment(board: Board, length: int) -> None:
    board.deploy(FIRST)
    image = SECOND[:length]
    assert _begin(board, image) == board.ffi.NULL
    board.flash.fails = frozenset({"write"})
    assert _reason(board, board.lib.slot_write(board.slot, 0, image, length)) == "writing flash failed"
    found = board.ffi.new("const uint8_t **")
    assert _reason(board, board.lib.slot_verify(board.slot, found)) == "no deployment has begun"
    assert _after_boot(board) == FIRST


def test_an_image_that_reads_back_wrong_is_not_committed(board: Board) -> None:
    board.deploy(FIRST)
    board.flash.fails = frozenset({"wrong"})
    with pytest.raises(ValueError, match="differs from what was announced"):
        board.deploy(SECOND)
    assert _reason(board, board.lib.slot_commit(board.slot)) == "the image was not verified"
    assert board.image() == FIRST and _after_boot(board) == FIRST


@pytest.mark.parametrize("fault", ["write", "wrong"])
def test_a_record_that_is_not_written_right_commits_nothing_now_or_later(board: Board, fault: str) -> None:
    board.deploy(FIRST)
    found = board.ffi.new("const uint8_t **")
    assert _begin(board, SECOND) == board.ffi.NULL
    for at in range(0, len(SECOND), 1000):
        piece = SECOND[at : at + 1000]
        assert board.lib.slot_write(board.slot, at, piece, len(piece)) == board.ffi.NULL
    assert board.lib.slot_verify(board.slot, found) == board.ffi.NULL
    board.flash.fails = frozenset({fault})
    assert _reason(board, board.lib.slot_commit(board.slot)) == "writing flash failed"
    board.flash.fails = frozenset()
    assert _reason(board, board.lib.slot_commit(board.slot)) == "the image was not verified", "once is once"
    assert board.image() == FIRST and _after_boot(board) == FIRST
    board.deploy(SECOND)
    assert _after_boot(board) == SECOND


def test_a_commit_that_was_refused_does_not_turn_up_at_the_next_boot(board: Board) -> None:
    """The record is written whole, and the driver says that it failed."""
    board.deploy(FIRST)
    found = board.ffi.new("const uint8_t **")
    assert _begin(board, TINY) == board.ffi.NULL
    assert board.lib.slot_write(board.slot, 0, TINY, len(TINY)) == board.ffi.NULL
    assert board.lib.slot_verify(board.slot, found) == board.ffi.NULL
    write, ffi, memory = board.hal.flash.write, board.ffi, board.memory

    def lying(_context: object, offset: int, data: object, length: int) -> bool:
        memory[offset : offset + length] = bytes(ffi.buffer(data, length))
        return False

    callback = ffi.callback("bool(void *, uint32_t, const uint8_t *, uint32_t)", lying)
    board.hal.flash.write = callback
    assert _reason(board, board.lib.slot_commit(board.slot)) == "writing flash failed"
    board.hal.flash.write = write
    assert board.image() == FIRST and _after_boot(board) == FIRST


def test_a_slot_that_cannot_be_emptied_keeps_its_image(board: Board) -> None:
    board.deploy(FIRST)
    board.deploy(SECOND)
    board.flash.fails = frozenset({"erase"})
    with pytest.raises(ValueError, match="erasing flash failed"):
        board.clear()
    assert board.image() == SECOND and _after_boot(board) == SECOND


def test_a_new_deployment_takes_nothing_over_from_the_one_before(board: Board) -> None:
    found = board.ffi.new("const uint8_t **")
    assert _begin(board, TINY) == board.ffi.NULL
    assert board.lib.slot_write(board.slot, 0, TINY, len(TINY)) == board.ffi.NULL
    assert board.lib.slot_verify(board.slot, found) == board.ffi.NULL
    assert _begin(board, FIRST) == board.ffi.NULL
    assert board.slot.received == 0 and board.slot.erased == 0
    assert _reason(board, board.lib.slot_commit(board.slot)) == "the image was not verified"
    board.deploy(SECOND)
    assert _after_boot(board) == SECOND


@pytest.mark.parametrize("sequence", [0xFFFFFFFC, 0x7FFFFFFC])
def test_sequence_numbers_wrap(board: Board, sequence: int) -> None:
    board.slot.sequence = sequence  # as after so many deployments; the first two bring both halves there
    board.deploy(FIRST)
    board.deploy(SECOND)
    for image in (THIRD, FIRST, SECOND, THIRD, FIRST):
        board.deploy(image)
        assert _after_boot(board) == image
    assert board.slot.sequence == (sequence + 7) & 0xFFFFFFFF


def test_flash_that_cannot_be_mapped_holds_nothing(board: Board) -> None:
    board.deploy(FIRST)
    callback = board.ffi.callback("const uint8_t *(void *)", lambda _context: board.ffi.NULL)
    board.hal.flash.map = callback
    board.lib.slot_init(board.slot, board.hal, False)
    assert board.image() is None
    found = board.ffi.new("const uint8_t **")
    assert _begin(board, TINY) == board.ffi.NULL
    assert _reason(board, board.lib.slot_verify(board.slot, found)) == "flash cannot be read"


def test_a_board_without_flash_has_no_slot(board: Board) -> None:
    for size, sector in ((0, 0), (SIZE, 0), (2 * SECTOR, SECTOR)):
        board.hal.flash.size, board.hal.flash.sector_size = size, sector
        board.lib.slot_init(board.slot, board.hal, False)
        assert board.lib.slot_capacity(board.slot) == 0 and board.image() is None
        assert _reason(board, _begin(board, TINY)) == "this board has no model slot"
        assert _reason(board, board.lib.slot_clear(board.slot)) == "this board has no model slot"
        board.hal.flash.map = board.ffi.callback("const uint8_t *(void *)", lambda _context: board.ffi.NULL)
        board.lib.slot_end_trial(board.slot)
