"""A serial line that exists only in numbers: baud rate, turnaround and faults, deterministic for a seed.

The host's link (`link.py`) and the firmware's (`native.py`) talk over it in simulated time, so that hours of traffic on a bad
line take seconds and every failure can be repeated.
"""

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from host.link.events import Connected, Event, Message
from host.link.link import Link
from host.link.native import DeviceLink

BITS_PER_BYTE = 10
PIECE = 128  # bytes that a UART's FIFO hands over at a time


@dataclass(frozen=True)
class Faults:
    """Probabilities per frame on the line, of each kind of damage, and what a delay may be.

    Attributes:
        flip: a bit changes.
        drop: a byte is lost.
        truncate: the frame's end is lost, with its delimiter.
        duplicate: the frame comes twice.
        delay: the line pauses before it, up to `delay_us`.
        garbage: random bytes come before it.
    """

    flip: float = 0.0
    drop: float = 0.0
    truncate: float = 0.0
    duplicate: float = 0.0
    delay: float = 0.0
    delay_us: int = 50_000
    garbage: float = 0.0

    @classmethod
    def damaged(cls, share: float) -> "Faults":
        """`share` of the frames damaged, by a flipped bit."""
        return cls(flip=share)

    @classmethod
    def mixed(cls, share: float) -> "Faults":
        """Every kind of fault, `share` of the frames each."""
        return cls(share, share, share, share, share, 50_000, share)


class SimulatedLine:
    """One direction of the line.

    Args:
        baud: speed; 10 bit times a byte.
        turnaround_us: time from a byte's arrival until the other end sees it (USB latency, scheduling).
        faults: what goes wrong.
        rng: decides when.
    """

    def __init__(self, baud: int, turnaround_us: int, faults: Faults, rng: random.Random) -> None:
        self._byte_us = BITS_PER_BYTE * 1e6 / baud
        self._turnaround_us = turnaround_us
        self._faults = faults
        self._rng = rng
        self._free_at = 0.0
        self._frame = bytearray()
        self._arrivals: list[tuple[int, int, bytes]] = []
        self._count = 0
        self.cut = False

    @property
    def free_at(self) -> float:
        """When the line has sent all it was given."""
        return self._free_at

    def write(self, data: bytes, now_us: int) -> None:
        """Give `data` to the line; it leaves at the line's speed."""
        start = max(self._free_at, float(now_us))
        self._free_at = start + len(data) * self._byte_us
        for index, byte in enumerate(data):
            self._frame.append(byte)
            if byte == 0:
                self._pass_on(bytes(self._frame), start + (index + 1) * self._byte_us)
                self._frame.clear()
        if len(self._frame) >= PIECE * 16:
            self._pass_on(bytes(self._frame), self._free_at)
            self._frame.clear()

    def _pass_on(self, frame: bytes, sent_at: float) -> None:
        rng, faults = self._rng, self._faults
        if self.cut:
            return
        if rng.random() < faults.flip:
            at = rng.randrange(len(frame))
            frame = frame[:at] + bytes([frame[at] ^ 1 << rng.randrange(8)]) + frame[at + 1 :]
        if rng.random() < faults.drop:
            at = rng.randrange(len(frame))
            frame = frame[:at] + frame[at + 1 :]
        if frame and rng.random() < faults.truncate:
            frame = frame[: rng.randrange(len(frame))]
        if rng.random() < faults.garbage:
            frame = rng.randbytes(rng.randrange(1, 40)) + frame
        if rng.random() < faults.delay:
            self._free_at += rng.randrange(faults.delay_us)
            sent_at = max(sent_at, self._free_at)
        copies = 2 if rng.random() < faults.duplicate else 1
        for _ in range(copies):
            self._count += 1
            arrival = int(sent_at + self._turnaround_us)
            heapq.heappush(self._arrivals, (arrival, self._count, frame))

    def read(self, now_us: int) -> bytes:
        """What has arrived by `now_us`."""
        pieces = []
        while self._arrivals and self._arrivals[0][0] <= now_us:
            pieces.append(heapq.heappop(self._arrivals)[2])
        return b"".join(pieces)

    def next_arrival(self) -> int | None:
        """When the next bytes arrive."""
        return self._arrivals[0][0] if self._arrivals else None


@dataclass
class Simulation:
    """A host and a device on a simulated line.

    The device answers every message with `reply(payload)` (None: no answer), as an application would: one message at a time, and
    only when its answer fits the send buffer.

    Args:
        baud: of the line.
        turnaround_us: per direction; half of the round trip beside the bytes' own time.
        faults: in both directions.
        seed: of the faults.
        reply: what the device's application answers.
        busy_us: how long it works on a message, deaf to its own link meanwhile (an inference).
    """

    baud: int = 921_600
    turnaround_us: int = 1000
    faults: Faults = field(default_factory=Faults)
    seed: int = 1
    reply: Callable[[bytes], bytes | None] = lambda payload: payload
    busy_us: int = 0

    def __post_init__(self) -> None:
        rng = random.Random(self.seed)
        self.now_us = 0
        self.host = Link(session=1 + rng.randrange(0xFFFF))
        self.device = DeviceLink(boot_id=rng.getrandbits(32))
        self.down = SimulatedLine(self.baud, self.turnaround_us, self.faults, random.Random(rng.getrandbits(32)))
        self.up = SimulatedLine(self.baud, self.turnaround_us, self.faults, random.Random(rng.getrandbits(32)))
        self.received: list[bytes] = []  # by the device's application
        self.messages: list[Message] = []  # by the host
        self.events: list[Event] = []
        self._device_free_us = 0
        self._answer: deque[tuple[int, bytes]] = deque()

    def connect(self) -> None:
        """Let the host begin its session, and wait until it stands."""
        self.host.connect()
        self.run(lambda: any(isinstance(event, Connected) for event in self.events), 60_000_000)

    def run(self, done: Callable[[], bool], limit_us: int) -> bool:
        """Let simulated time pass until `done()`, or until `limit_us` more have passed. Returns whether it was done."""
        end = self.now_us + limit_us
        while not done():
            self._host_turn()
            self._device_turn()
            upcoming = self._upcoming()
            if upcoming is None or upcoming > end:
                self.now_us = end
                return done()
            self.now_us = max(self.now_us + 1, upcoming)
        return True

    def _host_turn(self) -> None:
        arrived = self.up.read(self.now_us)
        events = self.host.receive(arrived, self.now_us) if arrived else []
        events += self.host.poll(self.now_us)
        for event in events:
            (self.messages if isinstance(event, Message) else self.events).append(event)  # type: ignore[arg-type]
        # a driver queues some, so that the line never waits for the program
        while self.down.free_at < self.now_us + 2000:
            data = self.host.output(self.now_us, 256)
            if not data:
                break
            self.down.write(data, self.now_us)

    def _device_turn(self) -> None:
        if self.now_us < self._device_free_us:
            return
        arrived = self.down.read(self.now_us)
        if arrived:
            self.device.receive(arrived, self.now_us)
        self._work()
        while self.up.free_at < self.now_us + 500:
            data = self.device.output(self.now_us, 64)
            if not data:
                break
            self.up.write(data, self.now_us)

    def _work(self) -> None:
        while True:
            while self._answer:
                message_type, payload = self._answer[0]
                if self.device.send_space < len(payload) or not self.device.send(message_type, payload):
                    return
                self._answer.popleft()
            message = self.device.take()
            if message is None:
                return
            self.received.append(message[1])
            answer = self.reply(message[1])
            if answer is not None:
                self._answer.append((message[0], answer))
            if self.busy_us:
                self._device_free_us = self.now_us + self.busy_us
                return

    def _upcoming(self) -> int | None:
        """The next moment at which anything can change."""
        times: list[float] = []
        for line, link in ((self.down, self.host), (self.up, self.device)):
            due = link.deadline(self.now_us)
            if due is not None:
                # more goes out only once the line has nearly sent what it holds
                times.append(max(due, line.free_at - 400) if due <= self.now_us else due)
        times += [at for at in (self.up.next_arrival(), self.down.next_arrival()) if at is not None]
        if self._device_free_us > self.now_us:
            times.append(self._device_free_us)
        return int(min(times)) if times else None
