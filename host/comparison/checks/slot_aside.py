"""Why a board says that it does not use the bundle in its slot, as it logs."""

from ...printable import printable

LOGGED = (
    "the bundle in the model slot is not used: "  # session_tell_set_aside in firmware/core/session/deploy.c
)
LENGTH = (
    "it came whole and was in use, so it is given a wrong length when it is read; look at what tells the length of the "
    "image in use (active_length; slot_image and slot_init in firmware/core/bundle/slot.c)"
)
CRASHED = (
    "it did not; look at what counts crashes and tries (begin_try in firmware/core/bundle/slot.c), and at the reason "
    "of a boot that it is given (session_init in firmware/core/session/session.c)"
)
READ = (
    "it was taken as it came; look at what is read of it when the board boots (slot_init and slot_image in "
    "firmware/core/bundle/slot.c, use_slot in firmware/core/session/deploy.c)"
)
WHY = {"the image is cut off": LENGTH, "it crashed this board twice in a row": CRASHED}


def aside_told(device: object) -> str:
    """The reason that a device logged last, and what it means, in words behind a colon; empty: there is none."""
    lines = [line for line in getattr(device, "log", ()) if line.startswith(LOGGED)]
    reason = printable(lines[-1].removeprefix(LOGGED).strip()) if lines else ""
    return f": it does not use the one in the slot, {reason!r}; {WHY.get(reason, READ)}" if reason else ""
