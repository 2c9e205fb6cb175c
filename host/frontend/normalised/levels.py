"""From a kind's values to levels of 16 bits. Standard library only."""

import math

FACTOR_BITS = 30


def level_of(factor: float, lowest: float) -> tuple[int, int, int]:
    """Return what level = (value * whole + bias) >> shift takes, to give the nearest one: whole, shift, bias.

    Args:
        factor: levels of one value.
        lowest: the value of level 0.
    """
    if factor == 1.0 and lowest == 0.0:
        return 1, 0, 0
    shift = min(40, FACTOR_BITS - math.frexp(factor)[1])
    whole = round(factor * 2.0**shift)
    return whole, shift, math.floor((0.5 - factor * lowest) * 2.0**shift)
