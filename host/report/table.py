"""A run's comparison as tables in the terminal."""

import re

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..board.identity import timing_note
from ..comparison.cause import Cause
from ..comparison.claims.finding import Status
from ..comparison.diagnosis.finding import told_once
from ..comparison.file import FileComparison
from ..comparison.latency import Latencies
from ..comparison.mismatch import Count
from ..comparison.result import INCOMPLETE, PASS, RunComparison
from ..printable import counted
from .boards_section import boards_of, speed
from .json_report import detections_wrong, patterns
from .units import digits, time_unit

SHOWN_MISMATCHES = 10
SHOWN_NOTES = 20
SHOWN_REASONS = 5
MORE = re.compile(r"and ([\d,]+) more")  # stands for reasons that a claim has besides
SHOWN_FILES = 60
FULL_WIDTH = 100  # what the tables need at most; where nobody watches (a file, a CI log) they take it
NAME_WIDTH = 26
STAGES = (("front end", "frontend"), ("inference", "inference"), ("total", "total"))
PERCENTILES = ("p50", "p95", "p99", "max")


def print_tables(run: RunComparison, console: Console, claims: bool = False) -> None:
    """Print comparison, latencies, what differs, notes and the verdict; with `claims` also what it rests on."""
    if not console.is_terminal:
        console.width = max(console.width, FULL_WIDTH)
    if run.files:
        console.print(_comparison(run))
        console.print()
    if run.latencies.summary():
        console.print((_latency if console.width >= FULL_WIDTH else _narrow_latency)(run))
        console.print()
    if run.shares:
        console.print(_boards(run))
        console.print()
    for line in _mismatch_lines(run):
        console.print(Text(f"  {line}", style="red"))
    for note in _notes(run):
        console.print(Text(f"  note: {note}", style="dim"))
    if claims:
        console.print(_claims(run))
        console.print()
    console.print(_verdict(run))


def print_verdict(run: RunComparison, console: Console) -> None:
    """Print the verdict alone."""
    console.print(_verdict(run), soft_wrap=True)


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)


def _different(count: int) -> Text:
    return Text(f"{count:,}", style="bold red" if count else "green")


def _name(name: str, style: str = "") -> Text:
    return Text(name, overflow="ellipsis", no_wrap=True, style=style)


def _shown(run: RunComparison) -> list[FileComparison]:
    """All files of a small run, some of a large one: those that differ come first."""
    if len(run.files) <= SHOWN_FILES:
        return sorted(run.files, key=lambda file: file.agreed)
    return sorted(run.files, key=lambda file: file.agreed)[:SHOWN_FILES]


def _more(run: RunComparison) -> str:
    return f"… {len(run.files) - SHOWN_FILES:,} more" if len(run.files) > SHOWN_FILES else ""


# ---- values


def _comparison(run: RunComparison) -> Table:
    table = _table("Host and device, value by value")
    table.add_column("file", max_width=NAME_WIDTH)
    for heading in ("win-\ndows", "cells\ncompared", "dif-\nferent", "outputs\ncompared", "dif-\nferent"):
        table.add_column(heading, justify="right")
    table.add_column("largest\n(LSB)", justify="right")
    table.add_column("detections\nhost/device", justify="right")
    for file in _shown(run):
        table.add_row(*_comparison_row(file))
    if _more(run):
        table.add_row(Text(_more(run), style="dim"))
    totals = run.totals
    table.add_section()
    table.add_row(
        _name(f"{counted(len(run.files), 'file')}, {totals['audio_s']:,.0f} s", "bold"),
        f"{totals['windows']:,}",
        f"{totals['feature_cells']:,}",
        _different(int(totals["feature_mismatches"])),
        f"{totals['outputs']:,}",
        _different(int(totals["output_mismatches"])),
        f"{max(totals['max_feature_difference'], totals['max_output_difference'])}",
        _detections(
            int(totals["detections_host"]),
            int(totals["detections_device"]),
            totals["detection_mismatches"] > 0,
        ),
    )
    return table


def _comparison_row(file: FileComparison) -> list[Text | str]:
    outputs: Count = file.outputs
    return [
        _name(file.name, "" if file.agreed else "red"),
        f"{file.windows:,}",
        f"{file.features.compared:,}",
        _different(file.features.different),
        f"{outputs.compared:,}",
        _different(outputs.different),
        str(max(file.features.largest, outputs.largest)),
        _detections(
            len(file.host_changes),
            len(file.device_changes),
            file.detection_mismatches > 0,
            detections_wrong(file),
        ),
    ]


def _detections(host: int, device: int, different: bool, wrong: str = "") -> Text:
    return Text(
        f"{host:,}/{device:,}" + (f"\n{wrong}" if wrong else ""), style="bold red" if different else ""
    )


# ---- boards


def _boards(run: RunComparison) -> Table:
    table = _table(f"Boards. {speed(run)}".rstrip())
    table.add_column("board", max_width=NAME_WIDTH)
    for heading in ("files", "audio,\ns", "busy,\ns", "CPU here,\ns", "memory\nhere, MB"):
        table.add_column(heading, justify="right")
    for board in boards_of(run):
        name = f"{board['name']} (lost)" if board["lost"] else board["name"]
        table.add_row(
            _name(name, "red" if board["lost"] else ""),
            f"{board['files']:,}",
            f"{board['audio_s']:,.0f}",
            f"{board['busy_s']:,.1f}",
            f"{board['cpu_s']:,.1f}" if board["cpu_s"] else "–",
            f"{board['memory_bytes'] / 1e6:,.0f}" if board["memory_bytes"] else "–",
        )
    return table


# ---- latency


def _latency_title(run: RunComparison, unit: str) -> str:
    note = timing_note(run.info)
    return f"Latency in {unit} per window, every {run.bundle.stride_seconds * 1000:g} ms. {note}".rstrip()


def _figures(latencies: Latencies, stage: str, scale: float) -> list[str]:
    summary = latencies.summary().get(stage)
    if summary is None:
        return ["–"] * len(PERCENTILES)
    return [digits(getattr(summary, name) / scale) for name in PERCENTILES]


def _unit(run: RunComparison) -> tuple[str, float]:
    """Where nearly all windows are fast, a slow one alone does not change the unit."""
    return time_unit(run.latencies.summary()["total"].p99)


def _latency(run: RunComparison) -> Table:
    """One row a file, one column a stage with its four figures."""
    unit, scale = _unit(run)
    table = _table(_latency_title(run, unit))
    table.add_column("\nfile", max_width=22)
    for name, _ in STAGES:
        table.add_column(f"{name}\n{_four(PERCENTILES)}", no_wrap=True)
    for file in _shown(run):
        table.add_row(
            _name(file.name), *(_four(_figures(file.latencies, stage, scale)) for _, stage in STAGES)
        )
    if _more(run):
        table.add_row(Text(_more(run), style="dim"))
    table.add_section()
    table.add_row(
        _name("all", "bold"),
        *(_four(_figures(run.latencies, stage, scale)) for _, stage in STAGES),
        style="bold",
    )
    return table


def _four(values: tuple[str, ...] | list[str]) -> str:
    return " ".join(f"{value:>5}" for value in values)


def _narrow_latency(run: RunComparison) -> Table:
    """The same for narrow terminals: one row a file and stage."""
    unit, scale = _unit(run)
    table = _table(_latency_title(run, unit))
    table.add_column("file", max_width=NAME_WIDTH)
    table.add_column("stage")
    for name in PERCENTILES:
        table.add_column(name, justify="right")
    for name, latencies in [*((file.name, file.latencies) for file in _shown(run)), ("all", run.latencies)]:
        for place, (stage_name, stage) in enumerate(STAGES):
            table.add_row(_name("" if place else name), stage_name, *_figures(latencies, stage, scale))
    return table


# ---- words


def _mismatch_lines(run: RunComparison) -> list[str]:
    differing = [file for file in run.files if not file.agreed]
    lines = [f"{file.name}: {found.text}" for file in differing for found in file.mismatches]
    common = [text[0].upper() + text[1:] + "." for text in patterns(run)]
    if len(lines) > SHOWN_MISMATCHES:
        lines[SHOWN_MISMATCHES:] = [f"… and {len(lines) - SHOWN_MISMATCHES:,} more in the report"]
    return common + lines + [sentence for _, sentence in told_once(run.diagnosis[:SHOWN_REASONS])]


def _notes(run: RunComparison) -> list[str]:
    """The run's notes, and the files', where many say the same only once."""
    said: dict[str, list[str]] = {}
    for file in run.files:
        for note in file.notes:
            said.setdefault(note, []).append(file.name)
    notes = list(run.notes)
    for note, names in said.items():
        others = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        notes.append(f"{names[0]}{others}: {note}")
    if len(notes) > SHOWN_NOTES:
        notes[SHOWN_NOTES:] = [f"… and {len(notes) - SHOWN_NOTES:,} more in the report"]
    return notes


CLAIM_STYLES = {Status.HELD: "green", Status.BROKEN: "bold red", Status.NOT_EXAMINED: "yellow"}


def _claims(run: RunComparison) -> Table:
    table = _table("Claims")
    for heading in ("claim", "status", "evidence"):
        table.add_column(heading, overflow="fold")
    for claim in run.claims:
        name = claim.name if claim.required else f"{claim.name} (optional)"
        said = "; ".join(text for text in (claim.evidence, claim.reason) if text)
        table.add_row(Text(name), Text(claim.status.value, style=CLAIM_STYLES[claim.status]), Text(said))
    return table


VERDICT_STYLES = {PASS: "bold green", INCOMPLETE: "bold yellow"}


def _verdict(run: RunComparison) -> Text:
    style = VERDICT_STYLES.get(run.verdict, "bold red")
    if run.verdict == PASS:
        totals = run.totals
        outputs = f" and {totals['outputs']:,} outputs" if run.inference else ""
        allowed = totals["outputs_allowed"]
        but = f", {allowed:,} of them but for the one step that is allowed" if allowed else ""
        return Text(
            f"PASS: all {totals['feature_cells']:,} feature cells{outputs} are equal{but}.", style=style
        )
    reasons = [reason.removesuffix(".") for reason in run.reasons]
    shown, more = _foremost(run, reasons)
    further = f"; and {counted(more, 'more reason')}" if more else ""
    return Text(f"{run.verdict.upper()}: " + "; ".join(shown) + further + ".", style=style)


def _foremost(run: RunComparison, reasons: list[str]) -> tuple[list[str], int]:
    """The reasons that have room, and how many others there are: those first that say what is wrong.

    A claim's first one goes before another's later ones. What only counts others goes last, and with them.
    """
    causes = {
        reason.removesuffix(".")
        for claim in run.claims
        for reason in claim.reasons
        if isinstance(reason, Cause)
    }
    reasons = sorted(reasons, key=lambda reason: reason not in causes)
    if len(reasons) <= SHOWN_REASONS:
        return reasons, 0
    later = {
        reason.removesuffix(".")
        for claim in run.claims
        if claim.required and claim.status == Status.BROKEN
        for reason in claim.reasons[1:]
    }
    counts = [MORE.fullmatch(reason) for reason in reasons]
    order = sorted(
        range(len(reasons)),
        key=lambda at: (counts[at] is not None, reasons[at] not in causes, reasons[at] in later),
    )
    places = sorted(order[:SHOWN_REASONS])
    hidden = [counts[at] for at in order[SHOWN_REASONS:]]
    more = sum(1 if count is None else int(count[1].replace(",", "")) for count in hidden)
    return [reasons[at] for at in places], more
