"""The reference: TensorFlow Lite's interpreter with its reference kernels, which equal TFLite Micro byte for byte."""

import functools
import os
import sys
import warnings
from typing import Any

import numpy as np

from ..bundle.schema import ModelInfo, TensorInfo
from ..errors import HilError
from ..native_stderr import captured_stderr
from .ends import Tensor
from .inspect import ModelError
from .interpreter import LocalInterpreter

EQUAL_VERSION = "2.19."  # 2.20 and 2.21 requantise FULLY_CONNECTED in floating point


@functools.cache
def lite() -> tuple[str, Any, Any]:
    """Import TensorFlow Lite, which takes seconds, without its chatter.

    Returns:
        TensorFlow's version, the interpreter's class, the resolver's type for reference kernels.
    """
    if "tensorflow" not in sys.modules:
        os.environ["TF_USE_LEGACY_KERAS"] = "1"  # training may follow in this process, and needs it
        for name, value in (
            ("TF_CPP_MIN_LOG_LEVEL", "3"),
            ("TF_ENABLE_ONEDNN_OPTS", "0"),
            ("CUDA_VISIBLE_DEVICES", ""),
        ):
            os.environ.setdefault(name, value)
    cure = (
        "run `python3 tools/run.py setup` and use the Python in .venv, or `pip install -r requirements.txt`"
    )
    try:
        with captured_stderr():
            import tensorflow
            from tensorflow.lite.python.interpreter import Interpreter, OpResolverType
    except ImportError as error:
        raise HilError(f"TensorFlow cannot be imported: {error}", cure) from error
    version = str(tensorflow.__version__)
    if not version.startswith(EQUAL_VERSION):
        raise HilError(
            f"TensorFlow {version} is installed; only {EQUAL_VERSION}x computes what the device computes",
            cure,
        )
    return version, Interpreter, OpResolverType.BUILTIN_REF


class ReferenceInterpreter(LocalInterpreter):
    """Runs a model with the reference kernels.

    Args:
        model_bytes: the `.tflite` file.
        model: what the bundle says about it, which is checked against the file.

    Raises:
        ModelError: the file is damaged, or is not what `model` says.
        HilError: TensorFlow is missing or has the wrong version.
    """

    def __init__(self, model_bytes: bytes, model: ModelInfo) -> None:
        version, _, _ = lite()
        self.name = f"TensorFlow Lite {version}, reference kernels"
        self.model = model
        self._model_bytes = model_bytes
        self._build()

    def reset(self) -> None:
        """See `Interpreter.reset`. A new interpreter, because that alone is sure to hold nothing of the old one."""
        if self.model.stateful:
            self._build()

    def _build(self) -> None:
        _, interpreter, reference_kernels = lite()
        try:
            with warnings.catch_warnings(), captured_stderr():
                warnings.simplefilter(
                    "ignore"
                )  # "deprecated, will be deleted in TF 2.20", in a version pinned below
                self._interpreter = interpreter(
                    model_content=self._model_bytes,
                    experimental_op_resolver_type=reference_kernels,
                    num_threads=1,
                )
                self._interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise ModelError(
                f"TensorFlow Lite cannot load the model: {_one_line(error)}",
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
                f"TensorFlow Lite cannot run the model: {_one_line(error)}", "convert it again"
            ) from error
        return [output().copy() for output in self._outputs]


def run_once(model_bytes: bytes, tensor: Tensor) -> None:
    """Load a model that need be no bundle's, such as one cut short, and run it on one window.

    Args:
        model_bytes: the `.tflite` file.
        tensor: its input.
    """
    _, interpreter_class, reference_kernels = lite()
    with warnings.catch_warnings(), captured_stderr():
        warnings.simplefilter("ignore")
        interpreter = interpreter_class(
            model_content=model_bytes, experimental_op_resolver_type=reference_kernels, num_threads=1
        )
        interpreter.allocate_tensors()
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
