"""The reference: TensorFlow Lite's reference kernels, which equal TFLite Micro byte for byte, from LiteRT's wheel."""

import functools
import os
import sys
import warnings
from importlib import metadata
from typing import Any, NamedTuple

import numpy as np

from ..bundle.model_info import ModelInfo, TensorInfo
from ..errors import HilError
from ..native_stderr import captured_stderr
from .ends import Tensor
from .inspect import ModelError
from .interpreter import LocalInterpreter

# The versions whose reference kernels were measured equal to TFLite Micro's; later ones requantise FULLY_CONNECTED in
# floating point.
EQUAL_LITERT = "1.2.0"
EQUAL_TENSORFLOW = "2.19."
LITERT, TENSORFLOW = "ai-edge-litert", "tensorflow"  # distributions that hold them

_CURE_MISSING = (
    "run `python3 tools/run.py setup` and use the Python in .venv, or `pip install -r requirements.txt`"
)


class Kernels(NamedTuple):
    """Where the reference kernels come from.

    Attributes:
        distribution: the package that holds them.
        name: what they are, with their version.
        interpreter: the interpreter's class.
        resolver: its type for reference kernels.
    """

    distribution: str
    name: str
    interpreter: Any
    resolver: Any


@functools.cache
def kernels() -> Kernels:
    """Import the reference kernels: LiteRT's, which take a third of a second, or TensorFlow's, which take seconds.

    LiteRT has no wheel for Windows and for Macs with Intel processors; there, and where another version of it was
    installed, TensorFlow computes the same.

    Raises:
        HilError: neither is there in a version that computes what a device computes.
    """
    troubles = []
    for name, equal, load in (
        (LITERT, EQUAL_LITERT, litert),
        (TENSORFLOW, EQUAL_TENSORFLOW, tensorflow_lite),
    ):
        version = _version(name)
        if version is None:
            troubles.append(f"{name} is not installed")
        elif not version.startswith(equal):
            troubles.append(f"{name} {version} is installed, which computes something else")
        else:
            try:
                return load()
            except ImportError as error:
                troubles.append(f"{name} {version} cannot be imported: {error}")
    raise HilError(
        f"there are no reference kernels that compute what a device computes ({LITERT} {EQUAL_LITERT}, or "
        f"{TENSORFLOW} {EQUAL_TENSORFLOW}x): {'; '.join(troubles)}",
        _CURE_MISSING,
    )


def litert() -> Kernels:
    """Import LiteRT's.

    Raises:
        ImportError: it is not there.
    """
    with captured_stderr():
        from ai_edge_litert.interpreter import Interpreter, OpResolverType
    return Kernels(LITERT, f"LiteRT {_version(LITERT)}", Interpreter, OpResolverType.BUILTIN_REF)


def tensorflow_lite() -> Kernels:
    """Import TensorFlow Lite's, without TensorFlow's chatter.

    Raises:
        ImportError: it is not there.
    """
    if "tensorflow" not in sys.modules:
        os.environ["TF_USE_LEGACY_KERAS"] = "1"  # training may follow in this process, and needs it
        for name, value in (
            ("TF_CPP_MIN_LOG_LEVEL", "3"),
            ("TF_ENABLE_ONEDNN_OPTS", "0"),
            ("CUDA_VISIBLE_DEVICES", ""),
        ):
            os.environ.setdefault(name, value)
    with captured_stderr():
        from tensorflow.lite.python.interpreter import Interpreter, OpResolverType
    return Kernels(
        TENSORFLOW, f"TensorFlow Lite {_version(TENSORFLOW)}", Interpreter, OpResolverType.BUILTIN_REF
    )


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def build(model_bytes: bytes, found: Kernels | None = None, keep_all: bool = False) -> Any:
    """Make an interpreter of a model that need be no bundle's, its memory set aside, with one thread.

    Args:
        model_bytes: the `.tflite` file.
        found: whose kernels; those of `kernels` unless given.
        keep_all: whether every tensor can be read afterwards.

    Raises:
        RuntimeError, ValueError: it cannot be loaded.
    """
    found = found or kernels()
    with warnings.catch_warnings(), captured_stderr():
        warnings.simplefilter(
            "ignore"
        )  # TensorFlow: "deprecated, will be deleted in TF 2.20"; its version is pinned
        interpreter = found.interpreter(
            model_content=model_bytes,
            experimental_op_resolver_type=found.resolver,
            experimental_preserve_all_tensors=keep_all,
            num_threads=1,
        )
        interpreter.allocate_tensors()
    return interpreter


class ReferenceInterpreter(LocalInterpreter):
    """Runs a model with the reference kernels.

    Args:
        model_bytes: the `.tflite` file.
        model: what the bundle says about it, which is checked against the file.
        found: whose kernels; those of `kernels` unless given.

    Raises:
        ModelError: the file is damaged, or is not what `model` says.
        HilError: no reference kernels are installed, or the wrong version.
    """

    def __init__(self, model_bytes: bytes, model: ModelInfo, found: Kernels | None = None) -> None:
        self._kernels = found or kernels()
        self.name = f"{self._kernels.name}, reference kernels"
        self.model = model
        self._model_bytes = model_bytes
        self._build()

    def reset(self) -> None:
        """See `Interpreter.reset`. A new interpreter, because that alone is sure to hold nothing of the old one."""
        if self.model.stateful:
            self._build()

    def _build(self) -> None:
        try:
            self._interpreter = build(self._model_bytes, self._kernels)
        except (RuntimeError, ValueError) as error:
            raise ModelError(
                f"{self._kernels.name} cannot load the model: {_one_line(error)}",
                "copy it again, or convert it again",
            ) from error
        self._check()
        # functions that give the tensors' memory as arrays: no copy through the interpreter's own calls
        self._input = self._interpreter.tensor(self._interpreter.get_input_details()[0]["index"])
        found = [
            self._interpreter.tensor(details["index"]) for details in self._interpreter.get_output_details()
        ]
        self._outputs = [found[output.index] for output in self.model.outputs]

    def _check(self) -> None:
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if len(inputs) != 1 or any(output.index >= len(outputs) for output in self.model.outputs):
            raise ModelError(
                f"the model has {len(inputs)} inputs and {len(outputs)} outputs, not what its bundle says",
                _CURE,
            )
        _check_tensor("input", self.model.input, inputs[0])
        for output in self.model.outputs:
            _check_tensor(f"output {output.index}", output, outputs[output.index])

    def invoke(self, tensor: Tensor) -> list[Tensor]:
        """See `LocalInterpreter.invoke`."""
        try:
            self._input()[...] = tensor  # the array must be gone before invoke, which may move the memory
            self._interpreter.invoke()
        except RuntimeError as error:
            raise ModelError(
                f"{self._kernels.name} cannot run the model: {_one_line(error)}", "convert it again"
            ) from error
        return [output().copy() for output in self._outputs]


def run_once(model_bytes: bytes, tensor: Tensor) -> None:
    """Load a model that need be no bundle's, such as one cut short, and run it on one window.

    Args:
        model_bytes: the `.tflite` file.
        tensor: its input.
    """
    interpreter = build(model_bytes)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], tensor)
    interpreter.invoke()


_CURE = "make the bundle anew from its model with `python -m host import`"


def _check_tensor(what: str, said: TensorInfo, details: dict[str, Any]) -> None:
    scale, zero_point = details["quantization"]
    found = (
        tuple(int(size) for size in details["shape"]),
        np.dtype(details["dtype"]),
        float(scale),
        int(zero_point),
    )
    expected = (said.shape, np.dtype(said.type), *said.in_file)
    if found != expected:
        raise ModelError(
            f"the model's {what} is {list(found[0])} {found[1]} with scale {found[2]!r} and zero point {found[3]}, "
            f"but its bundle says {list(expected[0])} {expected[1]}, {expected[2]!r}, {expected[3]}",
            _CURE,
        )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
