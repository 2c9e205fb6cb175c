#!/usr/bin/env python3
"""What a run of thousands of small files costs: time, memory, the size of the report, how soon a browser opens it.

    python tools/bench_many.py                2,000 files of 2 s, features only
    python tools/bench_many.py --files 200    fewer

Ends with 1 when a figure is beyond its limit; the limits are those of 2,000 files. Times are this computer's and vary
with what else it does; "processor s" hardly does. Memory is that of the run's largest process, which is `hil` itself.

"opened in s" is the page's own clock in a headless Chromium, where there is one: from the start of its navigation until
it is loaded and laid out, the median of three. To start the browser is no part of it. "with browser, s" is all that a
person waits for whose browser does not run yet: it has no limit.
"""

from __future__ import annotations

import argparse
import math
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from host.bundle.load import load_bundle
from host.checkout import DEFAULT_BUNDLE
from host.errors import HilError
from tools.bench_host import measure

SECONDS_EACH = 2.0
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
TIMES_OPENED = 3
# Asking for a size makes the browser lay out the page at once.
STOPWATCH = """<script>addEventListener("load", () => {
document.body.getBoundingClientRect();
document.documentElement.dataset.opened = performance.now(); });</script></body>"""
MOST = {"seconds": 60.0, "peak MB": 100.0, "report MB": 10.0, "opened in s": 2.0}


def make_files(folder: Path, files: int, rate: int) -> None:
    """Short recordings of noise, each different."""
    import numpy as np
    import soundfile

    rng = np.random.default_rng(1)
    for index in range(files):
        noise = rng.integers(-3000, 3000, int(SECONDS_EACH * rate)).astype(np.int16)
        soundfile.write(folder / f"recording-{index:05d}.wav", noise, rate)


def opening(page: Path) -> dict[str, float]:
    """How long a browser takes for a page, in the words of the module; empty where there is no browser.

    Raises:
        HilError: the browser did not show it.
    """
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        return {}
    timed = page.with_name("timed.html")
    timed.write_text(page.read_text(encoding="utf-8").replace("</body>", STOPWATCH), encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", timed.as_uri()]
    opened, whole = [], []
    for _ in range(TIMES_OPENED):
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120)
        whole.append(time.perf_counter() - start)
        told = re.search(r'data-opened="([0-9.]+)"', done.stdout)
        if told is None:
            raise HilError(f"{browser} did not show {page}", "open it by hand")
        opened.append(float(told[1]) / 1000)
    timed.unlink()
    return {"opened in s": statistics.median(opened), "with browser, s": statistics.median(whole)}


def bench(files: int, bundle: Path) -> dict[str, float]:
    """The figures; the run is the second of two, so that nothing is built in it.

    Raises:
        HilError: the run failed.
    """
    rate = load_bundle(bundle).settings.sample_rate
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "wav").mkdir()
        make_files(folder / "wav", files, rate)
        command = [sys.executable, "-m", "host", "hil", "--bundle", str(bundle), "--features-only"]
        command += ["--report", str(folder / "report")]
        measure([*command, str(folder / "wav" / "recording-00000.wav")])
        run = measure([*command, str(folder / "wav")])
        page = folder / "report" / "report.html"
        figures = {
            "seconds": float(run["seconds"]),
            "processor s": float(run["cpu"]),
            "peak MB": run["peak"] / 1e6,
            "report MB": page.stat().st_size / 1e6,
        }
        figures |= opening(page)
    return figures


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 1 when a limit is exceeded."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--bundle", type=Path, default=DEFAULT_BUNDLE, metavar="DIR")
    args = parser.parse_args(arguments)
    try:
        figures = bench(args.files, args.bundle)
    except HilError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for name, value in figures.items():
        limit = f"  (at most {MOST[name]:g})" if name in MOST else ""
        print(f"{name:<16} {value:8.2f}{limit}")
    return 1 if any(value > MOST.get(name, math.inf) for name, value in figures.items()) else 0


if __name__ == "__main__":
    sys.exit(main())
