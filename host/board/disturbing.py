"""A line made to suffer on purpose, so that what the board counts of it can be held against what was done.

Nothing is lost for good: the link sends again what was withheld. It is done beside the link, on the port below it.
"""

import zlib
from dataclasses import dataclass
from typing import Any

from cobs import cobs

from ..line.port import BytePort
from ..link import messages as m
from ..link.framing import CRC, HEADER, decode_frame
from .client import Client

DAMAGED = 3  # frames of which the checksum is wrong
NO_FRAMES = (bytes(cobs.encode(b"\1\2\3")), b"\x09\1\2")  # too short; cut off in the middle of a block
ECHOES = 4  # on the line at a time, so that the second shows that the first is missing
ECHO_BYTES = 120


@dataclass(frozen=True)
class Disturbed:
    """What was done, and what the board said of it.

    Attributes:
        before, after: STATUS around it.
        cleared: STATUS after it was asked to begin its counters anew.
        crc_errors, framing_errors, noise_bytes, duplicates: how many more there must be on a line that damages nothing
            itself.
    """

    before: m.Status
    after: m.Status
    cleared: m.Status
    crc_errors: int
    framing_errors: int
    noise_bytes: int
    duplicates: int


def disturb(client: Client) -> Disturbed:
    """Damage, repeat and withhold frames in both directions.

    Raises:
        HilError: the board failed.
    """
    connection, port = client.connection, client.connection.port
    before = _status(client)
    tap = _Tap(port)
    connection.port = tap
    try:
        noise = _damaged_frames() + [piece + b"\0" for piece in NO_FRAMES]
        for data in noise:
            port.write(data)
        tap.keep = True
        _echo(client, 1)
        duplicates = _sequenced(tap.kept)
        port.write(tap.kept)
        tap.keep = False
        tap.withhold_sent = True
        _echo(client, ECHOES)
        tap.withhold_received = True
        _echo(client, ECHOES)
    finally:
        connection.port = port
    after = _status(client)
    _status(client, clear=True)
    bytes_of_noise = sum(len(data) - 1 for data in noise)
    return Disturbed(before, after, _status(client), DAMAGED, len(NO_FRAMES), bytes_of_noise, duplicates)


def _status(client: Client, clear: bool = False) -> m.Status:
    return client.ask(m.StatusRequest(clear=int(clear)), m.Status)


def _echo(client: Client, count: int) -> None:
    """Echoes, all asked for before the first one is waited for."""
    sent = [bytes([number]) * ECHO_BYTES for number in range(count)]
    for data in sent:
        client.send(m.EchoRequest(data=data[: client.connection.max_payload]))
    for _ in sent:
        client.wait_for(m.Echo)


def _damaged_frames() -> list[bytes]:
    """Frames that are right but for their checksum; of no connection, so that nobody takes them who does not look."""
    frames = []
    for bit in range(DAMAGED):
        body = HEADER.pack(m.Ack.TYPE, 0, 0, 0, 0, 0)
        frames.append(bytes(cobs.encode(body + CRC.pack(zlib.crc32(body) ^ 1 << 11 * bit))) + b"\0")
    return frames


def _sequenced(data: bytes) -> int:
    """Frames with a number in some bytes of the line."""
    return sum(_has_number(piece) for piece in data.split(b"\0"))


def _has_number(piece: bytes) -> bool:
    frame = decode_frame(piece)
    return frame is not None and frame.type >= m.FIRST_SEQUENCED_TYPE


class _Tap:
    """A port that withholds a frame when it is told to, and can keep what was written.

    Attributes:
        keep: keep what is written in `kept`.
        withhold_sent: do not pass on the next frame with a number that is written.
        withhold_received: the same of what is read.
    """

    def __init__(self, port: BytePort) -> None:
        self._port = port
        self._rest = b""
        self.keep = self.withhold_sent = self.withhold_received = False
        self.kept = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    def write(self, data: bytes) -> None:
        """See `BytePort.write`."""
        if self.withhold_sent:
            data, done = _without_first(data)
            self.withhold_sent = not done
        if self.keep:
            self.kept += data
        if data:
            self._port.write(data)

    def read(self, timeout_s: float) -> bytes:
        """See `BytePort.read`."""
        data = self._rest + self._port.read(timeout_s)
        self._rest = b""
        if not self.withhold_received:
            return data
        whole, zero, self._rest = data.rpartition(b"\0")
        data, done = _without_first(whole + zero)
        self.withhold_received = not done
        if done:
            data, self._rest = data + self._rest, b""
        return data


def _without_first(data: bytes) -> tuple[bytes, bool]:
    """Bytes of the line without the first frame that has a number, and whether there was one."""
    pieces = data.split(b"\0")
    for place, piece in enumerate(pieces[:-1]):
        if _has_number(piece):
            del pieces[place]
            return b"\0".join(pieces), True
    return data, False
