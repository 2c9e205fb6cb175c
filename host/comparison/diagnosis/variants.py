"""Hypotheses that are another front end or another treatment of the samples, each run through the C core."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from ...core.c_frontend import FrontEnd
from ...errors import HilError
from ...frontend.log_mel.tables import LogMelTables
from ...frontend.settings import FrontEndSettings
from .evidence import Int16
from .search import Candidate, Int8, View, largest

PERIODS = (512, 64, 128, 256, 1024)  # samples of an AUDIO message, of a piece of it, and the like
OFFSET_COLUMNS = 24  # those that differ most: an offset shows in few cells
OFFSET_BITS = 13  # of the largest power of two that is tried
MOST_STEPS = 2  # samples lost or repeated in each

_WINDOW = "Look at fe_hann and at the table of weights"
_SHARES = "Look at fe_mel: which share of a bin goes to which of its two bands"
_BINS = "Look at where fe_mel begins to read the spectrum (first_bin)"
_HOP = "Look at how many samples fe_push keeps for the next column, and at how many it skips"
_PIECES = "Look at what happens at the end and at the beginning of each message of samples"
_FILTER = (
    "Look at what is done to samples before the front end on the device (filter, offset, special values)"
)


def other_tables(
    right: FrontEnd, tables: LogMelTables, input_scale: float, zero_point: int
) -> Callable[[list[View]], Iterator[Candidate]]:
    """A front end with other tables than the bundle's, or another hop."""
    made: list[tuple[str, str, str, FrontEnd]] = []

    def variants() -> list[tuple[str, str, str, FrontEnd]]:
        if not made:
            for cause, told, cure, other in _tables(tables):
                made.append((cause, told, cure, FrontEnd(right.settings, input_scale, zero_point, other)))
            for by in (1, -1, 2, -2):
                settings = replace(right.settings, hop=right.settings.hop + by)  # type: ignore[type-var]
                told = f"columns are {settings.hop} samples apart instead of {right.settings.hop}"
                made.append((f"hop {by:+d}", told, _HOP, FrontEnd(settings, input_scale, zero_point)))
        return made

    def _of(front_end: FrontEnd, view: View) -> Int8 | None:
        moved = front_end.settings.hop != right.settings.hop
        return None if view.first and moved else _columns(front_end, view, view.file.piece.samples)

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        del views
        try:
            found = variants()
        except HilError:  # at the limits of what the core takes there is no such variant
            return
        for cause, told, cure, front_end in found:
            yield Candidate(
                cause,
                told,
                cure,
                lambda view, front_end=front_end: _of(front_end, view),  # type: ignore[misc]
            )

    return hypothesis


def _tables(t: LogMelTables) -> Iterator[tuple[str, str, str, LogMelTables]]:
    top = max(t.weights)
    yield (
        "taper missing",
        "the samples are not tapered (a rectangular window)",
        _WINDOW,
        replace(t, weights=tuple(top if weight else 0 for weight in t.weights)),
    )
    yield (
        "shares exchanged",
        "the shares of a band and its neighbour are exchanged",
        _SHARES,
        replace(t, shares_q16=tuple(65535 - share if share else 0 for share in t.shares_q16)),
    )
    yield (
        "shares missing",
        "every bin's power goes to the lower of its bands alone",
        _SHARES,
        replace(t, shares_q16=(0,) * len(t.shares_q16)),
    )
    yield (
        "shares halved",
        "the upper of a bin's two bands gets half of its share",
        _SHARES,
        replace(t, shares_q16=tuple(share // 2 for share in t.shares_q16)),
    )
    for by in (1, -1):
        first = t.first_bin + by
        if first >= 1 and first + len(t.shares_q16) <= t.settings.fft // 2:
            yield (
                f"bins {by:+d}",
                f"every band is read one bin too {'high' if by > 0 else 'low'} in the spectrum",
                _BINS,
                replace(t, first_bin=first),
            )


def _columns(front_end: FrontEnd, view: View, samples: Int16) -> Int8:
    """The columns of all samples; what the samples do not reach is left as it is."""
    columns = front_end.features(samples)[: len(view.expected)]
    return np.concatenate([columns, view.expected[len(columns) :]])


def filtered(front_end: FrontEnd) -> Callable[[list[View]], Iterator[Candidate]]:
    """Samples with an offset, a filter, a special value; samples lost or repeated in every message."""

    def candidate(cause: str, told: str, cure: str, change: Callable[[Int16], Int16]) -> Candidate:
        def replay(view: View) -> Int8:
            return _columns(front_end, view, change(view.file.piece.samples))

        return Candidate(cause, told, cure, replay)

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        view = largest(views)
        for value, of in ((0, -32768), (32767, -32768), (-32768, 32767), (0, 32767)):
            if any((each.file.piece.samples == of).any() for each in views):
                yield candidate(
                    f"{of} → {value}",
                    f"samples of {of} become {value}",
                    _FILTER,
                    lambda x, of=of, value=value: np.where(x == of, value, x).astype(np.int16),  # type: ignore[misc]
                )
        for factor in (0.97, 0.95, 0.9375, 0.96875, 1.0):
            told = f"{factor:g} of each sample is taken off the next one (pre-emphasis)"
            yield candidate(
                f"pre-emphasis {factor:g}",
                told,
                _FILTER,
                lambda x, factor=factor: _emphasised(x, factor),  # type: ignore[misc]
            )
        by = _offset(front_end, view)
        if by:
            yield candidate(
                f"samples {by:+d}",
                f"{by:+d} is added to each sample",
                _FILTER,
                lambda x: (x.astype(np.int32) + by).clip(-32768, 32767).astype(np.int16),
            )
        for cause, told, cure, change in _spoilt_messages(front_end.settings):
            if all(each.first == 0 for each in views):
                yield candidate(cause, told, cure, change)

    return hypothesis


def _emphasised(samples: Int16, factor: float) -> Int16:
    """Whole products, as integer code has them."""
    wide = samples.astype(np.int64)
    before = np.concatenate([[0], wide[:-1]])
    part = np.trunc(before * factor).astype(np.int64)
    return (wide - part).clip(-32768, 32767).astype(np.int16)


def _offset(front_end: FrontEnd, view: View) -> int:
    """What must be added to the samples so that some wrong columns come out best, 0 when nothing helps."""
    settings = front_end.settings
    rows = np.argsort(-view.wrong.sum(axis=1), kind="stable")[: min(OFFSET_COLUMNS, len(view.wrong_rows))]
    if not len(rows):
        return 0
    wide = view.file.piece.samples.astype(np.int32)

    def off(by: int) -> int:
        """By how much the cells are off together: how many are off does not tell what is nearer."""
        moved = (wide + by).clip(-32768, 32767).astype(np.int16)
        pieces = (moved[row * settings.hop : row * settings.hop + settings.fft] for row in rows.tolist())
        cells = np.concatenate([front_end.features(piece)[:1] for piece in pieces])
        return int(np.abs(cells.astype(np.int64) - view.device[rows]).sum())

    def nearest(sign: int) -> int:
        best = min((sign << bits for bits in range(OFFSET_BITS)), key=off)
        width = max(2, abs(best) // 2)
        while width > 1:
            width = max(1, width // 3)
            best = min((best + width * k for k in (0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5)), key=off)
        return best

    # cells tell of a power, and what is added to either side gives nearly the same where it is much
    return min((0, nearest(1), nearest(-1)), key=off)


def _spoilt_messages(
    settings: FrontEndSettings,
) -> Iterator[tuple[str, str, str, Callable[[Int16], Int16]]]:
    for period in PERIODS:
        for count in range(1, MOST_STEPS + 1):
            which = f"{count} sample{'s' * (count > 1)}"
            yield (
                f"{count} of {period} lost at the end",
                f"the last {which} of every {period} {'are' if count > 1 else 'is'} lost",
                _PIECES,
                lambda x, period=period, count=count: _without(x, period, period - count, count),  # type: ignore[misc]
            )
            yield (
                f"{count} of {period} lost at the beginning",
                f"the first {which} of every {period} {'are' if count > 1 else 'is'} lost",
                _PIECES,
                lambda x, period=period, count=count: _without(x, period, 0, count),  # type: ignore[misc]
            )
            yield (
                f"{count} of {period} twice at the beginning",
                f"the first {which} of every {period} come twice",
                _PIECES,
                lambda x, period=period, count=count: _twice(x, period, 0, count),  # type: ignore[misc]
            )
            yield (
                f"{count} of {period} twice at the end",
                f"the last {which} of every {period} come twice",
                _PIECES,
                lambda x, period=period, count=count: _twice(x, period, period - count, count),  # type: ignore[misc]
            )
    for count in range(1, MOST_STEPS + 1):
        which = f"{count} sample{'s are' if count > 1 else ' is'}"
        yield (
            f"{count} lost after each column",
            f"{which} lost behind each column",
            _HOP,
            lambda x, count=count: _lost_behind(x, settings.span, settings.hop, count),  # type: ignore[misc]
        )


def _without(samples: Int16, period: int, place: int, count: int) -> Int16:
    at = np.arange(len(samples)) % period
    return samples[(at < place) | (at >= place + count)]


def _lost_behind(samples: Int16, span: int, hop: int, count: int) -> Int16:
    """Without the samples that follow each column's last one."""
    return np.concatenate([samples[:span], _without(samples[span:], hop + count, 0, count)])


def _twice(samples: Int16, period: int, place: int, count: int) -> Int16:
    pieces = []
    for start in range(0, len(samples), period):
        piece = samples[start : start + period]
        pieces += [piece[: place + count], piece[place : place + count], piece[place + count :]]
    return np.concatenate(pieces) if pieces else samples
