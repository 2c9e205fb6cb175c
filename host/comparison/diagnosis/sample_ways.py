"""What can be done to samples, one by one or with those around them, without a figure that must be looked for."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .evidence import Int16

Change = Callable[[Int16], Int16]

LINK = "Look at how AUDIO's bytes become int16 samples on the device"
LEVEL = "Look at what scales samples before the front end on the device (gain, shift, volume)"
LOST = (
    "Look at the device's sample buffer: ring indices, overruns, and what happens at the end of each message"
)
PIECES = (64, 512, 128, 256)  # samples that firmware handles in one go

ROUNDINGS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "rounded down": np.floor,
    "truncated": np.trunc,
    "rounded": np.rint,
    "rounded up in size": lambda x: np.copysign(np.ceil(np.abs(x)), x),
}


@dataclass(frozen=True)
class Way:
    """A change.

    Attributes:
        cause, told, cure: as in a `Finding`.
        change: samples to samples, as many; of a way that `keeps` each row by itself, where there are several.
        keeps: whether a sample depends on those before it.
        pieces: samples after which it begins anew; 0: it never does.
    """

    cause: str
    told: str
    cure: str
    change: Change
    keeps: bool = False
    pieces: int = 0


def scaled(factor: float, how: str = "rounded down") -> Change:
    """Samples times a factor, saturated."""
    return lambda x: np.clip(ROUNDINGS[how](x.astype(np.float64) * factor), -32768, 32767).astype(np.int16)


def limited(level: int) -> Change:
    """Samples limited to a level either way."""
    return lambda x: np.clip(x, -level, level)


def in_pieces(change: Change, count: int) -> Change:
    """A change of rows that begins anew every so many samples."""

    def changed(x: Int16) -> Int16:
        whole = len(x) // count * count
        return np.concatenate([change(x[:whole].reshape(-1, count)).ravel(), change(x[whole:])])

    return changed


def wrapped(factor: float, how: str = "rounded down") -> Change:
    """Samples times a factor, of which 16 bits are kept."""
    return lambda x: ROUNDINGS[how](x.astype(np.float64) * factor).astype(np.int64).astype(np.int16)


def _saturated(values: NDArray[np.int64]) -> Int16:
    return np.clip(values, -32768, 32767).astype(np.int16)


def _negated(x: Int16) -> Int16:
    return _saturated(-x.astype(np.int64))


def _sign_and_magnitude(x: Int16) -> Int16:
    return np.where(x < 0, -(x & np.int16(32767)), x)


def _magnitudes(x: Int16) -> Int16:
    return _saturated(np.abs(x.astype(np.int64)))


def _masked(bits: int) -> Change:
    return lambda x: x & np.int16(-(1 << bits))


def _pairs(x: Int16) -> Int16:
    even = x[: len(x) // 2 * 2].reshape(-1, 2)[:, ::-1].ravel()
    return np.concatenate([even, x[len(even) :]])


def _doubled(x: Int16) -> Int16:
    other = x.copy()
    other[1::2] = x[: len(x) // 2 * 2 : 2]
    return other


def _every_second_zero(first: int) -> Change:
    def change(x: Int16) -> Int16:
        other = x.copy()
        other[first::2] = 0
        return other

    return change


def _moved_bytes(by: int) -> Change:
    """Each sample of one byte of its own and one of its neighbour's."""

    def change(x: Int16) -> Int16:
        data = x.astype("<i2").tobytes()
        moved = data[1:] + b"\0" if by > 0 else b"\0" + data[:-1]
        return np.frombuffer(moved[: len(data)], "<i2").astype(np.int16)

    return change


def _centred(count: int) -> Change:
    """The mean of each `count` samples taken off, as C divides."""

    def change(x: Int16) -> Int16:
        whole = len(x) // count * count
        pieces = x[:whole].reshape(-1, count).astype(np.int64)
        means = np.trunc(pieces.sum(axis=1, keepdims=True) / count).astype(np.int64)
        return np.concatenate([_saturated(pieces - means).ravel(), x[whole:]])

    return change


def _before_level(level: int) -> Change:
    """The last sample that is not at `level` stands for those that are."""

    def change(x: Int16) -> Int16:
        kept = np.where(x != level, np.arange(x.shape[-1]), 0)
        return np.take_along_axis(x, np.maximum.accumulate(kept, axis=-1), axis=-1)

    return change


def _level_as(level: int, other: int) -> Change:
    return lambda x: np.where(x == level, np.int16(other), x)


def _mean_of(count: int, wraps: bool = False) -> Change:
    """The mean of each sample and those before it, as C divides; `wraps`: of their sum 16 bits are kept."""

    def change(x: Int16) -> Int16:
        wide, total = x.astype(np.int64), np.zeros(x.shape, np.int64)
        for late in range(min(count, x.shape[-1])):
            total[..., late:] += wide[..., : x.shape[-1] - late]
        if wraps:
            total = total.astype(np.int16).astype(np.int64)
        return _saturated(np.sign(total) * (np.abs(total) // count))

    return change


def _median(count: int) -> Change:
    """The middle one of each sample and those before it."""

    def change(x: Int16) -> Int16:
        longer = np.concatenate([np.zeros((*x.shape[:-1], count - 1), np.int16), x], axis=-1)
        rows = np.stack([longer[..., late : late + x.shape[-1]] for late in range(count)])
        return np.sort(rows, axis=0)[count // 2]

    return change


def _differences(x: Int16) -> Int16:
    wide = x.astype(np.int64)
    return _saturated(np.diff(wide, prepend=0))


PLAIN: tuple[Way, ...] = (
    Way("bytes exchanged", "samples have their two bytes exchanged", LINK, lambda x: x.byteswap()),
    Way("unsigned", "samples have their top bit inverted", LINK, lambda x: x ^ np.int16(-32768)),
    Way("pairs exchanged", "samples come in exchanged pairs", LINK, _pairs),
    Way("negated", "samples have their sign flipped", LINK, _negated),
    Way("complemented", "samples have all bits inverted", LINK, lambda x: ~x),
    Way(
        "sign and magnitude",
        "negative samples are read as a sign and a magnitude instead of two's complement",
        LINK,
        _sign_and_magnitude,
    ),
    Way("silence", "samples are all 0", LOST, np.zeros_like),
    Way("doubled", "every second sample is the one before it (stereo taken for mono?)", LINK, _doubled),
    *(
        Way(
            f"every second sample 0, from {first}",
            f"every second sample is 0, the {'first' if first == 0 else 'second'} of each pair (one of two slots?)",
            LINK,
            _every_second_zero(first),
        )
        for first in (1, 0)
    ),
    *(
        Way(
            f"bytes moved by {by}",
            f"samples are read one byte {'late' if by > 0 else 'early'}",
            LINK,
            _moved_bytes(by),
        )
        for by in (1, -1)
    ),
    Way("magnitudes", "samples come without their sign", LEVEL, _magnitudes),
    Way("negative ones lost", "negative samples come as 0", LEVEL, lambda x: x.clip(0, None)),
    Way("positive ones lost", "positive samples come as 0", LEVEL, lambda x: x.clip(None, 0)),
    Way("differences", "each sample comes less the one before it", LEVEL, _differences, keeps=True),
    *(
        Way(
            f"median of {count} samples",
            f"each sample is the middle one of itself and the {count - 1} before it (a median)",
            LEVEL,
            _median(count),
            keeps=True,
        )
        for count in (3, 5)
    ),
    *(
        Way(
            f"mean of {count} samples",
            f"each sample is the mean of itself and the {count - 1} before it",
            LEVEL,
            _mean_of(count),
            keeps=True,
        )
        for count in (2, 3, 4)
    ),
    *(
        Way(
            f"mean of {count} samples, wrapped",
            f"each sample is the mean of itself and the {count - 1} before it, whose sum wraps at 16 bits",
            LEVEL,
            _mean_of(count, wraps=True),
        )
        for count in (2, 3, 4)
    ),
    *(
        Way(
            f"mean of {count} off",
            f"the mean of each {count} samples is taken off them",
            LEVEL,
            _centred(count),
        )
        for count in PIECES
    ),
    *(
        Way(
            f"{level} lost",
            f"samples of {level:,} come as the one before them",
            LEVEL,
            _before_level(level),
            keeps=True,
        )
        for level in (32767, -32768)
    ),
    *(
        Way(f"{level} as {other}", f"samples of {level:,} come as {other:,}", LEVEL, _level_as(level, other))
        for level, other in ((-32768, 0), (32767, 0), (-32768, 32767), (32767, -32768))
    ),
    *(
        Way(f"gain ×{factor:g}", f"samples are amplified by {factor:g} (saturated)", LEVEL, scaled(factor))
        for factor in (2, 4, 8, 16, 1.5, 3, 10)
    ),
    *(
        Way(
            f"gain ×{1 << shift}, wrapped",
            f"samples are shifted left by {shift} and wrap",
            LEVEL,
            wrapped(1 << shift),
        )
        for shift in (1, 2, 3, 4)
    ),
    *(
        Way(
            f"gain ×{factor}, wrapped", f"samples are multiplied by {factor} and wrap", LEVEL, wrapped(factor)
        )
        for factor in (3, 10)
    ),
    *(
        Way(f"gain ×{factor:g}", f"samples are attenuated to {factor:g}", LEVEL, scaled(factor))
        for factor in (0.5, 0.25, 0.125, 0.0625, 0.75, 0.1)
    ),
    *(
        Way(
            f"{bits} low bits lost",
            f"samples have lost their {bits} low bit{'s' * (bits > 1)}",
            LEVEL,
            _masked(bits),
        )
        for bits in (8, 1, 2, 3, 4, 5, 6, 7)
    ),
)


def _edge(count: int, last: bool, held: bool) -> Change:
    """The first or the last of each `count` samples is 0, or the one before it once more."""

    def change(x: Int16) -> Int16:
        other = x.copy()
        places = np.arange(count - 1 if last else 0, len(x), count)
        other[places] = np.where(places > 0, x[places - 1], 0) if held else 0
        return other

    return change


def _turned(count: int) -> Change:
    """Each `count` samples backwards, as far as they are whole."""

    def change(x: Int16) -> Int16:
        whole = len(x) // count * count
        return np.concatenate([x[:whole].reshape(-1, count)[:, ::-1].ravel(), x[whole:]])

    return change


BY_PIECES: tuple[Way, ...] = (
    *(
        Way(
            f"{way.cause}, by {count}",
            f"{way.told}, begun anew every {count} samples",
            way.cure,
            in_pieces(way.change, count),
            pieces=count,
        )
        for count in PIECES
        for way in PLAIN
        if way.keeps
    ),
    *(
        Way(
            f"{'last' if last else 'first'} of {count} {'held' if held else '0'}",
            f"the {'last' if last else 'first'} of each {count} samples is {'the one before it' if held else '0'}",
            LOST,
            _edge(count, last, held),
            pieces=count,
        )
        for count in PIECES
        for last in (False, True)
        for held in (False, True)
    ),
    *(
        Way(f"{count} backwards", f"each {count} samples come backwards", LOST, _turned(count), pieces=count)
        for count in (4, *PIECES)
    ),
)
