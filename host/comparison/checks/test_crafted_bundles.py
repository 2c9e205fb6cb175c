"""Crafted bundles are right in all but their last hash, and unlike each other in what may be read wrongly."""

import hashlib
import struct
import zlib
from copy import copy

import pytest

from ...bundle.image import HEADER
from ...bundle.load import Bundle
from .crafted_bundles import MODEL, crafted_bundles


def test_all_that_is_crafted_is_sound_but_for_hashes(bundle: Bundle) -> None:
    *images, _, _ = crafted_bundles(bundle)
    assert len(set(images)) == len(images) == 10
    assert max(map(len, images)) < 8 * len(bundle.frontend_image), "they are sent within seconds"
    sections = [bundle.settings_block, bundle.frontend_image, MODEL]
    longer = [len(each) for each in sections]
    longer[1] += -longer[1] % 16
    for number, image in enumerate(images):
        _, _, size, length, crc32, *places = HEADER.unpack_from(image)[:11]
        assert (size, length, crc32) == (HEADER.size, len(image), zlib.crc32(image[16:]))
        assert image[44:48] == bytes(4), "nothing else in the header is wrong"
        assert places[1::2] == (longer if number == 3 else list(map(len, sections)))
        for offset, section in zip(places[::2], sections, strict=True):
            assert image[offset : offset + len(section)] == section
            assert offset % 16 == 0 and HEADER.size <= offset <= length - len(section)


def test_what_they_are_unlike_in(bundle: Bundle) -> None:
    images = list(crafted_bundles(bundle))
    places = [struct.unpack_from("<6I", image, 16) for image in images]
    assert places[3][2] == places[3][3], "the front end lies at its own length"
    assert places[3][0] == HEADER.size, "and what lies before it where it always does"
    assert len({offsets[::2] for offsets in places[:3]}) == 3, "sections in another order"
    sizes = [struct.unpack_from("<2H", image, 40) for image in images]
    right = bundle.settings.fft, bundle.settings.model_bands
    assert sizes == [right] * 4 + [(right[0] + 1, right[1]), (right[0], right[1] + 1)] + [right] * 6


def test_which_hashes_are_wrong(bundle: Bundle) -> None:
    front = bundle.frontend_image
    sections = MODEL, front, bundle.settings_block, front + bytes(-len(front) % 16)
    model, front_end, settings, longer = (hashlib.sha256(each).digest() for each in sections)
    wrong = settings[:31] + bytes([settings[31] ^ 1])
    told = [struct.unpack_from("<32s32s32s", image, 80) for image in crafted_bundles(bundle)]
    right = (model, front_end, wrong)
    exchanged = [(front_end, front_end, wrong), (model, wrong, wrong), (model, front_end, model)]
    assert told == [right] * 3 + [(model, longer, wrong)] + [right] * 2 + exchanged + [right] * 3


@pytest.mark.parametrize(("count", "place"), [(32, None), (1003, (1008, 1008))])
def test_front_ends_of_any_length(bundle: Bundle, count: int, place: tuple[int, int] | None) -> None:
    """One that is shorter than what lies before it lies behind that."""
    other = copy(bundle)
    vars(other)["frontend_image"] = bytes(count)
    settings = len(bundle.settings_block)
    told = struct.unpack_from("<2I", list(crafted_bundles(other))[3], 24)
    assert told == (place or (HEADER.size + settings + -settings % 16, count))


def test_two_tell_a_checksum_of_0(bundle: Bundle) -> None:
    *_, right, from_the_beginning, wrong = crafted_bundles(bundle)
    for image in (right, from_the_beginning, wrong):
        assert len(image) % 4 == 0, "flash takes whole words"
        assert image[12:16] == bytes(4) and int.from_bytes(image[8:12], "little") == len(image)
    assert zlib.crc32(right[16:]) == 0 != zlib.crc32(from_the_beginning[16:])
    assert zlib.crc32(from_the_beginning[:-16]) == 0 != zlib.crc32(right[:-16])
    assert zlib.crc32(wrong[16:]) and zlib.crc32(wrong[:-16])
