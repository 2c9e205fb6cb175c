"""What `bundle.json` may hold: typed values and the checks on the way in. Standard library only.

Every value read from the file passes through a `Section`, which names the place of whatever is wrong; unknown names are
refused, so that a misspelt setting is not silently a default.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import BundleError

FORMAT = 1
MODEL_FILE = "model.tflite"
BUNDLE_FILE = "bundle.json"
MAX_NAME_BYTES = 31  # UTF-8; CORE_NAME_BYTES in core_bundle.h less the closing zero
MAX_LABEL_BYTES = 63  # UTF-8
MAX_CLASSES = 255  # a byte in every message; the firmware holds fewer, see limits.py
MAX_FRAMES = 65535
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

    scale: float
    zero_point: int

    def real(self, q: int) -> float:
        """Return the real value of `q`. Exact: a float32 times a 9-bit integer fits a double."""
        return self.scale * (q - self.zero_point)

    def smallest_at_least(self, value: float) -> int | None:
        """Return the smallest int8 whose real value is at least `value`, None when even 127 is below it."""
        low, high = INT8
        return next((q for q in range(low, high + 1) if self.real(q) >= value), None)


@dataclass(frozen=True)
class TensorInfo(Quantisation):
    """The model's input: an int8 tensor with one scale and zero point."""

    shape: tuple[int, ...]


@dataclass(frozen=True)
class OutputInfo(TensorInfo):
    """One of the model's outputs, int8 [1, classes].

    Attributes:
        role: "scores", what decides, or "logits", what the final LOGISTIC or SOFTMAX made the scores from.
        index: which of the model's outputs it is.
    """

    role: str
    index: int


@dataclass(frozen=True)
class ModelInfo:
    """What the rest of the program must know of a model file.

    Attributes:
        file: name within the bundle's folder.
        size: bytes.
        sha256: of the file, hex.
        input: shape [1, frames, bands], [1, frames, bands, 1] or [1, frames * bands].
        outputs: scores first, then logits where the model has them.
        ops: names of its builtin ops, sorted, each once.
        arena_bytes: what TFLite Micro took of its arena on the computer that made the bundle (64-bit pointers: more
            than a 32-bit device needs), None when that was not measured.
    """

    file: str
    size: int
    sha256: str
    input: TensorInfo
    outputs: tuple[OutputInfo, ...]
    ops: tuple[str, ...]
    arena_bytes: int | None

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
    def stateful(self) -> bool:
        """Whether an output depends on earlier windows: such a model is built anew at each stream's start."""
        return not STATEFUL_OPS.isdisjoint(self.ops)

    @property
    def cells(self) -> int:
        """Number of the input's cells, frames * bands."""
        return math.prod(self.input.shape)


@dataclass(frozen=True)
class Detector:
    """When a class counts as heard.

    Attributes:
        threshold: a class becomes active at this real score ...
        release: ... and inactive below this one; at most `threshold`.
        ignore: labels that are never reported.
    """

    threshold: float
    release: float
    ignore: tuple[str, ...] = ()


class Section:
    """An object of `bundle.json` on its way in; `close` refuses what nobody asked for."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise wrong(where, "is not an object", 'make it {"name": value, ...}')
        self.where = where
        self._left: dict[str, Any] = dict(value)
        self._known: list[str] = []

    def place(self, name: str) -> str:
        """Return how a message names this section's `name`."""
        return f"{self.where}.{name}" if self.where else name

    def take(self, name: str) -> Any:
        """Return the value of `name`.

        Raises:
            BundleError: it is missing.
        """
        self._known.append(name)
        if name not in self._left:
            raise wrong(
                self.place(name), "is missing", "add it, or make the bundle anew with `python -m host import`"
            )
        return self._left.pop(name)

    def optional(self, name: str, otherwise: object) -> Any:
        """Return the value of `name`, or `otherwise` when it is missing."""
        self._known.append(name)
        return self._left.pop(name, otherwise)

    def section(self, name: str) -> "Section":
        """Return the object `name`."""
        return Section(self.take(name), self.place(name))

    def integer(self, name: str, low: int, high: int) -> int:
        """Return the whole number `name`, from `low` to `high`."""
        return checked_integer(self.take(name), self.place(name), low, high)

    def number(self, name: str) -> float:
        """Return the finite number `name`."""
        return checked_number(self.take(name), self.place(name))

    def text(self, name: str, most_bytes: int, otherwise: str | None = None) -> str:
        """Return the text `name`, at most `most_bytes` of UTF-8."""
        value = self.take(name) if otherwise is None else self.optional(name, otherwise)
        return checked_text(value, self.place(name), most_bytes)

    def items(self, name: str) -> list[Any]:
        """Return the list `name`."""
        value = self.take(name)
        if not isinstance(value, list):
            raise wrong(self.place(name), "is not a list", "make it [ ... ]")
        return value

    def rest(self) -> dict[str, Any]:
        """Return all that was not taken, for a reader with checks of its own."""
        rest, self._left = self._left, {}
        return rest

    def close(self) -> None:
        """Refuse names that are left.

        Raises:
            BundleError: there are some.
        """
        if self._left:
            names = ", ".join(f"`{self.place(name)}`" for name in sorted(self._left))
            raise BundleError(
                f"{BUNDLE_FILE} has names that mean nothing: {names}",
                f"remove or correct them; known here: {', '.join(self._known)}",
            )


def wrong(where: str, what: str, cure: str) -> BundleError:
    """Return the error for the place `where` of bundle.json."""
    return BundleError(f"{BUNDLE_FILE}: `{where or 'the whole'}` {what}", cure)


def checked_integer(value: object, where: str, low: int, high: int) -> int:
    """Return `value` if it is a whole number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise wrong(where, f"is {shown(value)}", f"give a whole number from {low} to {high}")
    return value


def checked_number(value: object, where: str) -> float:
    """Return `value` as a float if it is a finite number."""
    if not isinstance(value, bool) and isinstance(value, (int, float)):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    raise wrong(where, f"is {shown(value)}", "give a finite number")


def checked_text(value: object, where: str, most_bytes: int) -> str:
    """Return `value` if it is printable text of at most `most_bytes` bytes of UTF-8."""
    if not isinstance(value, str):
        raise wrong(where, f"is {shown(value)}", "give a text")
    if not value.isprintable():  # also refuses lone surrogates, which have no UTF-8
        raise wrong(where, f"is {shown(value)}", "use printable characters only")
    size = len(value.encode("utf-8"))
    if size > most_bytes:
        raise wrong(where, f"is {size} bytes long", f"use at most {most_bytes} bytes (UTF-8)")
    return value


def shown(value: object) -> str:
    """Return `value` as a message shows it: short, whatever it is."""
    try:
        text = repr(value)
    except ValueError:  # an integer of thousands of digits
        text = "a number too long to print"
    return text if len(text) <= 60 else text[:57] + "..."


def read_labels(values: list[Any], classes: int) -> tuple[str, ...]:
    """Check labels: one for each of the model's `classes` outputs, none empty, none twice."""
    labels = tuple(checked_text(value, f"labels[{i}]", MAX_LABEL_BYTES) for i, value in enumerate(values))
    if len(labels) != classes:
        raise wrong(
            "labels",
            f"names {len(labels)} classes ({', '.join(labels) or 'none'}) but the model has {classes} outputs",
            "give one label for each output, in the model's order",
        )
    for i, label in enumerate(labels):
        if not label.strip():
            raise wrong(f"labels[{i}]", "is empty", "give every class a name")
        if label in labels[:i]:
            raise wrong(f"labels[{i}]", f"is {label!r} a second time", "give every class a name of its own")
    return labels


def read_detector(section: Section, labels: tuple[str, ...]) -> Detector:
    """Read thresholds and the labels to ignore."""
    threshold = section.number("threshold")
    release = section.number("release")
    names = section.optional("ignore", [])
    section.close()
    if not isinstance(names, list):
        raise wrong(section.place("ignore"), "is not a list", "make it a list of labels")
    ignore = tuple(checked_text(name, section.place("ignore"), MAX_LABEL_BYTES) for name in names)
    detector = Detector(threshold, release, ignore)
    check_detector(detector, labels)
    return detector


def check_detector(detector: Detector, labels: tuple[str, ...]) -> None:
    """Check what can be checked without the model's output scale; `thresholds.py` does the rest.

    Raises:
        BundleError: release above threshold, or labels to ignore that do not exist or leave none.
    """
    if detector.release > detector.threshold:
        raise wrong(
            "detector.release",
            f"is {detector.release:g}, above the threshold {detector.threshold:g}",
            "set it to the threshold or lower",
        )
    unknown = [name for name in detector.ignore if name not in labels]
    if unknown:
        raise wrong("detector.ignore", f"names {unknown[0]!r}, no label", f"use labels: {', '.join(labels)}")
    if set(detector.ignore) == set(labels):
        raise wrong("detector.ignore", "leaves no label to detect", "leave at least one out of it")


def _read_shape(section: Section) -> tuple[int, ...]:
    shape = section.items("shape")
    where = section.place("shape")
    if not 2 <= len(shape) <= 4:
        raise wrong(where, f"has {len(shape)} dimensions", "give 2 to 4")
    sizes = tuple(checked_integer(size, where, 1, 1 << 20) for size in shape)
    if sizes[0] != 1:
        raise wrong(where, f"is {list(sizes)}", "the first dimension, the batch, must be 1")
    return sizes


def _read_quantisation(section: Section) -> tuple[float, int]:
    scale = section.number("scale")
    if not 1e-30 < scale < 1e30:
        raise wrong(
            section.place("scale"), f"is {scale:g}", "a scale is above 0: make the bundle anew from its model"
        )
    return scale, section.integer("zero_point", *INT8)


def _read_outputs(values: list[Any]) -> tuple[OutputInfo, ...]:
    outputs = []
    for i, value in enumerate(values):
        section = Section(value, f"model.outputs[{i}]")
        role = section.text("role", 16)
        index = section.integer("index", 0, 254)
        shape = _read_shape(section)
        scale, zero_point = _read_quantisation(section)
        section.close()
        outputs.append(OutputInfo(scale, zero_point, shape, role, index))
    outputs.sort(key=lambda output: output.role != "scores")
    if [output.role for output in outputs] not in (["scores"], ["scores", "logits"]):
        raise wrong("model.outputs", "is not one `scores` and at most one `logits`", "correct their roles")
    if len({output.index for output in outputs}) != len(outputs):
        raise wrong(
            "model.outputs", "gives two outputs the same index", "make the bundle anew from its model"
        )
    if len({output.shape for output in outputs}) != 1 or len(outputs[0].shape) != 2:
        raise wrong(
            "model.outputs", "has shapes other than one [1, classes]", "make the bundle anew from its model"
        )
    if outputs[0].shape[1] > MAX_CLASSES:
        raise wrong(
            "model.outputs", f"has {outputs[0].shape[1]} classes", f"use a model with at most {MAX_CLASSES}"
        )
    return tuple(outputs)


def check_file_name(name: str) -> None:
    """Check that `name` is a plain file name, the same on every system, and so cannot lead out of the bundle.

    Raises:
        BundleError: it is not.
    """
    allowed = name.replace(".", "").replace("-", "").replace("_", "")
    if not (allowed.isascii() and allowed.isalnum()) or name[0] == ".":
        raise wrong("model.file", f"is {name!r}", "use a plain file name (letters, digits, . _ -), no path")


def read_model(section: Section) -> ModelInfo:
    """Read the description of the model file."""
    file = section.text("file", 100)
    check_file_name(file)
    size = section.integer("size", 1, 1 << 30)
    sha256 = section.text("sha256", 64)
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise wrong("model.sha256", f"is {sha256!r}", "give 64 hexadecimal digits in lower case")
    source = section.section("input")
    shape = _read_shape(source)
    scale, zero_point = _read_quantisation(source)
    source.close()
    outputs = _read_outputs(section.items("outputs"))
    ops = tuple(checked_text(name, "model.ops", 64) for name in section.items("ops"))
    arena = section.optional("arena_bytes", None)
    arena_bytes = None if arena is None else checked_integer(arena, "model.arena_bytes", 1, 1 << 30)
    section.close()
    if not ops:
        raise wrong("model.ops", "is empty", "make the bundle anew from its model")
    return ModelInfo(file, size, sha256, TensorInfo(scale, zero_point, shape), outputs, ops, arena_bytes)


def model_to_dict(model: ModelInfo) -> dict[str, Any]:
    """Return what `read_model` reads."""
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
    }


def _tensor_to_dict(tensor: TensorInfo) -> dict[str, Any]:
    return {"shape": list(tensor.shape), "scale": tensor.scale, "zero_point": tensor.zero_point}


def check_input_shape(shape: tuple[int, ...], frames: int, bands: int) -> None:
    """Check that a model's input is the window that the settings give.

    Raises:
        BundleError: it is not.
    """
    if shape not in ((1, frames, bands), (1, frames, bands, 1), (1, frames * bands)):
        raise wrong(
            "model.input.shape",
            f"is {list(shape)}, but the settings give windows of {frames} frames × {bands} bands",
            "correct `frames` and `frontend.bands`, or use the model that was trained with them",
        )


def free_object(section: Section, name: str) -> Mapping[str, Any]:
    """Return the object `name` (provenance, metrics), whose content is nobody's business here."""
    value = section.optional(name, {})
    if not isinstance(value, dict):
        raise wrong(section.place(name), "is not an object", 'make it {"name": value, ...}')
    return value
