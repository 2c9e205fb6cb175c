"""Where a board refuses a bundle that came whole: the function that gives its reason, and what it takes instead."""

import binascii
import struct
from collections.abc import Callable

WHERE = "firmware/core/bundle/bundle_image.c"
AT_LENGTH, AT_CRC, AT_CHECKED = (
    8,
    12,
    16,
)  # in an image's header, all that follows the last of them is checked
LENGTH = struct.Struct("<I")
PADDING = 16  # bytes, as parts are aligned
SECTION = "a part of the image lies outside of it"
# The function that gives a reason, and what it looks at.
GIVEN_BY = {
    "the image does not lie at a multiple of 16": ("check_frame", "where the image begins"),
    "the image is cut off": ("check_frame", "the length in its header, and the one it is given"),
    "this is not a bundle image": ("check_frame", "its first four bytes"),
    "the image's version is not the one this firmware reads": (
        "check_frame",
        "version and size of its header",
    ),
    "the image's length makes no sense": ("check_frame", "the length in its header"),
    "the image is damaged: wrong CRC": ("check_frame", "the CRC-32 of all behind its place in the header"),
    SECTION: ("find_section", "offset, length and alignment of settings, front end and model"),
    "the bundle's name is empty or too long": ("read_name", "the name in the header"),
    "the front end's tables are not sound": (
        "read_frontend",
        "the front end's image, and FFT and bands beside it",
    ),
    "the window's or the outputs' settings are not sound": (
        "read_settings",
        "the settings' numbers, classes and detector (read_classes, read_detector)",
    ),
    "a threshold lies below its release": ("read_classes", "both thresholds of each class"),
    "the detector's parameters are not sound": ("read_detector", "what follows the classes"),
    "this firmware lacks the front end's kind": ("read_frontend", "the name of the kind"),
    "this firmware lacks the detector's kind": ("read_detector", "the name of the kind"),
    "the model is not a .tflite file": ("read_model", "the model's bytes 4 to 7"),
    "the model's hash is wrong": ("read_hashes", "the model's hash in the header, and the model's SHA-256"),
    "the front end's hash is wrong": ("read_hashes", "the front end's hash in the header, and its SHA-256"),
    "the settings' hash is wrong": ("read_hashes", "the settings' hash in the header, and their SHA-256"),
}


def parsed_told(
    reason: bytes, image: bytes, refused_for: Callable[[bytes], bytes]
) -> tuple[str, tuple[str, ...]]:
    """Which function refuses an image, in words behind what was seen, and its name; both empty: that is not known.

    Args:
        reason: why the board refuses what is right.
        image: of a bundle, which is refused so.
        refused_for: sends an image; the board's reason to refuse it, empty where it takes it.
    """
    text = reason.decode(errors="replace")
    if text not in GIVEN_BY:
        return "", ()
    function, looks_at = GIVEN_BY[text]
    told = f": that is said by {function} ({WHERE}), which looks at {looks_at}"
    if text == SECTION and refused_for(padded(image)) != reason:
        told += (
            f"; with {PADDING} bytes more behind its last part it is not refused so: a part that ends where the image "
            "does is, so what compares its end refuses one that just fits"
        )
    return told, (function,)


def padded(image: bytes) -> bytes:
    """An image with some bytes that belong to no part behind its last one; its length and its checksum are right."""
    longer = bytearray(image + bytes(PADDING))
    LENGTH.pack_into(longer, AT_LENGTH, len(longer))
    LENGTH.pack_into(longer, AT_CRC, binascii.crc32(longer[AT_CHECKED:]))
    return bytes(longer)
