"""An emulator is given more time than a board: it is as slow as its computer is busy, and not at fault for it."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from ..errors import HilError
from ..line.connection import LinkError
from ..link import messages as m
from .device import Device
from .limits import Limits
from .scripted import Fault, HonestFirmware, ScriptedDevice

BOARD = m.Info(protocol=m.PROTOCOL_VERSION, capabilities=m.Capability.INFERENCE, bands=2, frames=2, classes=1)
EMULATED = replace(BOARD, capabilities=BOARD.capabilities | m.Capability.EMULATED)
PATIENCE_S = 30.0


class Clock:
    """Time that passes while the test sleeps, and not otherwise; threads that others left behind sleep as ever."""

    def __init__(self) -> None:
        self.now = 0.0
        self._test, self._sleep = threading.get_ident(), time.sleep

    def sleep(self, seconds: float) -> None:
        """See `time.sleep`."""
        if threading.get_ident() == self._test:
            self.now += seconds
        else:
            self._sleep(seconds)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """What all of the host's side takes for the time."""
    made = Clock()
    monkeypatch.setattr(time, "monotonic", lambda: made.now)
    monkeypatch.setattr(time, "monotonic_ns", lambda: int(made.now * 1e9))
    monkeypatch.setattr(time, "sleep", made.sleep)
    return made


def _silent(answer: type[m.Payload], info: m.Info) -> ScriptedDevice:
    """A board that acknowledges everything and never sends one of its answers."""
    return ScriptedDevice(HonestFirmware(info, lambda *_: []), Fault(answer, lambda *_: []))


def _connected(port: ScriptedDevice, emulated: bool = False) -> Device:
    device = Device(port, dead_after_s=PATIENCE_S, emulated=emulated)
    device.connect()
    return device


@pytest.mark.parametrize(
    ("info", "emulated", "waited"),
    [(BOARD, False, "10"), (EMULATED, False, "40"), (BOARD, True, "40")],
    ids=["a board", "it says so", "the host knows"],
)
def test_an_answer_may_take_an_emulator_longer(info: m.Info, emulated: bool, waited: str) -> None:
    with _connected(_silent(m.Status, info), emulated) as device, pytest.raises(HilError) as caught:
        device.status()
    assert f"sent no STATUS within {waited} s" in caught.value.cause


@pytest.mark.parametrize(("info", "waited"), [(BOARD, 10.0), (EMULATED, 40.0)], ids=["a board", "emulated"])
def test_so_may_what_is_out_of_the_ordinary(info: m.Info, waited: float, clock: Clock) -> None:
    with _connected(_silent(m.Echo, info)) as device:
        began = clock.now
        with pytest.raises(HilError, match="did not come to the end of 1 requests"):
            device.exchange([(m.EchoRequest.TYPE, b"")])
        assert waited <= clock.now - began < 1.3 * waited  # with a look into the link behind it


@pytest.mark.parametrize(("info", "waited"), [(BOARD, "30"), (EMULATED, "120")], ids=["a board", "emulated"])
def test_so_may_an_inference(info: m.Info, waited: str) -> None:
    with _connected(_silent(m.TensorResult, info)) as device, pytest.raises(HilError) as caught:
        device.infer(np.zeros((2, 2), np.int8))
    assert f"sent no TENSOR_RESULT within {waited} s" in caught.value.cause


@pytest.mark.parametrize(("info", "waited"), [(BOARD, 30.0), (EMULATED, 120.0)], ids=["a board", "emulated"])
def test_so_may_an_acknowledgement(info: m.Info, waited: float, clock: Clock) -> None:
    port = ScriptedDevice(HonestFirmware(info, lambda *_: []))
    with _connected(port) as device:
        device.status()
        port.deaf, began = True, clock.now
        device.connection.send(m.EchoRequest.TYPE, b"")
        with pytest.raises(LinkError, match="stopped answering"):
            device.connection.receive(1000.0)
        assert waited <= clock.now - began < 2 * waited


def test_another_board_at_the_port_is_no_emulator_any_more() -> None:
    firmware = HonestFirmware(EMULATED, lambda *_: [])
    with _connected(ScriptedDevice(firmware, Fault(m.Status, lambda *_: []))) as device:
        firmware.info = BOARD
        device.connect()
        with pytest.raises(HilError, match="within 10 s"):
            device.status()


def test_what_is_longer_and_what_is_not() -> None:
    limits = Limits(answer_s=1.0, silence_s=2.0, factor=3.0, allowance_s=4.0, rate_try_s=5.0, restart_s=6.0)
    longer = Limits(answer_s=4.0, silence_s=8.0, factor=3.0, allowance_s=16.0, rate_try_s=5.0, restart_s=6.0)
    assert limits.of_emulator() == longer
    assert limits.of_emulator().total_s(10, 10.0) == pytest.approx(3 + 16)
