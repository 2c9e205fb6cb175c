"""A board that takes one frame and no other, and one that refuses what nobody sent."""

import pytest

from ..line.connection import Connection
from ..link import messages as m
from ..link.framing import Frame
from .client import Client, DeviceError, RequestRefusedError
from .device import Device
from .limits import Limits
from .scripted import Fault, HonestFirmware, Raw, ScriptedDevice


class Deaf(ScriptedDevice):
    """One that takes so many requests for a connection, and nothing else."""

    def __init__(self, syncs: int) -> None:
        super().__init__(HonestFirmware(m.Info(), lambda *_: []))
        self._syncs = syncs

    def _take(self, frame: Frame) -> None:
        if frame.type == m.Sync.TYPE and self._syncs:
            self._syncs -= 1
            super()._take(frame)


@pytest.mark.parametrize("syncs", [1, 99])
def test_a_board_of_which_nothing_comes_behind_its_answer_to_sync(syncs: int) -> None:
    client = Client(Deaf(syncs), None, 30.0, None, Limits(answer_s=1.0))
    client.connection.connect(2.0)
    with pytest.raises(DeviceError) as caught:
        client.ask(m.InfoRequest(), m.Info)
    assert "it answered SYNC, and" in caught.value.cause
    hangs = "answers nothing since, not even another SYNC: it hangs, or takes no second frame"
    assert (hangs in caught.value.cause) == (syncs == 1)


def _other_request(_: ScriptedDevice, __: Raw) -> list[Raw]:
    error = m.Error(request=m.BuildRequest.TYPE, code=m.ErrorCode.UNKNOWN_TYPE, text=b"unknown request")
    return [(m.Error.TYPE, error.encode())]


def test_a_refusal_of_what_nobody_sent_is_no_word_about_the_firmwares_age() -> None:
    fault = Fault(m.Echo, _other_request)
    client = Client(
        ScriptedDevice(HonestFirmware(m.Info(), lambda *_: []), fault), None, 30.0, None, Limits()
    )
    client.connection.connect(2.0)
    with pytest.raises(RequestRefusedError) as caught:
        client.ask(m.EchoRequest(data=b"x"), m.Echo)
    assert "BUILD_REQUEST: unknown request, and nothing with that number was sent" in caught.value.cause
    assert "record_ring" in caught.value.cure
    client.connection.send(m.BuildRequest.TYPE)
    with pytest.raises(RequestRefusedError) as caught:
        client.ask(m.EchoRequest(data=b"x"), m.Echo)
    assert "nothing with that number" not in caught.value.cause and "flash the current" in caught.value.cure


def test_what_was_sent_is_known_over_all_connections() -> None:
    with Connection(ScriptedDevice(HonestFirmware(m.Info(), lambda *_: []))) as connection:
        connection.connect(2.0)
        assert not connection.has_sent(m.EchoRequest.TYPE)
        connection.send(m.EchoRequest.TYPE, b"x")
        connection.connect(2.0)
        assert connection.has_sent(m.EchoRequest.TYPE)


@pytest.mark.parametrize("answering", [0, 1, 2])
def test_a_board_that_answers_on_its_first_connections_alone(answering: int) -> None:
    class First(ScriptedDevice):
        """Acknowledges all, and answers until it was connected so often."""

        _connected = 0

        def _take(self, frame: Frame) -> None:
            self._connected += frame.type == m.Sync.TYPE
            super()._take(frame)

        def _send(self, message_type: int, payload: bytes) -> None:
            if self._connected <= answering:
                super()._send(message_type, payload)

    with Device(First(HonestFirmware(m.Info(), lambda *_: [])), limits=Limits(answer_s=0.3)) as device:
        device.connection.connect(1.0)
        for _ in range(answering):
            device.info()
            device.connection.connect(1.0)
        with pytest.raises(DeviceError) as caught:
            device.info()
    assert "sent no INFO within 0.3 s, nor any other message since it was connected" in caught.value.cause
    again = "on a connection before this one it did, so look at what is set back for a new one"
    assert (again in caught.value.cause) is (answering > 0)
