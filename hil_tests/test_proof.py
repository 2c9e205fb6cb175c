"""Identity by bytes: what the board computes over the bytes that it really works with."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from .deploying import deploy
from .toolkit import (
    Board,
    Bundle,
    Device,
    VirtualBoard,
    VirtualOptions,
    expected_proof,
    sample_values,
    write_bundle,
)
from .toolkit import messages as m

CORE_MAX_CLASSES = 32  # of firmware/core/core_limits.h
NONCES = (0, 1, 0xFFFFFFFF, 0x12345678)


@pytest.fixture(autouse=True)
def _proving(needs: Callable[[m.Capability], None]) -> None:
    needs(m.Capability.PROOF)


def test_a_board_with_the_bundles_bytes_proves_it(device: Device, bundle: Bundle) -> None:
    for nonce in NONCES:
        assert device.prove(nonce) == expected_proof(bundle, nonce)


@pytest.mark.parametrize("name", ["sigmoid", "softmax", "svdf"])
def test_a_deployed_bundle_is_proved_and_the_one_before_is_not(
    device: Device, bundle: Bundle, tmp_path: Path, name: str, needs: Callable[[m.Capability], None]
) -> None:
    needs(m.Capability.SLOT)
    other = write_bundle(tmp_path / name, sample_values(name))
    deploy(device, other)
    try:
        assert device.prove(7) == expected_proof(other, 7)
        wrong = expected_proof(bundle, 7)
        proof = device.prove(7)
        assert proof is not None
        assert proof.model != wrong.model and proof.frontend != wrong.frontend
        assert proof.settings != wrong.settings
    finally:
        device.deploy(b"")
    assert device.prove(8) == expected_proof(bundle, 8)


def test_a_proof_between_streams_disturbs_nothing(device: Device, bundle: Bundle) -> None:
    samples = np.random.default_rng(1).integers(-9000, 9000, bundle.window_samples + 3000).astype(np.int16)

    def results() -> list[bytes]:
        return [result.outputs for result in device.stream([samples]) if isinstance(result, m.WindowResult)]

    before = results()
    device.prove(5)
    assert results() == before


# ---- a firmware that was changed behind its hashes' back


@pytest.fixture
def changed(
    board: Board, tmp_path: Path, open_device: Callable[[Board], Device]
) -> Iterator[Callable[[bytes, bytes], Device]]:
    """Connects to a virtual board in whose program some bytes were replaced by others."""
    if not isinstance(board, VirtualBoard):
        pytest.skip("only a virtual board's program can be changed")
    made: list[VirtualBoard] = []

    def make(old: bytes, new: bytes) -> Device:
        program = board.program.read_bytes()
        assert len(old) == len(new) and old != new and program.count(old) == 1
        copy = tmp_path / f"changed{len(made)}-{board.program.name}"
        copy.write_bytes(program.replace(old, new))
        copy.chmod(0o755)
        made.append(VirtualBoard(copy, VirtualOptions(tcp=board.options.tcp)))
        return open_device(made[-1])

    yield make
    for each in made:
        each.close()


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _weight(bundle: Bundle) -> int:
    """Place of a byte in the longest run of bytes that look like int8 weights: no zeros, no flatbuffer offsets."""
    runs = [(len(run), bundle.model_bytes.find(run)) for run in bundle.model_bytes.split(b"\0") if run]
    length, start = max(runs)
    assert length > 16
    return start + length // 2


def test_a_flipped_weight_is_found(changed: Callable[[bytes, bytes], Device], bundle: Bundle) -> None:
    model = bundle.model_bytes
    device = changed(model, _flipped(model, _weight(bundle)))
    assert device.info().model_hash == bundle.model_hash, "the hash is word only"
    proof, right = device.prove(3), expected_proof(bundle, 3)
    assert proof is not None
    assert (proof.model != right.model, proof.frontend, proof.settings) == (
        True,
        right.frontend,
        right.settings,
    )


def test_a_flipped_table_entry_is_found(changed: Callable[[bytes, bytes], Device], bundle: Bundle) -> None:
    weights = np.array(bundle.tables.weights, "<i4").tobytes()
    device = changed(weights, _flipped(weights, 2 * len(weights) // 3))
    assert device.info().frontend_hash == bundle.frontend_hash
    proof, right = device.prove(3), expected_proof(bundle, 3)
    assert proof is not None
    assert (proof.model, proof.frontend != right.frontend, proof.settings) == (
        right.model,
        True,
        right.settings,
    )


def test_another_threshold_is_found(changed: Callable[[bytes, bytes], Device], bundle: Bundle) -> None:
    """The values in use, not those of a block that nobody reads."""
    thresholds = bundle.thresholds
    fields = (thresholds.on, thresholds.off, tuple(map(int, thresholds.detect)))
    in_core = b"".join(np.array(field, np.int8).tobytes().ljust(CORE_MAX_CLASSES, b"\0") for field in fields)
    device = changed(in_core, _flipped(in_core, 0))
    assert device.info().settings_hash == bundle.settings_hash
    proof, right = device.prove(3), expected_proof(bundle, 3)
    assert proof is not None
    assert (proof.model, proof.frontend, proof.settings != right.settings) == (
        right.model,
        right.frontend,
        True,
    )
