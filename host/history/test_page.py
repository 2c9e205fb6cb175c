"""The page: every figure a line, change points marked, whole, safe and of bounded size, whatever the rows hold."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ..limits.figures import FIGURES
from ..report.test_html import NASTY, Page
from . import page as module
from .change_points import ChangePoint, change_points_of_all
from .conftest import MakeRow
from .page import MOST_POINTS, render_page, report_link
from .row import RunRow
from .series import all_series, by_subject, thinned

Numbered = list[tuple[int, RunRow]]


def synthetic(make_row: MakeRow, count: int, **other: object) -> Numbered:
    """Runs with every figure there is, a step of 5 % after two thirds; newest first."""
    rng = np.random.default_rng(5)
    rows = []
    for run in range(count):
        step = 1.05 if run >= 2 * count // 3 else 1.0
        figures = {
            name: round(1500 * step * (1 + 0.02 * rng.standard_normal()), 3) if figure.unit == "us" else 12.0
            for name, figure in FIGURES.items()
        }
        figures["link.host.noise_bytes"] = float(rng.integers(0, 9))
        rows.append((run + 1, make_row(figures=figures, **other)))
    return rows[::-1]


def data_of(page: str) -> list[dict[str, Any]]:
    return [json.loads(text) for text in re.findall(r'<script type="application/json">(.*?)</script>', page)]


@pytest.mark.parametrize("count", [1, 3, 200])
def test_every_figure_is_a_line(make_row: MakeRow, count: int) -> None:
    rows = synthetic(make_row, count)
    text = render_page(rows, "h.sqlite")
    page = Page(text)
    assert not [url for url in page.urls if not url.startswith("#")] and "http" not in re.sub(
        "<svg.*?</svg>", "", text
    )
    for name in (*FIGURES, "link.host.noise_bytes"):
        assert f"<b>{name}</b>" in text, name
    (data,) = data_of(text)
    assert len(data["runs"]) == count and data["runs"][-1][0] == count
    assert len(data["series"]) == len(FIGURES) + 1 == text.count('class="series"')
    places, texts = data["series"][list(FIGURES).index("total.p50")]
    if count == 3:
        assert texts == [f"{rows[2 - at][1].figures['total.p50'] / 1000:,.3f} ms" for at in places]


def test_nothing_at_all() -> None:
    assert "0</b>" in Page(render_page([], "h.sqlite")).text or render_page([], "h.sqlite")


def test_change_points_are_marked_and_lead_to_their_line(make_row: MakeRow) -> None:
    rows = synthetic(make_row, 60)

    def find(series: Sequence[Sequence[float]]) -> list[list[tuple[int, float, float]]]:
        return [[(40, 1500.0, 1575.0)] if 1400 < values[0] < 1700 else [] for values in series]

    changes = change_points_of_all(by_subject(rows).values(), find)
    assert {each.figure for each in changes} == {n for n, figure in FIGURES.items() if figure.unit == "us"}
    text = render_page(rows, "h.sqlite", changes)
    page = Page(text)
    for each in changes:
        anchor = re.search(rf'<a href="#([^"]+)">{re.escape(each.figure)}</a>', text)
        assert anchor is not None and anchor[1] in page.ids
    assert text.count('class="rule change"') == len(changes)
    assert text.count("+5.0 % at run 41") == 2 * len(changes), "beside the line, and for who does not see it"
    assert f"40 ({rows[20][1].commit[:8]}) and 41 ({rows[19][1].commit[:8]})" in text
    assert not changes[0].figure.startswith("link")


def test_kinds_of_runs_are_series_of_their_own(make_row: MakeRow) -> None:
    rows = [
        (
            number,
            make_row(source="pytest" if number % 2 else "hil", board="qemu" if number == 8 else "virtual"),
        )
        for number in range(8, 0, -1)
    ]
    found = by_subject(rows)
    assert [(each.board, each.source) for each in found] == [
        ("qemu", "hil"),
        ("virtual", "pytest"),
        ("virtual", "hil"),
    ]
    assert [number for number, _ in found[next(each for each in found if each.source == "pytest")]] == [
        1,
        3,
        5,
        7,
    ]


def test_no_outlier_is_thinned_away() -> None:
    values = np.zeros(5000)
    values[[17, 4321]] = 9, -9
    chosen = thinned(values, 100, [2222])
    assert {0, 17, 2222, 4321, 4999} <= set(chosen.tolist()) and len(chosen) <= 105
    assert thinned(values[:3], 100).tolist() == [0, 1, 2]


def test_what_rows_say_steers_nothing(make_row: MakeRow) -> None:
    evil = NASTY + "\u202e\x1b[2J</script>"
    row = make_row(
        bundle=evil,
        board=evil,
        host=evil,
        commit="ab",
        reasons=(evil,),
        verdict=evil,
        figures={evil: 1.0, "arena": 2.0},
    )
    text = render_page(
        [(1, row)], evil, [ChangePoint(evil, (1, evil), (1, evil), 0.0, 1.0)], lambda _row: evil, [evil]
    )
    page = Page(text)
    assert page.tags.count("script") == 2 and "img" not in page.tags
    assert "\u202e" not in text and "\x1b" not in text
    data_of(text)


def test_a_page_of_many_runs_stays_small(make_row: MakeRow, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = synthetic(make_row, 2000)
    text = render_page(rows, "h.sqlite")
    moving = [series for series in all_series(rows[::-1]) if not series.constant]
    assert len(text) < 60_000 + 50 * len(rows) + 35 * (MOST_POINTS + 2) * len(moving)
    others = [(3000 + number, make_row(bundle=f"b{number}")) for number in range(40)][::-1]
    size = len(render_page(others[:1], "h"))
    monkeypatch.setattr(module, "PAGE_BYTES", 3 * size)
    text = render_page(others, "h.sqlite")
    shown = text.count('<section class="subject">')
    assert 1 <= shown < 40 and f"{40 - shown} more pairs of bundle and board are left out" in text


def test_links_lead_to_reports_that_are_here(make_row: MakeRow, tmp_path: Path) -> None:
    row = make_row(report=str(tmp_path / "re port"))
    folder = tmp_path / "re port" / "runs" / "20261101T000000Z-1"
    folder.mkdir(parents=True)
    link = report_link(tmp_path / "out" / "history.html", "bench")
    assert link(row) is None
    (folder / "report.json").write_text(json.dumps({"id": row.run_id}), encoding="utf-8")
    (folder / "report.html").write_text("x", encoding="utf-8")
    assert link(row) == "../re%20port/runs/20261101T000000Z-1/report.html"
    assert report_link(tmp_path / "history.html", "elsewhere")(row) is None
    assert "re%20port" in render_page([(1, row)], "h", link=link)
