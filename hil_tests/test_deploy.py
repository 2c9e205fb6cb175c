"""The model slot: another bundle without rebuilding, and power that fails in the middle."""

import binascii
import hashlib
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from .comparing import assert_agreed, compare_blocks
from .deploying import deploy
from .toolkit import (
    BUILTIN_OPS,
    Board,
    Bundle,
    DeployRefusedError,
    Device,
    HilError,
    Payload,
    ReferenceInterpreter,
    VirtualBoard,
    audio_pieces,
    bundle_image,
    check_identity,
    root,
    sample_values,
    stream,
    write_bundle,
)
from .toolkit import messages as m

BOOT_S = 30.0


@pytest.fixture(autouse=True)
def _slot(needs: Callable[[m.Capability], None]) -> None:
    needs(m.Capability.SLOT)
    needs(m.Capability.INFERENCE)


@pytest.fixture(params=["sigmoid", "softmax", "flat", "svdf", "uint8", "int16", "stream"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Bundle:
    """Bundles unlike the default: other rates, sizes, classes, ops, types and layouts."""
    return write_bundle(tmp_path / request.param, sample_values(request.param))


def _compare(device: Device, bundle: Bundle, seconds: float = 12.0) -> None:
    check_identity(device.info(), bundle)
    interpreter = ReferenceInterpreter(bundle.model_bytes, bundle.model)
    comparison = compare_blocks(device, bundle, stream(31, seconds, bundle.settings.sample_rate), interpreter)
    assert_agreed(comparison)
    assert comparison.outputs.compared > 0


def _with_unknown_op(bundle: Bundle) -> Bundle:
    """The bundle with its first op exchanged for one that no TFLite Micro has: GELU."""
    data = bytearray(bundle.model_bytes)
    code = next(iter(root(bundle.model_bytes).tables(1)))
    for field, kind in ((0, "<b"), (3, "<i")):  # the old field and the one that replaced it
        place = code.place(field)
        if place is not None:
            struct.pack_into(kind, data, place, 127 if field == 0 else BUILTIN_OPS.index("GELU"))
    changed = bytes(data)
    return replace(
        bundle,
        model_bytes=changed,
        model=replace(bundle.model, sha256=hashlib.sha256(changed).hexdigest()),
    )


def test_an_op_that_the_firmware_lacks_is_refused_and_the_board_lives_on(
    device: Device, bundle: Bundle, tmp_path: Path
) -> None:
    boot = device.info().boot_id
    lacking = _with_unknown_op(write_bundle(tmp_path / "softmax", sample_values("softmax")))
    with pytest.raises(DeployRefusedError):
        device.deploy(bundle_image(lacking))
    assert device.info().boot_id == boot, "the board restarted"
    _compare(device, bundle)


def test_a_deployed_bundle_computes_what_the_host_computes(
    emptied: Device, other: Bundle, bundle: Bundle
) -> None:
    status = deploy(emptied, other)
    assert status.state == m.DeployState.ACTIVE and status.text.decode() == other.name
    assert emptied.info().bundle_source == 1
    _compare(emptied, other)
    emptied.deploy(b"")
    assert emptied.info().bundle_source == 0
    check_identity(emptied.info(), bundle)


@pytest.mark.restarts
def test_a_deployed_bundle_outlives_a_reset(emptied: Device, tmp_path: Path) -> None:
    other = write_bundle(tmp_path / "other", sample_values("sigmoid"))
    emptied.deploy(bundle_image(other))
    emptied.reset(BOOT_S)
    _compare(emptied, other)


def test_a_damaged_image_is_refused_and_the_old_bundle_stays(
    emptied: Device, bundle: Bundle, tmp_path: Path
) -> None:
    image = bytearray(bundle_image(write_bundle(tmp_path / "other", sample_values("sigmoid"))))
    image[len(image) // 2] ^= 1
    with pytest.raises(DeployRefusedError) as caught:
        emptied.deploy(bytes(image))
    assert "keeps its old one" in caught.value.cause
    check_identity(emptied.info(), bundle)


@pytest.mark.parametrize("wrong", ["crc32", "sha256"])
def test_an_image_that_is_not_the_announced_one_is_refused(
    emptied: Device, bundle: Bundle, tmp_path: Path, wrong: str
) -> None:
    """Each of the two checksums counts, also where the other one is right."""
    image = bundle_image(write_bundle(tmp_path / "other", sample_values("flat")))
    crc32, sha256 = binascii.crc32(image), hashlib.sha256(image).digest()
    if wrong == "crc32":
        crc32 ^= 1
    else:
        sha256 = bytes([sha256[0] ^ 1]) + sha256[1:]
    connection = emptied.connection
    requests: list[Payload] = [m.DeployBegin(length=len(image), crc32=crc32, sha256=sha256)]
    requests += [m.DeployData(at, image[at : at + 512]) for at in range(0, len(image), 512)]
    for request in (*requests, m.DeployCommit()):
        connection.send(request.TYPE, request.encode())
    states = []
    while m.DeployState.REFUSED not in states:
        message = connection.receive(BOOT_S)
        assert message is not None, "the board fell silent"
        answer = m.decode(message.type, message.payload)
        assert isinstance(answer, m.DeployStatus), answer
        states.append(answer.state)
    assert m.DeployState.ACTIVE not in states
    check_identity(emptied.info(), bundle)


def test_the_newest_bundle_boots(emptied: Device, tmp_path: Path) -> None:
    """Whichever half of the slot it lies in."""
    bundles = [write_bundle(tmp_path / name, sample_values(name)) for name in ("sigmoid", "flat")]
    for other in (*bundles, bundles[0]):
        deploy(emptied, other)
        emptied.reset(BOOT_S)
        check_identity(emptied.info(), other)


def test_an_emptied_slot_stays_empty(emptied: Device, bundle: Bundle, tmp_path: Path) -> None:
    for name in ("sigmoid", "flat"):
        deploy(emptied, write_bundle(tmp_path / name, sample_values(name)))
    emptied.deploy(b"")
    emptied.reset(BOOT_S)
    check_identity(emptied.info(), bundle)
    assert emptied.info().bundle_source == 0


def test_a_bundle_that_differs_in_its_settings_alone(emptied: Device, tmp_path: Path) -> None:
    """The same model and sizes: nothing of the bundle before is left over."""
    values = sample_values("sigmoid")
    other = replace(
        values,
        settings=replace(values.settings, fmin=250.0, hop=160),  # type: ignore[type-var]
        stride=values.stride + 2,
        detector=replace(values.detector, threshold=0.7),  # type: ignore[type-var]
    )
    for name, each in (("first", values), ("second", other)):
        deployed = write_bundle(tmp_path / name, each)
        deploy(emptied, deployed)
        _compare(emptied, deployed, 8.0)


def test_an_image_beyond_the_slot_is_refused(emptied: Device, bundle: Bundle) -> None:
    with pytest.raises(DeployRefusedError, match="larger than the slot"):
        emptied.deploy(bytes(emptied.info().slot_size + 1))
    check_identity(emptied.info(), bundle)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_power_that_fails_while_deploying(
    virtual: Callable[..., VirtualBoard],
    open_device: Callable[[Board], Device],
    tmp_path: Path,
    share: float,
) -> None:
    """Cut anywhere before the commit, the board comes up with the bundle it had."""
    board = virtual(flash=tmp_path / "flash.bin")
    device = open_device(board)
    first = write_bundle(tmp_path / "first", sample_values("flat"))
    second = write_bundle(tmp_path / "second", sample_values("sigmoid"))
    device.deploy(bundle_image(first))

    class PowerCutError(Exception):
        pass

    def cut(sent: int, total: int) -> None:
        if sent >= share * total:
            board.kill()
            raise PowerCutError

    with pytest.raises((PowerCutError, HilError)):
        device.deploy(bundle_image(second), cut)
    device.close()
    again = open_device(board)
    check_identity(again.info(), first)
    _compare(again, first, 6.0)


@pytest.mark.parametrize("mode", ["stream", "tensor"])
def test_a_bundle_does_not_change_under_a_stream_or_a_tensor(
    emptied: Device, bundle: Bundle, tmp_path: Path, mode: str
) -> None:
    """Every request of a deployment is refused by name, and what was under way comes to its end."""
    other = bundle_image(write_bundle(tmp_path / "other", sample_values("flat")))
    connection, cells = emptied.connection, bundle.frames * bundle.settings.bands
    samples = np.random.default_rng(2).integers(-9000, 9000, bundle.window_samples).astype("<i2")
    refused = [
        m.DeployBegin(length=len(other)),
        m.DeployData(0, other[:100]),
        m.DeployCommit(),
        m.DeployBegin(),
    ]
    begin: list[Payload] = [m.StreamStart(3, m.StreamFlag.INFERENCE), m.Audio(samples[:300].tobytes())]
    end: list[Payload] = [m.Audio(piece) for piece in audio_pieces([samples[300:]], connection.max_payload)]
    end.append(m.StreamEnd(3))
    if mode == "tensor":
        begin = [m.TensorBegin(3, cells), m.TensorData(0, bytes(8))]
        end = [m.TensorData(at, bytes(min(500, cells - at))) for at in range(8, cells, 500)]
    for request in (*begin, *refused, *end):
        connection.send(request.TYPE, request.encode())
    codes: list[int] = []
    while True:
        message = connection.receive(BOOT_S)
        assert message is not None, "the board fell silent"
        answer = m.decode(message.type, message.payload)
        if isinstance(answer, m.Error):
            codes.append(answer.code)
        assert not isinstance(answer, m.DeployStatus)
        if isinstance(answer, m.StreamDone | m.TensorResult):
            break
    assert codes == [m.ErrorCode.BUSY] * len(refused)
    if isinstance(answer, m.StreamDone):
        assert (answer.samples, answer.windows) == (len(samples), 1)
    check_identity(emptied.info(), bundle)
