"""Both interpreters on a model that need be no bundle's, all tensors kept: for measuring ops."""

from importlib import metadata

import numpy as np

from .ends import Tensor
from .inspect import Graph, read_graph
from .locate import MicroTrace, ReferenceTrace, Values, traced_numbers
from .names import type_name
from .reference import kernels


def versions() -> dict[str, str]:
    """What is measured."""
    return {name: metadata.version(name) for name in (kernels().distribution, "tflite-micro")}


def random_tensors(graph: Graph, count: int, seed: int) -> Tensor:
    """Return input tensors [count, *shape]: noise over all of the type's range and its middle, with its extremes."""
    tensor = graph.tensors[graph.inputs[0]]
    kind = np.dtype(type_name(tensor.kind))
    limits = np.iinfo(kind)
    rng = np.random.default_rng(seed)
    tensors = rng.integers(limits.min, limits.max + 1, (count, *tensor.shape)).astype(kind)
    tensors[1::3] //= 8
    tensors[0].flat[::2] = limits.min
    tensors[-1].flat[1::2] = limits.max
    return tensors


def both_outputs(
    model_bytes: bytes, count: int, seed: int
) -> list[tuple[Values, int, Tensor | None, Tensor]]:
    """Run a model of one op on random inputs in both interpreters.

    Returns:
        For each input: the op's inputs by tensor number, the output's number, the reference's output (None where it
        refuses the model), TFLite Micro's.

    Raises:
        RuntimeError, ValueError: TFLite Micro refuses it.
    """
    graph = read_graph(model_bytes)
    numbers = traced_numbers(graph)
    tensors = random_tensors(graph, count, seed)
    micro = MicroTrace(model_bytes, tensors[0].size)
    operator = graph.operators[0]
    theirs = [micro.run(tensor, numbers) for tensor in tensors]
    try:
        reference = ReferenceTrace(model_bytes)
        ours = [reference.run(tensor, numbers) for tensor in tensors]
    except (RuntimeError, ValueError):
        ours = [{} for _ in tensors]
    output = operator.outputs[0]
    return [
        (
            {number: after[number] for number in operator.inputs if number in after},
            output,
            before.get(output),
            after[output],
        )
        for before, after in zip(ours, theirs, strict=True)
    ]
