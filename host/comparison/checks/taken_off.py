"""What a board keeps of what is acknowledged, so that it stops where little may be under way."""

from typing import Protocol, runtime_checkable

from ...board.little_credit import LittleCredit, little_credit
from ...line.connection import Connection
from .checked import Checked

WHERE = (
    "in_flight: link_cost_at and acknowledge in firmware/core/link/acknowledge.c must take off what begin_data in "
    "firmware/core/link/send.c added, LINK_COST of the payload"
)


@runtime_checkable
class Linked(Protocol):
    """A device of which the connection can be begun anew."""

    @property
    def connection(self) -> Connection:
        """It."""
        ...


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
    """What was seen, and what is to blame, behind a colon; None: it goes on."""
    if not done.stops:
        return None
    keeps = " or ".join(f"{by} bytes of each, as many as {words}" for by, words in done.keeps)
    return (
        f"where {done.credit} bytes may be under way the board stops behind {done.came[0]} short answers, each of "
        f"which was acknowledged before the next one was asked for ({len(done.came)} times)",
        f": it takes {keeps or 'a part of each'}, for still under way ({WHERE})",
    )
