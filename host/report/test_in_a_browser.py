"""The report in a real browser: what axe-core, a checker of accessibility, finds; and how it looks on a phone.

Needs Chromium, and for the first axe-core: `npm install --no-save axe-core` in this checkout, or HIL_AXE names
axe.min.js.
"""

import html
import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ..checkout import ROOT
from ..comparison.fakes import Tamper
from ..comparison.result import RunComparison
from ..detector.detector import Change
from .conftest import Compare, MakeRun
from .html import render_html

pytestmark = pytest.mark.slow

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None
)
AXE = Path(os.environ.get("HIL_AXE") or ROOT / "node_modules" / "axe-core" / "axe.min.js")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="Chromium is not installed")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


def in_browser(page: str, script: str, folder: Path, width: int = 1100) -> Any:
    """What `script`, a promise of JSON, says of the page."""
    assert BROWSER is not None
    file = folder / "page.html"
    tail = (
        "<script>(async () => { let said; try { said = await ("
        + script
        + "); } catch (e) { said = String(e); } "
        "const p = document.createElement('pre'); p.id = 'said'; p.textContent = JSON.stringify(said); "
        "document.documentElement.appendChild(p); })();</script>"
    )
    file.write_text(page.replace("</body>", tail + "</body>"), encoding="utf-8")
    done = subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            f"--user-data-dir={folder / 'profile'}", f"--window-size={width},1400",
            "--virtual-time-budget=20000", "--dump-dom", file.as_uri(),
        ],
        capture_output=True, encoding="utf-8", errors="replace", timeout=200, check=False,
    )  # fmt: skip
    said = re.search(r'<pre id="said">(.*?)</pre>', done.stdout, re.DOTALL)
    assert said is not None, done.stderr[-2000:]
    return json.loads(html.unescape(said[1]))


@pytest.fixture
def run(compared: Compare, make_run: MakeRun, wrong_cell: Tamper) -> RunComparison:
    """Files that agree and one that does not, a detection at another window, notes."""
    bad = compared("bad.wav", wrong_cell)
    if not bad.device_changes:
        bad.host_changes.append(Change(1, 0, True, 100))
        bad.device_changes.append(Change(2, 0, True, 100))
    run = make_run(compared("good.wav"), bad)
    run.notes.append("something to know")
    run.info = replace(run.info, board="virtual")
    return run


@needs_browser
@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: `npm install --no-save axe-core`")
@pytest.mark.parametrize("width", [390, 1100])
def test_axe_finds_nothing(run: RunComparison, tmp_path: Path, width: int) -> None:
    page = render_html(run).replace("</head>", f"<script>{AXE.read_text(encoding='utf-8')}</script></head>")
    tags = json.dumps(RULES)
    found = in_browser(
        page,
        f"axe.run(document.querySelector('main'), {{runOnly: {tags}}}).then(r => ({{passes: r.passes.length, "
        "wrong: r.violations.map(v => [v.id, v.help, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160))])}))",
        tmp_path,
        width,
    )
    assert found["wrong"] == [] and found["passes"] > 15


@needs_browser
def test_a_phone_shows_the_columns_that_matter(run: RunComparison, tmp_path: Path) -> None:
    script = (
        "(async () => { const t = [...document.querySelectorAll('table')].find(t => t.textContent.includes("
        "'detections host')); const box = t.parentElement.getBoundingClientRect(); "
        "const seen = [...t.querySelectorAll('th')].filter(h => h.offsetParent !== null).map(h => "
        "[h.textContent, h.getBoundingClientRect().right <= innerWidth]); "
        "return {wide: document.documentElement.scrollWidth - innerWidth, seen}; })()"
    )
    found = in_browser(render_html(run), script, tmp_path, 500)  # headless windows are no narrower
    assert found["wide"] <= 0
    assert [name for name, _ in found["seen"]] == [
        "file", "cells different", "outputs different", "largest, LSB", "detections host / device"
    ]  # fmt: skip
    assert all(inside for _, inside in found["seen"])


@needs_browser
def test_a_file_that_agrees_takes_a_third_of_the_room(run: RunComparison, tmp_path: Path) -> None:
    script = (
        "(async () => Object.fromEntries([...document.querySelectorAll('details')].map(d => "
        "[d.querySelector('b').textContent, d.getBoundingClientRect().height])))()"
    )
    heights = in_browser(render_html(run), script, tmp_path)
    assert heights["good.wav"] < heights["bad.wav"] / 3 + 20
