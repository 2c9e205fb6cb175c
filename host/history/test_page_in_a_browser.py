"""The page in a real browser: what hovering and the keyboard tell, how it looks on a phone, what axe-core finds."""

import json
from pathlib import Path

import pytest

from ..report.test_in_a_browser import AXE, RULES, in_browser, needs_browser
from .change_points import ChangePoint
from .conftest import MakeRow
from .page import render_page
from .test_page import Numbered, synthetic

pytestmark = [pytest.mark.slow, needs_browser]
BOX = "[...document.querySelectorAll('.series')].find(b => b.textContent.includes('total.p50'))"


def _page(rows: Numbered) -> str:
    changes = []
    if len(rows) > 20:
        changes = [ChangePoint("total.p50", (rows[20][0], "ab"), (rows[19][0], "cd+"), 1500.0, 1575.0)]
    return render_page(rows, "h.sqlite", changes, lambda _row: "report.html", ["a note"])


@pytest.mark.parametrize("count", [3, 2000])
def test_hovering_tells_the_run_under_the_pointer(make_row: MakeRow, tmp_path: Path, count: int) -> None:
    rows = synthetic(make_row, count)
    script = (
        f"(async () => {{ const box = {BOX}, area = box.querySelector('.area'), frame = area.getBoundingClientRect(); "
        "const said = []; for (const share of [0, 0.5, 1]) { area.dispatchEvent(new PointerEvent('pointermove', "
        "{clientX: frame.left + share * frame.width, clientY: frame.top + 5, bubbles: true})); "
        "said.push(box.querySelector('.told').textContent); } "
        "box.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowLeft', bubbles: true})); "
        "said.push(box.querySelector('.told').textContent); "
        "return {said, cursor: box.querySelector('.cursor').style.left, width: frame.width}; })()"
    )
    found = in_browser(_page(rows), script, tmp_path)
    by_number = dict(rows)
    for said, about in zip(found["said"], (1, (count + 1) / 2, count, count - 1), strict=True):
        words = said.split(" · ")
        number = int(words[0].removeprefix("run "))
        row = by_number[number]
        assert abs(number - about) <= max(1, count / 300), said
        assert words[1:] == [
            row.time[:16].replace("T", " "),
            row.commit[:8],
            f"{row.figures['total.p50'] / 1000:,.3f} ms",
        ]
    assert found["width"] > 300 and float(found["cursor"].rstrip("%")) < 100


def test_a_phone_shows_one_line_beside_none_and_scrolls_down_only(make_row: MakeRow, tmp_path: Path) -> None:
    script = (
        f"(async () => {{ const box = {BOX}.getBoundingClientRect(); return {{wide: "
        "document.documentElement.scrollWidth - innerWidth, box: box.width / innerWidth}; })()"
    )
    found = in_browser(_page(synthetic(make_row, 60)), script, tmp_path, 500)
    assert found["wide"] <= 0 and found["box"] > 0.9


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: `npm install --no-save axe-core`")
def test_axe_finds_nothing(make_row: MakeRow, tmp_path: Path) -> None:
    page = _page(synthetic(make_row, 60)).replace(
        "</head>", f"<script>{AXE.read_text(encoding='utf-8')}</script></head>"
    )
    found = in_browser(
        page,
        f"axe.run(document.querySelector('main'), {{runOnly: {json.dumps(RULES)}}}).then(r => ({{passes: "
        "r.passes.length, wrong: r.violations.map(v => [v.id, v.help, v.nodes.slice(0, 3).map(n => "
        "n.html.slice(0, 160))])}))",
        tmp_path,
    )
    assert found["wrong"] == [] and found["passes"] > 10
