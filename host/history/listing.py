"""The history for the terminal: a table of runs, and one run in full."""

from rich.table import Table
from rich.text import Text

from ..limits.figures import FIGURES
from .row import RunRow

SHORT_COMMIT = 8


def shown_figure(name: str, value: float) -> str:
    """A figure with its unit."""
    figure = FIGURES.get(name)
    unit = figure.unit if figure is not None else ""
    if unit == "us":
        return f"{value / 1000:,.3f} ms" if value >= 1000 else f"{value:,.1f} µs"
    if unit == "share":
        return f"{100 * value:.2f} %"
    if unit == "bytes":
        return f"{value:,.0f} bytes"
    number = f"{value:,.0f}" if value == int(value) else f"{value:,.3f}"
    return f"{number} {unit}".strip() if unit != "/h" else f"{number}/h"


def commit_of(row: RunRow) -> str:
    """The commit for people, `+` where files differed from it."""
    return row.commit[:SHORT_COMMIT] + ("+" if row.dirty else "")


def runs_table(rows: list[tuple[int, RunRow]]) -> Table:
    """A line a run, newest first as given."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading, right in (
        *(("run", True), ("time (UTC)", False), ("board", False), ("bundle", False), ("verdict", False)),
        *(("files' audio", True), ("total p50", True), ("total p99", True), ("arena", True)),
        *(("detections", True), ("differ", True), ("commit", False)),
    ):
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    for number, row in rows:
        figures = row.figures
        differ = sum(figures.get(f"{what}.different", 0) for what in ("cells", "outputs", "detections"))
        table.add_row(
            str(number),
            row.time[:16].replace("T", " "),
            row.board,
            row.bundle,
            Text(row.verdict, style={"pass": "green", "fail": "red"}.get(row.verdict, "yellow")),
            *(
                shown_figure(name, figures[name]) if name in figures else "–"
                for name in ("audio", "total.p50", "total.p99", "arena", "detections")
            ),
            Text(f"{differ:,.0f}", style="red" if differ else ""),
            commit_of(row),
        )
    return table


def run_table(number: int, row: RunRow) -> Table:
    """All of one run but its details."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    hashes = {"model": row.model_sha256, "front end": row.frontend_sha256, "settings": row.settings_sha256}
    lines = {
        "run": f"{number}, {row.time}, by {'pytest' if row.source == 'pytest' else 'hil'} on {row.host}",
        "command": row.command,
        "commit": f"{row.commit or 'none'}{' and changes' if row.dirty else ''}; tool {row.tool_version}",
        "board": f"{row.board}: {row.board_name} {row.chip}, {row.reached}",
        "firmware": f"{row.firmware} {row.firmware_hash}".strip(),
        "built with": _pairs(row.built_with),
        "bundle": row.bundle,
        **{f"{what}, SHA-256": value for what, value in hashes.items()},
        "verdict": f"{row.verdict} (exit code {row.exit_code})",
        "versions": _pairs(row.versions),
        "report": row.report,
    }
    for name, text in lines.items():
        table.add_row(name, text)
    for reason in row.reasons:
        table.add_row("", reason)
    for name, value in row.figures.items():
        table.add_row(name, shown_figure(name, value))
    for stage, bins in row.histograms.items():
        table.add_row(f"{stage}, windows", " ".join(f"{low:g}µs:{count}" for low, count in bins))
    return table


def _pairs(values: dict[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
