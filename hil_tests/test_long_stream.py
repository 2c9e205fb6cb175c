"""Minutes on end: nothing drifts, nothing is lost."""

import numpy as np
import pytest

from hil_tests.comparing import assert_agreed, compare_blocks
from host.board.choice import BoardChoice
from host.board.device import Device
from host.board.kinds.registry import kind_of
from host.bundle.load import Bundle
from host.link import messages as m
from host.making.corpus.endless import stream
from host.model.interpreter import Interpreter


@pytest.mark.timeout(900)
def test_minutes_of_audio_with_inference(
    device: Device, bundle: Bundle, choice: BoardChoice, reference: Interpreter, info: m.Info
) -> None:
    if not info.capabilities & m.Capability.INFERENCE:
        pytest.skip("this board has no INFERENCE")
    seconds = 60 * kind_of(choice).stream_minutes
    blocks = stream(21, seconds, bundle.settings.sample_rate)
    comparison = compare_blocks(device, bundle, blocks, reference)
    assert_agreed(comparison)
    assert comparison.audio_s == pytest.approx(seconds)


@pytest.mark.timeout(900)
def test_minutes_of_features(device: Device, bundle: Bundle, choice: BoardChoice) -> None:
    seconds = 60 * kind_of(choice).feature_minutes
    rng = np.random.default_rng(2)
    rate = bundle.settings.sample_rate
    blocks = (
        rng.normal(0, 10 ** rng.uniform(0, 4), rate).clip(-32768, 32767).astype(np.int16)
        for _ in range(int(seconds))
    )
    comparison = compare_blocks(device, bundle, blocks, None)
    assert_agreed(comparison)
    assert device.status().overruns == 0
