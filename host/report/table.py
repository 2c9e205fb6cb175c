"""A run's comparison as tables in the terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from host.comparison.file import Count, FileComparison
from host.comparison.latency import Latencies
from host.comparison.run import PASS, RunComparison

SHOWN_MISMATCHES = 10
SHOWN_FILES = 60


def print_tables(run: RunComparison, console: Console) -> None:
    """Print comparison, latencies, what differs, notes and the verdict."""
    console.print(_comparison(run))
    if run.latencies.summary():
        console.print(_latency(run))
    for line in _mismatch_lines(run):
        console.print(Text(f"  {line}", style="red"))
    for note in [*run.notes, *_file_notes(run)]:
        console.print(Text(f"  note: {note}", style="dim"))
    console.print(_verdict(run))


def _different(count: Count) -> Text:
    return Text(f"{count.different:,}", style="bold red" if count.different else "green")


def _name(name: str) -> Text:
    return Text(name, overflow="ellipsis", no_wrap=True)


def _comparison(run: RunComparison) -> Table:
    table = Table(
        title="Host and device, value by value",
        title_justify="left",
        box=None,
        header_style="bold",
        pad_edge=False,
    )
    table.add_column("file", max_width=26)
    for heading in (
        "win-\ndows",
        "cells\ncompared",
        "dif-\nferent",
        "outputs\ncompared",
        "dif-\nferent",
        "largest\n(LSB)",
    ):
        table.add_column(heading, justify="right")
    table.add_column("detections\nhost/device", justify="right")
    for file in run.files[:SHOWN_FILES]:
        table.add_row(*_comparison_row(file))
    if len(run.files) > SHOWN_FILES:
        table.add_row(f"… and {len(run.files) - SHOWN_FILES} more in the report")
    totals = run.totals
    table.add_section()
    table.add_row(
        Text(f"{len(run.files)} files {totals['audio_s']:,.0f} s", style="bold"),
        f"{totals['windows']:,}",
        f"{totals['feature_cells']:,}",
        _different(Count(0, int(totals["feature_mismatches"]))),
        f"{totals['outputs']:,}",
        _different(Count(0, int(totals["output_mismatches"]))),
        f"{max(totals['max_feature_difference'], totals['max_output_difference'])}",
        f"{totals['detections_host']}/{totals['detections_device']}",
    )
    return table


def _comparison_row(file: FileComparison) -> list[Text | str]:
    outputs = file.outputs
    differs = file.detection_mismatches > 0
    return [
        _name(file.name),
        f"{file.windows:,}",
        f"{file.features.compared:,}",
        _different(file.features),
        f"{outputs.compared:,}",
        _different(outputs),
        str(max(file.features.largest, outputs.largest)),
        Text(f"{len(file.host_changes)}/{len(file.device_changes)}", style="bold red" if differs else ""),
    ]


def _percentiles(latencies: Latencies, stage: str) -> str:
    summary = latencies.summary().get(stage)
    if summary is None:
        return "–"
    return " / ".join(_microseconds(value) for value in (summary.p50, summary.p95, summary.p99, summary.max))


def _microseconds(value: float) -> str:
    if value >= 1e5:
        return f"{value / 1000:,.0f}k"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _latency(run: RunComparison) -> Table:
    stride_ms = run.bundle.stride_seconds * 1000
    table = Table(
        title=f"Latency per window (every {stride_ms:g} ms) in µs: p50 / p95 / p99 / max",
        title_justify="left",
        box=None,
        header_style="bold",
        pad_edge=False,
    )
    table.add_column("file", max_width=24)
    for stage in ("front end", "inference", "total"):
        table.add_column(stage, justify="right", no_wrap=True)
    for file in run.files[:SHOWN_FILES]:
        table.add_row(_name(file.name), *_latency_row(file.latencies))
    table.add_section()
    table.add_row(Text("all", style="bold"), *_latency_row(run.latencies))
    return table


def _latency_row(latencies: Latencies) -> list[str]:
    return [_percentiles(latencies, stage) for stage in ("frontend", "inference", "total")]


def _mismatch_lines(run: RunComparison) -> list[str]:
    lines = [f"{file.name}: {found.text}" for file in run.files for found in file.mismatches]
    if len(lines) > SHOWN_MISMATCHES:
        lines[SHOWN_MISMATCHES:] = [f"… and {len(lines) - SHOWN_MISMATCHES} more in the report"]
    return lines


def _file_notes(run: RunComparison) -> list[str]:
    return [f"{file.name}: {note}" for file in run.files for note in file.notes]


def _verdict(run: RunComparison) -> Text:
    if run.verdict == PASS:
        totals = run.totals
        return Text(
            f"PASS: all {totals['feature_cells']:,} feature cells and {totals['outputs']:,} outputs are equal.",
            style="bold green",
        )
    return Text("FAIL: " + "; ".join(run.reasons[:5]) + ".", style="bold red")
