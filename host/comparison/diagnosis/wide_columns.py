"""Hypotheses about columns of levels of 16 bits, which travel as upper bytes less 128 and, behind them, low ones."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from .search import Candidate, Int8, View

MOST = 65535
OFFSETS = (1, -1, 128, -128, 256, -256)
_ORDER = "Look at what puts a column's levels into bytes (upper bytes first, then low ones, 128 less each)"
_LEVEL = (
    "Look at what makes levels of the front end's values (factor, shift, bias, and the limits 0 and 65535)"
)
_FLIP = np.int8(-128)

Levels = NDArray[np.int64]
Change = Callable[[Int8, Int8], tuple[Int8, Int8]]

# Name, what is told, and what becomes of (upper bytes, low bytes).
_WAYS: tuple[tuple[str, str, Change], ...] = (
    ("level halves exchanged", "the low bytes of the levels come before the upper ones", lambda u, w: (w, u)),
    ("level low bytes 0", "the low bytes of the levels are all 0", lambda u, w: (u, np.full_like(w, -128))),
    (
        "level low bytes as they are",
        "the low bytes of the levels lack their 128",
        lambda u, w: (u, w ^ _FLIP),
    ),
    (
        "level bytes as they are",
        "the bytes of the levels lack their 128",
        lambda u, w: (u ^ _FLIP, w ^ _FLIP),
    ),
    (
        "level upper bytes as they are",
        "the upper bytes of the levels lack their 128",
        lambda u, w: (u ^ _FLIP, w),
    ),
    (
        "level upper bytes twice",
        "the low bytes of the levels are their upper ones once more",
        lambda u, _: (u, u),
    ),
    (
        "level bands reversed",
        "the levels of the highest band come first",
        lambda u, w: (u[:, ::-1], w[:, ::-1]),
    ),
    (
        "level bands rotated by 1",
        "the levels are one band late, the last one standing first",
        lambda u, w: (np.roll(u, 1, axis=1), np.roll(w, 1, axis=1)),
    ),
    (
        "level bands rotated by -1",
        "the levels are one band early, the first one standing last",
        lambda u, w: (np.roll(u, -1, axis=1), np.roll(w, -1, axis=1)),
    ),
)


def _numbers() -> Iterator[tuple[str, str, Callable[[Levels], Levels]]]:
    """Name, what is told, and what becomes of the levels."""
    yield "levels halved", "the levels are halved, rounded down", lambda x: x >> 1
    yield "levels doubled", "the levels are doubled, saturated", lambda x: 2 * x
    yield "levels doubled and wrapped", "the levels are doubled, and wrap around", lambda x: 2 * x & MOST
    yield "levels reversed", "the levels are 65535 less what they should be", lambda x: MOST - x
    yield "levels at most 32767", "the levels end at 32767", lambda x: np.minimum(x, 32767)
    for by in OFFSETS:
        yield f"levels {by:+d}", f"the levels are {by:+d}", lambda x, by=by: x + by  # type: ignore[misc]


def wide_columns(bundle: Bundle) -> Callable[[list[View]], Iterator[Candidate]]:
    """Levels of 16 bits, of which a window's cells are made, are others or are put into bytes in another way."""

    def hypothesis(_views: list[View]) -> Iterator[Candidate]:
        if bundle.kind.normaliser is None:
            return
        for name, told, change in _WAYS:
            yield Candidate(name, told, _ORDER, lambda view, change=change: _put(*change(*_taken(view))))  # type: ignore[misc]
        yield Candidate(
            "level bytes interleaved", "each level's two bytes stand together", _ORDER, _interleaved
        )
        for name, told, number in _numbers():
            yield Candidate(name, told, _LEVEL, lambda view, number=number: _changed(view, number))  # type: ignore[misc]

    return hypothesis


def _taken(view: View) -> tuple[Int8, Int8]:
    half = view.expected.shape[1] // 2
    return view.expected[:, :half], view.expected[:, half:]


def _put(upper: Int8, low: Int8) -> Int8:
    return np.concatenate([upper, low], axis=1)


def _interleaved(view: View) -> Int8:
    return np.stack(_taken(view), axis=2).reshape(view.expected.shape)


def _changed(view: View, number: Callable[[Levels], Levels]) -> Int8:
    upper, low = (part.astype(np.int64) + 128 for part in _taken(view))
    levels = np.clip(number(upper << 8 | low), 0, MOST)
    upper, low = (part.astype(np.uint8).view(np.int8) ^ _FLIP for part in (levels >> 8, levels & 255))
    return _put(upper, low)
