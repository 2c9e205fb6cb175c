"""What a board keeps of what is acknowledged, so that it stops where little may be under way, or goes beyond it."""

from ...board.little_credit import LEAST, LONG, LittleCredit, little_credit
from ...link.protocol import record_cost
from ..device import Linked
from .checked import Checked

WHERE = (
    "in_flight: link_cost_at and acknowledge in firmware/core/link/acknowledge.c must take off what begin_data in "
    "firmware/core/link/send.c added, LINK_COST of the payload"
)


def hold_taken_off(found: Checked, device: object) -> None:
    """All that is acknowledged is taken off what is under way.

    Args:
        found: takes what is wrong.
        device: idle; of a line that loses nothing.

    Raises:
        HilError: the board failed.
    """
    if isinstance(device, Linked):
        told = taken_off(little_credit(device.connection))
        if told:
            found.note(*told)


def taken_off(done: LittleCredit) -> tuple[str, str] | None:
    """What was seen, and what is to blame, behind a colon; None: it goes on, and not beyond."""
    if not done.stops:
        return _of_long_ones(done)
    keeps = " or ".join(f"{by} bytes of each, as many as {words}" for by, words in done.keeps)
    return (
        f"where {done.credit} bytes may be under way the board stops behind {min(done.came)} short answers, each of "
        f"which was acknowledged before the next one was asked for ({len(done.came)} times)",
        f": it takes {keeps or 'a part of each'}, for still under way ({WHERE})",
    )


def _of_long_ones(done: LittleCredit) -> tuple[str, str] | None:
    """The same where longer answers show something."""
    takes = f"{record_cost(LONG)} bytes"
    where = f"where {done.credit} bytes may be under way"
    alone = "; where much may be, it does"
    if done.stops_again:
        return (
            f"{where} the board does not go on behind an answer of {takes} that was lost{alone}",
            ": as it goes back, what is under way is not set back to 0, and what is sent again is added to it "
            "(in_flight, go_back in firmware/core/link/acknowledge.c)",
        )
    if done.stops_anew:
        return (
            f"{where} the board sends no answer of {takes} on connections behind one that ended with such an answer "
            f"under way{alone}",
            ": a new connection begins with what was under way in the one before (in_flight, link_begin_connection in "
            "firmware/core/link/link.c)",
        )
    if done.at_once:
        return (
            f"the board sends an answer of {takes} where {LEAST} bytes may be under way",
            ": what it was let is not held against what a frame takes (link_data_fits in firmware/core/link/send.c)",
        )
    if done.beyond:
        return (
            f"once let {done.credit} bytes come, and no more, the board sends two answers of {takes}",
            ": what was acknowledged is not taken off what may be under way beyond that (peer_credit, acknowledge in "
            "firmware/core/link/acknowledge.c)",
        )
    return None
