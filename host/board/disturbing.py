"""A line made to suffer on purpose, so that what the board counts of it can be held against what was done.

Nothing is lost for good: the link sends again what was withheld. It is done beside the link, on the port below it.
"""

import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from cobs import cobs

from ..link import messages as m
from ..link.framing import CRC, HEADER, decode_frame, encode_frame
from ..link.protocol import ASK, GAP
from .client import Client, DeviceError
from .exchanging import Request, exchange
from .line_tap import LineTap, has_number
from .turned_flag import raise_told_on, raise_turned_flag

DAMAGED = 16  # frames of which the checksum is wrong; so many that a count of right frames would show them
# Numbers that are unlike, and no two of which are a third one together: so one counter is not taken for another.
SHORT = 6  # of each piece that is no frame
AGAIN = 5  # times that frames are sent which the board has
NO_FRAMES = (bytes(cobs.encode(b"\1\2\3")), b"\x09\1\2")  # too short; cut off in the middle of a block
NO_FRAME = ("of pieces that are too short for a frame", "of pieces cut off in the middle of a block")
ECHOES = 4  # on the line at a time, so that the second shows that the first is missing
UNDER_WAY = ECHOES + 1  # frames of the board's that it must send again: those, and one that none follows
ECHO_BYTES = 120
ACKNOWLEDGEMENTS = 24  # more than there may be by themselves, of which nothing new is told
LEAST_TOLD = 4  # acknowledgements of what was acknowledged before
SENDS_AGAIN = (
    "look at what is set back when frames are sent again: the number and the record that has it (go_back in "
    "firmware/core/link/acknowledge.c, next and next_at), and at what keeps records until they are acknowledged "
    "(link_drop_acknowledged there)"
)


@dataclass(frozen=True)
class Disturbed:
    """What was done, and what the board said of it.

    Attributes:
        before, after: STATUS around it.
        cleared: STATUS after it was asked to begin its counters anew.
        gaps: how many frames with a number were written before one that they follow; None: not kept.
        behind: by how many frames the board's acknowledgements are behind what was passed on, at least; None: not kept.
        noise_otherwise: what is counted if noise is counted otherwise, in words, and how much that is.
        noise: what the bytes of noise are of, in words, and how many they are; empty: not kept.
        asked: STATUS after further requests, before that; None: there were none.
        crc_errors, framing_errors, noise_bytes, duplicates: how many more there must be on a line that damages nothing
            itself.
        valid, unnumbered: right frames written between the first two, at least, and how many of them have no number.
        valid_bytes: what those take on the line, without the zeros that end them.
        came: frames of the board's that were read between them, at least.
        came_unnumbered: how many of them have no number; None: not kept.
        earlier: STATUS just before the first of them; None: not kept.
        clearing: the answer that says what the counters were when they began anew; None: not kept.
        repeated, repeated_bytes: frames of the board's that were seen to come once more, and the bytes in them.
        passes_on: by how many passes these were further on each time, and how often; None: not kept.
        answered: STATUS after an answer of `answer_bytes` to a request without a field, since the counters began anew;
            None: not asked.
    """

    before: m.Status
    after: m.Status
    cleared: m.Status
    crc_errors: int
    framing_errors: int
    noise_bytes: int
    duplicates: int
    answered: m.Status | None = None
    answer_bytes: int = 0
    repeated: int = 0
    clearing: m.Status | None = None
    valid: int = 0
    valid_bytes: int = 0
    unnumbered: int = 0
    came: int = 0
    asked: m.Status | None = None
    noise: tuple[tuple[str, int], ...] = ()
    gaps: int | None = None
    behind: int | None = None
    came_unnumbered: int | None = None
    repeated_bytes: int = 0
    passes_on: dict[int, int] | None = None
    earlier: m.Status | None = None
    noise_otherwise: tuple[tuple[str, int], ...] = ()


def disturb(client: Client, requests: Sequence[Request] = ()) -> Disturbed:
    """Damage, repeat and withhold frames in both directions.

    Args:
        client: idle.
        requests: sent when counters are no longer 0: no answer to them may set one back.

    Raises:
        HilError: the board failed.
    """
    connection, port = client.connection, client.connection.port
    earlier, before = _status(client), _status(client)
    raise_turned_flag(client)  # from which all else follows
    tap = LineTap(port)
    connection.port = tap
    try:
        noise = _damaged_frames() + [piece + b"\0" for piece in NO_FRAMES * SHORT]
        duplicates = _suffer(client, tap, noise)
    except DeviceError as error:
        if tap.changed:
            raise DeviceError(f"{client.name} {tap.changed}", SENDS_AGAIN) from error
        raise
    finally:
        connection.port = port
    if tap.changed:
        raise DeviceError(f"{client.name} {tap.changed}", SENDS_AGAIN)
    raise_told_on(client.name, tap)
    after, asked = _status(client), None
    if requests:
        exchange(client, requests)
        asked = _status(client)
    clearing = _status(client, clear=True)
    cleared = _status(client)
    answer = client.ask(m.InfoRequest(), m.Info)
    return Disturbed(
        *(before, after, cleared, DAMAGED, SHORT * len(NO_FRAMES), _bytes_of(noise), duplicates),
        answered=_status(client),
        answer_bytes=len(answer.encode()),
        repeated=tap.repeated,
        repeated_bytes=tap.repeated_bytes,
        passes_on=dict(tap.passes_on),
        earlier=earlier,
        noise_otherwise=_otherwise(noise),
        clearing=clearing,
        valid=tap.valid,
        valid_bytes=tap.valid_bytes,
        unnumbered=tap.unnumbered,
        came=tap.came,
        asked=asked,
        gaps=tap.gaps,
        behind=tap.behind,
        came_unnumbered=tap.came_unnumbered,
        noise=(
            ("of frames with a wrong checksum", _bytes_of(noise[:DAMAGED])),
            *((words, _bytes_of(noise[DAMAGED + at :: len(NO_FRAMES)])) for at, words in enumerate(NO_FRAME)),
        ),
    )


def _suffer(client: Client, tap: LineTap, noise: list[bytes]) -> int:
    """Write noise, repeat frames and withhold some; how many frames with a number the board had before.

    Raises:
        HilError: the board failed.
    """
    for data in noise:
        tap.write(data)
    tap.keep = True
    _echo(client, 1, "after damaged frames")
    duplicates = AGAIN * _sequenced(tap.kept)
    tap.write(tap.kept * AGAIN + _old_news(tap.kept) * ACKNOWLEDGEMENTS)
    tap.keep = False
    tap.withhold_sent = True
    _hold_back(client, tap)
    tap.withhold_received = tap.repeat_gap = True
    _echo(client, ECHOES, "after a frame of the board's was held back")
    # the second time both passes are unlike, and unlike the one that is told back to the board
    for _ in range(2):
        _hold_back_last(client, tap)
    _hold_back_its_last(client, tap)
    return duplicates


def _bytes_of(noise: list[bytes]) -> int:
    """Without the zeros that end them."""
    return sum(len(data) - 1 for data in noise)


def _otherwise(noise: list[bytes]) -> tuple[tuple[str, int], ...]:
    """How many bytes of noise there are if they are counted in another way than as they come."""
    decoded = [_decoded(piece[:-1]) for piece in noise]
    return (
        ("each piece is counted as one byte", len(noise)),
        ("the zeros that end pieces are counted, too", sum(map(len, noise))),
        ("bytes are counted as COBS decodes them, one fewer in each of these pieces", sum(decoded)),
        (
            "of each piece the bytes of head and payload are counted, without the checksum and what COBS adds",
            sum(max(0, bytes_in - CRC.size) for bytes_in in decoded),
        ),
    )


def _decoded(piece: bytes) -> int:
    """Bytes that COBS gives for a short piece of one block, to where it is cut off."""
    return len(piece) - 1


def _status(client: Client, clear: bool = False) -> m.Status:
    return client.ask(m.StatusRequest(clear=int(clear)), m.Status)


def _echo(client: Client, count: int, when: str) -> None:
    """Echoes, all asked for before the first one is waited for, each unlike any other.

    Raises:
        DeviceError: they do not come, each once and in their order.
        HilError: the board failed in another way.
    """
    size = min(ECHO_BYTES, client.connection.max_payload)
    sent = [secrets.token_bytes(size) for _ in range(count)]
    for data in sent:
        client.send(m.EchoRequest(data=data))
    try:
        came = [client.wait_for(m.Echo).data for _ in sent]
    except DeviceError as error:
        raise DeviceError(f"{when}: {error.cause}", error.cure) from error
    if came != sent:
        why = "twice" if len(set(came)) < len(came) or came[0] not in sent else "in another order, or changed"
        raise DeviceError(
            f"{when}: {client.name} brings echoes {why}: what is sent again, or comes twice, must be taken once",
            "look at what takes frames by their numbers (link/receive.c, link/acknowledge.c)",
        )


def _hold_back(client: Client, tap: LineTap) -> None:
    """Echoes of which the first request is withheld once.

    Raises:
        DeviceError: they do not come; and whether the board ever told that one is missing.
        HilError: the board failed in another way.
    """
    tap.told_gap = False
    try:
        _echo(client, ECHOES, "after a frame was sent again and again, and another held back")
    except DeviceError as error:
        if tap.told_gap or tap.withhold_sent:
            raise
        raise DeviceError(
            f"{client.name} does not tell that a frame is missing: one was held back, those behind it came, and no "
            f"frame of the board's has GAP since ({error.cause})",
            "look at what sees a gap and tells it (see_gap in firmware/core/link/receive.c, begin_connected_frame in "
            "firmware/core/link/send.c)",
        ) from error


def _hold_back_last(client: Client, tap: LineTap) -> None:
    """A frame to the board that nothing follows, so that only a question shows that it is missing.

    Raises:
        DeviceError: it never comes, and what did not happen.
        HilError: the board failed in another way.
    """
    tap.told_gap, tap.withhold_sent = False, True
    tap.passes, tap.echoed, tap.own, tap.watched = set(), set(), set(), client.connection.number
    try:
        _echo(client, 1, "after the last frame to the board was held back")
    except DeviceError as error:
        if tap.echoed and not tap.echoed & tap.passes:
            told, had = (", ".join(map(str, sorted(each))) for each in (tap.echoed, tap.passes))
            own = ", which is the pass of its own frames" if tap.echoed == tap.own else ""
            raise DeviceError(
                f"{client.name} tells that a frame is missing, with pass {told}{own}, and what it answers had pass "
                f"{had}: so it is taken for old news ({error.cause})",
                "look at the bits of flags that are kept of a frame which shows a gap, and told back (gap_pass: "
                "see_gap in firmware/core/link/receive.c, begin_connected_frame in firmware/core/link/send.c)",
            ) from error
        if tap.told_gap or tap.withhold_sent:
            raise
        raise DeviceError(
            f"{client.name} does not tell that a frame is missing when it is asked: the last one to it was held back, "
            f"and no answer to a question, which has the number behind it, has GAP ({error.cause})",
            "look at what compares the number of a question with the one that is expected (take_question and see_gap "
            "in firmware/core/link/receive.c)",
        ) from error


def _hold_back_its_last(client: Client, tap: LineTap) -> None:
    """The same of a frame of the board's.

    Raises:
        DeviceError: it never comes, and what did not happen.
        HilError: the board failed in another way.
    """
    tap.asked, tap.told, tap.withhold_received = 0, 0, True
    try:
        _echo(client, 1, "after the board's last frame was held back")
    except DeviceError as error:
        if tap.withhold_received:
            raise
        told = f"it was told {tap.asked} times that one is missing" if tap.asked else "it never asked for it"
        if tap.told >= LEAST_TOLD and not tap.asked:
            told += f", and sent {tap.told} acknowledgements meanwhile: as if they were questions without LINK_ASK"
        where = (
            "go_back and link_take_acknowledgement in firmware/core/link/acknowledge.c"
            if tap.asked
            else "link_keep_timer and link_question_due in firmware/core/link/timer.c, begin_next in "
            "firmware/core/link/send.c"
        )
        raise DeviceError(
            f"{client.name} does not send its last frame again, which was held back: {told} ({error.cause})",
            f"look at what finds out that a frame is lost which none follows ({where})",
        ) from error


def _damaged_frames() -> list[bytes]:
    """Frames that are right but for their checksum; of no connection, so that nobody takes them who does not look."""
    frames = []
    for bit in range(DAMAGED):
        body = HEADER.pack(m.Ack.TYPE, 0, 0, 0, 0, 0)
        frames.append(bytes(cobs.encode(body + CRC.pack(zlib.crc32(body) ^ 1 << 2 * bit))) + b"\0")
    return frames


def _old_news(data: bytes) -> bytes:
    """A frame without a number that acknowledges what the last of some bytes of the line does; empty: there is none."""
    frames = [frame for frame in map(decode_frame, data.split(b"\0")) if frame is not None]
    if not frames:
        return b""
    return encode_frame(
        frames[-1]._replace(type=m.Ack.TYPE, flags=frames[-1].flags & ~(GAP | ASK), payload=b"")
    )


def _sequenced(data: bytes) -> int:
    """Frames with a number in some bytes of the line."""
    return sum(has_number(piece) for piece in data.split(b"\0"))
