"""The fixed-point front end's mel scale, in single precision as the public implementations compute it."""

import math
import struct

MEL_PER_LOG = 1127.0
BREAK_HZ = 700.0
# ln 2 in two parts, the first of which has zeros at its end, and a series for ln(1 + f) in f / (2 + f).
LN2_HIGH, LN2_LOW = 0.693138122558594, 9.05800061445916e-06
SERIES = (
    *(0.6666666865348816, 0.4000000059604645, 0.2857142984867096, 0.2222219854593277),
    *(0.18183572590351105, 0.15313838422298431, 0.14798198640346527),
)
ROOT_2 = 0x3504F7  # the fraction of sqrt(2)


def single(value: float) -> float:
    """Return `value` in single precision."""
    rounded: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return rounded


def log1p_single(x: float) -> float:
    """Return ln(1 + x), x >= 0, as the usual C libraries' `log1pf` gives it: its last bit is not always right.

    Models were trained on filters that were rounded from it, so it is computed in the same steps: 1 + x is
    2**k * (1 + f), and ln(1 + f) a series.
    """
    k, f, lost = 0, single(x), 0.0
    fraction = 1
    if not 0.0 <= x < 0.41421356:
        u = single(1.0 + x)
        bits: int = struct.unpack("<I", struct.pack("<f", u))[0]
        k = (bits >> 23) - 127
        lost = single(1.0 - single(u - x)) if k > 0 else single(x - single(u - 1.0))
        lost = single(lost / u)
        fraction = bits & 0x7FFFFF
        if fraction < ROOT_2:
            exponent = 0x3F800000
        else:
            k += 1
            exponent = 0x3F000000
        f = single(struct.unpack("<f", struct.pack("<I", fraction | exponent))[0] - 1.0)
        fraction = fraction if exponent == 0x3F800000 else (0x800000 - fraction) >> 2
    half_square = single(single(0.5 * f) * f)
    low = single(lost + single(k * LN2_LOW))
    if fraction == 0:  # f is next to nothing
        if f == 0.0:
            return single(single(k * LN2_HIGH) + low) if k else 0.0
        rest = single(half_square * single(1.0 - single(0.6666666865348816 * f)))
        return single(single(k * LN2_HIGH) - single(single(rest - low) - f)) if k else single(f - rest)
    s = single(f / single(2.0 + f))
    z = single(s * s)
    series = 0.0
    for factor in reversed(SERIES):
        series = single(z * single(factor + series))
    product = single(s * single(half_square + series))
    if k == 0:
        return single(f - single(half_square - product))
    return single(single(k * LN2_HIGH) - single(single(half_square - single(product + low)) - f))


def hz_to_mel(hz: float, precision: str) -> float:
    """Return the mel value of a frequency, computed in `single` or `double` precision and kept in single."""
    if precision == "single":
        return single(MEL_PER_LOG * log1p_single(single(single(hz) / BREAK_HZ)))
    return single(MEL_PER_LOG * math.log1p(single(hz) / BREAK_HZ))


def centers(fmin: float, fmax: float, bands: int, precision: str) -> list[float]:
    """Return the bands + 1 mel values at which one band ends and the next has its middle."""
    low, high = hz_to_mel(fmin, precision), hz_to_mel(fmax, precision)
    spacing = single(single(high - low) / (bands + 1))
    return [single(low + single(spacing * (i + 1))) for i in range(bands + 1)]


def center_frequencies(fmin: float, fmax: float, bands: int) -> list[float]:
    """Return the middle of each band, Hz."""
    return [BREAK_HZ * math.expm1(mel / MEL_PER_LOG) for mel in centers(fmin, fmax, bands, "double")[:-1]]
