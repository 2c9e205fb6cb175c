"""A board, a device and an interpreter that need no board and no TensorFlow, for tests of everything above them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..line.connection import DeviceResetError
from ..link import messages as m
from ..link.codec import Payload
from ..model.interpreter import Interpreter, Outputs
from .device import OnLog
from .expected import Expected, joined

Int8 = NDArray[np.int8]

Tamper = Callable[[Payload], Iterable[Payload]]


class FakeInterpreter:
    """Scores that follow the loudness of a part of the bands, so that sounds move them; not a model.

    Args:
        bundle: gives shapes, classes and quantisation.
        flaw: added to every score of every window, to make a witness that disagrees.
    """

    name = "fake interpreter"

    def __init__(self, bundle: Bundle, flaw: int = 0) -> None:
        self._bundle = bundle
        self._flaw = flaw

    def reset(self) -> None:
        """It remembers nothing."""

    def run(self, windows: Int8) -> Outputs:
        """int8 [n, frames, bands] to outputs of the bundle's model."""
        model, bands = self._bundle.model, self._bundle.settings.bands
        parts = (
            np.array_split(np.arange(bands), model.classes) if bands >= model.classes else [np.arange(bands)]
        )
        loud = np.stack(
            [windows[:, :, parts[c % len(parts)]].mean(axis=(1, 2)) for c in range(model.classes)], axis=1
        )
        logits = np.clip(np.rint(6 * loud), -128, 127)
        real = 1 / (1 + np.exp(-logits / 16))
        scores = np.rint(real / model.scores.scale) + model.scores.zero_point + self._flaw
        return Outputs(
            np.clip(scores, -128, 127).astype(np.int8),
            logits.astype(np.int8) if model.logits is not None else None,
        )


def bundle_info(bundle: Bundle) -> m.Info:
    """INFO as a virtual board with `bundle` sends it."""
    settings = bundle.settings
    logits = bundle.model.logits is not None
    capabilities = m.Capability.INFERENCE | m.Capability.VIRTUAL_TIME
    return m.Info(
        protocol=m.PROTOCOL_VERSION,
        firmware_version="1.2.3",
        board="virtual",
        chip="x86_64",
        capabilities=capabilities | (m.Capability.LOGITS if logits else 0),
        boot_id=1,
        reset_reason=m.ResetReason.POWER_ON,
        model_hash=bundle.model_hash,
        frontend_hash=bundle.frontend_hash,
        settings_hash=bundle.settings_hash,
        sample_rate=settings.sample_rate,
        window=settings.window,
        hop=settings.hop,
        fft=settings.fft,
        bands=settings.bands,
        frames=bundle.frames,
        stride=bundle.stride,
        classes=len(bundle.labels),
        has_logits=int(logits),
        max_cells=8192,
        max_fft=1024,
        max_bands=128,
        arena_size=65536,
        arena_used=40000,
        clock_hz=1_000_000_000,
        core_ram=18000,
        bundle_name=bundle.name.encode(),
    )


class FakeDevice:
    """Answers as a board does, with the host's own results: a `DeviceUnderTest`.

    Args:
        bundle: what it runs.
        interpreter: its model.
        tamper: turns each result into those that are sent instead: what a test wants to go wrong.
        seed: of the latencies.
        info: what it says of itself; None: the bundle's.
        restarts: in how many of the first streams it restarts, after a few results.
    """

    COLUMNS = 7  # of a FEATURES message
    RESULTS_BEFORE_RESTART = 5

    def __init__(
        self,
        bundle: Bundle,
        interpreter: Interpreter,
        tamper: Tamper | None = None,
        seed: int = 1,
        info: m.Info | None = None,
        restarts: int = 0,
    ) -> None:
        self._bundle = bundle
        self._interpreter = interpreter
        self._tamper = tamper
        self._rng = np.random.default_rng(seed)
        self._restarts = restarts
        self._status = m.Status(uptime_ms=5000)
        self.device_info = bundle_info(bundle) if info is None else info
        self.link_counters: dict[str, int] = {"crc_errors": 0}
        self.connected = 0
        self.closed = False

    def connect(self, timeout_s: float = 10.0) -> m.Info:  # noqa: ARG002
        """See `DeviceUnderTest.connect`."""
        self.connected += 1
        return self.device_info

    def status(self, clear: bool = False) -> m.Status:  # noqa: ARG002
        """See `DeviceUnderTest.status`."""
        return self._status

    def close(self) -> None:
        """See `DeviceUnderTest.close`."""
        self.closed = True

    def stream(
        self, blocks: Iterable[NDArray[np.int16]], features: bool = True, inference: bool = True
    ) -> Iterator[Payload]:
        """See `DeviceUnderTest.stream`."""
        restart = self._restarts > 0
        self._restarts -= restart
        for count, result in enumerate(self._results(blocks, features, inference)):
            if restart and count == self.RESULTS_BEFORE_RESTART:
                self.device_info = replace(self.device_info, boot_id=self.device_info.boot_id + 1)
                raise DeviceResetError(self.device_info.boot_id, "firmware starts")
            yield from (result,) if self._tamper is None else self._tamper(result)

    def _results(
        self, blocks: Iterable[NDArray[np.int16]], features: bool, inference: bool
    ) -> Iterator[Payload]:
        reference = Expected(self._bundle, self._interpreter if inference else None)
        samples = columns = windows = detections = 0
        for block in self._pieces(blocks):
            samples += len(block)
            done = reference.push(block)
            if features and len(done.columns):
                yield m.Features(first_column=columns, cells=done.columns.tobytes())
            columns += len(done.columns)
            if done.outputs is None:
                continue
            for outputs in joined(done.outputs):
                yield self._window(windows, outputs)
                for change in done.changes:
                    if change.window == windows:
                        detections += 1
                        yield m.Detection(
                            label=change.label, active=int(change.active), window=windows, score=change.score
                        )
                windows += 1
        yield m.StreamDone(samples=samples, columns=columns, windows=windows, detections=detections)

    def _pieces(self, blocks: Iterable[NDArray[np.int16]]) -> Iterator[NDArray[np.int16]]:
        """Blocks cut anew, so that each completes `COLUMNS` columns."""
        settings = self._bundle.settings
        rest, size = np.empty(0, np.int16), settings.samples_for(self.COLUMNS)
        for block in blocks:
            rest = np.concatenate([rest, block])
            while len(rest) >= size:
                yield rest[:size]
                rest, size = rest[size:], self.COLUMNS * settings.hop
        yield rest

    def _window(self, index: int, outputs: Int8) -> m.WindowResult:
        classes = self._bundle.model.classes
        slowest = int(self._rng.normal(900_000, 9_000))
        frontend = slowest * self._bundle.stride - int(self._rng.integers(0, 200_000))
        inference = int(self._rng.normal(24_000_000, 60_000) + self._rng.exponential(90_000))
        return m.WindowResult(
            index=index,
            first_column=index * self._bundle.stride,
            frontend_ns=frontend,
            frontend_max_ns=slowest,
            inference_ns=inference,
            total_ns=frontend + inference + 40_000,
            columns=self._bundle.stride,
            classes=classes,
            has_logits=int(len(outputs) > classes),
            outputs=outputs.tobytes(),
        )


class FakeBoard:
    """Leads to a `FakeDevice`: a `BoardUnderTest`.

    Args:
        device: what is connected.
        kind: of board.
    """

    def __init__(self, device: FakeDevice, kind: str = "virtual") -> None:
        self.device = device
        self.kind = kind
        self.description = "a fake"
        self.patience_s = 1.0
        self.closed = False
        self.on_log: OnLog | None = None

    def connect(self, on_log: OnLog | None = None) -> tuple[FakeDevice, m.Info]:
        """See `BoardUnderTest.connect`."""
        self.on_log = on_log
        return self.device, self.device.connect()

    def close(self) -> None:
        """See `BoardUnderTest.close`."""
        self.closed = True
