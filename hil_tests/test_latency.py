"""Latencies are there, and fit together."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from .toolkit import Bundle, Device
from .toolkit import messages as m

HIDDEN_NS = 2_000  # of rounding between stages


@pytest.fixture
def windows(
    device: Device, songs: NDArray[np.int16], needs: Callable[[m.Capability], None]
) -> list[m.WindowResult]:
    """All windows of half a minute."""
    needs(m.Capability.INFERENCE)
    return [result for result in device.stream([songs]) if isinstance(result, m.WindowResult)]


def test_every_window_has_its_latencies(windows: list[m.WindowResult]) -> None:
    assert windows
    for window in windows:
        assert window.frontend_ns > 0 and window.inference_ns > 0 and window.total_ns > 0


def test_stages_add_up(windows: list[m.WindowResult]) -> None:
    for window in windows:
        assert window.frontend_max_ns <= window.frontend_ns
        assert abs(window.total_ns - window.frontend_ns - window.inference_ns) <= HIDDEN_NS


def test_columns_are_counted(windows: list[m.WindowResult], bundle: Bundle) -> None:
    assert windows[0].columns == bundle.frames
    assert {window.columns for window in windows[1:]} <= {bundle.stride}


def test_the_device_keeps_up(windows: list[m.WindowResult], bundle: Bundle) -> None:
    """A device that needs longer than a stride for a stride's audio could never run live."""
    typical = float(np.median([window.total_ns for window in windows])) / 1e9
    assert typical < bundle.stride_seconds, (
        f"{typical:.3f} s of computing for every {bundle.stride_seconds:.3f} s"
    )


def test_features_alone_are_timed_too(device: Device, songs: NDArray[np.int16]) -> None:
    found = [
        result for result in device.stream([songs], inference=False) if isinstance(result, m.WindowResult)
    ]
    assert found
    assert all(window.frontend_ns > 0 and not window.outputs for window in found)


def test_ops_are_profiled(
    device: Device, windows: list[m.WindowResult], needs: Callable[[m.Capability], None]
) -> None:
    needs(m.Capability.PROFILE)
    ops = device.profile()
    assert ops and all(op.name for op in ops)
    total = sum(op.ns for op in ops)
    assert 0 < total <= 1.2 * max(window.inference_ns for window in windows)
