"""How long each op of the model takes on the board, and what that is a multiply-accumulate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from ..link import messages as m
from ..model.inspect import read_graph
from ..model.op_cost import macs
from ..model.op_words import layer_name


@runtime_checkable
class Profiling(Protocol):
    """A device that may keep the time of each op."""

    def profile(self) -> list[m.Profile]:
        """Time per op of the last inference.

        Raises:
            HilError: it keeps none.
        """
        ...


@dataclass(frozen=True)
class OpTime:
    """An op of the last inference.

    Attributes:
        index: in the order of execution.
        op: its type, as the board names it.
        layer: where it comes from in the model; empty where the board's list is not the model's.
        ns: what it took.
        macs: multiply-accumulates; 0 for an op that has none.
    """

    index: int
    op: str
    layer: str
    ns: int
    macs: int

    def cycles_per_mac(self, clock_hz: int) -> float | None:
        """Cycles of the board a multiply-accumulate; None where there is none, or no clock."""
        return self.ns * clock_hz / 1e9 / self.macs if self.macs and clock_hz else None

    def as_dict(self, total_ns: int) -> dict[str, Any]:
        """For JSON."""
        return {
            "op": self.index,
            "type": self.op,
            "layer": self.layer,
            "ns": self.ns,
            "share": round(self.ns / total_ns, 4) if total_ns else 0.0,
            "macs": self.macs,
        }


def op_times(model_bytes: bytes, profile: Sequence[m.Profile]) -> list[OpTime]:
    """A board's profile beside the model's ops; layers and costs only where both list the same ops.

    Raises:
        ModelError: the model cannot be read.
    """
    graph = read_graph(model_bytes)
    names = [each.name.decode("utf-8", "replace") for each in profile]
    same = names == [operator.name for operator in graph.operators]
    found = []
    for index, (name, each) in enumerate(zip(names, profile, strict=True)):
        operator = graph.operators[index] if same else None
        output = operator.outputs[0] if operator is not None and operator.outputs else -1
        layer = layer_name(graph.tensors[output].name) if output >= 0 else ""
        found.append(
            OpTime(index, name, layer, each.ns, macs(graph, operator) if operator is not None else 0)
        )
    return found
