"""Tables that fixed-point front ends have in common. Standard library only."""

import math
from collections.abc import Callable

from .settings import SettingsError

MOST_FEATURE = 65535


def log_fractions() -> tuple[int, ...]:
    """Return the C side's table of the logarithm (firmware/core/frontend/fixed_point/log.h)."""
    found = [math.floor((math.log2(1 + i / 128) - i / 128) * 65536 + 0.5) for i in range(129)]
    return (*found, 0)


def most_log(log_shift: int) -> int:
    """Return the largest logarithm that a 32-bit number can have, with `log_shift` bits behind the point."""
    return math.ceil(32 * math.log(2) * 2**log_shift)


def check_quantiser(scale: float, input_scale: float, zero_point: int) -> None:
    """Check a model's quantisation against features of `scale` a step.

    Raises:
        SettingsError: they make no sense together.
    """
    if not (math.isfinite(input_scale) and input_scale > 0):
        raise SettingsError(
            f"the model's input scale is {input_scale!r}", "use a model with a quantised int8 input"
        )
    if not -128 <= zero_point <= 127:
        raise SettingsError(f"the model's input zero point is {zero_point}", "use a model with an int8 input")
    if not scale / input_scale < 2.0**40:
        raise SettingsError(f"the model's input scale is {input_scale:g}", "check the setting scale")


def cells(most: int, quantise: Callable[[int], int]) -> tuple[int, ...]:
    """Return the cell of each feature from 0 to `most`, as far as cells change; the last one is that of all above."""
    found = [max(-128, min(127, quantise(feature))) for feature in range(min(most, MOST_FEATURE) + 1)]
    while len(found) > 1 and found[-1] == found[-2]:
        found.pop()
    return tuple(found)
