"""A board that answers by a script, for tests: an honest firmware, and faults put into what it sends.

It is made of the link's own frames, keeps every rule of the link and loses nothing, so that what goes wrong is the
fault alone. What it refuses is in `manners.py`. It is a `BytePort` itself; `serve` puts it behind a TCP port.
"""

import contextlib
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from cobs import cobs

from ..errors import HilError
from ..line.port import PortError
from ..link import messages as m
from ..link.codec import Payload
from ..link.framing import SHORTEST, Frame, Splitter, decode_frame, encode_frame
from ..link.protocol import ASK, ECHO_SHIFT, GAP, PASS_MASK, PASS_SHIFT, record_cost
from .manners import Manners

BOOT_ID = 0x5C21_97ED
UP_MS = 3_600_000  # a clock that does not go on is that of a board that has been up for long
CREDIT = 0xFFFF
RECEIVE_BYTES = 5632  # of its buffer, as the firmware's
KEPT_FRAMES = 4096  # that the host may ask for again
ASKS_AFTER_S = 0.2  # for how far the host is, of what it has not acknowledged
FLOOD_FRAMES = 40  # of an endless answer, at each read
INFERENCE_NS = 20_000  # of a window sent by itself: as `comparison.fakes` has it of a quick stream

Raw = tuple[int, bytes]  # message type, payload
Answers = list[Payload]
Spoil = Callable[["ScriptedDevice", Raw], list[Raw]]
Results = Callable[[bytes, int], Answers]


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and where.

    Attributes:
        answer: type of the messages that are spoilt.
        spoil: turns one into those that are sent instead; may change what the device does from then on.
        request: the type that is being answered, when that matters; None: any.
    """

    answer: type[Payload]
    spoil: Spoil
    request: type[Payload] | None = None


class HonestFirmware:
    """What a firmware answers to each request.

    Args:
        info: what it says of itself.
        results: what it makes of a stream: called with the audio's bytes and the flags; without StreamDone's stream.
        status: its counters.
        prove: its checksums for a nonce.
        infer: outputs of a window's cells; zeros when None.
    """

    def __init__(
        self,
        info: m.Info,
        results: Results,
        status: Callable[[], m.Status] = lambda: m.Status(uptime_ms=UP_MS),
        prove: Callable[[int], m.Proof] = m.Proof,
        infer: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self._prove = prove
        self._infer = infer
        self.info = replace(info, boot_id=BOOT_ID)  # as its answer to SYNC tells
        self._results = results
        self._status = status
        self._audio = b""
        self._stream = m.StreamStart()
        self._tensor = m.TensorBegin()
        self._cells = b""
        self._image = m.DeployBegin()
        self._received = 0

    def answers(self, request: Payload) -> Answers:
        """Answer one request."""
        answer = getattr(self, f"_answer_{request.NAME.lower()}", None)
        return answer(request) if answer is not None else []

    def _answer_info_request(self, _: Payload) -> Answers:
        return [self.info]

    def _answer_status_request(self, _: Payload) -> Answers:
        return [self._status()]

    def _answer_proof_request(self, request: m.ProofRequest) -> Answers:
        return [self._prove(request.nonce)]

    def _answer_echo_request(self, request: m.EchoRequest) -> Answers:
        return [m.Echo(data=request.data)]

    def _answer_baud(self, request: m.Baud) -> Answers:
        return [m.BaudReady(rate=request.rate)]

    def _answer_stream_start(self, request: m.StreamStart) -> Answers:
        self._stream, self._audio = request, b""
        return [m.StreamStarted(stream=request.stream)]

    def _answer_audio(self, request: m.Audio) -> Answers:
        self._audio += request.samples
        return []

    def _answer_stream_end(self, _: Payload) -> Answers:
        results = self._results(self._audio, self._stream.flags)
        return [
            replace(result, stream=self._stream.stream) if isinstance(result, m.StreamDone) else result
            for result in results
        ]

    def _answer_tensor_begin(self, request: m.TensorBegin) -> Answers:
        self._tensor, self._cells = request, b""
        return []

    def _answer_tensor_data(self, request: m.TensorData) -> Answers:
        self._cells += request.data
        if len(self._cells) < self._tensor.length:
            return []
        outputs = bytes(self.info.classes * (1 + self.info.has_logits))
        outputs = outputs if self._infer is None else self._infer(self._cells)
        result = m.TensorResult(id=self._tensor.id, classes=self.info.classes, outputs=outputs)
        took = INFERENCE_NS
        return [replace(result, has_logits=self.info.has_logits, inference_ns=took, total_ns=took)]

    def _answer_deploy_begin(self, request: m.DeployBegin) -> Answers:
        self._image, self._received = request, 0
        state = m.DeployState.RECEIVING if request.length else m.DeployState.ACTIVE
        return [m.DeployStatus(state=state)]

    def _answer_deploy_data(self, request: m.DeployData) -> Answers:
        self._received += len(request.data)
        return []

    def _answer_deploy_commit(self, _: Payload) -> Answers:
        whole = self._received == self._image.length
        state = m.DeployState.ACTIVE if whole else m.DeployState.REFUSED
        return [m.DeployStatus(state=state, received=self._received, text=b"" if whole else b"incomplete")]

    def _answer_profile_request(self, _: Payload) -> Answers:
        return [m.Profile(index=index, count=3, ns=1000, name=b"CONV_2D") for index in range(3)]

    def _answer_live_start(self, _: Payload) -> Answers:
        return [m.StreamStarted(stream=m.LIVE_STREAM_ID)]

    def _answer_live_stop(self, _: Payload) -> Answers:
        return [m.StreamDone(stream=m.LIVE_STREAM_ID)]


class ScriptedDevice:
    """The board's end of the line, as a `BytePort` of the host's.

    Args:
        firmware: what it answers.
        fault: what goes wrong; None: nothing.
        sync_ack: its word on its limits.
        has_rate: whether the line has a speed to change.
        trickle_s: pause between bytes while it `trickles`.
    """

    def __init__(
        self,
        firmware: HonestFirmware,
        fault: Fault | None = None,
        sync_ack: m.SyncAck | None = None,
        has_rate: bool = False,
        trickle_s: float = 0.02,
    ) -> None:
        self.name = "scripted:board"
        self.has_rate = has_rate
        self.advice = "look at the script"
        self.trickles = self.gone = self.deaf = False
        self.endless: Raw | None = None
        self.payloads: list[int] = []  # lengths of what came
        self._firmware, self._fault = firmware, fault
        self._sync_ack = sync_ack or m.SyncAck(BOOT_ID, m.PROTOCOL_VERSION, m.MAX_PAYLOAD, RECEIVE_BYTES)
        self._trickle_s = trickle_s
        self._splitter, self._out = Splitter(), bytearray()
        self._manners = Manners(firmware.info)
        self._connection = self._expected = self._seq = self._pass = self._gap_pass = 0
        self._sent: deque[tuple[int, Raw]] = deque(maxlen=KEPT_FRAMES)  # that the host has not acknowledged
        self._waiting, self._granted = deque[Raw](), 0  # for credit, and how much there is
        self._counted: Counter[str] = Counter()  # as STATUS tells it
        self._last_s = 0.0  # when a frame of the connection was sent last

    # ---- the host's side

    def read(self, timeout_s: float) -> bytes:
        """See `BytePort.read`."""
        if self.endless is not None:
            for _ in range(FLOOD_FRAMES):
                self._send(*self.endless)
        if not self._out and self._sent and time.monotonic() - self._last_s > ASKS_AFTER_S:
            self._link_frame(m.Ack.TYPE, ASK)
        if not self._out:
            if self.gone:
                raise self._vanished()
            time.sleep(min(timeout_s, 0.005))
            return b""
        size = len(self._out)
        if self.trickles:
            time.sleep(self._trickle_s)
            size = 1
        data = bytes(self._out[:size])
        del self._out[:size]
        return data

    def write(self, data: bytes) -> None:
        """See `BytePort.write`."""
        if self.gone and not self._out:
            raise self._vanished()
        self._counted["rx_bytes"] += len(data)
        pieces, _ = self._splitter.feed(data)
        for piece in pieces:
            frame = decode_frame(piece)
            if frame is None:
                self._counted["noise_bytes"] += len(piece)
                self._counted["crc_errors" if _is_whole(piece) else "framing_errors"] += 1
            elif not self.deaf:
                self._counted["rx_frames"] += 1
                self._take(frame)

    def _vanished(self) -> PortError:
        return PortError(f"the board at {self.name} vanished: by script", f"{self.advice}, then run again")

    def set_baud(self, rate: int) -> None:
        """See `BytePort.set_baud`."""

    def close(self) -> None:
        """See `BytePort.close`."""

    def say(self, message: Payload) -> None:
        """Send a message unasked, from any thread."""
        self._send(message.TYPE, message.encode())

    # ---- the board's side

    def _take(self, frame: Frame) -> None:
        if frame.type == m.Sync.TYPE:
            self._connection, self._expected, self._seq = frame.connection, 0, 0
            self._pass = self._gap_pass = 0
            self._waiting, self._granted = deque(), frame.credit
            self._sent.clear()
            self._manners.begin()
            for message_type, payload in self._spoilt(m.Sync, (m.SyncAck.TYPE, self._sync_ack.encode())):
                # it carries the nonce back where others have their numbers
                self._put(Frame(message_type, 0, self._connection, frame.seq, frame.ack, CREDIT, payload))
        elif frame.connection == self._connection:
            self._send_again(frame)
            if frame.type >= m.FIRST_SEQUENCED_TYPE:
                self._take_sequenced(frame)
            elif frame.flags & ASK:
                ahead = (frame.seq - self._expected) & 0xFFFF
                if missing := 0 < ahead < 0x8000:
                    self._gap_pass = (frame.flags >> PASS_SHIFT) & PASS_MASK
                self._link_frame(m.Answer.TYPE, GAP if missing else 0)

    def _take_sequenced(self, frame: Frame) -> None:
        ahead = (frame.seq - self._expected) & 0xFFFF
        if ahead == 0:
            self._expected = (self._expected + 1) & 0xFFFF
            self._answer(frame)
            self._link_frame(m.Ack.TYPE)
        elif ahead >= 0x8000:
            self._counted["duplicates"] += 1
            self._link_frame(m.Ack.TYPE)
        else:
            self._counted["gaps"] += 1
            self._gap_pass = (frame.flags >> PASS_SHIFT) & PASS_MASK
            self._link_frame(m.Ack.TYPE, GAP)

    def _send_again(self, frame: Frame) -> None:
        """Forget what the host has, and send the rest again when it says that something is missing."""
        while self._sent and ((frame.ack - self._sent[0][0] - 1) & 0xFFFF) < 0x8000:
            _, (_, payload) = self._sent.popleft()
            self._granted = max(0, self._granted - record_cost(len(payload)))
        self._granted = max(self._granted, frame.credit)
        if frame.flags & GAP and (frame.flags >> ECHO_SHIFT) & PASS_MASK == self._pass and self._sent:
            self._pass = (self._pass + 1) & PASS_MASK
            for seq, raw in self._sent:
                self._counted["retransmitted"] += 1
                self._put_connected(*raw, seq)
        self._send_waiting()

    def _answer(self, frame: Frame) -> None:
        self.payloads.append(len(frame.payload))
        refusal = self._manners.refusal(frame.type, frame.payload)
        if refusal is not None:
            for error in refusal:
                self._send(error.TYPE, error.encode())
            return
        request = m.decode(frame.type, frame.payload)
        for answer in self._firmware.answers(request):
            if isinstance(answer, m.Status):
                answer = replace(answer, **self._counted)
                if isinstance(request, m.StatusRequest) and request.clear:
                    self._counted.clear()
            for raw in self._spoilt(type(request), (answer.TYPE, answer.encode())):
                self._send(*raw)

    def _spoilt(self, request: type[Payload], raw: Raw) -> list[Raw]:
        fault = self._fault
        if fault is None or raw[0] != fault.answer.TYPE or fault.request not in (None, request):
            return [raw]
        return fault.spoil(self, raw)

    def _send(self, message_type: int, payload: bytes) -> None:
        if message_type < m.FIRST_SEQUENCED_TYPE:  # the link's own: not numbered, and never sent again
            self._put_connected(message_type, payload, self._seq)
            return
        self._waiting.append((message_type, payload))
        self._send_waiting()

    def _send_waiting(self) -> None:
        """Send as much as the host has let come."""
        under_way = sum(record_cost(len(payload)) for _, (_, payload) in self._sent)
        while self._waiting and (under_way + record_cost(len(self._waiting[0][1]))) <= self._granted:
            raw = self._waiting.popleft()
            under_way += record_cost(len(raw[1]))
            self._sent.append((self._seq, raw))
            self._put_connected(*raw, self._seq)
            self._seq = (self._seq + 1) & 0xFFFF

    def _link_frame(self, message_type: int, flags: int = 0) -> None:
        self._put_connected(message_type, b"", self._seq, flags)

    def _put_connected(self, message_type: int, payload: bytes, seq: int, flags: int = 0) -> None:
        flags |= self._pass << PASS_SHIFT | self._gap_pass << ECHO_SHIFT
        self._last_s = time.monotonic()
        self._put(Frame(message_type, flags, self._connection, seq, self._expected, CREDIT, payload))

    def _put(self, frame: Frame) -> None:
        data = encode_frame(frame)
        self._counted["tx_frames"] += 1
        self._counted["tx_bytes"] += len(data)
        self._out += data


def _is_whole(piece: bytes) -> bool:
    """Whether what came is long enough for a frame, so that only its checksum can be wrong."""
    try:
        return len(cobs.decode(piece)) >= SHORTEST
    except cobs.DecodeError:
        return False


@contextlib.contextmanager
def serve(device: ScriptedDevice) -> Iterator[str]:
    """Offer the board at a TCP port of this computer; yields its URL. One host at a time may connect."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.settimeout(0.01)
        while not ended.is_set():
            with contextlib.suppress(TimeoutError):
                data = connection.recv(65536)
                if not data:
                    return
                device.write(data)
            connection.settimeout(5.0)
            connection.sendall(device.read(0.0))
            connection.settimeout(0.01)

    def run() -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError, HilError):
                talk(connection)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"socket://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        listener.close()
        thread.join(timeout=10)


# ---- the faults


def shorter(_: ScriptedDevice, raw: Raw) -> list[Raw]:
    """The last byte is missing."""
    return [(raw[0], raw[1][:-1])]


def longer(_: ScriptedDevice, raw: Raw) -> list[Raw]:
    """A byte too many."""
    return [(raw[0], raw[1][: m.MAX_PAYLOAD - 1] + b"\xa5")]


def empty(_: ScriptedDevice, raw: Raw) -> list[Raw]:
    """Nothing in it."""
    return [(raw[0], b"")]


def wrong_id(_: ScriptedDevice, raw: Raw) -> list[Raw]:
    """Every bit of the first two bytes, where ids stand, is the opposite."""
    return [(raw[0], bytes(byte ^ 0xFF for byte in raw[1][:2]) + raw[1][2:])]


def repeated(_: ScriptedDevice, raw: Raw) -> list[Raw]:
    """Three times instead of once."""
    return [raw] * 3


def unasked(_: ScriptedDevice, raw: Raw) -> list[Raw]:
    """An example of every message first."""
    return [
        *(
            (kind.TYPE, kind().encode())
            for kind in m.MESSAGES
            if kind.TYPE >= m.FIRST_SEQUENCED_TYPE and kind is not m.Error
        ),
        raw,
    ]


def unknown(_: ScriptedDevice, raw: Raw) -> list[Raw]:
    """A type that nobody knows."""
    return [(0xEE, raw[1])]


def refused(_: ScriptedDevice, __: Raw) -> list[Raw]:
    """An error of no request."""
    return [(m.Error.TYPE, m.Error(request=0xEE, code=99, text=b"\xff\x1b[2J no").encode())]


def endless(device: ScriptedDevice, raw: Raw) -> list[Raw]:
    """Again and again, for ever."""
    device.endless = raw
    return [raw]


def endless_log(device: ScriptedDevice, _: Raw) -> list[Raw]:
    """A log without end instead."""
    device.endless = (m.Log.TYPE, m.Log(level=3, text=b"x" * 200).encode())
    return []


def trickling(device: ScriptedDevice, raw: Raw) -> list[Raw]:
    """A byte now and then, from here on."""
    device.trickles = True
    return [raw]


def silent(_: ScriptedDevice, __: Raw) -> list[Raw]:
    """No answer."""
    return []


def deaf(device: ScriptedDevice, _: Raw) -> list[Raw]:
    """Neither an answer nor an acknowledgement from here on."""
    device.deaf = True
    return []


def vanishing(device: ScriptedDevice, raw: Raw) -> list[Raw]:
    """The answer, and then the end of the line."""
    device.gone = True
    return [raw]


def cut_off(device: ScriptedDevice, _: Raw) -> list[Raw]:
    """The end of the line instead."""
    device.gone = True
    return []


FAULTS: Sequence[Spoil] = (
    shorter,
    longer,
    empty,
    wrong_id,
    repeated,
    unasked,
    unknown,
    refused,
    endless,
    endless_log,
    trickling,
    silent,
    deaf,
    vanishing,
    cut_off,
)
