"""Crafted bundles are right in all but their last hash, and unlike each other in what may be read wrongly."""

import hashlib
import struct
import zlib

from ...bundle.image import HEADER
from ...bundle.load import Bundle
from .crafted_bundles import MODEL, crafted_bundles


def test_all_that_is_crafted_is_sound_but_for_hashes(bundle: Bundle) -> None:
    *images, _, _ = crafted_bundles(bundle)
    assert len(set(images)) == len(images) == 10
    assert max(map(len, images)) < 8 * len(bundle.frontend_image), "they are sent within seconds"
    sections = [bundle.settings_block, bundle.frontend_image, MODEL]
    for image in images:
        _, _, size, length, crc32, *places = HEADER.unpack_from(image)[:11]
        assert (size, length, crc32) == (HEADER.size, len(image), zlib.crc32(image[16:]))
        for at, section in enumerate(sections):
            offset, count = places[2 * at : 2 * at + 2]
            assert image[offset : offset + len(section)] == section and count >= len(section)
            assert offset % 16 == 0 and offset >= HEADER.size and offset + count <= length
        assert image[144:176] != hashlib.sha256(sections[0]).digest()


def test_what_they_are_unlike_in(bundle: Bundle) -> None:
    images = list(crafted_bundles(bundle))
    places = [struct.unpack_from("<6I", image, 16) for image in images]
    assert places[3][2] == places[3][3], "the front end lies at its own length"
    assert len({offsets[::2] for offsets in places[:3]}) == 3, "sections in another order"
    sizes = [struct.unpack_from("<2H", image, 40) for image in images]
    right = bundle.settings.fft, bundle.settings.model_bands
    assert sizes == [right] * 4 + [(right[0] + 1, right[1]), (right[0], right[1] + 1)] + [right] * 6


def test_two_tell_a_checksum_of_0(bundle: Bundle) -> None:
    *_, right, from_the_beginning, wrong = crafted_bundles(bundle)
    for image in (right, from_the_beginning, wrong):
        assert image[12:16] == bytes(4) and int.from_bytes(image[8:12], "little") == len(image)
    assert zlib.crc32(right[16:]) == 0 != zlib.crc32(from_the_beginning[16:])
    assert zlib.crc32(from_the_beginning[:-16]) == 0 != zlib.crc32(right[:-16])
    assert zlib.crc32(wrong[16:]) and zlib.crc32(wrong[:-16])
