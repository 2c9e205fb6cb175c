"""What bundle.json says of the model: its ends, their numbers, and what it is made of."""

import math
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any, Literal

from msgspec import Meta

from ..declared import expecting, text
from ..frontend.normalised.normaliser import Normaliser
from .errors import wrong
from .expectation import Expectation

MODEL_FILE = "model.tflite"
MAX_MODEL_BYTES = 64 << 20
MAX_CLASSES = 255  # a byte in every message; the firmware holds fewer, see limits.py
MAX_DIMENSIONS = 6  # of a tensor, as TFLite Micro's kernels have them
INT8 = (-128, 127)

# Ops that remember: what they answer depends on the windows before.
STATEFUL_OPS = frozenset(
    {
        "SVDF",
        "RNN",
        "LSTM",
        "UNIDIRECTIONAL_SEQUENCE_RNN",
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
        "BIDIRECTIONAL_SEQUENCE_RNN",
        "BIDIRECTIONAL_SEQUENCE_LSTM",
        "CALL_ONCE",
        "VAR_HANDLE",
        "READ_VARIABLE",
        "ASSIGN_VARIABLE",
    }
)


@dataclass(frozen=True)
class Quantisation:
    """real = scale * (q - zero_point) for an int8 q.

    Attributes:
        scale: above 0; exactly the float32 in the model.
        zero_point: -128 to 127.
    """

    scale: Annotated[float, Meta(gt=1e-30, lt=1e30)]
    zero_point: Annotated[int, Meta(ge=INT8[0], le=INT8[1])]

    def real(self, q: int) -> float:
        """Return the real value of `q`. Exact: a float32 times a 9-bit integer fits a double."""
        return self.scale * (q - self.zero_point)

    def smallest_at_least(self, value: float) -> int | None:
        """Return the smallest int8 whose real value is at least `value`, None when even 127 is below it."""
        low, high = INT8
        return next((q for q in range(low, high + 1) if self.real(q) >= value), None)


# What a tensor at the model's ends may hold. The place in this tuple is its number in the settings block.
EndType = Literal["int8", "uint8", "int16"]
END_TYPES: tuple[EndType, ...] = ("int8", "uint8", "int16")
# An int16 input is fed in these steps from int8 cells; by the zero point of the cells: all of its range, or the half
# that features of one sign need. The place is the range's number in the settings block.
INT16_STEPS = {0: 256, 127: 128, -128: 128}


@dataclass(frozen=True)
class TensorInfo(Quantisation):
    """The model's input. Outside of it its values are int8 cells, and scale and zero point are those of the cells.

    Attributes:
        shape: with the batch of 1; axes of 1 mean nothing.
        type: one of `END_TYPES`. A uint8 is its cell and 128. An int16 input is (cell - zero point) * `step`; an int16
            output is cell * 256 + low byte, and the low bytes are compared beside the cells.
        bands_first: number of bands where the tensor holds band after band, 0 where it holds column after column.
    """

    shape: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=1 << 20)], ...], Meta(min_length=2, max_length=MAX_DIMENSIONS)
    ]
    type: EndType = field(default="int8", kw_only=True)
    bands_first: Annotated[int, Meta(ge=0, le=1 << 20)] = field(default=0, kw_only=True)

    @property
    def step(self) -> int:
        """How many of the tensor's steps one step of a cell is."""
        return INT16_STEPS[self.zero_point] if self.type == "int16" else 1

    @property
    def width(self) -> int:
        """Bytes of one value."""
        return 2 if self.type == "int16" else 1

    @property
    def in_file(self) -> tuple[float, int]:
        """Scale and zero point of the tensor itself. Exact: `step` is a power of two."""
        zero_point = {"int8": self.zero_point, "uint8": self.zero_point + 128, "int16": 0}[self.type]
        return self.scale / self.step, zero_point


@dataclass(frozen=True)
class MeasuredInput(TensorInfo):
    """An input whose cells depend on all of a window. bundle.json does not say so; the front end's settings do.

    Attributes:
        normaliser: makes cells of a window's columns.
    """

    normaliser: Normaliser = field(kw_only=True)


@dataclass(frozen=True)
class OutputInfo(TensorInfo):
    """One of the model's outputs, [1, classes].

    Attributes:
        role: "scores", what decides, or "logits", what the final LOGISTIC or SOFTMAX made the scores from.
        index: which of the model's outputs it is.
    """

    role: Annotated[str, expecting("give scores or logits", pattern="^(scores|logits)$")]
    index: Annotated[int, Meta(ge=0, le=254)]


@dataclass(frozen=True)
class ModelInfo:
    """What the rest of the program must know of a model file.

    Attributes:
        file: name within the bundle's folder.
        size: bytes.
        sha256: of the file, hex.
        input: its shape holds frames and bands in either order, or their product, and axes of 1.
        outputs: scores first, then logits where the model has them.
        ops: names of its builtin ops, sorted, each once.
        arena_bytes: what TFLite Micro took of its arena on the computer that made the bundle (64-bit pointers: more
            than a 32-bit device needs), None when that was not measured.
        expected: whose outputs a device must equal where the host's two interpreters part; None: they agree.
    """

    file: Annotated[
        str,
        expecting(
            "use a plain file name (letters, digits, . _ -), no path",
            pattern=r"^(?!\.)[A-Za-z0-9._-]*[A-Za-z0-9][A-Za-z0-9._-]*$",
            max_length=100,
        ),
    ]
    size: Annotated[int, Meta(ge=1, le=1 << 30)]
    sha256: Annotated[str, expecting("give 64 hexadecimal digits in lower case", pattern="^[0-9a-f]{64}$")]
    input: TensorInfo
    outputs: tuple[OutputInfo, ...]
    ops: Annotated[
        tuple[Annotated[str, text(64)], ...], expecting("make the bundle anew from its model", min_length=1)
    ]
    arena_bytes: Annotated[int, Meta(ge=1, le=1 << 30)] | None = None
    expected: Expectation | None = None

    @property
    def scores(self) -> OutputInfo:
        """The output that decides."""
        return self.outputs[0]

    @property
    def logits(self) -> OutputInfo | None:
        """The output before the last activation, where there is one."""
        return self.outputs[1] if len(self.outputs) > 1 else None

    @property
    def classes(self) -> int:
        """Number of scores."""
        return self.scores.shape[-1]

    @property
    def values(self) -> int:
        """Number of int8 values that a window's outputs are: scores, logits, then the low bytes of both."""
        return self.classes * len(self.outputs) * self.scores.width

    @property
    def stateful(self) -> bool:
        """Whether an output depends on earlier windows: such a model is built anew at each stream's start."""
        return not STATEFUL_OPS.isdisjoint(self.ops)

    @property
    def cells(self) -> int:
        """Number of the input's cells, frames * bands."""
        return math.prod(self.input.shape)


def check_model(model: ModelInfo) -> ModelInfo:
    """Return `model` with its scores first, checked for what no single value shows.

    Raises:
        BundleError: a batch, or outputs that are not one `scores` and at most one `logits` of one shape.
    """
    outputs = tuple(sorted(model.outputs, key=lambda output: output.role != "scores"))
    tensors = {"model.input.shape": model.input.shape}
    tensors |= {f"model.outputs[{i}].shape": output.shape for i, output in enumerate(model.outputs)}
    for where, shape in tensors.items():
        if shape[0] != 1:
            raise wrong(where, f"is {list(shape)}", "the first dimension, the batch, must be 1")
    where, anew = "model.outputs", "make the bundle anew from its model"
    if [output.role for output in outputs] not in (["scores"], ["scores", "logits"]):
        raise wrong(where, "is not one `scores` and at most one `logits`", "correct their roles")
    if len({output.index for output in outputs}) != len(outputs):
        raise wrong(where, "gives two outputs the same index", anew)
    for place, tensor in (("model.input", model.input), *((where, output) for output in outputs)):
        allowed = INT16_STEPS if place == "model.input" else (0,)
        if tensor.type == "int16" and tensor.zero_point not in allowed:
            raise wrong(f"{place}.zero_point", f"is {tensor.zero_point} for an int16", anew)
    if len({output.type for output in outputs}) != 1:
        raise wrong(where, "has more than one type", anew)
    if len({output.shape for output in outputs}) != 1 or len(outputs[0].shape) != 2:
        raise wrong(where, "has shapes other than one [1, classes]", anew)
    if outputs[0].shape[1] > MAX_CLASSES:
        raise wrong(where, f"has {outputs[0].shape[1]} classes", f"use a model with at most {MAX_CLASSES}")
    return replace(model, outputs=outputs)


def model_to_dict(model: ModelInfo) -> dict[str, Any]:
    """Return a model as bundle.json has it."""
    return {
        "file": model.file,
        "size": model.size,
        "sha256": model.sha256,
        "input": _tensor_to_dict(model.input),
        "outputs": [
            {"role": output.role, "index": output.index, **_tensor_to_dict(output)}
            for output in model.outputs
        ],
        "ops": list(model.ops),
        "arena_bytes": model.arena_bytes,
        **({} if model.expected is None else {"expected": asdict(model.expected)}),
    }


def _tensor_to_dict(tensor: TensorInfo) -> dict[str, object]:
    values = {"shape": list(tensor.shape), "scale": tensor.scale, "zero_point": tensor.zero_point}
    if tensor.type != "int8":
        values["type"] = tensor.type
    if tensor.bands_first:
        values["bands_first"] = tensor.bands_first
    return values
