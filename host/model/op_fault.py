"""A board that computes wrong on purpose: the model cut in two after an op, whose output is altered in between.

So everything downstream follows from it, as it does from a wrong kernel.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..errors import HilError
from .cut import cut_after, cut_before, fed_after
from .engine import Engine
from .flatbuffer import root
from .inspect import read_graph
from .tracer import PlainRunner, Run, Runner, Tracer

_SUBGRAPHS, _BUFFERS, _TENSORS, _BUFFER, _DATA = (
    2,
    4,
    0,
    2,
    0,
)  # fields of Model, SubGraph, Tensor and Buffer in schema.fbs
_WEIGHTS = 1  # which input they are
Load = Callable[[bytes, int, int | None], Engine]
CURE = "give op=N,cell=N,add=N and perhaps every=N, or weights=N (of op N, a bit of one), or swap=N,with=N"


@dataclass(frozen=True)
class OpFault:
    """What is altered.

    Attributes:
        op: number of the op, whose first output it is; -1: none.
        cell: number of the value in it.
        add: to that value, which wraps.
        every: only in each inference of that number since the model was loaded; a trace then finds nothing.
        weights: number of an op, one of whose weights is another in the board's file; -1: none. The checksum stays the
            true file's: a stale model that reports the right hash.
        swap, swap_with: classes whose scores change places; -1: none.
    """

    op: int = -1
    cell: int = 0
    add: int = 0
    every: int = 1
    weights: int = -1
    swap: int = -1
    swap_with: int = -1

    @classmethod
    def parse(cls, text: str) -> "OpFault":
        """Read one from the command line.

        Raises:
            HilError: it is none.
        """
        try:
            values = {
                name: int(value)
                for name, _, value in (
                    item.partition("=") for item in text.replace("with", "swap_with").split(",")
                )
            }
            fault = cls(**values)
        except (TypeError, ValueError) as error:
            raise HilError(f"{text!r} is no fault of a model", CURE) from error
        if fault.every < 1 or fault.cell < 0 or max(fault.op, fault.weights, fault.swap) < 0:
            raise HilError(f"{text!r} alters nothing", CURE)
        return fault


class FaultyRunner:
    """A model with a fault at one op.

    Args:
        model: the `.tflite` file.
        fault: with an `op`.

    Raises:
        HilError: the model has no such op or cell, or cannot be cut there.
    """

    def __init__(self, model: bytes, fault: OpFault) -> None:
        self._fault = fault
        try:
            self._head = PlainRunner(cut_after(model, fault.op))
            whole = PlainRunner(model).interpreter
            last = fault.op == len(whole.graph.operators) - 1
            self._fed = [] if last else fed_after(model, fault.op)
            self._tail = None if last else PlainRunner(cut_before(model, fault.op))
        except ValueError as error:
            raise HilError(f"no fault can be put at op {fault.op}: {error}", "choose another op") from error
        self._graph, self._told = whole.graph, whole.told
        self._tensor = self._graph.operators[fault.op].outputs[0]

    def run(self, inputs: Sequence[bytes]) -> Run:
        """See `Runner.run`."""
        head = self._head.run(inputs)
        values = {told.tensor: data for told, data in head.tensors}
        values |= dict(zip(self._graph.inputs, inputs, strict=True))
        altered = bytearray(values[self._tensor])
        if self._fault.cell >= len(altered):
            raise HilError(f"op {self._fault.op} gives {len(altered)} bytes", "choose another cell")
        altered[self._fault.cell] = (altered[self._fault.cell] + self._fault.add) & 0xFF
        values[self._tensor] = bytes(altered)
        told = [each for each in self._told if each.op <= self._fault.op]
        tensors = [
            (each, values[each.tensor] if each.tensor == self._tensor else data)
            for each, (_, data) in zip(told, head.tensors, strict=True)
        ]
        if self._tail is not None:
            tail = self._tail.run([values[number] for number in self._fed])
            later = [each for each in self._told if each.op > self._fault.op]
            tensors += [(each, data) for each, (_, data) in zip(later, tail.tensors, strict=True)]
            return Run(tensors, tail.outputs)
        return Run(tensors, [values[number] for number in self._graph.outputs])


def with_op_faults(load: Load, texts: Sequence[str]) -> Load:
    """Return `load` with faults as `OpFault.parse` reads them; none: as it is.

    Raises:
        HilError: one cannot be read.
    """
    for fault in map(OpFault.parse, texts):
        load = _with_fault(load, fault)
    return load


def _with_fault(load: Load, fault: OpFault) -> Load:
    def load_it(model: bytes, scores: int, logits: int | None) -> Engine:
        if fault.weights >= 0:
            engine = load(with_other_weights(model, fault.weights), scores, logits)
            engine.claim(model)
            return engine
        engine = load(model, scores, logits)
        if fault.swap >= 0:
            _swap(engine, fault.swap, fault.swap_with)
        if fault.op >= 0:
            _alter(engine, model, fault)
        return engine

    return load_it


def with_other_weights(model: bytes, op: int) -> bytes:
    """Return the file with a bit of the first weight of an op turned over.

    Raises:
        HilError: there is no such op, or it has no weights.
    """
    graph = read_graph(model)
    table = root(model)
    tensors = list(next(iter(table.tables(_SUBGRAPHS))).tables(_TENSORS))
    buffers = list(table.tables(_BUFFERS))
    inputs = graph.operators[op].inputs if op < len(graph.operators) else ()
    for number in inputs[_WEIGHTS : _WEIGHTS + 1]:
        at, size = buffers[tensors[number].scalar(_BUFFER, "I")].vector(_DATA, 1)
        if size:
            altered = bytearray(model)
            altered[at] ^= 0x40
            return bytes(altered)
    raise HilError(f"op {op} of the model has no weights", "choose another op")


def _swap(engine: Engine, one: int, other: int) -> None:
    plain, tracer = engine.invoke, engine.tracer

    def swapped(data: bytes) -> bytes:
        cells = bytearray(data)
        if max(one, other) < len(cells):
            cells[one], cells[other] = cells[other], cells[one]
        return bytes(cells)

    def trace(inputs: Sequence[bytes]) -> Run:
        run = Tracer.trace(tracer, inputs)
        outputs = list(run.outputs)
        outputs[engine.outputs[0]] = swapped(outputs[engine.outputs[0]])
        return Run(run.tensors, outputs)

    engine.invoke = lambda cells: swapped(plain(cells))  # type: ignore[method-assign]
    tracer.trace = trace  # type: ignore[method-assign]


def _alter(engine: Engine, model: bytes, fault: OpFault) -> None:
    plain, count = engine.invoke, 0
    runner: Runner = FaultyRunner(model, fault)

    def invoke(cells: bytes) -> bytes:
        nonlocal count
        count += 1
        honest = plain(cells)
        if count % fault.every:
            return honest
        outputs = runner.run([cells]).outputs
        return b"".join(outputs[number] for number in engine.outputs)

    engine.invoke = invoke  # type: ignore[method-assign]
    if fault.every == 1:
        engine.tracer.use(lambda: FaultyRunner(model, fault))
