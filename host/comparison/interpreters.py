"""What a run holds a board's outputs against: the interpreter whose outputs are expected, and a witness."""

import importlib.util
from collections.abc import Callable

from ..bundle.expectation import TFLITE_MICRO, Expectation
from ..bundle.load import Bundle
from ..errors import HilError
from ..model.allowed import rounding_ops
from ..model.inspect import ModelError
from ..model.interpreter import Interpreter
from ..model.micro import MODULE as MICRO_PACKAGE
from ..model.worker import ModelWorker
from ..model.worker_protocol import MICRO, REFERENCE

Interpreters = Callable[[Bundle], tuple[Interpreter, Interpreter | None]]


def load_interpreters(
    bundle: Bundle, worker: ModelWorker | None = None
) -> tuple[Interpreter, Interpreter | None]:
    """What is expected, and a second witness where TFLite Micro's wheel exists; both in a process of their own.

    Where the bundle records that the two part, what it names is expected and the other is no witness of anything. Where
    they may round differently (`model.allowed`), TFLite Micro is expected, and the other's outputs are as good.

    Args:
        bundle: the bundle in use.
        worker: that process, when it was started ahead.

    Raises:
        HilError: the model cannot be loaded, or reference kernels or what the bundle names do not exist here.
    """
    worker = worker or ModelWorker()
    recorded, either = bundle.model.expected, bool(rounding_ops(bundle.model_bytes))
    if recorded is not None and not (either and recorded.off == "neither"):
        return _recorded(bundle, recorded, worker), None
    reference = worker.open(REFERENCE, bundle.model_bytes, bundle.model)
    if recorded is not None:
        return _recorded(bundle, recorded, worker), reference
    # importing it here would cost as much as starting the process
    if importlib.util.find_spec(MICRO_PACKAGE) is None:
        return reference, None
    try:
        micro = worker.open(MICRO, bundle.model_bytes, bundle.model)
    except ModelError:
        raise
    except HilError:  # its wheel is for another computer
        return reference, None
    return (micro, reference) if either else (reference, micro)


def _recorded(bundle: Bundle, recorded: Expectation, worker: ModelWorker) -> Interpreter:
    """The one of the two that the bundle names as expected."""
    if recorded.side != TFLITE_MICRO:
        return worker.open(REFERENCE, bundle.model_bytes, bundle.model)
    try:
        return worker.open(MICRO, bundle.model_bytes, bundle.model)
    except ModelError:
        raise
    except HilError as error:
        raise HilError(
            f"the bundle expects TFLite Micro's outputs, and its wheel does not exist here: {recorded.sentence}",
            "run on Linux x86-64 with the tflite-micro package, or compare --features-only",
        ) from error
