"""Hypotheses about the front end's last step: from dB to int8."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from ...core.c_frontend import FrontEnd
from ...frontend.log_mel.tables import LogMelTables
from .search import Candidate, Int8, View

_CURE = "Look at fe_quantise: its rounding constant, shift and bounds"

Quantise = Callable[[NDArray[np.int64], LogMelTables], NDArray[np.int64]]


def _steps(db_q16: NDArray[np.int64], tables: LogMelTables, slope: float = 1.0) -> NDArray[np.int64]:
    """What is added to the bias, `quant_shift` bits after the point."""
    return (db_q16 * 32 * round(tables.quant_slope * slope)) >> 32


def _with_bias(halves: int) -> Quantise:
    """The rounding constant is a half; this many halves are added to it."""
    return lambda db, t: (_steps(db, t) + t.quant_bias + halves * (1 << t.quant_shift) // 2) >> t.quant_shift


def _towards_zero(db: NDArray[np.int64], tables: LogMelTables) -> NDArray[np.int64]:
    exact = _steps(db, tables) + tables.quant_bias - (1 << tables.quant_shift) // 2
    return np.sign(exact) * (np.abs(exact) >> tables.quant_shift)


def _with_slope(factor: float) -> Quantise:
    return lambda db, t: (_steps(db, t, factor) + t.quant_bias) >> t.quant_shift


_QUANTISERS: tuple[tuple[str, str, Quantise], ...] = (
    ("rounded down", "cells are rounded down instead of to the nearest", _with_bias(-1)),
    ("rounded up", "cells are rounded up instead of to the nearest", _with_bias(1)),
    ("truncated", "cells are truncated towards 0 instead of rounded to the nearest", _towards_zero),
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
