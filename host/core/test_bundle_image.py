"""Bundle images: what the host writes, the firmware's C code reads; what is damaged, it refuses by name."""

import hashlib
import random
import re
import struct
import subprocess
import sys
import tempfile
import zlib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..build.core_library import core_library
from ..build.core_limits import core_limits
from ..build.inputs import c_compiler
from ..bundle.image import ALIGNMENT, HEADER, bundle_image
from ..bundle.load import Bundle
from ..bundle.model_ends import ends
from ..bundle.model_info import ModelInfo
from ..bundle.write import prepare_bundle
from ..checkout import ROOT
from ..detector.threshold import Threshold
from ..frontend.biodcase_2026.settings import Biodcase2026Settings
from ..frontend.kinds import values_of
from ..frontend.normalised.settings import NormalisedSettings
from ..model.samples import TESTDATA, sample_values

pytestmark = pytest.mark.native
NAMES = ("sigmoid", "softmax", "flat")
OK = "the bundle is in order"


def declarations(header: str = "bundle/core_bundle.h") -> str:
    """The types of a header of the core, with macros put in, as cffi reads them."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("stdbool.h", "stddef.h", "stdint.h"):  # cffi knows their types
            (Path(folder) / name).touch()
        core = ROOT / "firmware" / "core"
        done = subprocess.run(
            [c_compiler(), "-E", "-P", "-nostdinc", "-I", folder, "-I", core, core / header],
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
    return "\n".join(
        _typedef(done.stdout[found.start() :]) for found in re.finditer(r"\btypedef\b", done.stdout)
    )


def _typedef(text: str) -> str:
    """The declaration at the start of `text`: up to the semicolon outside of all braces."""
    depth = 0
    for end, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if character == ";" and depth == 0:
            return text[: end + 1]
    raise AssertionError("the header ends within a declaration")


@cache
def library() -> tuple[Any, Any]:
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(declarations("bundle/bundle_image.h"))
    ffi.cdef(
        """
        int bundle_image_parse(core_bundle *bundle, const uint8_t *image, size_t length);
        const char *bundle_image_reason(int result);
        void sha256_of(const uint8_t *data, size_t length, uint8_t *digest);
        void *malloc(size_t size);
        void free(void *memory);
        """
    )
    return ffi, ffi.dlopen(str(core_library()))


@cache
def allocator() -> Any:
    """The C library, whose memory ends exactly where it was asked to: AddressSanitizer sees the byte after it."""
    ffi, _ = library()
    return ffi.dlopen("msvcrt" if sys.platform == "win32" else None)


class Parsed:
    """An image in memory of its own, and what the firmware makes of it."""

    def __init__(self, image: bytes, misplaced: int = 0) -> None:
        ffi, core = library()
        size = misplaced + len(image)
        self._memory = ffi.gc(allocator().malloc(max(1, size)), allocator().free)
        start = ffi.cast("uint8_t *", self._memory)
        assert int(ffi.cast("uintptr_t", start)) % ALIGNMENT == 0
        ffi.memmove(start + misplaced, image, len(image))
        self.bundle = ffi.new("core_bundle *")
        self.model_offset = 0
        result = core.bundle_image_parse(self.bundle, start + misplaced, len(image))
        self.reason = ffi.string(core.bundle_image_reason(result)).decode()
        if result == 0:
            self.model_offset = int(ffi.cast("uintptr_t", self.bundle.model)) - int(
                ffi.cast("uintptr_t", start)
            )


@cache
def bundle_of(name: str) -> Bundle:
    return prepare_bundle(TESTDATA, sample_values(name))


@cache
def image_of(name: str) -> bytes:
    return bundle_image(bundle_of(name))


def sealed(image: bytes | bytearray) -> bytes:
    """The image with its CRC put right, so that what lies behind the CRC's check is reached."""
    image = bytearray(image)
    struct.pack_into("<I", image, 12, zlib.crc32(image[16:]))
    return bytes(image)


def patched(image: bytes, at: int, kind: str, *values: int | bytes) -> bytes:
    copy = bytearray(image)
    struct.pack_into("<" + kind, copy, at, *values)
    return sealed(copy)


@pytest.mark.parametrize("name", NAMES)
def test_the_firmware_reads_what_the_host_wrote(name: str) -> None:
    ffi, _ = library()
    bundle, image = bundle_of(name), image_of(name)
    parsed = Parsed(image)
    assert parsed.reason == OK
    b = parsed.bundle
    settings, thresholds, logits = bundle.settings, bundle.thresholds, bundle.model.logits
    assert (
        b.frontend.sample_rate,
        b.frontend.analysis_window,
        b.frontend.hop,
        b.frontend.fft,
        b.frontend.bands,
    ) == (
        settings.sample_rate,
        settings.window,
        settings.hop,
        settings.fft,
        settings.bands,
    )
    classes = len(bundle.labels)
    assert (b.frames, b.stride, b.classes) == (bundle.frames, bundle.stride, classes)
    assert (b.ends, b.scores_output) == (ends(bundle.model), bundle.model.scores.index)
    assert b.logits_output == (logits.index if logits else 0)
    assert tuple(b.on_threshold[0:classes]) == thresholds.on
    assert tuple(b.off_threshold[0:classes]) == thresholds.off
    assert tuple(map(bool, b.detect[0:classes])) == thresholds.detect
    assert ffi.string(b.name).decode() == bundle.name
    for ours, theirs in (
        (bundle.model_hash, b.model_hash),
        (bundle.frontend_hash, b.frontend_hash),
        (bundle.settings_hash, b.settings_hash),
    ):
        assert bytes(ffi.buffer(theirs)) == ours
    assert bytes(ffi.buffer(b.model, b.model_len)) == bundle.model_bytes
    assert parsed.model_offset % ALIGNMENT == 0


def test_the_image_is_the_same_every_time_and_says_what_it_is() -> None:
    image = image_of("softmax")
    assert image == bundle_image(prepare_bundle(TESTDATA, sample_values("softmax")))
    assert len(image) % ALIGNMENT == 0
    assert bundle_of("softmax").model_hash == hashlib.sha256(bundle_of("softmax").model_bytes).digest()


def test_sha256_of_every_length_equals_hashlib() -> None:
    ffi, core = library()
    digest = ffi.new("uint8_t[33]")
    digest[32] = 0xA5
    whole = random.Random(1).randbytes(300)
    for length in range(len(whole)):  # the last block's length decides how it ends
        data = whole[:length]
        core.sha256_of(data, length, digest)
        assert bytes(ffi.buffer(digest)) == hashlib.sha256(data).digest() + b"\xa5", length


def test_each_limit_is_refused_by_name() -> None:
    flat = image_of("flat")
    settings_at, limits = HEADER.size, core_limits()
    for image, named in (
        (patched(flat, 40, "H", 2 * limits["CORE_MAX_FFT"]), "CORE_MAX_FFT = 1024"),
        (patched(flat, 42, "H", limits["CORE_MAX_BANDS"] + 1), "CORE_MAX_BANDS = 128"),
        (patched(flat, settings_at, "H", 1 + limits["CORE_MAX_CELLS"] // 20), "CORE_MAX_CELLS = 6400"),
        (patched(flat, settings_at + 4, "B", limits["CORE_MAX_CLASSES"] + 1), "CORE_MAX_CLASSES = 32"),
        (patched(patched(flat, settings_at, "H", 65535), 20, "I", 8), "CORE_MAX_CELLS"),  # and no class
    ):
        assert named in Parsed(image).reason


def test_a_kind_has_its_own_limit_of_points() -> None:
    settings = Biodcase2026Settings(24000, 8192, 512, 20)
    taken = bundle_image(replace(bundle_of("flat"), settings=settings))
    assert Parsed(taken).reason == Parsed(image_of("flat")).reason
    assert "more points than the front end's kind takes" in Parsed(patched(taken, 40, "H", 16384)).reason


def test_a_kind_with_two_bytes_a_cell_is_read() -> None:
    values = sample_values("sigmoid")
    settings = NormalisedSettings(values_of(values.settings), "min-max")
    bundle = prepare_bundle(TESTDATA, replace(values, settings=settings))
    assert Parsed(bundle_image(bundle)).reason == OK


def test_a_real_bundle_beyond_the_limits_is_refused_by_name() -> None:
    values = sample_values("flat")
    classes = core_limits()["CORE_MAX_CLASSES"] + 1
    model: ModelInfo = replace(
        values.model, outputs=tuple(replace(output, shape=(1, classes)) for output in values.model.outputs)
    )
    labels = tuple(f"label {i}" for i in range(classes))
    bundle = prepare_bundle(TESTDATA, replace(values, labels=labels, model=model, detector=Threshold(1, 1)))
    assert "CORE_MAX_CLASSES" in Parsed(bundle_image(bundle)).reason


def test_what_is_damaged_is_refused_by_name() -> None:
    image = image_of("softmax")
    settings_at, settings_length, frontend_at, _, model_at, _ = struct.unpack_from("<6I", image, 16)
    cut = bytearray(image)
    cut[-1] ^= 1
    for broken, named in (
        (b"", "cut off"),
        (image[:-16], "cut off"),
        (image[: HEADER.size - 1], "cut off"),
        (b"X" + image[1:], "not a bundle image"),
        (patched(image, 4, "H", 2), "version"),
        (patched(image, 6, "H", 160), "version"),
        (patched(image, 8, "I", 15), "length"),
        (bytes(cut), "wrong CRC"),
        (patched(image, 32, "I", model_at + 2), "outside"),
        (patched(image, 16, "I", struct.unpack_from("<I", image, 16)[0] + 8), "outside"),
        (patched(image, 32, "I", 0), "outside"),
        (patched(image, 32, "I", 0xFFFFFFF0), "outside"),
        (patched(image, 36, "I", 0xFFFFFFFF), "outside"),
        (patched(image, 44, "I", 1), "outside"),
        (patched(image, 48, "B", 0), "name"),
        (patched(image, 48, "32s", b"n" * 32), "name"),
        (patched(image, 40, "H", 512), "front end's tables"),
        (patched(image, 42, "H", 63), "front end's tables"),
        (patched(image, frontend_at, "B", 0), "front end's tables"),
        (patched(image, frontend_at + 8, "I", 16_001), "front end's hash"),
        (patched(image, settings_at, "H", 0), "settings are not sound"),
        (patched(image, settings_at + 2, "H", 0), "settings are not sound"),
        (patched(image, settings_at + 2, "H", 99), "settings' hash"),
        (patched(image, settings_at + 4, "B", 0), "settings are not sound"),
        (patched(image, settings_at + 4, "B", 4), "settings are not sound"),
        (patched(image, settings_at + 4, "B", 6), "settings are not sound"),
        (patched(image, settings_at + 5, "B", 0x0D), "settings are not sound"),
        (patched(image, settings_at + 7, "B", 1), "settings are not sound"),
        (patched(image, settings_at + 8, "b", -128), "below its release"),
        (patched(image, settings_at + 10, "B", 2), "below its release"),
        (patched(image, settings_at + 11, "B", 255), "settings are not sound"),
        (patched(image, 20, "I", settings_length - 1), "settings are not sound"),
        (patched(image, 20, "I", 7), "settings are not sound"),
        (patched(image, model_at + 4, "B", 0), "not a .tflite file"),
        (patched(image, 36, "I", 7), "not a .tflite file"),
        (patched(image, model_at + 50, "B", image[model_at + 50] ^ 1), "model's hash"),
    ):
        assert named in Parsed(broken).reason
    for misplaced in (1, 2, 4, 8):
        assert "multiple of 16" in Parsed(image, misplaced).reason


@given(st.binary(max_size=400))
def test_noise_is_refused(data: bytes) -> None:
    assert Parsed(data).reason != OK


@given(
    st.sampled_from(NAMES),
    st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), min_size=1, max_size=6),
    st.booleans(),
)
def test_a_damaged_image_is_refused_and_never_read_past_its_end(
    name: str, changes: list[tuple[int, int]], near_the_start: bool
) -> None:
    """With a CRC that fits, as somebody would send it who means harm."""
    image = bytearray(image_of(name))
    header = HEADER.size + 64  # what is here decides where everything else is
    for at, value in changes:
        image[at % (header if near_the_start else len(image))] = value
    parsed = Parsed(sealed(image))
    if parsed.reason == OK:  # the name may be anything, padding too, and a change may change nothing
        assert bytes(image[80:176]) == image_of(name)[80:176]


@given(st.sampled_from(NAMES), st.data())
def test_a_cut_image_is_refused_and_never_read_past_its_end(name: str, data: st.DataObject) -> None:
    image = image_of(name)
    model_at, model_length = struct.unpack_from("<2I", image, 32)  # only padding follows
    cut = bytearray(image[: data.draw(st.integers(0, model_at + model_length - 1))])
    if len(cut) >= 16 and data.draw(st.booleans()):
        struct.pack_into("<I", cut, 8, len(cut))
        cut = bytearray(sealed(cut))
    assert Parsed(bytes(cut)).reason != OK


@given(st.sampled_from(NAMES), st.integers(0, 255))
def test_a_model_may_lie_at_any_multiple_of_four(name: str, shift: int) -> None:
    plain, moved = (bundle_image(bundle_of(name), each) for each in (0, shift))
    parsed = Parsed(moved)
    assert parsed.reason == OK
    assert parsed.model_offset == Parsed(plain).model_offset + 4 * shift
    assert moved[80:176] == plain[80:176]  # it is the same bundle


@given(st.sampled_from(NAMES), st.sampled_from([16, 24, 32]), st.integers(1, 15))
def test_no_part_may_lie_elsewhere(name: str, field: int, by: int) -> None:
    """Every hash is right: the part's bytes are where the header says."""
    bundle = bundle_of(name)
    image = bytearray(bundle_image(bundle))
    place, length = struct.unpack_from("<2I", image, field)
    part = bytes(image[place : place + length])
    at = len(image) + by
    image += bytes(by) + part
    struct.pack_into("<I", image, field, at)
    struct.pack_into("<I", image, 8, len(image))
    fine = field == 32 and by % 4 == 0
    assert (Parsed(sealed(image)).reason == OK) == fine


def assembled(sections: dict[str, bytes], order: list[str], fft: int, bands: int) -> bytes:
    """An image with its sections in any order, all hashes right, ending with the last section's last byte."""
    places, body = {}, b""
    for name in order:
        body += bytes(-len(body) % ALIGNMENT)
        places[name] = (HEADER.size + len(body), len(sections[name]))
        body += sections[name]
    hashes = (hashlib.sha256(sections[name]).digest() for name in ("model", "frontend", "settings"))
    header = HEADER.pack(
        b"HBUN",
        1,
        HEADER.size,
        HEADER.size + len(body),
        0,
        *places["settings"],
        *places["frontend"],
        *places["model"],
        fft,
        bands,
        0,
        b"n",
        *hashes,
    )
    return sealed(header + body)


@given(
    st.sampled_from(NAMES),
    st.permutations(["settings", "frontend", "model"]),
    st.sampled_from(["settings", "settings", "frontend", "model", None]),
    st.data(),
)
def test_a_cut_section_is_refused_wherever_it_lies(
    name: str, order: list[str], cut: str | None, data: st.DataObject
) -> None:
    """Every hash and the CRC are right: only the section's own reader can notice."""
    bundle = bundle_of(name)
    sections = {
        "settings": bundle.settings_block,
        "frontend": bundle.frontend_image,
        "model": bundle.model_bytes,
    }
    if cut is not None:
        most = (
            7 if cut == "model" else len(sections[cut]) - 1
        )  # how much of a model suffices, its interpreter says
        sections[cut] = sections[cut][: data.draw(st.integers(0, most))]
    parsed = Parsed(assembled(sections, order, bundle.settings.fft, bundle.settings.bands))
    assert (parsed.reason == OK) == (cut is None)


@pytest.mark.parametrize("label", ["as told", "a byte more"])
def test_the_settings_end_where_the_header_says_whatever_lies_behind(label: str) -> None:
    """Behind them stands what would be the rest of a class, and a detector's name."""
    bundle = bundle_of("sigmoid")
    block = bundle.settings_block
    assert len(bundle.labels) == 1 and block[11] == len(bundle.labels[0])
    if label == "as told":
        lengths, whole = range(8, len(block)), block + b"median".ljust(16, b"\0")
    else:
        lengths, whole = range(len(block), len(block) + 1), block[:11] + bytes([block[11] + 1]) + block[12:]
        whole += b"?median".ljust(40, b"\0")
    sections = {
        "settings": whole,
        "frontend": bundle.frontend_image,
        "model": bundle.model_bytes,
    }
    image = assembled(sections, ["model", "frontend", "settings"], bundle.settings.fft, bundle.settings.bands)
    for length in lengths:
        header = bytearray(image[: HEADER.size])
        struct.pack_into("<I", header, 20, length)
        header[144:176] = hashlib.sha256(whole[:length]).digest()
        parsed = Parsed(sealed(bytes(header) + image[HEADER.size :]))
        assert parsed.reason == "the window's or the outputs' settings are not sound"


def test_every_result_has_a_reason_of_its_own() -> None:
    ffi, core = library()
    reasons = [ffi.string(core.bundle_image_reason(i)).decode() for i in range(core.BUNDLE_IMAGE_RESULTS)]
    assert len(set(reasons)) == core.BUNDLE_IMAGE_RESULTS > 10
    assert "unknown reason" not in reasons
    assert ffi.string(core.bundle_image_reason(core.BUNDLE_IMAGE_RESULTS)).decode() == "unknown reason"
