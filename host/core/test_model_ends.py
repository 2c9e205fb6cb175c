"""The model's ends on the device and on the host: the same cells in the same places, the same values out of them."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ..build.core_library import core_library
from ..bundle.model_ends import ends
from ..bundle.model_info import END_TYPES, INT16_STEPS, EndType, ModelInfo, OutputInfo, TensorInfo
from ..model.ends import from_tensor, to_tensors
from .test_bundle_image import declarations

pytestmark = pytest.mark.native


@cache
def library() -> tuple[Any, Any]:
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(declarations())
    ffi.cdef(
        """
        bool model_ends_valid(const core_bundle *bundle);
        size_t model_ends_input_bytes(const core_bundle *bundle);
        size_t model_ends_values(const core_bundle *bundle);
        void model_ends_put(const core_bundle *bundle, void *input, size_t first, const int8_t *cells, size_t count);
        void model_ends_take(const core_bundle *bundle, int8_t *outputs);
        """
    )
    return ffi, ffi.dlopen(str(core_library()))


def c_bundle(frames: int, bands: int, classes: int, byte: int) -> Any:
    ffi, _ = library()
    bundle = ffi.new("core_bundle *")
    bundle.frames, bundle.classes, bundle.ends = frames, classes, byte
    bundle.frontend.bands = bundle.frontend.model_bands = bands
    return bundle


def model_of(
    frames: int,
    bands: int,
    kind: EndType,
    zero_point: int,
    first: bool,
    out: EndType,
    classes: int,
    logits: bool,
) -> ModelInfo:
    shape = (1, bands, frames) if first else (1, frames, bands)
    tensor = TensorInfo(0.5, zero_point, shape, type=kind, bands_first=bands if first else 0)
    roles = ("scores", "logits") if logits else ("scores",)
    outputs = tuple(OutputInfo(0.5, 0, (1, classes), role, i, type=out) for i, role in enumerate(roles))
    return ModelInfo("m", 1, "", tensor, outputs, ("ADD",), None)


@given(st.data())
def test_cells_reach_the_places_that_the_host_gives_them(data: st.DataObject) -> None:
    ffi, core = library()
    frames, bands = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 9))
    kind = data.draw(st.sampled_from(END_TYPES))
    zero_point = data.draw(st.sampled_from(list(INT16_STEPS))) if kind == "int16" else 0
    model = model_of(frames, bands, kind, zero_point, data.draw(st.booleans()), "int8", 1, False)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    cells = rng.integers(-128, 128, (1, frames * bands)).astype(np.int8)
    expected = to_tensors(model.input, cells)[0].tobytes()
    bundle = c_bundle(frames, bands, 1, ends(model))
    assert core.model_ends_valid(bundle) and core.model_ends_input_bytes(bundle) == len(expected)
    tensor = ffi.new("int16_t[]", frames * bands)
    at = 0
    while at < frames * bands:  # in pieces, as they come over the line
        count = data.draw(st.integers(1, frames * bands - at))
        piece = ffi.from_buffer("int8_t[]", cells[0, at : at + count].tobytes())
        core.model_ends_put(bundle, tensor, at, piece, count)
        at += count
    assert bytes(ffi.buffer(tensor))[: len(expected)] == expected


@given(st.sampled_from(END_TYPES), st.booleans(), st.integers(1, 16), st.integers(0, 99))
@example("int16", True, 16, 0)  # all that there is room for
def test_outputs_are_the_values_that_the_host_reads(
    kind: EndType, logits: bool, classes: int, seed: int
) -> None:
    ffi, core = library()
    model = model_of(2, 3, "int8", 0, False, kind, classes, logits)
    rng, limits = np.random.default_rng(seed), np.iinfo(kind)
    tensors = [rng.integers(limits.min, limits.max + 1, (1, classes)).astype(kind) for _ in model.outputs]
    found = [from_tensor(info, values) for info, values in zip(model.outputs, tensors, strict=True)]
    expected = b"".join(part.tobytes() for part, _ in found)
    expected += b"".join(part.tobytes() for _, part in found if part is not None)
    bundle = c_bundle(2, 3, classes, ends(model))
    assert core.model_ends_values(bundle) == len(expected) == model.values
    expected += b"next"
    outputs = bytearray(b"".join(values.tobytes() for values in tensors) + b"next")
    core.model_ends_take(bundle, ffi.from_buffer("int8_t[]", outputs, require_writable=True))
    assert bytes(outputs) == expected


def test_an_int16_output_is_its_two_bytes() -> None:
    info = OutputInfo(0.5, 0, (1, 4), "scores", 0, type="int16")
    values = np.array([[-32768, -1, 0, 32767]], np.int16)
    high, low = from_tensor(info, values)
    assert low is not None
    assert high.tolist() == [-128, -1, 0, 127] and low.tolist() == [-128, 127, -128, 127]
    assert np.array_equal(high.astype(int) * 256 + low + 128, values[0])


@pytest.mark.parametrize("byte", [0x0C, 0x30, 0x40, 0x84, 0xC8])
def test_what_no_bundle_has_is_refused(byte: int) -> None:
    _, core = library()
    assert not core.model_ends_valid(c_bundle(1, 1, 1, byte))
