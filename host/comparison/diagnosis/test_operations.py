"""One operation that gives all numbers, each by what it makes of them."""

import numpy as np
import pytest

from .operations import operation
from .test_seen_samples import Int64

X = np.random.default_rng(8).integers(-90_000, 90_000, 200)


@pytest.mark.parametrize(
    ("device", "told"),
    [
        (X.clip(-50_000, 50_000), "limited to ±50,000"),
        (X.clip(-32_768, 32_767), "limited to ±32,767"),
        (X.clip(-50_000, 60_000), "limited to -50,000 to 60,000"),
        (X.clip(None, 60_000), "limited to at most 60,000"),
        (X.clip(-60_000, None), "limited to at least -60,000"),
        (np.abs(X), "without their sign"),
        (X.clip(0, None), "limited to at least 0"),
        (X.clip(None, 0), "limited to at most 0"),
        (X.clip(None, np.sort(X)[-4]), f"limited to at most {np.sort(X)[-4]:,}"),
        (~X, "complemented (all bits inverted)"),
        (X & ~255, "without their 8 low bits, rounded down"),
        (np.sign(X) * (np.abs(X) & ~3), "without their 2 low bits, rounded to 0"),
        ((X + 8) & ~15, "without their 4 low bits, rounded"),
        (X & ~1, "without their 1 low bit, rounded down"),
        (X >> 3, "shifted right by 3"),
        (np.trunc(X / 8).astype(np.int64), "divided by 8, rounded to 0"),
        ((X + (1 << 15)) % (1 << 16) - (1 << 15), "what 16 bits of them hold (they wrap)"),
        (X >> 15, "shifted right by 15"),
        ((X + 128) % 256 - 128, "what 8 bits of them hold (they wrap)"),
        (X & 0xFFFF, "what 16 bits of them hold, without a sign"),
    ],
)  # fmt: skip
def test_an_operation_is_told(device: Int64, told: str) -> None:
    assert operation(X, device) == told


@pytest.mark.parametrize(
    "device",
    [
        X,
        np.zeros_like(X),
        X + 7,
        X.clip(None, np.sort(X)[-3]),
        X[:-1],
        np.where(X > 0, 5, -5),
        np.trunc(X / 32_768).astype(np.int64),
    ],
    ids=["right", "silent", "more", "two", "length", "signs", "five figures"],
)
def test_what_is_no_operation_is_left(device: Int64) -> None:
    assert operation(X, device) == ""


def test_operations_on_numbers_of_32_bits() -> None:
    large = X * 20_000
    for device, told in (
        (large >> 28, "shifted right by 28"),
        (large >> 28 << 28, "without their 28 low bits, rounded down"),
        ((large + (1 << 30)) % (1 << 31) - (1 << 30), "what 31 bits of them hold (they wrap)"),
    ):
        assert operation(large, device) == told
