"""Why a board says that writing flash failed: behind which pieces of which sizes it does."""

from collections.abc import Callable, Sequence

from ...link import messages as m
from ...link.codec import Payload

FAILED = b"writing flash failed"  # what the firmware says (slot_write)
NOT_ERASED = b"erasing flash failed"  # slot_begin, slot_clear
SECTOR, SECTORS = 4096, 3
SIZES = (256, 1000)  # bytes of a piece, of which a sector is a multiple, and of which it is none
PLACE = (
    ": so is a piece without a byte, for which nothing is erased: the place where it is written is none in flash, or "
    "no multiple of a word (at, slot_write in firmware/core/bundle/slot.c): as where it is that of the half in use, "
    "which may be none, and not of the other one (target)"
)
FIRST = (
    ": a piece without a byte is taken, and the first one with some is not: what it asks flash to erase is no sector, "
    "or what it asks it to write is no whole word (erase_up_to, slot_write in firmware/core/bundle/slot.c)"
)
SECOND = (
    ": the first piece is taken and the second one is not, whether they have {} or {} bytes: what is told to be erased "
    "ends with the piece, not with a sector, so that the next one begins to erase within one (erased, erase_up_to in "
    "firmware/core/bundle/slot.c)"
)
BEHIND = (
    ": with pieces of {} and of {} bytes {:,} are taken, and not {:,}: look at the place of the sector that is erased "
    "next (erase_up_to in firmware/core/bundle/slot.c)"
)
BEGINNING = (
    ": that is said as it begins, when the first sector of a half is erased, before a byte of it is written: {}look at "
    "where the halves begin and at what is erased there (half_size in slot_init, half_offset and slot_begin in "
    "firmware/core/bundle/slot.c)"
)
OTHER_HALF = (
    "a bundle before it was taken, and this one belongs into the other half, which is none of flash's; "
)


def erasing_told(taken: int) -> str:
    """Why a deployment is refused as it begins, in words behind a colon.

    Args:
        taken: deployments before it that were taken: each goes into the half that is not in use.
    """
    return BEGINNING.format(OTHER_HALF if taken else "")


def flash_told(ask: Callable[[Sequence[Payload]], Sequence[Payload]]) -> str:
    """What is refused, in words behind a colon; empty: nothing plain.

    Args:
        ask: sends requests; the answers.
    """

    def taken(size: int) -> int | None:
        """Bytes that were taken when a piece was refused; None: none was."""
        places = range(0, SECTOR * SECTORS, size) if size else [0]
        pieces = [m.DeployData(at, bytes(min(size, SECTOR * SECTORS - at))) for at in places]
        answers = ask([m.DeployBegin(length=SECTOR * SECTORS), *pieces, m.DeployAbandon()])
        states = [answer for answer in answers if isinstance(answer, m.DeployStatus)]
        return next((each.received for each in states if each.state == m.DeployState.REFUSED), None)

    if taken(0) is not None:
        return PLACE
    counts = [taken(size) for size in SIZES]
    if counts == [0, 0]:
        return FIRST
    if counts == list(SIZES):
        return SECOND.format(*SIZES)
    ends = [(count, count + size) for count, size in zip(counts, SIZES, strict=True) if count is not None]
    if len(ends) < len(SIZES):
        return ""
    low, high = max(end[0] for end in ends), min(end[1] for end in ends)
    return BEHIND.format(*SIZES, low, high) if low < high else ""
