"""Models that remember (SVDF, variables): each stream and tensor starts with nothing remembered, on one boot."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from .comparing import assert_agreed, compare_blocks
from .deploying import deploy
from .toolkit import Bundle, Device, ReferenceInterpreter, each_alone, sample_values, stream, write_bundle
from .toolkit import messages as m

Int16 = NDArray[np.int16]
BOOT_S = 30.0


@pytest.fixture(params=["svdf", "stream"])
def remembering(
    request: pytest.FixtureRequest, device: Device, needs: Callable[[m.Capability], None], tmp_path: Path
) -> Bundle:
    """A bundle whose model remembers in the slot; emptied afterwards. CALL_ONCE of `stream` writes no zero points."""
    needs(m.Capability.SLOT)
    needs(m.Capability.INFERENCE)
    bundle = write_bundle(tmp_path / request.param, sample_values(request.param))
    assert bundle.model.stateful
    deploy(device, bundle)
    return bundle


@pytest.fixture(autouse=True)
def _emptied(emptied: Device) -> None:
    """Nothing stays in the slot."""


def _sound(bundle: Bundle, seed: int, seconds: float) -> Int16:
    return np.concatenate(list(stream(seed, seconds, bundle.settings.sample_rate)))


def _outputs(device: Device, samples: Int16) -> list[bytes]:
    return [result.outputs for result in device.stream([samples]) if isinstance(result, m.WindowResult)]


def test_every_stream_is_the_first(device: Device, remembering: Bundle) -> None:
    reference = ReferenceInterpreter(remembering.model_bytes, remembering.model)
    for seed in (1, 2, 1):
        comparison = compare_blocks(device, remembering, [_sound(remembering, seed, 4.0)], reference)
        assert_agreed(comparison)
        assert comparison.outputs.compared > 60


@pytest.mark.restarts
def test_the_same_audio_gives_the_same_however_often_and_whatever_came_between(
    device: Device, remembering: Bundle
) -> None:
    samples = _sound(remembering, 3, 2.0)
    first = _outputs(device, samples)
    assert len(set(first)) > 3, "the model answers all windows alike"
    assert _outputs(device, samples) == first
    device.infer(np.full(remembering.model.cells, 127, np.int8))
    assert _outputs(device, samples) == first
    device.connect()
    assert _outputs(device, samples) == first
    device.reset(BOOT_S)
    assert _outputs(device, samples) == first


def test_the_windows_of_a_stream_are_remembered(device: Device, remembering: Bundle) -> None:
    samples = _sound(remembering, 3, 2.0)
    later = samples[remembering.settings.hop * remembering.stride :]
    assert _outputs(device, samples)[1:3] != _outputs(device, later)[:2]


def test_a_tensor_stands_alone(device: Device, remembering: Bundle) -> None:
    windows = np.random.default_rng(5).integers(-128, 128, (6, remembering.model.cells)).astype(np.int8)
    reference = ReferenceInterpreter(remembering.model_bytes, remembering.model)
    expected = each_alone(reference, windows, stateful=True)
    for window, outputs in zip((*windows, *windows), (*expected, *expected), strict=True):
        assert device.infer(window).outputs == outputs.tobytes()
