"""Every tensor of a model after an inference, in the process that runs models."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import HilError
from . import worker_protocol as wire
from .ends import Tensor
from .inspect import read_graph
from .locate import MicroTrace, ReferenceTrace, Values, traced_numbers
from .micro import unavailable


def run_kept(engine: str, model_bytes: bytes, tensors: Tensor) -> Values:
    """Run input tensors [n, *shape] one after the other in a new interpreter that keeps all tensors.

    Returns:
        The tensors of numbers after the last one, by number.

    Raises:
        HilError: the engine is not there.
        RuntimeError, ValueError: it refuses the model.
    """
    numbers = traced_numbers(read_graph(model_bytes))
    found: Values = {}
    if engine == wire.MICRO and (missing := unavailable()):
        raise HilError(missing, "compare with the reference kernels")
    trace = (
        ReferenceTrace(model_bytes) if engine == wire.REFERENCE else MicroTrace(model_bytes, tensors[0].size)
    )
    last = len(tensors) - 1
    for place, tensor in enumerate(tensors):
        found = trace.run(tensor, numbers if place == last else ())
    return found


def packed(values: Values) -> bytes:
    """A TENSORS answer."""
    about = [[number, value.dtype.name, list(value.shape)] for number, value in values.items()]
    raw = b"".join(np.ascontiguousarray(value).tobytes() for value in values.values())
    return wire.pack({"tensors": about}, raw)


def unpacked(body: bytes) -> Values:
    """What `packed` took.

    Raises:
        HilError: it is no such answer.
    """
    about, raw = wire.unpack(body)
    found: Values = {}
    at = 0
    try:
        for number, kind, shape in about["tensors"]:
            count = int(np.prod(shape, dtype=np.int64))
            value = np.frombuffer(raw, np.dtype(kind), count, at).reshape(shape)
            found[int(number)] = value
            at += value.nbytes
    except (KeyError, TypeError, ValueError) as error:
        raise HilError("the process that runs models answered nonsense", "run it again") from error
    return found


def requested(body: bytes) -> tuple[str, bytes, Tensor]:
    """Engine, model and input tensors of a TENSORS request."""
    values, raw = wire.unpack(body)
    count: Any = values["bytes"]
    shape: Sequence[int] = values["shape"]
    tensors = np.frombuffer(raw[:count], np.dtype(values["type"])).reshape(shape)
    return str(values["engine"]), raw[count:], tensors
