"""The only tolerance there is: one step at an op whose kernels let halves fall either way.

Which ops these are was measured (`parting_ops.json`). Multipliers are float on one side and double on the other there.
At an output that such an op makes, one step is allowed. Where such an op lies inside a model, what comes of its step
depends on all that follows: then a window's outputs may be those of either interpreter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..bundle.model_info import ModelInfo
from .inspect import Graph, read_graph
from .interpreter import Int8, output_parts
from .names import type_name
from .parting_ops import rows_of

# A step of what comes in is a step of what goes out, where both have one scale.
_PASSING_ON = ("EXPAND_DIMS", "QUANTIZE", "RESHAPE", "SQUEEZE")


@dataclass(frozen=True)
class RoundingOp:
    """An op at which one step is allowed.

    Attributes:
        index: its place in the order of execution.
        op: its name.
        type: of its output.
        makes: which of the model's outputs it makes; none where it lies inside.
    """

    index: int
    op: str
    type: str
    makes: tuple[int, ...]

    def __str__(self) -> str:
        return f"op {self.index}, {self.op} {self.type}"


@lru_cache(maxsize=32)
def rounding_ops(model_bytes: bytes) -> tuple[RoundingOp, ...]:
    """Return a model's ops at which one step is allowed.

    Raises:
        ModelError: the file cannot be read.
    """
    graph = read_graph(model_bytes)
    makers = [_maker(graph, number) for number in graph.outputs]
    found = []
    for index, operator in enumerate(graph.operators):
        if any(row["verdict"] == "rounding" for row in rows_of(graph, operator)):
            makes = tuple(place for place, maker in enumerate(makers) if maker == index)
            kind = type_name(graph.tensors[operator.outputs[0]].kind)
            found.append(RoundingOp(index, operator.name, kind, makes))
    return tuple(found)


def _maker(graph: Graph, number: int) -> int | None:
    """The op that computes a tensor, past those that only move its values."""
    made_by = {each: index for index, op in enumerate(graph.operators) for each in op.outputs}
    seen: set[int] = set()
    while number in made_by and number not in seen:
        seen.add(number)
        operator = graph.operators[made_by[number]]
        source = operator.inputs[0] if operator.inputs else -1
        same = source >= 0 and graph.tensors[source].scale == graph.tensors[number].scale
        if operator.name not in _PASSING_ON or not same:
            return made_by[number]
        number = source
    return None


def allowed_cells(
    model: ModelInfo, ops: Sequence[RoundingOp], expected: Int8, came: Int8, other: Int8 | None = None
) -> NDArray[np.bool_]:
    """Return which values differ by no more than is allowed, bool [n, values].

    Args:
        model: what the bundle says of it.
        ops: its `rounding_ops`.
        expected: what the host computed, int8 [n, values].
        came: what the device sent, of the same shape.
        other: what the host's other interpreter computed; None where there is none.
    """
    allowed = np.zeros(expected.shape, np.bool_)
    if not ops:
        return allowed
    loose = {place for op in ops for place in op.makes}
    parts = [part for _, part in output_parts(model)]
    for number, output in enumerate(model.outputs):
        if output.index not in loose:
            continue
        own = parts[number :: len(model.outputs)]
        near = np.abs(_whole(expected, own) - _whole(came, own)) == 1
        for part in own:
            allowed[:, part] = near
    if other is not None:
        allowed[(came == other).all(axis=1)] = True
    return allowed & (expected != came)


def said_of(ops: Sequence[RoundingOp], used: int, of: int) -> str | None:
    """Return what a run tells of its tolerance; None without any.

    Args:
        ops: the model's `rounding_ops`.
        used: outputs that made use of it.
        of: of how many.
    """
    if not ops:
        return None
    made = [str(op) for op in ops if op.makes]
    inside = [str(op) for op in ops if not op.makes]
    texts = [f"±1 is allowed at {', '.join(made)}, which makes an output"] if made else []
    texts += [
        f"{', '.join(inside)} may round either way inside the model, so that a window's outputs may be those of either "
        "of the host's interpreters"
    ] * bool(inside)
    return f"{'; '.join(texts)}: {used:,} of {of:,} outputs made use of that, no other tolerance exists"


def _whole(values: Int8, parts: Sequence[slice]) -> NDArray[np.int32]:
    """An output's own integers, of its int8 values and, where it has them, its low bytes."""
    high = values[:, parts[0]].astype(np.int32)
    return high if len(parts) == 1 else high * 256 + values[:, parts[1]]
