"""Front-end images that nobody should trust: refused, or run without harm. Most telling under the sanitizers."""

import struct
import sys
from functools import cache
from typing import Any

import numpy as np
import pytest
from cffi import FFI
from hypothesis import example, given
from hypothesis import strategies as st

from ..frontend.biodcase_2026.settings import Biodcase2026Settings
from ..frontend.kinds import kind_of, values_of
from ..frontend.log_mel.settings import LogMelSettings
from ..frontend.log_mel.tables import build_tables, frontend_image
from ..frontend.mfcc.settings import MfccSettings
from ..frontend.microfrontend.settings import MicrofrontendSettings
from ..frontend.normalised.settings import NormalisedSettings
from ..frontend.settings import FrontEndSettings
from ..frontend.signals import Int16, noise
from .c_frontend import FrontEnd, library

pytestmark = pytest.mark.native

SHAPES = [
    LogMelSettings(8000, 256, 128, 256, 40, 0.0, 4000.0, -80.0),
    LogMelSettings(8000, 128, 300, 128, 16, 0.0, 4000.0, -80.0),
    LogMelSettings(16000, 400, 160, 512, 64, 20.0, 8000.0, -100.0),
    LogMelSettings(16000, 1024, 400, 1024, 128, 0.0, 8000.0, -100.0),
]
IMAGES = [frontend_image(build_tables(shape, 0.5, 60)) for shape in SHAPES]
OTHER_SHAPES = [
    MicrofrontendSettings(16000, 480, 160),
    MicrofrontendSettings(8000, 200, 300, 7, 20.0, 3999.0, pcan=False, log=False),
    MicrofrontendSettings(44100, 2048, 512, 128, 0.0, 20000.0, log_shift=11),
]
OTHER_IMAGES = [kind_of(shape).image(kind_of(shape).tables(shape, 0.1, -128)) for shape in OTHER_SHAPES]
# Images in images: log-mel with options, and what goes on from either.
L = LogMelSettings
NESTED_SHAPES: list[FrontEndSettings] = [
    L(8000, 256, 128, 256, 40, 0.0, 4000.0, -80.0, spectrum="magnitude", log_offset=1e-6, pre_emphasis=0.9),
    L(16000, 400, 600, 512, 20, 0.0, 8000.0, -80.0, padding="reflect"),
    L(8000, 100, 128, 128, 5, 0.0, 4000.0, -80.0, padding="zero", log_offset=1e-3),
    MfccSettings(8000, 256, 128, 256, 40, 13, 0.0, 4000.0, -80.0),
    MfccSettings(8000, 256, 128, 256, 23, 23, 0.0, 4000.0, -80.0, padding="reflect", spectrum="magnitude"),
    NormalisedSettings(values_of(MfccSettings(8000, 256, 128, 256, 23, 23, 0.0, 4000.0, -80.0)), "mean-std"),
    NormalisedSettings(values_of(L(22050, 2048, 512, 2048, 128, 0.0, 9000.0, -80.0, padding="zero")), "peak"),
    L(16000, 400, 200, 400, 128, 0.0, 8000.0, -100.0, padding="reflect"),
    L(8000, 50, 60, 54, 9, 0.0, 4000.0, -80.0, spectrum="magnitude", log_offset=1e-6, pre_emphasis=0.9),
    MfccSettings(8000, 200, 100, 240, 40, 13, 0.0, 4000.0, -80.0),
    NormalisedSettings(values_of(L(8000, 200, 80, 200, 20, 0.0, 4000.0, -80.0)), "min-max"),
    NormalisedSettings(values_of(MfccSettings(8000, 256, 128, 256, 23, 20, 0.0, 4000.0, -80.0)), "top"),
    NormalisedSettings(values_of(MfccSettings(8000, 200, 100, 240, 40, 13, 0.0, 4000.0, -80.0)), "top"),
]
NESTED_IMAGES = [kind_of(shape).image(kind_of(shape).tables(shape, 0.1, -128)) for shape in NESTED_SHAPES]
BIODCASE_SHAPES = [
    Biodcase2026Settings(24000, 4096, 512),
    Biodcase2026Settings(16000, 16, 40, 3, 0.0, 6000.0),
    Biodcase2026Settings(48000, 512, 200, 128, 0.0, 23000.0, log_shift=11),
]
BIODCASE_IMAGES = [kind_of(shape).image(kind_of(shape).tables(shape, 0.1, -128)) for shape in BIODCASE_SHAPES]


@cache
def allocator() -> Any:
    """The C library, whose memory ends exactly where it was asked to: AddressSanitizer sees the byte after it."""
    ffi = FFI()
    ffi.cdef("void *malloc(size_t size); void free(void *place);")
    return ffi.dlopen("ucrtbase" if sys.platform == "win32" else None)


class Memory:
    """A piece of the C heap with `data` in it, or zeros; aligned to 8 bytes, or just not to 4."""

    def __init__(self, data: bytes | int, shift: int = 0) -> None:
        ffi, _ = library()
        size = data if isinstance(data, int) else len(data)
        self._piece = ffi.gc(
            ffi.cast("uint8_t *", allocator().malloc(max(1, size + shift))), allocator().free
        )
        self.place = self._piece + shift
        ffi.memmove(self.place, bytes(size) if isinstance(data, int) else data, size)


def run_on_image(image: bytes, samples: Int16 | None = None, shift: int = 0) -> int | bytes:
    """Let the core parse an image and, if it takes it, run it on samples.

    Returns:
        The error, or the cells of all columns.
    """
    ffi, core = library()
    memory, front_end = Memory(image, shift), Memory(core.fe_front_end_size())
    error = core.fe_open(front_end.place, memory.place, len(image))
    if error != 0:
        return int(error)
    state, own = Memory(core.fe_state_size()), Memory(core.fe_memory_bytes(front_end.place))
    core.fe_init(state.place, front_end.place, own.place)
    if samples is None:  # as loud as it gets
        samples = np.tile(np.array([32767, -32768], np.int16), 1500)
    columns = core.fe_columns(state.place, len(samples))
    bands = int(core.fe_bands(front_end.place))
    cells = Memory(columns * bands)
    done = core.fe_run(
        state.place,
        ffi.from_buffer("int16_t[]", samples),
        len(samples),
        ffi.cast("int8_t *", cells.place),
        ffi.NULL,
    )
    assert done == columns
    if image[8:24].rstrip(b"\0") == b"normalised":
        whole = Memory(columns * bands // 2)
        columns_given, cells_found = (ffi.cast("int8_t *", each.place) for each in (cells, whole))
        core.fe_run_window(state.place, columns_given, columns, cells_found)
    return bytes(ffi.buffer(cells.place, columns * bands))


def test_good_images_are_taken() -> None:
    for image, shape in zip(IMAGES, SHAPES, strict=True):
        samples = noise(8000, 4000, -6)
        assert run_on_image(image, samples) == FrontEnd(shape, 0.5, 60).features(samples).tobytes()


@pytest.mark.parametrize(
    ("shape", "image"),
    [
        *zip(OTHER_SHAPES, OTHER_IMAGES, strict=True),
        *zip(NESTED_SHAPES, NESTED_IMAGES, strict=True),
        *zip(BIODCASE_SHAPES, BIODCASE_IMAGES, strict=True),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_good_images_of_other_kinds_are_taken(shape: FrontEndSettings, image: bytes) -> None:
    samples = noise(8000, 8000, -6)
    assert run_on_image(image, samples) == FrontEnd(shape, 0.1, -128).features(samples).tobytes()


@given(
    st.sampled_from(IMAGES + OTHER_IMAGES + NESTED_IMAGES + BIODCASE_IMAGES),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_images_with_changed_bytes_do_no_harm(image: bytes, changes: list[tuple[int, int]]) -> None:
    mutated = bytearray(image)
    for place, value in changes:
        # Half of them in the header, where lengths and counts are.
        mutated[place % (60 if place % 2 else len(image))] = value
    run_on_image(bytes(mutated))


@given(st.sampled_from(IMAGES + OTHER_IMAGES + NESTED_IMAGES + BIODCASE_IMAGES), st.integers(0, 30_000))
def test_cut_images_are_refused(image: bytes, length: int) -> None:
    cut = image[: length % len(image)]
    assert isinstance(run_on_image(cut), int)
    if len(cut) >= 8:
        assert isinstance(run_on_image(cut[:4] + struct.pack("<I", len(cut)) + cut[8:]), int)


@given(st.binary(max_size=400))
@example(b"HFE1")
def test_garbage_is_refused(image: bytes) -> None:
    assert isinstance(run_on_image(image), int)


@given(st.sampled_from(IMAGES), st.integers(0, 2**32 - 1))
def test_tables_full_of_nonsense_do_no_harm(image: bytes, seed: int) -> None:
    # Everything but the header and the counts of bins: the arithmetic must wrap, not overflow.
    bands, bins = struct.unpack_from("<H", image, 22)[0], struct.unpack_from("<H", image, 26)[0]
    counts = (len(image) - 48) // 2 - bins - bands - 1
    nonsense = np.random.default_rng(seed).choice(
        np.array([0, 1, 0x7FFF, 0x8000, 0xFFFF], "<u2"), counts // 2
    )
    run_on_image(image[:48] + nonsense.tobytes() + image[48 + nonsense.nbytes :])


@given(st.sampled_from(OTHER_IMAGES), st.integers(0, 2**32 - 1))
def test_other_kinds_tables_full_of_nonsense_do_no_harm(image: bytes, seed: int) -> None:
    # Behind head and header, but for the tables that are indices, which are refused.
    nonsense = np.random.default_rng(seed).choice(
        np.array([0, 1, 0x7FFF, 0x8000, 0xFFFF], "<u2"), (len(image) - 60) // 2
    )
    window, _, fft, bands, _, bins = struct.unpack_from("<6H", image, 32)
    start = 60 + 2 * (window + 2 * fft // 2 + 2 * fft // 4)  # window, twiddles, half_twists
    kept = 2 * (fft // 2 + bands + 1)  # order, segment_bins
    del bins
    mixed = image[:60] + nonsense.tobytes()[: start - 60] + image[start : start + kept]
    run_on_image(mixed + nonsense.tobytes()[len(mixed) - 60 :] + image[60 + nonsense.nbytes :])


@given(st.sampled_from(NESTED_IMAGES), st.integers(0, 2**32 - 1))
def test_nested_images_full_of_nonsense_do_no_harm(image: bytes, seed: int) -> None:
    # The tables before the plain image within, and some of its own: products and sums at their limits.
    inner = image.index(b"HFE", 8)
    words = np.random.default_rng(seed).choice(
        np.array([0, 1, -1, (1 << 28) - 1, 1 - (1 << 28), 1 << 31, 0xFFFFFFFF], "<i8").astype("<u4"),
        len(image) // 4,
    )
    mixed = bytearray(image)
    mixed[40:inner] = words.tobytes()[: inner - 40]
    run_on_image(bytes(mixed))
    mixed[inner + 48 : inner + 900] = words.tobytes()[:852]
    run_on_image(bytes(mixed))


@pytest.mark.parametrize(
    ("number", "offset", "form", "value", "error"),
    [
        (0, 24, "I", 16, -4),
        (0, 24, "I", 15, -4),
        (0, 28, "H", 0, -4),
        (0, 28, "H", 130, -4),
        (0, 30, "H", 512, -1),
        (0, 32, "H", 41, -1),
        (0, 34, "H", 1, -4),
        (0, 36 + 1024, "I", 1, -5),
        (0, 36 + 1028, "i", 257, -5),
        (1, 28, "H", 257, -4),
        (1, 30, "H", 256, -4),
        (1, 30, "H", 1024, -5),
        (2, 32, "H", 4, -1),
        (3, 24, "H", 38, -2),
        (3, 24, "H", 39, -5),
        (3, 24, "H", 0, -4),
        (3, 24, "H", 129, -4),
        (3, 26, "H", 0, -4),
        (3, 26, "H", 41, -4),
        (3, 28, "H", 7, -4),
        (3, 28, "H", 63, -4),
        (3, 30, "H", 1, -4),
        (3, 32, "q", (1 << 61) + 1, -5),
        (3, 32, "q", -(1 << 61) - 1, -5),
        (3, 40, "i", 1 << 28, -5),
        (3, 40, "i", -(1 << 28), -5),
        (3, 40 + 13 * 80, "4s", b"HFE1", -2),
        (3, 40 + 13 * 80 + 4, "I", 48, -1),
        (3, 40 + 13 * 80 + 36 + 22, "H", 39, -1),
        (3, 40 + 13 * 80 + 32, "H", 39, -5),
        (5, 24, "I", 4, -5),
        (5, 28, "I", 65536, -5),
        (5, 36, "I", 41, -5),
        (5, 40, "q", 1 << 61, -5),
        (5, 48, "q", 1 << 51, -5),
        (6, 48, "q", 1 << 45, -5),
        (5, 56, "q", -(1 << 61), -5),
        (5, 64 + 8, "16s", b"normalised", -2),
        (5, 64 + 8, "16s", b"other", -6),
        (5, 64, "I", 0, -2),
        (5, 64 + 4, "I", 64, -1),
        (11, 28, "I", 41, -5),
        (11, 32, "I", 65536, -5),
        (11, 36, "i", (1 << 24) + 1, -5),
        (11, 36, "i", -1, -5),
        (11, 40, "i", (1 << 25) + 1, -5),
        (11, 40, "i", -(1 << 25) - 1, -5),
        (11, 44, "I", 1, -5),
        (11, 48, "q", (1 << 61) + 1, -5),
        (11, 48, "q", -(1 << 61) - 1, -5),
        (11, 56, "I", 0, -2),
        (11, 56 + 4, "I", 64, -1),
        (11, 56 + 8, "16s", b"log-mel-options", -2),
        (11, 56 + 24, "H", 129, -4),
        (12, 56 + 40 + 13 * 80 + 8, "16s", b"other", -6),
    ],
)
def test_each_wrong_field_of_a_nested_image_is_refused(
    number: int, offset: int, form: str, value: object, error: int
) -> None:
    image = bytearray(NESTED_IMAGES[number])
    struct.pack_into(f"<{form}", image, offset, value)
    assert run_on_image(bytes(image)) == error


@given(st.sampled_from(BIODCASE_IMAGES), st.integers(0, 2**32 - 1))
def test_the_challenges_tables_full_of_nonsense_do_no_harm(image: bytes, seed: int) -> None:
    nonsense = (
        np.random.default_rng(seed)
        .choice(np.array([0, 1, 0x7FFF, 0x8000, 0xFFFF], "<u2"), len(image) // 2)
        .tobytes()
    )
    fft, _, bands, _, bins = struct.unpack_from("<5H", image, 32)
    start = 48 + fft + 2 * fft + 4 * bins  # window, twiddles, half_twists
    end = start + 2 * (bins + bands + 1)  # places and segment_bins, which are indices
    mixed = image[:48] + nonsense[48:start] + image[start:end] + nonsense[end : len(image)]
    assert isinstance(run_on_image(mixed), bytes)


@pytest.mark.parametrize(
    ("offset", "form", "value", "error"),
    [
        (8, "16s", b"biodcase-2025", -6),
        (28, "I", 0, -4),
        (28, "I", 65537, -4),
        (32, "H", 8, -4),
        (32, "H", 3000, -4),
        (32, "H", 2048, -4),
        (32, "H", 16384, -4),
        (34, "H", 0, -4),
        (34, "H", 8193, -4),
        (36, "H", 0, -4),
        (36, "H", 129, -4),
        (36, "H", 45, -1),
        (38, "H", 0, -4),
        (38, "H", 2048, -4),
        (40, "H", 2048, -4),
        (40, "H", 1, -1),
        (42, "H", 0, -5),
        (42, "H", 15, -5),
        (44, "H", 12, -5),
        (46, "H", 1, -5),
        (48 + 3 * 4096 + 4 * 1258, "H", 0, -5),
        (48 + 3 * 4096 + 4 * 1258, "H", 4096, -5),
        (48 + 3 * 4096 + 6 * 1258, "H", 9, -5),
    ],
)
def test_each_wrong_field_of_the_challenges_is_refused(
    offset: int, form: str, value: object, error: int
) -> None:
    image = bytearray(BIODCASE_IMAGES[0])
    assert struct.unpack_from("<H", image, 40) == (1258,)
    struct.pack_into(f"<{form}", image, offset, value)
    assert run_on_image(bytes(image)) == error


@pytest.mark.parametrize(
    ("offset", "form", "value", "error"),
    [
        (8, "16s", b"microfrontends", -6),
        (8, "16s", b"Microfrontend", -2),
        (8, "16s", b"micro\0frontend", -2),
        (8, "16s", b"microfrontend123", -2),
        (4, "I", 0, -1),
        (28, "I", 0, -4),
        (28, "I", 65537, -4),
        (32, "H", 1, -4),
        (32, "H", 513, -4),
        (34, "H", 0, -4),
        (36, "H", 8, -4),
        (36, "H", 384, -4),
        (36, "H", 4096, -4),
        (38, "H", 0, -4),
        (38, "H", 129, -4),
        (40, "H", 257, -4),
        (44, "H", 8, -5),
        (46, "H", 17, -5),
        (48, "H", 16385, -5),
        (50, "H", 16385, -5),
        (52, "H", 16385, -5),
        (54, "H", 32, -5),
        (56, "h", -32, -5),
        (58, "H", 12, -5),
    ],
)
def test_each_wrong_field_of_another_kind_is_refused(
    offset: int, form: str, value: object, error: int
) -> None:
    image = bytearray(OTHER_IMAGES[0])
    struct.pack_into(f"<{form}", image, offset, value)
    assert run_on_image(bytes(image)) == error


@pytest.mark.parametrize(
    ("offset", "form", "value", "error"),
    [
        (0, "4s", b"HFE3", -2),
        (0, "4s", b"HFE2", -2),
        (4, "I", 0, -1),
        (12, "I", 2, -2),
        (16, "H", 15, -4),
        (16, "H", 257, -4),
        (18, "H", 0, -4),
        (20, "H", 0, -4),
        (20, "H", 64, -4),
        (20, "H", 192, -4),
        (20, "H", 384, -4),
        (20, "H", 2048, -4),
        (22, "H", 0, -4),
        (22, "H", 129, -4),
        (22, "H", 41, -1),
        (24, "H", 0, -4),
        (24, "H", 127, -4),
        (26, "H", 129, -4),
        (28, "i", -(2**31), -5),
        (32, "i", -(2**31), -5),
        (36, "i", 2**30, -5),
        (40, "I", 0, -5),
        (40, "I", 31, -5),
        (44, "I", 1, -2),
    ],
)
def test_each_wrong_field_is_refused(offset: int, form: str, value: object, error: int) -> None:
    image = bytearray(IMAGES[0])
    struct.pack_into(f"<{form}", image, offset, value)
    assert run_on_image(bytes(image)) == error


@pytest.mark.parametrize("image", [IMAGES[0], OTHER_IMAGES[0], NESTED_IMAGES[0], BIODCASE_IMAGES[1]])
def test_an_image_off_alignment_is_refused(image: bytes) -> None:
    for shift in (1, 2, 3):
        assert run_on_image(image, shift=shift) == -3
    assert run_on_image(image, shift=4) != -3
