"""How a board counts bytes of several frames that come in one piece of the line, or of one in several pieces."""

import time
from dataclasses import dataclass

from ..link import messages as m
from ..link.framing import Frame, encode_frame
from .client import Client

TOGETHER = 32  # frames in one piece; few enough for any board's receive buffer of its line
LONG = 512  # bytes of the frame that is cut up
PIECE = 16
PAUSE_S = 0.005  # for a board to take a piece before the next one comes


@dataclass(frozen=True)
class BytesInPieces:
    """How many more bytes a board counts, and how many it was sent, with those of the requests to learn that.

    Attributes:
        together, together_right: when `frames` frames came in one piece.
        cut, cut_right: when one frame came in `pieces` pieces.
        frames, pieces: see there.
    """

    together: int
    together_right: int
    cut: int
    cut_right: int
    frames: int = TOGETHER
    pieces: int = 0


def bytes_in_pieces(client: Client) -> BytesInPieces:
    """Send frames of no connection, which are counted and no more, together and cut up.

    Args:
        client: idle.

    Raises:
        HilError: the board failed.
    """
    port, cut_up = client.connection.port, _frame(LONG)
    pieces = [cut_up[at : at + PIECE] for at in range(0, len(cut_up), PIECE)]
    together = _frame(0) * TOGETHER
    told, sent = _counts(client)
    port.write(together)
    between, sent_between = _counts(client)
    for piece in pieces:
        port.write(piece)
        time.sleep(PAUSE_S)
    after, sent_after = _counts(client)
    return BytesInPieces(
        *((between - told) % (1 << 32), sent_between - sent + len(together)),
        *((after - between) % (1 << 32), sent_after - sent_between + len(cut_up)),
        pieces=len(pieces),
    )


def _frame(size: int) -> bytes:
    """A right frame of no connection: nobody takes it."""
    return encode_frame(Frame(m.Ack.TYPE, flags=0, connection=0, seq=0, ack=0, credit=0, payload=bytes(size)))


def _counts(client: Client) -> tuple[int, int]:
    """What the board counts, and what was sent to it over the connection."""
    told = client.ask(m.StatusRequest(clear=0), m.Status).rx_bytes
    return told, client.connection.counters["tx_bytes"]
