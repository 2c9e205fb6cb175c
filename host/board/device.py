"""The firmware's requests and answers as Python calls."""

import binascii
import contextlib
import hashlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from ..errors import HilError
from ..line.connection import KNOWN_RATES, Connection, DeviceResetError, LinkError
from ..line.port import BytePort
from ..link import messages as m
from ..link.events import Message
from ..link.protocol import BOOT_BAUD
from .crash import FirmwareCrashedError, decode, find_crash

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

ANSWER_TIMEOUT_S = 10.0
SILENCE_TIMEOUT_S = 30.0  # of a stream: longer than any window's inference
AHEAD_BYTES = 64 * 1024  # audio queued before the board's answers are waited for: what keeps memory constant
AUDIO_SAMPLES = m.MAX_PAYLOAD // 2  # one full frame
PIECE_BYTES = m.MAX_PAYLOAD - 8  # of a tensor or an image: a multiple of 4 that fits a frame with its offset
RECENT_LOG_LINES = 200
RATE_TRY_S = 2.0  # for a board to answer at a rate, before another one is tried

Answer = TypeVar("Answer", bound=m.Payload)
StreamResult = m.Features | m.WindowResult | m.Detection | m.StreamDone
LiveResult = m.Features | m.WindowResult | m.LiveDetection


class RequestRefusedError(HilError):
    """The board answered a request with an error of its own."""

    def __init__(self, error: m.Error) -> None:
        request = m.name_of(error.request)
        numbers = f" (value {error.value}, limit {error.limit})" if error.value or error.limit else ""
        super().__init__(
            f"the board refused {request}: {error.text.decode('utf-8', 'replace')}{numbers}",
            "see firmware/README.md for what this board supports, and flash the current firmware if it is an older one",
        )
        self.code = error.code
        self.error = error


class DeployRefusedError(HilError):
    """The board keeps its old bundle."""


class Device:
    """A board with the firmware running on it.

    Args:
        port: an open line to it; closed with this object.
        elf: the firmware on it, so that a crash's backtrace can be decoded.
        on_log: called with (level, text) for each of the firmware's log lines.
        dead_after_s: how long it may acknowledge nothing before it counts as dead.
    """

    def __init__(
        self,
        port: BytePort,
        on_log: Callable[[int, str], None] | None = None,
        dead_after_s: float = 5.0,
        elf: Path | None = None,
    ) -> None:
        self.connection = Connection(port, dead_after_s=dead_after_s)
        self.log: list[str] = []
        self._on_log = on_log
        self._elf = elf
        self._stream_id = 0
        self._rate = BOOT_BAUD
        self._wanted_rates: list[int] = []
        self._fast_boot_id: int | None = None  # the boot in which the rate was last negotiated

    @property
    def link_counters(self) -> dict[str, int]:
        """The host side's link counters."""
        return self.connection.counters

    def connect(self, timeout_s: float = 10.0) -> m.Info:
        """Take over the board and ask what it is.

        Raises:
            LinkError: it does not answer.
        """
        self._find(timeout_s)
        info = self.info()
        if self._wanted_rates and info.boot_id != self._fast_boot_id:  # a restart went back to the boot rate
            self.negotiate_baud(self._wanted_rates)
        return info

    def _find(self, timeout_s: float) -> None:
        """Connect at whatever rate the board is at: a run that was broken off may have left it at another."""
        if not self.connection.port.has_rate:
            self.connection.connect(timeout_s)
            return
        deadline = time.monotonic() + timeout_s
        for rate in itertools.cycle([self._rate, *(rate for rate in KNOWN_RATES if rate != self._rate)]):
            self._set_rate(rate)
            try:
                self.connection.connect(min(RATE_TRY_S, timeout_s))
                return
            except LinkError:
                if time.monotonic() > deadline:
                    raise

    def _set_rate(self, rate: int) -> None:
        if rate != self._rate:
            self.connection.port.set_baud(rate)
            self._rate = rate

    def _receive(self, timeout_s: float) -> Message | None:
        """The connection's next message; a board lost after printing a crash is `FirmwareCrashedError`."""
        try:
            return self.connection.receive(timeout_s)
        except (DeviceResetError, LinkError) as error:
            crash = find_crash(self.connection.noise.decode("utf-8", "replace"))
            if crash is None:
                raise
            self.connection.noise.clear()  # told once
            raise FirmwareCrashedError(
                decode(crash, self._elf) if self._elf is not None else crash
            ) from error

    def _next(self, timeout_s: float) -> m.Payload | None:
        """The next message that is neither a log line nor an error."""
        message = self._receive(timeout_s)
        if message is None:
            return None
        payload = m.decode(message.type, message.payload)
        if isinstance(payload, m.Log):
            text = payload.text.decode("utf-8", "replace")
            self.log = [*self.log[-RECENT_LOG_LINES:], text]
            if self._on_log is not None:
                self._on_log(payload.level, text)
            return None
        if isinstance(payload, m.Error):
            raise RequestRefusedError(payload)
        return payload

    def _ask(self, request: m.Payload, kind: type[Answer], timeout_s: float = ANSWER_TIMEOUT_S) -> Answer:
        self._send(request)
        return self._await(kind, timeout_s)

    def _send(self, request: m.Payload) -> None:
        self.connection.send(request.TYPE, request.encode())

    def _await(self, kind: type[Answer], timeout_s: float = ANSWER_TIMEOUT_S) -> Answer:
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            payload = self._next(left)
            if isinstance(payload, kind):
                return payload  # anything else is left over from what was broken off before
        raise HilError(
            f"the board at {self.connection.port.name} acknowledged a request but sent no {kind.__name__} "
            f"within {timeout_s:g} s",
            "the firmware may be older than the host: flash it again",
        )

    def info(self) -> m.Info:
        """What the board is: versions, hashes, capabilities, limits."""
        return self._ask(m.InfoRequest(), m.Info)

    def status(self, clear: bool = False) -> m.Status:
        """The firmware's counters; with `clear` they start anew afterwards."""
        return self._ask(m.StatusRequest(clear=int(clear)), m.Status)

    def echo(self, data: bytes) -> bytes:
        """Send up to 1024 bytes there and back."""
        return self._ask(m.EchoRequest(data=data), m.Echo).data

    def infer(self, cells: "npt.NDArray[np.int8]") -> m.TensorResult:
        """Run the model on one window's features.

        Args:
            cells: int8, frames × bands cells in any shape.

        Raises:
            RequestRefusedError: wrong number of cells, no model, or the inference failed.
        """
        data = cells.tobytes()
        self._stream_id = (self._stream_id + 1) & 0xFFFF
        self._send(m.TensorBegin(id=self._stream_id, length=len(data)))
        for offset in range(0, len(data), PIECE_BYTES):
            self._send(m.TensorData(offset=offset, data=data[offset : offset + PIECE_BYTES]))
        while True:
            result = self._await(m.TensorResult, SILENCE_TIMEOUT_S)
            if result.id == self._stream_id:
                return result

    def stream(
        self, blocks: "Iterable[npt.NDArray[np.int16]]", features: bool = True, inference: bool = True
    ) -> Iterator[StreamResult]:
        """Stream audio and yield what the board makes of it, the last result being `StreamDone`.

        Audio is taken from `blocks` as the line takes it, so memory stays constant whatever the length.

        Args:
            blocks: int16 mono samples at the bundle's rate, in pieces of any length.
            features: whether every feature column comes back.
            inference: whether the model runs.

        Raises:
            DeviceResetError, LinkError, PortError, RequestRefusedError: see there; nothing is compared after that.
        """
        self._stream_id = (self._stream_id + 1) & 0xFFFF
        stream = self._stream_id
        flags = (m.StreamFlag.FEATURES if features else 0) | (m.StreamFlag.INFERENCE if inference else 0)
        self._send(m.StreamStart(stream=stream, flags=flags))
        while self._await(m.StreamStarted).stream != stream:
            pass
        source = _audio_frames(blocks)
        ended = False
        silent_since = time.monotonic()
        while True:
            while not ended and self.connection.pending_bytes < AHEAD_BYTES:
                piece = next(source, None)
                if piece is None:
                    self._send(m.StreamEnd(stream=stream))
                    ended = True
                else:
                    self.connection.send(m.Audio.TYPE, piece)
            before = self.connection.pending_bytes
            result = self._next(0.05)
            if isinstance(result, m.Features | m.WindowResult | m.Detection):
                yield result
            elif isinstance(result, m.StreamDone) and result.stream == stream:
                yield result
                return
            if result is not None or self.connection.pending_bytes != before:
                silent_since = time.monotonic()
            elif time.monotonic() - silent_since > SILENCE_TIMEOUT_S:
                raise HilError(
                    f"the board took all audio but sent no results for {SILENCE_TIMEOUT_S:.0f} s",
                    "its inference may hang: press its reset, and look at its log",
                )

    def request_reset(self) -> None:
        """Ask the firmware to restart, after all that was sent before. What is used next raises `DeviceResetError`."""
        self._send(m.Reset())

    def reset(self, timeout_s: float = 30.0) -> m.Info:
        """Restart the firmware, wait until it is up again, and return what it says of itself.

        Raises:
            HilError: it does not restart, or does not come back.
        """
        self.request_reset()
        deadline = time.monotonic() + timeout_s
        try:
            while time.monotonic() < deadline:
                self._receive(1.0)
        except (DeviceResetError, LinkError):
            return self.connect(timeout_s)
        raise HilError("the board did not restart on request", "press its reset button")

    def profile(self) -> list[m.Profile]:
        """Time per op of the last inference.

        Raises:
            RequestRefusedError: the board keeps no profile.
        """
        first = self._ask(m.ProfileRequest(), m.Profile)
        return [first] + [self._await(m.Profile) for _ in range(first.count - 1)]

    def negotiate_baud(self, rates: Iterable[int]) -> int | None:
        """Change to the first of `rates` that carries an echo burst; the boot rate stays when none does.

        Returns:
            The rate in use, or None when the line has none to change.
        """
        self._wanted_rates = list(rates)
        for rate in self._wanted_rates:
            try:
                self._ask(m.Baud(rate=rate), m.BaudReady)
            except RequestRefusedError:
                self._wanted_rates = []
                return None
            self.connection.flush()
            time.sleep(0.02)  # the board changes once our acknowledgement arrived
            self._set_rate(rate)
            with contextlib.suppress(HilError):
                if self._echo_burst():
                    self._fast_boot_id = self.connection.boot_id
                    return rate
            self._set_rate(BOOT_BAUD)
            time.sleep(1.2)  # the board goes back by itself when nothing readable arrives
            self.connection.connect()
        self._fast_boot_id = self.connection.boot_id
        return BOOT_BAUD

    def _echo_burst(self, count: int = 8) -> bool:
        pattern = bytes(range(256)) * 4
        return all(self.echo(pattern[i:] + pattern[:i]) == pattern[i:] + pattern[:i] for i in range(count))

    def deploy(self, image: bytes, progress: Callable[[int, int], None] | None = None) -> m.DeployStatus:
        """Send a bundle image and make it the one in use. An empty image goes back to the bundle compiled in.

        Args:
            image: from `host.bundle.image.bundle_image`.
            progress: called with (bytes sent, bytes in all).

        Raises:
            DeployRefusedError: the board cannot run it; its old bundle stays in use.
        """
        begin = m.DeployBegin(
            length=len(image), crc32=binascii.crc32(image), sha256=hashlib.sha256(image).digest()
        )
        status = self._deploy_answer(begin)
        if not image:
            return status
        for offset in range(0, len(image), PIECE_BYTES):
            self._send(m.DeployData(offset=offset, data=image[offset : offset + PIECE_BYTES]))
            while self.connection.pending_bytes > AHEAD_BYTES // 8:
                self._raise_if_refused(self._next(0.05))
            if progress is not None:
                progress(offset + len(image[offset : offset + PIECE_BYTES]), len(image))
        return self._deploy_answer(m.DeployCommit())

    def _deploy_answer(self, request: m.Payload) -> m.DeployStatus:
        status = self._ask(request, m.DeployStatus, SILENCE_TIMEOUT_S)
        self._raise_if_refused(status)
        return status

    @staticmethod
    def _raise_if_refused(answer: m.Payload | None) -> None:
        if isinstance(answer, m.DeployStatus) and answer.state == m.DeployState.REFUSED:
            raise DeployRefusedError(
                f"the board refused the bundle and keeps its old one: {answer.text.decode('utf-8', 'replace')}",
                "make the model or its settings smaller, or flash a firmware built for this bundle",
            )

    def live(self, features: bool = False) -> Iterator[LiveResult | None]:
        """Let the board listen to its microphone; yield what it hears, or None when nothing came for a while.

        Raises:
            RequestRefusedError: the board has no microphone.
        """
        self._send(m.LiveStart(flags=m.StreamFlag.FEATURES if features else 0))
        self._await(m.StreamStarted)
        try:
            while True:
                result = self._next(0.2)
                if result is None or isinstance(result, m.Features | m.WindowResult | m.LiveDetection):
                    yield result
        finally:
            self._ask(m.LiveStop(), m.StreamDone)

    def close(self) -> None:
        """Release the port."""
        self.connection.close()

    def __enter__(self) -> "Device":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _audio_frames(blocks: "Iterable[npt.NDArray[np.int16]]") -> Iterator[bytes]:
    """Cut blocks of any length into full frames' worth of little-endian bytes."""
    size = 2 * AUDIO_SAMPLES
    rest = b""
    for block in blocks:
        rest += block.astype("<i2", copy=False).tobytes()
        whole = len(rest) - len(rest) % size
        for start in range(0, whole, size):
            yield rest[start : start + size]
        rest = rest[whole:]
    if rest:
        yield rest
