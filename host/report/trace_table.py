"""A trace in the terminal: one line an op, and what was found."""

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from ..board.identity import timing_note
from ..comparison.result import RunComparison
from ..model.op_words import shape_text
from ..trace.op_by_op import Row, TensorTrace, op_rows
from ..trace.stages import ColumnTrace
from ..trace.traced_device import is_state
from .units import digits, time_unit

NAME_WIDTH = 24
MOST_WIDTH = 1000
TENSOR = 3  # which column
# Width of the layer's column, and whether the tensor's number has one: names are cut off before figures are.
_LAYOUTS = ((NAME_WIDTH, True), (14, True), (14, False), (6, False))


def print_trace(trace: TensorTrace, console: Console, clock_hz: int = 0) -> None:
    """Print the table of a window's tensors.

    Args:
        trace: see there.
        console: where to.
        clock_hz: of the board; 0 where its times are none of its own, so that no cycles are told.
    """
    for layer_width, tensors in _LAYOUTS:
        table = _table(trace, clock_hz, layer_width, tensors)
        unbounded = console.options.update(width=MOST_WIDTH, max_width=MOST_WIDTH)
        if Measurement.get(console, unbounded, table).maximum <= console.width:
            break
    console.print(table)


def print_stages(trace: ColumnTrace, console: Console) -> None:
    """Print the table of a column's stages."""
    table = Table(
        title=f"Column {trace.column}, stage by stage",
        title_justify="left",
        box=None,
        header_style="bold",
        pad_edge=False,
    )
    table.add_column("stage", no_wrap=True)
    for heading in ("values", "different", "largest"):
        table.add_column(heading, justify="right")
    table.add_column("first")
    for stage in trace.stages:
        different = f"{stage.different:,}" if stage.equal or stage.different else "yes"
        table.add_row(
            stage.name,
            f"{stage.values:,}",
            Text(different, style="green" if stage.equal else "bold red"),
            f"{stage.largest:,}" if stage.largest else "",
            stage.place,
        )
    for name in trace.later:
        table.add_row(name, "", Text("–", style="dim"), "", "")
    console.print(table)


def _table(trace: TensorTrace, clock_hz: int, layer_width: int, tensors: bool) -> Table:
    """What the board does not tell has no column."""
    times, places = trace.total_ns is not None, any(row.record.modulo is not None for row in trace.rows)
    table = Table(
        title=f"Window {trace.window}, tensor by tensor; expected: {trace.engine}",
        title_justify="left",
        box=None,
        header_style="bold",
        pad_edge=False,
    )
    table.add_column("op", justify="right")
    table.add_column("type", no_wrap=True)
    table.add_column("layer", max_width=layer_width, no_wrap=True, overflow="ellipsis")
    if tensors:
        table.add_column("tensor", justify="right")
    table.add_column("shape", no_wrap=True)
    table.add_column("dif-\nferent", justify="right")
    table.add_column("largest\n(LSB)", justify="right")
    if times:
        unit, _ = time_unit(max((row.record.ns or 0) for row in trace.rows) / 1000)
        table.add_column(f"time\n({unit})", justify="right")
        table.add_column("share\n(%)", justify="right")
    table.add_column("MACs", justify="right")
    if times and clock_hz:
        table.add_column("cycles\na MAC", justify="right")
    if places:
        table.add_column("address\nmod 16", justify="right")
    firsts = {id(row) for row in op_rows(trace.rows)}
    for row in trace.rows:
        cells = _cells(trace, row, id(row) in firsts, clock_hz, times, places)
        table.add_row(*cells[:TENSOR], *cells[TENSOR if tensors else TENSOR + 1 :])
    return table


def _cells(
    trace: TensorTrace, row: Row, first: bool, clock_hz: int, times: bool, places: bool
) -> list[Text | str]:
    record = row.record
    style = "red" if row.equal is False else ""
    op = f"{record.op}" if record.subgraph == 0 else f"{record.subgraph}:{record.op}"
    cells: list[Text | str] = [
        Text(op if first or record.subgraph else "", style=style),
        Text(row.op if first or record.subgraph else "", style=style),
        Text(row.layer + (" (kept)" if is_state(record) else ""), style=style),
        str(record.tensor),
        shape_text(row.shape) + ("" if row.kind == "int8" else f" {row.kind}"),
        _different(row),
        "" if row.equal is not False else f"{row.largest:,}" if row.largest is not None else "?",
    ]
    if times:
        total, ns = trace.total_ns or 1, record.ns or 0
        _, scale = time_unit(max((each.record.ns or 0) for each in trace.rows) / 1000)
        cells += [digits(ns / 1000 / scale), f"{100 * ns / total:.1f}"] if first else ["", ""]
    cells.append(f"{row.macs:,}" if row.macs else "")
    if times and clock_hz:
        cycles = (record.ns or 0) * clock_hz / 1e9
        cells.append(f"{cycles / row.macs:.2f}" if row.macs else "")
    if places:
        cells.append("" if record.modulo is None else str(record.modulo))
    return cells


def _different(row: Row) -> Text:
    if row.equal is None:
        return Text("–", style="dim")
    if row.equal:
        return Text("0", style="green")
    return Text("yes" if row.different is None else f"{row.different:,}", style="bold red")


def print_traces(run: RunComparison, console: Console, ops: bool = False) -> None:
    """Print what a run looked at step by step, and with `ops` the time of each op.

    Args:
        run: all of it.
        console: where to.
        ops: whether the times are wanted.
    """
    clock_hz = 0 if timing_note(run.info) else run.info.clock_hz
    for traced in run.recorded.traced:
        if traced.column is not None and not traced.column.agreed:
            print_stages(traced.column, console)
            console.print()
        if traced.window is not None and not traced.window.tensors.agreed:
            print_trace(traced.window.tensors, console, clock_hz)
            console.print()
    if ops:
        console.print(_op_times(run, clock_hz))
        console.print()


def _op_times(run: RunComparison, clock_hz: int) -> Table | Text:
    if not run.op_times:
        return Text("This board keeps no time per op.", style="dim")
    unit, scale = time_unit(max(op.ns for op in run.op_times) / 1000)
    total = sum(op.ns for op in run.op_times) or 1
    table = Table(
        title="Time per op, of the last inference",
        title_justify="left",
        box=None,
        header_style="bold",
        pad_edge=False,
    )
    table.add_column("op", justify="right")
    table.add_column("type")
    table.add_column("layer", max_width=NAME_WIDTH, no_wrap=True, overflow="ellipsis")
    for heading in (f"time ({unit})", "share (%)", "MACs", "cycles a MAC"):
        table.add_column(heading, justify="right")
    for op in run.op_times:
        cycles = op.cycles_per_mac(clock_hz)
        table.add_row(
            str(op.index),
            Text(op.op),
            Text(op.layer),
            digits(op.ns / 1000 / scale),
            f"{100 * op.ns / total:.1f}",
            f"{op.macs:,}" if op.macs else "",
            "" if cycles is None else f"{cycles:.2f}",
        )
    return table
