"""An answer that tells the number of the request before is told as that, once another request shows it."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from ..errors import HilError
from ..link import messages as m
from ..link.codec import Payload
from .device import Device
from .limits import Limits
from .scripted import Fault, HonestFirmware, ScriptedDevice
from .state_before import OTHER, numbered, of_state_before

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


@pytest.mark.parametrize(
    ("requests", "answer", "found"),
    [
        ([m.StreamStart(stream=3)], m.StreamStarted(stream=3), None),
        ([m.StreamStart(stream=3)], m.StreamStarted(stream=4), ("stream", 3)),
        ([m.StreamStart(stream=3), m.StreamStart(stream=5)], m.StreamStarted(stream=3), ("stream", 5)),
        ([m.Audio(), m.TensorBegin(id=7), m.Audio()], m.TensorResult(id=0), ("id", 7)),
        ([m.ProofRequest(nonce=9)], m.Proof(nonce=8), ("nonce", 9)),
        ([m.TraceArm(window=2)], m.TraceArmed(window=1), ("window", 2)),
        ([m.StageArm(column=2)], m.StageArmed(column=1), ("column", 2)),
        ([m.StreamStart(stream=3)], m.Proof(nonce=8), None),
        ([m.Audio()], m.StreamStarted(stream=3), None),
    ],
)
def test_a_number_that_is_not_that_of_the_last_request_is_found(
    requests: list[Payload], answer: Payload, found: tuple[str, int] | None
) -> None:
    assert numbered(requests, answer) == found


@pytest.mark.parametrize(("asked", "other"), [(0, 1), (0xFFFE, 0xFFFF), (0xFFFF, 0xFFFE)])
@pytest.mark.parametrize("second", ["asked", "other", "none", "gone"])
def test_one_more_request_shows_whether_it_is_late(asked: int, other: int, second: str) -> None:
    sent: list[Payload] = []

    def again(requests: Sequence[Payload]) -> Payload | None:
        sent.extend(requests)
        if second == "gone":
            raise HilError("it is gone", "")
        return None if second == "none" else m.StreamStarted(asked if second == "asked" else other)

    requests = [m.StreamStart(stream=asked), m.Audio()]
    told, late = of_state_before(requests, m.StreamStarted(stream=77), again)
    assert sent == [m.StreamStart(stream=other), m.Audio()]
    assert told.startswith(f", stream {asked:,} is right") and late == (second == "asked")
    assert (f"asked next for stream {other:,}, it tells {asked:,}: {BEFORE}" in told) == late


@pytest.mark.parametrize(
    ("told", "words"), [(OTHER, "it tells that: the number of the last stream"), (7, "")]
)
def test_a_number_may_be_the_last_streams(told: int, words: str) -> None:
    sent: list[Payload] = []

    def again(requests: Sequence[Payload]) -> Payload | None:
        sent[:] = requests
        return m.TensorResult(id=told)

    requests = [m.TensorBegin(id=3), m.TensorData()]
    text, late = of_state_before(requests, m.TensorResult(id=9), again)
    assert sent == [m.StreamStart(stream=OTHER), m.StreamEnd(stream=OTHER), *requests] and not late
    assert text.startswith(", id 3 is right") and text.endswith(words) and bool(words) == ("stream" in text)


def test_what_is_asked_aside_does_not_hide_what_was_begun() -> None:
    fault = Fault(m.TensorResult, lambda *_: [(m.TensorResult.TYPE, m.TensorResult(id=77).encode())])
    info = m.Info(frames=1, bands=4, capabilities=m.Capability.INFERENCE)
    board = ScriptedDevice(HonestFirmware(info, lambda *_: []), fault)
    error = _error(board, lambda device: device.infer(np.zeros(4, np.int8), begun=lambda: None))
    assert "it tells id 77, inference_ns 0, total_ns 0, classes 0, has_logits 0, id 1 is right" in error


def test_of_a_right_number_nothing_is_asked() -> None:
    right = m.StreamStarted(stream=7)
    assert of_state_before([m.StreamStart(stream=7)], right, lambda _: pytest.fail("asked")) == ("", False)
