#!/usr/bin/env python3
"""Throws damaged input at the project until the time is up: no traceback, no death, no hang, bounded memory.

    python tools/fuzz.py --seed 1 --seconds 3600                all targets, the time shared among them
    python tools/fuzz.py --seed 1 --seconds 60 --target audio   one
    python tools/fuzz.py --seed 1 --target audio --case 4711    one case again, in this process, with its traceback
    python tools/fuzz.py --target audio --atheris DIR           guided by coverage, where atheris has a wheel; DIR keeps
                                                                what it came upon

Cases run in a process of their own, which is watched; after a find it goes on with the next case. Ends with 1 when
anything was found. A target is a module in tools/fuzzing with make(); see fuzzing/target.py.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import random
import selectors
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from tools.fuzzing import guided
from tools.fuzzing.target import Limits

TENSORFLOW_MB = 800.0
# The peak is that of a target's process and all below it.
TARGETS = {
    "audio": Limits(share=2.0),
    "model": Limits(patience_s=150.0, most_mb=TENSORFLOW_MB, share=4.0),
    "bundle": Limits(),
    "recipe": Limits(),
    "pipeline": Limits(),
    "dataset": Limits(),
    "table": Limits(),
    "image": Limits(),
    "link": Limits(share=2.0),
    "answers": Limits(),
}
START_S = 60.0
SAMPLED_S = 0.05
STARVED = 8.0
MOST_FINDS = 20


class Fuzz(Protocol):
    """A target."""

    def one(self, rng: random.Random, folder: Path) -> str:
        """Run one case, whose files go into `folder`; says what came of it. What it raises is a find."""


@dataclass
class Outcome:
    """What came of a target: cases run, answers by kind, finds as (case, what), peak memory in MB."""

    cases: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    finds: list[tuple[int, str]] = field(default_factory=list)
    peak_mb: float = 0.0


def run_case(target: Fuzz, name: str, seed: int, case: int, folder: Path) -> str:
    """One case; the same for the same name, seed and number."""
    return target.one(random.Random(f"{name} {seed} {case}"), folder)


def work(name: str, seed: int, first: int) -> None:
    """Run cases from `first` on until killed, a line of JSON after each: what the watched process does."""
    import traceback

    # what native code prints is a find: it goes where the watcher looks for it, and not between these lines
    tell = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    target = _make(name)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        case = first
        while True:
            line: dict[str, Any] = {"end": case}
            try:
                line["answer"] = run_case(target, name, seed, case, Path(folder))
            except Exception:
                line["find"] = traceback.format_exc(limit=-2)
            print(json.dumps(line | {"mb": _peak_mb()}), file=tell, flush=True)
            case += 1


def _peak_mb() -> float:
    """The most memory this process ever held; without what its parent held when it was forked."""
    status = Path("/proc/self/status")
    if status.is_file():
        peak_kb = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(peak_kb.split()[1]) / 1e3
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def _make(name: str) -> Fuzz:
    target: Fuzz = importlib.import_module(f"fuzzing.{name}").make()
    return target


def fuzz(name: str, seed: int, seconds: float, most_cases: int, limits: Limits | None = None) -> Outcome:
    """Run a target until its time or its cases are up; `limits` are those of its entry in `TARGETS` when None.

    One case is run in any time: to start may take longer on a busy computer.
    """
    limits = limits or TARGETS[name]
    outcome = Outcome()
    until = time.monotonic() + seconds
    case = 0
    while time.monotonic() < until and case < most_cases and len(outcome.finds) < MOST_FINDS:
        case = _watch(name, seed, case, until, most_cases, limits, outcome)
    outcome.cases = case
    return outcome


def _command(name: str, seed: int, first: int) -> list[str]:
    return [sys.executable, str(Path(__file__).resolve()), name, "--seed", str(seed), "--worker", str(first)]


def _watch(
    name: str, seed: int, first: int, until: float, most_cases: int, limits: Limits, outcome: Outcome
) -> int:
    """Run one process of cases; returns the number of the next case."""
    with (
        tempfile.TemporaryFile() as chatter,
        subprocess.Popen(_command(name, seed, first), stdout=subprocess.PIPE, stderr=chatter) as process,
        _Scales(process.pid) as scales,
    ):
        assert process.stdout is not None
        case, running = first, False
        lines = selectors.DefaultSelector()
        lines.register(process.stdout, selectors.EVENT_READ)
        buffer = b""
        silent_since, busy = time.monotonic(), 0.0
        try:
            while case < most_cases and (time.monotonic() < until or case == first == 0):
                outcome.peak_mb = max(outcome.peak_mb, scales.peak_mb)
                if outcome.peak_mb > limits.most_mb:
                    outcome.finds.append((case, f"{outcome.peak_mb:.0f} MB of memory"))
                    outcome.peak_mb = 0.0  # or every later case would be one, too
                    return case + 1
                if not lines.select(min(1.0, limits.patience_s)):
                    patience = limits.patience_s if running else max(limits.patience_s, START_S)
                    silence = time.monotonic() - silent_since
                    # on a busy computer a process that works waits too: for that it has more time, and as much as it
                    # takes while it could run and is not let
                    if silence > patience and (
                        scales.busy_s() - busy > patience
                        or (silence > STARVED * patience and not scales.is_starved())
                    ):
                        outcome.finds.append((case, f"no answer in {patience:g} s"))
                        return case + 1
                    continue
                silent_since, busy = time.monotonic(), scales.busy_s()
                more = os.read(process.stdout.fileno(), 1 << 16)
                if not more:
                    outcome.finds.append((case, f"the process died ({process.wait()}){_end_of(chatter)}"))
                    return case + 1
                *whole, buffer = (buffer + more).split(b"\n")
                for line in whole:
                    running = True
                    case = _take(json.loads(line), outcome)
            if said := _end_of(chatter):
                outcome.finds.append((case, f"something was written to standard error{said}"))
            return case
        finally:
            lines.close()
            scales.end_all()


class _Scales:
    """Weighs a process and all below it while it runs: a thread, because the peak may last for one moment.

    Attributes:
        peak_mb: resident, the most so far.
    """

    def __init__(self, pid: int) -> None:
        self.peak_mb = 0.0
        self._top = psutil.Process(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._weigh, daemon=True)

    def __enter__(self) -> _Scales:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _weigh(self) -> None:
        while not self._ended.wait(SAMPLED_S):
            with contextlib.suppress(psutil.Error):
                sizes = [each.memory_info().rss for each in self._tree()]
                self.peak_mb = max(self.peak_mb, sum(sizes) / 1e6)

    def _tree(self) -> list[Any]:
        return [self._top, *self._top.children(recursive=True)]

    def busy_s(self) -> float:
        """Processor time that those which run now have taken."""
        taken = 0.0
        with contextlib.suppress(psutil.Error):
            taken = sum(sum(each.cpu_times()[:2]) for each in self._tree())
        return taken

    def is_starved(self) -> bool:
        """Whether any of them could run, or waits for a disk, and does not wait for something that never comes."""
        with contextlib.suppress(psutil.Error):
            return any(
                each.status() in (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP) for each in self._tree()
            )
        return False

    def end_all(self) -> None:
        """Kill them all: what a target started must not outlive it."""
        with contextlib.suppress(psutil.Error):
            for each in reversed(self._tree()):
                with contextlib.suppress(psutil.Error):
                    each.kill()


def _take(line: dict[str, Any], outcome: Outcome) -> int:
    outcome.peak_mb = max(outcome.peak_mb, line["mb"])
    if "find" in line:
        outcome.finds.append((line["end"], line["find"]))
    else:
        outcome.answers[line["answer"]] += 1
    return int(line["end"]) + 1


def _end_of(chatter: Any) -> str:
    chatter.seek(0)
    text = chatter.read()[:500].decode("utf-8", "replace").strip()
    return f":\n{text}" if text else ""


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)} (default all)")
    parser.add_argument("--target", action="append", default=[], metavar="T", help="the same, as an option")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60.0, help="for all targets together (default 60)")
    parser.add_argument("--cases", type=int, default=1_000_000_000, help="at most this many a target")
    parser.add_argument("--case", type=int, help="run this one again, here")
    parser.add_argument(
        "--atheris", type=Path, metavar="DIR", help="let coverage guide the damage to one target"
    )
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    args.targets = [*args.targets, *args.target] or list(TARGETS)
    for name in args.targets:
        if name not in TARGETS:
            parser.error(f"there is no target {name!r}: give some of {', '.join(TARGETS)}")
    if len(args.targets) > 1 and not (args.case is None and args.atheris is None):
        parser.error("--case and --atheris want one --target")
    return args


def main(arguments: list[str] | None = None) -> int:
    """Fuzz and say what was found; 1 when anything was."""
    args = _arguments(arguments)
    name = args.targets[0]
    if args.worker is not None:
        work(name, args.seed, args.worker)
    if args.atheris is not None:
        guided.run(name, args.atheris, args.seconds, TARGETS[name].patience_s)
    if args.case is not None:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            print(run_case(_make(name), name, args.seed, args.case, Path(folder)))
        return 0
    found = 0
    unit_s = args.seconds / sum(TARGETS[name].share for name in args.targets)
    for name in args.targets:
        outcome = fuzz(name, args.seed, unit_s * TARGETS[name].share, args.cases)
        found += len(outcome.finds)
        answers = ", ".join(f"{count} {answer}" for answer, count in sorted(outcome.answers.items()))
        finds = len(outcome.finds)
        print(
            f"{name}: {outcome.cases} cases ({answers}), {finds} finds, peak {outcome.peak_mb:.0f} MB",
            flush=True,
        )
        for case, what in outcome.finds:
            print(f"  --target {name} --seed {args.seed} --case {case}: {what}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
