"""Which field of a header has another value than its own, by a checksum."""

import binascii
import struct
from dataclasses import replace

import pytest

from ..bundle.load import Bundle
from ..frontend.log_mel.tables import MAGIC
from .fields_read import (
    Field,
    field_otherwise,
    log_mel_fields,
    log_mel_tables,
    settings_fields,
    table_otherwise,
)

FIELDS = [Field("one", 4, "<H"), Field("two", 6, "<H"), Field("three", 8, "<I"), Field("four", 12, "<i")]
NUMBERS = (400, 256, 70_000, -9)
START = 0x1234


def header(*numbers: int) -> bytes:
    """Bytes with these numbers, and some behind them."""
    return MAGIC + struct.pack("<HHIi", *numbers) + bytes(range(40))


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((256, 256, 70_000, -9), "one 256 instead of 400, which is two"),
        ((400, 0, 70_000, -9), "two 0 instead of 256, as if it were never set"),
        ((400, 257, 70_000, -9), "two 257 instead of 256, which is 1 too high"),
        ((400, 255, 70_000, -9), "two 255 instead of 256, which is 1 too low"),
        ((656, 256, 70_000, -9), "one 656 instead of 400, which is it and two together"),
        ((144, 256, 70_000, -9), "one 144 instead of 400, which is it without two"),
        ((400, 512, 70_000, -9), "two 512 instead of 256, which is twice as much"),
        ((200, 256, 70_000, -9), "one 200 instead of 400, which is half as much"),
        ((400, 256, 70_000, 9), "four 9 instead of -9, which has the other sign"),
        ((400, 256, 70_000 & 0xFF, -9), "three 112 instead of 70,000, which is its lowest 8 bits alone"),
        ((400, 256, 4_464, -9), "three 4,464 instead of 70,000, which is its lowest 16 bits alone"),
        ((400, 1, 70_000, -9), "two 1 instead of 256, which has its bytes in the other order"),
        ((256, 400, 70_000, -9), "one and two exchanged"),
        ((403, 256, 70_000, -9), ""),
        ((256, 257, 70_000, -9), ""),
        (NUMBERS, ""),
    ],
)
def test_a_field_with_another_value(numbers: tuple[int, int, int, int], words: str) -> None:
    told = binascii.crc32(header(*numbers), START)
    assert field_otherwise(header(*NUMBERS), FIELDS, START, told) == words


def test_a_value_that_several_fields_have_is_told_of_all_of_them() -> None:
    right, other = header(400, 256, 256, -9), header(256, 256, 256, -9)
    told = binascii.crc32(other, START)
    assert field_otherwise(right, FIELDS, START, told) == "one 256 instead of 400, which is two and three"


def test_of_many_bytes_no_field_is_looked_for() -> None:
    for behind, found in ((32_768 - 56, True), (32_768 - 55, False)):
        right, other = header(*NUMBERS), header(256, *NUMBERS[1:])
        told = binascii.crc32(other + bytes(behind), START)
        assert bool(field_otherwise(right + bytes(behind), FIELDS, START, told)) == found


def test_the_fields_of_a_log_mel_and_of_the_settings_are_where_they_lie(bundle: Bundle) -> None:
    image, settings = bundle.frontend_image, bundle.settings
    told = {
        field.name: struct.unpack_from(field.layout, image, field.place)[0] for field in log_mel_fields(image)
    }
    assert told["length"] == len(image) and told["zero_too"] == 0
    assert (told["sample_rate"], told["hop"], told["fft"]) == (
        settings.sample_rate,
        settings.hop,
        settings.fft,
    )
    assert log_mel_fields(b"HFE2" + image[4:]) == []
    bundle = replace(bundle, stride=300)
    block = bundle.settings_block
    told = {
        field.name: struct.unpack_from(field.layout, block, field.place)[0] for field in settings_fields()
    }
    assert (told["frames"], told["stride"], told["classes"]) == (bundle.frames, 300, len(bundle.labels))


def test_a_table_in_the_place_of_another_one(bundle: Bundle) -> None:
    image, tables = bundle.frontend_image, bundle.tables
    places = {name: (begin, end) for name, begin, end in log_mel_tables(image)}
    for name, letter in (
        ("weights", "i"),
        ("twiddles", "i"),
        ("band_db_q16", "i"),
        ("shares_q16", "H"),
        ("segment_bins", "H"),
    ):
        begin, end = places[name]
        assert struct.unpack(
            f"<{(end - begin) // struct.calcsize(letter)}{letter}", image[begin:end]
        ) == tuple(getattr(tables, name))
    begin, end = places["weights"]
    at = places["twiddles"][0]
    other = image[:begin] + image[at : at + end - begin] + image[end:]
    assert len(other) == len(image)
    told = binascii.crc32(other, START)
    assert table_otherwise(image, START, told) == "twiddles in the place of weights"
    assert table_otherwise(image, START, binascii.crc32(image, START)) == ""
    for length, told_of in ((32_768, "twiddles in the place of weights"), (32_769, "")):
        behind = bytes(length - len(image))
        assert table_otherwise(image + behind, START, binascii.crc32(other + behind, START)) == told_of
    assert table_otherwise(b"HFE2" + image[4:], START, told) == ""
