"""What was measured of each op: where TensorFlow Lite's reference kernels and TFLite Micro part, and what helps.

`tools/measure_ops.py` writes `parting_ops.json`, which is this project's own measurement of the pinned versions.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .inspect import Graph, Operator, read_graph
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
# Conditions of rows that a model's tensors tell.
INT32_BIAS, OTHER_SCALE = "int32 bias", "not fused, another scale"
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
        for text in _texts(graph, operator):
            told.setdefault(text, Advice(operator.name, text))
    return list(told.values())


def rows_of(graph: Graph, operator: Operator) -> list[dict[str, Any]]:
    """Return the table's rows for an op of a model: those of its type whose condition it meets, or may meet."""
    kind = _kind(graph, operator)
    return [
        row
        for row in facts()["rows"]
        if (row["op"], row["type"]) == (operator.name, kind) and _meets(row["when"], graph, operator)
    ]


def _kind(graph: Graph, operator: Operator) -> str:
    number = next((each for each in (*operator.outputs, *operator.inputs) if each >= 0), None)
    return "none" if number is None else type_name(graph.tensors[number].kind)


def _meets(when: str, graph: Graph, operator: Operator) -> bool:
    tensors = [graph.tensors[number] for number in (*operator.inputs, *operator.outputs) if number >= 0]
    if when == INT32_BIAS:
        return len(tensors) > 3 and type_name(tensors[-2].kind) == "int32"
    if when == OTHER_SCALE:
        return len({(tensor.scale, tensor.zero_point) for tensor in tensors}) > 1
    return True  # what stands in an op's options or constants is not looked at: it may


def _texts(graph: Graph, operator: Operator) -> list[str]:
    op, kind = operator.name, _kind(graph, operator)
    if op in _MOVING or kind not in ("int8", "int16"):
        return []
    if not any((row["op"], row["type"]) == (op, kind) for row in facts()["rows"]):
        return [f"{op} {kind}: never measured, no list has it as equal"]
    return [text for row in rows_of(graph, operator) if (text := _row_text(row))]


def _row_text(row: dict[str, Any]) -> str:
    name = f"{row['op']} {row['type']}" + (f" ({row['when']})" if row["when"] else "")
    return {
        "tflite_micro off": f"{name}: TFLite Micro itself is wrong here, and so is the board: "
        f"{_CURES.get(row['op'], 'use another op')}",
        "reference off": f"{name}: TensorFlow's reference kernel is wrong here, TFLite Micro's values are expected",
        "inexact": f"{name}: no byte-exact expectation: both are implemented apart from each other, and what they "
        "differ by stays in the state",
        "both off": f"{name}: no byte-exact expectation: both interpreters are off",
        "rounding": f"{name}: ±1 allowed at this op: multipliers are float on one side and double on the other, "
        "and halves fall either way",
        "tflite_micro only": f"{name}: TensorFlow's reference kernels refuse it, TFLite Micro's values are expected",
        "aborts": f"{name}: the kernels abort for some inputs",
        "refused": f"{name}: TFLite Micro does not run it",
    }.get(row["verdict"], "")
