"""The host's end of the link: a pure state machine, bytes and the time in, bytes and events out.

`firmware/core/link/link.h` describes the protocol, and `link.c` is the other end. Times are integer microseconds of any
monotonic clock.
"""

import secrets
import zlib
from collections import deque

from .codec import MessageError
from .counters import LinkCounters
from .events import Connected, DeviceReset, Event, LinkDead, Message, Noise
from .framing import Frame, Splitter, decode_frame, encode_frame
from .messages import FIRST_SEQUENCED_TYPE, MAX_PAYLOAD, PROTOCOL_VERSION, Ack, Answer, Hello, Sync, SyncAck
from .patience import FAR, Patience
from .protocol import (
    ASK,
    BACKED_OFF_US,
    BACKOFF_MOST,
    ECHO_SHIFT,
    GAP,
    PASS_MASK,
    PASS_SHIFT,
    TIMEOUT_FIRST_US,
    TIMEOUT_LEAST_US,
    TIMEOUT_MOST_US,
    record_cost,
)
from .standing import Credits, HeardFrame, Standing, Told

CREDIT = 0xFFFF  # the host has memory enough for all that a device can have under way
SYNC_INTERVAL_US = 200_000
SILENCE_US = 1_000_000  # after so much of it the device is asked whether it is still the same
FRAME_PAUSE_US = 1_000_000  # no frame pauses in the middle for so long: what came of it is noise
QUESTIONS_BEFORE_DEATH = 2  # so that a program that itself was stopped for long does not blame the device
LEAST_PAYLOAD = 64  # bytes that a device must take: the longest request that cannot be cut into pieces
HEARD_KEPT = 64  # frames of the connection
UNREAD_KEPT = 32  # pieces between zeros that were no valid frame
STRAYS_KEPT = 16  # frames that came whole and are not of this connection
UNDER_WAY_MOST = 0x3FFF  # frames: a quarter of the numbers, so that old and new can be told apart


def _before(a: int, b: int) -> bool:
    return ((a - b) & 0xFFFF) >= 0x8000


class Link:
    """One connection with a device.

    After `LinkDead` or `DeviceReset` the connection is over: `output` gives nothing more, and a new Link is wanted.

    Args:
        nonce: 48 bits that tell this connection from all earlier ones, the low 16 not zero; at random when None.
        dead_after_us: how long nothing may be heard of the device's receiving anything, while something waits for it.
    """

    def __init__(self, nonce: int | None = None, dead_after_us: int = 5_000_000) -> None:
        self.counters = LinkCounters()
        self.boot_id: int | None = None
        self.unread: deque[bytes] = deque(maxlen=UNREAD_KEPT)
        self.strays: deque[Frame] = deque(maxlen=STRAYS_KEPT)
        self._heard: deque[HeardFrame] = deque(maxlen=HEARD_KEPT)
        self._last_ack = 0
        self._fell: tuple[int, int] | None = None
        self._messages = 0  # that came
        self._cost = 0  # of what came
        self._asked = self._answers = 0  # questions that were sent, and answers that came
        self._credits, self._told, self._patience = Credits(), Told(), Patience()
        if nonce is None:
            nonce = secrets.randbits(32) << 16 | 1 + secrets.randbelow(0xFFFF)
        self._number = nonce & 0xFFFF
        self._nonce = nonce >> 16
        self.dead_after_us = dead_after_us
        self._splitter = Splitter()
        self._connecting = False
        self._connected = False
        self._max_payload = MAX_PAYLOAD
        self._sync_at_us = 0
        self._came_us = 0  # when bytes of any kind came last
        self._heard_us = 0  # when a frame of this connection came last
        self._silence_from_us = 0  # when the device was last heard or asked
        self._reached_us: int | None = (
            None  # when it last showed that it hears us, or anything began to wait for it
        )
        self._questions = 0  # since then
        self._line_idle = True
        # receiving
        self._expected = 0
        self._ack_due = False
        self._gap_due = False
        self._answer_due = False
        self._gap_pass = 0
        # sending
        self._queue: deque[tuple[int, bytes]] = deque()  # from `acked` on
        self._acked = 0
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
        """Begin the connection: `output` asks the device until it answers with `Connected`, however long that takes."""
        self._connecting = True
        self._sync_at_us = 0

    @property
    def connected(self) -> bool:
        """Whether the connection stands."""
        return self._connected

    @property
    def number(self) -> int:
        """The connection's number on the line."""
        return self._number

    @property
    def nonce(self) -> int:
        """The 32 bits that tell it from others of that number."""
        return self._nonce

    @property
    def max_payload(self) -> int:
        """Bytes that a frame to the device may carry, as it said when it connected."""
        return self._max_payload

    @property
    def idle(self) -> bool:
        """Whether the device has acknowledged all that was sent."""
        return not self._queue

    @property
    def standing(self) -> Standing:
        """How it stands, for who wants to know why nothing comes."""
        waiting = [len(payload) for _, payload in self._queue]
        heard = tuple(self._heard)
        taken, under_way, credit = self._messages, self._next, self._peer_credit
        ours = self._acked, under_way, waiting, credit
        credits, asked = self._credits, (self._asked, self._answers)
        theirs = Standing(heard, self._expected, taken, *ours, credits.most, self._fell, self._cost, asked)
        others = [frame.connection for frame in self.strays] if self._connected else ()
        return theirs._replace(told=self._told, credit_is=credits.always, number=self._number, others=others)

    @property
    def pending_bytes(self) -> int:
        """Payload bytes queued or under way."""
        return self._queued_bytes

    def send(self, message_type: int, payload: bytes = b"") -> None:
        """Queue a message.

        Raises:
            ValueError: longer than a frame holds, or of a type that is the link's own.
        """
        if len(payload) > self._max_payload:
            raise ValueError(f"a payload of {len(payload)} bytes; a frame holds {self._max_payload}")
        if not FIRST_SEQUENCED_TYPE <= message_type <= 0xFF:
            raise ValueError(f"{message_type:#04x} is not a type of a message to send")
        self._queue.append((message_type, payload))
        self._queued_bytes += len(payload)

    def receive(self, data: bytes, now_us: int) -> list[Event]:
        """Take in bytes from the line; returns what they caused, in order."""
        self.counters.rx_bytes += len(data)
        self._came_us = now_us
        events: list[Event] = []
        pieces, noise = self._splitter.feed(data)
        for piece in pieces:
            frame = decode_frame(piece)
            if frame is None:
                self.counters.damaged_frames += 1
                self.unread.append(piece)
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
        times = []
        if self._splitter.waiting:
            times.append(self._came_us + FRAME_PAUSE_US)
        if self._connecting:
            times.append(self._sync_at_us)
        if self._connected:
            if self._ack_due or self._answer_due or self._may_send():
                return now_us
            times.append(self._silence_from_us + SILENCE_US)
            if self._queue:
                times.append(now_us if self._timer_us is None else self._timer_us + self._timeout_us())
                if self._reached_us is not None and self._questions >= QUESTIONS_BEFORE_DEATH:
                    times.append(self._reached_us + self.dead_after_us + 1)
        return min(times, default=None)

    def poll(self, now_us: int) -> list[Event]:
        """What the mere passing of time caused."""
        events: list[Event] = []
        if self._splitter.waiting and now_us - self._came_us >= FRAME_PAUSE_US:
            self._note_noise(self._splitter.flush(), events)
        if not self._connected or not self._queue:
            self._reached_us = None
        elif self._reached_us is None:
            self._hears_us(now_us)
        elif now_us - self._reached_us > self.dead_after_us and self._questions >= QUESTIONS_BEFORE_DEATH:
            silence = (now_us - self._heard_us) / 1e6
            reason = f"nothing it could read came for {silence:.1f} s"
            if silence * 1e6 <= self.dead_after_us:
                reason = "its frames arrive, but none of ours seem to reach it"
            self._end(LinkDead(f"{reason}; {len(self._queue)} frames wait for it"), events)
        return events

    # ---- the connection

    def _end(self, event: Event, events: list[Event]) -> None:
        self._connecting = self._connected = False
        events.append(event)

    def _hears_us(self, now_us: int) -> None:
        self._reached_us = now_us
        self._questions = 0

    def _note_noise(self, data: bytes, events: list[Event]) -> None:
        self.counters.noise_bytes += len(data)
        events.append(Noise(data))

    def _take(self, frame: Frame, now_us: int, events: list[Event]) -> None:
        try:
            if frame.type == Hello.TYPE:
                self._take_hello(Hello.decode(frame.payload), now_us, events)
            elif frame.connection != self._number:
                self._note_stray(frame)
            elif frame.type == SyncAck.TYPE:
                self._take_sync_ack(SyncAck.decode(frame.payload), frame, now_us, events)
            elif self._connected:
                self._take_frame(frame, now_us, events)
        except MessageError:
            self.counters.damaged_frames += 1

    def _note_stray(self, frame: Frame) -> None:
        self.counters.stale += 1
        self.strays.append(frame)

    def _take_hello(self, hello: Hello, now_us: int, events: list[Event]) -> None:
        if self._connecting:
            self._sync_at_us = now_us  # it is there, but did not hear the last one
        elif self._connected and hello.boot_id != self.boot_id:
            self._end(DeviceReset(hello.boot_id), events)

    def _take_sync_ack(self, answer: SyncAck, frame: Frame, now_us: int, events: list[Event]) -> None:
        if frame.seq | frame.ack << 16 != self._nonce:
            self._note_stray(frame)
        elif self._connected and answer.boot_id != self.boot_id:
            self._end(DeviceReset(answer.boot_id), events)
        elif self._connecting and answer.protocol != PROTOCOL_VERSION:
            versions = f"link protocol {answer.protocol} instead of {PROTOCOL_VERSION}"
            self._end(
                LinkDead(f"its firmware speaks {versions}: flash the firmware of this checkout"), events
            )
        elif self._connecting and answer.max_payload < LEAST_PAYLOAD:
            limit = (
                f"it takes payloads of {answer.max_payload} bytes at most, and {LEAST_PAYLOAD} is the least"
            )
            self._end(LinkDead(f"{limit} that works: flash the firmware of this checkout"), events)
        elif self._connecting:
            self._connecting = False
            self._connected = True
            self.strays.clear()
            self.boot_id = answer.boot_id
            self._max_payload = min(answer.max_payload, MAX_PAYLOAD)
            self._peer_credit = frame.credit
            self._told = Told(answer.rx_bytes, frame.credit, self._max_payload)
            self._heard_us = self._silence_from_us = now_us
            events.append(Connected(answer.boot_id, answer.protocol, answer.max_payload, answer.rx_bytes))
            if any(len(payload) > self._max_payload for _, payload in self._queue):
                limit = f"it takes payloads of {self._max_payload} bytes"
                self._end(LinkDead(f"{limit}, and longer ones wait for it"), events)

    # ---- receiving

    def _take_frame(self, frame: Frame, now_us: int, events: list[Event]) -> None:
        self._heard_us = self._silence_from_us = now_us
        self._heard.append(
            HeardFrame(
                *(frame.type, frame.seq, frame.ack, frame.credit, zlib.crc32(frame.payload)),
                # those that were under way together are one question
                asks=frame.type == Ack.TYPE and bool(frame.flags & ASK) and not self._answer_due,
                gap=bool(frame.flags & GAP),
            )
        )
        self._credits.note(self._heard[-1])
        if self._fell is None and _before(frame.ack, self._last_ack):
            self._fell = self._last_ack, frame.ack
        self._last_ack = frame.ack
        self._take_acknowledgement(frame, now_us)
        if frame.type >= FIRST_SEQUENCED_TYPE:
            self._take_sequenced(frame, events)
        elif frame.type == Answer.TYPE:
            self._answers += 1
            self._hears_us(now_us)
        elif frame.flags & ASK:
            self._count_question(frame, now_us)
            self._answer_due = True
            if _before(self._expected, frame.seq):
                self._see_gap(frame)

    def _count_question(self, frame: Frame, now_us: int) -> None:
        self.counters.questions += 1
        waited_us = (
            self._patience.too_early(now_us) if frame.ack == self._acked else None
        )  # else it is an old one
        if waited_us is not None:
            self.counters.early_questions += 1
            self.counters.far_too_early += waited_us * FAR < TIMEOUT_LEAST_US

    def _take_acknowledgement(self, frame: Frame, now_us: int) -> None:
        if frame.ack == self._sent_before:
            self.counters.in_step += 1
            self.counters.needless_gaps += frame.flags & GAP != 0
        self.counters.odd_questions += frame.flags & ASK != 0 and frame.type != Ack.TYPE
        progress = (frame.ack - self._acked) & 0xFFFF
        if progress > ((self._sent_before - self._acked) & 0xFFFF):
            return  # old, or nonsense
        if progress:
            if self._measured is not None and _before(self._measured[0], frame.ack):
                self._measure(now_us - self._measured[1])
            self._acknowledge(progress)
            self._patience.acknowledged(progress)
            self._restart_timer(now_us)
        if frame.credit > self._peer_credit:  # what was granted once stays granted: a smaller figure is older
            self._peer_credit = frame.credit
            self._restart_timer(now_us)
        if frame.flags & GAP and (frame.flags >> ECHO_SHIFT) & PASS_MASK == self._pass:
            self._go_back()

    def _acknowledge(self, progress: int) -> None:
        for _ in range(progress):
            _, payload = self._queue.popleft()
            self._queued_bytes -= len(payload)
            cost = record_cost(len(payload))
            self._peer_credit = max(0, self._peer_credit - cost)
            if self._next:  # else it had arrived after all, before it was sent again
                self._next -= 1
                self._in_flight -= cost
        self._acked = (self._acked + progress) & 0xFFFF

    def _restart_timer(self, now_us: int) -> None:
        self._backoff = 0
        self._timer_us = now_us if self._queue else None
        self._hears_us(now_us)

    def _measure(self, elapsed_us: int) -> None:
        """Round-trip estimation as TCP does it (Jacobson and Karels, 1988): retransmitted frames are not measured."""
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
        self._ack_due = True
        if frame.seq == self._expected:
            self._expected = (self._expected + 1) & 0xFFFF
            self._gap_due = False
            self._messages += 1
            self._cost += record_cost(len(frame.payload))
            events.append(Message(frame.type, frame.payload))
        elif _before(frame.seq, self._expected):
            self.counters.duplicates += 1
        else:
            self.counters.gaps += 1
            self._see_gap(frame)

    def _see_gap(self, frame: Frame) -> None:
        self._gap_pass = (frame.flags >> PASS_SHIFT) & PASS_MASK
        self._gap_due = self._ack_due = True

    # ---- sending

    def _timeout_us(self) -> int:
        time = min(max(TIMEOUT_LEAST_US, self._round_trip_us + 4 * self._variation_us), TIMEOUT_MOST_US)
        return max(time, min(time << self._backoff, BACKED_OFF_US))

    def _may_send(self) -> bool:
        if self._next >= min(len(self._queue), UNDER_WAY_MOST):
            return False
        return self._in_flight + record_cost(len(self._queue[self._next][1])) <= self._peer_credit

    def _connection_frame(
        self, now_us: int, message_type: int, payload: bytes = b"", flags: int = 0
    ) -> Frame:
        self._patience.tells(self._expected, now_us)
        if self._gap_due:
            flags |= GAP
        self._ack_due = self._gap_due = False
        flags |= self._pass << PASS_SHIFT | self._gap_pass << ECHO_SHIFT
        seq = (self._acked + self._next) & 0xFFFF
        return Frame(message_type, flags, self._number, seq, self._expected, CREDIT, payload)

    def _next_frame(self, now_us: int) -> Frame | None:
        if self._connecting:
            return self._sync_frame(now_us) if now_us >= self._sync_at_us else None
        if not self._connected:
            return None
        if self._queue and self._timer_us is None:
            self._timer_us = now_us
        if self._answer_due:  # what is short and urgent does not wait behind a long frame
            self._answer_due = False
            return self._connection_frame(now_us, Answer.TYPE)
        if self._gap_due:
            return self._connection_frame(now_us, Ack.TYPE)
        if self._may_send():
            return self._data_frame(now_us)
        if self._question_due(now_us):
            return self._question(now_us)
        return self._connection_frame(now_us, Ack.TYPE) if self._ack_due else None

    def _sync_frame(self, now_us: int) -> Frame:
        self._sync_at_us = now_us + SYNC_INTERVAL_US
        self._line_idle = True  # a frame cut off by this program's predecessor ends here
        payload = Sync(protocol=PROTOCOL_VERSION).encode()
        return Frame(Sync.TYPE, 0, self._number, self._nonce & 0xFFFF, self._nonce >> 16, CREDIT, payload)

    def _data_frame(self, now_us: int) -> Frame:
        message_type, payload = self._queue[self._next]
        frame = self._connection_frame(now_us, message_type, payload)
        if _before(frame.seq, self._sent_before):
            self.counters.retransmitted += 1
        else:
            self._sent_before = (frame.seq + 1) & 0xFFFF
            self._patience.numbered()
            if self._measured is None:
                self._measured = (frame.seq, now_us)
        self._next += 1
        self._in_flight += record_cost(len(payload))
        return frame

    def _question_due(self, now_us: int) -> bool:
        if self._timer_us is not None and self._queue and now_us >= self._timer_us + self._timeout_us():
            return True
        return now_us >= self._silence_from_us + SILENCE_US

    def _question(self, now_us: int) -> Frame:
        if self._queue:
            self.counters.timeouts += 1
            self._timer_us = now_us
            self._backoff = min(self._backoff + 1, BACKOFF_MOST)
        self._questions += 1
        self._asked += 1
        self._silence_from_us = now_us
        self._measured = None
        return self._connection_frame(now_us, Ack.TYPE, flags=ASK)
