"""Looks into a `.tflite` file: its input, outputs and ops, and why it cannot be a bundle's model.

Needs no TensorFlow. The field numbers below are those of tensorflow/compiler/mlir/lite/schema/schema.fbs, version 3.
"""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..bundle.errors import BundleError
from ..bundle.model_ends import BANDS_FIRST, FRAMES_FIRST, longer_axes
from ..bundle.model_info import (
    END_TYPES,
    INT16_STEPS,
    MAX_CLASSES,
    MAX_DIMENSIONS,
    MAX_MODEL_BYTES,
    MODEL_FILE,
    EndType,
    ModelInfo,
    OutputInfo,
    TensorInfo,
)
from ..bundle.model_info import INT8 as INT8_RANGE
from ..bundle.op_table import MICRO_OPS, PLAIN_LAYERS
from .flatbuffer import DamagedError, Table, root
from .names import CUSTOM, INT8, INT16, op_name, type_name

SCHEMA_VERSION = 3
_MAGIC = b"TFL3"
_MAX_TENSORS = 10_000
_MAX_DIMENSIONS = 8
_MAX_ENDS = 1000  # inputs or outputs of one op
_MAX_SUBGRAPHS = 16

# What makes scores of logits, and what passes a tensor on without changing what it means.
_ACTIVATIONS = ("LOGISTIC", "SOFTMAX")
_PASSING_ON = ("QUANTIZE", "RESHAPE", "SQUEEZE", "EXPAND_DIMS")

_CONVERT_CURE = (
    "convert it again as a full-integer model: a representative data set (or quantisation-aware training), "
    "converter.inference_input_type = converter.inference_output_type = tf.int8, and supported_ops = "
    "[tf.lite.OpsSet.TFLITE_BUILTINS_INT8]; from PyTorch with ai-edge-torch, a PT2EQuantizer recipe of full int8; from "
    "LiteRT, ai_edge_quantizer with static int8 activations and weights, which leaves float ends that its "
    "`inference_io` or the converter's option above must make int8"
)


class ModelError(BundleError):
    """A model file that is damaged, or that this project's devices cannot run."""


@dataclass(frozen=True)
class Tensor:
    """One tensor of a model. scale and zero_point are None unless it has exactly one of each."""

    name: str
    kind: int
    shape: tuple[int, ...]
    signature: tuple[int, ...]
    scale: float | None
    zero_point: int | None


@dataclass(frozen=True)
class Operator:
    """One op, with the numbers of its input and output tensors (-1: an optional input left out)."""

    name: str
    custom: bool
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Graph:
    """A model's first subgraph. `once`: the others, which CALL_ONCE runs to write a streaming model's variables."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    once: "tuple[Graph, ...]" = ()


def read_model_file(path: Path) -> bytes:
    """Return the content of a model file.

    Raises:
        ModelError: it cannot be read, or is too large to be one of ours.
    """
    try:
        if path.is_file() and path.stat().st_size > MAX_MODEL_BYTES:
            raise ModelError(
                f"{path} has more than {MAX_MODEL_BYTES} bytes", "use a model made for a microcontroller"
            )
        return path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read: {error.strerror or error}", "give a .tflite file's path"
        ) from error


def read_graph(data: bytes) -> Graph:
    """Read a model's tensors and ops.

    Raises:
        ModelError: no `.tflite` file, a damaged one, or one with control flow.
    """
    if len(data) < 8 or data[4:8] != _MAGIC:
        raise ModelError(
            "the model is not a .tflite file" + (": it is empty" if not data else ""),
            "give the file that the TensorFlow Lite converter wrote",
        )
    try:
        return _graph(root(data))
    except DamagedError as error:
        raise ModelError(f"the model is damaged: {error}", "copy it again, or convert it again") from error


def _graph(model: Table) -> Graph:
    version = model.scalar(0, "I")
    if version != SCHEMA_VERSION:
        raise ModelError(
            f"the model has schema version {version}, TFLite Micro reads {SCHEMA_VERSION}", "convert it again"
        )
    codes = [_op_code(code) for code in model.tables(1)]
    subgraphs = [_subgraph(table, codes) for table in model.tables(2)]
    if not subgraphs:
        raise DamagedError("there is no subgraph")
    _check_subgraphs(subgraphs, {name for name, _ in codes})
    return replace(subgraphs[0], once=tuple(subgraphs[1:]))


def _subgraph(graph: Table, codes: Sequence[tuple[str, bool]]) -> Graph:
    if graph.length(0, 4) > _MAX_TENSORS or graph.length(3, 4) > _MAX_TENSORS:
        raise ModelError("the model has too many tensors or ops", "use a model made for a microcontroller")
    tensors = tuple(_tensor(table) for table in graph.tables(0))
    operators = tuple(_operator(table, codes) for table in graph.tables(3))
    found = Graph(tensors, operators, graph.values(1, "i", _MAX_ENDS), graph.values(2, "i", _MAX_ENDS))
    _check_numbers(found)
    return found


def _check_subgraphs(graphs: Sequence[Graph], ops: set[str]) -> None:
    """Several subgraphs are control flow, or the initialisation of variables inside a streaming model."""
    flow = sorted(ops & {"IF", "WHILE", "CALL"})
    if flow or (len(graphs) > 1 and "CALL_ONCE" not in ops) or len(graphs) > _MAX_SUBGRAPHS:
        raise ModelError(
            f"the model has {len(graphs)} subgraphs"
            + (f": control flow ({', '.join(flow)})" if flow else ""),
            "use one without control flow (if, while, LSTM as a loop)",
        )
    for graph in graphs[1:]:
        if any(operator.name == "CALL_ONCE" for operator in graph.operators):
            raise ModelError(
                "the model's initialisation (CALL_ONCE) calls another one",
                "export the model again, without nesting",
            )
        if graph.inputs or graph.outputs:
            raise ModelError(
                "the model has a second subgraph with inputs or outputs, which CALL_ONCE cannot run",
                "use one without control flow (if, while, LSTM as a loop)",
            )


def _op_code(table: Table) -> tuple[str, bool]:
    # Codes past 127 do not fit the old field, which then holds 127; older files have the old field only.
    code = max(table.scalar(0, "b"), table.scalar(3, "i"))
    if code == CUSTOM:
        return table.text(1) or "(unnamed)", True
    return op_name(code), False


def _tensor(table: Table) -> Tensor:
    quantisation = table.table(4)
    single = quantisation is not None and quantisation.length(2, 4) == 1 and quantisation.length(3, 8) == 1
    return Tensor(
        name=table.text(3),
        kind=table.scalar(1, "b"),
        shape=table.values(0, "i", _MAX_DIMENSIONS),
        signature=table.values(7, "i", _MAX_DIMENSIONS),
        scale=quantisation.single_float(2) if quantisation and single else None,
        zero_point=quantisation.values(3, "q", 1)[0] if quantisation and single else None,
    )


def _operator(table: Table, codes: Sequence[tuple[str, bool]]) -> Operator:
    number = table.scalar(0, "I")
    if number >= len(codes):
        raise DamagedError(f"an op has code {number} of {len(codes)}")
    name, custom = codes[number]
    return Operator(name, custom, table.values(1, "i", _MAX_ENDS), table.values(2, "i", _MAX_ENDS))


def _check_numbers(graph: Graph) -> None:
    """Check that every tensor number means a tensor."""
    count = len(graph.tensors)
    used = [*graph.inputs, *graph.outputs]
    for operator in graph.operators:
        used += [number for number in (*operator.inputs, *operator.outputs) if number != -1]
    for number in used:
        if not 0 <= number < count:
            raise DamagedError(f"there is no tensor {number}, only {count}")


def inspect_model(data: bytes, file: str = MODEL_FILE) -> ModelInfo:
    """Return what a bundle says about its model; `arena_bytes` is not known yet.

    Args:
        data: the content of a `.tflite` file.
        file: the name it will have in the bundle.

    Raises:
        ModelError: damaged; float arithmetic; control flow; an op TFLite Micro lacks; more than one input, or one that
            cannot be a window; outputs that are not [1, classes] scores, with or without their logits.
    """
    graph = read_graph(data)
    operators = [operator for part in (graph, *graph.once) for operator in part.operators]
    for part in (graph, *graph.once):
        _refuse_floats(part)
        _refuse_dynamic(part)
        _refuse_huge(part)
    _refuse_ops(operators)
    return ModelInfo(
        file=file,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        input=_input(graph),
        outputs=_outputs(graph),
        ops=tuple(sorted({operator.name for operator in operators})),
        arena_bytes=None,
    )


def with_layout(model: ModelInfo, bands: int | None, layout: str | None = None) -> ModelInfo:
    """Return `model` with its input's layout: which of its axes is time.

    Args:
        model: what `inspect_model` returned.
        bands: what the settings say; None takes what the shape says.
        layout: `FRAMES_FIRST` or `BANDS_FIRST`; None finds out by `bands`, and takes frames first where both would do.

    Raises:
        ModelError: the input does not go with `bands` and `layout`.
    """
    shape = model.input.shape
    axes = longer_axes(shape)
    if len(axes) > 1 and layout is None and bands is not None:
        layout = BANDS_FIRST if axes[1] != bands and axes[0] == bands else FRAMES_FIRST
    first = layout == BANDS_FIRST
    if len(axes) > 1 and bands is None:
        bands = axes[0] if first else axes[1]
    elif bands is None:
        raise ModelError(
            f"the model's input {list(shape)} does not tell frames from bands",
            "give the number of bands (--bands)",
        )
    found = replace(model, input=replace(model.input, bands_first=bands if first else 0))
    window_of(found, bands)
    return found


def window_of(model: ModelInfo, bands: int) -> tuple[int, int]:
    """Return (frames, bands) of a model's input.

    Args:
        model: what `with_layout` returned.
        bands: what the settings say.

    Raises:
        ModelError: the input does not go with `bands`.
    """
    shape, first = model.input.shape, model.input.bands_first > 0
    axes = longer_axes(shape)
    if len(axes) < 2:
        frames, own = model.cells // bands, bands
        if frames * bands != model.cells:
            raise ModelError(
                f"the model's input has {model.cells} cells, no multiple of {bands} bands",
                "correct the settings' bands (--bands)",
            )
    else:
        frames, own = (axes[1], axes[0]) if first else axes
    if own != bands:
        raise ModelError(
            f"the model's input is {list(shape)}, {frames} frames × {own} bands, but the settings have {bands} bands",
            "use the settings that the model was trained with",
        )
    return frames, own


def _refuse_floats(graph: Graph) -> None:
    """A float tensor that an op reads or writes means float arithmetic on the device; others only lie in the file."""
    used = {number for operator in graph.operators for number in (*operator.inputs, *operator.outputs)}
    used |= {*graph.inputs, *graph.outputs}
    floats = [
        tensor
        for number, tensor in enumerate(graph.tensors)
        if number in used and type_name(tensor.kind).startswith(("float", "bfloat", "complex"))
    ]
    if not floats:
        return
    ends = [graph.tensors[number] for number in (*graph.inputs, *graph.outputs)]
    if all(tensor.kind not in (INT8, INT16) for tensor in graph.tensors):
        raise ModelError("the model is not quantised: all its arithmetic is in floating point", _CONVERT_CURE)
    where = "its input or output" if any(tensor in ends for tensor in floats) else "its inside"
    raise ModelError(
        f"the model is not int8 throughout: {where} has floating point in {_names(floats)}", _CONVERT_CURE
    )


def _names(tensors: Iterable[Tensor], most: int = 4) -> str:
    texts = [f"{tensor.name or '(unnamed)'} ({type_name(tensor.kind)})" for tensor in tensors]
    return ", ".join(texts[:most]) + (f" and {len(texts) - most} more" if len(texts) > most else "")


def _refuse_ops(operators: Sequence[Operator]) -> None:
    if not operators:
        raise ModelError("the model computes nothing: it has no ops", "give a trained and converted model")
    custom = sorted({operator.name for operator in operators if operator.custom})
    if custom:
        raise ModelError(
            f"the model uses custom ops, which the firmware does not have: {', '.join(custom)}",
            "convert it with TensorFlow Lite's builtin ops only (no SELECT_TF_OPS, no allow_custom_ops)",
        )
    unknown = sorted({operator.name for operator in operators} - set(MICRO_OPS))
    if unknown:
        raise ModelError(
            f"the model uses ops that TFLite Micro does not have: {', '.join(unknown)}",
            PLAIN_LAYERS,
        )


def _refuse_dynamic(graph: Graph) -> None:
    """Shapes must be known beforehand; a batch of any size is taken as the 1 that the file then also gives."""
    used = {number for operator in graph.operators for number in (*operator.inputs, *operator.outputs)}
    for number in sorted((used | {*graph.inputs, *graph.outputs}) - {-1}):
        tensor = graph.tensors[number]
        if any(size < 1 for size in tensor.shape) or any(size < 0 for size in tensor.signature[1:]):
            shape = list(tensor.signature or tensor.shape)
            raise ModelError(
                f"the model has a shape that is not fixed: {tensor.name} is {shape}",
                "convert it from a concrete function with a fixed input shape [1, frames, bands, 1]",
            )


def _refuse_huge(graph: Graph) -> None:
    """What no microcontroller holds would only fill this computer's memory before it fails."""
    used = {number for operator in graph.operators for number in (*operator.inputs, *operator.outputs)}
    largest = max(
        (graph.tensors[number] for number in used - {-1}),
        key=lambda each: math.prod(each.shape),
        default=None,
    )
    if largest is not None and math.prod(largest.shape) > MAX_MODEL_BYTES:
        raise ModelError(
            f"the model's tensor {largest.name} is {list(largest.shape)}, larger than any microcontroller's memory",
            "use a model made for a microcontroller; if it is one, the file is damaged: copy or convert it again",
        )


def activation_of_scores(data: bytes) -> str | None:
    """Return the op that makes scores of logits in a model, LOGISTIC or SOFTMAX, None when its outputs are raw.

    Raises:
        ModelError: the file cannot be read.
    """
    graph = read_graph(data)
    made_by = {number: operator for operator in graph.operators for number in operator.outputs}
    for number in graph.outputs:
        operator = made_by.get(_origin(number, made_by))
        if operator is not None and operator.name in _ACTIVATIONS:
            return operator.name
    return None


def _input(graph: Graph) -> TensorInfo:
    if len(graph.inputs) != 1:
        raise ModelError(
            f"the model has {len(graph.inputs)} inputs: {_names(graph.tensors[number] for number in graph.inputs)}",
            "use a model with one input, the log-mel window",
        )
    tensor = graph.tensors[graph.inputs[0]]
    shape = tensor.shape
    if (
        not 2 <= len(shape) <= MAX_DIMENSIONS
        or shape[0] != 1
        or len(longer_axes(shape)) > 2
        or math.prod(shape) > 1 << 20
    ):
        raise ModelError(
            f"the model's input {tensor.name} is {list(shape)}, no window of feature columns",
            "the input must hold frames and bands, in either order or as one axis, behind a batch of 1; "
            "other axes must be 1",
        )
    scale, zero_point, kind = _cells_of(tensor, "input")
    return TensorInfo(scale, zero_point, shape, type=kind)


def _cells_of(tensor: Tensor, what: str) -> tuple[float, int, EndType]:
    """Scale and zero point of the int8 cells that stand for a tensor's values, and the tensor's type."""
    kind = next((each for each in END_TYPES if each == type_name(tensor.kind)), None)
    if kind is None:
        raise ModelError(
            f"the model's {what} {tensor.name} is {type_name(tensor.kind)}, not int8, uint8 or int16",
            _CONVERT_CURE,
        )
    scale, zero_point = tensor.scale, tensor.zero_point
    low, high = {"int8": INT8_RANGE, "uint8": (0, 255), "int16": (0, 0)}[kind]
    if scale is None or zero_point is None or not 1e-27 < scale < 1e27 or not low <= zero_point <= high:
        raise ModelError(
            f"the model's {what} {tensor.name} has no usable scale and zero point: {scale}, {zero_point}",
            _CONVERT_CURE,
        )
    if kind == "int16":
        return scale * INT16_STEPS[0], 0, kind
    return scale, zero_point - (128 if kind == "uint8" else 0), kind


def _outputs(graph: Graph) -> tuple[OutputInfo, ...]:
    numbers = graph.outputs
    if not 1 <= len(numbers) <= 2 or len(set(numbers)) != len(numbers):
        raise ModelError(
            f"the model has {len(numbers)} outputs: {_names(graph.tensors[number] for number in numbers)}",
            "use a model whose outputs are scores, or scores and the logits they come from",
        )
    order = [("scores", 0)]
    if len(numbers) == 2:
        scores = _scores_index(graph)
        order = [("scores", scores), ("logits", 1 - scores)]
    outputs = tuple(_output(graph.tensors[numbers[index]], role, index) for role, index in order)
    if len({output.shape for output in outputs}) != 1:
        shapes = " and ".join(str(list(output.shape)) for output in outputs)
        raise ModelError(
            f"the model's outputs have different shapes: {shapes}", "use scores and their own logits"
        )
    if len({output.type for output in outputs}) != 1:
        types = " and ".join(output.type for output in outputs)
        raise ModelError(f"the model's outputs have different types: {types}", _CONVERT_CURE)
    return outputs


def _output(tensor: Tensor, role: str, index: int) -> OutputInfo:
    shape = tensor.shape
    if len(shape) != 2 or shape[0] != 1 or shape[1] > MAX_CLASSES:
        raise ModelError(
            f"the model's output {tensor.name} is {list(shape)}, not [1, classes] with at most {MAX_CLASSES} classes",
            "end the model with a dense layer, one unit for each class",
        )
    scale, zero_point, kind = _cells_of(tensor, "output")
    return OutputInfo(scale, zero_point, shape, role, index, type=kind)


def _scores_index(graph: Graph) -> int:
    """Which of two outputs is the activation of the other."""
    made_by = {number: operator for operator in graph.operators for number in operator.outputs}
    first, second = (_origin(number, made_by) for number in graph.outputs)
    for index, (one, other) in enumerate(((first, second), (second, first))):
        operator = made_by.get(one)
        if operator is None or operator.name not in _ACTIVATIONS or not operator.inputs:
            continue
        if _origin(operator.inputs[0], made_by) == other:
            return index
    names = _names(graph.tensors[number] for number in graph.outputs)
    raise ModelError(
        f"the model has two outputs, {names}, and neither is the sigmoid or softmax of the other",
        "use a model with one output, or with scores and the logits they come from",
    )


def _origin(number: int, made_by: dict[int, Operator]) -> int:
    """Follow a tensor back through ops that only reshape or requantise it."""
    seen = set()
    while number not in seen:
        seen.add(number)
        operator = made_by.get(number)
        if operator is None or operator.name not in _PASSING_ON or not operator.inputs:
            break
        number = operator.inputs[0]
    return number
