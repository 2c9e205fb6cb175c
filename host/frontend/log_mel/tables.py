"""The front end's integer tables, for C code that knows no floating point. Standard library only.

Every value is computed in double precision and rounded once, with near-ties going up, so that a last-bit difference
between two machines' maths libraries does not reach the tables. Mel formula and norm: Slaney's Auditory Toolbox
(1998), as in librosa (`htk=False`, `norm="slaney"`).
"""

import functools
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass

from ..c_text import c_array
from ..kind import image_of
from ..settings import SettingsError
from . import mixed
from .scale import hz_to_mel
from .settings import LogMelSettings

# Full scale is a little less than a power of two, which keeps products of the FFT within 32 bits on the LX106.
HEADROOM = 0.9
MAGIC = b"HFE1"
HEADER = struct.Struct("<4sIII6HiiiII")
# Behind the magic; as firmware/core/frontend/log_mel/image.c calls them
HEADER_FIELDS = (
    *("length", "sample_rate", "at_start", "analysis_window", "hop", "fft", "bands", "first_bin", "bins"),
    *("floor_q16", "quant_slope", "quant_bias", "quant_shift", "zero_too"),
)
# The C side's own kinds, so that only who has options or such an FFT pays for them.
OPTIONS_KIND, MIXED_KIND = "log-mel-options", "log-mel-mixed"
FLAG_MAGNITUDE, FLAG_OFFSET, FLAG_EMPHASIS, FLAG_MIRRORED = 1, 2, 4, 8


@dataclass(frozen=True)
class LogMelTables:
    """What the C core's `fe_config` (`frontend/log_mel/log_mel.h`) points to; lengths and formats are given there."""

    settings: LogMelSettings
    first_bin: int
    floor_q16: int
    quant_slope: int
    quant_bias: int
    quant_shift: int
    weights: tuple[int, ...]
    twiddles: tuple[int, ...]
    band_db_q16: tuple[int, ...]
    shares_q16: tuple[int, ...]
    segment_bins: tuple[int, ...]
    emphasis: tuple[int, ...] = ()
    offsets: tuple[tuple[int, int], ...] = ()


@functools.lru_cache(maxsize=16)
def build_tables(settings: LogMelSettings, input_scale: float, input_zero_point: int) -> LogMelTables:
    """Compute all tables.

    Args:
        settings: the front end's settings.
        input_scale: feature units per step of the model's int8 input, above 0.
        input_zero_point: int8 value that stands for feature 0.

    Raises:
        SettingsError: the quantiser's slope is beyond what the core's arithmetic holds.
    """
    first_bin, segment_bins, shares = mel_segments(settings)
    slope, bias, shift = _quantiser(settings, input_scale, input_zero_point)
    return LogMelTables(
        settings=settings,
        first_bin=first_bin,
        floor_q16=_round(settings.log_floor_db * 65536),
        quant_slope=slope,
        quant_bias=bias,
        quant_shift=shift,
        weights=_weights(settings),
        twiddles=tuple(mixed.twiddles(settings.fft)) if settings.is_mixed else _twiddles(settings.fft),
        band_db_q16=_band_db(settings),
        shares_q16=shares,
        segment_bins=segment_bins,
        emphasis=_weights(settings, settings.pre_emphasis) if settings.pre_emphasis else (),
        offsets=_offsets(settings) if settings.log_offset else (),
    )


def mel_segments(settings: LogMelSettings) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """Cut the spectrum at the bands' edges.

    Returns:
        The first bin used; for each of the bands + 1 segments between two edges the number of its bins; for each bin
        the share (Q16, below 65536) of its power that the segment's upper band takes. The lower band takes the rest.
    """
    edges, rise = settings.edges(), _rise(settings)
    shares: list[list[int]] = [[] for _ in range(settings.bands + 1)]
    first_bin = 0
    for k in range(settings.fft // 2 + 1):
        hz = k * settings.sample_rate / settings.fft
        segment = sum(edge <= hz for edge in edges) - 1
        share = 0
        if 0 <= segment <= settings.bands:
            share = _round(rise(edges[segment], hz, edges[segment + 1]) * 65536)
        if share == 65536 or (segment == -1 and edges[0] - hz < 1e-6):
            segment, share = segment + 1, 0  # on the edge, except for a rounding error
        outside = not 0 <= segment <= settings.bands or (segment == 0 and share == 0)
        if outside or k in (0, settings.fft // 2):  # on the outermost edges at best, where shares are 0
            if not any(shares):
                first_bin = k + 1
            continue
        shares[segment].append(share)
    used = [share for segment_shares in shares for share in segment_shares]
    return (first_bin if used else 1), tuple(map(len, shares)), tuple(used)


def _rise(settings: LogMelSettings) -> Callable[[float, float, float], float]:
    """How far a frequency is on its way from an edge to the next, 0 to 1."""
    if settings.mel_triangles == "hz":
        return lambda low, hz, high: (hz - low) / (high - low)

    def over_mel(low: float, hz: float, high: float) -> float:
        start, place, end = (hz_to_mel(each, settings.mel_scale) for each in (low, hz, high))
        return (place - start) / (end - start)

    return over_mel


def dense_filters(settings: LogMelSettings, norm: bool = True) -> list[list[float]]:
    """Return the filters as a matrix, [bands][fft / 2 + 1]: what librosa.filters.mel gives.

    Args:
        settings: the front end's settings.
        norm: Slaney's norm, 2 / width in Hz; otherwise triangles of height 1.
    """
    edges = settings.edges()
    rows = []
    for low, centre, high in zip(edges, edges[1:], edges[2:], strict=False):
        height = 2 / (high - low) if norm else 1.0
        row = []
        for k in range(settings.fft // 2 + 1):
            hz = k * settings.sample_rate / settings.fft
            row.append(max(0.0, height * min((hz - low) / (centre - low), (high - hz) / (high - centre))))
        rows.append(row)
    return rows


def _weights(settings: LogMelSettings, factor: float = 1.0) -> tuple[int, ...]:
    """The window at its place in the FFT, times headroom and a factor, in the order in which fe_hann takes the samples.

    Lengths that are not a power of 4 need one bit less, for the step that makes up for it (rfft.c).
    """
    fft = settings.fft
    placed = placed_window(settings)
    if settings.is_mixed:
        unit = factor * headroom(settings) * 2.0**30 / mixed.gain(fft)
        return tuple(_round(unit * placed[i]) for i in mixed.order(fft))
    unit = factor * headroom(settings) * (1 << (30 if _is_power_of_4(fft) else 29))
    bits = fft.bit_length() - 1
    return tuple(_round(unit * placed[int(f"{i:0{bits}b}"[::-1], 2)]) for i in range(fft))


def placed_window(settings: LogMelSettings) -> list[float]:
    """Return the window, `fft` values, zeros where it is not."""
    fft, window = settings.fft, settings.window
    left = (fft - window) // 2 if settings.window_placement == "centre" else 0
    period = window - 1 if settings.window_symmetric else window
    constant, swing = {"hann": (0.5, 0.5), "hamming": (0.54, 0.46), "rectangular": (1.0, 0.0)}[
        settings.window_function
    ]
    placed = [0.0] * fft
    for n in range(window):
        placed[left + n] = constant - swing * math.cos(2 * math.pi * n / period)
    return placed


def headroom(settings: LogMelSettings) -> float:
    """Return what full scale is of a power of two.

    Four samples that lie a quarter of the FFT apart are summed first: under a periodic Hann window they weigh 2 at
    most, under others more, which leaves less.
    """
    most = 1.0 + settings.pre_emphasis  # what emphasis makes of a sample
    if settings.is_mixed:
        return min(HEADROOM, mixed.headroom(placed_window(settings))) / most
    if settings.window_function == "hann" and not settings.window_symmetric:
        return HEADROOM / most
    placed, quarter = placed_window(settings), settings.fft // 4
    return HEADROOM / most * min(1.0, 2.0 / max(sum(placed[n::quarter]) for n in range(quarter)))


def _twiddles(fft: int) -> tuple[int, ...]:
    """For each radix-4 step the rotations (cos, cos - sin, cos + sin) of three of its four inputs, Q30 (rfft.h)."""
    factors: list[int] = []
    m = 4 if _is_power_of_4(fft) else 8
    while m < fft:
        for k in range(1, m // 2):
            for j in (1, 2, 3):
                c, s = math.cos(2 * math.pi * j * k / (4 * m)), math.sin(2 * math.pi * j * k / (4 * m))
                factors += (_round((1 << 30) * f) for f in (c, c - s, c + s))
        m *= 4
    return tuple(factors)


def _is_power_of_4(n: int) -> bool:
    return n.bit_length() % 2 == 1


def _band_db(settings: LogMelSettings) -> tuple[int, ...]:
    """The norm as dB, plus what undoes the spectrum's scale, headroom * 2**32 / fft."""
    unit = 20.0 if settings.spectrum == "magnitude" else 10.0
    spectrum = 20 * math.log10(_spectrum_unit(settings))
    return tuple(_round((unit * math.log10(norm) + spectrum) * 65536) for norm in band_norms(settings))


def band_norms(settings: LogMelSettings) -> list[float]:
    """Return what each band's sum is multiplied by."""
    edges, normed = settings.edges(), settings.mel_norm == "slaney"
    return [2 / (edges[b + 2] - edges[b]) if normed else 1.0 for b in range(settings.bands)]


def _spectrum_unit(settings: LogMelSettings) -> float:
    """What 1 of the core's spectrum is, full scale being 1.0."""
    return settings.fft / (headroom(settings) * 2.0**32)


def _offsets(settings: LogMelSettings) -> tuple[tuple[int, int], ...]:
    """The offset in each band's own unit, as mantissa (highest bit set) and exponent."""
    power = 1 if settings.spectrum == "magnitude" else 2
    found = []
    for norm in band_norms(settings):
        fraction, exponent = math.frexp(settings.log_offset / (norm * _spectrum_unit(settings) ** power))
        mantissa = _round(fraction * 2.0**32)
        found.append((mantissa, exponent - 32) if mantissa < 1 << 32 else (1 << 31, exponent - 31))
    return tuple(found)


def _quantiser(settings: LogMelSettings, input_scale: float, zero_point: int) -> tuple[int, int, int]:
    if not (math.isfinite(input_scale) and input_scale > 0):
        raise SettingsError(
            f"the model's input scale is {input_scale!r}", "use a model with a quantised int8 input"
        )
    if not -128 <= zero_point <= 127:
        raise SettingsError(f"the model's input zero point is {zero_point}", "use a model with an int8 input")
    slope = settings.features_per_unit / input_scale  # int8 steps per dB
    if not 2.0**-12 <= abs(slope) <= 2.0**12:
        raise SettingsError(
            f"one dB is {slope:g} steps of the model's int8 input "
            f"(scale {settings.scale:g}, input scale {input_scale:g})",
            "check the settings' scale and offset: int8 should span the features' range",
        )
    shift = 18 - max(0, math.frexp(slope)[1] - 1)
    bias = (settings.offset / input_scale + zero_point + 0.5) * 2.0**shift
    limit = 2.0**30 - 1
    # (dB * 2^16 * 2^5 * quant_slope) / 2^32 = dB * slope * 2^shift
    return _round(slope * 2.0 ** (shift + 11)), _round(max(-limit, min(limit, bias))), shift


def _round(value: float) -> int:
    """Nearest integer; ties and what a rounding error could make of a tie go up."""
    return math.floor(value + (0.5 + 2.0**-20))


def frontend_image(tables: LogMelTables) -> bytes:
    """Return the image that the C side reads in place; its SHA-256 identifies the front end.

    Little-endian, a multiple of 4 bytes; layout in firmware/core/frontend/log_mel/image.c, and of one with options in
    firmware/core/frontend/log_mel_options/options.h, which other lengths of the FFT share.
    """
    return _with_options(tables) if tables.settings.has_options else _plain_image(tables)


def options_image(tables: LogMelTables) -> bytes:
    """Return the image for kinds that go on from log-mel, whether there are options or not."""
    return _with_options(tables)


def _with_options(tables: LogMelTables) -> bytes:
    s, plain = tables.settings, _plain_image(tables)
    flags = (
        (FLAG_MAGNITUDE if s.spectrum == "magnitude" else 0)
        | (FLAG_OFFSET if tables.offsets else 0)
        | (FLAG_EMPHASIS if tables.emphasis else 0)
        | (FLAG_MIRRORED if s.padding == "reflect" else 0)
    )
    body = struct.pack("<I4H", flags, s.lead, s.fft, s.bands, 0)
    body += struct.pack(f"<{len(tables.emphasis)}i", *tables.emphasis)
    body += b"".join(struct.pack("<Ii", *offset) for offset in tables.offsets)
    return image_of(MIXED_KIND if s.is_mixed else OPTIONS_KIND, body + plain)


def _plain_image(tables: LogMelTables) -> bytes:
    """The image without options; layout in firmware/core/frontend/log_mel/image.c."""
    s = tables.settings
    words = (*tables.weights, *tables.twiddles, *tables.band_db_q16)
    halves = (*tables.shares_q16, *tables.segment_bins)
    body = struct.pack(f"<{len(words)}i{len(halves)}H", *words, *halves)
    body += bytes(-len(body) % 4)
    header = HEADER.pack(
        *(MAGIC, HEADER.size + len(body), s.sample_rate, int(s.window_placement == "start")),
        *(s.window, s.hop, s.fft, s.bands, tables.first_bin, len(tables.shares_q16)),
        *(tables.floor_q16, tables.quant_slope, tables.quant_bias, tables.quant_shift, 0),
    )
    return header + body


def c_mel_filters(tables: LogMelTables) -> str:
    """Return the mel filters as C arrays: `mel_shares_q16`, `mel_segment_bins`, `mel_band_db_q16`."""
    return "\n".join(
        (
            "/* Bins between two neighbouring band centres, and the share of each bin's power (Q16) that goes to",
            "   the band above; the band below gets the rest. band_db: norm and the FFT's scale, dB in Q16. */",
            c_array("uint16_t", "mel_shares_q16", tables.shares_q16),
            c_array("uint16_t", "mel_segment_bins", tables.segment_bins),
            c_array("int32_t", "mel_band_db_q16", tables.band_db_q16),
        )
    )
