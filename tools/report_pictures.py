#!/usr/bin/env python3
"""Makes the pictures of a report in docs/pictures: `python tools/report_pictures.py`.

Two real runs over bundled recordings: on the virtual board of this checkout, and on one of a copy in which a line of
the firmware is changed. The copy's board is reached over TCP, so that the host computes with the right line. Headless
Chromium takes the pictures (Linux: package `chromium`).
"""

import argparse
import contextlib
import io
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTH = 900
TALLEST = 1600
MARGIN = 12
MOST_BYTES = 120_000
COLOURS = 96
RECORDINGS = ("clear-thrush.wav", "trill-in-rain.wav", "crickets.wav")
# The changed line: the logarithm's interpolation between two entries of its table goes half as far.
CHANGED = "firmware/core/frontend/log_mel/log.c"
OLD = "* fraction_q15) >> 15)"
NEW = "* fraction_q15) >> 16)"


@dataclass(frozen=True)
class Picture:
    """One picture.

    Attributes:
        name: of the file, without suffix.
        failing: whether it is of the run that fails.
        script: what of the report stays in the page: JavaScript that returns its elements.
        height: at most so many pixels, from the top.
    """

    name: str
    failing: bool
    script: str
    height: int = TALLEST


FILE = "[...document.querySelectorAll('details')].find(e => e.id.startsWith('file-'))"
PLOTS = f"[...{FILE}.querySelectorAll('figure')]"
BELOW = (
    "const of = (e, n) => { const all = [...e.parentElement.children], at = all.indexOf(e); "
    "return all.slice(at, at + n); };"
)
LATENCY = "[...document.querySelectorAll('h2')].find(e => e.textContent === 'Latency')"
PICTURE_LIST = (
    Picture("report-pass", False, "return [...document.querySelectorAll('.banner, .tiles')]"),
    Picture("report-fail", True, "return of(document.querySelector('.banner'), 6)"),
    Picture("report-difference", True, f"return {PLOTS}.slice(0, 3)"),
    Picture("report-scores", False, f"return {PLOTS}.slice(-2)"),
    Picture("report-latency", False, f"return of({LATENCY}, 6)", 620),
)


def report(out: Path, *board: str) -> None:
    """Run over the recordings on a board, and leave the reports in `out`."""
    recordings = [str(ROOT / "models" / "default" / "wav" / name) for name in RECORDINGS]
    subprocess.run(
        [sys.executable, "-m", "host", "hil", *board, "--report", str(out), *recordings],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        check=False,  # one of the runs is to fail
    )


@contextlib.contextmanager
def board_of(repository: Path) -> Iterator[str]:
    """The virtual board of `repository` while it runs; its URL."""
    command = [sys.executable, "-m", "host", "board", "--tcp-port", "0"]
    with subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        try:
            found = next(filter(None, (re.search(r"socket://\S+", line) for line in process.stdout)), None)
            assert found, "the changed board did not start"
            yield found[0]
        finally:
            process.terminate()


def changed_copy(folder: Path) -> Path:
    """A copy of what git knows of the repository, with a line of its firmware changed."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    path = folder / CHANGED
    text = path.read_text(encoding="utf-8")
    assert text.count(OLD) == 1, f"{CHANGED} has {OLD!r} {text.count(OLD)} times"
    path.write_text(text.replace(OLD, NEW), encoding="utf-8")
    return folder


def page_of(html: str, picture: Picture) -> str:
    """The report with only what the picture shows."""
    script = (
        f"<script>{{ const kept = (() => {{ {BELOW} {picture.script} }})().map(e => e.cloneNode(true)); "
        "document.body.replaceChildren(...kept); document.body.style.padding = '12px'; "
        "document.documentElement.style.colorScheme = 'light'; }</script>"
    )
    return html.replace("</body>", script + "</body>")


def shot(browser: str, html: str, picture: Picture, folder: Path) -> Image.Image:
    """What headless Chromium shows of it, without its empty rim."""
    page, image = folder / "page.html", folder / "page.png"
    page.write_text(page_of(html, picture), encoding="utf-8")
    subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--user-data-dir={folder / 'profile'}",
            f"--window-size={WIDTH},{TALLEST}",
            f"--screenshot={image}",
            page.as_uri(),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=120,
        check=True,
    )
    shown = Image.open(image).convert("RGB")
    box = ImageChops.difference(shown, Image.new("RGB", shown.size, shown.getpixel((0, 0)))).getbbox()
    assert box is not None, f"{picture.name}: the page is empty"
    bottom = min(box[3] + MARGIN, picture.height)
    return shown.crop((0, max(0, box[1] - MARGIN), WIDTH, bottom))


def packed(image: Image.Image) -> bytes:
    """A PNG with few colours."""
    file = io.BytesIO()
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the pictures; 0, or 2 where there is no browser."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=PICTURES, metavar="DIR", help="folder (docs/pictures)")
    parser.add_argument(
        "--reports", type=Path, metavar="DIR", help="keep the reports here, and use those there"
    )
    options = parser.parse_args(arguments)
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("error: no Chromium found\n  → install it (Debian: package `chromium`)", file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kept = options.reports or folder
        pages = {failing: kept / str(failing).lower() / "report.html" for failing in (False, True)}
        if not pages[False].exists():
            report(pages[False].parent, "--board", "virtual")
        if not pages[True].exists():
            copy = folder / "copy"
            copy.mkdir()
            with board_of(changed_copy(copy)) as url:
                report(pages[True].parent, "--port", url)
        for picture in PICTURE_LIST:
            html = pages[picture.failing].read_text(encoding="utf-8")
            content = packed(shot(browser, html, picture, folder))
            assert len(content) <= MOST_BYTES, f"{picture.name}: {len(content)} bytes"
            (options.out / f"{picture.name}.png").write_bytes(content)
            print(f"{picture.name}.png: {len(content):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
