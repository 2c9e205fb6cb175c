"""More devices with one fault each: levels, maps, single rows, messages, inputs, decisions. For tests."""

# ruff: noqa: ARG001, ARG005 - every fault takes what all of them may need

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ...bundle.load import Bundle
from ...core.altered_front_end import AlteredFrontEnd
from ...core.c_frontend import FrontEnd
from ...detector.detector import Change, Detector
from ...frontend.log_mel.tables import LogMelTables
from .decibels import DB, DEEP_FLOOR, Logarithm
from .detections import patient
from .fakes_device import Held, Int8, Int16
from .fakes_faults import Fault, Stage, _set, rule, told
from .resting import Timing, decided

Int64 = Any


def _log(bundle: Bundle) -> tuple[Logarithm, FrontEnd]:
    q = bundle.model.input
    right = FrontEnd(bundle.settings, q.scale, q.zero_point)
    deep = FrontEnd(
        bundle.settings, q.scale, q.zero_point, tables=replace(bundle.tables, floor_q16=DEEP_FLOOR)
    )
    return Logarithm(right, bundle.tables, q.scale, q.zero_point), deep


def _levels(bundle: Bundle, alter: Callable[[Logarithm, Int64], Int64], floor: int | None = None) -> Stage:
    """Columns of levels that were altered before they are rounded."""
    log, deep = _log(bundle)

    def columns(x: Int16, held: Held | None) -> Int8:
        raw = deep.values(x).astype(np.int64)
        return log.cells(alter(log, raw), floor).astype(np.int8)

    return columns


def _entry(log: Logarithm, raw: Int64, entry: int, by: int) -> Int64:
    index, fraction = log.entries(raw)
    weight = np.where(index == entry, 1 - fraction, np.where(index == entry - 1, fraction, 0.0))
    return raw + np.floor(by * weight).astype(np.int64)


def _fraction(log: Logarithm, raw: Int64, factor: float) -> Int64:
    index, fraction = log.entries(raw)
    return raw + np.floor(log.step(index) * fraction * factor).astype(np.int64)


def _band(raw: Int64, bands: list[int], by: float) -> Int64:
    raw = raw.copy()
    raw[:, bands] += round(by * DB)
    return raw


def _tables(bundle: Bundle, change: Callable[[LogMelTables], LogMelTables], hop: int = 0) -> Stage:
    q = bundle.model.input
    settings = replace(bundle.settings, hop=bundle.settings.hop + hop)  # type: ignore[type-var]
    tables = None if hop else change(bundle.tables)
    other = FrontEnd(settings, q.scale, q.zero_point, tables)
    return lambda x, held: other.features(x)


def _messages(x: Int16, period: int, change: Callable[[Int16], Int16]) -> Int16:
    return np.concatenate([change(x[i : i + period]) for i in range(0, len(x), period)])


def _map(values: Int8, change: Callable[[Any], Any]) -> Int8:
    return change(values.astype(np.int16)).clip(-128, 127).astype(np.int8)


def _bit_of_every(values: Int8, period: int) -> Int8:
    flat = values.copy().ravel()
    flat[period - 1 :: period] ^= np.int8(8)
    return flat.reshape(values.shape)


def _once_in(values: Int8, period: int, row: Int8 | int) -> Int8:
    return _set(values, slice(period - 1, None, period), row)


def _code(bundle: Bundle, before: str, after: str, bound: int = 0) -> Stage:
    """Columns of a front end in which one expression is another one, below a bound where one is given."""
    q = bundle.model.input

    def columns(x: Int16, held: Held | None) -> Int8:
        with AlteredFrontEnd(bundle.settings, q.scale, q.zero_point) as altered:
            number = next(
                number
                for number, each in enumerate(altered.alterations)
                if (before, after, bool(bound)) == (each.before, each.after, bool(each.below))
            )
            found = altered.columns((number, bound), x)
        assert found is not None
        return found

    return columns


def _entry_of(values: tuple[int, ...], place: int, change: Callable[[int], int]) -> tuple[int, ...]:
    return (*values[:place], change(values[place]), *values[place + 1 :])


CODE_FAULTS: list[Fault] = [
    (
        "a weight of the window for another",
        lambda b: _code(
            b, "fe_scale_sample(x[2 * quarter], w + 1)", "fe_scale_sample(x[2 * quarter], w + 2)"
        ),
        "hann.c line",
        "column 0",
    ),
    (
        "a neighbour shifted once",
        lambda b: _code(b, "upper >> -distance >> -distance", "upper >> -distance"),
        "log.c line",
        "",
    ),
    (
        "loud segments too low",
        lambda b: _code(b, "22 - (int32_t)zeros", "21 - (int32_t)zeros", 7),
        "mel.c line",
        "",
    ),
    (
        "a bit of a share",
        lambda b: _tables(
            b, lambda t: replace(t, shares_q16=_entry_of(t.shares_q16, 20, lambda v: v ^ 1 << 12))
        ),
        "entry 20 of shares_q16",
        "",
    ),
    (
        "a weight missing",
        lambda b: _tables(b, lambda t: replace(t, weights=_entry_of(t.weights, 10, lambda _: 0))),
        "entry 10 of weights",
        "",
    ),
]

LEVEL_FAULTS: list[Fault] = [
    ("one band's level", lambda b: _levels(b, lambda _, r: _band(r, [7], 1.3)), "level of band 7", "band 7"),
    ("three bands", lambda b: _levels(b, lambda _, r: _band(r, [2, 3, 4], -2.2)), "level of 3 bands", ""),
    (
        "an entry of the logarithm",
        lambda b: _levels(b, lambda log, r: _entry(log, r, 39, 9000)),
        "entry 39 of the logarithm",
        "",
    ),
    (
        "no interpolation",
        lambda b: _levels(b, lambda log, r: _fraction(log, r, -1)),
        "interpolation missing",
        "",
    ),
    (
        "loud levels off",
        lambda b: _levels(b, lambda _, r: np.where(r > -30 * DB, r - 3 * DB, r)),
        "levels above one",
        "",
    ),
    ("magnitude for power", lambda b: _levels(b, lambda _, r: r // 2), "levels ×0.5", ""),
    ("all levels", lambda b: _levels(b, lambda _, r: r - DB // 4), "level of all bands", ""),
    ("rectangular window", lambda b: _tables(b, _flat), "taper missing", ""),
    (
        "bins one too high",
        lambda b: _tables(b, lambda t: replace(t, first_bin=t.first_bin - 1)),
        "bins -1",
        "",
    ),
    ("hop one too long", lambda b: _tables(b, lambda t: t, 1), "hop +1", ""),
]


def _flat(t: LogMelTables) -> LogMelTables:
    return replace(t, weights=tuple(max(t.weights) if weight else 0 for weight in t.weights))


MAP_FAULTS: list[Fault] = [
    ("saturates early", lambda b: lambda c, h: np.minimum(c, np.int8(20)), "values off: 21", ""),
    ("floor too high", lambda b: lambda c, h: np.maximum(c, np.int8(-90)), "floor off", ""),
    (
        "band 4 off when loud",
        lambda b: lambda c, h: _set(c, (slice(None), 4), _map(c[:, 4], lambda v: np.where(v > 0, v + 2, v))),
        "values off: ",
        "band 4",
    ),
    ("every 50th column 0", lambda b: lambda c, h: _once_in(c, 50, 0), "blank columns", "column 49"),
    (
        "a bit of every 503rd cell",
        lambda b: lambda c, h: _bit_of_every(c, 503),
        "bit 3 of single cells",
        "",
    ),
    (
        "every 30th column +2",
        lambda b: lambda c, h: _once_in(c, 30, _map(c[29::30], lambda v: v + 2)),
        "columns off by +2",
        "column 29",
    ),
]


def _damaged(x: Int16) -> Int16:
    x = x.copy()
    x[5000::9216] ^= np.int16(1 << 12)
    return x


def _gated(x: Int16, count: int, level: int) -> Int16:
    pieces = [x[at : at + count] for at in range(0, len(x), count)]
    return np.concatenate([piece * (np.abs(piece.astype(int)).max() >= level) for piece in pieces]).astype(
        np.int16
    )


MESSAGE_FAULTS: list[Fault] = [
    ("gated", lambda b: lambda x, h: _gated(x, 64, 100), "pieces of 64 by peak", ""),
    ("bits of single samples", lambda b: lambda x, h: _damaged(x), "bit 12 of samples", ""),
    (
        "last of a message lost",
        lambda b: lambda x, h: _messages(x, 512, lambda m: m[:-1]),
        "1 of 512 lost",
        "",
    ),
    (
        "first of a message twice",
        lambda b: lambda x, h: _messages(x, 512, lambda m: np.concatenate([m[:1], m])),
        "1 of 512 twice",
        "",
    ),
]

WINDOW_FAULTS: list[Fault] = [
    (
        "band never written",
        lambda b: lambda w, h: _set(w, (slice(None), slice(None), 5), 0),
        "band 5",
        "window",
    ),
    ("input halved", lambda b: lambda w, h: w >> 1, "input halved", "window"),
    ("newest column 0", lambda b: lambda w, h: _set(w, (slice(None), -1), 0), "the last column", "window"),
    (
        "a column late, the first twice",
        lambda b: lambda w, h: np.concatenate([w[:, :1], w[:, :-1]], axis=1),
        "input moved by 1",
        "window",
    ),
]


def _held_longer(bundle: Bundle) -> Stage:
    return lambda outputs, held: patient(bundle.thresholds, outputs[:, : len(bundle.labels)], 0, 3)


def _third_lost(bundle: Bundle) -> Stage:
    lost = [0]

    def keep(change: Change, _: Int8) -> Change | None:
        lost[0] += 1
        return None if lost[0] % 3 == 0 else change

    return told(bundle, keep)


def _class_lost(bundle: Bundle) -> Stage:
    """The class that is heard first is never detected."""
    t, first = bundle.thresholds, []  # type: ignore[var-annotated]

    def changes(outputs: Int8, held: Held | None) -> list[Change]:
        right = Detector(t).update(outputs[:, : len(t.on)])
        first.extend(change.label for change in right[:1])
        detect = tuple(on and label not in first[:1] for label, on in enumerate(t.detect))
        return rule(replace(t, detect=detect))(outputs, held)

    return changes


def _rested(bundle: Bundle) -> Stage:
    return lambda outputs, held: decided(bundle.thresholds, outputs[:, : len(bundle.labels)], Timing(rest=9))


def _twice(bundle: Bundle) -> Stage:
    def changes(outputs: Int8, held: Held | None) -> list[Change]:
        right = Detector(bundle.thresholds).update(outputs[:, : len(bundle.labels)])
        return [change for change in right for _ in range(2)]

    return changes


RULE_FAULTS: list[Fault] = [
    ("held longer", _held_longer, "off delayed by 3", ""),
    ("every third lost", _third_lost, "one of 3 lost", ""),
    ("a class never", _class_lost, "never detected", ""),
    ("told twice", _twice, "told twice", ""),
    ("rests", _rested, "rests ", ""),  # 9 windows; where no class begins after just 8, 8 or 9
]

OUTPUT_FAULTS: list[Fault] = [
    (
        "halved",
        lambda b: lambda outputs, held: np.trunc(outputs / 2).astype(np.int8),
        "values halved",
        "window",
    ),
]

MORE_FAULTS: dict[str, list[Fault]] = {
    "features": [*LEVEL_FAULTS, *CODE_FAULTS],
    "columns": MAP_FAULTS,
    "samples": MESSAGE_FAULTS,
    "inputs": WINDOW_FAULTS,
    "outputs": OUTPUT_FAULTS,
    "changes": RULE_FAULTS,
}
