"""Which function refuses a bundle is told by its reason, of all that there are."""

import re
import zlib

import pytest

from ...bundle.image import bundle_image
from ...bundle.load import Bundle
from ...checkout import CORE
from .slot_parsed import GIVEN_BY, padded, parsed_told

SECTION = b"a part of the image lies outside of it"


def test_each_reason_is_one_of_the_firmwares_and_its_function_is_there() -> None:
    code = (CORE / "bundle" / "bundle_image.c").read_text(encoding="utf-8")
    reasons = set(re.findall(r'\[BUNDLE_IMAGE_\w+\] = "([^"]+)"', code))
    assert set(GIVEN_BY) <= reasons
    assert all(
        re.search(rf"^static \w+ {function}\(", code, re.MULTILINE) for function, _ in GIVEN_BY.values()
    )


def test_a_reason_names_its_function() -> None:
    told, suspects = parsed_told(b"the settings' hash is wrong", b"", lambda _: b"")
    assert told.startswith(
        ": that is said by read_hashes (firmware/core/bundle/bundle_image.c), which looks at the"
    )
    assert suspects == ("read_hashes",)
    assert parsed_told(b"something else", b"", lambda _: b"") == ("", ())


@pytest.mark.parametrize("just", [True, False])
def test_a_part_that_ends_with_the_image_is_tried_with_more_behind_it(bundle: Bundle, just: bool) -> None:
    image, sent = bundle_image(bundle), list[bytes]()

    def refused_for(longer: bytes) -> bytes:
        sent.append(longer)
        return b"" if just else SECTION

    told, suspects = parsed_told(SECTION, image, refused_for)
    assert suspects == ("find_section",) and ("refuses one that just fits" in told) == just
    assert sent == [padded(image)]


def test_a_padded_image_is_a_right_one(bundle: Bundle) -> None:
    image = bundle_image(bundle)
    longer = padded(image)
    assert longer[:8] == image[:8] and longer[16 : len(image)] == image[16:]
    assert int.from_bytes(longer[8:12], "little") == len(longer) == len(image) + 16
    assert int.from_bytes(longer[12:16], "little") == zlib.crc32(longer[16:])
