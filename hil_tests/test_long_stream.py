"""Minutes on end: nothing drifts, nothing is lost."""

import numpy as np
import pytest

from hil_tests.comparing import assert_agreed, compare_blocks
from host.board.device import Device
from host.board.options import BoardChoice
from host.bundle.load import Bundle
from host.link import messages as m
from host.making.corpus.endless import stream
from host.model.interpreter import Interpreter

MINUTES = {"virtual": 4.0, "qemu": 0.5}
FEATURE_MINUTES = {"virtual": 10.0, "qemu": 0.5}


@pytest.mark.timeout(900)
def test_minutes_of_audio_with_inference(
    device: Device, bundle: Bundle, choice: BoardChoice, reference: Interpreter, info: m.Info
) -> None:
    if not info.capabilities & m.Capability.INFERENCE:
        pytest.skip("this board has no INFERENCE")
    seconds = 60 * MINUTES.get(choice.kind, 1.0)
    blocks = stream(21, seconds, bundle.settings.sample_rate)
    comparison = compare_blocks(device, bundle, blocks, reference)
    assert_agreed(comparison)
    assert comparison.audio_s == pytest.approx(seconds)


@pytest.mark.timeout(900)
def test_minutes_of_features(device: Device, bundle: Bundle, choice: BoardChoice) -> None:
    seconds = 60 * FEATURE_MINUTES.get(choice.kind, 1.0)
    rng = np.random.default_rng(2)
    rate = bundle.settings.sample_rate
    blocks = (
        rng.normal(0, 10 ** rng.uniform(0, 4), rate).clip(-32768, 32767).astype(np.int16)
        for _ in range(int(seconds))
    )
    comparison = compare_blocks(device, bundle, blocks, None)
    assert_agreed(comparison)
    assert device.status().overruns == 0
