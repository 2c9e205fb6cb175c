"""An answer that tells the number of the request before is told as that, once another request shows it."""

from collections.abc import Callable

import numpy as np
import pytest

from ..errors import HilError
from ..link import messages as m
from ..link.codec import Payload
from .device import Device
from .limits import Limits
from .scripted import Fault, HonestFirmware, ScriptedDevice

BEFORE = "the stream of the request before, as if it were told before the new one is stored"


class Firmware(HonestFirmware):
    """Tells a stream's number late, in one of its answers."""

    def __init__(self, late: type[Payload]) -> None:
        super().__init__(m.Info(bands=4, hop=100, frames=2, stride=1), lambda *_: [m.StreamDone(samples=500)])
        self._late, self._before = late, 0

    def answers(self, request: Payload) -> list[Payload]:
        told = []
        for answer in super().answers(request):
            number = getattr(answer, "stream", 0)
            told.append(
                type(answer)(**vars(answer) | {"stream": self._before})
                if isinstance(answer, self._late)
                else answer
            )
            if isinstance(answer, self._late):
                self._before = number
        return told


def _error(board: ScriptedDevice, do: Callable[[Device], object]) -> str:
    with Device(board, limits=Limits(answer_s=0.5, silence_s=1.0)) as device:
        device.connect()
        with pytest.raises(HilError) as caught:
            do(device)
    return str(caught.value)


@pytest.mark.parametrize("late", [m.StreamStarted, m.StreamDone])
def test_a_stream_that_is_told_late(late: type[Payload]) -> None:
    error = _error(
        ScriptedDevice(Firmware(late)), lambda device: list(device.stream([np.zeros(500, np.int16)]))
    )
    assert f"sent {late.NAME} that is not of what was asked: it tells stream 0" in error
    assert f"stream 1 is right; asked next for stream 2, it tells 1: {BEFORE}" in error
    assert "whether it is sent before that is set" in error


@pytest.mark.parametrize("number", [0, 7])
def test_a_number_that_is_always_another_one_is_not_said_to_be_late(number: int) -> None:
    fault = Fault(m.StreamStarted, lambda *_: [(m.StreamStarted.TYPE, m.StreamStarted(number).encode())])
    board = ScriptedDevice(HonestFirmware(m.Info(), lambda *_: []), fault)
    error = _error(board, lambda device: list(device.stream([np.zeros(500, np.int16)])))
    assert f"it tells stream {number}, stream 1 is right (" in error
    assert "before" not in error
