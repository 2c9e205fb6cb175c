"""Streams of every kind of front end: in used memory, after a reset, looked at or not; and how kinds are named."""

import re
from typing import Any

import numpy as np
import pytest

from ..build.core_library import core_library
from ..frontend.log_mel.settings import LogMelSettings
from ..frontend.settings import FrontEndSettings
from ..frontend.waveform.settings import WaveformSettings
from .c_frontend import FrontEnd, library
from .front_end_bytes import sound
from .parsed import parsed
from .test_image_limits import SHAPES as SMALL
from .test_image_limits import image_of
from .test_untrusted_image import Memory

pytestmark = pytest.mark.native

S = LogMelSettings
STREAMS: dict[str, FrontEndSettings] = {
    **SMALL,
    "hop beyond the window": S(8000, 128, 300, 128, 16, 0.0, 4000.0, -80.0),
    "hop beyond the window, mirrored": S(8000, 128, 300, 128, 16, 0.0, 4000.0, -80.0, padding="reflect"),
    "window at the start": S(8000, 200, 81, 256, 16, 0.0, 4000.0, -80.0, window_placement="start"),
    "odd hop, emphasis": S(8000, 128, 33, 128, 16, 0.0, 4000.0, -80.0, pre_emphasis=0.9),
}
COLUMNS = 9
_DECLARATIONS = """
bool fe_is_kind_name(const char *text);
void fe_image_kind(const uint8_t *image, size_t length, char *kind);
const void *fe_find_kind(const char *name);
const char *fe_stage_name(const void *front_end, unsigned stage);
size_t fe_image_pieces(const void *state, uint8_t *header, void *pieces);
"""


def core() -> tuple[Any, Any]:
    ffi = parsed(_DECLARATIONS)
    return ffi, ffi.dlopen(str(core_library()))


def samples_of(settings: FrontEndSettings) -> Any:
    return sound(settings.samples_for(COLUMNS) + settings.span // 3)


def in_used_memory(front_end: FrontEnd) -> tuple[Any, Any]:
    """A stream where something else was before."""
    ffi, library_ = library()
    size = int(library_.fe_memory_bytes(front_end._opened))
    state, memory = Memory(b"\xa5" * int(library_.fe_state_size())), Memory(b"\xa5" * size)
    library_.fe_init(state.place, front_end._opened, memory.place)
    return ffi.cast("void *", state.place), (state, memory)


@pytest.mark.parametrize("name", STREAMS)
def test_what_lay_in_a_streams_memory_makes_no_difference(name: str) -> None:
    front_end = FrontEnd(STREAMS[name], 0.1, -20)
    samples = samples_of(STREAMS[name])
    expected = front_end.features(samples)
    assert len(expected) >= COLUMNS
    cells, _ = front_end._run(in_used_memory(front_end), samples, values=False)
    np.testing.assert_array_equal(cells, expected)


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("before", [1, 2 / 3, 5.4])
def test_a_stream_begins_anew_after_a_reset(name: str, before: float) -> None:
    """Whatever the one before it was in the midst of: a column, or the gap between two."""
    settings = STREAMS[name]
    front_end = FrontEnd(settings, 0.1, -20)
    samples = samples_of(settings)
    expected = front_end.features(samples)
    front_end.push(samples[::-1][: settings.span + int(before * settings.hop)].copy())
    front_end.reset()
    pieces = [front_end.push(piece) for piece in np.array_split(samples, 7)]
    np.testing.assert_array_equal(np.concatenate(pieces), expected)


@pytest.mark.parametrize("name", STREAMS)
def test_who_looks_at_a_column_changes_none(name: str) -> None:
    """The column that is looked at, those before and after it, and the values beside the cells."""
    settings = STREAMS[name]
    front_end = FrontEnd(settings, 0.1, -20)
    samples = samples_of(settings)
    cells, values = front_end._run(front_end._new_state(), samples, values=True)
    ffi, library_ = library()
    state, _memory = front_end._new_state()
    seen: list[int] = []
    taken = ffi.callback(
        "void(void *, unsigned, void *, size_t)", lambda _t, stage, _d, _s: seen.append(stage)
    )
    probe = ffi.new("fe_probe *", {"take": taken})
    column, unquantised = ffi.new("int8_t[]", settings.bands), ffi.new("int32_t[]", settings.bands)
    ready, at, number = ffi.new("bool *"), 0, 0
    place = ffi.from_buffer("int16_t[]", samples)
    library_.fe_look(state, probe, 2)
    while at < len(samples):
        at += library_.fe_push(state, place + at, len(samples) - at, column, unquantised, ready)
        if ready[0]:
            assert bytes(ffi.buffer(column)) == cells[number].tobytes()
            assert bytes(ffi.buffer(unquantised)) == values[number].tobytes()
            assert seen == (list(range(len(front_end.stages()))) if number >= 2 else [])
            number += 1
    assert number == len(cells) >= COLUMNS
    library_.fe_look(state, probe, 0)
    library_.fe_reset(state)  # nobody looks at another stream
    del seen[:]
    library_.fe_push(state, place, len(samples), column, ffi.NULL, ready)
    assert ready[0] and not seen


@pytest.mark.parametrize("name", STREAMS)
def test_columns_are_counted_before_they_are_computed(name: str) -> None:
    settings = STREAMS[name]
    front_end = FrontEnd(settings, 0.1, -20)
    _, library_ = library()
    samples = samples_of(settings)
    state, memory = front_end._new_state()
    at = 0
    for size in (
        0,
        1,
        settings.span - settings.hop // 2,
        settings.hop - 1,
        1,
        settings.hop,
        3 * settings.hop + 1,
    ):
        piece = samples[at : at + size]
        counted = library_.fe_columns(state, len(piece))
        cells, _ = front_end._run((state, memory), piece, values=False)
        at += len(piece)
        assert len(cells) == counted
        whole = front_end.features(samples[:at])
        np.testing.assert_array_equal(whole[len(whole) - counted :], cells)
        assert len(whole) == settings.columns(at)


# ---- memory


@pytest.mark.parametrize("hop", range(1, 20))
def test_a_stream_has_room_for_its_samples_to_a_multiple_of_8_bytes(hop: int) -> None:
    assert FrontEnd(WaveformSettings(16000, hop), 0.1, 0).memory_bytes == 24 + (2 * hop + 7) // 8 * 8


def test_what_is_before_the_window_takes_one_sample_more() -> None:
    options: dict[str, Any] = {"spectrum": "magnitude"}
    more_options: list[dict[str, Any]] = [{}, {"padding": "zero"}, {"window_placement": "start"}]
    plain, padded, late = (
        FrontEnd(S(8000, 128, 64, 128, 16, 0.0, 4000.0, -80.0, **{**options, **more}), 0.5, 0).memory_bytes
        for more in more_options
    )
    assert padded == plain + 8 and late == plain


# ---- names


@pytest.mark.parametrize("length", range(17))
def test_names_of_kinds_are_letters_digits_and_hyphens(length: int) -> None:
    ffi, library_ = core()
    for character in range(256):
        text = bytes([character]) * length
        for whole in {text.ljust(16, b"\0"), (text + b"\0x").ljust(16, b"\0")[:16], text.ljust(16, b"z")}:
            expected = re.fullmatch(rb"[a-z0-9-]{0,15}\0+", whole) is not None
            assert library_.fe_is_kind_name(ffi.from_buffer("char[]", whole)) == expected, whole


def kind_of_image(image: bytes) -> bytes:
    ffi, library_ = core()
    kind = ffi.new("char[16]", b"left over")
    library_.fe_image_kind(ffi.from_buffer("uint8_t[]", image), len(image), kind)
    return bytes(ffi.string(kind))


def test_an_image_names_its_kind_by_its_first_24_bytes() -> None:
    for name, kind in (("log-mel", b"log-mel"), ("mfcc", b"mfcc"), ("options", b"log-mel-options")):
        image = image_of(name)
        assert kind_of_image(image[:24]) == kind == kind_of_image(image)
        assert kind_of_image(image[:23]) == kind_of_image(b"") == b""
        assert kind_of_image(b"X" + image[1:]) == kind_of_image(image[:3] + b"3" + image[4:]) == b""
    assert kind_of_image(b"HFE2" + bytes(4) + b"Median".ljust(16, b"\0")) == b""


def test_a_head_alone_names_a_kind_that_is_missing() -> None:
    _, library_ = library()
    for kind, length, error in (
        (b"median", 24, -6),
        (b"median", 28, -1),
        (b"waveform", 24, -1),
        (b"", 24, -2),
    ):
        head = Memory(b"HFE2" + length.to_bytes(4, "little") + kind.ljust(16, b"\0"))
        assert library_.fe_open(Memory(library_.fe_front_end_size()).place, head.place, 24) == error
    assert library_.fe_open(Memory(library_.fe_front_end_size()).place, head.place, 23) == -1


def test_kinds_are_found_by_their_names_alone() -> None:
    ffi, library_ = core()
    kinds = b"log-mel log-mel-options log-mel-mixed mfcc mfcc-top normalised".split()
    kinds += b"waveform microfrontend biodcase-2026".split()
    found = [library_.fe_find_kind(name) for name in kinds]
    assert ffi.NULL not in found and len(set(found)) == len(kinds)
    for name in (b"", b"log", b"log-mel-", b"LOG-MEL"):
        assert library_.fe_find_kind(name) == ffi.NULL


@pytest.mark.parametrize("name", STREAMS)
def test_stages_have_names_up_to_the_last(name: str) -> None:
    front_end = FrontEnd(STREAMS[name], 0.1, -20)
    ffi, library_ = core()
    opened = ffi.cast("void *", int(library()[0].cast("uintptr_t", front_end._opened)))
    names = front_end.stages()
    assert len(set(names)) == len(names) > 0
    assert library_.fe_stage_name(opened, len(names)) == ffi.NULL


def test_a_stream_without_memory_has_no_image() -> None:
    ffi, library_ = core()
    state = ffi.new("uint64_t[16]")
    assert library_.fe_image_pieces(state, ffi.new("uint8_t[48]"), ffi.new("uint64_t[14]")) == 0


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_goes_on_from_the_same_moment_again_and_again(name: str) -> None:
    front_end = FrontEnd(STREAMS[name], 0.1, -20)
    samples = samples_of(STREAMS[name])
    right, cut = front_end.features(samples), len(samples) // 2
    begun = front_end.begun(samples[:cut])
    behind = right[len(front_end.features(samples[:cut])) :]
    for _ in range(2):
        np.testing.assert_array_equal(begun.features(samples[cut:]), behind)
        assert len(begun.features(samples[cut : cut + 1])) <= 1
    np.testing.assert_array_equal(front_end.features(samples), right)


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_behind_another_one_is_as_if_it_were_alone(name: str) -> None:
    front_end = FrontEnd(STREAMS[name], 0.1, -20)
    samples = samples_of(STREAMS[name])
    behind = front_end.features_behind([samples[::-1]], samples)
    np.testing.assert_array_equal(behind, front_end.features(samples))
