"""One op of a model in float64, from its integer inputs: the third opinion where two interpreters part."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .flatbuffer import Table, root
from .inspect import read_graph
from .locate import Values

Float64 = NDArray[np.float64]
_OPERATORS, _TENSORS = 3, 0  # fields of SubGraph
_INPUTS, _OPTIONS = 1, 4  # fields of Operator
_QUANTISATION = 4  # field of Tensor
_SAME = 0  # Padding


class _Op:
    """An op with its inputs as real numbers.

    Attributes:
        real: the inputs as float64; None: one that is left out, or no number is known of.
        raw: the inputs' integers.
    """

    def __init__(self, model_bytes: bytes, index: int, values: Values) -> None:
        subgraph = next(iter(root(model_bytes).tables(2)))
        table = list(subgraph.tables(_OPERATORS))[index]
        tensors = list(subgraph.tables(_TENSORS))
        self.inputs = table.values(_INPUTS, "i", 1000)
        self._options = table.table(_OPTIONS)
        self.raw = [values.get(number) for number in self.inputs]
        self.real: list[Any] = [
            None if number not in values else _real(tensors[number], values[number]) for number in self.inputs
        ]

    def number(self, field: int, kind: str, default: int = 0) -> int:
        """A whole number of the op's options."""
        return default if self._options is None else self._options.scalar(field, kind, default)

    def float_number(self, field: int, default: float) -> float:
        """A float32 of the op's options."""
        place = None if self._options is None else self._options.place(field)
        if place is None or self._options is None:
            return default
        return float(np.array(self._options.scalar(field, "I"), np.uint32).view(np.float32))


def _real(tensor: Table, integers: NDArray[Any]) -> Float64:
    """The real numbers that a tensor's integers stand for; a tensor without a scale holds plain numbers."""
    table = tensor.table(_QUANTISATION)
    values: Float64 = integers.astype(np.float64)
    if table is None or not table.length(2, 4):
        return values
    scales = np.array(table.values(2, "I", 1 << 20), np.uint32).view(np.float32).astype(np.float64)
    zeros = np.array(table.values(3, "q", 1 << 20), np.float64)
    if len(scales) > 1:
        shape = [1] * values.ndim
        shape[table.scalar(6, "i")] = len(scales)
        scales, zeros = scales.reshape(shape), zeros.reshape(shape) if len(zeros) > 1 else zeros
    return np.asarray((values - zeros) * scales)


def float_output(model_bytes: bytes, index: int, values: Values) -> Float64 | None:
    """Return what op number `index` should give, as real numbers; None for one that is not covered here.

    Args:
        model_bytes: the `.tflite` file.
        index: of the op in the first subgraph.
        values: the integers of its inputs, constants included, by tensor number.
    """
    name = read_graph(model_bytes).operators[index].name
    rule = _RULES.get(name)
    if rule is None:
        return None
    try:
        with np.errstate(all="ignore"):
            found = rule(_Op(model_bytes, index, values))
    except (ArithmeticError, IndexError, TypeError, ValueError):
        return None  # a foreign model's op of a shape that the arithmetic here does not cover
    return None if found is None else np.asarray(found, np.float64)


def steps_off(model_bytes: bytes, number: int, real: Float64, integers: NDArray[Any]) -> float:
    """Return the largest distance of a tensor's integers from real numbers, in its own steps; saturation counts as 0.

    Args:
        model_bytes: the `.tflite` file.
        number: of the tensor.
        real: what it should hold.
        integers: what it holds.
    """
    tensor = read_graph(model_bytes).tensors[number]
    scale, zero_point = tensor.scale or 1.0, tensor.zero_point or 0
    limits = np.iinfo(integers.dtype)
    right = np.clip(real.reshape(integers.shape) / scale + zero_point, limits.min, limits.max)
    return float(np.max(np.abs(integers - right), initial=0.0))


def _activated(op: _Op, values: Float64, field: int = 0) -> Float64:
    """Apply a fused activation: RELU, RELU_N1_TO_1, RELU6, TANH."""
    kind = op.number(field, "b")
    limits = {0: (-math.inf, math.inf), 1: (0.0, math.inf), 2: (-1.0, 1.0), 3: (0.0, 6.0)}
    return np.tanh(values) if kind == 4 else np.clip(values, *limits[kind])


def _reduced(how: Callable[..., Any]) -> Callable[[_Op], Any]:
    def rule(op: _Op) -> Any:
        axes = tuple(int(axis) for axis in np.atleast_1d(op.raw[1]))  # type: ignore[arg-type]
        return how(op.real[0], axis=axes, keepdims=bool(op.number(0, "?")))

    return rule


def _matmul(op: _Op) -> Any:
    left, right = op.real
    left = np.swapaxes(left, -1, -2) if op.number(0, "?") else left
    return left @ (np.swapaxes(right, -1, -2) if op.number(1, "?") else right)


def _dense(op: _Op) -> Any:
    source, weights = op.real[0], op.real[1]
    sums = source.reshape(-1, weights.shape[1]) @ weights.T
    return _activated(op, sums if op.real[2] is None else sums + op.real[2])


def _patches(op: _Op, source: Float64, height: int, width: int, fields: tuple[int, ...]) -> Float64:
    """[batch, rows, columns, height, width, channels], padded by zeros. fields: padding, strides w, h, dilations."""
    padding, step_w, step_h, dilation_w, dilation_h = fields
    step_h, step_w = op.number(step_h, "i", 1), op.number(step_w, "i", 1)
    dilation_h = op.number(dilation_h, "i", 1) if dilation_h >= 0 else 1
    dilation_w = op.number(dilation_w, "i", 1) if dilation_w >= 0 else 1
    reach = ((height - 1) * dilation_h + 1, (width - 1) * dilation_w + 1)
    pads = [(0, 0)] * 4
    if op.number(padding, "b") == _SAME:
        for axis, (size, step, length) in enumerate(
            zip(source.shape[1:3], (step_h, step_w), reach, strict=True)
        ):
            total = max(0, (-(-size // step) - 1) * step + length - size)
            pads[axis + 1] = (total // 2, total - total // 2)
    padded = np.pad(source, pads)
    windows = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=(1, 2))  # type: ignore[call-overload]
    windows = windows[:, ::step_h, ::step_w, :, ::dilation_h, ::dilation_w]
    return np.moveaxis(windows, 3, 5)


def _convolution(op: _Op) -> Any:
    source, weights = op.real[0], op.real[1]
    patches = _patches(op, source, weights.shape[1], weights.shape[2], (0, 1, 2, 4, 5))
    sums = np.einsum("brchwi,ohwi->brco", patches, weights)
    return _activated(op, sums if len(op.real) < 3 or op.real[2] is None else sums + op.real[2], 3)


def _depthwise(op: _Op) -> Any:
    source, weights = op.real[0], op.real[1][0]
    patches = _patches(op, source, weights.shape[0], weights.shape[1], (0, 1, 2, 5, 6))
    many = weights.shape[2] // source.shape[3]
    sums = np.einsum("brchwo,hwo->brco", np.repeat(patches, many, axis=5), weights)
    return _activated(op, sums if len(op.real) < 3 or op.real[2] is None else sums + op.real[2], 4)


def _average_pool(op: _Op) -> Any:
    height, width = op.number(4, "i", 1), op.number(3, "i", 1)
    if op.number(0, "b") == _SAME:
        return None  # the mean is over the cells that are there, which padding by zeros does not know
    patches = _patches(op, op.real[0], height, width, (0, 1, 2, -1, -1))
    return _activated(op, patches.mean(axis=(3, 4)), 5)


def _transposed(op: _Op) -> Any:
    shape, weights, source = np.asarray(op.raw[0]), op.real[1], op.real[2]
    step_w, step_h = op.number(1, "i", 1), op.number(2, "i", 1)
    batch, rows, columns, _ = source.shape
    height, width = weights.shape[1:3]
    whole = np.zeros((batch, (rows - 1) * step_h + height, (columns - 1) * step_w + width, weights.shape[0]))
    for row in range(rows):
        for column in range(columns):
            piece = np.einsum("bi,ohwi->bhwo", source[:, row, column], weights)
            at_row, at_column = row * step_h, column * step_w
            whole[:, at_row : at_row + height, at_column : at_column + width] += piece
    before = [0, 0]
    if op.number(0, "b") == _SAME:
        before = [max(0, whole.shape[axis] - int(shape[axis])) // 2 for axis in (1, 2)]
    out = np.zeros(tuple(int(size) for size in shape))
    cut = whole[:, before[0] : before[0] + out.shape[1], before[1] : before[1] + out.shape[2]]
    out[:, : cut.shape[1], : cut.shape[2]] = cut
    return out if len(op.real) < 4 or op.real[3] is None else out + op.real[3]


def _space_to_batch(op: _Op) -> Any:
    source, block, pads = op.real[0], np.asarray(op.raw[1]), np.asarray(op.raw[2])
    padded = np.pad(
        source, [(0, 0), *((int(a), int(b)) for a, b in pads), *[(0, 0)] * (source.ndim - 1 - len(pads))]
    )
    if len(block) != 2:
        return None
    batch, rows, columns, depth = padded.shape
    high, wide = (int(size) for size in block)
    cut = padded.reshape(batch, rows // high, high, columns // wide, wide, depth)
    return cut.transpose(2, 4, 0, 1, 3, 5).reshape(-1, rows // high, columns // wide, depth)


def _softmax(op: _Op) -> Any:
    scaled = op.real[0] * op.float_number(0, 1.0)
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _leaky(op: _Op) -> Any:
    return np.where(op.real[0] < 0, op.real[0] * op.float_number(0, 0.0), op.real[0])


def _max_pool(op: _Op) -> Any:
    if op.number(0, "b") == _SAME:
        return None  # padding by zeros would count
    height, width = op.number(4, "i", 1), op.number(3, "i", 1)
    return _activated(op, _patches(op, op.real[0], height, width, (0, 1, 2, -1, -1)).max(axis=(3, 4)), 5)


def _log_softmax(op: _Op) -> Any:
    values = op.real[0] - op.real[0].max(axis=-1, keepdims=True)
    return values - np.log(np.exp(values).sum(axis=-1, keepdims=True))


_RULES: dict[str, Callable[[_Op], Any]] = {
    "CONCATENATION": lambda op: _activated(op, np.concatenate(op.real, axis=op.number(0, "i")), 1),
    "ELU": lambda op: np.where(op.real[0] < 0, np.expm1(op.real[0]), op.real[0]),
    "GATHER": lambda op: np.take(op.real[0], np.asarray(op.raw[1]), axis=op.number(0, "i")),
    "L2_NORMALIZATION": lambda op: op.real[0] / np.sqrt((op.real[0] ** 2).sum(axis=-1, keepdims=True)),
    "LOG_SOFTMAX": _log_softmax,
    "MAX_POOL_2D": _max_pool,
    "PRELU": lambda op: np.where(op.real[0] < 0, op.real[0] * op.real[1], op.real[0]),
    "REDUCE_MAX": _reduced(np.max),
    "REDUCE_MIN": _reduced(np.min),
    "ABS": lambda op: np.abs(op.real[0]),
    "ADD": lambda op: _activated(op, op.real[0] + op.real[1]),
    "AVERAGE_POOL_2D": _average_pool,
    "BATCH_MATMUL": _matmul,
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _dense,
    "HARD_SWISH": lambda op: op.real[0] * np.clip(op.real[0] + 3, 0, 6) / 6,
    "LEAKY_RELU": _leaky,
    "LOGISTIC": lambda op: 1 / (1 + np.exp(-op.real[0])),
    "MAXIMUM": lambda op: np.maximum(op.real[0], op.real[1]),
    "MEAN": _reduced(np.mean),
    "MINIMUM": lambda op: np.minimum(op.real[0], op.real[1]),
    "MUL": lambda op: _activated(op, op.real[0] * op.real[1]),
    "QUANTIZE": lambda op: op.real[0],
    "RELU": lambda op: np.maximum(op.real[0], 0),
    "RELU6": lambda op: np.clip(op.real[0], 0, 6),
    "RESHAPE": lambda op: op.real[0],
    "SOFTMAX": _softmax,
    "SPACE_TO_BATCH_ND": _space_to_batch,
    "SQUARED_DIFFERENCE": lambda op: (op.real[0] - op.real[1]) ** 2,
    "SUB": lambda op: _activated(op, op.real[0] - op.real[1]),
    "SUM": _reduced(np.sum),
    "TANH": lambda op: np.tanh(op.real[0]),
    "TRANSPOSE_CONV": _transposed,
}
