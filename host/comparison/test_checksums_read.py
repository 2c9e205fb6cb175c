"""What a wrong checksum says of the bytes that it was made of."""

import binascii
from collections.abc import Callable
from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..bundle.load import Bundle
from ..bundle.settings_block import settings_block
from ..detector.n_of_m import NOfM
from ..detector.rule import Int8Rule
from .checksums_read import one_byte, one_run, settings_field, settings_otherwise

NONCE = 0x12345678


@given(st.binary(min_size=1, max_size=300), st.data())
def test_one_byte_that_is_another_one_is_found_whatever_the_nonce_is(
    data: bytes, draw: st.DataObject
) -> None:
    place = draw.draw(st.integers(0, len(data) - 1))
    value = draw.draw(st.integers(0, 255).filter(lambda byte: byte != data[place]))
    other = data[:place] + bytes((value,)) + data[place + 1 :]
    start = draw.draw(st.integers(0, 0xFFFFFFFF))
    assert one_byte(data, binascii.crc32(other, start), binascii.crc32(data, start)) == (place, value)


def test_several_bytes_are_not_one() -> None:
    data = bytes(range(200))
    assert one_byte(data, binascii.crc32(data[:-2] + b"ab"), binascii.crc32(data)) is None
    assert one_byte(data, binascii.crc32(data), binascii.crc32(data)) is None


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.integers(0, 91), st.integers(0, 90))
def test_bytes_that_are_left_out_or_covered_twice_are_found(
    seed: int, nonce: int, first: int, then: int
) -> None:
    """Not where nothing follows: that is what `covered` tells."""
    data = Random(seed).randbytes(182)  # of equal bytes some runs are the same
    start = binascii.crc32(nonce.to_bytes(4, "little"))
    found = one_run(data, start, binascii.crc32(data[: 2 * first] + data[2 * then :], start))
    if first == then:
        assert found is None
    else:
        assert found is not None
        before, place = found
        assert data[:before] + data[place:] == data[: 2 * first] + data[2 * then :]


def test_a_run_of_other_bytes_is_none() -> None:
    data = Random(1).randbytes(300)
    assert one_run(data, 5, binascii.crc32(data[:100] + bytes(9) + data[109:], 5)) is None
    for size, found in ((1 << 14, (100, 200)), ((1 << 14) + 1, None)):
        data = Random(1).randbytes(size)
        assert one_run(data, 5, binascii.crc32(data[:100] + data[200:], 5)) == found
    data = Random(1).randbytes(300)
    assert one_run(data, 5, binascii.crc32(data + data[200:], 5)) == (300, 200)


def test_of_so_many_bytes_that_one_would_give_any_checksum_nothing_is_said() -> None:
    most = bytes(1 << 17)
    for data, found in ((most, (5, 1)), (most + b"\0", None)):
        other = data[:5] + b"\1" + data[6:]
        assert one_byte(data, binascii.crc32(other), binascii.crc32(data)) == found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: replace(t, off=t.on), "the upper thresholds twice, and not the lower ones"),
        (lambda t: replace(t, on=t.off), "the lower thresholds twice, and not the upper ones"),
        (lambda t: replace(t, on=t.off, off=t.on), "the upper and the lower thresholds exchanged"),
        (lambda t: replace(t, detect=(False,) * len(t.on)), "no class as detected"),
        (lambda t: replace(t, on=(0,) * len(t.on)), "no upper thresholds (0)"),
        (lambda t: replace(t, off=(0,) * len(t.on)), "no lower thresholds (0)"),
        (lambda t: replace(t, on=tuple(on + 1 for on in t.on)), "upper thresholds one too high"),
        (lambda t: replace(t, off=tuple(off - 1 for off in t.off)), "lower thresholds one too low"),
        (
            lambda t: replace(t, on=tuple(map(int, t.detect))),
            "what is detected in the place of upper thresholds",
        ),
        (lambda t: replace(t, on=tuple(on + 2 for on in t.on)), ""),
        (lambda t: t, ""),
    ],
)
def test_other_settings_are_named(bundle: Bundle, change: Callable[[Int8Rule], Int8Rule], words: str) -> None:
    block = settings_block(
        bundle.frames,
        bundle.stride,
        bundle.labels,
        change(bundle.thresholds),
        bundle.model,
    )
    assert settings_otherwise(bundle, NONCE, binascii.crc32(block, NONCE)) == words


def test_frames_and_stride_are_told_apart(bundle: Bundle) -> None:
    block = settings_block(bundle.stride, bundle.frames, bundle.labels, bundle.thresholds, bundle.model)
    assert settings_otherwise(bundle, 7, binascii.crc32(block, 7)) == "frames and stride exchanged"


@pytest.mark.parametrize(
    ("words", "made"),
    [
        ("all but the labels' lengths", lambda head, classes: (head, *(c[:3] + c[4:] for c in classes))),
        ("all but what is detected", lambda head, classes: (head, *(c[:2] + c[3:] for c in classes))),
        ("the labels' letters twice each", lambda head, classes: (head, *(c + c[4:] for c in classes))),
        (
            "zeros instead of the labels' lengths",
            lambda h, classes: (h, *(c[:3] + b"\0" + c[4:] for c in classes)),
        ),
        ("the bytes of frames in the other order", lambda head, classes: (head[1::-1], head[2:], *classes)),
        (
            "what is detected and the labels' lengths exchanged",
            lambda head, classes: (head, *(c[:2] + c[3:4] + c[2:3] + c[4:] for c in classes)),
        ),
        (
            "the labels' lengths and the labels' letters exchanged",
            lambda head, classes: (head, *(c[:3] + c[4:] + c[3:4] for c in classes)),
        ),
        (
            "the labels' letters with a zero behind each",
            lambda head, classes: (head, *(c + b"\0" for c in classes)),
        ),
    ],
)
def test_a_field_that_is_taken_otherwise_is_named(
    bundle: Bundle, words: str, made: Callable[[bytes, list[bytes]], tuple[bytes, ...]]
) -> None:
    block, at, classes = bundle.settings_block, 8, []
    for label in bundle.labels:
        classes.append(block[at : at + 4 + len(label.encode())])
        at += len(classes[-1])
    assert at == len(block) and len(set(map(len, classes))) > 1
    told = b"".join(made(block[:8], classes))
    assert settings_otherwise(bundle, NONCE, binascii.crc32(told, NONCE)) == words


@pytest.mark.parametrize(
    ("words", "made"),
    [
        ("all but the detector's kind", lambda _, parameters: parameters),
        ("its parameters twice each", lambda kind, parameters: kind + 2 * parameters),
        ("the detector's kind and its parameters exchanged", lambda kind, parameters: parameters + kind),
    ],
)
def test_of_another_kind_of_detector_its_kind_and_its_parameters_are_fields(
    bundle: Bundle, words: str, made: Callable[[bytes, bytes], bytes]
) -> None:
    voting = replace(bundle, detector=NOfM(0.6, 0.4, 3, 5, 2, 7))
    classes = len(voting.settings_block) - 20
    rest = voting.settings_block[classes:]
    assert rest == b"n-of-m".ljust(16, b"\0") + b"\3\5\2\7"
    told = voting.settings_block[:classes] + made(rest[:16], rest[16:])
    assert settings_otherwise(voting, NONCE, binascii.crc32(told, NONCE)) == words


def test_each_byte_of_the_settings_is_of_a_field(bundle: Bundle) -> None:
    named = [settings_field(bundle, place) for place in (0, 3, 4, 5, 7, 8, 9, 10, 11, 12)]
    assert named == [
        *("frames", "the stride", "the count of classes", "the ends", "the outputs' numbers"),
        *("upper thresholds", "lower thresholds", "what is detected", "the labels' lengths"),
        "the labels' letters",
    ]
    assert settings_field(bundle, len(bundle.settings_block)) == ""


def test_of_a_single_class_what_is_in_a_byte_is_another_thing(bundle: Bundle) -> None:
    labels, t = bundle.labels[:1], bundle.thresholds
    first = replace(t, on=t.on[:1], off=t.off[:1], detect=t.detect[:1])
    block = settings_block(bundle.frames, bundle.stride, labels, first, bundle.model)
    one = SimpleNamespace(
        labels=labels,
        thresholds=first,
        settings_block=block,
        model=bundle.model,
        frames=bundle.frames,
        stride=bundle.stride,
    )
    told = binascii.crc32(block[:10] + block[8:9] + block[11:], NONCE)
    words = settings_otherwise(cast(Bundle, one), NONCE, told)
    assert words == "upper thresholds in the place of what is detected"
