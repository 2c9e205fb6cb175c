"""Traces and the time of each op, for the reports: tables, and a picture of the tensor that departs."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..board.identity import timing_note
from ..comparison.diagnosis.evidence import TracedFile
from ..comparison.result import RunComparison
from ..model.op_words import shape_text
from ..trace.op_by_op import Row
from ..trace.stages import ColumnTrace, Stage
from ..trace.values import trace_values
from ..trace.words import trace_sentence
from .picture import DIFFERENCE_COLOURS, FEATURE_COLOURS, difference_image, feature_image, gradient
from .plot import Plot
from .units import digits

HEIGHT = 110
MOST_WIDE, MOST_HIGH = 1200, 400  # cells of a picture
MOST_STEPS = 127  # of a difference, to either side

Int16 = NDArray[np.int16]


@dataclass(frozen=True)
class TracePart:
    """A trace's part of the page.

    Attributes:
        title, sentence, about: words.
        rows: of the table of tensors.
        picture: HTML of the tensor, or the stage, that departs; empty where none does.
        stages: rows of the table of stages.
    """

    title: str
    sentence: str
    about: str
    rows: list[dict[str, str | bool]]
    picture: str
    stages: list[dict[str, str | bool]] = field(default_factory=list)


def trace_of_file(traced: TracedFile) -> dict[str, Any]:
    """For report.json."""
    column = traced.column
    return {
        "file": traced.name,
        "about": traced.said,
        "window": None if traced.window is None else trace_values(traced.window),
        "column": None
        if column is None
        else {
            "column": column.column,
            "agreed": column.agreed,
            "sentence": column.sentence,
            "departs_in": None if column.departs is None else column.departs.name,
            "stages": [stage_values(stage) for stage in column.stages],
            "later_stages": list(column.later),
        },
    }


def trace_pictures(run: RunComparison) -> list[TracePart]:
    """A part of the page for each trace."""
    parts = []
    for traced in run.recorded.traced:
        if traced.column is not None:
            title = f"{traced.name}, column {traced.column.column}"
            departs = traced.column.departs
            picture = (
                "" if departs is None else pictures_of(*departs.numbers(), f"stage {departs.name}", "values")
            )
            stages = stage_rows(traced.column)
            parts.append(TracePart(title, traced.column.sentence, traced.said, [], picture, stages))
        if traced.window is not None:
            trace = traced.window.tensors
            parts.append(
                TracePart(
                    f"{traced.name}, window {trace.window}",
                    trace_sentence(trace),
                    traced.said,
                    [_row(row) for row in trace.rows],
                    ""
                    if trace.departure is None
                    else pictures_of(trace.departure.host, trace.departure.device, "tensor", "cells"),
                )
            )
    return parts


def _row(row: Row) -> dict[str, str | bool]:
    record = row.record
    different = "not compared" if row.equal is None else "0" if row.equal else "yes"
    return {
        "op": str(record.op),
        "type": row.op,
        "layer": row.layer,
        "tensor": str(record.tensor),
        "shape": shape_text(row.shape),
        "different": different if row.different is None else f"{row.different:,}",
        "wrong": row.equal is False,
        "largest": "" if row.equal is not False or row.largest is None else f"{row.largest:,}",
        "time": "" if record.ns is None else digits(record.ns / 1000),
        "macs": f"{row.macs:,}" if row.macs else "",
        "modulo": "" if record.modulo is None else str(record.modulo),
    }


def stage_values(stage: Stage) -> dict[str, Any]:
    """A stage for report.json."""
    return {
        "name": stage.name,
        "equal": stage.equal,
        "values": stage.values,
        "different": stage.different,
        "largest": stage.largest or None,
        "place": stage.place,
    }


def stage_rows(column: ColumnTrace) -> list[dict[str, str | bool]]:
    """The table of a column's stages, those that were not asked for last."""
    looked: list[dict[str, str | bool]] = [
        {
            "stage": stage.name,
            "count": f"{stage.values:,}",
            "different": f"{stage.different:,}" if stage.different or stage.equal else "yes",
            "wrong": not stage.equal,
            "largest": f"{stage.largest:,}" if stage.largest else "",
            "place": stage.place,
        }
        for stage in column.stages
    ]
    blank: dict[str, str | bool] = {
        "count": "",
        "different": "not compared",
        "wrong": False,
        "largest": "",
        "place": "",
    }
    return looked + [{**blank, "stage": name} for name in column.later]


def op_time_rows(run: RunComparison) -> list[dict[str, str]]:
    """The time of each op of the last inference."""
    total = sum(op.ns for op in run.op_times)
    clock_hz = 0 if timing_note(run.info) else run.info.clock_hz
    rows = []
    for op in run.op_times:
        cycles = op.cycles_per_mac(clock_hz)
        rows.append(
            {
                "index": str(op.index),
                "op": op.op,
                "layer": op.layer,
                "time": digits(op.ns / 1000),
                "share": f"{100 * op.ns / total:.1f}" if total else "",
                "macs": f"{op.macs:,}" if op.macs else "",
                "cycles": "" if cycles is None else f"{cycles:.2f}",
            }
        )
    return rows


def pictures_of(host_values: NDArray[Any], device_values: NDArray[Any], what: str, unit: str) -> str:
    """What departs: host, device, and their difference; of a tensor channels beside each other.

    Args:
        host_values, device_values: whole numbers of one shape.
        what: they are, for a reader who cannot see.
        unit: its parts are called so.
    """
    host, device = (flat(side) for side in (host_values, device_values))
    low, high = int(min(host.min(), device.min())), int(max(host.max(), device.max()))
    figures = []
    for name, values in (("Host", host), ("Device", device)):
        plot = Plot(HEIGHT)
        plot.picture(feature_image(_bytes(values, low, high), -128, 127), f"the {what} on the {name.lower()}")
        scale = _scale(FEATURE_COLOURS, f"{low:,}", f"{high:,}") if name == "Host" else ""
        figures.append(plot.html(f"<b>{name}</b> {scale}", (), (), "", ""))
    gaps = device.astype(np.int64) - host
    largest = int(np.abs(gaps).max(initial=0))
    steps = np.sign(gaps) * np.ceil(np.abs(gaps) * (min(largest, MOST_STEPS) / max(1, largest)))
    picture, _ = difference_image(np.zeros(gaps.shape, np.int8), steps.astype(np.int8))
    plot = Plot(HEIGHT)
    plot.picture(picture, f"difference of the {what}, device minus host")
    count = int(np.count_nonzero(gaps))
    differ = "differs" if count == 1 else "differ"
    caption = (
        f'<b>Device − host</b> <span class="bad">{count:,} of {gaps.size:,} {unit} shown {differ}</span> '
        + _scale(DIFFERENCE_COLOURS, f"−{largest:,}", f"+{largest:,}" + (" LSB" if unit == "cells" else ""))
    )
    axis = "cells of a row, channel after channel" if unit == "cells" else "values in the order of the stage"
    figures.append(plot.html(caption, (), (), axis, ""))
    return "".join(figures)


def flat(values: NDArray[Any]) -> Int16 | NDArray[np.int64]:
    """A tensor as a picture's [x, y]: rows upwards, and beside each other columns and, within them, channels."""
    wide = values.astype(np.int64)
    shape = [size for size in wide.shape if size > 1] or [1]
    rows = shape[0] if len(shape) > 1 else 1
    return wide.reshape(rows, -1)[:MOST_HIGH, :MOST_WIDE].T


def _bytes(values: NDArray[Any], low: int, high: int) -> NDArray[np.int8]:
    """Values of any range as 256 steps."""
    return np.rint((values - low) * (255 / max(1, high - low)) - 128).astype(np.int8)


def _scale(colours: str, low: str, high: str) -> str:
    return f'<span class="scale">{low}<i style="background:{gradient(colours)}"></i>{high}</span>'
