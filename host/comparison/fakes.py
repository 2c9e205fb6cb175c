"""A board, a device and an interpreter that need no board and no TensorFlow, for tests of everything above them."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..board.disturbing import Disturbed
from ..board.interface import BoardFacts
from ..bundle.load import Bundle
from ..core.c_frontend import FrontEnd
from ..core.session_answers import Owed
from ..detector.detector import Detector
from ..line.connection import DeviceResetError
from ..link import messages as m
from ..link.codec import Payload
from ..model.interpreter import Interpreter, Outputs, joined
from .checks.answers import Request, cases
from .checks.checked import ANSWERS, LINE, STREAMS, TAKEOVER, WINDOWS, Checked
from .checks.takeover import unfinished
from .device import DeviceUnderTest, OnLog
from .expected import Expected
from .proof import expected_proof
from .record import RunRecord

Int8 = NDArray[np.int8]

Tamper = Callable[[Payload], Iterable[Payload]]
Spoil = Callable[[list[Payload]], list[Payload]]


BARE_NS = 100  # of "inference" where the model does not run


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
    capabilities = m.Capability.INFERENCE | m.Capability.VIRTUAL_TIME | m.Capability.DETECTORS
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
        status: turns each STATUS into the one that is sent instead.
        proof: turns each proof into the one that is sent instead, or into None.
        probe: turns each single inference's result into the one that is sent instead.
        answers: turns the answers to requests out of the ordinary into those that come instead.
        streamed: turns what streams bring that are sent as requests into what comes instead.
        taken_over: turns the answers to a host that took it over into those that come instead.
        disturbed: turns what it counts of a disturbed line into what it says instead.
        front_end: makes the front end of each stream; None: the bundle's.
        detector: makes the detector of each stream; None: the bundle's.
        quick: whether its times are so short that even a fake's stream takes longer.
    """

    COLUMNS = 7  # of a FEATURES message
    RESULTS_BEFORE_RESTART = 5
    BOOTED_S = 5.0  # before it is first asked

    def __init__(
        self,
        bundle: Bundle,
        interpreter: Interpreter,
        tamper: Tamper | None = None,
        seed: int = 1,
        info: m.Info | None = None,
        restarts: int = 0,
        status: Callable[[m.Status], m.Status] = lambda status: status,
        proof: Callable[[m.Proof], m.Proof | None] = lambda proof: proof,
        probe: Callable[[m.TensorResult], m.TensorResult] = lambda result: result,
        answers: Spoil = lambda answers: answers,
        streamed: Spoil = lambda answers: answers,
        taken_over: Spoil = lambda answers: answers,
        disturbed: Callable[[Disturbed], Disturbed] = lambda disturbed: disturbed,
        front_end: Callable[[], FrontEnd] | None = None,
        detector: Callable[[], Detector] | None = None,
        quick: bool = False,
    ) -> None:
        self._bundle = bundle
        self._interpreter = interpreter
        self._tamper = tamper
        self._rng = np.random.default_rng(seed)
        self._restarts = restarts
        self._change_status = status
        self._change_proof = proof
        self._change_probe = probe
        self._change_answers, self._change_disturbed = answers, disturbed
        self._change_streamed, self._change_taken_over = streamed, taken_over
        self._front_end, self._detector = front_end, detector
        self._quick = quick
        self._column_ns, self._inference_ns = (2_000, 20_000) if quick else (900_000, 24_000_000)
        self._booted_s = time.monotonic() - self.BOOTED_S
        self._inferences = 0
        self._last: tuple[bytes, bytes] | None = None  # the last window that was sent, and its outputs
        self._done = m.StreamDone()
        self.device_info = bundle_info(bundle) if info is None else info
        self.link_counters: dict[str, int] = {"damaged_frames": 0, "retransmitted": 0}
        self.connected = 0
        self.closed = False

    def connect(self, timeout_s: float | None = None) -> m.Info:
        """See `DeviceUnderTest.connect`; without a limit as a check of a run takes it over, which is not counted."""
        self.connected += timeout_s is not None
        return self.device_info

    def info(self) -> m.Info:
        """See `DeviceUnderTest.info`."""
        return self.device_info

    def status(self, clear: bool = False) -> m.Status:
        """See `DeviceUnderTest.status`."""
        status = replace(
            sample_status(),
            uptime_ms=int((time.monotonic() - self._booted_s) * 1000),
            columns=self._done.columns,
            windows=self._done.windows,
            inferences=self._inferences,
        )
        if not clear:
            self.link_counters |= {
                "tx_frames": 395,
                "rx_frames": 410,
                "tx_bytes": 399_000,
                "rx_bytes": 401_000,
            }
        return self._change_status(status)

    def echo(self, data: bytes) -> bytes:
        """See `DeviceUnderTest.echo`."""
        return data

    def infer(self, cells: Int8, begun: Callable[[], None] | None = None) -> m.TensorResult:
        """See `DeviceUnderTest.infer`."""
        if begun is not None:
            begun()
        began = time.perf_counter()
        self._inferences += 1
        took = self._inference_ns
        if self._last is None or self._last[0] != cells.tobytes():  # as quick as it says when asked again
            window = cells.reshape(1, self._bundle.frames, self._bundle.settings.bands)
            self._last = cells.tobytes(), joined(self._interpreter.run(window)).tobytes()
        while self._quick and time.perf_counter() - began < took / 1e9:
            pass  # nor quicker
        return self._change_probe(
            m.TensorResult(
                inference_ns=took,
                total_ns=took,
                classes=self._bundle.model.classes,
                outputs=self._last[1],
            )
        )

    max_payload = m.MAX_PAYLOAD

    def exchange(self, requests: list[Request]) -> list[Payload]:
        """See `Exchanging.exchange`; it knows what is owed for the cases that are asked, streams, and no more."""
        for case in cases(self._bundle, self.device_info, self.max_payload):
            if list(case.requests) == requests:
                return self._change_answers([answer_of(owed) for owed in case.owed])
        for begun in unfinished(self._bundle, self.device_info, False):
            if list(begun.left) == requests:
                return []
            if list(begun.then.requests) == requests:
                return self._change_taken_over([answer_of(owed) for owed in begun.then.owed])
        return self._change_streamed(self._streamed([m.decode(*request) for request in requests]))

    def _streamed(self, requests: list[Payload]) -> list[Payload]:
        """What a stream brings, whatever its pieces."""
        answers: list[Payload] = []
        start, samples = m.StreamStart(), b""
        for request in requests:
            if isinstance(request, m.StreamStart):
                start, samples = request, b""
                answers.append(m.StreamStarted(stream=request.stream))
            elif isinstance(request, m.Audio):
                samples += request.samples
            elif isinstance(request, m.StreamEnd):
                flags = (bool(start.flags & flag) for flag in (m.StreamFlag.FEATURES, m.StreamFlag.INFERENCE))
                for result in self._results([np.frombuffer(samples, "<i2")], *flags):
                    done = isinstance(result, m.StreamDone)
                    answers.append(replace(self._done, stream=start.stream) if done else result)
            elif isinstance(request, m.EchoRequest):
                answers.append(m.Echo(request.data))
            elif isinstance(request, m.InfoRequest):
                answers.append(self.device_info)
            elif isinstance(request, m.StatusRequest):
                answers.append(self.status())
        return answers

    def disturb(self, _: Sequence[Request] = ()) -> Disturbed:
        """See `Disturbing.disturb`."""
        before = sample_status()
        after = replace(
            before,
            crc_errors=before.crc_errors + 3,
            framing_errors=before.framing_errors + 2,
            noise_bytes=before.noise_bytes + 50,
            duplicates=before.duplicates + 1,
            gaps=before.gaps + 3,
            retransmitted=before.retransmitted + 4,
        )
        cleared = replace(sample_status(), rx_frames=2, rx_bytes=40, tx_frames=2, tx_bytes=200)
        return self._change_disturbed(Disturbed(before, after, cleared, 3, 2, 50, 1))

    def prove(self, nonce: int) -> m.Proof | None:
        """See `Proving.prove`."""
        return self._change_proof(expected_proof(self._bundle, nonce))

    def build(self) -> dict[str, str]:
        """See `Telling.build`."""
        return {"compiler": "GCC 14.2.0", "esp-nn": "1.2.3 O2", "elf": "0123456789abcdef"}

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
                self._booted_s = time.monotonic()
                self._inferences = 0
                raise DeviceResetError(self.device_info.boot_id, "firmware starts")
            yield from (result,) if self._tamper is None else self._tamper(result)

    def _results(
        self, blocks: Iterable[NDArray[np.int16]], features: bool, inference: bool
    ) -> Iterator[Payload]:
        reference = Expected(
            self._bundle,
            self._interpreter if inference else None,
            front_end=self._front_end() if self._front_end else None,
            detector=self._detector() if self._detector else None,
        )
        samples = columns = windows = detections = 0
        for block in self._pieces(blocks):
            samples += len(block)
            done = reference.push(block)
            if features and len(done.columns):
                yield m.Features(first_column=columns, cells=done.columns.tobytes())
            columns += len(done.columns)
            if not inference:
                for index in range(windows, self._windows_of(columns)):
                    yield self._window(index, np.empty(0, np.int8))
                windows = self._windows_of(columns)
            if done.outputs is None:
                continue
            for outputs in joined(done.outputs):
                self._inferences += 1
                yield self._window(windows, outputs)
                for change in done.changes:
                    if change.window == windows:
                        detections += 1
                        yield m.Detection(
                            label=change.label, active=int(change.active), window=windows, score=change.score
                        )
                windows += 1
        self._done = m.StreamDone(samples=samples, columns=columns, windows=windows, detections=detections)
        yield self._done

    def _windows_of(self, columns: int) -> int:
        return max(0, (columns - self._bundle.frames) // self._bundle.stride + 1)

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
        columns = self._bundle.stride if index else self._bundle.frames
        unit = self._column_ns
        slowest = int(self._rng.normal(unit, unit / 100))
        frontend = slowest * columns - int(self._rng.integers(0, unit // 4))
        unit = self._inference_ns if len(outputs) else BARE_NS
        inference = int(self._rng.normal(unit, unit / 400) + self._rng.exponential(unit / 250))
        return m.WindowResult(
            index=index,
            first_column=index * self._bundle.stride,
            frontend_ns=frontend,
            frontend_max_ns=slowest,
            inference_ns=inference,
            total_ns=frontend + inference,
            columns=columns,
            classes=classes if len(outputs) else 0,
            has_logits=int(len(outputs) > classes),
            outputs=outputs.tobytes(),
        )


def answer_of(owed: Owed) -> Payload:
    """An answer that is the one owed, with a reason where it refuses."""
    refuses = owed.kind is m.Error or owed.fields.get("state") == m.DeployState.REFUSED
    return owed.kind(**({"text": b"why"} if refuses else {}) | owed.fields)


def sample_status() -> m.Status:
    """STATUS of a virtual board on a whole line."""
    return m.Status(
        uptime_ms=5000,
        rx_frames=400,
        rx_bytes=400_000,
        tx_frames=400,
        tx_bytes=400_000,
        rx_high_water=90,
        rx_size=5632,
        tx_high_water=800,
        tx_size=2816,
    )


def settle(run: RunRecord) -> None:
    """Give a run of hand-made files all that an honest board would have told besides."""
    run.complete = True
    if not run.info.protocol:
        run.info = bundle_info(run.bundle)
    run.last_info = run.info
    run.log.dropped = 0
    run.status = sample_status()
    run.nonce = 1
    run.proof = expected_proof(run.bundle, 1)
    run.facts = facts_of(run.board)
    run.checks = {name: Checked("asked") for name in (ANSWERS, STREAMS, TAKEOVER, WINDOWS, LINE)}
    for file in run.files:
        file.wall_s = 1e6
        file.status = replace(sample_status(), columns=file.columns_received, windows=file.windows)


def facts_of(kind: str) -> BoardFacts:
    """What is known beforehand of a fake."""
    return BoardFacts(exact_line=kind == "virtual")


class FakeBoard:
    """Leads to a `FakeDevice`: a `BoardUnderTest`.

    Args:
        device: what is connected.
        kind: of board.
        logs: (level, text) of lines that it logs when it is connected.
    """

    def __init__(
        self, device: FakeDevice, kind: str = "virtual", logs: Iterable[tuple[int, str]] = ()
    ) -> None:
        self._logs = list(logs)
        self.device = device
        self.kind = kind
        self.facts = facts_of(kind)
        self.description = "a fake"
        self.patience_s = 1.0
        self.closed = False
        self.on_log: OnLog | None = None

    def connect(self, on_log: OnLog | None = None) -> tuple[DeviceUnderTest, m.Info]:
        """See `BoardUnderTest.connect`."""
        self.on_log = on_log
        for level, text in self._logs:
            if on_log is not None:
                on_log(level, text)
        return self.device, self.device.connect(10.0)

    def close(self) -> None:
        """See `BoardUnderTest.close`."""
        self.closed = True
