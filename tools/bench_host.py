#!/usr/bin/env python3
"""Where the host's time goes: features against librosa, a HIL run by stage, growth with the audio's length, start-up.

    python tools/bench_host.py              features, start-up, the bundle's recordings, 1 and 10 minutes of audio
    python tools/bench_host.py --hour       also an hour of audio
    python tools/bench_host.py --suite      also the time of `pytest hil_tests` on the virtual board

Times are this computer's and vary with what else it does: compare ratios and medians. Peak memory is what the operating
system says of the whole command.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from host.bundle.load import Bundle, load_bundle
from host.errors import HilError

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_BUNDLE = ROOT / "models" / "default"
RUNS = 5
FEATURE_SECONDS = 120.0
STARTUP_MOST_S = 0.3
# A child of its own, so that the figure is one command's peak; ru_maxrss counts KiB on Linux and bytes on macOS.
MEASURED = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = used.ru_utime + used.ru_stime
unit = 1 if sys.platform == "darwin" else 1024
seconds = time.perf_counter() - start
result = {"seconds": seconds, "cpu": cpu, "peak": used.ru_maxrss * unit, "code": done.returncode, "said": done.stdout}
print(json.dumps(result))
"""


Clock = Callable[[], float]


def median_seconds(action: Callable[[], Any], runs: int = RUNS, clock: Clock = time.perf_counter) -> float:
    """The median time of `action` by `clock`, after one call that is not counted."""
    action()
    times = []
    for _ in range(runs):
        start = clock()
        action()
        times.append(clock() - start)
    return statistics.median(times)


def measure(command: list[str]) -> dict[str, Any]:
    """Run a command; returns seconds, those of processors, its largest process's peak in bytes, and what it said.

    Raises:
        HilError: it failed.
    """
    # As tools/run.py: with this, which containers set, every run compiles all that it imports, for most of a second.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    if result["code"] != 0:
        raise HilError(
            f"{' '.join(command)} failed:\n{result['said'][-2000:]}", "run it by hand and look at its output"
        )
    return result


def bench_features(
    bundle: Bundle, seconds: float = FEATURE_SECONDS, clock: Clock = time.perf_counter
) -> dict[str, float]:
    """Seconds of `clock` for `seconds` of synthetic audio, by the firmware's front end and by librosa in float64."""
    import numpy as np

    from host.core.c_frontend import FrontEnd
    from host.frontend.log_mel.float_frontend import logmel_db
    from host.frontend.log_mel.settings import LogMelSettings
    from host.making.corpus.endless import stream

    if not isinstance(bundle.settings, LogMelSettings):
        return {}  # librosa has nothing to compare with
    settings = bundle.settings
    samples = np.concatenate(list(stream(3, seconds, bundle.settings.sample_rate)))
    front_end = FrontEnd(bundle.settings, bundle.model.input.scale, bundle.model.input.zero_point)
    ours = median_seconds(lambda: front_end.features(samples), clock=clock)
    librosa = median_seconds(lambda: logmel_db(settings, samples), clock=clock)
    return {
        "an hour of audio, firmware's front end, s": ours * 3600 / seconds,
        "an hour of audio, librosa in float64, s": librosa * 3600 / seconds,
        "times faster than librosa": librosa / ours,
    }


def bench_startup() -> dict[str, float]:
    """Seconds that `python -m host --help` takes."""
    command = [sys.executable, "-m", "host", "--help"]
    run = lambda: subprocess.run(command, cwd=ROOT, capture_output=True, check=True)  # noqa: E731
    return {"python -m host --help, s": median_seconds(run)}


def bench_stages(bundle: Bundle) -> dict[str, float]:
    """Seconds of a run on the bundle's own recordings, by stage; not the first one, so that nothing is built."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "host", "hil", "--board", "virtual", "--bundle", str(bundle.path)]
        command += ["--report", folder]
        measure(command)
        runs = [measure(command) for _ in range(RUNS)]
        whole, cpu = (statistics.median(run[what] for run in runs) for what in ("seconds", "cpu"))
        stages = json.loads((Path(folder) / "report.json").read_text(encoding="utf-8"))["seconds"]
    known = {name: seconds for name, seconds in stages.items() if name != "total"}
    figures = {f"hil: {name}, s": seconds for name, seconds in known.items()}
    figures["hil: start, build check and reports, s"] = whole - sum(known.values())
    figures["hil: whole command, s"] = whole
    figures["hil: processor time of all its processes, s"] = cpu
    return figures


def bench_growth(bundle: Bundle, minutes: list[int]) -> dict[str, float]:
    """Seconds and peak memory of runs on audio of different lengths, with and without inference."""
    import numpy as np
    import soundfile

    from host.making.corpus.endless import stream

    figures = {}
    rate = bundle.settings.sample_rate
    with tempfile.TemporaryDirectory() as folder:
        for length in minutes:
            path = Path(folder) / f"{length}min.wav"
            with soundfile.SoundFile(path, "w", rate, 1, "PCM_16") as file:
                for piece in stream(4, 60.0 * length, rate):
                    file.write(np.asarray(piece))
            for name, options in (("features", ["--features-only"]), ("with inference", [])):
                command = [sys.executable, "-m", "host", "hil", str(path), "--bundle", str(bundle.path)]
                result = measure([*command, "--report", str(Path(folder) / "report"), *options])
                figures[f"{length} min, {name}, s"] = result["seconds"]
                figures[f"{length} min, {name}, peak MB"] = result["peak"] / 1e6
            path.unlink()
    return figures


def bench_suite(bundle: Bundle) -> dict[str, float]:
    """Seconds of the board's suite."""
    command = [sys.executable, "-m", "pytest", "hil_tests", "-q", "--bundle", str(bundle.path)]
    return {"pytest hil_tests, s": measure(command)["seconds"]}


def show(figures: dict[str, float]) -> None:
    """Print figures, one a line."""
    for name, value in figures.items():
        print(f"{name:<48} {value:10.2f}", flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bundle", type=Path, default=DEFAULT_BUNDLE, metavar="DIR")
    parser.add_argument("--hour", action="store_true", help="also an hour of audio")
    parser.add_argument("--suite", action="store_true", help="also the time of the board's suite")
    args = parser.parse_args(arguments)
    try:
        bundle = load_bundle(args.bundle)
        show(bench_features(bundle))
        show(bench_startup())
        show(bench_stages(bundle))
        show(bench_growth(bundle, [1, 10, 60] if args.hour else [1, 10]))
        if args.suite:
            show(bench_suite(bundle))
    except HilError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
