"""How a board counts frames that come, or go, several in a piece of the line or one in many pieces."""

import itertools
import time
from dataclasses import dataclass

from ..link import messages as m
from ..link.framing import Frame, encode_frame
from .bytes_in_pieces import BytesInPieces, bytes_in_pieces
from .client import Client

TOGETHER = 32  # frames in one piece; few enough for any board's receive buffer of its line
HALVED = 16  # frames in two pieces each
PAUSE_S = 0.005  # for a board to take a byte before the next one comes
ANSWERS = 24  # of the board, all asked for at once or one by one


@dataclass(frozen=True)
class InPieces:
    """How many more frames a board counts, with the few that are exchanged to learn that.

    Attributes:
        together: when `sent` frames came in one piece.
        cut: when one frame came in `pieces` pieces.
        at_once: when it sent `answers` answers that were asked for at once.
        one_by_one: when it sent as many, each asked for behind the one before.
        pieces, sent, answers: see there.
        of_bytes: the same of bytes; None: not kept.
        halved: frames that come in two pieces each; `halves` of them, or a few more, are counted.
    """

    together: int
    cut: int
    at_once: int
    one_by_one: int
    pieces: int
    sent: int = TOGETHER
    answers: int = ANSWERS
    of_bytes: BytesInPieces | None = None
    halves: int = HALVED
    halved: int = HALVED


def frames_in_pieces(client: Client) -> InPieces:
    """Send frames of no connection, which are counted and no more, together and cut up; ask for echoes in both ways.

    Args:
        client: idle.

    Raises:
        HilError: the board failed.
    """
    port, frame = client.connection.port, _frame()
    counts = [_status(client)]
    port.write(frame * TOGETHER)
    counts.append(_status(client))
    for at in range(len(frame)):
        port.write(frame[at : at + 1])
        time.sleep(PAUSE_S)
    counts.append(_status(client))
    for _ in range(HALVED):
        for half in (frame[: len(frame) // 2], frame[len(frame) // 2 :]):
            port.write(half)
            time.sleep(PAUSE_S)
    counts.append(_status(client))
    requests = [m.EchoRequest(data=bytes([number])) for number in range(ANSWERS)]
    for request in requests:
        client.send(request)
    for _ in requests:
        client.wait_for(m.Echo)
    counts.append(_status(client))
    for request in requests:
        client.ask(request, m.Echo)
    counts.append(_status(client))
    received = [_between(*pair, "rx_frames") for pair in itertools.pairwise(counts)]
    sent = [_between(*pair, "tx_frames") for pair in itertools.pairwise(counts)]
    of_bytes = bytes_in_pieces(client)
    return InPieces(
        received[0], received[1], sent[3], sent[4], len(frame), of_bytes=of_bytes, halves=received[2]
    )


def _frame() -> bytes:
    """A right frame of no connection: nobody takes it."""
    return encode_frame(Frame(m.Ack.TYPE, flags=0, connection=0, seq=0, ack=0, credit=0, payload=b""))


def _status(client: Client) -> m.Status:
    return client.ask(m.StatusRequest(clear=0), m.Status)


def _between(earlier: m.Status, later: m.Status, name: str) -> int:
    return int(getattr(later, name) - getattr(earlier, name)) % (1 << 32)
