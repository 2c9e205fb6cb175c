"""Memory: limits are known, marks are within them, and nothing leaks."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from .toolkit import Device
from .toolkit import messages as m

CORE_RAM_MOST = 24 * 1024  # with the default bundle; a larger window's cells come on top
CELLS_INCLUDED = 6400
STACK_LEAST = 1024
HEAP_LEAST = 4096


def test_the_core_is_small(info: m.Info) -> None:
    assert 0 < info.core_ram < CORE_RAM_MOST + max(0, info.max_cells - CELLS_INCLUDED)


def test_the_arena_is_known(info: m.Info, needs: Callable[[m.Capability], None]) -> None:
    needs(m.Capability.INFERENCE)
    if info.arena_size == 0:
        pytest.skip("this board's inference does not know its arena")
    assert 0 < info.arena_used <= info.arena_size


def test_buffers_keep_within_their_size(device: Device, songs: NDArray[np.int16]) -> None:
    device.status(clear=True)
    list(device.stream([songs]))
    status = device.status()
    assert 0 < status.rx_high_water <= status.rx_size + 1028  # a record may stand over its buffer's end
    assert 0 < status.tx_high_water <= status.tx_size + 1028
    assert status.overruns == 0


def test_stack_and_heap_last(device: Device, songs: NDArray[np.int16]) -> None:
    list(device.stream([songs]))
    before = device.status()
    if before.stack_free == 0:
        pytest.skip("this board does not know its stack")
    for _ in range(3):
        list(device.stream([songs[:40_000]]))
    after = device.status()
    assert after.stack_free > STACK_LEAST
    assert after.heap_min_free > HEAP_LEAST
    assert after.heap_free >= before.heap_free - 256, "the heap shrinks with every stream"
