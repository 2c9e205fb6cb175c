"""What a bin's power may be made of, and how a segment's bins may be brought together: forms to try, in words."""

from collections.abc import Callable, Mapping
from math import isqrt
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Form = Callable[[Int64, Int64], Int64]
Gathered = Callable[[Int64], int]

SCALED = 15  # bits by which squares are shifted to powers; what is no square is raised by as many


def _with_smaller(part: Callable[[Int64], Int64]) -> Form:
    """The larger of both sizes and a part of the smaller one, squared: a magnitude without a root."""

    def power(a: Int64, b: Int64) -> Int64:
        large, small = np.maximum(np.abs(a), np.abs(b)), np.minimum(np.abs(a), np.abs(b))
        return (large + part(small)) ** 2

    return power


def _magnitude(a: Int64, b: Int64) -> Int64:
    return np.array([isqrt(int(square)) for square in a * a + b * b], np.int64) << SCALED


# Of real and imaginary parts of 15 bits, before the shift that makes a power of them.
POWERS: Mapping[str, Form] = MappingProxyType(
    {
        "its real part's square, twice": lambda a, _: 2 * a * a,
        "its imaginary part's square, twice": lambda _, b: 2 * b * b,
        "the difference of both squares": lambda a, b: a * a - b * b,
        "both squares OR-ed": lambda a, b: (a * a) | (b * b),
        "the larger of both squares": lambda a, b: np.maximum(a * a, b * b),
        "the smaller of both squares": lambda a, b: np.minimum(a * a, b * b),
        "the product of both parts": lambda a, b: a * b,
        "twice the product of both parts": lambda a, b: 2 * a * b,
        "the square of both parts' sum": lambda a, b: (a + b) ** 2,
        "the square of both sizes' sum": lambda a, b: (np.abs(a) + np.abs(b)) ** 2,
        "the square of the larger size and half of the smaller": _with_smaller(lambda x: x >> 1),
        "the square of the larger size and a quarter of the smaller": _with_smaller(lambda x: x >> 2),
        "the square of the larger size and 3/8 of the smaller": _with_smaller(lambda x: (x >> 2) + (x >> 3)),
        "the square of the larger size and 3/8 of the smaller, rounded down once": _with_smaller(
            lambda x: 3 * x >> 3
        ),
        "both sizes' sum, not squared": lambda a, b: (np.abs(a) + np.abs(b)) << SCALED,
        "its magnitude (the root is taken)": _magnitude,
        "both squares, each shifted before they are added": lambda a, b: (
            ((a * a >> SCALED) + (b * b >> SCALED)) << SCALED
        ),
        "it, at most 32,767": lambda a, b: np.minimum(a * a + b * b >> SCALED, 0x7FFF) << SCALED,
    }
)


def _summed(values: Int64) -> int:
    return int(values.sum())


SUM = "added"
GATHERED: Mapping[str, Gathered] = MappingProxyType(
    {
        SUM: _summed,
        "OR-ed": lambda values: int(np.bitwise_or.reduce(values)),
        "XOR-ed": lambda values: int(np.bitwise_xor.reduce(values)),
        "replaced by the largest": lambda values: int(values.max(initial=0)),
        "replaced by the last": lambda values: int(values[-1]) if len(values) else 0,
        "replaced by the first": lambda values: int(values[0]) if len(values) else 0,
        "replaced by their mean": lambda values: int(values.sum()) // max(1, len(values)),
    }
)
