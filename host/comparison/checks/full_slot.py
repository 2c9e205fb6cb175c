"""A bundle as large as a slot takes: what lies at a half's end is there after the other half was written, too."""

import hashlib
import secrets
from dataclasses import replace

from ...bundle.image import ALIGNMENT, bundle_image
from ...bundle.load import Bundle

MOST_FILLED = 256 * 1024  # bytes: more would take a line too long
FULL, FULL_RESTARTED = "with a slot that is full", "with a slot that is full, after a restart"
HALVES_OVERLAP = (
    ": a bundle that fills its half was written over when an image that fills the other one was sent, and refused; "
    "the halves lie over one another, or more of one is erased than there is of it (half_offset, image_offset, "
    "half_size and slot_capacity in firmware/core/bundle/slot.c)"
)
FULL_REFUSED = ": this one fills the slot, and smaller ones were taken"


def filled(bundle: Bundle, room: int) -> Bundle | None:
    """The bundle with so many bytes behind its model, of which nothing is read but by checksums, that it fills a slot.

    Args:
        bundle: to be deployed.
        room: bytes that a slot has for an image.

    Returns:
        None where it does not fit, or would be longer than MOST_FILLED.
    """
    more = (room - len(bundle_image(bundle))) // ALIGNMENT * ALIGNMENT
    if more < 0 or room > MOST_FILLED:
        return None
    data = bundle.model_bytes + bytes(-len(bundle.model_bytes) % ALIGNMENT) + secrets.token_bytes(more)
    model = replace(bundle.model, size=len(data), sha256=hashlib.sha256(data).hexdigest())
    return replace(bundle, model=model, model_bytes=data)
