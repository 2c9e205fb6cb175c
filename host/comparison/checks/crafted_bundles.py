"""Bundles that no board takes: which reason is given for each tells apart what may be read wrongly of a right one.

All end in a wrong hash of the settings, which is looked at last. So whoever reads them rightly says that, and whoever
does not says something else of one or another.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator, Sequence

from ...bundle.image import ALIGNMENT, HEADER, MAGIC, VERSION
from ...bundle.load import Bundle
from .lost_in_flash import with_crc32_of_0

CHECKED_FROM, AT_LENGTH, AT_CRC = 16, 8, 12
PADDING, WORD = 32, 4
MODEL = b"\0\0\0\0TFL3"  # as little as may pass for one
SETTINGS, FRONT_END, MODELS = range(3)  # sections, as the header has them
ORDERS = ((0, 1, 2), (2, 0, 1), (1, 2, 0))


def crafted_bundles(bundle: Bundle) -> Iterator[bytes]:
    """Images with the settings and the front end of a bundle, and next to no model."""
    for order in ORDERS:
        yield _image(bundle, order)
    # the front end's offset is its length, and the other sections' are unlike theirs
    front_end, settings = len(bundle.frontend_image), len(bundle.settings_block)
    at = front_end + -front_end % ALIGNMENT
    before = max(0, at - HEADER.size - settings - -settings % ALIGNMENT)
    yield _image(bundle, before=before, more=-front_end % ALIGNMENT)
    for fft, bands in ((1, 0), (0, 1)):
        yield _image(bundle, fft=fft, bands=bands)
    hashes = _hashes(_sections(bundle))
    for place in range(3):
        exchanged = list(hashes)
        exchanged[place] = hashes[(place + 1) % 3]
        yield _image(bundle, hashes=exchanged)
    yield from _of_crc32_0(bytearray(_image(bundle) + bytes(PADDING)))


def _of_crc32_0(image: bytearray) -> Iterator[bytes]:
    """The checksum that is told is 0: as it must be, as it is of as many bytes from the beginning on, and wrongly."""
    struct.pack_into("<I", image, AT_LENGTH, len(image))
    struct.pack_into("<I", image, AT_CRC, 0)
    yield bytes(image[:CHECKED_FROM]) + with_crc32_of_0(bytes(image[CHECKED_FROM:-WORD]))
    yield with_crc32_of_0(bytes(image[: -CHECKED_FROM - WORD])) + bytes(CHECKED_FROM)
    yield bytes(image)  # it is no other one's, either


def _sections(bundle: Bundle) -> list[bytes]:
    return [bundle.settings_block, bundle.frontend_image, MODEL]


def _hashes(sections: Sequence[bytes]) -> list[bytes]:
    """Of model, front end and settings, in the header's order; the last one is wrong."""
    settings, front_end, model = (hashlib.sha256(each).digest() for each in sections)
    return [model, front_end, settings[:-1] + bytes([settings[-1] ^ 1])]


def _image(
    bundle: Bundle,
    order: Sequence[int] = (0, 1, 2),
    before: int = 0,
    more: int = 0,
    fft: int = 0,
    bands: int = 0,
    hashes: Sequence[bytes] = (),
) -> bytes:
    """One of them.

    Args:
        bundle: see `crafted_bundles`.
        order: in which the sections lie.
        before: zeros between the section before it and the front end.
        more: zeros that are told as the front end's, too.
        fft, bands: by how much the header's are more.
        hashes: of model, front end and settings.
    """
    sections, places, body = _sections(bundle), {}, bytearray()
    sections[FRONT_END] += bytes(more)
    for section in order:
        if section == FRONT_END:
            body += bytes(before)
        places[section] = HEADER.size + len(body), len(sections[section])
        body += sections[section] + bytes(-len(sections[section]) % ALIGNMENT)
    sizes = bundle.settings.fft + fft, bundle.settings.model_bands + bands
    name, told = b"crafted", hashes or _hashes(sections)
    length = HEADER.size + len(body)
    lie = (*places[SETTINGS], *places[FRONT_END], *places[MODELS])
    image = bytearray(
        HEADER.pack(MAGIC, VERSION, HEADER.size, length, 0, *lie, *sizes, 0, name, *told) + body
    )
    struct.pack_into("<I", image, AT_CRC, zlib.crc32(image[CHECKED_FROM:]))
    return bytes(image)
