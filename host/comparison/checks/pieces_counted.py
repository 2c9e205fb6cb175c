"""Whether a board counts the pieces in which frames come or go, and not the frames."""

from ...board.frames_in_pieces import InPieces

BESIDES = 8  # frames that are exchanged to learn a count, at most, or pieces that a line makes of one
RECEIVED, SENT = "rx_frames", "tx_frames"


def pieces_counted(counted: InPieces) -> dict[str, str]:
    """By counter, what is counted instead of frames, in words behind a colon; none: frames."""
    found = {}
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
    return found
