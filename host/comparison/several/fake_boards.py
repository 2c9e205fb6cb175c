"""Fake boards that can be sent to a process of their own, and what goes wrong with them there."""

import os
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...board.connecting import WrongKindError
from ...bundle.load import Bundle
from ...line.connection import LinkError
from ...line.port import PortError
from ...link import messages as m
from ...link.codec import Payload
from ...model.interpreter import Interpreter
from ..device import DeviceUnderTest, OnLog
from ..fakes import FakeBoard, FakeDevice, FakeInterpreter, bundle_info


def fake_interpreters(bundle: Bundle) -> tuple[Interpreter, Interpreter | None]:
    """The expected side, and a witness that agrees."""
    return FakeInterpreter(bundle), FakeInterpreter(bundle)


class _Device(FakeDevice):
    """Fails in its `at`th stream, in the way that is named."""

    way = ""
    at = 0
    least_samples = 0
    pause_s = 0.0
    streams = 0

    def stream(
        self, blocks: Iterable[NDArray[np.int16]], features: bool = True, inference: bool = True
    ) -> Iterator[Payload]:
        """See `DeviceUnderTest.stream`."""
        self.streams += 1
        time.sleep(self.pause_s)
        for result in super().stream(blocks, features, inference):
            failing = self.streams >= self.at > 0
            if isinstance(result, m.StreamDone) and result.samples >= self.least_samples:
                self._fail(failing)
            yield result

    def _fail(self, failing: bool) -> None:
        if failing and self.way == "dies":
            raise LinkError("the board does not answer any more", "look at its plug")
        if failing and self.way == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if failing and self.way == "fault":
            raise KeyError("a fault of this program")
        if failing and self.way == "hangs":
            time.sleep(600)


def _wrong_score(message: Payload) -> list[Payload]:
    if isinstance(message, m.WindowResult) and message.index == 3 and message.outputs:
        outputs = np.frombuffer(message.outputs, np.int8).copy()
        outputs[0] ^= 1
        return [replace(message, outputs=outputs.tobytes())]
    return [message]


def _right_window(result: m.TensorResult) -> m.TensorResult:
    return result


def _wrong_window(result: m.TensorResult) -> m.TensorResult:
    outputs = np.frombuffer(result.outputs, np.int8).copy()
    outputs[0] ^= 1
    return replace(result, outputs=outputs.tobytes())


@dataclass
class SentBoard:
    """A `BoardUnderTest` whose device is made where it is connected.

    Attributes:
        bundle: what it runs.
        way: what goes wrong: "dies", "killed", "fault", "hangs", "unreachable", "wrong kind", "wrong score",
            "wrong window", "other build".
        at: in which stream, from 1, and in each one after it.
        least_samples: only in streams of so many samples.
        pause_s: before each stream.
    """

    bundle: Bundle
    way: str = ""
    at: int = 1
    least_samples: int = 0
    pause_s: float = 0.0
    kind: str = "virtual"
    description: str = "a fake"
    patience_s: float = 1.0

    def connect(self, on_log: OnLog | None = None) -> tuple[DeviceUnderTest, m.Info]:
        """See `BoardUnderTest.connect`."""
        if self.way == "unreachable":
            raise PortError("there is no port /dev/nowhere", "plug it in")
        if self.way == "wrong kind":
            raise WrongKindError(
                "farm.toml says esp32, and what answers is 'virtual'", "correct the kind there"
            )
        info = bundle_info(self.bundle)
        if self.way == "other build":
            info = replace(info, firmware_version="1.2.4")
        tamper = _wrong_score if self.way == "wrong score" else None
        probe = _wrong_window if self.way == "wrong window" else _right_window
        device = _Device(
            self.bundle, FakeInterpreter(self.bundle), tamper, quick=True, info=info, probe=probe
        )
        device.way, device.at, device.least_samples = self.way, self.at, self.least_samples
        device.pause_s = self.pause_s
        logs = [(m.LogLevel.INFO, "firmware starts")]
        return FakeBoard(device, self.kind, logs).connect(on_log)

    def close(self) -> None:
        """See `BoardUnderTest.close`."""
