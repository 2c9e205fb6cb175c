"""A bundle in the slot that crashes the board: it is set aside, and flash is not worn out by counting."""

import contextlib
import hashlib
import random
import zlib
from typing import Any

import pytest

from .slot_board import Board, Flash, PowerCutError, load_core

pytestmark = pytest.mark.native

FIRST, SECOND = (random.Random(seed).randbytes(length) for seed, length in enumerate((9001, 12_000)))
PROOF = 8
MOST_TRIES = 64


@pytest.fixture(scope="module")
def core() -> Any:
    return load_core()


@pytest.fixture
def board(core: Any) -> Board:
    return Board(core)


def _after_boot(board: Board) -> bytes | None:
    board.boot(Flash())
    return board.image()


def _crash(board: Board, flash: Flash | None = None) -> bytes | None:
    """Whatever ran, it crashed; what the board comes up with."""
    board.boot(flash or Flash(), after_crash=True)
    return board.image()


def _infer(board: Board, count: int) -> None:
    for _ in range(count):
        board.lib.slot_prove(board.slot)


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


@pytest.mark.parametrize("trial", [False, True])
def test_a_bundle_comes_up_from_so_many_crashes_and_no_more(board: Board, trial: bool) -> None:
    """No sector is ever erased for the marks, and they stay within theirs."""
    board.deploy(FIRST, trial=trial)
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


@pytest.mark.parametrize("end", ["replaced", "emptied"])
def test_what_proves_itself_is_not_noted_for_the_bundle_before(board: Board, end: str) -> None:
    board.deploy(FIRST)
    assert _crash(board) == FIRST
    board.deploy(SECOND) if end == "replaced" else board.clear()
    operations = board.flash.operations
    _infer(board, PROOF)
    assert board.flash.operations == operations
    assert _after_boot(board) == (SECOND if end == "replaced" else None)


def test_an_emptied_slot_has_nothing_set_aside(board: Board) -> None:
    board.deploy(FIRST)
    _crash(board), _crash(board)
    assert board.slot.set_aside
    board.clear()
    assert not board.slot.set_aside


def test_a_trial_that_never_began_has_no_end(board: Board) -> None:
    board.send(FIRST)
    operations = board.flash.operations
    board.lib.slot_end_trial(board.slot)
    assert board.flash.operations == operations
    board.begin_trial()
    for _ in range(2):
        board.lib.slot_end_trial(board.slot)
    assert board.flash.operations == operations + 2, "its begin and its end, once"


def test_a_deployment_that_is_broken_off_does_not_forgive(board: Board) -> None:
    board.deploy(FIRST)
    _crash(board), _crash(board)
    digest = hashlib.sha256(SECOND).digest()
    assert board.lib.slot_begin(board.slot, len(SECOND), zlib.crc32(SECOND), digest) == board.ffi.NULL
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


def test_a_bundle_on_trial_does_not_cost_the_one_in_use_its_place(board: Board) -> None:
    board.deploy(FIRST)
    for _ in range(3):
        board.send(SECOND)
        board.begin_trial()
        assert _crash(board) == FIRST
    assert _crash(board) == FIRST, "its own first crash"
    assert _crash(board) is None, "and its second"


@pytest.mark.parametrize("end", ["ended", "restarted", "committed"])
def test_a_trial_that_is_over_excuses_no_crash(board: Board, end: str) -> None:
    board.deploy(FIRST, trial=True)
    if end == "committed":
        board.deploy(SECOND, trial=True)
    else:
        board.send(SECOND)
        board.begin_trial()
        if end == "ended":
            board.lib.slot_end_trial(board.slot)
        else:
            board.boot(Flash())
    kept = SECOND if end == "committed" else FIRST
    assert board.image() == kept
    assert _crash(board) == kept
    assert _crash(board) is None


def test_only_what_was_verified_goes_on_trial(board: Board) -> None:
    board.deploy(FIRST)
    assert board.lib.slot_begin_trial(board.slot) != board.ffi.NULL
    board.send(SECOND)
    board.lib.slot_abandon(board.slot)
    assert board.lib.slot_begin_trial(board.slot) != board.ffi.NULL
    board.send(SECOND)
    board.flash.fails = frozenset({"write"})
    assert board.lib.slot_begin_trial(board.slot) != board.ffi.NULL, (
        "a crash would be counted against the other"
    )


@pytest.mark.parametrize("operation", range(2))
@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_power_that_fails_while_a_trial_is_marked(board: Board, operation: int, share: float) -> None:
    board.deploy(FIRST)
    board.send(SECOND)
    flash = board.flash
    flash.cut_at, flash.share = flash.operations + operation, share
    with contextlib.suppress(PowerCutError):
        board.begin_trial()
        board.lib.slot_end_trial(board.slot)
    assert flash.dead
    board.boot(Flash())
    assert board.image() == FIRST
    assert _crash(board) == FIRST
    assert _crash(board) is None
