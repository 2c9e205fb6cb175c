"""A window op by op: the device's checksums beside the host's tensors, and the bytes of what differs."""

import zlib
from dataclasses import dataclass, field, replace

import numpy as np

from ..board.tracing import TracedTensor
from ..errors import HilError
from ..link.messages import TraceSource
from ..model.ends import Tensor
from ..model.inspect import Graph
from ..model.names import op_name, type_name
from ..model.op_cost import macs
from ..model.op_words import layer_name, op_parameters
from .host_tensors import HostTensors
from .pattern import Cells, Pattern, cells_of, patterns
from .traced_device import Progress, TracedDevice, is_state, no_progress

FETCHED_BYTES = (
    64 << 10
)  # of tensors behind the first that departs: enough for the table, no wait for large models
LARGEST_FETCHED = 1 << 20  # of the first one


@dataclass(frozen=True)
class Row:
    """A tensor that an op gave, on both sides.

    Attributes:
        record: the device's.
        op: name of the op.
        layer: where it comes from, in the model's own words.
        parameters: the op's, in words.
        kind, shape: of the tensor.
        macs: multiply-accumulates of the op, told with its first output alone.
        equal: whether the checksums agree; None where the host has no value to hold against it.
        different, largest: cells, and the largest difference in steps; None where the bytes were not asked for.
    """

    record: TracedTensor
    op: str
    layer: str
    parameters: tuple[str, ...]
    kind: str
    shape: tuple[int, ...]
    macs: int
    equal: bool | None
    different: int | None = None
    largest: int | None = None

    @property
    def cells(self) -> int:
        """How many values it has."""
        return int(np.prod(self.shape, dtype=np.int64))


@dataclass(frozen=True)
class Departure:
    """The first tensor that differs while all that its op reads is equal.

    Attributes:
        place: of its row.
        row: see there.
        host, device: its values, of one type and shape.
        found: what the differing cells have in common, what says most first.
        inputs: the tensors that the op reads and other ops gave, as (number, equal).
        ops: how many the model has.
    """

    place: int
    row: Row
    host: Tensor
    device: Tensor
    found: tuple[Pattern, ...]
    inputs: tuple[tuple[int, bool | None], ...]
    ops: int

    @property
    def inputs_equal(self) -> bool:
        """Whether all that the op reads is known to be equal."""
        return all(equal is True for _, equal in self.inputs)

    @property
    def cells(self) -> Cells:
        """Both sides as integers."""
        return cells_of(self.host, self.device)


@dataclass(frozen=True)
class OutputAfter:
    """An output of the model that was right when its op ended, and is wrong after the last op.

    Attributes:
        number: of the output.
        row: of the tensor.
        place: of that row.
        different: cells.
        later: rows of the ops that ran behind its own.
        found: what the differing cells have in common, what says most first.
    """

    number: int
    row: Row
    place: int
    different: int
    later: tuple[Row, ...]
    found: tuple[Pattern, ...] = ()

    @property
    def written_over(self) -> bool:
        """Whether an op that ran later can have done it; none exchanges values, or runs behind the last."""
        return bool(self.later) and all(pattern.name != "swapped" for pattern in self.found)


@dataclass(frozen=True)
class TensorTrace:
    """A window, op by op.

    Attributes:
        window: its number in the sound.
        engine: what the host computed with.
        parting: where the host's own interpreters part, in words; empty where they do not.
        rows: in the order of execution.
        input_different: cells of the model's input that are not those of the host's front end; the host computed on
            the device's.
        departure: None when every tensor is equal.
        overwritten: outputs that something wrote over.
        parting_op: index of the op at which the host's interpreters part.
        follows_other: whether every tensor of the device is that of the interpreter that is not expected.
    """

    window: int
    engine: str
    parting: str
    rows: tuple[Row, ...]
    input_different: int
    departure: Departure | None
    overwritten: tuple[OutputAfter, ...] = ()
    parting_op: int | None = None
    follows_other: bool = False
    notes: tuple[str, ...] = field(default=())

    @property
    def agreed(self) -> bool:
        """Whether every tensor that can be compared is equal."""
        return (
            self.departure is None
            and not self.overwritten
            and all(row.equal is not False for row in self.rows)
        )

    @property
    def compared(self) -> int:
        """How many tensors were held against the host's."""
        return sum(row.equal is not None for row in self.rows)

    @property
    def total_ns(self) -> int | None:
        """Time of all ops together; None where the board does not tell."""
        times = [row.record.ns for row in op_rows(self.rows)]
        known = [ns for ns in times if ns is not None]
        return sum(known) if known and len(known) == len(times) else None


def op_rows(rows: tuple[Row, ...]) -> list[Row]:
    """One row an op of the main subgraph: its first."""
    seen: set[int] = set()
    found = []
    for row in rows:
        if row.record.subgraph == 0 and row.record.op not in seen:
            seen.add(row.record.op)
            found.append(row)
    return found


def trace_tensors(
    device: TracedDevice,
    model_bytes: bytes,
    host: HostTensors,
    window: int,
    input_different: int = 0,
    progress: Progress = no_progress,
) -> TensorTrace:
    """Hold a window on the device against the host, op by op.

    Args:
        device: with the window ready.
        model_bytes: the `.tflite` file.
        host: what the host makes of the same input.
        window: its number, for the words.
        input_different: cells of the input that are not the host's own.
        progress: told of the bytes that are asked for.

    Raises:
        HilError: the board failed, or tells of ops that the model has not.
    """
    graph = host.graph
    records = device.trace_ops()
    _check(records, graph)
    shown: set[int] = set()
    rows = [_row(graph, model_bytes, record, host, shown) for record in records]
    departing = [place for place, row in enumerate(rows) if row.equal is False]
    departure = None
    left = FETCHED_BYTES
    for place in departing:
        first = place == departing[0]
        size = rows[place].record.bytes
        if not first and size > left:
            continue
        left -= 0 if first else size
        progress(f"tensor of op {rows[place].record.op}", departing.index(place), len(departing))
        expected = _expected(host, graph, records[place])
        assert expected is not None
        came = _fetched(device, place, size, expected)
        if came is None:
            continue
        cells = cells_of(expected, came)
        largest = int(np.abs(cells.gaps).max(initial=0))
        rows[place] = replace(rows[place], different=len(cells.gaps), largest=largest)
        if first:
            inputs = _inputs(graph, records, rows, place)
            departure = Departure(
                place, rows[place], expected, came, tuple(patterns(cells)), inputs, len(graph.operators)
            )
    return TensorTrace(
        window,
        host.name,
        host.parting,
        tuple(rows),
        input_different,
        departure,
        _overwritten(device, graph, host, rows),
        host.parting_op,
        departure is not None and _follows(host, graph, records),
    )


def _check(records: list[TracedTensor], graph: Graph) -> None:
    """Refuse records that cannot be of this model: an older bundle, or a board that tells nonsense."""
    for record in records:
        if record.subgraph > len(graph.once):
            raise HilError(
                f"the board traces an op of subgraph {record.subgraph}, and the model has {1 + len(graph.once)}",
                "deploy the bundle again, and trace once more",
            )
        part = _subgraph(graph, record.subgraph)
        if record.op >= len(part.operators) or record.tensor >= len(part.tensors):
            raise HilError(
                f"the board traces op {record.op} with tensor {record.tensor}, and the model has "
                f"{len(part.operators)} ops and {len(part.tensors)} tensors",
                "deploy the bundle again, and trace once more",
            )
        name = part.operators[record.op].name
        if op_name(record.code) != name and not part.operators[record.op].custom:
            raise HilError(
                f"the board says that op {record.op} is {op_name(record.code)}; the bundle's model has {name} there",
                "the board runs another model: deploy the bundle again",
            )


def _subgraph(graph: Graph, number: int) -> Graph:
    return graph if number == 0 else graph.once[number - 1]


def _row(graph: Graph, model_bytes: bytes, record: TracedTensor, host: HostTensors, shown: set[int]) -> Row:
    part = _subgraph(graph, record.subgraph)
    operator, tensor = part.operators[record.op], part.tensors[record.tensor]
    first = record.subgraph == 0 and record.op not in shown
    shown.add(record.op if record.subgraph == 0 else -1)
    expected = _expected(host, graph, record)
    equal = None if expected is None else (
        expected.nbytes == record.bytes and zlib.crc32(np.ascontiguousarray(expected).tobytes()) == record.crc32
    )  # fmt: skip
    return Row(
        record,
        operator.name,
        layer_name(tensor.name),
        tuple(op_parameters(model_bytes, record.op)) if record.subgraph == 0 else (),
        type_name(tensor.kind),
        tensor.shape if expected is None else tuple(int(size) for size in expected.shape),
        macs(part, operator) if first else 0,
        equal,
    )


def _expected(host: HostTensors, graph: Graph, record: TracedTensor) -> Tensor | None:
    """What the host has for a record; None where nothing of it outlives the inference."""
    return expected_of(host.values, graph, record)


def expected_of(values: dict[int, Tensor], graph: Graph, record: TracedTensor) -> Tensor | None:
    """What an interpreter's tensors say of a record.

    A variable that ASSIGN_VARIABLE writes holds what it was given. Ops of CALL_ONCE run once alone, at the first
    inference, and their tensors are gone.
    """
    if record.subgraph:
        return None
    operator = graph.operators[record.op]
    number = record.tensor
    if operator.name == "ASSIGN_VARIABLE":
        number = operator.inputs[1]
    return values.get(number)


def _fetched(device: TracedDevice, place: int, size: int, expected: Tensor) -> Tensor | None:
    if size != expected.nbytes or size > LARGEST_FETCHED:
        return None
    data = device.trace_bytes(TraceSource.OUTPUT, place)
    return np.frombuffer(data, expected.dtype).reshape(expected.shape)


def _inputs(
    graph: Graph, records: list[TracedTensor], rows: list[Row], place: int
) -> tuple[tuple[int, bool | None], ...]:
    """The tensors that an op reads and that are no constants, and whether they were equal when they were made."""
    record = records[place]
    if record.subgraph:
        return ()
    made = {
        each.tensor: row.equal
        for each, row in zip(records[:place], rows, strict=False)
        if each.subgraph == 0 and not is_state(each) and each.op != record.op
    }
    computed = {number for operator in graph.operators for number in operator.outputs}
    found: list[tuple[int, bool | None]] = []
    for number in graph.operators[record.op].inputs:
        if number in graph.inputs:
            found.append((number, True))  # the host computed on the device's own
        elif number in computed:
            found.append((number, made.get(number)))
    return tuple(found)


def _overwritten(
    device: TracedDevice, graph: Graph, host: HostTensors, rows: list[Row]
) -> tuple[OutputAfter, ...]:
    """Outputs of the model that were right when they were made, and are wrong when they are read."""
    found = []
    for number, tensor in enumerate(graph.outputs):
        place = next(
            (p for p, row in enumerate(rows) if row.record.subgraph == 0 and row.record.tensor == tensor),
            None,
        )
        expected = host.values.get(tensor)
        if place is None or expected is None or rows[place].equal is not True:
            continue
        came = np.frombuffer(device.trace_bytes(TraceSource.MODEL_OUTPUT, number), expected.dtype).reshape(
            expected.shape
        )
        if not np.array_equal(expected, came):
            later = tuple(row for row in op_rows(tuple(rows)) if row.record.op > rows[place].record.op)
            cells = cells_of(expected, came)
            count = int(np.count_nonzero(cells.wrong))
            found.append(OutputAfter(number, rows[place], place, count, later, tuple(patterns(cells))))
    return tuple(found)


def _follows(host: HostTensors, graph: Graph, records: list[TracedTensor]) -> bool:
    """Whether the device's tensors are, all of them, those of the host's other interpreter."""
    if host.other is None:
        return False
    for record in records:
        expected = expected_of(host.other, graph, record)
        if expected is not None and zlib.crc32(np.ascontiguousarray(expected).tobytes()) != record.crc32:
            return False
    return True
