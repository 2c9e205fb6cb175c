#!/usr/bin/env python3
"""What `hil` pays for running models in a process of their own: pairs of runs, with that process and without it.

    python tools/bench_worker.py               12 pairs on the bundle's own recordings and on a minute of audio
    python tools/bench_worker.py --pairs 3     fewer

Every other pair begins with the other kind, so that what else the computer does falls on both. The figures are medians
of the pairs' ratios. Processor time is that of the command and of all that it starts, those that outlive it included;
what else runs hardly changes it. Elapsed time depends on that. Ends with 1 when a median says more than 5 % slower.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from host.bundle.load import load_bundle
from host.checkout import DEFAULT_BUNDLE, ROOT
from host.errors import HilError

PAIRS = 12
MOST = 1.05
MINUTE_S = 60.0
WORKER = "from host import cli; import sys; sys.exit(cli.main(sys.argv[1:]))"
HERE = """
import functools, sys
from host import cli
from host.commands import hil
from host.comparison import run
from host.model.micro import MicroInterpreter, available
from host.model.reference import ReferenceInterpreter

def here(bundle):
    witness = MicroInterpreter(bundle.model_bytes, bundle.model) if available() else None
    return ReferenceInterpreter(bundle.model_bytes, bundle.model), witness

hil.Run = functools.partial(run.Run, interpreters=here)
sys.exit(cli.main(sys.argv[1:]))
"""
# The board's own processes may outlive their parent: they are waited for here, or their time would be nobody's.
MEASURED = """
import ctypes, json, os, resource, subprocess, sys, time
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
began = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
wall = time.perf_counter() - began
try:
    while True:
        os.waitpid(-1, 0)
except ChildProcessError:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"wall": wall, "cpu": used.ru_utime + used.ru_stime, "code": done.returncode, "said": done.stdout}))
"""


def run_once(program: str, arguments: list[str]) -> dict[str, Any]:
    """Run the command by a program of Python's; returns `wall` and `cpu` in seconds.

    Raises:
        HilError: it failed.
    """
    command = [sys.executable, "-c", MEASURED, sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    if result["code"] != 0:
        raise HilError(f"hil {' '.join(arguments)} failed:\n{result['said'][-2000:]}", "run it by hand")
    return result


def ratios(arguments: list[str], pairs: int) -> dict[str, list[float]]:
    """With that process over without, of each pair, by `wall` and `cpu`; a first pair is not counted."""
    found: dict[str, list[float]] = {"cpu": [], "wall": []}
    for number in range(pairs + 1):
        order = (WORKER, HERE) if number % 2 else (HERE, WORKER)
        results = {program: run_once(program, arguments) for program in order}
        for name, values in found.items():
            if number:
                values.append(results[WORKER][name] / results[HERE][name])
    return found


def write_minute(path: Path, rate: int) -> None:
    """A minute of synthetic sound."""
    import numpy as np
    import soundfile

    from host.making.corpus.endless import stream

    soundfile.write(path, np.concatenate(list(stream(4, MINUTE_S, rate))), rate)


def bench(bundle: Path, pairs: int) -> dict[str, list[float]]:
    """The ratios by what was streamed and what was measured."""
    rate = load_bundle(bundle).settings.sample_rate
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        minute = Path(folder) / "minute.wav"
        write_minute(minute, rate)
        for what, paths in (("own recordings", []), ("a minute", [str(minute)])):
            arguments = ["hil", *paths, "--bundle", str(bundle), "--report", str(Path(folder) / "report")]
            for name, values in ratios(arguments, pairs).items():
                figures[f"{what}, {name}"] = values
    return figures


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 1 when models in a process of their own cost more than they may."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--bundle", type=Path, default=DEFAULT_BUNDLE, metavar="DIR")
    args = parser.parse_args(arguments)
    try:
        figures = bench(args.bundle, args.pairs)
    except HilError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    slower = False
    for name, values in figures.items():
        median = statistics.median(values)
        slower = slower or median > MOST
        print(f"{name:<24} {median:6.3f}  (at most {MOST:g}; {min(values):.3f} to {max(values):.3f})")
    return int(slower)


if __name__ == "__main__":
    sys.exit(main())
