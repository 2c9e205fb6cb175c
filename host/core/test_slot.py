"""The model slot on flash whose power fails: at every single operation, whole or half done."""

import hashlib
import random
import re
import zlib
from typing import Any

import pytest
from cffi import FFI

from ..build.core_library import core_library
from ..checkout import CORE

pytestmark = pytest.mark.native

SECTOR = 4096
SIZE = 16 * SECTOR


def _declarations(header: str) -> str:
    """A header of the core as cffi reads it: without comments and preprocessor."""
    text = re.sub(r"/\*.*?\*/", "", (CORE / header).read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def core() -> tuple[FFI, Any]:
    ffi = FFI()
    ffi.cdef(
        "typedef struct core_bundle core_bundle;" + _declarations("hal.h") + _declarations("bundle/slot.h")
    )
    return ffi, ffi.dlopen(str(core_library()))


class PowerCutError(Exception):
    """The power failed."""


class Flash:
    """NOR flash: erasing sets bits, writing clears them. After `cut_at` operations the power fails.

    Args:
        cut_at: number of the operation that is done in part only; None: never.
        share: how much of it is done.
    """

    def __init__(self, cut_at: int | None = None, share: float = 0.5) -> None:
        self.operations = 0
        self.cut_at = cut_at
        self.share = share

    fails: frozenset[str] = (
        frozenset()
    )  # "erase", "write": say so and do nothing; "wrong": write, but not what was given

    def part(self, length: int) -> int:
        """Bytes of the next operation that happen."""
        self.operations += 1
        if self.cut_at is None or self.operations <= self.cut_at:
            return length
        return int(length * self.share) if self.operations == self.cut_at + 1 else 0

    @property
    def dead(self) -> bool:
        """Whether the power has failed."""
        return self.cut_at is not None and self.operations > self.cut_at


class Board:
    """The core's slot over that flash. The memory outlives power cuts; everything else is made anew by `boot`."""

    def __init__(self, core: tuple[FFI, Any]) -> None:
        self.ffi, self.lib = core
        self.memory = self.ffi.new("uint8_t[]", SIZE)
        self.ffi.buffer(self.memory)[:] = b"\xff" * SIZE
        self.boot(Flash())

    def boot(self, flash: Flash, after_crash: bool = False) -> None:
        """Power on, or a restart after a crash."""
        ffi, memory = self.ffi, self.memory
        self.flash = flash

        def look(_context: Any) -> Any:
            return memory

        def erase(_context: Any, offset: int, length: int) -> bool:
            assert offset % SECTOR == 0 and length % SECTOR == 0 and offset + length <= SIZE
            if "erase" in flash.fails:
                return False
            done = flash.part(length)
            ffi.buffer(memory)[offset : offset + done] = b"\xff" * done
            return not flash.dead

        def write(_context: Any, offset: int, data: Any, length: int) -> bool:
            assert offset % 4 == 0 and length % 4 == 0 and offset + length <= SIZE
            if "write" in flash.fails:
                return False
            new = bytes(ffi.buffer(data, length)) if length else b""
            if "wrong" in flash.fails and new:
                new = new[:-1] + bytes([new[-1] ^ 0x80])
            for index in range(flash.part(length)):
                assert memory[offset + index] == 0xFF, "written twice without erasing"
                memory[offset + index] = new[index]
            return not flash.dead

        self._callbacks = (  # kept alive as long as the core may call them
            ffi.callback("const uint8_t *(void *)", look),
            ffi.callback("bool(void *, uint32_t, uint32_t)", erase),
            ffi.callback("bool(void *, uint32_t, const uint8_t *, uint32_t)", write),
        )
        self.hal = ffi.new("core_hal *")
        self.hal.flash.size, self.hal.flash.sector_size = SIZE, SECTOR
        self.hal.flash.map, self.hal.flash.erase, self.hal.flash.write = self._callbacks
        self.slot = ffi.new("slot_state *")
        self.lib.slot_init(self.slot, self.hal, after_crash)

    def image(self) -> bytes | None:
        """What the slot holds."""
        length = self.ffi.new("uint32_t *")
        found = self.lib.slot_image(self.slot, length)
        return None if found == self.ffi.NULL else bytes(self.ffi.buffer(found, length[0]))

    def _check(self, why: Any) -> None:
        if why != self.ffi.NULL:
            raise (PowerCutError if self.flash.dead else ValueError)(self.ffi.string(why).decode())
        if self.flash.dead:
            raise PowerCutError

    def deploy(self, image: bytes, announced: bytes | None = None, piece: int = 1016) -> None:
        """Begin, write, verify and commit."""
        told = announced if announced is not None else image
        found = self.ffi.new("const uint8_t **")
        self._check(
            self.lib.slot_begin(self.slot, len(told), zlib.crc32(told), hashlib.sha256(told).digest())
        )
        for offset in range(0, len(image), piece):
            data = image[offset : offset + piece]
            self._check(self.lib.slot_write(self.slot, offset, data, len(data)))
        self._check(self.lib.slot_verify(self.slot, found))
        assert bytes(self.ffi.buffer(found[0], len(image))) == image
        self._check(self.lib.slot_commit(self.slot))

    def clear(self) -> None:
        """Empty the slot."""
        self._check(self.lib.slot_clear(self.slot))


IMAGES = [random.Random(seed).randbytes(length) for seed, length in enumerate((9001, 12_000, 4097, 1))]
FIRST, SECOND, THIRD, TINY = IMAGES


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
    board.boot(Flash())
    assert board.image() is None


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


def test_more_bytes_than_announced_are_refused(board: Board) -> None:
    assert board.lib.slot_begin(board.slot, 8, 0, bytes(32)) == board.ffi.NULL
    assert board.lib.slot_write(board.slot, 0, bytes(12), 12) != board.ffi.NULL


def test_nothing_is_committed_unverified(board: Board) -> None:
    found = board.ffi.new("const uint8_t **")
    assert board.lib.slot_commit(board.slot) != board.ffi.NULL
    assert board.lib.slot_begin(board.slot, 4, 0, bytes(32)) == board.ffi.NULL
    assert board.lib.slot_verify(board.slot, found) != board.ffi.NULL, "nothing arrived yet"
    assert board.lib.slot_commit(board.slot) != board.ffi.NULL


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


# ---- a bundle that crashes the board


def _crash(board: Board, flash: Flash | None = None) -> bytes | None:
    """Whatever ran, it crashed; what the board comes up with."""
    board.boot(flash or Flash(), after_crash=True)
    return board.image()


def _infer(board: Board, count: int) -> None:
    for _ in range(count):
        board.lib.slot_prove(board.slot)


PROOF = 8
MOST_TRIES = 64


def test_the_second_crash_in_a_row_sets_the_bundle_aside_for_good(board: Board) -> None:
    board.deploy(FIRST)
    assert _crash(board) == FIRST, "one crash can have any cause"
    assert _crash(board) is None
    for again in (board.boot, board.boot):
        again(Flash())
        assert board.image() is None and board.slot.set_aside
    assert _crash(board) is None


def test_crashes_with_inferences_between_them_are_no_row(board: Board) -> None:
    board.deploy(FIRST)
    for _ in range(5):
        assert _crash(board) == FIRST
        _infer(board, PROOF)
    assert _crash(board) == FIRST
    _infer(board, PROOF - 1)
    assert _crash(board) is None, "too few to prove anything"


def test_ordinary_boots_between_crashes_do_not_hide_them(board: Board) -> None:
    board.deploy(FIRST)
    assert _crash(board) == FIRST
    board.boot(Flash())
    assert board.image() == FIRST
    assert _crash(board) is None


def test_a_bundle_that_proves_itself_in_a_later_boot_is_cleared(board: Board) -> None:
    board.deploy(FIRST)
    assert _crash(board) == FIRST
    board.boot(Flash())
    _infer(board, PROOF)
    assert _crash(board) == FIRST


def test_ordinary_boots_and_inferences_write_nothing(board: Board) -> None:
    board.deploy(FIRST)
    for _ in range(3):
        board.boot(Flash())
        _infer(board, 100)
        assert board.flash.operations == 0
    flash = Flash()
    assert _crash(board, flash) == FIRST and flash.operations == 1
    _infer(board, 1000)
    assert flash.operations == 2
    flash = Flash()
    _crash(board), _crash(board)
    assert _crash(board, flash) is None and flash.operations == 0, "it is set aside already"


def test_a_bundle_comes_up_from_so_many_crashes_and_no_more(board: Board) -> None:
    """No sector is ever erased for the marks, and they stay within theirs."""
    board.deploy(FIRST)
    for number in range(MOST_TRIES):
        assert _crash(board) == FIRST, number
        _infer(board, PROOF)
    assert _crash(board) is None
    memory = bytes(board.ffi.buffer(board.memory))
    assert memory.count(FIRST) == 1, "the image is untouched"
    board.deploy(SECOND)
    assert _crash(board) == SECOND


def test_another_deployment_starts_with_a_clean_slate(board: Board) -> None:
    board.deploy(FIRST)
    _crash(board), _crash(board)
    board.deploy(SECOND)
    assert board.image() == SECOND and _after_boot(board) == SECOND
    assert _crash(board) == SECOND
    assert _crash(board) is None, "and the older image stays where it is"
    board.clear()
    board.deploy(FIRST)
    assert _crash(board) == FIRST


def test_a_deployment_that_is_broken_off_does_not_forgive(board: Board) -> None:
    board.deploy(FIRST)
    _crash(board), _crash(board)
    assert _begin(board, SECOND) == board.ffi.NULL
    board.lib.slot_abandon(board.slot)
    assert board.image() is None and _after_boot(board) is None


@pytest.mark.parametrize("fault", ["write", "wrong"])
def test_a_board_that_cannot_note_the_crash_does_not_take_the_risk(board: Board, fault: str) -> None:
    board.deploy(FIRST)
    flash = Flash()
    flash.fails = frozenset({fault})
    found = _crash(board, flash)
    if fault == "write":
        assert found is None
    else:  # a mark is a mark, whatever it reads
        assert found == FIRST and _crash(board) is None


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_power_that_fails_while_a_mark_is_written(board: Board, share: float) -> None:
    board.deploy(FIRST)
    _crash(board, Flash(0, share))
    board.boot(Flash())
    assert board.image() == FIRST, "the power is no crash"
    crashes = [_crash(board), _crash(board), _crash(board)]
    assert crashes[-1] is None and crashes.count(FIRST) <= 1


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_power_that_fails_while_the_proof_is_written(board: Board, share: float) -> None:
    board.deploy(FIRST)
    flash = Flash(1, share)
    assert _crash(board, flash) == FIRST
    _infer(board, PROOF)
    assert flash.dead
    board.boot(Flash())
    assert board.image() == FIRST
    _infer(board, PROOF)
    assert _crash(board) == FIRST
