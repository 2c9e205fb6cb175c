"""What is said of wrong fields, sizes and checksums that a board tells of itself."""

import binascii
from dataclasses import replace
from typing import Any

import pytest

from ...board.interface import BoardFacts
from ...bundle.load import Bundle
from ...bundle.settings_block import settings_block
from ..proof import covered, expected_proof, nonce_checksum, proofs_otherwise
from .conftest import Make, with_info
from .finding import Status
from .identity import _of_which, differing_proof, find_identity
from .memory import find_arena


@pytest.mark.parametrize(
    ("theirs", "right", "words"),
    [
        (61, 16, ": that is its frames"),
        (5, 261, ": it is told in at most 8 bits"),
        (b"abcd", b"dcba", ": its bytes come in reverse order"),
        (b"name", b"dcba", ": that is its name"),
        (b"abcd", 5, ""),
        (5, b"abcd", ""),
    ],
)
def test_what_a_wrong_field_has_to_do_with_the_right_one(theirs: object, right: object, words: str) -> None:
    assert _of_which("it", theirs, {"frames": 61, "name": b"name", "it": right}) == words


@pytest.mark.parametrize(
    ("size", "used", "exchanged"),
    [
        (40_000, 65_536, True),
        (10_000, 65_536, True),
        (9_999, 65_536, False),
        (160_000, 170_000, True),
        (160_001, 170_000, False),
        (40_000, 0, False),
    ],
)
def test_an_arena_whose_size_is_what_the_model_uses(
    record: Make, bundle: Bundle, size: int, used: int, exchanged: bool
) -> None:
    run = with_info(record(), arena_used=used, arena_size=size)
    run.bundle = replace(bundle, model=replace(bundle.model, arena_bytes=40_000))
    (reason,) = find_arena(run).reasons
    about = ": both are exchanged, for the bundle's model uses 40,000" if exchanged else ""
    assert reason == f"the arena is said to use {used:,} of {size:,} bytes{about}"


def test_bytes_that_give_a_wrong_checksum(bundle: Bundle) -> None:
    nonce = 9
    right = expected_proof(bundle, nonce)
    start = nonce_checksum(nonce)
    data = bytearray(bundle.frontend_image)
    data[49] ^= 0x81  # of a table
    (reason,) = differing_proof(bundle, nonce, replace(right, frontend=binascii.crc32(data, start)))
    assert reason.endswith(
        f"is right): it is that of the right bytes with byte 49 {data[49]:#04x} instead of {data[49] ^ 0x81:#04x}"
    )
    t = bundle.thresholds
    block = settings_block(bundle.frames, bundle.stride, bundle.labels, replace(t, off=t.on), bundle.model)
    (reason,) = differing_proof(bundle, nonce, replace(right, settings=binascii.crc32(block, start)))
    assert reason.endswith(": it is that of bytes with the upper thresholds twice, and not the lower ones")
    (reason,) = differing_proof(bundle, nonce, replace(right, model=binascii.crc32(block, start)))
    assert reason.endswith("is right)"), "those settings are not bytes of the model"


def test_a_field_of_a_header_that_has_another_ones_value(bundle: Bundle) -> None:
    right, start, image = expected_proof(bundle, 9), nonce_checksum(9), bundle.frontend_image
    other = image[:18] + image[22:24] + image[20:]  # its hop is that of its bands
    (reason,) = differing_proof(bundle, 9, replace(right, frontend=binascii.crc32(other, start)))
    hop, bands = bundle.settings.hop, bundle.settings.bands
    assert (
        f": it is that of the right bytes with the header's hop {bands} instead of {hop}, which is bands"
        in reason
    )
    assert "is bands; look at what lays it out (fe_image_of in firmware/" in reason
    block = bundle.settings_block
    block = block[:2] + (bundle.stride + 1).to_bytes(2, "little") + block[4:]
    (reason,) = differing_proof(bundle, 9, replace(right, settings=binascii.crc32(block, start)))
    assert (
        f"with stride {bundle.stride + 1} instead of {bundle.stride}, which is 1 too high (settings_crc32"
        in reason
    )


def test_a_part_whose_checksum_is_computed_otherwise_than_the_others(bundle: Bundle) -> None:
    right = expected_proof(bundle, 9)
    (reason,) = differing_proof(bundle, 9, replace(right, model=binascii.crc32(bundle.model_bytes)))
    assert reason.endswith(": it is that of the right bytes where the nonce is not used")


def test_a_table_of_the_image_that_is_taken_for_shorter_or_longer(bundle: Bundle) -> None:
    image, right, start = bundle.frontend_image, expected_proof(bundle, 9), nonce_checksum(9)
    cure = "look at how long each table is where the pieces of the image are listed"
    for before, place, told in (
        (400, 612, "without bytes 400 to 611"),
        (612, 400, "covered twice: bytes 400 to 611"),
    ):
        checksum = binascii.crc32(image[:before] + image[place:], start)
        (reason,) = differing_proof(bundle, 9, replace(right, frontend=checksum))
        assert reason.endswith(f": it is that of the right bytes {told}; {cure}")
    model = bundle.model_bytes
    (reason,) = differing_proof(
        bundle, 9, replace(right, model=binascii.crc32(model[:400] + model[612:], start))
    )
    assert reason.endswith("is right)"), "of so many bytes chance gives some run"


@pytest.mark.parametrize("earlier", [False, True])
def test_another_bundles_bytes_may_begin_as_the_right_ones_do(bundle: Bundle, earlier: bool) -> None:
    proof = expected_proof(bundle, 7)
    part = binascii.crc32(bundle.settings_block[:5], nonce_checksum(7))
    (told,) = differing_proof(bundle, 7, replace(proof, settings=part), earlier=earlier)
    assert (" covers its first 5 of " in told) != earlier
    assert told.startswith("the bytes of window, thresholds and labels on the board are not") == earlier


def test_what_a_board_answers_that_uses_a_part_of_the_nonce_or_of_the_bytes(bundle: Bundle) -> None:
    ways = dict(proofs_otherwise(bundle, 0x89ABCDEF))
    parts = bundle.model_bytes, bundle.frontend_image, bundle.settings_block
    for words, head in (
        ("only 8 bits of the nonce are used", b"\xef"),
        ("only 8 bits of the nonce are used, the others 0", b"\xef\0\0\0"),
        ("only 16 bits of the nonce are used", b"\xef\xcd"),
        ("only 16 bits of the nonce are used, the upper ones 0", b"\xef\xcd\0\0"),
    ):
        assert ways[words] == tuple(binascii.crc32(head + part) for part in parts)
    cut = tuple(binascii.crc32(b"\xef\xcd\xab\x89" + part[:-1]) for part in parts)
    assert ways["the last byte of each is left out"] == cut


@pytest.mark.parametrize(("left_out", "told"), [(1, True), (64, True), (65, False)])
def test_a_header_that_no_checksum_covers_is_told(left_out: int, told: bool) -> None:
    part = bytes(range(200))
    told_of = covered(part, 7, binascii.crc32(part[left_out:], 7))
    assert told_of == (f"all of its bytes but the first {left_out}" if told else "")


def test_a_number_of_info_that_is_another_ones_is_told_as_that(record: Make) -> None:
    run = record()
    with_info(run, max_cells=1234, arena_used=1234)
    assert find_identity(run).reasons[0].startswith("INFO says max_cells 1,234, the bundle needs ")
    assert find_identity(run).reasons[0].endswith(": that is its arena_used")
    with_info(run, max_cells=8192, hop=1234)
    assert find_identity(run).reasons == (
        f"INFO says hop 1234, the bundle {run.bundle.settings.hop}: that is its arena_used",
    )
    run = with_info(record(), slot_size=65_537, arena_size=65_537)
    run.facts = BoardFacts({"slot_size": 99_000})
    assert find_identity(run).reasons == (
        "INFO says slot_size 65537, the board was started with 99000: that is its arena_size",
    )


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (None, None),
        (0x21, None),
        (0x22, ": the answer to SYNC tells boot id 0x00000022, and INFO 0x00000021; look at"),
        (0x99, "and INFO 0x00000021: that is what our SYNC had for seq and ack (sync_nonce); look at"),
    ],
)
def test_the_answer_to_sync_tells_the_boot_id_of_info(
    record: Make, told: int | None, words: str | None
) -> None:
    run = with_info(record(), boot_id=0x21)
    assert find_identity(run).status is Status.HELD
    run.boot_ids = told, 0x99
    finding = find_identity(run)
    assert bool(finding.reasons) == (words is not None)
    assert words is None or words.removeprefix(": ") in finding.reasons[0]


@pytest.mark.parametrize(
    ("field", "told", "words"),
    [
        ("max_cells", 6400, ""),
        ("max_cells", 65_535, "65,535, the board was built with 6,400: that is the most that a bundle may ask"),
        ("max_cells", 6401, "max_cells 6,401, the board was built with 6,400"),
        ("max_fft", 1024, ""),
        ("max_fft", 8192, "max_fft 8,192, and its front end is built for 1,024: that is the limit of other kinds (fe_"),
        ("max_fft", 512, "max_fft 512, and its front end is built for 1,024: that is its fft"),
        ("max_fft", 2047, "max_fft 2,047, and its front end is built for 1,024"),
    ],
)  # fmt: skip
def test_limits_of_a_board_that_was_made_here(record: Make, field: str, told: int, words: str) -> None:
    run = with_info(
        record(), **({"max_cells": 6400, "max_fft": 1024, "fft": 512, "window": 400} | {field: told})
    )
    settings: Any = run.bundle.settings
    run.bundle = replace(run.bundle, settings=replace(settings, fft=512, window=400))
    run.facts = BoardFacts({"bundle_source": run.info.bundle_source})
    found = [text for text in find_identity(run).reasons if f"says {field}" in text]
    assert len(found) == bool(words) and all(words in text for text in found)
    for other in (BoardFacts(), BoardFacts({"bundle_source": 1 - run.info.bundle_source})):
        run.facts = other
        assert not any(f"says {field}" in text for text in find_identity(run).reasons)
    run.board, run.facts = "esp32", BoardFacts({"bundle_source": run.info.bundle_source})
    assert not any(f"says {field}" in text for text in find_identity(run).reasons)


def test_classes_with_their_logits(record: Make) -> None:
    run = record()
    labels = len(run.bundle.labels)
    (reason,) = [
        text for text in find_identity(with_info(run, classes=2 * labels)).reasons if "classes" in text
    ]
    assert reason.endswith("scores and logits together (session_send_info in firmware/core/session/info.c)")
    run.bundle = replace(run.bundle, model=replace(run.bundle.model, outputs=run.bundle.model.outputs[:1]))
    reasons = [text for text in find_identity(run).reasons if "classes" in text]
    assert not any("scores and logits" in text for text in reasons)
