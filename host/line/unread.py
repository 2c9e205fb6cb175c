"""Why two ends of a link do not understand each other: the checksum of what came, and the one that a board takes."""

import time
import zlib
from collections.abc import Iterable, Iterator, Sequence

from cobs import cobs

from ..link.checksum_ways import Way, plain_ways, ways_of
from ..link.framing import CRC, HEADER, Splitter, Unsigned, unsigned
from ..link.link import CREDIT
from ..link.messages import PROTOCOL_VERSION, Hello, Sync, SyncAck, name_of
from .port import BytePort

RIGHT = "it must be CRC-32 (zlib's) of head and payload, least byte first"
SENDING = (
    "look at what computes it for a frame that is sent (begin_frame in firmware/core/link/send.c, then "
    "firmware/core/link/crc32.c), and at what takes its bytes to the line (byte_at in firmware/core/link/cobs.c)"
)
TAKING = (
    "look at what computes it of a frame that comes (take_byte and end in firmware/core/link/frame.c, then "
    "firmware/core/link/crc32.c)"
)
CHECKING = "look at what computes it (firmware/core/link/crc32.c)"
AT_TIMES = "is the right one, which it does not take of other frames: it goes wrong by what is in a frame"
RIGHT_ONES = 64  # requests with the right checksum, each with another nonce
MOST_NAMED = 2  # ways that give the same
LEAST_ANSWERS = 2  # unlike ones of this connection, for it to be no chance
MORE = 8  # requests whose answers tell more of a checksum
ANOTHER = "is another one"
TRIED_S = 2.0  # for the answers to requests with other checksums


def own_frames(pieces: Iterable[bytes], number: int) -> list[Unsigned]:
    """Of pieces that are no valid frames those that can only be of this link: of a connection's number, or HELLOs."""
    return [frame for piece in pieces if (frame := unsigned(piece)) is not None and _is_own(frame, number)]


def _is_own(frame: Unsigned, number: int) -> bool:
    kind, _, connection, *_ = HEADER.unpack_from(frame.content)
    if kind == Hello.TYPE:
        return connection == 0 and len(frame.content) == HEADER.size + Hello.fixed_size()
    return bool(connection == number)


def wrong_checksum(frames: Sequence[Unsigned], nonce: int | None = None) -> str:
    """What the checksum of frames that came is, behind "the checksum of its frames"; empty: unclear.

    Args:
        frames: see `own_frames`.
        nonce: of the connection that was asked for: what brings it back is an answer.
    """
    found = ways_of(frames)
    if found:
        return " or ".join(way.words for way in found[:MOST_NAMED])
    sure = len({frame.content for frame in frames}) >= LEAST_ANSWERS or any(
        _is_hello(frame) or _answers(frame, nonce) for frame in frames
    )
    return ANOTHER if sure else ""


def _answers(frame: Unsigned, nonce: int | None) -> bool:
    """Whether a frame is the answer to a request for a connection, by its head."""
    kind, _, _, seq, ack, _ = HEADER.unpack_from(frame.content)
    return bool(kind == SyncAck.TYPE and seq | ack << 16 == nonce)


def checksum_of_more(port: BytePort, number: int, frames: Sequence[Unsigned]) -> str:
    """What the checksum is, where that is unclear from those that came: by answers to more requests; empty: still so.

    Args:
        port: see `taken_checksum`.
        number: of the connection.
        frames: that came.

    Raises:
        PortError: the port broke.
    """
    requests = [_request(number, nonce, Way("", zlib.crc32)) for nonce in range(MORE)]
    answers: dict[int, Unsigned] = {}
    for nonce, frame in _answers_to(port, number, requests):
        answers[nonce] = frame
        if len(answers) == MORE:
            break
    came = list(answers.values())
    told = (wrong_checksum(came), wrong_checksum([*frames, *came]))
    return next((words for words in told if words not in ("", ANOTHER)), "")


def _is_hello(frame: Unsigned) -> bool:
    """Whether a frame is a HELLO in all its bytes but the boot id's: noise is not."""
    head, payload = frame.content[: HEADER.size], frame.content[HEADER.size :]
    wanted = HEADER.pack(Hello.TYPE, 0, 0, 0, 0, 0)
    return head == wanted and Hello.decode(payload).protocol == PROTOCOL_VERSION


def names_of(frames: Sequence[Unsigned]) -> str:
    """Which messages they are."""
    return ", ".join(sorted({name_of(frame.content[0]) for frame in frames}))


def taken_checksum(port: BytePort, number: int) -> Way | None:
    """The checksum that a board takes which does not take the right one; None: it answers none of those tried.

    Each is tried in a request for a connection with a nonce of its own, which the answer brings back.

    Args:
        port: of a board that speaks this link, and has no connection.
        number: of the connection.

    Raises:
        PortError: the port broke.
    """
    right = [Way(AT_TIMES, zlib.crc32)] * RIGHT_ONES
    ways = right + [way for way in plain_ways() if _differs(way, number)]
    requests = [_request(number, nonce, way) for nonce, way in enumerate(ways)]
    return next((ways[nonce] for nonce, _ in _answers_to(port, number, requests)), None)


def _answers_to(port: BytePort, number: int, requests: Sequence[bytes]) -> Iterator[tuple[int, Unsigned]]:
    """The answers to requests that have their places for nonces: each with that."""
    port.write(b"".join(requests))
    splitter, deadline = Splitter(), time.monotonic() + TRIED_S
    while time.monotonic() < deadline:
        pieces, _ = splitter.feed(port.read(TRIED_S / 20))
        for frame in own_frames(pieces, number):
            kind, _, _, seq, ack, _ = HEADER.unpack_from(frame.content)
            if kind == SyncAck.TYPE and seq | ack << 16 < len(requests):
                yield seq | ack << 16, frame


def _differs(way: Way, number: int) -> bool:
    """Whether a request with it differs from one with the right one."""
    content = _sync(number, 0)
    return way.number(content) != zlib.crc32(content)


def _sync(number: int, nonce: int) -> bytes:
    head = HEADER.pack(Sync.TYPE, 0, number, nonce & 0xFFFF, nonce >> 16, CREDIT)
    return head + Sync(protocol=PROTOCOL_VERSION).encode()


def _request(number: int, nonce: int, way: Way) -> bytes:
    content = _sync(number, nonce)
    return b"\0" + bytes(cobs.encode(content + CRC.pack(way.number(content)))) + b"\0"
