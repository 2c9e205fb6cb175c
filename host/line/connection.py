"""A link on a real port: the only place where the state machine meets a clock and a line."""

import contextlib
import re
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType

from ..errors import HilError
from ..link.damaged import always_damaged, read_loosely
from ..link.events import Connected, DeviceReset, Event, LinkDead, Message, Noise
from ..link.link import Link
from ..link.standing import times_asked, what_stands_still
from ..printable import counted
from .port import BytePort, PortError
from .spoilt_byte import spoilt_byte
from .strange_answers import HEAD, strange_answer, where_wrong
from .unanswered import Why, why_unanswered
from .unread import (
    ANOTHER,
    AT_TIMES,
    CHECKING,
    RIGHT,
    SENDING,
    TAKING,
    checksum_of_more,
    names_of,
    own_frames,
    taken_checksum,
    wrong_checksum,
)

LONGEST_WAIT_S = 0.1
NOISE_KEPT = 65536  # bytes: a panic and the boot texts after it
MESSAGES_MOST = 4096  # that wait for the owner
BOOT_LOG = re.compile(rb"[EWID] \(\d+\) [^\r\n\x1b]+")  # a line of ESP-IDF's log
OUTPUT_PIECE = 4096  # so that answers are looked at between writes to a slow line


class LinkError(HilError):
    """The board does not answer, or stopped answering."""


class DeviceResetError(HilError):
    """The board restarted while it was in use. `text` is what it said meanwhile."""

    def __init__(self, boot_id: int, text: str) -> None:
        said = f"; it said: {text[-400:]!r}" if text else ""
        super().__init__(
            f"the board restarted in the middle of the run (boot id is now {boot_id:#010x}){said}",
            "check its power supply; if it happens again at the same place, read the text above for a crash",
        )
        self.boot_id = boot_id
        self.text = text


def _now_us() -> int:
    return time.monotonic_ns() // 1000


class Connection:
    """A connected link.

    Args:
        port: an open line; this object closes it.
        on_noise: called with bytes that are not frames, such as boot text.
        dead_after_s: how long the board may leave everything unacknowledged.
    """

    def __init__(
        self, port: BytePort, on_noise: Callable[[bytes], None] | None = None, dead_after_s: float = 5.0
    ) -> None:
        self.port = port
        self.boot_id: int | None = None
        self.told_limits: tuple[int, int] | None = (
            None  # bytes of the longest payload, and of its receive buffer
        )
        self.noise = bytearray()
        self.since_answer = bytearray()  # of the noise, what came after it was connected last
        self._on_noise = on_noise
        self._dead_after_us = int(dead_after_s * 1e6)
        self._link = Link(dead_after_us=self._dead_after_us)
        self._messages: deque[Message] = deque()
        self.took_before = False  # whether a message came on a connection before the one that is
        self._sent: set[int] = set()  # types of messages, since it was opened

    @property
    def counters(self) -> dict[str, int]:
        """The host side's link counters."""
        return self._link.counters.as_dict()

    @property
    def max_payload(self) -> int:
        """Bytes that a message to the board may carry."""
        return self._link.max_payload

    @property
    def idle(self) -> bool:
        """Whether the board has acknowledged all that was sent."""
        return self._link.idle

    @property
    def took_messages(self) -> bool:
        """Whether a message of the board came since it was connected."""
        return bool(self._link.standing.taken)

    @property
    def stands_still(self) -> str:
        """What of the link's own is wrong that shows in what came, in a sentence; empty: nothing plain."""
        standing = self._link.standing
        missing = (frame.head[3] for frame in read_loosely(self.unread, self._link.number))
        if standing.expected in missing:  # it is sent, and comes damaged: its number is no other one
            return ""
        return what_stands_still(standing)

    @property
    def is_asked(self) -> bool:
        """Whether the board asks again and again for what it was told."""
        return bool(times_asked(self._link.standing))

    @property
    def granted(self) -> int:
        """The most that any frame of the board's let come since it was connected, the answer to SYNC apart."""
        return self._link.standing.granted

    @property
    def all_limits(self) -> tuple[int, int, int] | None:
        """`told_limits`, and the most bytes that any frame of the board's let come since it was connected."""
        return self.told_limits and (*self.told_limits, self.granted)

    @property
    def number(self) -> int:
        """The connection's number on the line."""
        return self._link.number

    @property
    def nonce(self) -> int:
        """The 32 bits that tell it from others of that number."""
        return self._link.nonce

    @property
    def unread(self) -> list[bytes]:
        """Pieces between zeros that were no valid frames, the last ones."""
        return list(self._link.unread)

    @property
    def always_damaged(self) -> str:
        """That a frame of the board's comes damaged alike whenever it is sent, in a sentence; empty: none does."""
        return always_damaged(self.unread, self._link.number)

    @property
    def pending_bytes(self) -> int:
        """Payload bytes queued or sent that the board has not acknowledged."""
        return self._link.pending_bytes

    def be_patient(self, dead_after_s: float) -> None:
        """From now on the board may leave everything unacknowledged for so long."""
        self._dead_after_us = self._link.dead_after_us = int(dead_after_s * 1e6)

    def connect(self, timeout_s: float = 10.0, nonce: int | None = None) -> None:
        """Take over the board, in whatever state it is.

        Args:
            timeout_s: for its answer.
            nonce: of the connection, see `Link`; at random when None, so that it is no earlier one's.

        Raises:
            LinkError: nothing answers, or what answers is not such a board.
            PortError: the port broke.
        """
        self.took_before = self.took_before or self.took_messages
        self._link = Link(nonce, self._dead_after_us)
        self._messages.clear()
        self.boot_id, self.told_limits = None, None
        self._link.connect()
        deadline = time.monotonic() + timeout_s
        while self.boot_id is None:
            if time.monotonic() > deadline:
                raise self._no_answer(timeout_s)
            try:
                self._turn(min(LONGEST_WAIT_S, max(0.0, deadline - time.monotonic())))
            except DeviceResetError:
                continue  # it may well be booting just now

    def _no_answer(self, timeout_s: float) -> LinkError:
        if (misread := self._misread()) is not None:
            return misread
        if booting := BOOT_LOG.findall(self.noise[-1000:]):
            return LinkError(
                f"the board at {self.port.name} printed what one does that boots, and no firmware answered within "
                f"{timeout_s:g} s; its last line: {booting[-1].decode('utf-8', 'replace')!r}",
                "run it again when it has booted: an emulator on a busy computer may need a minute; if it stays there, "
                "flash the firmware (`python -m host flash`)",
            )
        if self.noise:
            sample = bytes(self.noise[-160:])
            return LinkError(
                f"what is at {self.port.name} does not speak this link; it sent {sample!r}",
                "flash the firmware (`python -m host flash`), or check that this is the right port and baud rate",
            )
        return LinkError(
            f"no answer from {self.port.name} within {timeout_s:g} s",
            f"{self.port.advice}, and reset the board; a new board needs its firmware first: `python -m host flash`",
        )

    def _misread(self) -> LinkError | None:
        """Why a board is not understood, or does not understand, that speaks this link; None: it does not seem to."""
        link, where = self._link, f"the board at {self.port.name}"
        frames = own_frames(link.unread, link.number)
        words = wrong_checksum(frames, link.nonce)
        if told := spoilt_byte(link.unread):
            return LinkError(f"{where} speaks this link, but {told}", "look at what is named")
        if not words and not link.counters.rx_frames:
            return None
        if told := strange_answer(link.strays, link.number, link.nonce):
            look_at = f"look at what reads and fills heads ({HEAD})"
            with contextlib.suppress(PortError):
                look_at = where_wrong(self.port, link.number)
            return LinkError(f"{where} speaks this link, but {told}", look_at)
        taken = None
        with contextlib.suppress(PortError):
            taken = taken_checksum(self.port, link.number)
            if words == ANOTHER:
                words = checksum_of_more(self.port, link.number, frames) or words
        alike = taken is not None and words == taken.words
        if words:
            also = "; so does what it takes in" if alike else ""
            return LinkError(
                f"{where} speaks this link, but the checksum of its frames ({names_of(frames)}) {words}: {RIGHT}{also}",
                CHECKING if alike else SENDING,
            )
        if taken is not None and taken.words == AT_TIMES:
            return LinkError(
                f"{where} takes some frames, and no other ones, though the checksum of all is right: it is computed "
                "wrongly for some of what may be in a frame, as with a wrong entry in its table",
                CHECKING,
            )
        if taken is not None:
            return LinkError(
                f"{where} takes no frame with the right checksum, and one of which the checksum {taken.words}: "
                f"{RIGHT}; its own frames have the right one",
                TAKING,
            )
        why = Why("", f"look at what takes frames in and answers SYNC ({HEAD})")
        with contextlib.suppress(PortError):
            why = why_unanswered(self.port, link.number)
        return LinkError(
            f"{where} speaks this link ({counted(link.counters.rx_frames, 'frame')} of it came whole), and answers "
            f"no SYNC, which begins a connection{why.told}",
            why.look_at,
        )

    def has_sent(self, message_type: int) -> bool:
        """Whether a message of that type was sent over this connection or one before."""
        return message_type in self._sent

    def send(self, message_type: int, payload: bytes = b"") -> None:
        """Queue a message; it leaves with the next `receive`.

        Raises:
            LinkError: it is longer than the board takes.
        """
        if len(payload) > self.max_payload:
            raise LinkError(
                f"a message of {len(payload)} bytes is too long for the board at {self.port.name}, which takes "
                f"{self.max_payload}",
                "send it in pieces, or flash the firmware of this checkout",
            )
        self._sent.add(message_type)
        self._link.send(message_type, payload)

    def receive(self, timeout_s: float) -> Message | None:
        """Return the next message, or None when none came within `timeout_s`.

        Raises:
            DeviceResetError: the board restarted.
            LinkError: the board stopped answering.
            PortError: the port broke.
        """
        deadline = time.monotonic() + timeout_s
        while not self._messages:
            left = deadline - time.monotonic()
            self._turn(min(LONGEST_WAIT_S, max(0.0, left)))
            if left <= 0:
                break
        return self._messages.popleft() if self._messages else None

    def flush(self, timeout_s: float = 5.0) -> None:
        """Wait until the board has acknowledged everything sent."""
        deadline = time.monotonic() + timeout_s
        while not self._link.idle and time.monotonic() < deadline:
            self._turn(LONGEST_WAIT_S)

    def _turn(self, wait_s: float) -> None:
        """Write what is due, wait for bytes or the next deadline, and take in what came."""
        link = self._link
        while data := link.output(_now_us(), OUTPUT_PIECE):
            self.port.write(data)
            self._read(0.0)
            if self._messages:  # each makes an acknowledgement due: a flood would keep this going for ever
                break
        deadline = link.deadline(_now_us())
        if deadline is not None:
            wait_s = min(wait_s, max(0, deadline - _now_us()) / 1e6)
        if self._messages:
            wait_s = 0.0
        self._read(wait_s)
        self._take(link.poll(_now_us()))

    def _read(self, wait_s: float) -> None:
        """Take in what came; nothing while too much waits for the owner, so that the line has to wait too."""
        if len(self._messages) >= MESSAGES_MOST:
            return
        arrived = self.port.read(wait_s)
        if arrived:
            self._take(self._link.receive(arrived, _now_us()))

    def _take(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Message):
                self._messages.append(event)
            elif isinstance(event, Noise):
                for kept in (self.noise, self.since_answer):
                    kept += event.data
                    del kept[:-NOISE_KEPT]
                if self._on_noise is not None:
                    self._on_noise(event.data)
            elif isinstance(event, Connected):
                self.told_limits = event.max_payload, event.rx_bytes
                self.boot_id = event.boot_id
                self.since_answer.clear()
            elif isinstance(event, DeviceReset):
                raise DeviceResetError(event.boot_id, self.noise.decode("utf-8", "replace").strip())
            elif isinstance(event, LinkDead):
                raise self._dead(event)

    def _dead(self, event: LinkDead) -> LinkError:
        """The end of a connection; frames that came whole but for their checksum tell more than that none came."""
        lost = f"the board at {self.port.name} {self._lost()}: {event.reason}"
        frames = own_frames(self._link.unread, self._link.number)
        if frames and (words := wrong_checksum(frames)):
            return LinkError(
                f"{lost}; {counted(len(frames), 'frame')} ({names_of(frames)}) came of which the checksum {words}: "
                f"{RIGHT}",
                SENDING,
            )
        return LinkError(lost, f"look at its log for a crash; {self.port.advice}; then reset it")

    def _lost(self) -> str:
        return "cannot be used" if self.boot_id is None else "stopped answering"

    def close(self) -> None:
        """Release the port."""
        self.port.close()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
