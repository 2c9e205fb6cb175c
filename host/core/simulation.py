"""A serial line that exists only in numbers: baud rate, turnaround and faults, deterministic for a seed.

The host's link (`link.py`) and the firmware's (`native.py`) talk over it in simulated time, so that hours of traffic
on a bad line take seconds and every failure can be repeated.
"""

import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ..link.events import Connected, Event, Message
from ..link.link import Link
from ..link.rates import BITS_PER_BYTE, FAST_BAUD
from .c_link import DeviceLink

HOST_AHEAD_BYTES = 4096  # what a program gives a driver ahead of the line
DEVICE_AHEAD_BYTES = 256  # what a UART's FIFO and driver hold
WRITE_BYTES = 1024  # taken from a link at a time
REPLAYED_FRAMES = 8


@dataclass(frozen=True)
class Faults:
    """Probabilities per frame on the line, of each kind of damage, and what a delay may be.

    Attributes:
        flip: a bit changes.
        drop: a byte is lost.
        truncate: the frame's end is lost, with its delimiter.
        duplicate: the frame comes twice.
        replay: one of the last frames comes once more.
        delay: the line pauses before it, up to `delay_us`.
        garbage: random bytes come before it.
    """

    flip: float = 0.0
    drop: float = 0.0
    truncate: float = 0.0
    duplicate: float = 0.0
    replay: float = 0.0
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
        return cls(share, share, share, share, share, share, 50_000, share)


class SimulatedLine:
    """One direction of the line. Frames arrive whole, when their closing zero does: nothing is known of them before.

    Args:
        baud: speed; 10 bit times a byte.
        latency_us: time from a byte's end on the line until the other end sees it (USB, scheduling).
        faults: what goes wrong.
        rng: decides when.
    """

    def __init__(self, baud: int, latency_us: int, faults: Faults, rng: random.Random) -> None:
        self.byte_us = BITS_PER_BYTE * 1e6 / baud
        self.cut = False
        self._latency_us = latency_us
        self._faults = faults
        self._sound = faults == Faults()
        self._rng = rng
        self._free_at = 0.0
        self._frame = b""
        self._recent: deque[bytes] = deque(maxlen=REPLAYED_FRAMES)
        self._arrivals: deque[tuple[int, bytes]] = deque()

    def ready_at(self, ahead_bytes: int) -> int:
        """When no more than `ahead_bytes` wait to be sent."""
        return math.ceil(self._free_at - ahead_bytes * self.byte_us)

    def write(self, data: bytes, now_us: int) -> None:
        """Give `data` to the line; it leaves at the line's speed."""
        start = max(self._free_at, float(now_us))
        self._free_at = start + len(data) * self.byte_us
        at = 0
        while (end := data.find(0, at) + 1) > 0:
            frame = self._frame + data[at:end]
            self._frame = b""
            self._pass_on(frame, start + end * self.byte_us)
            at = end
        self._frame += data[at:]

    def lose_frame(self) -> None:
        """Whatever was written of an unfinished frame stays unfinished: its sender was reset."""
        if self._frame:
            self._arrive(self._frame, self._free_at)
            self._frame = b""

    def _pass_on(self, frame: bytes, sent_at: float) -> None:
        if self.cut:
            return
        if self._sound or len(frame) < 2:
            self._arrive(frame, sent_at)
            return
        rng, faults = self._rng, self._faults
        if rng.random() < faults.delay:
            pause = rng.randrange(faults.delay_us)
            self._free_at += pause
            sent_at += pause
        if rng.random() < faults.replay and self._recent:
            self._arrive(rng.choice(self._recent), sent_at)
        self._recent.append(frame)
        copies = 2 if rng.random() < faults.duplicate else 1
        frame = self._damage(frame)
        for _ in range(copies):
            self._arrive(frame, sent_at)

    def _damage(self, frame: bytes) -> bytes:
        rng, faults = self._rng, self._faults
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
        return frame

    def _arrive(self, data: bytes, sent_at: float) -> None:
        arrival = math.ceil(sent_at + self._latency_us)
        if self._arrivals:
            arrival = max(arrival, self._arrivals[-1][0])
        self._arrivals.append((arrival, data))

    def read(self, now_us: int) -> bytes:
        """What has arrived by `now_us`."""
        pieces = []
        while self._arrivals and self._arrivals[0][0] <= now_us:
            pieces.append(self._arrivals.popleft()[1])
        return b"".join(pieces)

    def next_arrival(self) -> int | None:
        """When the next bytes arrive."""
        return self._arrivals[0][0] if self._arrivals else None


@dataclass
class Simulation:
    """A host and a device on a simulated line.

    The device answers every message with `reply(payload)` (None: no answer), as an application would: one message at a
    time, and only when its answer fits the send buffer.

    Args:
        baud: of the line.
        turnaround_us: what a round trip takes beside the bytes' own time; half of it in each direction.
        faults: in both directions.
        seed: of the faults.
        reply: what the device's application answers.
        busy_us: how long it works on a message, deaf to its own link meanwhile (an inference).
        dead_after_us: the host's patience.
    """

    baud: int = FAST_BAUD
    turnaround_us: int = 2000
    faults: Faults = field(default_factory=Faults)
    seed: int = 1
    reply: Callable[[bytes], bytes | None] = lambda payload: payload
    busy_us: int = 0
    dead_after_us: int = 5_000_000

    def __post_init__(self) -> None:
        rng = random.Random(self.seed)
        self.now_us = 0
        self.host = self._new_host(rng)
        self.device = DeviceLink(boot_id=rng.getrandbits(32))
        self.down = SimulatedLine(
            self.baud, self.turnaround_us // 2, self.faults, random.Random(rng.getrandbits(32))
        )
        self.up = SimulatedLine(
            self.baud, self.turnaround_us // 2, self.faults, random.Random(rng.getrandbits(32))
        )
        self.received: list[bytes] = []  # by the device's application
        self.messages: list[Message] = []  # by the host
        self.events: list[Event] = []
        self._rng = rng
        self._device_free_us = 0
        self._answer: tuple[int, bytes] | None = None

    def _new_host(self, rng: random.Random) -> Link:
        nonce = rng.getrandbits(32) << 16 | 1 + rng.randrange(0xFFFF)
        return Link(nonce, self.dead_after_us)

    def connect(self) -> None:
        """Let the host begin its connection, and wait until it stands."""
        self.host.connect()
        self.run(lambda: any(isinstance(event, Connected) for event in self.events), 60_000_000)

    def restart_host(self) -> None:
        """Another host in place of the one before, which vanished in the middle of everything, and connects."""
        self.down.lose_frame()
        self.host = self._new_host(self._rng)
        self.events.clear()
        self.messages.clear()
        self.connect()
        self.received.clear()  # the old host's, worked off meanwhile

    def reset_device(self, boot_id: int) -> None:
        """The device boots: all its state is lost, and what it was sending breaks off."""
        self.up.lose_frame()
        self.device.boot(boot_id)
        self._answer = None
        self._device_free_us = self.now_us

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
            if isinstance(event, Message):
                self.messages.append(event)
            else:
                self.events.append(event)
        while self.down.ready_at(HOST_AHEAD_BYTES) <= self.now_us:
            data = self.host.output(self.now_us, WRITE_BYTES)
            if not data:
                break
            self.down.write(data, self.now_us)

    def _device_turn(self) -> None:
        if self.now_us < self._device_free_us:
            return
        arrived = self.down.read(self.now_us)
        if arrived:
            before = self.device.connections
            self.device.receive(arrived, self.now_us)
            if self.device.connections != before:
                self._answer = None  # a new host knows nothing of what the old one had asked
        self._work()
        while self.up.ready_at(DEVICE_AHEAD_BYTES) <= self.now_us:
            data = self.device.output(self.now_us, WRITE_BYTES)
            if not data:
                break
            self.up.write(data, self.now_us)

    def _work(self) -> None:
        while True:
            if self._answer is not None:
                if not self.device.send(*self._answer):
                    return
                self._answer = None
            message = self.device.take()
            if message is None:
                return
            self.received.append(message[1])
            answer = self.reply(message[1])
            if answer is not None:
                self._answer = (message[0], answer)
            if self.busy_us:
                self._device_free_us = self.now_us + self.busy_us
                return

    def _upcoming(self) -> int | None:
        """The next moment at which anything can change."""
        times = []
        due = self.host.deadline(self.now_us)
        if due is not None:
            times.append(max(due, self.down.ready_at(HOST_AHEAD_BYTES)))
        arrival = self.up.next_arrival()
        if arrival is not None:
            times.append(arrival)
        if self._device_free_us > self.now_us:
            times.append(self._device_free_us)  # deaf until then
            return min(times)
        due = self.device.deadline(self.now_us)
        if due is not None:
            times.append(max(due, self.up.ready_at(DEVICE_AHEAD_BYTES)))
        arrival = self.down.next_arrival()
        if arrival is not None:
            times.append(arrival)
        return min(times, default=None)
