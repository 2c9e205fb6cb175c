#!/usr/bin/env python3
"""What a run of thousands of small files costs: time, memory, the size of the report, how soon a browser opens it.

    python tools/bench_many.py                2,000 files of 2 s, features only
    python tools/bench_many.py --files 200    fewer

Ends with 1 when a figure is beyond its limit; the limits are those of 2,000 files. The browser is a headless Chromium,
where there is one. Times are this computer's and vary with what else it does.
"""

from __future__ import annotations

import argparse
import shutil
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
MOST = {"seconds": 60.0, "peak MB": 100.0, "report MB": 10.0, "opened in s": 2.0}


def make_files(folder: Path, files: int, rate: int) -> None:
    """Short recordings of noise, each different."""
    import numpy as np
    import soundfile

    rng = np.random.default_rng(1)
    for index in range(files):
        noise = rng.integers(-3000, 3000, int(SECONDS_EACH * rate)).astype(np.int16)
        soundfile.write(folder / f"recording-{index:05d}.wav", noise, rate)


def opened_s(page: Path) -> float | None:
    """Seconds that a browser takes for a page, less those for an empty one; None where there is no browser."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        return None
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]

    def load(address: str) -> float:
        start = time.perf_counter()
        subprocess.run([browser, *options, address], capture_output=True, check=True, timeout=120)
        return time.perf_counter() - start

    load("about:blank")  # what only the first start does
    return load(page.as_uri()) - load("about:blank")


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
            "peak MB": run["peak"] / 1e6,
            "report MB": page.stat().st_size / 1e6,
        }
        if (seconds := opened_s(page)) is not None:
            figures["opened in s"] = seconds
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
        print(f"{name:<12} {value:8.2f}  (at most {MOST[name]:g})")
    return 1 if any(value > MOST[name] for name, value in figures.items()) else 0


if __name__ == "__main__":
    sys.exit(main())
