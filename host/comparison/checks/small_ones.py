"""What a board keeps back of the room that many small messages took."""

from ...board.room_of_small_ones import RoomOfSmallOnes, room_of_small_ones
from ...link import messages as m
from ...link.protocol import record_cost
from ..device import Linked
from .checked import Checked


def hold_small_ones(found: Checked, device: object) -> None:
    """All that is freed is added up, and told as soon as it is as much as a longest payload takes.

    Args:
        found: takes what is wrong.
        device: idle; of a line that loses nothing.

    Raises:
        HilError: the board failed.
    """
    if isinstance(device, Linked):
        done = room_of_small_ones(device.connection)
        if done is not None and done.untold:
            found.note(*small_ones(done))


def small_ones(done: RoomOfSmallOnes) -> tuple[str, str]:
    """What was seen, and what is to blame, behind a colon."""
    whole = record_cost(m.MAX_PAYLOAD)
    return (
        f"when {done.sent} small messages, {done.bytes:,} bytes of the receive buffer, were worked off behind an "
        f"answer that had to wait, the board let {max(done.told):,} of {done.room:,} bytes come, and no more before it "
        f"was asked for something ({len(done.told)} times); then it let {done.asked:,} come",
        f": what each message frees is not added up to {whole:,} bytes, from which on room is told by itself, as it is "
        "behind long ones (freed, link_release in firmware/core/link/receive.c)",
    )
