"""One device for each hypothesis, in which exactly that fault lies, and the cause that must be named. For tests."""

# ruff: noqa: ARG005 - every fault takes what all of them may need

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np

from ...bundle.load import Bundle
from ...core.c_frontend import FrontEnd
from ...detector.detector import Change, Detector
from ...detector.rule import Int8Rule
from .fakes_device import Held, Int8, Int16

Stage = Callable[[Any, Held | None], Any]
Fault = tuple[
    str, Callable[[Bundle], Stage], str, str
]  # name, the fault, cause to be named, part of the place

N = 20_001  # a sample in the middle of a file, no multiple of anything
C = 55  # a column there


def _from(values: Any, place: int, changed: Any) -> Any:
    return np.concatenate([values[:place], changed[place : len(values)]])


def _late(values: Any, held_values: Any, k: int) -> Any:
    """k rows late; what comes first is what was held."""
    head = held_values[len(held_values) - k :] if held_values is not None else np.full_like(values[:k], -7)
    return np.concatenate([head, values[:-k]])


def _set(values: Any, index: Any, to: Any) -> Any:
    values = values.copy()
    values[index] = to
    return values


def _add(values: Int8, index: Any, by: int) -> Int8:
    wide = values.astype(np.int16)
    wide[index] += by
    return wide.clip(-128, 127).astype(np.int8)


def _amplified(x: Int16, factor: float) -> Int16:
    return np.clip(np.floor(x * factor), -32768, 32767).astype(np.int16)


def _centred(x: Int16, count: int) -> Int16:
    pieces = np.resize(x, -(-len(x) // count) * count).reshape(-1, count).astype(float)
    centred = pieces - np.trunc(pieces.mean(axis=1, keepdims=True))
    return np.concatenate([centred.ravel()[: len(x) // count * count], x[len(x) // count * count :]]).astype(
        np.int16
    )


def _stale(values: Int8, places: slice) -> Int8:
    changed = values.copy()
    for row in range(*places.indices(len(values))):
        changed[row] = changed[row - 1]
    return changed


def _ring(bundle: Bundle) -> Callable[[Int8, Held | None], Int8]:
    def change(windows: Int8, held: Held | None) -> Int8:
        del held
        return np.stack(
            [np.roll(w, (i * bundle.stride) % bundle.frames, axis=0) for i, w in enumerate(windows)]
        )

    return change


def _quantised(
    bundle: Bundle, wrap: bool = False, halves: int = 0, slope: float = 1, divided: bool = False
) -> Stage:
    """Columns with another last step, from the C front end's unquantised log-mel."""
    q, tables = bundle.model.input, bundle.tables
    front_end = FrontEnd(bundle.settings, q.scale, q.zero_point)

    def columns(x: Int16, held: Held | None) -> Int8:
        del held
        db = front_end.values(x).astype(np.int64)
        bias = tables.quant_bias + halves * (1 << tables.quant_shift) // 2
        exact = ((db * 32 * round(tables.quant_slope * slope)) >> 32) + bias
        cells = exact >> tables.quant_shift
        if divided:  # as C divides
            cells = np.trunc(exact / (1 << tables.quant_shift)).astype(np.int64)
        return (cells if wrap else cells.clip(-128, 127)).astype(np.int8)

    return columns


def _leftover(bundle: Bundle) -> Stage:
    """The front end goes on with the samples it held when the file before ended."""
    q = bundle.model.input
    front_end = FrontEnd(bundle.settings, q.scale, q.zero_point)

    def columns(x: Int16, held: Held | None) -> Int8:
        if held is None:
            return front_end.features(x)
        used = bundle.settings.columns(len(held.samples)) * bundle.settings.hop
        joined = np.concatenate([held.samples[used:], x])
        return front_end.features(joined)[: bundle.settings.columns(len(x))]

    return columns


def rule(t: Int8Rule) -> Callable[[Int8, Held | None], list[Change]]:
    """Detections with other thresholds."""
    return lambda outputs, _: Detector(t).update(outputs[:, : len(t.on)])


def told(bundle: Bundle, alter: Callable[[Change, Int8], Change | None]) -> Stage:
    """The right decisions, told otherwise."""

    def changes(outputs: Int8, held: Held | None) -> list[Change]:
        del held
        right = Detector(bundle.thresholds).update(outputs[:, : len(bundle.labels)])
        found = [alter(change, outputs) for change in right]
        return sorted(c for c in found if c is not None and c.window < len(outputs))

    return changes


def _kept_active(bundle: Bundle) -> Stage:
    def changes(outputs: Int8, held: Held | None) -> list[Change]:
        detector = Detector(bundle.thresholds)
        if held is not None:
            detector.state = deepcopy(held.state)
        return detector.update(outputs[:, : len(bundle.labels)])

    return changes


def _debounced(bundle: Bundle) -> Stage:
    def changes(outputs: Int8, held: Held | None) -> list[Change]:
        del held
        t, found = bundle.thresholds, []
        for label in np.flatnonzero(t.detect).tolist():
            active, run = False, 0
            for window, score in enumerate(outputs[:, label].tolist()):
                now = score >= (t.off[label] if active else t.on[label])
                run = run + 1 if now != active else 0
                if run == 2:
                    active, run = now, 0
                    found.append(Change(window, label, now, score))
        return sorted(found)

    return changes


def _moved(bundle: Bundle, on: int, off: int) -> Int8Rule:
    t = bundle.thresholds
    return replace(t, on=tuple(v + on for v in t.on), off=tuple(v + off for v in t.off))


COLUMN_FAULTS: list[Fault] = [
    ("late from the start", lambda b: lambda c, h: _late(c, h and h.columns, 1), "1 column late", "column 0"),
    (
        "late from a place",
        lambda b: lambda c, h: _from(c, C, _late(c, None, 1)),
        "1 column late",
        f"column {C}",
    ),
    ("late by three", lambda b: lambda c, h: _from(c, C, _late(c, None, 3)), "3 columns late", f"column {C}"),
    (
        "early by two",
        lambda b: lambda c, h: _from(c, C, np.concatenate([c[2:], c[-2:]])),
        "2 columns early",
        f"column {C}",
    ),
    (
        "of the file before",
        lambda b: lambda c, h: c if h is None else np.concatenate([h.columns[-30:], c[30:]]),
        "of the file before",
        "column 0",
    ),
    ("every 20th not refreshed", lambda b: lambda c, h: _stale(c, slice(20, None, 20)), "stale", "column 20"),
    (
        "ring not refreshed",
        lambda b: lambda c, h: _set(c, slice(b.frames + 3, None, 40), c[3 : -b.frames : 40]),
        "stale by",
        "column",
    ),
    ("stuck from a place", lambda b: lambda c, h: _set(c, slice(C, None), c[C]), "stale", f"column {C + 1}"),
    ("bands reversed", lambda b: lambda c, h: c[:, ::-1], "reversed", "column 0"),
    ("bands rotated", lambda b: lambda c, h: np.roll(c, 1, axis=1), "rotated by 1", "column 0"),
    (
        "bands shifted",
        lambda b: lambda c, h: np.concatenate([c[:, :1], c[:, :-1]], axis=1),
        "shifted by 1",
        "column 0",
    ),
    (
        "two bands exchanged",
        lambda b: lambda c, h: _set(c, (slice(None), [5, 9]), c[:, [9, 5]]),
        "exchanged",
        "",
    ),
    ("one band off", lambda b: lambda c, h: _add(c, (slice(None), 12), 3), "offset of band 12", "band 12"),
    ("all cells off", lambda b: lambda c, h: _add(c, slice(None), -4), "constant offset", "column 0, band 0"),
    (
        "zero point left out",
        lambda b: lambda c, h: _add(c, slice(None), -b.model.input.zero_point // 4),
        "constant offset",
        "column 0",
    ),
    ("one band stuck", lambda b: lambda c, h: _set(c, (slice(None), 7), -3), "band 7 stuck", "band 7"),
    ("all stuck", lambda b: lambda c, h: np.full_like(c, -128), "all bands stuck", "column 0"),
    ("unsigned", lambda b: lambda c, h: c ^ np.int8(-128), "unsigned", "column 0"),
    ("low bit lost", lambda b: lambda c, h: c & np.int8(-2), "bit 0 stuck at 0", ""),
]

FEATURE_FAULTS: list[Fault] = [
    ("rounded down", lambda b: _quantised(b, halves=-1), "rounded down", ""),
    ("rounded up", lambda b: _quantised(b, halves=1), "rounded up", ""),
    ("wrapped", lambda b: _quantised(b, wrap=True), "wrapped", ""),
    ("divided", lambda b: _quantised(b, divided=True), "half added, truncated", ""),
    ("slope halved", lambda b: _quantised(b, slope=0.5), "slope halved", ""),
    ("slope a little less", lambda b: _quantised(b, slope=0.9993), "another line", ""),
    ("front end not reset", _leftover, "front end not reset", ""),
]

SAMPLE_FAULTS: list[Fault] = [
    ("bytes exchanged", lambda b: lambda x, h: x.byteswap(), "bytes exchanged", "column 0"),
    ("bytes exchanged from N", lambda b: lambda x, h: _from(x, N, x.byteswap()), "bytes exchanged", ""),
    ("gain 2 from N", lambda b: lambda x, h: _from(x, N, _amplified(x, 2)), "gain ×2", ""),
    ("gain 2", lambda b: lambda x, h: _amplified(x, 2), "gain ×2", "column 0"),
    ("gain 1.26", lambda b: lambda x, h: _amplified(x, 1.26), "gain ×1.26", "column 0"),
    ("halved from N", lambda b: lambda x, h: _from(x, N, x >> 1), "gain ×0.5", ""),
    ("clipped", lambda b: lambda x, h: np.clip(x, -5000, 5000), "clipped at 5000", ""),
    ("clipped at 8191", lambda b: lambda x, h: np.clip(x, -8191, 8191), "clipped at 8191", ""),
    (
        "one sample lost",
        lambda b: lambda x, h: np.concatenate([x[:N], x[N + 1 :], x[-1:]]),
        "1 sample lost",
        "",
    ),
    (
        "a message lost",
        lambda b: lambda x, h: np.concatenate([x[:N], x[N + 512 :], x[-512:]]),
        "512 samples lost",
        "",
    ),
    (
        "a message twice",
        lambda b: lambda x, h: np.concatenate([x[:N], x[N - 512 : -512]]),
        "512 samples repeated",
        "",
    ),
    ("doubled", lambda b: lambda x, h: np.repeat(x[::2], 2)[: len(x)], "doubled", "column 0"),
    (
        "mean off",
        lambda b: lambda x, h: _centred(x, 128),
        "mean of 128 off",
        "column 0",
    ),
    ("silence from N", lambda b: lambda x, h: _from(x, N, np.zeros_like(x)), "silence", ""),
    ("low byte lost", lambda b: lambda x, h: x & np.int16(-256), "8 low bits lost", ""),
    ("pairs exchanged", lambda b: lambda x, h: x.reshape(-1, 2)[:, ::-1].ravel(), "pairs exchanged", ""),
]

OUTPUT_FAULTS: list[Fault] = [
    ("one window late", lambda b: lambda o, h: _late(o, h and h.outputs, 1), "1 window late", "window 0"),
    ("late from 9 on", lambda b: lambda o, h: _from(o, 9, _late(o, None, 1)), "1 window late", "window 9"),
    (
        "one window early",
        lambda b: lambda o, h: np.concatenate([o[1:], o[-1:]]),
        "1 window early",
        "window 0",
    ),
    ("stale windows", lambda b: lambda o, h: _stale(o, slice(6, None, 3)), "stale", "window 6"),
    (
        "windows of the file before",
        lambda b: lambda o, h: o if h is None else np.concatenate([h.outputs[:8], o[8:]]),
        "of the file before",
        "window 0",
    ),
    ("score and logit exchanged", lambda b: lambda o, h: np.roll(o, o.shape[1] // 2, axis=1), "", "window 0"),
    ("sign flipped", lambda b: lambda o, h: np.negative(o), "sign flipped", "window 0"),
    ("unsigned outputs", lambda b: lambda o, h: o ^ np.int8(-128), "unsigned", "window 0"),
    ("all outputs +2", lambda b: lambda o, h: _add(o, slice(None), 2), "constant offset", "window 0"),
]

INPUT_FAULTS: list[Fault] = [
    ("ring as it lies", _ring, "ring as it lies", "window"),
    ("ring off by one", lambda b: lambda w, h: np.roll(w, -1, axis=1), "ring rotated by -1", "window"),
    ("ring off by -1", lambda b: lambda w, h: np.roll(w, 1, axis=1), "ring rotated by 1", "window"),
    ("transposed", lambda b: lambda w, h: w.transpose(0, 2, 1).reshape(w.shape), "transposed", "window"),
    ("newest first", lambda b: lambda w, h: w[:, ::-1], "reversed in time", "window"),
    ("highest band first", lambda b: lambda w, h: w[:, :, ::-1], "bands reversed", "window"),
    (
        "zero point added",
        lambda b: lambda w, h: _add(w, slice(None), -b.model.input.zero_point),
        "input offset",
        "window",
    ),
    ("unsigned input", lambda b: lambda w, h: w ^ np.int8(-128), "unsigned", "window"),
    ("input zero", lambda b: lambda w, h: np.zeros_like(w), "input all 0", "window"),
    (
        "short copy",
        lambda b: lambda w, h: np.concatenate([w[:1], np.concatenate([w[1:, :-1], w[:-1, -1:]], axis=1)]),
        "cells stale",
        "window",
    ),
]

DETECTION_FAULTS: list[Fault] = [
    ("threshold far off", lambda b: rule(_moved(b, 25, 0)), "upper threshold", ""),
    ("release far off", lambda b: rule(_moved(b, 0, -30)), "lower threshold", ""),
    ("both off", lambda b: rule(_moved(b, -40, -40)), "both thresholds", ""),
    ("no hysteresis", lambda b: rule(replace(b.thresholds, off=b.thresholds.on)), "hysteresis missing", ""),
    (
        "thresholds exchanged",
        lambda b: rule(replace(b.thresholds, on=b.thresholds.off, off=b.thresholds.on)),
        "thresholds exchanged",
        "",
    ),
    ("not reset", _kept_active, "detector not reset", ""),
    (
        "told late",
        lambda b: told(b, lambda c, o: replace(c, window=c.window + 2)),
        "detections 2 windows late",
        "",
    ),
    ("debounced", _debounced, "debounced by 2", ""),
    (
        "wrong score",
        lambda b: told(b, lambda c, o: replace(c, score=int(o[max(0, c.window - 1), c.label]))),
        "score of the window before",
        "",
    ),
    (
        "logit",
        lambda b: told(b, lambda c, o: replace(c, score=int(o[c.window, len(b.labels) + c.label]))),
        "logit told as score",
        "",
    ),
    ("inverted", lambda b: told(b, lambda c, o: replace(c, active=not c.active)), "active inverted", ""),
    ("never off", lambda b: told(b, lambda c, o: c if c.active else None), "only changes to active", ""),
]

# By the stage that passes through the fault: the option of `FaultyDevice`.
FAULTS: dict[str, list[Fault]] = {
    "features": FEATURE_FAULTS,
    "columns": COLUMN_FAULTS,
    "samples": SAMPLE_FAULTS,
    "outputs": OUTPUT_FAULTS,
    "inputs": INPUT_FAULTS,
    "changes": DETECTION_FAULTS,
}
