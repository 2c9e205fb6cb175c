"""What the host makes of a window: every tensor, by the interpreter that the bundle expects and by the other one."""

from dataclasses import dataclass

import numpy as np

from ..bundle.expectation import TFLITE_MICRO
from ..bundle.load import Bundle
from ..errors import HilError
from ..model import worker_protocol as wire
from ..model.allowed import rounding_ops
from ..model.ends import Tensor
from ..model.inspect import Graph, ModelError, read_graph
from ..model.kept_tensors import unpacked
from ..model.locate import Values, compare_ops
from ..model.micro import unavailable
from ..model.worker import ModelWorker

ENGINES = {wire.REFERENCE: "TensorFlow Lite's reference kernels", wire.MICRO: "TFLite Micro"}


def kept_tensors(worker: ModelWorker, engine: str, model_bytes: bytes, tensors: Tensor) -> Values:
    """As `run_kept`, in the worker's process.

    Raises:
        ModelError: the engine refuses the model, or died of it.
        HilError: the engine is not there.
    """
    body = wire.pack(
        {"engine": engine, "shape": list(tensors.shape), "type": tensors.dtype.name, "bytes": tensors.nbytes},
        np.ascontiguousarray(tensors).tobytes() + model_bytes,
    )
    return unpacked(worker.ask(wire.TENSORS, body))


@dataclass(frozen=True)
class HostTensors:
    """What the host makes of a window.

    Attributes:
        graph: of the model.
        engine: which of the two is expected of a device.
        values: its tensors by number.
        other: the other interpreter's; None where there is none, or it refuses the model.
        parting: where the two part, in words; empty where they do not.
        parting_op: index of that op.
    """

    graph: Graph
    engine: str
    values: Values
    other: Values | None = None
    parting: str = ""
    parting_op: int | None = None

    @property
    def name(self) -> str:
        """What is expected, for people."""
        return ENGINES[self.engine]


def host_tensors(worker: ModelWorker, model_bytes: bytes, tensors: Tensor, engine: str) -> HostTensors:
    """Run a window, behind those that came before it, in both interpreters.

    Args:
        worker: runs them.
        model_bytes: the `.tflite` file.
        tensors: input tensors [n, *shape]; the last one is looked at.
        engine: which one is expected; where it refuses the model, the other is.

    Raises:
        HilError: neither runs it.
    """
    graph = read_graph(model_bytes)
    others = {wire.REFERENCE: wire.MICRO, wire.MICRO: wire.REFERENCE}
    try:
        values = kept_tensors(worker, engine, model_bytes, tensors)
    except ModelError:
        return HostTensors(graph, others[engine], kept_tensors(worker, others[engine], model_bytes, tensors))
    try:
        other = kept_tensors(worker, others[engine], model_bytes, tensors)
    except HilError:
        return HostTensors(graph, engine, values)
    found = compare_ops(graph, values, other)
    if found is None:
        return HostTensors(graph, engine, values, other)
    words = f"the host's own interpreters part at {found}; expected is what {ENGINES[engine]} computes"
    return HostTensors(graph, engine, values, other, words, found.index)


def expected_engine(bundle: Bundle) -> str:
    """Which interpreter a device must equal, as `comparison.run.load_interpreters` chooses it.

    Where kernels may round either way TFLite Micro is expected, if it is there; else what the bundle records.
    """
    recorded, either = bundle.model.expected, bool(rounding_ops(bundle.model_bytes))
    if recorded is not None:
        return wire.MICRO if recorded.side == TFLITE_MICRO else wire.REFERENCE
    return wire.MICRO if either and unavailable() is None else wire.REFERENCE
