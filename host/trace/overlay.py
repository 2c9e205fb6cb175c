"""A trace as Google's Model Explorer shows it over a model's graph: its custom node data, a JSON file.

The format: a graph's name, and in it results by the names of a node's output tensors (`node_data_builder.py` of the
Model Explorer project says so), each with a value and perhaps a colour.
"""

from pathlib import Path
from typing import Any

from ..errors import HilError
from ..files import atomic_write
from ..model.inspect import Graph
from ..strict_json import json_text
from .op_by_op import TensorTrace, op_rows

GRAPH = "main"  # what Model Explorer calls a .tflite file's first subgraph
EQUAL, DEPARTS, FOLLOWS, UNKNOWN = "#7fc796", "#e05252", "#f2b877", "#d0d0d0"


def overlays(trace: TensorTrace, graph: Graph) -> dict[str, dict[str, Any]]:
    """Two overlays by name: cells that differ, and time where the board tells it."""
    mismatch: dict[str, Any] = {}
    for place, row in enumerate(trace.rows):
        if row.record.subgraph:
            continue
        value = row.different if row.different is not None else 0 if row.equal else -1
        departs = trace.departure is not None and trace.departure.place == place
        colour = DEPARTS if departs else EQUAL if row.equal else UNKNOWN if row.equal is None else FOLLOWS
        mismatch[graph.tensors[row.record.tensor].name] = {"value": value, "bgColor": colour}
    found: dict[str, dict[str, Any]] = {"mismatch": {GRAPH: {"results": mismatch}}}
    if trace.total_ns is not None:
        times = {
            graph.tensors[row.record.tensor].name: {"value": round((row.record.ns or 0) / 1000, 3)}
            for row in op_rows(trace.rows)
        }
        gradient = [{"stop": 0, "bgColor": "#ffffff"}, {"stop": 1, "bgColor": "#e0863c"}]
        found["time"] = {GRAPH: {"results": times, "gradient": gradient}}
    return found


def write_overlays(trace: TensorTrace, graph: Graph, path: Path) -> list[Path]:
    """Write the overlays: cells that differ to `path`, time beside it as NAME-time.json; returns the paths.

    Raises:
        HilError: a file cannot be written.
    """
    written = []
    for name, values in overlays(trace, graph).items():
        file = path if name == "mismatch" else path.with_name(f"{path.stem}-{name}{path.suffix or '.json'}")
        try:
            atomic_write(file, json_text(values))
        except OSError as error:
            raise HilError(
                f"{file} cannot be written: {error.strerror or error}",
                "name another place with --model-explorer",
            ) from error
        written.append(file)
    return written
