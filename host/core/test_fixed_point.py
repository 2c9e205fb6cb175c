"""The integer square root and logarithm of the fixed-point front ends, number by number."""

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ..build.core_library import core_library
from ..frontend.biodcase_2026.reference import integer_log, square_root
from ..frontend.fixed_tables import log_fractions

pytestmark = pytest.mark.native


@cache
def library() -> tuple[Any, Any]:
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(
        "uint32_t fx_root(uint64_t x);"
        "uint32_t fx_log(uint32_t x, const uint16_t fractions[130], unsigned scale);"
    )
    core = ffi.dlopen(str(core_library()))
    return core, ffi.new("uint16_t[]", log_fractions())


def nearest_root(x: int) -> int:
    root = math.isqrt(x)
    nearest = root + (x - root * root > root)
    return min(nearest, 65535 if x < 1 << 32 else (1 << 32) - 1)


@given(st.one_of(st.integers(0, 2**64 - 1), st.integers(0, 63).map(lambda bits: (1 << bits) - 1)))
@example(0xFFFF0001)  # would be 65536, but fits 32 bits
@example(1 << 58)
@example((1 << 58) - 1)
@example(2**64 - 1)
def test_square_roots_go_to_the_nearest(x: int) -> None:
    core, _ = library()
    assert core.fx_root(x) == nearest_root(x)
    if x < 1 << 62:
        assert square_root(np.array([x], np.int64))[0] == nearest_root(x)


@given(st.integers(1, (1 << 29) - 2), st.integers(-1, 2))
def test_square_roots_at_the_half_between_two(root: int, beyond: int) -> None:
    core, _ = library()
    x = root * root + root + beyond
    assert core.fx_root(x) == nearest_root(x)


@given(st.integers(0, 2**32 - 1), st.integers(0, 32), st.integers(0, 11))
def test_logarithms_are_the_references_and_near_the_true_ones(x: int, down: int, scale: int) -> None:
    core, fractions = library()
    x >>= down
    found = core.fx_log(x, fractions, scale)
    assert found == integer_log(np.array([x], np.int64), scale)[0]
    assert abs(found - (math.log(x) if x > 1 else 0.0) * 2**scale) <= 0.51 + 2.5e-3 * 2**scale
