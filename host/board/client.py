"""Requests and answers over a connection."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from ..errors import HilError
from ..line.connection import Connection, DeviceResetError, LinkError
from ..line.port import BytePort, PortError
from ..link import messages as m
from ..link.codec import MessageError
from ..link.events import Message
from ..link.standing import OR_SENDS_NOT, UNHEARD
from .crash import FirmwareCrashedError, NotBootingError, crash_in, find_boot_trouble
from .limits import Limits
from .other_number import WHERE, decoded, may_be
from .state_before import of_state_before
from .taken_credit import why_it_asks
from .taken_lengths import PART, Why, why_no_answer

RECENT_LOG_LINES = 200
REQUESTS_KEPT = 64  # since the last answer

Answer = TypeVar("Answer", bound=m.Payload)


class DeviceError(HilError):
    """The board answers, but not as the protocol has it: too late, too much, or nonsense."""


LOOK_AT_LINK = "look at what is named in the firmware's link, and flash it again"
TOOK_ONE = (
    "it answered SYNC, and answers nothing since, not even another SYNC: it hangs, or takes no second frame, as where "
    "what is kept of one that came is not set back (frame_receive_into and frame_receive in firmware/core/link/frame.c)"
)
ROOM = (b"arena", b"memory", b"internal RAM", b"the front end needs")  # of what a smaller model needs less
ENDS = (b"outputs", b"the model's input")


def _cure_of(text: bytes) -> str:
    """What may be done about a model that a board cannot run, by what it says."""
    if any(word in text for word in ROOM):
        return "use a smaller model"
    if any(word in text for word in ENDS):
        return (
            "look at what the firmware takes from the bundle as it loads the model: the numbers of its outputs, their "
            "types and sizes (model_load)"
        )
    return "look at what the firmware does as it loads the model (model_load)"


UNSENT = (
    "look at where a message that came is put, and where it is read from: where records begin and end in the receive "
    "buffer (record_ring_append, record_ring_get and record_ring_pop in firmware/core/link/record_ring.c, link_peek in "
    "firmware/core/link/receive.c), and at the number that the refusal names (firmware/core/session)"
)


class RequestRefusedError(HilError):
    """The board answered a request with an error of its own."""

    def __init__(self, error: m.Error, sent: bool = True) -> None:
        request = m.name_of(error.request)
        numbers = f" (value {error.value}, limit {error.limit})" if error.value or error.limit else ""
        cure = (
            "see firmware/README.md for what this board supports, and flash the current firmware if it is an older "
            "one"
        )
        if error.code == m.ErrorCode.NO_MODEL:
            cure = f"{_cure_of(error.text)}, or compare the front end alone: `python -m host run --features-only`"
        if (error.request, error.code) == (m.Audio.TYPE, m.ErrorCode.NO_STREAM):
            cure = (
                "it forgot a stream that it had begun: look at what ends one, and at what it forgets for a new host "
                "(session_step in firmware/core/session/session.c); else flash the current firmware"
            )
        unsent = (
            "" if sent else ", and nothing with that number was sent: it takes something else for a message"
        )
        super().__init__(
            f"the board refused {request}: {error.text.decode('utf-8', 'replace')}{numbers}{unsent}",
            cure if sent else UNSENT,
        )
        self.code = error.code
        self.error = error


# What a board can be blamed for; other errors that pass through, such as those of an audio file, are left alone.
BOARD_ERRORS = (
    DeviceError,
    DeviceResetError,
    FirmwareCrashedError,
    LinkError,
    MessageError,
    NotBootingError,
    PortError,
    RequestRefusedError,
)


class Client:
    """Sends requests and takes answers; log lines and errors are dealt with on the way.

    Args:
        port: an open line; closed with this object.
        on_log: called with (level, text) for each of the firmware's log lines.
        dead_after_s: how long the board may acknowledge nothing before it counts as dead.
        elf: the firmware on it, so that a crash's backtrace can be decoded.
        limits: how long it may take.
    """

    def __init__(
        self,
        port: BytePort,
        on_log: Callable[[int, str], None] | None,
        dead_after_s: float,
        elf: Path | None,
        limits: Limits,
    ) -> None:
        self.connection = Connection(port, dead_after_s=dead_after_s)
        self.limits = limits
        self.log: list[str] = []
        self.levels: Counter[int] = Counter()  # how many lines of each level came
        self.broken_off = False  # whether results of what was broken off may still come
        self._asked: list[m.Payload] = []  # requests since the last answer
        # whether the link is looked into where no answer comes, on connections of their own
        self.explains = True
        self._on_log = on_log
        self._elf = elf

    @property
    def name(self) -> str:
        """What the board is called in messages."""
        return f"the board at {self.connection.port.name}"

    @contextlib.contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Let every error of the board within the block name the board and `what` it was asked for."""
        try:
            yield
        except BOARD_ERRORS as error:
            if not getattr(error, "located", False):
                _locate(error, self.connection.port.name, what)
            raise

    @contextlib.contextmanager
    def job(self, what: str) -> Iterator[None]:
        """As `doing`, for a job whose results may still come when it is broken off."""
        with self.doing(what):
            try:
                yield
            except BaseException as error:
                self.broken_off = not getattr(error, "all_came", False)
                raise

    def receive(self, timeout_s: float) -> Message | None:
        """The connection's next message; None when none came.

        Raises:
            FirmwareCrashedError: the board was lost, and printed a crash before.
            DeviceResetError, LinkError, PortError: see `Connection.receive`.
        """
        try:
            return self.connection.receive(timeout_s)
        except (DeviceResetError, LinkError) as error:
            self.raise_crash(error)
            if (
                self.connection.boot_id is not None
                and isinstance(error, LinkError)
                and (why := self.looked_into())
            ):
                raise LinkError(f"{error.cause}; {why.told}", why.look_at) from error
            raise

    @contextlib.contextmanager
    def unexplained(self) -> Iterator[None]:
        """Do not look into the link where no answer comes, within the block."""
        explains, self.explains = self.explains, False
        try:
            yield
        finally:
            self.explains = explains

    def looked_into(self) -> Why | None:
        """What of the board's link keeps an answer from coming; None: nothing is found. All under way is forgotten."""
        if not self.explains:
            return None
        if told := self.stands_still():
            return Why(told, LOOK_AT_LINK)
        with self.unexplained():
            return why_no_answer(self.connection, self.limits.answer_s)

    def stands_still(self) -> str:
        """How the connection stands where nothing comes any more, in a sentence; empty: nothing plain.

        Where the board does not send on, all under way is forgotten.
        """
        told = self.connection.stands_still
        if self.explains and told.startswith(UNHEARD):
            return told if self._answers_again() else TOOK_ONE
        if not self.explains or not told.endswith(OR_SENDS_NOT):
            return told
        with self.unexplained():
            why = why_it_asks(self.connection, self.limits.answer_s / PART)
        return f"{told.removesuffix(OR_SENDS_NOT)}; {why}" if why else told

    def _answers_again(self) -> bool:
        """Whether another request for a connection is answered."""
        try:
            self.connection.connect(self.limits.answer_s / PART)
        except LinkError:
            return False
        return True

    def raise_crash(self, error: Exception) -> None:
        """Raise `FirmwareCrashedError` instead of `error` when the board printed a crash; it is told once."""
        crash = crash_in(self.connection.noise, self._elf)
        if crash is not None:
            self.connection.noise.clear()
            raise FirmwareCrashedError(crash) from error

    def raise_why_it_does_not_come_up(self, error: Exception) -> None:
        """Raise what the board printed as the reason, instead of `error`, when it is known."""
        self.raise_crash(error)
        # restarts that it came back from are none
        text = self.connection.since_answer.decode("utf-8", "replace")
        trouble = find_boot_trouble(text)
        if trouble is not None:
            raise NotBootingError(trouble, text) from error

    def next(self, timeout_s: float) -> m.Payload | None:
        """The next message that is neither a log line nor an error; None when none came.

        Raises:
            RequestRefusedError: it was an error.
            MessageError: it cannot be read.
            HilError: see `receive`.
        """
        message = self.receive(timeout_s)
        if message is None:
            return None
        payload = decoded(message.type, message.payload)
        if isinstance(payload, m.Log):
            text = payload.text.decode("utf-8", "replace")
            self.log = [*self.log[-RECENT_LOG_LINES:], text]
            self.levels[payload.level] += 1
            if self._on_log is not None:
                self._on_log(payload.level, text)
            return None
        if isinstance(payload, m.Error):
            raise RequestRefusedError(payload, self.connection.has_sent(payload.request))
        return payload

    def send(self, request: m.Payload) -> None:
        """Queue a request; it leaves with the next `receive`."""
        self.connection.send(request.TYPE, request.encode())
        self._asked = [*self._asked[-REQUESTS_KEPT:], request]

    def ask(
        self, request: m.Payload, kind: type[Answer], passing: tuple[type[m.Payload], ...] = ()
    ) -> Answer:
        """Send a request and wait for its answer; see `wait_for`.

        Raises:
            DeviceError: none came in time.
            HilError: see `next`.
        """
        with self.doing(f"asking for {kind.NAME}"):
            self.send(request)
            return self.wait_for(kind, passing=passing)

    def wait_for(
        self,
        kind: type[Answer],
        timeout_s: float | None = None,
        accept: Callable[[Answer], bool] = lambda _: True,
        passing: tuple[type[m.Payload], ...] = (),
    ) -> Answer:
        """Wait for a message of one type. Others come only when a job was broken off before.

        Args:
            kind: the type.
            timeout_s: in all, whatever else comes meanwhile; `Limits.answer_s` when None.
            accept: tells the one that is wanted from old ones.
            passing: types that may still come before it.

        Raises:
            DeviceError: it did not come in time, or something came that nobody asked for.
            HilError: see `next`.
        """
        timeout_s = self.limits.answer_s if timeout_s is None else timeout_s
        deadline = time.monotonic() + timeout_s
        others = 0
        while (left := deadline - time.monotonic()) > 0:
            payload = self.next(left)
            if isinstance(payload, kind) and accept(payload):
                self._asked.clear()
                return payload
            others += payload is not None
            if payload is not None and not self.broken_off and not isinstance(payload, passing):
                raise (
                    self.another(payload, self._asked)
                    if isinstance(payload, kind)
                    else self.unasked(payload, kind)
                )
        raise self._no_answer(kind, timeout_s, others)

    def aside(self, request: m.Payload, kind: type[Answer]) -> Answer:
        """As `ask`, in the midst of something else that was begun."""
        asked, self._asked = self._asked, []
        try:
            return self.ask(request, kind)
        finally:
            self._asked = asked

    def another(self, payload: m.Payload, requests: Sequence[m.Payload]) -> DeviceError:
        """The error for an answer to something else than what was asked, with its numbers."""
        numbers = {layout.name: getattr(payload, layout.name) for layout in payload.LAYOUT}
        told = ", ".join(f"{name} {value:,}" for name, value in numbers.items() if isinstance(value, int))
        right, late = of_state_before(
            list(requests), payload, lambda later: self._again(later, type(payload))
        )
        cure = f"look at what the firmware fills {payload.NAME} with"
        if late:
            cure += ", and whether it is sent before that is set (firmware/core/session)"
        return DeviceError(
            f"{self.name} sent {payload.NAME} that is not of what was asked: it tells {told}{right}",
            f"{cure}; else reset it, and flash the current firmware",
        )

    def _again(self, requests: Sequence[m.Payload], kind: type[m.Payload]) -> m.Payload | None:
        """Send requests, and take the next answer of a kind; None: none comes."""
        for request in requests:
            self.connection.send(request.TYPE, request.encode())
        deadline = time.monotonic() + self.limits.answer_s
        while (left := deadline - time.monotonic()) > 0:
            payload = self.next(left)
            if isinstance(payload, kind):
                return payload
        return None

    def unasked(self, payload: m.Payload, wanted: type[m.Payload] | None = None) -> DeviceError:
        """The error for a message that answers nothing, where another one may be waited for."""
        other = may_be(payload, wanted) if wanted is not None else ""
        if wanted is not None and other:
            return DeviceError(
                f"{self.name} sent {payload.NAME} where {wanted.NAME} is owed{other}",
                f"{WHERE}; else reset it, and flash the current firmware",
            )
        return DeviceError(
            f"{self.name} sent {payload.NAME}, which answers nothing that was asked",
            "reset it, and flash the current firmware",
        )

    def _no_answer(self, kind: type[m.Payload], timeout_s: float, others: int) -> DeviceError:
        idle, took_messages = self.connection.idle, self.connection.took_messages
        if told := self.stands_still():
            return DeviceError(
                f"{self.name} sent no {kind.NAME} within {timeout_s:g} s: {told}", LOOK_AT_LINK
            )
        if not others and (why := self.looked_into()):
            return DeviceError(
                f"{self.name} sent no {kind.NAME} within {timeout_s:g} s: {why.told}", why.look_at
            )
        if not idle:
            return DeviceError(
                f"{self.name} did not take in a request for {kind.NAME} within {timeout_s:g} s, though it is there",
                "its firmware hangs, has no room, or does not take in what it was sent: reset it, and look at what "
                "takes frames in (firmware/core/link/receive.c)",
            )
        instead = f", but {others:,} messages nobody asked for" if others else ""
        if not instead and not took_messages:
            instead = ", nor any other message since it was connected"
            if self.connection.took_before:
                instead += (
                    "; on a connection before this one it did, so look at what is set back for a new one "
                    "(link_begin_connection in firmware/core/link/link.c)"
                )
        return DeviceError(
            f"{self.name} acknowledged a request but sent no {kind.NAME} within {timeout_s:g} s{instead}",
            f"look at what the firmware does with the request, and at what sends {kind.NAME}; it may be older than the "
            "host: then flash it again",
        )


def _locate(error: HilError, board: str, what: str) -> None:
    """Add the board's name and what was going on to an error's first line."""
    first, newline, rest = error.cause.partition("\n")
    named = first if board in first else f"the board at {board}: {first}"
    error.cause = f"{named} (while {what}){newline}{rest}"
    error.args = (f"{error.cause}\n  → {error.cure}",)
    error.located = True  # type: ignore[attr-defined]
