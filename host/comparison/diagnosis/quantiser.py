"""Hypotheses about the front end's last step: from dB to int8."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...core.c_frontend import FrontEnd
from ...frontend.log_mel.tables import LogMelTables
from .evidence import Int16
from .figures import OR_ELSE, Cause
from .search import Candidate, Int8, View

_CURE = "Look at fe_quantise: its rounding constant, shift and bounds"

NEAR = 0.05  # of the slope that is read, by which the right one may be off
STEPS = 60
MOST_ALIKE = 2  # ways that give the same cells of a column and are told; more say nothing

Quantise = Callable[[NDArray[np.int64], LogMelTables], NDArray[np.int64]]


def _steps(db_q16: NDArray[np.int64], tables: LogMelTables, slope: float = 1.0) -> NDArray[np.int64]:
    """What is added to the bias, `quant_shift` bits after the point."""
    return (db_q16 * 32 * round(tables.quant_slope * slope)) >> 32


def _with_bias(halves: int) -> Quantise:
    """The rounding constant is a half; this many halves are added to it."""
    return lambda db, t: (_steps(db, t) + t.quant_bias + halves * (1 << t.quant_shift) // 2) >> t.quant_shift


def _exact(db: NDArray[np.int64], tables: LogMelTables) -> NDArray[np.int64]:
    """What is rounded, `quant_shift` bits after the point, without the half that is added to it."""
    return _steps(db, tables) + tables.quant_bias - _half(tables)


def _half(tables: LogMelTables) -> int:
    return (1 << tables.quant_shift) // 2


def _divided(values: NDArray[np.int64], tables: LogMelTables) -> NDArray[np.int64]:
    """As C divides."""
    return np.sign(values) * (np.abs(values) >> tables.quant_shift)


def _towards_zero(db: NDArray[np.int64], tables: LogMelTables) -> NDArray[np.int64]:
    return _divided(_exact(db, tables), tables)


def _half_towards_zero(db: NDArray[np.int64], tables: LogMelTables) -> NDArray[np.int64]:
    return _divided(_exact(db, tables) + _half(tables), tables)


def _half_away(db: NDArray[np.int64], tables: LogMelTables) -> NDArray[np.int64]:
    exact = _exact(db, tables)
    return np.sign(exact) * ((np.abs(exact) + _half(tables)) >> tables.quant_shift)


def _half_down(db: NDArray[np.int64], tables: LogMelTables) -> NDArray[np.int64]:
    return -((_half(tables) - _exact(db, tables)) >> tables.quant_shift)


def _half_even(db: NDArray[np.int64], tables: LogMelTables) -> NDArray[np.int64]:
    more = _exact(db, tables) + _half(tables)
    rounded, at_half = more >> tables.quant_shift, more & ((1 << tables.quant_shift) - 1) == 0
    return rounded - (at_half & (rounded & 1 == 1))


def _scaled_towards_zero(db: NDArray[np.int64], tables: LogMelTables) -> NDArray[np.int64]:
    product = db * 32 * tables.quant_slope
    return (np.sign(product) * (np.abs(product) >> 32) + tables.quant_bias) >> tables.quant_shift


def _shifted_apart(db: NDArray[np.int64], tables: LogMelTables) -> NDArray[np.int64]:
    return (_steps(db, tables) >> tables.quant_shift) + (tables.quant_bias >> tables.quant_shift)


def _with_biases(times: int) -> Quantise:
    return lambda db, t: (_steps(db, t) + times * t.quant_bias) >> t.quant_shift


def _with_slope(factor: float) -> Quantise:
    return lambda db, t: (_steps(db, t, factor) + t.quant_bias) >> t.quant_shift


_QUANTISERS: tuple[tuple[str, str, Quantise], ...] = (
    ("rounded down", "cells are rounded down instead of to the nearest", _with_bias(-1)),
    ("rounded up", "cells are rounded up instead of to the nearest", _with_bias(1)),
    ("truncated", "cells are truncated towards 0 instead of rounded to the nearest", _towards_zero),
    (
        "half added, truncated",
        "cells are rounded towards 0 where they must be rounded down, the half already added, as by a division in the "
        "place of a shift: negative ones alone differ",
        _half_towards_zero,
    ),
    ("halves away from 0", "halves of a cell are rounded away from 0 instead of up", _half_away),
    ("halves down", "halves of a cell are rounded down instead of up", _half_down),
    ("halves to even", "halves of a cell are rounded to the even one instead of up", _half_even),
    (
        "product truncated",
        "the product of level and slope is rounded towards 0 instead of down, or the bias is 1 more, which of levels "
        "below 0 gives the same",
        _scaled_towards_zero,
    ),
    (
        "shifted apart",
        "product and bias are shifted each by itself and then added, so that both lose their fractions",
        _shifted_apart,
    ),
    ("no bias", "the bias is not added", _with_biases(0)),
    ("bias twice", "the bias is added twice", _with_biases(2)),
    ("bias negative", "the bias is subtracted instead of added", _with_biases(-1)),
    (
        "slope halved",
        "cells change half as much with dB as they should (input scale doubled)",
        _with_slope(0.5),
    ),
    (
        "slope doubled",
        "cells change twice as much with dB as they should (input scale halved)",
        _with_slope(2),
    ),
)


def cells_cause(
    levels: NDArray[np.int64],
    device: NDArray[np.int64],
    tables: LogMelTables,
    holds: Callable[[Quantise], bool] = lambda _: True,
) -> Cause | None:
    """How a column's cells are made of its right levels; None where no other rounding or scale gives all, or many do.

    Args:
        levels: int64 [bands].
        device: the cells, int64 [bands].
        tables: the bundle's.
        holds: whether a way holds elsewhere, too.
    """
    found = [
        told
        for _, told, function in _QUANTISERS
        if np.array_equal(_limited(function(levels, tables)), device) and holds(function)
    ]
    return Cause(OR_ELSE.join(found), _CURE, True) if 0 < len(found) <= MOST_ALIKE else None


def columns_by(front_end: FrontEnd, tables: LogMelTables, function: Quantise) -> Callable[[Int16], Int8]:
    """Makes the columns of samples in such a way, int8 [columns, bands]."""
    return lambda samples: _limited(function(front_end.values(samples).astype(np.int64), tables))


def _limited(cells: NDArray[np.int64]) -> Int8:
    return np.clip(cells, -128, 127).astype(np.int8)


def quantised(front_end: FrontEnd, tables: LogMelTables) -> Callable[[list[View]], Iterator[Candidate]]:
    """Another rounding, scale or bound than the bundle's, computed from the unquantised log-mel."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        del views
        for name, told, function in _QUANTISERS:
            yield Candidate(name, told, _CURE, _replay(front_end, tables, function, wrap=False))
        yield Candidate(
            "wrapped",
            "cells beyond int8 wrap around instead of saturating",
            _CURE,
            _replay(front_end, tables, _with_bias(0), wrap=True),
        )

    return hypothesis


def fitted(front_end: FrontEnd, tables: LogMelTables) -> Callable[[list[View]], Iterator[Candidate]]:
    """Cells are another straight line of the level than the bundle's; which, is read from them."""
    right = Line(
        tables.quant_slope * 32 / 2 ** (32 + tables.quant_shift), tables.quant_bias / 2**tables.quant_shift
    )

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        levels, cells = _points(front_end, views)
        line = _line(levels, cells, right) if len(levels) else None
        if line is None:
            return
        told = []
        if line.slope != right.slope:
            share = 100 * (line.slope / right.slope - 1)
            told.append(
                f"change {abs(share):.2g} % {'more' if share > 0 else 'less'} with dB than they should"
            )
        if line.bias != right.bias:
            told.append(f"are moved by {line.bias - right.bias:+.2g} steps before they are rounded")
        yield Candidate(
            "another line",
            f"cells {' and '.join(told)}",
            _CURE,
            _replay(front_end, tables, lambda db, _: line.cells(db), wrap=False),
        )

    return hypothesis


class Line(NamedTuple):
    """How cells follow from levels: rounded down, from `bias` and `slope` steps a unit of the level."""

    slope: float
    bias: float

    def cells(self, levels: NDArray[np.int64]) -> NDArray[np.int64]:
        """The cells of levels, not yet limited."""
        return np.floor(self.slope * levels + self.bias).astype(np.int64)


def _points(front_end: FrontEnd, views: list[View]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Levels, and the device's cells where these are not limited."""
    levels, cells = [], []
    for view in views:
        values = front_end.values(view.file.piece.samples)[: len(view.expected)].astype(np.int64)
        free = (np.abs(view.device[: len(values)] + 0.5) < 127) & view.present[: len(values), None]
        levels.append(values[free])
        cells.append(view.device[: len(values)][free].astype(np.int64))
    return np.concatenate(levels), np.concatenate(cells)


def _line(x: NDArray[np.int64], q: NDArray[np.int64], right: Line) -> Line | None:
    """The line of all points, the right one in slope or bias if it can be; None where no line is."""
    low, high = _biases(x, q, right.slope)
    if low < high:
        return Line(right.slope, (low + high) / 2)
    apart = x != 0
    ends = np.sort(np.stack([q[apart] - right.bias, q[apart] + 1 - right.bias]) / x[apart], axis=0)
    low, high = float(ends[0].max(initial=-np.inf)), float(ends[1].min(initial=np.inf))
    if low < high:
        return Line((low + high) / 2, right.bias)
    if np.ptp(x) == 0:
        return None
    near = float(np.polyfit(x, q, 1)[0])
    low, high = sorted((near * (1 - NEAR), near * (1 + NEAR)))
    for _ in range(STEPS):  # how far biases are apart is a concave function of the slope
        one, other = (2 * low + high) / 3, (low + 2 * high) / 3
        low, high = (one, high) if _room(x, q, one) < _room(x, q, other) else (low, other)
    first, last = _biases(x, q, low)
    return Line(low, (first + last) / 2) if first < last else None


def _biases(x: NDArray[np.int64], q: NDArray[np.int64], slope: float) -> tuple[float, float]:
    """From where to where a bias gives all cells; there is none where the second is not above the first."""
    rest = q - slope * x
    return float(rest.max()), float(rest.min()) + 1


def _room(x: NDArray[np.int64], q: NDArray[np.int64], slope: float) -> float:
    low, high = _biases(x, q, slope)
    return high - low


def _replay(
    front_end: FrontEnd, tables: LogMelTables, function: Quantise, wrap: bool
) -> Callable[[View], Int8 | None]:
    def replay(view: View) -> Int8 | None:
        db = front_end.values(view.file.piece.samples)[: len(view.expected)].astype(np.int64)
        if len(db) != len(view.expected):
            return None
        values = function(db, tables)
        return (values if wrap else np.clip(values, -128, 127)).astype(np.int8)

    return replay
