"""Looks into a `.tflite` file: its input, outputs and ops, and why it cannot be a bundle's model.

Needs no TensorFlow. The field numbers below are those of tensorflow/compiler/mlir/lite/schema/schema.fbs, version 3.
"""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..bundle.errors import BundleError
from ..bundle.load import MAX_MODEL_BYTES
from ..bundle.op_table import MICRO_OPS, PLAIN_LAYERS
from ..bundle.schema import INT8 as INT8_RANGE
from ..bundle.schema import MAX_CLASSES, MODEL_FILE, ModelInfo, OutputInfo, TensorInfo
from .flatbuffer import DamagedError, Table, root
from .names import CUSTOM, INT8, op_name, type_name

SCHEMA_VERSION = 3
_MAGIC = b"TFL3"
_MAX_TENSORS = 10_000
_MAX_DIMENSIONS = 8
_MAX_ENDS = 1000  # inputs or outputs of one op

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
_STREAMING_CURE = (
    "export it without its internal state (the non-streaming model, fed whole windows), or unroll the stream"
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
    """A model's only subgraph."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


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
        ModelError: no `.tflite` file, a damaged one, or one with several subgraphs.
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
    subgraphs = list(model.tables(2))
    if len(subgraphs) != 1:
        raise _many_subgraphs(len(subgraphs), {name for name, _ in codes})
    graph = subgraphs[0]
    if graph.length(0, 4) > _MAX_TENSORS or graph.length(3, 4) > _MAX_TENSORS:
        raise ModelError("the model has too many tensors or ops", "use a model made for a microcontroller")
    tensors = tuple(_tensor(table) for table in graph.tables(0))
    operators = tuple(_operator(table, codes) for table in graph.tables(3))
    found = Graph(tensors, operators, graph.values(1, "i", _MAX_ENDS), graph.values(2, "i", _MAX_ENDS))
    _check_numbers(found)
    return found


def _many_subgraphs(count: int, ops: set[str]) -> ModelError:
    """Several subgraphs are control flow, or the initialisation of variables inside a streaming model."""
    if "CALL_ONCE" in ops and not ops & {"IF", "WHILE"}:
        return ModelError(
            f"the model has {count} subgraphs: it is a streaming model that keeps its state in variables (CALL_ONCE)",
            _STREAMING_CURE,
        )
    flow = sorted(ops & {"IF", "WHILE"})
    return ModelError(
        f"the model has {count} subgraphs" + (f": control flow ({', '.join(flow)})" if flow else ""),
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
        ModelError: damaged; not int8 from end to end; an op TFLite Micro lacks; more than one input, or one that
            cannot be [1, frames, bands]; outputs that are not [1, classes] scores, with or without their logits.
    """
    graph = read_graph(data)
    _refuse_floats(graph)
    _refuse_ops(graph.operators)
    _refuse_dynamic(graph)
    _refuse_huge(graph)
    return ModelInfo(
        file=file,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        input=_input(graph),
        outputs=_outputs(graph),
        ops=tuple(sorted({operator.name for operator in graph.operators})),
        arena_bytes=None,
    )


def window_of(model: ModelInfo, bands: int | None) -> tuple[int, int]:
    """Return (frames, bands) of a model's input.

    Args:
        model: what `inspect_model` returned.
        bands: what the settings say; needed when the input is flat, a check otherwise. None: nothing.

    Raises:
        ModelError: the input does not go with `bands`.
    """
    shape = model.input.shape
    if len(shape) > 2:
        frames, own = shape[1], shape[2]
    elif bands is None:
        raise ModelError(
            f"the model's input {list(shape)} does not tell frames from bands",
            "give the number of bands (--bands)",
        )
    else:
        frames, own = shape[1] // bands, bands
        if frames * bands != shape[1]:
            raise ModelError(
                f"the model's input has {shape[1]} cells, no multiple of {bands} bands",
                "correct the settings' bands (--bands)",
            )
    if bands is not None and own != bands:
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
    if all(tensor.kind != INT8 for tensor in graph.tensors):
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
    flat = shape[-1:] == (1,) and len(shape) == 4
    if not (len(shape) in (2, 3) or flat) or shape[0] != 1 or math.prod(shape) > 1 << 20:
        raise ModelError(
            f"the model's input {tensor.name} is {list(shape)}, no window of log-mel columns",
            "the input must be [1, frames, bands], [1, frames, bands, 1] or [1, frames * bands]",
        )
    return TensorInfo(*_int8_quantisation(tensor, "input"), shape)


def _int8_quantisation(tensor: Tensor, what: str) -> tuple[float, int]:
    if tensor.kind != INT8:
        raise ModelError(
            f"the model's {what} {tensor.name} is {type_name(tensor.kind)}, not int8", _CONVERT_CURE
        )
    scale, zero_point = tensor.scale, tensor.zero_point
    low, high = INT8_RANGE
    if scale is None or zero_point is None or not 1e-30 < scale < 1e30 or not low <= zero_point <= high:
        raise ModelError(
            f"the model's {what} {tensor.name} has no usable scale and zero point: {scale}, {zero_point}",
            _CONVERT_CURE,
        )
    return scale, zero_point


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
    return outputs


def _output(tensor: Tensor, role: str, index: int) -> OutputInfo:
    shape = tensor.shape
    if len(shape) != 2 or shape[0] != 1 or shape[1] > MAX_CLASSES:
        raise ModelError(
            f"the model's output {tensor.name} is {list(shape)}, not [1, classes] with at most {MAX_CLASSES} classes",
            "end the model with a dense layer, one unit for each class",
        )
    return OutputInfo(*_int8_quantisation(tensor, "output"), shape, role, index)


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
