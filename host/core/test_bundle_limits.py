"""What a bundle's image may just hold: the shortest parts and the largest numbers are taken, the next are refused."""

import struct
from typing import Any

import pytest

from ..build.core_limits import core_limits
from ..bundle.image import HEADER
from ..frontend.kinds import kind_of
from ..frontend.waveform.settings import WaveformSettings
from .test_bundle_image import OK, Parsed, assembled, library, patched

pytestmark = pytest.mark.native

MODEL = b"0000TFL3"
SETTINGS = "the window's or the outputs' settings are not sound"
LOGITS, INT16_OUTPUT = 1, 0x20


def front_end(hop: int) -> bytes:
    kind, settings = kind_of(WaveformSettings(16000, hop)), WaveformSettings(16000, hop)
    return kind.image(kind.tables(settings, 0.01, 0))


def one_class(on: int = 5, off: int = 5, detect: int = 1, label: bytes = b"x") -> bytes:
    return struct.pack("<bbBB", on, off, detect, len(label)) + label


def block(
    frames: int = 2, stride: int = 1, classes: int = 1, ends: int = 0, logits: int = 0, **more: Any
) -> bytes:
    head = struct.pack("<HHBBBB", frames, stride, classes, ends, 0, logits)
    return head + one_class(**more) * classes


def image(settings: bytes, hop: int = 4, model: bytes = MODEL) -> bytes:
    """With the model last, whose last byte is the image's."""
    sections = {"settings": settings, "frontend": front_end(hop), "model": model}
    return assembled(sections, ["settings", "frontend", "model"], 0, hop)


def said(settings: bytes, hop: int = 4, model: bytes = MODEL) -> str:
    return str(Parsed(image(settings, hop, model)).reason)


def test_the_smallest_bundle_is_taken() -> None:
    parsed = Parsed(image(block(1, label=b"")))
    assert parsed.reason == OK
    b = parsed.bundle
    assert (b.frames, b.stride, b.classes, b.model_len, b.detector_length) == (1, 1, 1, 8, 0)
    assert said(block(), model=MODEL[:7]) == "the model is not a .tflite file"
    assert said(block(), model=MODEL[:7] + b"4") == "the model is not a .tflite file"


@pytest.mark.parametrize("last", ["settings", "frontend"])
def test_any_part_may_end_where_the_image_does(last: str) -> None:
    sections = {"settings": block(), "frontend": front_end(4), "model": MODEL}
    order = [*(name for name in sections if name != last), last]
    assert Parsed(assembled(sections, order, 0, 4)).reason == OK


def test_a_part_begins_behind_the_header_and_within_the_image() -> None:
    whole = image(block())
    for place in (16, 24, 32):  # of settings, front end and model in the header
        for offset in (HEADER.size - 16, len(whole) + 16 & ~15):
            outside = patched(whole, place, "II", offset, 0)
            assert Parsed(outside).reason == "a part of the image lies outside of it"
    model_at, length = struct.unpack_from("<II", whole, 32)
    assert model_at + length == len(whole)
    assert "outside" in Parsed(patched(whole, 36, "I", length + 1)).reason
    assert Parsed(patched(whole, 32, "II", len(whole), 0)).reason == "the model is not a .tflite file"
    assert Parsed(patched(whole, 32, "I", model_at - 4)).reason == "the model is not a .tflite file"
    for off in (1, 2, 3):
        assert "outside" in Parsed(patched(whole, 32, "II", model_at - off, 4)).reason


def test_an_image_is_its_header_at_least() -> None:
    whole = image(block())
    alone = patched(whole[: HEADER.size], 8, "I", HEADER.size)
    assert Parsed(alone).reason == "a part of the image lies outside of it"
    assert Parsed(patched(alone, 8, "I", HEADER.size - 1)).reason == "the image's length makes no sense"
    assert Parsed(patched(alone, 8, "I", HEADER.size + 1)).reason == "the image is cut off"
    assert Parsed(whole + bytes(16)).reason == OK, "more memory than image"


def test_the_window_holds_so_many_cells_and_no_more() -> None:
    most = core_limits()["CORE_MAX_CELLS"]
    assert said(block(most // 128), hop=128) == OK
    assert "CORE_MAX_CELLS" in said(block(most // 128 + 1), hop=128)
    assert said(block(most), hop=1) == OK


@pytest.mark.parametrize(
    ("ends", "values"), [(0, 1), (LOGITS, 2), (INT16_OUTPUT, 2), (LOGITS | INT16_OUTPUT, 4)]
)
def test_the_outputs_hold_so_many_classes_and_no_more(ends: int, values: int) -> None:
    """Their bytes are at most those of scores and logits of CORE_MAX_CLASSES classes."""
    most = core_limits()["CORE_MAX_CLASSES"]
    fit = min(most, 2 * most // values)
    assert said(block(classes=fit, ends=ends, logits=1)) == OK
    assert "CORE_MAX_CLASSES" in said(block(classes=fit + 1, ends=ends, logits=1))


def test_logits_are_another_output_than_scores() -> None:
    assert said(block(ends=LOGITS, logits=0)) == SETTINGS
    assert said(block(ends=LOGITS, logits=1)) == said(block(logits=0)) == OK


@pytest.mark.parametrize(("on", "off"), [(-128, -128), (127, 127), (127, -128)])
def test_a_release_is_at_most_the_threshold(on: int, off: int) -> None:
    assert said(block(on=on, off=off)) == said(block(detect=0)) == OK
    if off < 127:
        assert said(block(on=off, off=off + 1)) == "a threshold lies below its release"
    assert said(block(detect=2)) == "a threshold lies below its release"


def test_classes_end_where_the_settings_do() -> None:
    for label in (b"", b"x", b"l" * 255):
        whole = block(classes=2, label=label)
        parsed = Parsed(image(whole))
        assert parsed.reason == OK and parsed.bundle.detector_length == 0
        for cut in {1, 2, 3, 4, len(label) + 4}:
            assert said(whole[:-cut]) == SETTINGS
    assert said(block()[:8]) == said(block()[:7]) == SETTINGS


def test_a_detector_is_a_name_of_16_bytes_and_its_parameters() -> None:
    whole = block(classes=2) + b"argmax".ljust(16, b"\0")
    assert said(whole + b"\1") == OK
    assert said(whole) == said(whole + b"\1\2") == "the detector's parameters are not sound"
    assert said(whole[:-1]) == said(block(classes=2) + b"\1") == SETTINGS


@pytest.mark.parametrize("length", [0, 1, 30, 31, 32])
def test_a_name_has_1_to_31_bytes(length: int) -> None:
    named = patched(image(block()), 48, "32s", b"n" * length)
    parsed = Parsed(named)
    if 0 < length < 32:
        assert parsed.reason == OK
        assert library()[0].string(parsed.bundle.name) == b"n" * length
    else:
        assert parsed.reason == "the bundle's name is empty or too long"


@pytest.mark.parametrize("bands", [1, 127, 128])
def test_bands_are_those_of_the_front_end(bands: int) -> None:
    whole = image(block(), hop=bands)
    assert Parsed(whole).reason == OK
    assert Parsed(patched(whole, 42, "H", bands - 1)).reason == "the front end's tables are not sound"
    more = Parsed(patched(whole, 42, "H", bands + 1)).reason
    assert more == ("the front end's tables are not sound" if bands < 128 else said_of_bands())


def said_of_bands() -> str:
    return f"the front end has more bands than CORE_MAX_BANDS = {core_limits()['CORE_MAX_BANDS']}"
