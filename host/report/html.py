"""`report.html`: a run for people, in one file that needs nothing else."""

import itertools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..board.built_with import tools
from ..board.identity import describe, timing_note
from ..comparison.file import FileComparison
from ..comparison.latency import Latencies
from ..comparison.result import PASS, RunComparison
from ..comparison.traces import PICTURED_COLUMNS, PICTURED_WINDOWS
from ..files import atomic_write
from .audio_player import audio_player
from .boards_section import boards_of, speed
from .file_section import feature_pictures, score_plots
from .histogram import stage_reports
from .json_report import report_values
from .labels_section import labels_section
from .templates import environment
from .trace_section import op_time_rows, trace_pictures
from .units import digits, time_unit

HTML_NAME = "report.html"
TEMPLATE = "report.html.j2"
SHOWN_REASONS = 12
OPEN_FILES = 4  # the others are a click away
PICTURE_BYTES = 8_000_000  # of all pictures together: browsers, mail and issue trackers like no larger page
SOUND_BYTES = 4_000_000  # of all players together
_TOO_LARGE = "No pictures: they would make this report too large."
WORDS = 4096
ROWS = 100  # of a table that a browser lays out as one


@dataclass(frozen=True)
class Section:
    """A file's part of the page.

    Attributes:
        number: of the file in the run, from 1; its anchor.
        pictures: (title, HTML).
        limit: what the pictures leave out, empty when nothing.
        latency: one line.
        sound: an audio player, HTML; empty where the file has no pictures, or there is no room.
    """

    number: int
    file: FileComparison
    pictures: list[tuple[str, str]]
    scores: str
    limit: str
    latency: str
    sound: str
    open: bool

    @property
    def size(self) -> int:
        """Bytes of its pictures."""
        return len(self.scores) + sum(len(drawing) for _, drawing in self.pictures)


@dataclass(frozen=True)
class Budget:
    """How much of the time between two windows the board computes.

    Attributes:
        stride_ms: that time.
        parts: (name, CSS class, share at p50) of what it does.
        p50, p99, max: shares of the total.
    """

    stride_ms: float
    parts: list[tuple[str, str, float]]
    p50: float
    p99: float
    max: float


def write_html(run: RunComparison, folder: Path, values: dict[str, Any] | None = None) -> Path:
    """Write `report.html` into `folder`, whole or not at all; returns its path. For `values` see `render_html`.

    Raises:
        OSError: the folder cannot be written.
    """
    path = folder / HTML_NAME
    atomic_write(path, render_html(run, values))
    return path


def render_html(run: RunComparison, values: dict[str, Any] | None = None) -> str:
    """The report's text. Names of files come from anywhere; the template escapes all that is not a drawing.

    Args:
        run: all of it.
        values: its `report_values`, when they are known already.
    """
    reasons = run.reasons
    sections = _sections(run)
    values = report_values(run) if values is None else values
    numbered = sorted(enumerate(values["files"], start=1), key=lambda pair: pair[1]["agreed"])
    words = (
        environment()
        .get_template(TEMPLATE)
        .generate(
            passed=run.verdict == PASS,
            verdict=run.verdict.upper(),
            claims=run.claims,
            reasons=reasons[:SHOWN_REASONS],
            more_reasons=max(0, len(reasons) - SHOWN_REASONS),
            report=values,
            rows=[numbered[first : first + ROWS] for first in range(0, len(numbered), ROWS)] or [[]],
            board=describe(run.info),
            tools=tools(run.built_with),
            timing=timing_note(run.info),
            run=run,
            traces=trace_pictures(run),
            op_times=op_time_rows(run),
            stages=stage_reports(run.latencies),
            budget=_budget(run),
            sections=sections,
            labels=labels_section(run),
            boards=boards_of(run) if run.shares else [],
            boards_speed=speed(run),
            patterns=values.get("patterns", []),
            told_once=len(run.files) > 1,
            anchors={section.number for section in sections},
            without_pictures=sum(file.traces.dropped for file in run.files)
            + sum(section.limit == _TOO_LARGE for section in sections),
        )
    )
    parts = []  # joined in between: the words of thousands of rows would take eight times the room of their text
    while part := "".join(itertools.islice(words, WORDS)):
        parts.append(part)
    return "".join(parts)


def _budget(run: RunComparison) -> Budget | None:
    summary = run.latencies.summary()
    if not summary:
        return None
    stride_us = run.bundle.stride_seconds * 1e6
    total = summary["total"]
    parts = [
        (name, css, summary[stage].p50 / stride_us)
        for name, css, stage in (("front end", "host", "frontend"), ("inference", "device", "inference"))
    ]
    parts.append(("other work", "other", max(0.0, total.p50 / stride_us - sum(part[2] for part in parts))))
    return Budget(
        stride_us / 1000, parts, total.p50 / stride_us, total.p99 / stride_us, total.max / stride_us
    )


def _sections(run: RunComparison) -> list[Section]:
    """Files that differ first; those without pictures and without anything to say are in the table above alone."""
    numbered = sorted(enumerate(run.files, start=1), key=lambda pair: pair[1].agreed)
    worth = [(number, file) for number, file in numbered if not (file.traces.dropped and file.agreed)]
    sections, room, sound_room = [], PICTURE_BYTES, SOUND_BYTES
    for place, (number, file) in enumerate(worth):
        section = _section(number, file, place < OPEN_FILES)
        if section.size > room:
            section = replace(section, pictures=[], scores="", limit=_TOO_LARGE)
        elif section.pictures:
            player = audio_player(file)
            if len(player) <= sound_room:
                section, sound_room = replace(section, sound=player), sound_room - len(player)
        room -= section.size
        sections.append(section)
    return sections


def _section(number: int, file: FileComparison, is_open: bool) -> Section:
    settings = file.bundle.settings
    limits = []
    if file.traces.dropped:
        limits.append("No pictures: the run has too many files.")
    else:
        if file.features.compared > PICTURED_COLUMNS * settings.bands:
            shown_s = PICTURED_COLUMNS * settings.hop / settings.sample_rate
            limits.append(f"The images show the first {shown_s:.0f} s of {file.audio_s:,.0f} s.")
        if file.windows > PICTURED_WINDOWS:
            limits.append(
                f"The scores are those of the first {PICTURED_WINDOWS:,} windows of {file.windows:,}."
            )
    return Section(
        number,
        file,
        feature_pictures(file),
        score_plots(file),
        " ".join(limits),
        _latency_line(file.latencies),
        "",
        is_open,
    )


def _latency_line(latencies: Latencies) -> str:
    parts = []
    for stage, name in (("frontend", "front end"), ("inference", "inference"), ("total", "total")):
        summary = latencies.summary().get(stage)
        if summary is not None:
            unit, scale = time_unit(summary.max)
            values = " / ".join(
                digits(v / scale) for v in (summary.p50, summary.p95, summary.p99, summary.max)
            )
            parts.append(f"{name} {values} {unit}")
    return "; ".join(parts)
