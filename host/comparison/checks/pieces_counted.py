"""Whether a board counts the pieces in which frames come or go, and not the frames, or bytes by them."""

from ...board.bytes_in_pieces import BytesInPieces
from ...board.frames_in_pieces import InPieces

BESIDES = 8  # frames that are exchanged to learn a count, at most, or pieces that a line makes of one
RECEIVED, SENT, BYTES = "rx_frames", "tx_frames", "rx_bytes"
CUT = "frames that come in pieces"  # no counter's name: everything else that is counted follows from it
BYTES_BESIDES = 64  # of a request or two, and acknowledgements, counted with those before or behind


def pieces_counted(counted: InPieces) -> dict[str, str]:
    """By counter, what is counted instead of frames, in words behind a colon; none: frames."""
    found = {}
    if counted.halves <= BESIDES < counted.halved and counted.together >= counted.sent:
        found[CUT] = (
            ": what was read of it is forgotten, or read again, when the next piece comes (link_input in "
            "firmware/core/link/receive.c, frame_receive in firmware/core/link/frame.c)"
        )
    if counted.together <= BESIDES < counted.cut and 2 * counted.cut >= counted.pieces:
        found[RECEIVED] = (
            f": pieces of the line are counted, and not frames ({counted.sent} frames in one piece make it "
            f"{counted.together} more, one frame in {counted.pieces} pieces {counted.cut}); look at where it is "
            "counted (link_input in firmware/core/link/receive.c)"
        )
    if counted.at_once * 2 <= counted.answers <= counted.one_by_one:
        found[SENT] = (
            ": pieces that are handed to the line are counted, and not frames "
            f"({counted.answers} answers asked for at once make it {counted.at_once} more, as many one by one "
            f"{counted.one_by_one}); look at where it is counted (begin_frame and link_output in "
            "firmware/core/link/send.c)"
        )
    if counted.of_bytes is not None and (told := _bytes(counted.of_bytes)):
        found[BYTES] = told
    return found


def _bytes(counted: BytesInPieces) -> str:
    """How bytes are counted by the pieces they come in, in words behind a colon; empty: as many as come, or unclear."""
    together = counted.together - counted.together_right
    cut = counted.cut - counted.cut_right
    if together > counted.together_right // 2 and abs(cut) <= BYTES_BESIDES:
        what = "what is left of a piece is counted once more for each frame that ends in it"
    elif together > counted.together_right // 2 and counted.cut <= BYTES_BESIDES:
        what = "what is left of a piece behind a frame is counted, for each frame that ends in it, and not the frame"
    elif abs(together) <= BYTES_BESIDES and counted.cut <= BYTES_BESIDES:
        what = "of a frame that comes in several pieces the last one alone is counted"
    else:
        return ""
    return (
        f": {what} ({counted.frames} frames in one piece make it {counted.together:,} more, and are "
        f"{counted.together_right:,}; one frame in {counted.pieces} pieces {counted.cut:,}, and is "
        f"{counted.cut_right:,}); look at where bytes are counted: once, before frames are looked for (link_input in "
        "firmware/core/link/receive.c)"
    )
