"""What a front-end image may just hold: the largest and the smallest value of each field are taken, the next is not.

Plus what an image says of itself: a stream's pieces joined are the image that it was made from.
"""

import struct
from functools import cache
from typing import Any

import numpy as np
import pytest

from ..build.core_library import core_library
from ..frontend.biodcase_2026.settings import Biodcase2026Settings
from ..frontend.kinds import kind_of, values_of
from ..frontend.log_mel.settings import LogMelSettings
from ..frontend.log_mel.tables import build_tables
from ..frontend.mfcc.settings import MfccSettings
from ..frontend.microfrontend.settings import MicrofrontendSettings
from ..frontend.normalised.settings import NormalisedSettings
from ..frontend.settings import FrontEndSettings
from ..frontend.waveform.settings import WaveformSettings
from .c_frontend import FrontEnd, library
from .parsed import parsed
from .test_bundle_image import declarations
from .test_untrusted_image import Memory

pytestmark = pytest.mark.native

LIMIT, TABLE = -4, -5
S = LogMelSettings
_MFCC = MfccSettings(8000, 256, 128, 256, 40, 13, 0.0, 4000.0, -80.0)
SHAPES: dict[str, FrontEndSettings] = {
    "log-mel": S(8000, 200, 128, 256, 40, 300.0, 3000.0, -80.0),
    "options": S(
        16000, 400, 160, 512, 20, 0.0, 7000.0, -80.0, spectrum="magnitude", log_offset=1e-6, padding="zero"
    ),
    "emphasis": S(8000, 100, 64, 128, 16, 0.0, 4000.0, -80.0, pre_emphasis=0.9),
    "reflect": S(8000, 128, 64, 128, 16, 0.0, 4000.0, -80.0, padding="reflect"),
    "at start": S(8000, 100, 64, 256, 16, 0.0, 4000.0, -80.0, window_placement="start", pre_emphasis=0.9),
    "mixed": S(8000, 200, 100, 200, 16, 0.0, 4000.0, -80.0),
    "mfcc": _MFCC,
    "microfrontend": MicrofrontendSettings(16000, 480, 160),
    "challenge": Biodcase2026Settings(16000, 512, 160, 32, 60.0, 7000.0),
    "waveform": WaveformSettings(16000, 100),
    "window by min-max": NormalisedSettings(values_of(_MFCC), "min-max"),
    "window by peak": NormalisedSettings(values_of(S(8000, 256, 128, 256, 40, 0.0, 4000.0, -80.0)), "peak"),
    "window of limited cepstra": NormalisedSettings(values_of(_MFCC), "top"),
}


@cache
def image_of(name: str) -> bytes:
    kind = kind_of(SHAPES[name])
    return kind.image(kind.tables(SHAPES[name], 0.1, -128))


def opened(image: bytes) -> int:
    """What the core says of an image: 0 when it takes it."""
    _, core = library()
    front_end, memory = Memory(core.fe_front_end_size()), Memory(image)
    return int(core.fe_open(front_end.place, memory.place, len(image)))


DB, QUARTER = 300 * 65536, 1 << 30
# name, place, form, values that are just taken, values that are just not, what is said of these
FIELDS: list[tuple[str, int, str, tuple[int, ...], tuple[int, ...], int]] = [
    ("log-mel", 12, "I", (0, 1), (2,), -2),
    ("log-mel", 16, "H", (16, 256), (15, 257), LIMIT),
    ("log-mel", 18, "H", (1, 65535), (0,), LIMIT),
    ("log-mel", 24, "H", (1,), (0,), LIMIT),
    ("log-mel", 28, "i", (DB, -DB), (DB + 1, -DB - 1), TABLE),
    ("log-mel", 32, "i", (QUARTER, -QUARTER), (QUARTER + 1, -QUARTER - 1), TABLE),
    ("log-mel", 36, "i", (QUARTER - 1, 1 - QUARTER), (QUARTER, -QUARTER), TABLE),
    ("log-mel", 40, "I", (1, 30), (0, 31), TABLE),
    ("options", 24, "I", (2, 3), (16,), LIMIT),
    ("options", 28, "H", (0, 257), (258,), LIMIT),
    ("options", 34, "H", (0,), (1,), LIMIT),
    ("options", 36, "I", (1 << 31, (1 << 32) - 1), ((1 << 31) - 1, 0), TABLE),
    ("options", 40, "i", (256, -256), (257, -257), TABLE),
    ("options", 36 + 8 * 19, "I", (1 << 31,), ((1 << 31) - 1,), TABLE),
    ("options", 40 + 8 * 19, "i", (256, -256), (257, -257), TABLE),
    ("emphasis", 24, "I", (4,), (12,), LIMIT),
    ("emphasis", 28, "H", (1, 65), (0, 66), LIMIT),
    ("reflect", 28, "H", (0, 64), (65, 66), LIMIT),
    ("at start", 28, "H", (1, 100), (0, 101), LIMIT),
    ("mfcc", 28, "H", (8, 62), (7, 63), LIMIT),
    ("mfcc", 32, "q", (1 << 61, -(1 << 61)), ((1 << 61) + 1, -(1 << 61) - 1), TABLE),
    ("mfcc", 40, "i", ((1 << 28) - 1, 1 - (1 << 28)), (1 << 28, -(1 << 28)), TABLE),
    ("mfcc", 40 + 4 * 13 * 20 - 4, "i", ((1 << 28) - 1, 1 - (1 << 28)), (1 << 28, -(1 << 28)), TABLE),
    ("microfrontend", 34, "H", (1, 8192), (0, 8193), LIMIT),
    ("microfrontend", 44, "H", (0, 7), (8,), TABLE),
    ("microfrontend", 46, "H", (0, 16), (17,), TABLE),
    ("microfrontend", 48, "H", (0, 16384), (16385,), TABLE),
    ("microfrontend", 50, "H", (0, 16384), (16385,), TABLE),
    ("microfrontend", 52, "H", (0, 16384), (16385,), TABLE),
    ("microfrontend", 54, "H", (0, 31), (32,), TABLE),
    ("microfrontend", 56, "h", (-31, 31), (-32, 32), TABLE),
    ("microfrontend", 58, "H", (0, 11), (12,), TABLE),
    ("challenge", 34, "H", (1, 8192), (0, 8193), LIMIT),
    ("challenge", 42, "H", (1, 14), (0, 15), TABLE),
    ("challenge", 44, "H", (0, 11), (12,), TABLE),
    ("waveform", 28, "H", (1, 128), (0, 129), LIMIT),
    ("waveform", 30, "H", (0,), (1,), TABLE),
    ("waveform", 32, "q", (1 << 44, -(1 << 44)), ((1 << 44) + 1, -(1 << 44) - 1), TABLE),
    ("waveform", 40, "q", (1 << 61, -(1 << 61)), ((1 << 61) + 1, -(1 << 61) - 1), TABLE),
    ("window by min-max", 24, "I", (0, 3), (4,), TABLE),
    ("window by min-max", 28, "I", (0, 65535), (65536,), TABLE),
    ("window by min-max", 36, "I", (0, 40), (41,), TABLE),
    ("window by min-max", 40, "q", ((1 << 61) - 1, 1 - (1 << 61)), (1 << 61, -(1 << 61)), TABLE),
    ("window by min-max", 48, "q", ((1 << 51) - 1, 1 - (1 << 51)), (1 << 51, -(1 << 51)), TABLE),
    ("window by peak", 48, "q", ((1 << 45) - 1, 1 - (1 << 45)), (1 << 45, -(1 << 45)), TABLE),
    ("window by min-max", 56, "q", ((1 << 61) - 1, 1 - (1 << 61)), (1 << 61, -(1 << 61)), TABLE),
    ("window of limited cepstra", 28, "I", (0, 40), (41,), TABLE),
    ("window of limited cepstra", 32, "I", (0, 65535), (65536,), TABLE),
    ("window of limited cepstra", 36, "i", (0, 1 << 24), (-1, (1 << 24) + 1), TABLE),
    ("window of limited cepstra", 40, "i", (1 << 25, -(1 << 25)), ((1 << 25) + 1, -(1 << 25) - 1), TABLE),
    ("window of limited cepstra", 44, "I", (0,), (1,), TABLE),
    ("window of limited cepstra", 48, "q", (1 << 61, -(1 << 61)), ((1 << 61) + 1, -(1 << 61) - 1), TABLE),
]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: f"{field[0]}-{field[1]}")
def test_each_field_is_taken_up_to_its_limits(field: tuple[str, int, str, Any, Any, int]) -> None:
    name, place, form, taken, refused, error = field
    for values, expected in ((taken, 0), (refused, error)):
        for value in values:
            image = bytearray(image_of(name))
            struct.pack_into(f"<{form}", image, place, value)
            assert opened(bytes(image)) == expected, value


def words(form: str, image: bytes, place: int, count: int) -> list[int]:
    return list(struct.unpack_from(f"<{count}{form}", image, place))


def changed(image: bytes, place: int, form: str, value: int) -> bytes:
    found = bytearray(image)
    struct.pack_into(f"<{form}", found, place, value)
    return bytes(found)


def test_the_bands_levels_of_log_mel_have_limits() -> None:
    image, settings = image_of("log-mel"), SHAPES["log-mel"]
    (twiddles,) = {len(build_tables(settings, 0.1, -128).twiddles)}
    bands_at = 48 + 4 * (settings.fft + twiddles)
    for place in (bands_at, bands_at + 4 * (settings.bands - 1)):
        for value, expected in ((DB, 0), (-DB, 0), (DB + 1, TABLE), (-DB - 1, TABLE)):
            assert opened(changed(image, place, "i", value)) == expected


@pytest.mark.parametrize(
    ("name", "first_at", "bins_at", "least", "last"),
    [("log-mel", 24, 26, 1, 128), ("microfrontend", 40, 42, 0, 257), ("challenge", 38, 40, 1, 256)],
)
def test_the_last_bin_is_within_the_spectrum(
    name: str, first_at: int, bins_at: int, least: int, last: int
) -> None:
    image = image_of(name)
    (bins,) = words("H", image, bins_at, 1)
    for first, expected in ((least, 0), (last - bins, 0), (last - bins + 1, LIMIT)):
        assert opened(changed(image, first_at, "H", first)) == expected


def test_the_tables_that_are_read_with_an_index_hold_none_beyond() -> None:
    image = image_of("challenge")
    fft, _, bands, _, bins = words("H", image, 32, 5)
    places_at = 48 + fft + 2 * fft + 4 * bins
    segments_at = places_at + 2 * bins
    for at in (places_at, segments_at - 2):
        for value, expected in ((1, 0), (fft - 1, 0), (0, TABLE), (fft, TABLE)):
            assert opened(changed(image, at, "H", value)) == expected
    _check_counts(image, segments_at, bands)
    image = image_of("microfrontend")
    window, _, fft, bands, _, bins = words("H", image, 32, 6)
    order_at, pairs = 60 + 2 * (window + fft + fft // 2), fft // 2
    assert pairs == 256, "its first step has radix 4, which reads the pairs behind too"
    for index in (0, pairs - 4):
        for value, expected in ((pairs // 4 - 1, 0), (pairs // 4, TABLE)):
            assert opened(changed(image, order_at + 2 * index, "H", value)) == expected
    _check_counts(image, order_at + 2 * pairs, bands)


def _check_counts(image: bytes, at: int, bands: int) -> None:
    """The bins of all segments, from the first to the last, are those that there are."""
    counts = words("H", image, at, bands + 1)
    for number in (0, bands):
        assert opened(changed(image, at + 2 * number, "H", counts[number] + 1)) == TABLE


def _tables_end(name: str, image: bytes) -> int:
    """Where a fixed-point kind's cells begin."""
    if name == "challenge":
        fft, _, bands, _, bins = words("H", image, 32, 5)
        return 48 + 2 * (3 * fft // 2 + 5 * bins + bands + 1 + 130)
    window, _, fft, bands, _, bins = words("H", image, 32, 6)
    return 60 + 2 * (window + 2 * fft + bands + 1 + 2 * bins + 125 + 130)


@pytest.mark.parametrize("name", ["microfrontend", "challenge"])
@pytest.mark.parametrize("cells", [1, 2, 3, 4, 5, 65535, 65536, 65537])
def test_there_are_1_to_65536_cells_and_the_image_ends_behind_them(name: str, cells: int) -> None:
    image = image_of(name)
    tables = _tables_end(name, image)
    size = tables + cells + 3 & ~3
    longer = changed(changed(image[:tables].ljust(size, b"\0"), 4, "I", size), 28, "I", cells)
    assert opened(longer) == (0 if cells <= 65536 else LIMIT)
    if cells <= 65536:
        assert opened(changed(longer + bytes(4), 4, "I", size + 4)) == -1
        assert opened(changed(longer[:-4], 4, "I", size - 4)) == -1


EXTREMES: list[FrontEndSettings] = [
    MicrofrontendSettings(16000, 2, 1, 1, 0.0, 7000.0),
    MicrofrontendSettings(44100, 2048, 8192, 128, 0.0, 20000.0),
    Biodcase2026Settings(8000, 16, 1, 1, 0.0, 3000.0),
    Biodcase2026Settings(24000, 8192, 8192, 128, 0.0, 11000.0),
    S(8000, 16, 1, 128, 1, 0.0, 4000.0, -80.0),
    S(22050, 1024, 4096, 1024, 128, 0.0, 11025.0, -80.0),
    S(22050, 2048, 4096, 2048, 128, 0.0, 11025.0, -80.0),
    S(8000, 16, 8, 16, 1, 0.0, 4000.0, -80.0),
    S(22050, 2000, 8, 2000, 128, 0.0, 11025.0, -80.0),
    MfccSettings(16000, 512, 128, 512, 1, 1, 100.0, 8000.0, -80.0),
    MfccSettings(16000, 512, 128, 512, 128, 128, 0.0, 8000.0, -80.0),
    NormalisedSettings(values_of(S(16000, 512, 128, 512, 128, 0.0, 8000.0, -80.0)), "min-max"),
    NormalisedSettings(values_of(MfccSettings(16000, 512, 128, 512, 128, 40, 0.0, 8000.0, -80.0)), "top"),
    WaveformSettings(16000, 1),
    WaveformSettings(16000, 128),
]


@pytest.mark.parametrize("settings", [*SHAPES.values(), *EXTREMES], ids=lambda each: each.kind)
def test_an_image_is_as_long_as_it_has_to_be(settings: FrontEndSettings) -> None:
    kind = kind_of(settings)
    image = kind.image(kind.tables(settings, 0.1, -128))
    assert opened(image) == 0
    for other in (image + bytes(4), image[:-4]):
        for size in (len(image), len(other)):
            assert opened(changed(other, 4, "I", size)) == -1


@pytest.mark.parametrize("bands", [40, 41])
@pytest.mark.parametrize("name", SHAPES)
def test_the_pieces_of_a_stream_are_its_image(name: str, bands: int) -> None:
    settings = S(8000, 200, 128, 256, bands, 300.0, 3000.0, -80.0) if name == "log-mel" else SHAPES[name]
    front_end, ffi = FrontEnd(settings, 0.1, -128), parsed(PIECES)
    core = ffi.dlopen(str(core_library()))
    header, pieces = ffi.new("uint8_t[48]"), ffi.new("fe_image_piece[7]")
    state, _memory = front_end._new_state()
    count = core.fe_image_pieces(
        ffi.cast("void *", int(library()[0].cast("uintptr_t", state))), header, pieces
    )
    assert b"".join(bytes(ffi.buffer(each.bytes, each.length)) for each in pieces[0:count]) == front_end.image


PIECES = """
typedef struct { const uint8_t *bytes; size_t length; } fe_image_piece;
size_t fe_image_pieces(const void *state, uint8_t *header, fe_image_piece *pieces);
"""


@pytest.mark.parametrize("shift", range(1, 9))
def test_log_mels_tables_lie_at_a_multiple_of_4(shift: int) -> None:
    """Wherever an image is read from: within another one too."""
    ffi = parsed(
        "int fe_config_from_image(void *config, const uint8_t *image, size_t length); size_t fe_config_size(void);"
    )
    core = ffi.dlopen(str(core_library()))
    image = image_of("log-mel")
    config, memory = (
        ffi.new("uint64_t[]", core.fe_config_size() // 8 + 1),
        ffi.new("uint64_t[]", len(image) // 8 + 2),
    )
    place = ffi.cast("uint8_t *", memory) + shift
    ffi.memmove(place, image, len(image))
    assert core.fe_config_from_image(config, place, len(image)) == (0 if shift % 4 == 0 else -3)
    assert core.fe_config_from_image(config, place, 47) == (-1 if shift % 4 == 0 else -3)


@pytest.mark.parametrize("settings", [*SHAPES.values(), *EXTREMES], ids=lambda each: each.kind)
def test_a_front_end_says_of_itself_what_its_settings_are(settings: FrontEndSettings) -> None:
    """What a board tells of it, and how much of a stream it wants."""
    ffi = front_end_ffi()
    opened, memory = ffi.new("fe_front_end *"), Memory(image_of_settings(settings))
    core = ffi.dlopen(str(core_library()))
    place = ffi.cast("uint8_t *", int(library()[0].cast("uintptr_t", memory.place)))
    assert core.fe_open(opened, place, len(image_of_settings(settings))) == 0
    names = ("sample_rate", "span", "hop", "bands", "model_bands", "fft", "lead", "mirrored")
    assert {name: getattr(opened, name) for name in names} == {
        name: getattr(settings, name) for name in names
    }
    assert opened.analysis_window == settings.window
    assert opened.image == place and opened.length == len(image_of_settings(settings))


@cache
def front_end_ffi() -> Any:
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(declarations("frontend/frontend.h"))
    ffi.cdef("int fe_open(fe_front_end *front_end, const uint8_t *image, size_t length);")
    return ffi


def image_of_settings(settings: FrontEndSettings) -> bytes:
    kind = kind_of(settings)
    return kind.image(kind.tables(settings, 0.1, -128))


@pytest.mark.parametrize(("name", "length"), [("microfrontend", 60), ("challenge", 48)])
def test_sizes_are_looked_at_as_soon_as_the_header_is_whole(name: str, length: int) -> None:
    for missing, said in ((0, LIMIT), (1, -1)):
        image = bytearray(image_of(name)[: length - missing])
        struct.pack_into("<I", image, 4, len(image))
        struct.pack_into("<H", image, 34, 8193)  # samples of a hop
        assert opened(bytes(image)) == said


@pytest.mark.parametrize("name", SHAPES)
def test_a_stream_uses_its_memory_and_nothing_behind_it(name: str) -> None:
    ffi, core = library()
    image = image_of(name)
    front_end, place = Memory(core.fe_front_end_size()), Memory(image)
    assert core.fe_open(front_end.place, place.place, len(image)) == 0
    size = int(core.fe_memory_bytes(front_end.place))
    state, guard = Memory(core.fe_state_size()), bytes(range(100, 164))
    memory = ffi.new("uint64_t[]", size // 8 + 1 + len(guard) // 8)  # aligned as a stream's has to be
    ffi.buffer(memory)[size : size + len(guard)] = guard
    core.fe_init(state.place, front_end.place, memory)
    sound = np.random.default_rng(2).integers(-20_000, 20_000, 12_000).astype(np.int16)
    cells, ready, taken = ffi.new("int8_t[]", 512), ffi.new("bool *"), 0
    while taken < len(sound):
        samples = ffi.from_buffer("int16_t[]", sound[taken:])
        taken += core.fe_push(state.place, samples, len(sound) - taken, cells, ffi.NULL, ready)
    assert bytes(ffi.buffer(memory)[size : size + len(guard)]) == guard


def test_all_bins_of_a_microfrontend_may_lie_below_its_first_band() -> None:
    """Their number follows the FFT's order, whose last entry is the last that is looked at."""
    image = bytearray(image_of("microfrontend"))
    window, _, fft, bands, _, bins = struct.unpack_from("<6H", image, 32)
    place = 60 + 2 * (window + fft + fft // 2 + fft // 2)
    assert sum(struct.unpack_from(f"<{bands + 1}H", image, place)) == bins
    struct.pack_into(f"<{bands + 1}H", image, place, bins, *[0] * bands)
    assert opened(bytes(image)) == 0
