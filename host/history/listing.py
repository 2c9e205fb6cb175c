"""The history for the terminal: a table of runs, and one run in full."""

from rich.table import Table
from rich.text import Text

from .figures_shown import commit_of, shown_figure
from .row import RunRow
from .runs_compared import Difference

SHOWN_FILES = 40


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


def difference_tables(found: Difference, most: int = SHOWN_FILES) -> list[Table | Text]:
    """Two runs side by side: what explains the rest first, then files, figures and times; what is equal is left out."""
    shown: list[Table | Text] = [Text(found.headline, style="bold")]
    if not found.changed:
        shown.append(Text("cells, scores, detections and all exact figures are equal", style="green"))
    shown += [Text(f"  {text}", style="red") for text in found.files[:most]]
    if len(found.files) > most:
        shown.append(Text(f"  … and {len(found.files) - most:,} more", style="dim"))
    for heading, lines in found.sections.items():
        changed = [line for line in lines if line.change]
        if not changed:
            continue
        table = Table(title=heading, title_justify="left", box=None, header_style="bold", pad_edge=False)
        table.add_column("", overflow="fold")
        for name in ("before", "after", "change"):
            table.add_column(name, justify="left" if heading == "what went in" else "right", overflow="fold")
        for line in changed:
            change = "" if heading == "what went in" else line.change
            table.add_row(line.what, line.before, line.after, change)
        shown.append(table)
    return shown
