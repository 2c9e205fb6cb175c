"""The detector on the device: the same changes at the same windows as on the host."""

import contextlib
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from .comparing import assert_agreed, compare_blocks
from .toolkit import AudioSource, Bundle, Device, HilError, Interpreter, find_audio
from .toolkit import messages as m


def test_detections_are_equal(
    device: Device,
    bundle: Bundle,
    reference: Interpreter,
    songs: NDArray[np.int16],
    needs: Callable[[m.Capability], None],
) -> None:
    needs(m.Capability.INFERENCE)
    blocks = [songs]
    with contextlib.suppress(HilError):  # a bundle without recordings of its own
        blocks += [
            block
            for path in find_audio([bundle.path / "wav"])
            for block in AudioSource(path, bundle.settings.sample_rate, to_peak=bundle.to_peak).blocks()
        ]
    comparison = compare_blocks(device, bundle, blocks, reference)
    assert_agreed(comparison)
    assert comparison.host_changes == comparison.device_changes
    if not comparison.host_changes:
        pytest.skip("nothing in this audio changes the detector's state with this bundle")


def test_done_counts_what_was_sent(device: Device, songs: NDArray[np.int16]) -> None:
    results = list(device.stream([songs]))
    done = results[-1]
    assert isinstance(done, m.StreamDone)
    assert done.samples == len(songs)
    assert done.windows == sum(isinstance(result, m.WindowResult) for result in results)
    assert done.detections == sum(isinstance(result, m.Detection) for result in results)
