"""Minutes on end: nothing drifts, nothing is lost. As long on every board, where its speed allows (lengths.py)."""

import numpy as np
import pytest

from .comparing import assert_agreed, compare_blocks
from .lengths import affordable_s
from .toolkit import Bundle, Device, Interpreter, stream
from .toolkit import messages as m

pytestmark = pytest.mark.slow

STREAM_S = 4 * 60.0
FEATURES_S = 10 * 60.0
BUDGET_S = 300.0


@pytest.mark.timeout(900)
def test_minutes_of_audio_with_inference(
    device: Device, bundle: Bundle, reference: Interpreter, info: m.Info
) -> None:
    if not info.capabilities & m.Capability.INFERENCE:
        pytest.skip("this board has no INFERENCE")
    seconds = affordable_s(device, bundle, STREAM_S, BUDGET_S, inference=True)
    blocks = stream(21, seconds, bundle.settings.sample_rate)
    comparison = compare_blocks(device, bundle, blocks, reference)
    assert_agreed(comparison)
    assert comparison.audio_s == pytest.approx(seconds, abs=1.0)


@pytest.mark.timeout(900)
def test_minutes_of_features(device: Device, bundle: Bundle) -> None:
    seconds = affordable_s(device, bundle, FEATURES_S, BUDGET_S, inference=False)
    rng = np.random.default_rng(2)
    rate = bundle.settings.sample_rate
    blocks = (
        rng.normal(0, 10 ** rng.uniform(0, 4), rate).clip(-32768, 32767).astype(np.int16)
        for _ in range(int(seconds))
    )
    comparison = compare_blocks(device, bundle, blocks, None)
    assert_agreed(comparison)
    assert device.status().overruns == 0
