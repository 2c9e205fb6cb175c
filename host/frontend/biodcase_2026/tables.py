"""The BioDCASE 2026 challenge's tables. Standard library only.

Every number is rounded as the challenge's Python rounds it: a model's features depend on the last bit.
"""

import math
import struct
from dataclasses import dataclass

from ..fixed_mel import BREAK_HZ, MEL_PER_LOG, log1p_single, single
from ..fixed_tables import cells, check_quantiser, log_fractions, most_log
from ..kind import image_of
from ..settings import SettingsError
from .settings import Biodcase2026Settings

FILTER_BITS = 12
LARGEST_Q15 = 32767


@dataclass(frozen=True)
class Filters:
    """Mel filters: the bins between neighbouring band centres, and their parts.

    Attributes:
        first_bin: the lowest that any band takes.
        segment_bins: [bands + 1] bins between two neighbouring band centres.
        down: the part of each bin, Q12, that the band below its segment gets.
        up: the part that the band above gets.
    """

    first_bin: int
    segment_bins: tuple[int, ...]
    down: tuple[int, ...]
    up: tuple[int, ...]


@dataclass(frozen=True)
class Biodcase2026Tables:
    """What the C side's `bd_config` points to (firmware/core/frontend/biodcase_2026/biodcase_2026.h)."""

    settings: Biodcase2026Settings
    filters: Filters
    window: tuple[int, ...]
    twiddles: tuple[int, ...]
    half_twists: tuple[int, ...]
    places: tuple[int, ...]
    log_fractions: tuple[int, ...]
    cells: tuple[int, ...]


def build_tables(
    settings: Biodcase2026Settings, input_scale: float, input_zero_point: int
) -> Biodcase2026Tables:
    """Compute all tables.

    Args:
        settings: the front end's settings.
        input_scale: feature units per step of the model's int8 input, above 0.
        input_zero_point: int8 value that stands for feature 0.

    Raises:
        SettingsError: the quantiser makes no sense, or the bands lie beyond the spectrum.
    """
    check_quantiser(settings.scale, input_scale, input_zero_point)
    filters = mel_filters(settings)
    n = settings.fft
    bins = range(filters.first_bin, filters.first_bin + len(filters.down))

    def rounded(feature: int) -> int:
        return round(feature * settings.scale / input_scale + input_zero_point)

    return Biodcase2026Tables(
        settings=settings,
        filters=filters,
        window=hann(n, settings.window_bits)[: n // 2],
        twiddles=tuple(part for k in range(n // 2) for part in unit_circle(2 * turned_round(k, n // 2), n)),
        half_twists=tuple(part for k in bins for part in unit_circle(k, n)),
        places=tuple(turned_round(k, n) for k in bins),
        log_fractions=log_fractions(),
        cells=cells(most_log(settings.log_shift), rounded),
    )


def hann(size: int, bits: int) -> tuple[int, ...]:
    """Return the symmetric Hann window of `size` samples with `bits` bits behind the point."""
    values = (0.5 + 0.5 * math.cos(math.pi * n / (size - 1)) for n in range(1 - size, size, 2))
    return tuple(round(value * 2**bits) for value in values)


def unit_circle(k: int, n: int) -> tuple[int, int]:
    """Return cosine and sine of the angle pi * k / n, Q15, the fraction cut off."""
    angle = k * (2.0 * math.pi / (2 * n))
    return int(LARGEST_Q15 * math.cos(angle)), int(LARGEST_Q15 * math.sin(angle))


def turned_round(k: int, n: int) -> int:
    """Return the bits of k, as many as numbers below n have, in reverse order."""
    found = 0
    for _ in range(n.bit_length() - 1):
        found, k = found << 1 | k & 1, k >> 1
    return found


def mel_filters(settings: Biodcase2026Settings) -> Filters:
    """Return the mel filters.

    Raises:
        SettingsError: a band reaches beyond the spectrum.
    """
    exact = settings.precision == "double"
    spectrum = settings.fft // 2
    hz_per_bin = settings.sample_rate / 2 / (spectrum - 1)
    low, high = (_mel(hz, exact) for hz in (settings.fmin, settings.fmax))
    spacing = (high - low if exact else single(high - low)) / (settings.bands + 1)
    middles = [single(single(low) + single(single(spacing) * (i + 1))) for i in range(settings.bands + 1)]
    first = bin_ = round(1 + settings.fmin / hz_per_bin)
    segments, down, up = [], [], []
    before = low
    for middle in middles:
        start = bin_
        while (mel := _mel(bin_ * hz_per_bin, exact)) <= middle:
            weight = single(single(middle - mel) / single(middle - before))
            rest = 1.0 - weight if exact else single(1.0 - weight)
            down.append(int(weight * (1 << FILTER_BITS)))
            up.append(int(rest * (1 << FILTER_BITS)))
            bin_ += 1
            if bin_ >= spectrum:
                raise SettingsError(
                    f"front-end setting fmax {settings.fmax:g} Hz lies beyond the FFT's bins",
                    "set fmax a little below half the sample rate",
                    "fmax",
                )
        segments.append(bin_ - start)
        before = middle
    return Filters(first, tuple(segments), tuple(down), tuple(up))


def _mel(hz: float, exact: bool) -> float:
    if exact:
        return MEL_PER_LOG * math.log1p(single(hz) / BREAK_HZ)
    return single(MEL_PER_LOG * log1p_single(single(single(hz) / BREAK_HZ)))


def frontend_image(tables: Biodcase2026Tables) -> bytes:
    """Return the image that the C side reads in place; its SHA-256 identifies the front end.

    Layout in firmware/core/frontend/biodcase_2026/image.c.
    """
    s, filters = tables.settings, tables.filters
    header = struct.pack(
        "<II8H",
        *(s.sample_rate, len(tables.cells), s.window, s.hop, s.bands),
        *(filters.first_bin, len(filters.down), s.window_bits, s.log_shift, 0),
    )
    signed = (tables.window, tables.twiddles, tables.half_twists)
    counts = (tables.places, filters.segment_bins, filters.down, filters.up, tables.log_fractions)
    body = b"".join(
        (
            header,
            *(struct.pack(f"<{len(part)}h", *part) for part in signed),
            *(struct.pack(f"<{len(part)}H", *part) for part in counts),
            struct.pack(f"<{len(tables.cells)}b", *tables.cells),
        )
    )
    return image_of(s.kind, body)
