"""The fixed-point front end's tables. Standard library only.

Every number is rounded as the public implementation rounds it, in single precision where that computes so: a model's
features depend on the last bit.
"""

import math
import struct
from dataclasses import dataclass

from ..fixed_mel import centers, hz_to_mel, single
from ..fixed_tables import MOST_FEATURE, cells, check_quantiser, log_fractions, most_log
from ..kind import image_of
from ..settings import SettingsError
from .settings import MicrofrontendSettings

WINDOW_BITS = 12
FILTER_BITS = 12
NOISE_BITS = 14
SNR_BITS = 12
LARGEST_Q15 = 32767
GAINS = 125  # 4 * 32 - 3


@dataclass(frozen=True)
class MicrofrontendTables:
    """What the C side's `mf_config` points to (firmware/core/frontend/microfrontend/microfrontend.h)."""

    settings: MicrofrontendSettings
    first_bin: int
    gain_shift: int
    log_up: int
    window: tuple[int, ...]
    twiddles: tuple[int, ...]
    half_twists: tuple[int, ...]
    order: tuple[int, ...]
    segment_bins: tuple[int, ...]
    down: tuple[int, ...]
    up: tuple[int, ...]
    gains: tuple[int, ...]
    log_fractions: tuple[int, ...]
    cells: tuple[int, ...]


def build_tables(
    settings: MicrofrontendSettings, input_scale: float, input_zero_point: int
) -> MicrofrontendTables:
    """Compute all tables.

    Args:
        settings: the front end's settings.
        input_scale: feature units per step of the model's int8 input, above 0.
        input_zero_point: int8 value that stands for feature 0.

    Raises:
        SettingsError: the quantiser makes no sense, or the bands lie beyond the spectrum.
    """
    first_bin, segments, down, up = _filters(settings)
    log_up = settings.fft.bit_length() - 1 - FILTER_BITS // 2
    n = settings.fft // 2
    gain_shift = settings.pcan_gain_bits - log_up - SNR_BITS
    if settings.pcan and not 0 <= gain_shift <= 31:
        raise SettingsError(
            f"front-end setting pcan_gain_bits is {settings.pcan_gain_bits}",
            f"use {log_up + SNR_BITS} to 31 with an FFT of {settings.fft} points",
        )
    return MicrofrontendTables(
        settings=settings,
        first_bin=first_bin,
        gain_shift=max(0, gain_shift),
        log_up=log_up,
        window=_window(settings.window, settings.precision),
        twiddles=_unit_circle([-2 * math.pi * k / n for k in range(n)]),
        half_twists=_unit_circle([-math.pi * ((k + 1) / n + 0.5) for k in range(n // 2)]),
        order=_order(n),
        segment_bins=segments,
        down=down,
        up=up,
        gains=_gains(settings, settings.smoothing_bits - log_up) if settings.pcan else (0,) * GAINS,
        log_fractions=log_fractions(),
        cells=_cells(settings, input_scale, input_zero_point),
    )


def _window(size: int, precision: str) -> tuple[int, ...]:
    step = single(math.pi * 2.0 / single(size))
    if precision == "single":
        angles = (single(step * (i + 0.5)) for i in range(size))
        values = [single(0.5 - single(0.5 * single(math.cos(angle)))) for angle in angles]
    else:
        values = [single(0.5 - 0.5 * math.cos(step * (i + 0.5))) for i in range(size)]
    return tuple(math.floor(value * (1 << WINDOW_BITS) + 0.5) for value in values)


def _unit_circle(angles: list[float]) -> tuple[int, ...]:
    return tuple(
        math.floor(0.5 + LARGEST_Q15 * part)
        for angle in angles
        for part in (math.cos(angle), math.sin(angle))
    )


def _order(n: int) -> tuple[int, ...]:
    """The place of each value's pair of samples: the digits of its number, to the FFT's radices, turned round."""
    radices, rest = [], n
    while rest > 1:
        radices.append(4 if rest % 4 == 0 else 2)
        rest //= radices[-1]
    found = [0]
    step = n
    for radix in reversed(radices):
        step //= radix
        found = [place + digit * step for digit in range(radix) for place in found]
    return tuple(found)


def _filters(
    settings: MicrofrontendSettings,
) -> tuple[int, tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """The first bin, each segment's bins, and the parts that the bands below and above a segment get of each bin."""
    points = settings.fft // 2 + 1
    hz_per_bin = single(0.5 * settings.sample_rate / single(points - 1))
    middles = centers(settings.fmin, settings.fmax, settings.bands, settings.precision)
    first = bin_ = int(1.5 + single(single(settings.fmin) / hz_per_bin))
    segments, down, up = [], [], []
    before = hz_to_mel(settings.fmin, settings.precision)
    half = 0.5 if settings.filter_weights == "rounded" else 0.0
    for middle in middles:
        start = bin_
        while (mel := hz_to_mel(single(bin_ * hz_per_bin), settings.precision)) <= middle:
            weight = single(single(middle - mel) / single(middle - before))
            down.append(math.floor(weight * (1 << FILTER_BITS) + half))
            up.append(math.floor((1.0 - weight) * (1 << FILTER_BITS) + half))
            bin_ += 1
            if bin_ > points:
                raise SettingsError(
                    f"front-end setting fmax {settings.fmax:g} Hz lies beyond the FFT's bins",
                    "lower fmax a little",
                )
        segments.append(bin_ - start)
        before = middle
    return first, tuple(segments), tuple(down), tuple(up)


def _gains(settings: MicrofrontendSettings, noise_bits: int) -> tuple[int, ...]:
    def gain(noise: int) -> int:
        x = single(single(noise) / 2.0**noise_bits)
        power = single(single(x + single(settings.pcan_offset)) ** -single(settings.pcan_strength))
        value = single((1 << settings.pcan_gain_bits) * power)
        return 32767 if value > 32767 else int(single(value + 0.5))

    found = [gain(0), gain(1)]
    for bits in range(2, 33):
        low = 1 << (bits - 1)
        high = 2 * low if bits < 32 else 2 * low - 1
        y0, y1, y2 = gain(low), gain(low + low // 2), gain(high)
        a1 = 4 * (y1 - y0) - (y2 - y0)
        found += [y0, _int16(a1), _int16((y2 - y0) - a1)] + ([0] if bits < 32 else [])
    return tuple(found)[:GAINS]


def _int16(value: int) -> int:
    return (value + 32768) % 65536 - 32768


def _cells(settings: MicrofrontendSettings, input_scale: float, zero_point: int) -> tuple[int, ...]:
    """The cell of each feature, as far as cells change."""
    check_quantiser(settings.scale, input_scale, zero_point)

    def rounded(feature: int) -> int:
        return round(feature * settings.scale / input_scale + zero_point)

    def esphome(feature: int) -> int:
        return (feature * 256 + 333) // 666 - 128

    most = most_log(settings.log_shift) if settings.log else MOST_FEATURE
    return cells(most, esphome if settings.quantisation == "esphome" else rounded)


def frontend_image(tables: MicrofrontendTables) -> bytes:
    """Return the image that the C side reads in place; its SHA-256 identifies the front end.

    Layout in firmware/core/frontend/microfrontend/image.c.
    """
    s = tables.settings
    flags = s.noise_suppression | s.pcan << 1 | s.log << 2
    shares = [
        int(single(single(share) * (1 << NOISE_BITS)))
        for share in (s.even_smoothing, s.odd_smoothing, s.min_signal_remaining)
    ]
    header = struct.pack(
        "<II12HhH",
        *(s.sample_rate, len(tables.cells), s.window, s.hop, s.fft, s.bands),
        *(tables.first_bin, len(tables.down), flags, s.smoothing_bits, *shares[:2], shares[2]),
        *(tables.gain_shift, tables.log_up, s.log_shift),
    )
    signed = (tables.window, tables.twiddles, tables.half_twists)
    counts = (tables.order, tables.segment_bins, tables.down, tables.up)
    body = b"".join(
        (
            header,
            *(struct.pack(f"<{len(part)}h", *part) for part in signed),
            *(struct.pack(f"<{len(part)}H", *part) for part in counts),
            struct.pack(f"<{GAINS}h", *tables.gains),
            struct.pack(f"<{len(tables.log_fractions)}H", *tables.log_fractions),
            struct.pack(f"<{len(tables.cells)}b", *tables.cells),
        )
    )
    return image_of(s.kind, body)
