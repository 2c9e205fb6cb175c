"""The host's end of the link: a pure state machine, bytes and the time in, bytes and events out.

`firmware/core/link.h` describes the protocol, and `link.c` is the other end. Times are integer microseconds of any
monotonic clock.
"""

import secrets
from collections import deque
from dataclasses import asdict, dataclass

from host.link.events import Connected, DeviceReset, Event, LinkDead, Message, Noise
from host.link.framing import (
    ASK,
    ECHO_SHIFT,
    GAP,
    HEADER,
    MAX_PAYLOAD,
    PASS_MASK,
    PASS_SHIFT,
    Frame,
    Splitter,
    decode_frame,
    encode_frame,
)
from host.link.messages import FIRST_SEQUENCED_TYPE, PROTOCOL_VERSION, Ack, Hello, MessageError, Sync, SyncAck

CREDIT = 0xFFFF  # the host has memory enough for all that a device can have under way
SYNC_INTERVAL_US = 200_000
TIMEOUT_LEAST_US = 40_000
TIMEOUT_FIRST_US = 200_000
TIMEOUT_MOST_US = 1_000_000
BACKOFF_MOST = 4
UNDER_WAY_MOST = 0x3FFF  # frames: a quarter of the numbers, so that old and new can be told apart


def _before(a: int, b: int) -> bool:
    return ((a - b) & 0xFFFF) >= 0x8000


def _cost(payload: bytes) -> int:
    return len(payload) + HEADER.size


@dataclass
class LinkCounters:
    """What happened on the host's end; names as in the device's STATUS."""

    rx_frames: int = 0
    rx_bytes: int = 0
    damaged_frames: int = 0
    noise_bytes: int = 0
    gaps: int = 0
    duplicates: int = 0
    stale: int = 0
    tx_frames: int = 0
    tx_bytes: int = 0
    retransmitted: int = 0
    timeouts: int = 0

    def as_dict(self) -> dict[str, int]:
        """The counters by name."""
        return asdict(self)


class Link:
    """One session with a device.

    Args:
        session: number that tells this session from earlier ones, 1 to 65535; chosen at random when None.
        dead_after_us: how long the device may stay silent while something is due from it.
    """

    def __init__(self, session: int | None = None, dead_after_us: int = 5_000_000) -> None:
        self.counters = LinkCounters()
        self.boot_id: int | None = None
        self._session = session if session is not None else 1 + secrets.randbelow(0xFFFF)
        self._dead_after_us = dead_after_us
        self._splitter = Splitter()
        self._connecting = False
        self._dead = False
        self._sync_at_us = 0
        self._heard_us: int | None = None
        self._line_idle = True
        # receiving
        self._expected = 0
        self._ack_due = False
        self._gap_due = False
        self._gap_told = False
        self._gap_pass = 0
        # sending
        self._queue: deque[tuple[int, bytes]] = deque()  # from `unacked` on
        self._unacked = 0
        self._next = 0  # how many of the queue are under way
        self._in_flight = 0
        self._queued_bytes = 0
        self._peer_credit = 0
        self._sent_before = 0
        self._pass = 0
        # timer
        self._timer_us: int | None = None
        self._backoff = 0
        self._measured: tuple[int, int] | None = None  # sequence number, when it was sent
        self._round_trip_us = 0
        self._variation_us = TIMEOUT_FIRST_US // 4

    # ---- what the owner calls

    def connect(self) -> None:
        """Begin the session: `output` asks the device until it answers with `Connected`."""
        self._connecting = True
        self._sync_at_us = 0

    @property
    def connected(self) -> bool:
        """Whether the device has answered."""
        return self.boot_id is not None and not self._connecting

    @property
    def idle(self) -> bool:
        """Whether the device has acknowledged all that was sent."""
        return not self._queue

    @property
    def pending_bytes(self) -> int:
        """Payload bytes queued or under way."""
        return self._queued_bytes

    def send(self, message_type: int, payload: bytes = b"") -> None:
        """Queue a message.

        Raises:
            ValueError: longer than a frame holds.
        """
        if len(payload) > MAX_PAYLOAD:
            raise ValueError(f"a payload of {len(payload)} bytes; a frame holds {MAX_PAYLOAD}")
        self._queue.append((message_type, payload))
        self._queued_bytes += len(payload)

    def receive(self, data: bytes, now_us: int) -> list[Event]:
        """Take in bytes from the line; returns what they brought about, in order."""
        self.counters.rx_bytes += len(data)
        events: list[Event] = []
        pieces, noise = self._splitter.feed(data)
        for piece in pieces:
            frame = decode_frame(piece)
            if frame is None:
                self.counters.damaged_frames += 1
                self._note_noise(piece, events)
            else:
                self.counters.rx_frames += 1
                self._take(frame, now_us, events)
        if noise:
            self._note_noise(noise, events)
        return events

    def output(self, now_us: int, limit: int = 65536) -> bytes:
        """Bytes for the line: whole frames, of which only the last may go beyond `limit`; b"" when nothing is due."""
        pieces = []
        size = 0
        while size < limit:
            frame = self._next_frame(now_us)
            if frame is None:
                self._line_idle = True
                break
            encoded = encode_frame(frame)
            if self._line_idle:  # cuts off whatever the line caught meanwhile
                encoded = b"\0" + encoded
                self._line_idle = False
            pieces.append(encoded)
            size += len(encoded)
            self.counters.tx_frames += 1
        self.counters.tx_bytes += size
        return b"".join(pieces)

    def deadline(self, now_us: int) -> int | None:
        """When `output` or `poll` have something to do even if nothing arrives; None: never."""
        if self._connecting:
            return self._sync_at_us
        if self._ack_due or self._may_send():
            return now_us
        times = [] if self._timer_us is None or not self._queue else [self._timer_us + self._timeout_us()]
        if self._due_from_device() and self._heard_us is not None:
            times.append(self._heard_us + self._dead_after_us)
        return min(times, default=None)

    def poll(self, now_us: int) -> list[Event]:
        """What the mere passing of time brought about."""
        if self._heard_us is None or not self._due_from_device():
            self._heard_us = now_us
        elif not self._dead and now_us - self._heard_us > self._dead_after_us:
            self._dead = True
            silence = (now_us - self._heard_us) / 1e6
            return [LinkDead(f"nothing readable came for {silence:.1f} s while {len(self._queue)} frames wait for it")]
        return []

    # ---- receiving

    def _due_from_device(self) -> bool:
        return bool(self._queue) and self.connected

    def _note_noise(self, data: bytes, events: list[Event]) -> None:
        self.counters.noise_bytes += len(data)
        events.append(Noise(data))

    def _take(self, frame: Frame, now_us: int, events: list[Event]) -> None:
        try:
            if frame.type == Hello.TYPE:
                self._take_hello(Hello.decode(frame.payload), now_us, events)
                return
            if frame.session != self._session:
                self.counters.stale += 1
                return
            self._heard_us = now_us
            if frame.type == SyncAck.TYPE:
                self._take_sync_ack(SyncAck.decode(frame.payload), frame, events)
                return
        except MessageError:
            self.counters.damaged_frames += 1
            return
        if not self.connected:
            return
        self._take_acknowledgement(frame, now_us)
        if frame.type >= FIRST_SEQUENCED_TYPE:
            self._take_sequenced(frame, events)
        elif frame.flags & ASK:
            self._ack_due = True
            if _before(self._expected, frame.seq):
                self._tell_gap(frame)

    def _take_hello(self, hello: Hello, now_us: int, events: list[Event]) -> None:
        if self.connected:
            self._connecting = False
            self.boot_id = None
            events.append(DeviceReset(hello.boot_id))
        elif self._connecting:
            self._sync_at_us = now_us  # it is there, but did not hear the last one

    def _take_sync_ack(self, answer: SyncAck, frame: Frame, events: list[Event]) -> None:
        if not self._connecting:
            if self.boot_id is not None and answer.boot_id != self.boot_id:
                self.boot_id = None
                events.append(DeviceReset(answer.boot_id))
            return
        self._connecting = False
        self.boot_id = answer.boot_id
        self._peer_credit = frame.credit
        events.append(Connected(answer.boot_id, answer.protocol, answer.max_payload, answer.rx_bytes))

    def _take_acknowledgement(self, frame: Frame, now_us: int) -> None:
        progress = (frame.ack - self._unacked) & 0xFFFF
        if progress > len(self._queue):
            return  # old, or nonsense
        if progress:
            if self._measured is not None and _before(self._measured[0], frame.ack):
                self._measure(now_us - self._measured[1])
            for _ in range(progress):
                _, payload = self._queue.popleft()
                self._queued_bytes -= len(payload)
                if self._next:
                    self._next -= 1
                    self._in_flight -= _cost(payload)
            self._unacked = frame.ack
            self._peer_credit = frame.credit
            self._restart_timer(now_us)
        elif frame.credit > self._peer_credit:  # for the same ack it only grows: a smaller one is older news
            self._peer_credit = frame.credit
            self._restart_timer(now_us)
        if frame.flags & GAP and (frame.flags >> ECHO_SHIFT) & PASS_MASK == self._pass:
            self._go_back()

    def _restart_timer(self, now_us: int) -> None:
        self._backoff = 0
        self._timer_us = now_us if self._queue else None

    def _measure(self, elapsed_us: int) -> None:
        """Round-trip estimation as TCP does it (Jacobson and Karels, 1988)."""
        self._measured = None
        sample = min(elapsed_us, TIMEOUT_MOST_US)
        if self._round_trip_us == 0:
            self._round_trip_us, self._variation_us = sample, sample // 2
            return
        self._variation_us += (abs(sample - self._round_trip_us) - self._variation_us) // 4
        self._round_trip_us += (sample - self._round_trip_us) // 8

    def _go_back(self) -> None:
        if self._next == 0:
            return
        self._next = 0
        self._in_flight = 0
        self._pass = (self._pass + 1) & PASS_MASK
        self._measured = None

    def _take_sequenced(self, frame: Frame, events: list[Event]) -> None:
        if frame.seq == self._expected:
            self._expected = (self._expected + 1) & 0xFFFF
            self._gap_told = self._gap_due = False
            self._ack_due = True
            events.append(Message(frame.type, frame.payload))
        elif _before(frame.seq, self._expected):
            self.counters.duplicates += 1
            self._ack_due = True
        else:
            self.counters.gaps += 1
            if not self._gap_told or self._gap_pass != (frame.flags >> PASS_SHIFT) & PASS_MASK:
                self._tell_gap(frame)

    def _tell_gap(self, frame: Frame) -> None:
        self._gap_told = True
        self._gap_pass = (frame.flags >> PASS_SHIFT) & PASS_MASK
        self._gap_due = self._ack_due = True

    # ---- sending

    def _timeout_us(self) -> int:
        time = max(TIMEOUT_LEAST_US, self._round_trip_us + 4 * self._variation_us)
        return min(TIMEOUT_MOST_US, time << self._backoff)

    def _may_send(self) -> bool:
        if not self.connected or self._next >= min(len(self._queue), UNDER_WAY_MOST):
            return False
        return self._in_flight + _cost(self._queue[self._next][1]) <= self._peer_credit

    def _frame(self, message_type: int, payload: bytes = b"", flags: int = 0) -> Frame:
        if self._gap_due:
            flags |= GAP
        self._ack_due = self._gap_due = False
        flags |= self._pass << PASS_SHIFT | self._gap_pass << ECHO_SHIFT
        seq = (self._unacked + self._next) & 0xFFFF
        return Frame(message_type, flags, self._session, seq, self._expected, CREDIT, payload)

    def _next_frame(self, now_us: int) -> Frame | None:
        if self._connecting:
            if now_us < self._sync_at_us:
                return None
            self._sync_at_us = now_us + SYNC_INTERVAL_US
            return self._frame(Sync.TYPE, Sync(protocol=PROTOCOL_VERSION).encode())
        if not self.connected:
            return None
        if self._queue and self._timer_us is None:
            self._timer_us = now_us
        if self._may_send():
            return self._data_frame(now_us)
        if self._timer_us is not None and self._queue and now_us >= self._timer_us + self._timeout_us():
            self.counters.timeouts += 1
            self._timer_us = now_us
            self._backoff = min(self._backoff + 1, BACKOFF_MOST)
            self._measured = None
            return self._frame(Ack.TYPE, flags=ASK)
        return self._frame(Ack.TYPE) if self._ack_due else None

    def _data_frame(self, now_us: int) -> Frame:
        message_type, payload = self._queue[self._next]
        frame = self._frame(message_type, payload)
        if _before(frame.seq, self._sent_before):
            self.counters.retransmitted += 1
        else:
            self._sent_before = (frame.seq + 1) & 0xFFFF
            if self._measured is None:
                self._measured = (frame.seq, now_us)
        self._next += 1
        self._in_flight += _cost(payload)
        return frame
