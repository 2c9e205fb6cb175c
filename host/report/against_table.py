"""Two traces side by side in the terminal: a line a tensor, what each board made of it, and how long each op took."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..trace.against import pairs_of
from .units import digits, time_unit

SIDES = ("here", "there")


def print_against(here: Mapping[str, Any], there: Mapping[str, Any], console: Console) -> None:
    """Print the tensors that both traces have.

    Args:
        here, there: as `trace_values` gives them; `there` is from a file, and may hold anything.
        console: where to.
    """
    pairs = pairs_of(here, there)
    if not pairs:
        return
    sides = [[pair.here for pair in pairs], [pair.there for pair in pairs]]
    times = [number for side in sides for each in side if (number := _number(each, "ns")) is not None]
    places = any(_number(each, "address_modulo_16") is not None for side in sides for each in side)
    unit, scale = time_unit(max(times, default=0) / 1000)
    table = Table(
        title="Here and there, tensor by tensor; cells that differ from the host's",
        title_justify="left",
        box=None,
        header_style="bold",
        pad_edge=False,
    )
    table.add_column("op", justify="right")
    table.add_column("type", no_wrap=True, overflow="ellipsis", max_width=24)
    for side in SIDES:
        table.add_column(f"{side}\ndifferent", justify="right")
    table.add_column("the same", justify="right")
    for heading in [f"\n({unit})"] * bool(times) + ["\nmod 16"] * places:
        for side in SIDES:
            table.add_column(side + heading, justify="right")
    for pair in pairs:
        both = (pair.here, pair.there)
        cells = [_different(each) for each in both]
        cells.append(Text("yes", style="green") if pair.same else Text("no", style="bold red"))
        if times:
            cells += [_time(each, scale) for each in both]
        if places:
            cells += [Text(_told(_number(each, "address_modulo_16"))) for each in both]
        table.add_row(f"{pair.op}" if pair.subgraph == 0 else f"{pair.subgraph}:{pair.op}", pair.type, *cells)
    console.print(table)


def _number(values: Mapping[str, Any], name: str) -> int | None:
    value = values.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _told(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _time(values: Mapping[str, Any], scale: float) -> Text:
    ns = _number(values, "ns")
    return Text("" if ns is None else digits(ns / 1000 / scale))


def _different(values: Mapping[str, Any]) -> Text:
    if values.get("equal") is True:
        return Text("0", style="green")
    if values.get("equal") is not False:
        return Text("–", style="dim")
    return Text(_told(_number(values, "different")) or "yes", style="bold red")
