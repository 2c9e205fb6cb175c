"""A bundle is tried before it is kept, and one that crashes the board does not do so for ever."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from .comparing import assert_agreed, compare_blocks
from .deploying import deploy
from .toolkit import (
    Board,
    Bundle,
    Device,
    HilError,
    ModelFault,
    ReferenceInterpreter,
    StaleFirmwareError,
    Trial,
    TrialCrashedError,
    TrialFailedError,
    VirtualBoard,
    bundle_image,
    check_identity,
    make_trial,
    sample_values,
    stream,
    write_bundle,
)
from .toolkit import messages as m

BOOT_S = 30.0
TRIALS: dict[str, Trial] = {}


def trial_of(bundle: Bundle) -> Trial:
    """What the host expects of a bundle; computed once."""
    if bundle.name not in TRIALS:
        TRIALS[bundle.name] = make_trial(bundle)
    return TRIALS[bundle.name]


@pytest.fixture(autouse=True)
def _slot(needs: Callable[[m.Capability], None]) -> None:
    needs(m.Capability.TRIAL)
    needs(m.Capability.INFERENCE)


@pytest.fixture
def other(tmp_path: Path) -> Bundle:
    """A bundle unlike the default."""
    return write_bundle(tmp_path / "other", sample_values("sigmoid"))


def _same(device: Device, bundle: Bundle) -> None:
    """The board runs it, and computes what the host computes."""
    check_identity(device.info(), bundle)
    interpreter = ReferenceInterpreter(bundle.model_bytes, bundle.model)
    blocks = stream(31, 3.0, bundle.settings.sample_rate)
    assert_agreed(compare_blocks(device, bundle, blocks, interpreter))


@pytest.mark.restarts
def test_a_bundle_that_agrees_on_trial_is_kept(emptied: Device, other: Bundle) -> None:
    deploy(emptied, other, trial_of(other))
    assert emptied.info().bundle_source == 1
    _same(emptied, other)
    emptied.reset(BOOT_S)
    check_identity(emptied.info(), other)


@pytest.mark.parametrize("name", ["svdf", "stream", "uint8", "int16"])
def test_models_of_every_kind_agree_on_trial(emptied: Device, tmp_path: Path, name: str) -> None:
    """They remember, in variables too, or have ends of other types."""
    other = write_bundle(tmp_path / name, sample_values(name))
    deploy(emptied, other, trial_of(other))
    _same(emptied, other)


@pytest.mark.restarts
def test_a_bundle_that_departs_on_trial_is_not_kept(emptied: Device, other: Bundle, bundle: Bundle) -> None:
    """The host expects another output: what a board with other kernels would look like."""
    trial = trial_of(other)
    expected = trial.expected[0].copy()
    expected[4:, 0] += 1
    with pytest.raises(TrialFailedError) as caught:
        emptied.deploy(bundle_image(other), trial=replace(trial, expected=(expected,)))
    assert f"window 5 of 8, score of {other.labels[0]!r} is {expected[4, 0] - 1}" in caught.value.cause
    assert "4 of 8 windows depart, by at most 1" in caught.value.cause
    _same(emptied, bundle)
    emptied.reset(BOOT_S)
    check_identity(emptied.info(), bundle)
    told: list[str] = []
    emptied.deploy(bundle_image(other), None, replace(trial, expected=(expected,)), True, told.append)
    assert "window 5 of 8" in told[0]
    check_identity(emptied.info(), other)


@pytest.mark.restarts
def test_a_reset_in_the_midst_of_a_trial_brings_the_old_bundle_back(
    emptied: Device, other: Bundle, bundle: Bundle
) -> None:
    class EnoughError(Exception):
        pass

    def reset_it(_: object) -> m.TensorResult:
        emptied.infer(trial.windows[0])
        assert emptied.info().bundle_source == 2
        check_identity(emptied.info(), other)
        emptied.reset(BOOT_S)
        raise EnoughError

    trial = trial_of(other)
    running = replace(trial)
    object.__setattr__(running, "run", reset_it)
    with pytest.raises(EnoughError):
        emptied.deploy(bundle_image(other), trial=running)
    check_identity(emptied.info(), bundle)


# ---- boards whose kernels are wrong, which only a virtual one can be made to be


@pytest.fixture
def wrong(
    virtual: Callable[..., VirtualBoard],
    open_device: Callable[[Board], Device],
    tmp_path: Path,
    other: Bundle,
) -> Callable[[str, int], tuple[VirtualBoard, Device]]:
    """Makes a board on which that bundle's model goes wrong, from some inference on."""

    def make(kind: str, at: int = 1) -> tuple[VirtualBoard, Device]:
        fault = ModelFault(hashlib.sha256(other.model_bytes).hexdigest(), kind, at)
        board = virtual(flash=tmp_path / "flash.bin", fault=fault)
        return board, open_device(board)

    return make


Wrong = Callable[..., tuple[VirtualBoard, Device]]


@pytest.mark.parametrize("at", [1, 3])
def test_a_wrong_kernel_is_found_on_trial(wrong: Wrong, other: Bundle, bundle: Bundle, at: int) -> None:
    _, device = wrong("wrong", at)
    with pytest.raises(TrialFailedError, match=f"window {at} of 8"):
        device.deploy(bundle_image(other), trial=trial_of(other))
    check_identity(device.info(), bundle)


@pytest.mark.parametrize(
    ("kind", "where"), [("crash-load", "while it was loaded"), ("crash-invoke", "in window 2 of 8")]
)
def test_a_model_that_crashes_on_trial_does_not_boot(
    wrong: Wrong,
    open_device: Callable[[Board], Device],
    other: Bundle,
    bundle: Bundle,
    kind: str,
    where: str,
) -> None:
    board, device = wrong(kind, 2)
    with pytest.raises(TrialCrashedError) as caught:
        device.deploy(bundle_image(other), trial=trial_of(other))
    assert where in caught.value.cause and other.name in caught.value.cause
    device.close()
    again = open_device(board)
    info = again.info()
    assert info.reset_reason == m.ResetReason.PANIC and not info.capabilities & m.Capability.SET_ASIDE
    _same(again, bundle)


def test_crashes_on_trial_do_not_cost_the_old_bundle_its_place(
    wrong: Wrong, open_device: Callable[[Board], Device], other: Bundle, tmp_path: Path
) -> None:
    board, device = wrong("crash-load")
    kept = write_bundle(tmp_path / "flat", sample_values("flat"))
    device.deploy(bundle_image(kept))
    for _ in range(3):
        with pytest.raises(TrialCrashedError):
            device.deploy(bundle_image(other), trial=trial_of(other))
        device.close()
        device = open_device(board)
        check_identity(device.info(), kept)
    _same(device, kept)


def test_a_model_that_crashes_at_every_boot_is_set_aside(
    wrong: Wrong, other: Bundle, bundle: Bundle, tmp_path: Path
) -> None:
    """The slot was filled by a firmware whose kernels could do it; the new firmware's cannot."""
    board, device = wrong("wrong")
    device.deploy(bundle_image(other))
    device.close()
    board.close()
    board, device = wrong("crash-load")
    info = device.info()
    assert info.bundle_source == 0 and info.capabilities & m.Capability.SET_ASIDE
    assert any("twice in a row" in line for line in device.log)
    with pytest.raises(StaleFirmwareError) as caught:
        check_identity(info, other)
    assert "crashed the board or does not load" in caught.value.cure
    _same(device, bundle)
    flat = write_bundle(tmp_path / "flat", sample_values("flat"))
    device.deploy(bundle_image(flat), trial=trial_of(flat))
    _same(device, flat)
    assert not device.info().capabilities & m.Capability.SET_ASIDE


def test_a_model_that_crashes_in_inferences_is_set_aside_after_the_second(
    wrong: Wrong, open_device: Callable[[Board], Device], other: Bundle
) -> None:
    board, device = wrong("crash-invoke")
    device.deploy(bundle_image(other))
    cells = trial_of(other).windows[0]
    for _ in range(2):
        check_identity(device.info(), other)
        with pytest.raises(HilError):
            device.infer(cells)
        device.close()
        device = open_device(board)
    assert device.info().capabilities & m.Capability.SET_ASIDE
