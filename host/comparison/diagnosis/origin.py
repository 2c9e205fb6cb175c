"""Where in the front end differences arise that no hypothesis reproduces: by what their sizes depend on."""

import numpy as np
from numpy.typing import NDArray

from ...frontend.settings import FrontEndSettings
from .decibels import DB, DEEP_FLOOR, FAR, Levels, Logarithm
from .search import View

SAME = DB // 100  # levels this near to each other are the same
APART = DB // 10  # and what becomes of them is not, when it is further apart than this
LEAST_PAIRS = 20
OFTEN, RARELY = 0.1, 0.01  # share of pairs
EDGE_BINS = 3  # beside a band, whose power it may have got
CELLS_A_BIN = 3  # so that a fit says something
FITTED = 0.95  # of a band's cells
SPARE_DB = 0.05
MOST_BANDS_OFF = 0.2

BEFORE_LOG = (
    "equal levels of a band come out differently, so it is not the logarithm alone: a band's energy is wrong before "
    "it, or a column is not where it belongs, or something is kept from column to column"
)
IN_LOG = "equal levels of a band come out alike, so it arises in the logarithm or after it"
IN_MEL = "each band is a weighted sum of the right spectrum, with other weights than the bundle's: it arises in fe_mel"
NOT_MEL = "no fixed weights make the bands out of the right spectrum, so it is no weight of fe_mel"


def origin(log: Logarithm, views: list[View], settings: FrontEndSettings) -> str:
    """What was found, in words; empty when too few values differ."""
    known = [(view, levels) for view in views if (levels := log.levels(view)) is not None]
    if not known:
        return ""
    pairs, apart = _pairs(known, log.tables.floor_q16)
    if pairs < LEAST_PAIRS:
        return ""
    if apart <= RARELY * pairs:
        return IN_LOG
    if apart < OFTEN * pairs:
        return ""
    weighed = _weighed(known, log, settings)
    return BEFORE_LOG if weighed is None else IN_MEL if weighed else f"{BEFORE_LOG}; {NOT_MEL}"


def _pairs(known: list[tuple[View, Levels]], floor: int) -> tuple[int, int]:
    """Pairs of equal levels of which one came out far off, and how many of them came out differently."""
    pairs = apart = 0
    for band in range(known[0][0].expected.shape[1]):
        parts = [_band(view, levels, band, floor) for view, levels in known]
        raw, low, high, wrong = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(raw, kind="stable")
        raw, low, high, wrong = raw[order], (low - raw)[order], (high - raw)[order], wrong[order]
        far = wrong & ((low > APART) | (high < -APART))  # by more than rounding makes of a hair's breadth
        near = (np.diff(raw) <= SAME) & (far[1:] | far[:-1])
        gap = np.maximum(low[1:] - high[:-1], low[:-1] - high[1:])
        pairs += int(near.sum())
        apart += int((near & (gap > APART)).sum())
    return pairs, apart


def _band(view: View, levels: Levels, band: int, floor: int) -> tuple[NDArray, NDArray, NDArray, NDArray]:  # type: ignore[type-arg]
    rows = view.present & (levels.raw[:, band] > floor)
    return (
        levels.raw[rows, band],
        levels.low[rows, band],
        levels.high[rows, band],
        (view.expected != view.device)[rows, band],
    )


def _weighed(known: list[tuple[View, Levels]], log: Logarithm, settings: FrontEndSettings) -> bool | None:
    """Whether bands are sums of the right spectrum, with any weights; None where that cannot be told."""
    power = np.concatenate([_power(view, settings) for view, _ in known])
    present = np.concatenate([view.present for view, _ in known])
    low = np.concatenate([levels.low for _, levels in known])
    high = np.concatenate([levels.high for _, levels in known])
    raw = np.concatenate([levels.raw for _, levels in known])
    wrong = np.concatenate([view.wrong for view, _ in known])
    inner = present[:, None] & (low > -FAR) & (high < FAR) & (raw > DEEP_FLOOR)
    starts = log.tables.first_bin + np.concatenate([[0], np.cumsum(log.tables.segment_bins)])
    tested = fitted = 0
    for band in np.flatnonzero(wrong.any(axis=0)).tolist():
        first = max(0, int(starts[band]) - EDGE_BINS)
        end = min(power.shape[1], int(starts[band + 2]) + EDGE_BINS)
        rows = (
            inner[:, band] & wrong[:, band]
        )  # right cells fit the right weights and say nothing of the others
        if rows.sum() < CELLS_A_BIN * (end - first):
            continue
        tested += 1
        fitted += _fits(power[rows, first:end], low[rows, band] / DB, high[rows, band] / DB)
    return None if not tested else fitted >= (1 - MOST_BANDS_OFF) * tested


def _power(view: View, settings: FrontEndSettings) -> NDArray[np.float64]:
    """Of the right spectrum, [columns, bins]."""
    samples = view.file.piece.samples.astype(np.float64)
    left = (settings.fft - settings.window) // 2
    taper: NDArray[np.float64] = np.zeros(settings.fft)
    taper[left : left + settings.window] = 0.5 - 0.5 * np.cos(
        2 * np.pi * np.arange(settings.window) / settings.window
    )
    starts = np.arange(len(view.expected)) * settings.hop
    frames = samples[starts[:, None] + np.arange(settings.fft)] * taper
    return np.asarray(np.abs(np.fft.rfft(frames, axis=1)) ** 2, np.float64)


def _fits(power: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]) -> bool:
    energy = 10 ** ((low + high) / 20)
    weights = np.linalg.lstsq(power / energy[:, None], np.ones(len(power)), rcond=None)[0]
    level = 10 * np.log10(np.maximum(power @ weights, 1e-30))
    return float(np.mean((level >= low - SPARE_DB) & (level <= high + SPARE_DB))) >= FITTED
