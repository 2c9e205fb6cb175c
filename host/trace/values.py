"""A trace for programs: what report.json and `--against` hold of it."""

from typing import Any

from .op_by_op import Row
from .window import WindowTrace
from .words import trace_sentence


def trace_values(traced: WindowTrace) -> dict[str, Any]:
    """A window's trace as plain values."""
    trace = traced.tensors
    departure = trace.departure
    return {
        "window": trace.window,
        "agreed": trace.agreed,
        "sentence": trace_sentence(trace),
        "expected": trace.engine,
        "host_interpreters_part": trace.parting,
        "input_cells_different": trace.input_different,
        "departs_at": None if departure is None else departure.row.record.op,
        "patterns": [] if departure is None else [pattern.words for pattern in departure.found],
        "inputs_equal": None if departure is None else departure.inputs_equal,
        "arena_used": traced.arena_used,
        "tensors": [row_values(row) for row in trace.rows],
    }


def row_values(row: Row) -> dict[str, Any]:
    """A tensor that an op gave."""
    record = row.record
    return {
        "subgraph": record.subgraph,
        "op": record.op,
        "type": row.op,
        "layer": row.layer,
        "role": record.role,
        "tensor": record.tensor,
        "kind": row.kind,
        "shape": list(row.shape),
        "crc32": record.crc32,
        "equal": row.equal,
        "different": row.different if row.equal is not True else 0,
        "largest": row.largest if row.equal is not True else 0,
        "ns": record.ns,
        "macs": row.macs,
        "address_modulo_16": record.modulo,
    }
