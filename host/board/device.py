"""The firmware's requests and answers as Python calls."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from ..line.connection import Connection, DeviceResetError, LinkError
from ..line.port import BytePort
from ..link import messages as m
from ..link.damaged import how_damaged
from . import tracing
from .audio_stream import AudioStream, StreamResult
from .built_with import built_with
from .client import Client
from .deploying import Progress, Say, abandon, deploy_image, piece_bytes, try_image, use_image
from .disturbing import Disturbed, disturb
from .exchanging import Request, exchange
from .frames_in_pieces import InPieces, frames_in_pieces
from .limits import EMULATED_FACTOR, Limits
from .line_rate import LineRate
from .needless_questions import NeedlessQuestions, needless_questions
from .restarting import asked_again
from .trial import Trial
from .unasked_news import UnaskedNews, unasked_news

BOOT_S = 10.0  # at least, for a board that resets when its port is opened
LIVE_POLL_S = 0.2

LIVE_RESULTS = (m.Features, m.WindowResult, m.LiveDetection)
LiveResult = m.Features | m.WindowResult | m.LiveDetection


class Device:
    """A board with the firmware running on it.

    Every error of the board names it and what it was asked for.

    Args:
        port: an open line to it; closed with this object.
        on_log: called with (level, text) for each of the firmware's log lines.
        dead_after_s: how long it may acknowledge nothing before it counts as dead.
        elf: the firmware on it, so that a crash's backtrace can be decoded.
        emulated: whether it is known to be emulated, which its firmware need not notice.
        limits: how long it may take. One that says that it is emulated is given more, here and in `dead_after_s`.
    """

    def __init__(
        self,
        port: BytePort,
        on_log: Callable[[int, str], None] | None = None,
        dead_after_s: float = 5.0,
        elf: Path | None = None,
        emulated: bool = False,
        limits: Limits | None = None,
    ) -> None:
        self._limits, self._dead_after_s = limits or Limits(), dead_after_s
        self._client = Client(port, on_log, dead_after_s, elf, self._limits)
        self._rate = LineRate(self._client)
        self._boot_s = max(BOOT_S, dead_after_s)
        self._emulated = emulated
        self._number = 0  # of streams and tensors
        self._info: m.Info | None = None

    @property
    def connection(self) -> Connection:
        """The connection below."""
        return self._client.connection

    @property
    def log(self) -> list[str]:
        """The firmware's latest log lines."""
        return self._client.log

    @property
    def log_levels(self) -> dict[int, int]:
        """How many log lines of each level came; the lower a level, the graver."""
        return dict(self._client.levels)

    @property
    def link_counters(self) -> dict[str, int]:
        """The host side's link counters."""
        return self._client.connection.counters

    @property
    def told_limits(self) -> tuple[int, int, int] | None:
        """Bytes of the longest payload and of its receive buffer, as it says, and the most that it let come so far."""
        return self._client.connection.all_limits

    @property
    def damaged_as(self) -> str:
        """What the board does to frames that came damaged, in words; empty: unclear."""
        return how_damaged(self.connection.unread)

    def connect(self, timeout_s: float | None = None) -> m.Info:
        """Take over the board and ask what it is.

        Args:
            timeout_s: for it to answer; long enough for a board to boot when None.

        Raises:
            LinkError: it does not answer.
            FirmwareCrashedError, NotBootingError: it does not come up, and printed why.
        """
        with self._client.doing("connecting"):
            self._client.broken_off = False  # a new connection begins with nothing under way
            try:
                self._rate.connect(self._boot_s if timeout_s is None else timeout_s)
            except LinkError as error:
                self._client.raise_why_it_does_not_come_up(error)
                raise
            info = self.info()
            self._rate.renew(info.boot_id)
        return info

    def info(self) -> m.Info:
        """What the board is: versions, hashes, capabilities, limits."""
        info = self._client.ask(m.InfoRequest(), m.Info)
        if self._emulated:
            info = replace(info, capabilities=info.capabilities | m.Capability.EMULATED)
        emulated = bool(info.capabilities & m.Capability.EMULATED)
        self._client.limits = self._limits.of_emulator() if emulated else self._limits
        self.connection.be_patient(self._dead_after_s * (EMULATED_FACTOR if emulated else 1))
        self._info = info
        return info

    def status(self, clear: bool = False) -> m.Status:
        """The firmware's counters; with `clear` they start anew afterwards."""
        return self._client.ask(m.StatusRequest(clear=int(clear)), m.Status)

    def echo(self, data: bytes) -> bytes:
        """Send up to `connection.max_payload` bytes there and back."""
        return self._client.ask(m.EchoRequest(data=data), m.Echo).data

    def prove(self, nonce: int) -> m.Proof | None:
        """Ask for checksums of the bytes in use; see `host/comparison/proof.py`.

        Args:
            nonce: 32 bits, never used before.

        Returns:
            The board's answer; None when its firmware does not know the request.

        Raises:
            DeviceError: it answers for another nonce, or not in time.
            RequestRefusedError: it cannot read the model that it runs.
        """
        info = self._info or self.info()
        if not info.capabilities & m.Capability.PROOF:
            return None
        client = self._client
        with client.doing("asking for a proof"):
            client.send(m.ProofRequest(nonce=nonce))
            return client.wait_for(m.Proof, accept=lambda answer: answer.nonce == nonce)

    def build(self) -> dict[str, str]:
        """Versions and optimisation levels that its firmware was built with, by name; empty when it does not tell.

        Raises:
            DeviceError: it does not answer in time.
        """
        info = self._info or self.info()
        if not info.capabilities & m.Capability.BUILD:
            return {}
        return built_with(self._client.ask(m.BuildRequest(), m.Build).lines)

    @property
    def max_payload(self) -> int:
        """Bytes that a message to the board may carry."""
        return self._client.connection.max_payload

    def exchange(self, requests: Sequence[Request]) -> list[m.Payload]:
        """Send requests as they are, and return all that they bring, refusals among it.

        Raises:
            DeviceError: it does not come to their end in time.
        """
        with self._client.job("asking it out of the ordinary"):
            return exchange(self._client, requests)

    def disturb(self, requests: Sequence[Request] = ()) -> Disturbed:
        """Make the line suffer on purpose; its counters begin anew.

        Args:
            requests: sent before they do.

        Raises:
            HilError: the board failed.
        """
        with self._client.job("disturbing the line"):
            return disturb(self._client, requests)

    def frames_in_pieces(self) -> InPieces:
        """Send frames together and cut up, and ask for answers in both ways: what the board counts of it."""
        with self._client.job("sending frames in pieces"):
            return frames_in_pieces(self._client)

    def unasked_news(self) -> UnaskedNews:
        """Send what is not answered: whether it is acknowledged, and more may come, before that is asked for."""
        with self._client.job("waiting for acknowledgements"):
            return unasked_news(self._client)

    def needless_questions(self) -> NeedlessQuestions:
        """Let the board alone: whether it asks how far the host is, and how soon behind a request."""
        with self._client.job("waiting for questions"):
            return needless_questions(self._client)

    def infer(self, cells: NDArray[np.int8], begun: Callable[[], None] | None = None) -> m.TensorResult:
        """Run the model on one window's features.

        Args:
            cells: int8, frames × bands cells in any shape.
            begun: called when the board has done all that comes before the last piece of the cells: it loads a model
                that remembers, and takes the other pieces.

        Raises:
            RequestRefusedError: wrong number of cells, no model, or the inference failed.
        """
        client, data, number = self._client, cells.tobytes(), self._next_number()
        with client.job("inferring a tensor"):
            size = piece_bytes(client)
            client.send(m.TensorBegin(id=number, length=len(data)))
            pieces = [m.TensorData(offset=at, data=data[at : at + size]) for at in range(0, len(data), size)]
            for piece in pieces[:-1]:
                client.send(piece)
            if begun is not None:
                client.aside(m.EchoRequest(data=b"begun"), m.Echo)  # answered behind what was asked before
                begun()
            for piece in pieces[-1:]:
                client.send(piece)
            return client.wait_for(
                m.TensorResult, client.limits.silence_s, lambda result: result.id == number
            )

    def stream(
        self, blocks: Iterable[NDArray[np.int16]], features: bool = True, inference: bool = True
    ) -> Iterator[StreamResult]:
        """Stream audio and yield what the board makes of it, the last result being `StreamDone`.

        Audio is taken from `blocks` as the line takes it, so memory stays constant whatever the length.

        Args:
            blocks: int16 mono samples at the bundle's rate, in pieces of any length.
            features: whether every feature column comes back.
            inference: whether the model runs.

        Raises:
            DeviceError: it is done too early, or lost samples, sends far more than the audio makes, or takes too long.
            DeviceResetError, LinkError, PortError, RequestRefusedError: see there; nothing is compared after that.
        """
        flags = (m.StreamFlag.FEATURES if features else 0) | (m.StreamFlag.INFERENCE if inference else 0)
        with self._client.job("streaming audio"):
            info = self._info or self.info()
            stream = AudioStream(self._client, info, self._next_number(), self._rate.bytes_per_s())
            yield from stream.run(blocks, flags)

    def _next_number(self) -> int:
        self._number = (self._number + 1) & 0xFFFF
        return self._number

    def request_reset(self) -> None:
        """Ask the firmware to restart, after all that was sent before. What is used next raises `DeviceResetError`."""
        self._client.send(m.Reset())

    def reset(self, timeout_s: float | None = None) -> m.Info:
        """Restart the firmware, wait until it is up again, and return what it says of itself.

        Where no restart is heard of, it is asked: one that kept its boot id may have restarted.

        Raises:
            HilError: it does not restart, or does not come back.
        """
        client, boot_id, asked_s = self._client, self.connection.boot_id, time.monotonic()
        within_s = client.limits.restart_s if timeout_s is None else timeout_s
        with client.doing("restarting"):
            self.request_reset()
            try:
                while (left := asked_s + within_s - time.monotonic()) > 0:
                    client.receive(min(1.0, left))
            except (DeviceResetError, LinkError):
                return self.connect(within_s)
            return asked_again(client, lambda: self.connect(within_s), self.status, boot_id, asked_s)

    def profile(self) -> list[m.Profile]:
        """Time per op of the last inference.

        Raises:
            RequestRefusedError: the board keeps no profile.
        """
        client = self._client
        with client.doing("asking for the time per op"):
            found = [client.ask(m.ProfileRequest(), m.Profile)]
            deadline = time.monotonic() + client.limits.answer_s
            while len(found) < found[0].count:
                number = len(found)
                left = max(0.0, deadline - time.monotonic())
                found.append(client.wait_for(m.Profile, left, lambda op: op.index == number))  # noqa: B023
            return found

    # ---- traces

    def trace_arm(self, window: int, shift: int = 0) -> m.TraceArmed:
        """Have the next stream, or tensor, traced at one of its windows; see docs/protocol.md.

        Args:
            window: its number in that stream; a tensor's is 0.
            shift: the arena lies that many times 16 bytes further from now on.

        Raises:
            TraceUnsupportedError: the firmware is older than traces, or this board cannot move its arena.
            RequestRefusedError: no model is loaded, or the arena moved is too small.
        """
        self._require(m.Capability.TRACE, "tell what each op gives")
        if shift:
            self._require(m.Capability.SHIFT, "move its arena")
        with self._client.doing("arming a trace"):
            return tracing.arm(self._client, window, shift)

    def trace_ops(self) -> list[tracing.TracedTensor]:
        """Run the last window again, and return what each op gave, in the order of computing.

        Raises:
            RequestRefusedError: there is no window to be run again; or the model remembers and what it remembered was
                not kept, because nothing was armed or, with the figures, for lack of memory.
            DeviceError: the board tells nonsense.
        """
        self._require(m.Capability.TRACE, "tell what each op gives")
        with self._client.doing("tracing a window"):
            return tracing.ops(self._client)

    def trace_bytes(
        self, source: m.TraceSource, index: int, offset: int = 0, length: int | None = None
    ) -> bytes:
        """Bytes of a traced tensor: of record `index` of `trace_ops`, or of a model input or output.

        Args:
            source: which of the three.
            index: see there.
            offset: of the first byte.
            length: how many; None: up to its end.

        Raises:
            RequestRefusedError: as `trace_ops`; or there is no such tensor, or it ends before.
        """
        self._require(m.Capability.TRACE, "send tensors")
        with self._client.job("fetching a tensor"):
            return tracing.tensor_bytes(self._client, source, index, offset, length)

    def stage_names(self) -> list[str]:
        """Names of the front end's stages in use, in the order of computing; what `stage_arm` takes is their number.

        Raises:
            TraceUnsupportedError: the firmware is older than traces.
        """
        self._require(m.Capability.STAGES, "tell what its front end's stages give")
        with self._client.doing("asking for the front end's stages"):
            return tracing.stage_names(self._client)

    def stage_arm(self, column: int, stage: int, offset: int, length: int) -> m.StageArmed:
        """Have the next stream bring a `StageBytes` with bytes of a stage for a column.

        Args:
            column: its number in that stream.
            stage: number of the stage, from 0.
            offset: of the first byte.
            length: how many at most; one message holds no more than its payload.

        Raises:
            RequestRefusedError: there is no such stage.
        """
        self._require(m.Capability.STAGES, "tell what its front end's stages give")
        with self._client.doing("arming a stage"):
            return tracing.arm_stage(self._client, column, stage, offset, length)

    def open_case(
        self, model: bytes, inputs: Sequence[bytes], progress: Progress | None = None
    ) -> m.CaseOpened:
        """Have the board load a model that is no bundle, for `trace_ops` and `trace_bytes`, until `close_case`.

        Args:
            model: a `.tflite` file of any inputs and outputs.
            inputs: the bytes of each of its inputs.
            progress: called with (bytes sent, bytes in all).

        Raises:
            DeployRefusedError: the board lacks an op, or its arena is too small; the words name which, and by how much.
            TraceUnsupportedError: the board cannot run cases.
        """
        self._require(m.Capability.REPLAY, "run a model that is no bundle")
        with self._client.job("opening a case"):
            return tracing.open_case(self._client, model, list(inputs), self._rate.bytes_per_s(), progress)

    def close_case(self) -> None:
        """Go back to the bundle that was in use."""
        with self._client.doing("closing a case"):
            abandon(self._client)

    def use_image(self, image: bytes, progress: Progress | None = None) -> m.DeployStatus:
        """Have the board use a bundle image without keeping it, until `leave_image` or a restart.

        Args:
            image: from `host.bundle.image.bundle_image`.
            progress: called with (bytes sent, bytes in all).

        Raises:
            DeployRefusedError: the board cannot run it, or it does not fit the slot; its bundle stays in use.
            TraceUnsupportedError: the board has no trials.
        """
        self._require(m.Capability.TRIAL, "run a bundle without keeping it")
        with self._client.doing("trying an image"):
            self._info = None
            return use_image(self._client, image, self._rate.bytes_per_s(), progress)

    def leave_image(self) -> None:
        """Go back to the bundle that was in use before `use_image`."""
        with self._client.doing("ending a trial"):
            self._info = None
            abandon(self._client)

    def _require(self, capability: m.Capability, what: str) -> None:
        tracing.require(self._client, self._info or self.info(), capability, what)

    def negotiate_baud(self, rates: Sequence[int]) -> int | None:
        """Change to the first of `rates` that carries an echo burst; the boot rate stays when none does.

        Returns:
            The rate in use, or None when the line has none to change.
        """
        with self._client.doing("changing the line's speed"):
            return self._rate.negotiate(rates)

    def deploy(
        self,
        image: bytes,
        progress: Progress | None = None,
        trial: Trial | None = None,
        keep: bool = False,
        say: Say = lambda _: None,
    ) -> m.DeployStatus:
        """Send a bundle image and make it the one in use. An empty image goes back to the bundle compiled in.

        Args:
            image: from `host.bundle.image.bundle_image`.
            progress: called with (bytes sent, bytes in all).
            trial: what the board must compute before the image is kept; needs the capability TRIAL.
            keep: keep it even when it departs on trial; `say` is told.
            say: see there.

        Raises:
            DeployRefusedError: the board cannot run it; its old bundle stays in use.
            TrialFailedError: it departs on trial; likewise.
            TrialCrashedError: it crashed the board, which boots its old bundle.
            HilError: the board is busy, or is lost.
        """
        with self._client.doing("deploying a bundle"):
            client, rate = self._client, self._rate.bytes_per_s()
            self._info = None  # another bundle, another INFO: what its streams may bring follows from it
            if trial is None or not image:
                return deploy_image(client, image, rate, progress)
            return deploy_image(
                client, image, rate, progress, lambda: try_image(client, trial, self.infer, keep, say)
            )

    def live(self, features: bool = False) -> Iterator[LiveResult | None]:
        """Let the board listen to its microphone; yield what it hears, or None when nothing came for a while.

        Raises:
            RequestRefusedError: the board has no microphone.
        """
        client = self._client
        with client.doing("listening"):
            client.send(m.LiveStart(flags=m.StreamFlag.FEATURES if features else 0))
            client.wait_for(m.StreamStarted)
            try:
                while True:
                    result = client.next(LIVE_POLL_S)
                    if isinstance(result, LIVE_RESULTS):
                        yield result
                    elif result is not None:
                        raise client.unasked(result)
                    else:
                        yield None  # who listens wants to look at the clock
            finally:
                client.ask(m.LiveStop(), m.StreamDone, passing=LIVE_RESULTS)

    def close(self) -> None:
        """Release the port."""
        self._client.connection.close()

    def __enter__(self) -> "Device":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
