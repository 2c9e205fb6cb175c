"""`history page`: a line per figure over all runs, in one HTML file that needs nothing else."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from ..limits.figures import FIGURES
from ..printable import printable
from ..report.html import HTML_NAME
from ..report.kept import report_of
from ..report.plot import Plot, Tick, nice_ticks
from ..report.templates import environment
from ..report.units import time_unit
from .change_points import ChangePoint
from .figures_shown import commit_of, shown_figure
from .row import RunRow
from .series import NumberedRow, Series, Subject, all_series, by_subject, thinned

TEMPLATE = "history_page.html.j2"
HEIGHT = 110
MOST_POINTS = 600  # of a line: more than a phone has pixels
MOST_DOTS = 60  # runs; of more the dots would be a line of their own
MOST_SERIES = 200  # of one subject: somebody else's rows may have any number
MOST_ROWS = 20  # of the table
MOST_CHANGES = 200
OPEN_CHANGES = 12  # the others are a click away
SHOWN_CHANGES = 3  # beside a line
PAGE_BYTES = 8_000_000  # browsers, mail and issue trackers like no larger page
SHORT_REASON = 160


@dataclass(frozen=True)
class Chart:
    """A figure's part of the page.

    Attributes:
        anchor: its place in the page.
        drawing: HTML.
        told: what the page says of the newest run.
        label: the same and the changes, for those who do not see the drawing.
    """

    figure: str
    anchor: str
    drawing: str
    told: str
    label: str


@dataclass
class Section:
    """A subject's part of the page.

    Attributes:
        runs, since, until: how many, and when.
        moving, constant: charts of figures that changed at all, and of those that did not.
        data: what hovering shows, JSON.
    """

    subject: Subject
    runs: int
    since: str
    until: str
    moving: list[Chart] = field(default_factory=list)
    constant: list[Chart] = field(default_factory=list)
    data: str = ""

    @property
    def size(self) -> int:
        """Bytes of what is drawn and told."""
        charts = (*self.moving, *self.constant)
        return len(self.data) + sum(len(each.drawing) + len(each.label) for each in charts)

    @property
    def anchors(self) -> dict[str, str]:
        """Where each figure's chart is."""
        return {each.figure: each.anchor for each in (*self.moving, *self.constant)}


@dataclass(frozen=True)
class Change:
    """A line of the table of changes."""

    subject: Subject
    figure: str
    anchor: str
    before: str
    after: str
    share: str
    last: str
    first: str


def render_page(
    rows: Sequence[NumberedRow],
    name: str,
    changes: Sequence[ChangePoint] = (),
    link: Callable[[RunRow], str | None] = lambda _row: None,
    notes: Sequence[str] = (),
) -> str:
    """Return the page.

    Args:
        rows: runs, newest first.
        name: of the history, for people.
        changes: the change points of all of them.
        link: gives where a run's report lies, None when it is gone.
        notes: what a reader should know.
    """
    by_run: dict[int, list[ChangePoint]] = {}
    for each in changes:
        by_run.setdefault(each.first[0], []).append(each)
    sections: list[Section] = []
    told: list[tuple[int, Change]] = []
    room, left_out = PAGE_BYTES, 0
    for subject, runs in by_subject(rows).items():
        found = [each for number, _ in runs for each in by_run.get(number, ())]
        section = _section(subject, runs, found, len(sections)) if room > 0 else None
        if section is not None and section.size <= room:
            room -= section.size
            sections.append(section)
        else:
            section, room, left_out = None, 0, left_out + 1
        anchors = section.anchors if section is not None else {}
        told += [(each.first[0], _change(subject, each, anchors.get(each.figure, ""))) for each in found]
    told.sort(key=lambda pair: -pair[0])
    return (
        environment(Path(__file__).parent)
        .get_template(TEMPLATE)
        .render(
            name=name,
            count=len(rows),
            since=_moment(rows[-1][1]) if rows else "",
            until=_moment(rows[0][1]) if rows else "",
            notes=notes,
            changes=[change for _, change in told[:MOST_CHANGES]],
            more_changes=max(0, len(told) - MOST_CHANGES),
            shown_changes=OPEN_CHANGES,
            sections=sections,
            left_out=left_out,
            rows=[_table_row(number, row, link(row)) for number, row in rows[:MOST_ROWS]],
        )
    )


def report_link(page: Path, host: str) -> Callable[[RunRow], str | None]:
    """Gives links from a page to reports on this computer.

    Args:
        page: the file that is written.
        host: this computer's name: another one's folders are not here.
    """

    def link(row: RunRow) -> str | None:
        if row.host != host or not row.report:
            return None
        found = report_of(Path(row.report), row.run_id, row.time, HTML_NAME)
        if found is None:
            return None
        try:
            return quote(Path(os.path.relpath(found.absolute(), page.absolute().parent)).as_posix())
        except ValueError:  # on another drive
            return found.absolute().as_uri()

    return link


# ---- a subject


def _section(
    subject: Subject, runs: Sequence[NumberedRow], found: Sequence[ChangePoint], place: int
) -> Section:
    section = Section(subject, len(runs), _moment(runs[0][1]), _moment(runs[-1][1]))
    places = {number: at for at, (number, _) in enumerate(runs)}
    of_figure: dict[str, list[ChangePoint]] = {}
    for each in found:
        of_figure.setdefault(each.figure, []).append(each)
    data: list[list[Any]] = []
    for number, series in enumerate(all_series(runs)[:MOST_SERIES]):
        mine = of_figure.get(series.figure, [])
        chosen = _chosen(series, mine, places)
        anchor = f"s{place}-{number}"
        chart = _chart(anchor, runs, series, chosen, mine, places)
        (section.constant if series.constant else section.moving).append(chart)
        texts = [shown_figure(series.figure, value) for value in series.values[chosen].tolist()]
        data.append([series.at[chosen].tolist(), texts[:1] if series.constant else texts])
    told = [[number, _moment(row), printable(commit_of(row))] for number, row in runs]
    # "<" would end the element that holds it
    section.data = json.dumps({"runs": told, "series": data}, separators=(",", ":")).replace("<", "\\u003c")
    return section


def _chosen(series: Series, changes: Sequence[ChangePoint], places: Mapping[int, int]) -> Any:
    if series.constant:
        return np.array(sorted({0, len(series.values) - 1}))
    around = [places[number] for each in changes for number in (each.last[0], each.first[0])]
    return thinned(series.values, MOST_POINTS, np.searchsorted(series.at, around).tolist())


def _chart(
    anchor: str,
    runs: Sequence[NumberedRow],
    series: Series,
    chosen: Any,
    changes: Sequence[ChangePoint],
    places: Mapping[int, int],
) -> Chart:
    name = series.figure
    last = max(1, len(runs) - 1)
    low, high, ticks, unit = _axis(name, series)
    xs, ys = series.at[chosen] / last, (series.values[chosen] - low) / (high - low)
    plot = Plot(HEIGHT)
    for each in changes:
        plot.upright((places[each.last[0]] + places[each.first[0]]) / 2 / last, "change")
    plot.line(xs, ys, "host")
    if len(runs) <= MOST_DOTS and not series.constant:
        plot.dots(xs, ys, "host")
    newest, row = runs[int(series.at[-1])]
    value = shown_figure(name, float(series.values[-1]))
    told = f"run {newest} · {_moment(row)} · {commit_of(row) or 'no commit'} · {value}"
    said = [f"{_share(each)} at run {each.first[0]}" for each in changes]
    keys = "".join(f' <span class="key change">{escape(each)}</span>' for each in said[-SHOWN_CHANGES:])
    caption = f"<b>{escape(printable(name))}</b>{keys}"
    drawing = plot.html(caption, _time_ticks(runs), ticks, "", unit)
    label = f"{name}: {told}" + "".join(f"; changed by {each}" for each in said)
    return Chart(name, anchor, drawing, told, label)


def _axis(name: str, series: Series) -> tuple[float, float, list[Tick], str]:
    """Ends, marks and unit of the axis of values."""
    low, high = float(series.values.min()), float(series.values.max())
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    low, high = low - margin, high + margin
    unit, scale = "", 1.0
    kind = FIGURES[name].unit if name in FIGURES else ""
    if kind == "us":
        unit, scale = time_unit(high)
    elif kind == "share":
        unit, scale = "%", 0.01
    elif kind == "bytes":
        unit, scale = ("KiB", 1024.0) if high >= 10_240 else ("bytes", 1.0)
    else:
        unit = kind
    return low, high, nice_ticks(low / scale, high / scale, 4), unit


def _time_ticks(runs: Sequence[NumberedRow], most: int = 4) -> list[Tick]:
    """Days of some runs: runs stand at equal distances, whenever they were."""
    last = len(runs) - 1
    places = sorted({round(each * last / (most - 1)) for each in range(most)})
    ticks: list[Tick] = []
    for place in places:
        day = runs[place][1].time[:10]
        if not ticks or ticks[-1].text != day:
            ticks.append(Tick(place / max(1, last), day))
    return ticks


# ---- tables


def _moment(row: RunRow) -> str:
    return row.time[:16].replace("T", " ")


def _share(change: ChangePoint) -> str:
    if not change.before:
        return "from 0"
    return f"{100 * (change.after - change.before) / abs(change.before):+.1f} %"


def _change(subject: Subject, change: ChangePoint, anchor: str) -> Change:
    last, first = (
        f"{number} ({commit[:8]}{'+' * commit.endswith('+')})" if commit else str(number)
        for number, commit in (change.last, change.first)
    )
    before, after = (shown_figure(change.figure, value) for value in (change.before, change.after))
    return Change(subject, change.figure, anchor, before, after, _share(change), last, first)


def _table_row(number: int, row: RunRow, link: str | None) -> dict[str, Any]:
    figures = row.figures
    reason = row.reasons[0] if row.reasons else ""
    return {
        "number": number,
        "row": row,
        "time": _moment(row),
        "commit": commit_of(row),
        "figures": [
            shown_figure(name, figures[name]) if name in figures else "–"
            for name in ("total.p50", "total.p99", "arena", "detections")
        ],
        "differ": int(
            sum(figures.get(f"{what}.different", 0) for what in ("cells", "outputs", "detections"))
        ),
        "reason": reason if len(reason) <= SHORT_REASON else reason[: SHORT_REASON - 1] + "…",
        "link": link,
    }
