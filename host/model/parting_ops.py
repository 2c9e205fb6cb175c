"""What was measured of each op: where TensorFlow Lite's reference kernels and TFLite Micro part, and what helps.

`tools/measure_ops.py` writes `parting_ops.json`, which is this project's own measurement of the pinned versions.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .inspect import read_graph
from .names import type_name

FACTS = Path(__file__).with_name("parting_ops.json")

# What helps where TFLite Micro itself is wrong, by (op, type).
_CURES = {
    "RELU6": "let the converter fuse it into the layer before, or use relu",
    "SPACE_TO_BATCH_ND": "replace the dilated convolution by one without dilation",
    "TRANSPOSE_CONV": "convert with int64 biases, or replace it by resizing and a convolution",
    "DEPTHWISE_CONV_2D": "convert with int64 biases (no _experimental_full_integer_quantization_bias_type)",
    "CONV_2D": "convert with int64 biases (no _experimental_full_integer_quantization_bias_type)",
}
_NEVER_EXACT = frozenset({"UNIDIRECTIONAL_SEQUENCE_LSTM", "BIDIRECTIONAL_SEQUENCE_LSTM", "LSTM"})
# Ops that only move or name values: nothing in them can round.
_MOVING = frozenset(
    {
        "ASSIGN_VARIABLE",
        "BROADCAST_TO",
        "CALL_ONCE",
        "CONCATENATION",
        "EXPAND_DIMS",
        "GATHER",
        "MAX_POOL_2D",
        "PACK",
        "PAD",
        "PADV2",
        "READ_VARIABLE",
        "RESHAPE",
        "REVERSE_V2",
        "SHAPE",
        "SLICE",
        "SPLIT",
        "SPLIT_V",
        "SQUEEZE",
        "STRIDED_SLICE",
        "TRANSPOSE",
        "UNPACK",
        "VAR_HANDLE",
    }
)


@dataclass(frozen=True)
class Advice:
    """What to know of one of a model's ops before trusting a comparison.

    Attributes:
        op: its name.
        text: for a person.
    """

    op: str
    text: str


@cache
def facts() -> dict[str, Any]:
    """Return the table: `versions` and `rows`."""
    table: dict[str, Any] = json.loads(FACTS.read_text(encoding="utf-8"))
    return table


def advice_for(model_bytes: bytes) -> list[Advice]:
    """Return what is to be said of a model's ops, each op and type once.

    Raises:
        ModelError: the file cannot be read.
    """
    graph = read_graph(model_bytes)
    told: dict[str, Advice] = {}
    for operator in graph.operators:
        number = next((each for each in (*operator.outputs, *operator.inputs) if each >= 0), None)
        kind = "none" if number is None else type_name(graph.tensors[number].kind)
        for text in _texts(operator.name, kind):
            told.setdefault(text, Advice(operator.name, text))
    return list(told.values())


def _texts(op: str, kind: str) -> list[str]:
    if op in _MOVING or kind not in ("int8", "int16"):
        return []
    if op in _NEVER_EXACT:
        return [
            f"{op}: no byte-exact expectation: its float multipliers round differently from build to build, and its "
            "state keeps the difference"
        ]
    rows = [row for row in facts()["rows"] if (row["op"], row["type"]) == (op, kind)]
    if not rows:
        return [f"{op} {kind}: never measured, no list has it as equal"]
    return [text for row in rows if (text := _row_text(row))]


def _row_text(row: dict[str, Any]) -> str:
    name = f"{row['op']} {row['type']}" + (f" ({row['when']})" if row["when"] else "")
    return {
        "tflite_micro off": f"{name}: TFLite Micro itself is wrong here, and so is the board: "
        f"{_CURES.get(row['op'], 'use another op')}",
        "reference off": f"{name}: TensorFlow's reference kernel is wrong here, TFLite Micro's values are expected",
        "both off": f"{name}: no byte-exact expectation: both interpreters are off",
        "rounding": f"{name}: ±1 allowed at this op: multipliers are float on one side and double on the other, "
        "and halves fall either way",
        "tflite_micro only": f"{name}: TensorFlow's reference kernels refuse it, TFLite Micro's values are expected",
        "aborts": f"{name}: the kernels abort for some inputs",
        "refused": f"{name}: TFLite Micro does not run it",
    }.get(row["verdict"], "")
