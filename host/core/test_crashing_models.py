"""A model that crashes the board: on trial, at boot, in its first inferences. On a target only in memory."""

import atexit
import binascii
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ..bundle.image import bundle_image
from ..bundle.load import Bundle
from ..bundle.write import write_bundle
from ..link import messages as m
from ..link.codec import Payload
from ..model.samples import sample_values
from .fake_target import FakeTarget, build_target

pytestmark = [pytest.mark.native, pytest.mark.slow]
FLASH = 2 * 9 * 4096
PROOF = 8


@cache
def _board() -> tuple[FakeTarget, Bundle, Bundle]:
    """The one board, with `flat` built in, and two more bundles."""
    folder = TemporaryDirectory(prefix="crashing-", ignore_cleanup_errors=True)
    atexit.register(folder.cleanup)
    root = Path(folder.name)
    flat, first, second = (
        write_bundle(root / name, sample_values(name)) for name in ("flat", "sigmoid", "svdf")
    )
    return FakeTarget(build_target(root, flat), flat, FLASH), first, second


@pytest.fixture
def board() -> FakeTarget:
    board, first, _ = _board()
    board.power_on(FLASH)
    _deploy(board, first, m.DeployCommit())
    assert _info(board).bundle_source == 1
    return board


@pytest.fixture
def first() -> Bundle:
    return _board()[1]


@pytest.fixture
def second() -> Bundle:
    return _board()[2]


def _deploy(board: FakeTarget, bundle: Bundle, *then: Payload) -> list[m.DeployStatus]:
    image = bundle_image(bundle)
    begin = m.DeployBegin(len(image), binascii.crc32(image), sha256(image).digest())
    pieces = [m.DeployData(at, image[at : at + 1016]) for at in range(0, len(image), 1016)]
    return [answer for answer in board.ask(begin, *pieces, *then) if isinstance(answer, m.DeployStatus)]


def _info(board: FakeTarget) -> m.Info:
    (info,) = board.ask(m.InfoRequest())
    assert isinstance(info, m.Info)
    return info


def _runs(board: FakeTarget, bundle: Bundle, source: int = 1) -> bool:
    info = _info(board)
    return (info.model_hash, info.bundle_source) == (bundle.model_hash, source)


def _infer(board: FakeTarget, bundle: Bundle, times: int = 1) -> None:
    cells = bytes(bundle.frames * bundle.settings.bands)
    pieces = [m.TensorData(at, cells[at : at + 1000]) for at in range(0, len(cells), 1000)]
    for _ in range(times):
        board.ask(m.TensorBegin(1, len(cells)), *pieces)


def _crash_in_inference(board: FakeTarget, bundle: Bundle) -> None:
    """The board is dead in the midst of it; its host gives up."""
    board.controls.invokes_to_crash = 1
    with pytest.raises(RuntimeError, match="still talking"):
        _infer(board, bundle)
    assert board.controls.crashed


def test_a_bundle_on_trial_is_in_use_and_not_kept(board: FakeTarget, first: Bundle, second: Bundle) -> None:
    statuses = _deploy(board, second, m.DeployTry())
    assert [status.state for status in statuses] == [m.DeployState.RECEIVING, m.DeployState.TRIAL]
    assert statuses[1].text.decode() == second.name
    assert _runs(board, second, source=2)
    board.boot()
    assert _runs(board, first)


@pytest.mark.parametrize("end", ["abandon", "another host", "another deployment", "a piece too many"])
def test_what_ends_a_trial_brings_the_old_bundle_back(
    board: FakeTarget, first: Bundle, second: Bundle, end: str
) -> None:
    _deploy(board, second, m.DeployTry())
    if end == "abandon":
        (status,) = board.ask(m.DeployAbandon())
        assert isinstance(status, m.DeployStatus)
        assert (status.state, status.text.decode()) == (m.DeployState.ABANDONED, first.name)
    elif end == "another host":
        board.connect()
    elif end == "another deployment":
        board.ask(m.DeployBegin(100))
    else:
        board.ask(m.DeployData(0, b"1234"))
    assert _runs(board, first)
    (status,) = board.ask(m.DeployCommit())
    assert isinstance(status, m.DeployStatus) and status.state == m.DeployState.REFUSED
    board.boot()
    assert _runs(board, first)


def test_a_commit_keeps_what_was_tried(board: FakeTarget, second: Bundle) -> None:
    _deploy(board, second, m.DeployTry())
    _infer(board, second)
    loads = board.controls.loads
    (status,) = board.ask(m.DeployCommit())
    assert isinstance(status, m.DeployStatus) and status.state == m.DeployState.ACTIVE
    assert board.controls.loads == loads, "it is not loaded once more"
    assert _runs(board, second)
    board.boot()
    assert _runs(board, second)


@pytest.mark.parametrize("where", ["load", "invoke"])
def test_a_crash_on_trial_leaves_the_old_bundle(
    board: FakeTarget, first: Bundle, second: Bundle, where: str
) -> None:
    if where == "load":
        board.controls.loads_to_crash = 1
        with pytest.raises(RuntimeError, match="still talking"):
            _deploy(board, second, m.DeployTry())
    else:
        _deploy(board, second, m.DeployTry())
        _crash_in_inference(board, second)
    board.boot(m.ResetReason.PANIC)
    assert _runs(board, first)
    board.boot(m.ResetReason.PANIC)
    assert _runs(board, first), "its own first crash: the one before was the other's"
    board.boot(m.ResetReason.PANIC)
    assert not _runs(board, first)


def test_a_model_that_crashes_at_boot_is_set_aside_after_the_second(board: FakeTarget, first: Bundle) -> None:
    board.controls.loads_to_crash = 2
    board.boot()
    assert board.controls.crashed
    board.boot(m.ResetReason.PANIC)
    assert board.controls.crashed
    board.boot(m.ResetReason.PANIC)
    info = _info(board)
    assert info.bundle_source == 0 and info.bundle_name.decode() == board.bundle.name
    assert info.capabilities & m.Capability.SET_ASIDE
    for reason in (m.ResetReason.POWER_ON, m.ResetReason.SOFTWARE, m.ResetReason.PANIC):
        board.boot(reason)
        assert _info(board).capabilities & m.Capability.SET_ASIDE
    _deploy(board, first, m.DeployCommit())
    assert _runs(board, first) and not _info(board).capabilities & m.Capability.SET_ASIDE


def test_a_model_that_crashes_in_its_first_inferences_is_set_aside(board: FakeTarget, first: Bundle) -> None:
    _crash_in_inference(board, first)
    board.boot(m.ResetReason.WATCHDOG)
    assert _runs(board, first)
    _infer(board, first, PROOF - 1)
    _crash_in_inference(board, first)
    board.boot(m.ResetReason.PANIC)
    assert _info(board).capabilities & m.Capability.SET_ASIDE


@pytest.mark.parametrize("reason", [m.ResetReason.POWER_ON, m.ResetReason.EXTERNAL, m.ResetReason.BROWNOUT])
def test_restarts_that_are_no_crash_count_for_nothing(board: FakeTarget, first: Bundle, reason: int) -> None:
    writes = board.controls.flash_writes
    for _ in range(5):
        board.boot(reason)
        assert _runs(board, first)
    assert board.controls.flash_writes == writes


def test_inferences_of_a_bundle_on_trial_prove_nothing_for_the_old_one(
    board: FakeTarget, first: Bundle, second: Bundle
) -> None:
    board.boot(m.ResetReason.PANIC)
    _deploy(board, second, m.DeployTry())
    _infer(board, second, 2 * PROOF)
    board.ask(m.DeployAbandon())
    board.boot(m.ResetReason.PANIC)
    assert _info(board).capabilities & m.Capability.SET_ASIDE
    del first


def test_every_new_host_is_told_why(board: FakeTarget) -> None:
    board.controls.loads_to_fail = 1
    board.boot()
    for _ in range(2):
        board.link = board.another_link()
        (line,) = [answer for answer in board.rest() if isinstance(answer, m.Log)]
        assert line.text == (
            b"the bundle in the model slot is not used: its model does not load, deploying it says why"
        )
    board.boot()
    assert not _info(board).capabilities & m.Capability.SET_ASIDE
