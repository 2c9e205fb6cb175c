"""A board that restarts or vanishes is noticed, named, and usable again."""

import itertools
import time
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from .comparing import assert_agreed, compare_blocks
from .toolkit import (
    FAST_BAUD,
    PSEUDO_TERMINALS,
    Board,
    Bundle,
    Device,
    DeviceResetError,
    HilError,
    Interpreter,
    LinkError,
    PortError,
    VirtualBoard,
)
from .toolkit import messages as m

BOOT_S = 30.0
Int16 = NDArray[np.int16]


def _reconnect(device: Device) -> m.Info:
    return device.connect(BOOT_S)


@pytest.mark.restarts
def test_a_reset_on_request_is_noticed_and_survived(device: Device) -> None:
    before = device.info()
    device.request_reset()
    with pytest.raises((DeviceResetError, LinkError)):
        while True:
            device.info()
    after = _reconnect(device)
    assert after.boot_id != before.boot_id
    assert after.reset_reason == m.ResetReason.SOFTWARE


@pytest.mark.restarts
@pytest.mark.timeout(600)
def test_twenty_resets_in_a_row_are_each_found(device: Device) -> None:
    boots = {device.info().boot_id}
    for _ in range(20):
        boots.add(device.reset(BOOT_S).boot_id)
    assert len(boots) == 21, "a boot was not told from the one before"


@pytest.mark.restarts
def test_a_reset_in_the_middle_of_a_stream(
    device: Device, bundle: Bundle, reference: Interpreter, songs: Int16
) -> None:
    """The stream ends with an error that says so, never with a comparison of half of it."""
    results = device.stream([songs])
    for result in itertools.islice(results, 10):
        assert not isinstance(result, m.StreamDone)
    device.request_reset()
    with pytest.raises((DeviceResetError, LinkError)) as caught:
        list(results)
    assert "restarted" in str(caught.value) or "answer" in str(caught.value)
    _reconnect(device)
    assert_agreed(compare_blocks(device, bundle, [songs[:60_000]], reference))


def test_the_reset_button_in_the_middle_of_a_stream(
    virtual: Callable[..., VirtualBoard], open_device: Callable[[Board], Device], bundle: Bundle, songs: Int16
) -> None:
    if not PSEUDO_TERMINALS:
        pytest.skip("a virtual board on Windows has no reset button")
    board = virtual(baud=FAST_BAUD)
    device = open_device(board)
    before = device.info().boot_id
    results = device.stream([songs])
    next(results)
    board.press_reset()
    with pytest.raises(DeviceResetError, match="restarted") as caught:
        list(results)
    assert "firmware" in caught.value.text, "the boot text was kept for the log"
    assert _reconnect(device).boot_id != before
    assert_agreed(compare_blocks(device, bundle, [songs[:16_000]], None))


def test_a_board_that_vanishes_in_the_middle_of_a_stream(
    virtual: Callable[..., VirtualBoard], open_device: Callable[[Board], Device], songs: Int16
) -> None:
    board = virtual(baud=FAST_BAUD)
    device = open_device(board)
    results = device.stream([songs])
    next(results)
    board.kill()
    start = time.monotonic()
    with pytest.raises((PortError, LinkError)) as caught:
        list(results)
    assert time.monotonic() - start < 60
    assert isinstance(caught.value, HilError) and "cable" not in caught.value.cure
    assert "python -m host board" in caught.value.cure


def test_a_second_host_takes_over(device: Device, songs: Int16, bundle: Bundle) -> None:
    """A run that was broken off leaves the board in the middle of a stream."""
    results = device.stream([songs])
    next(results)
    device.connect(BOOT_S)
    assert_agreed(compare_blocks(device, bundle, [songs[:16_000]], None))
