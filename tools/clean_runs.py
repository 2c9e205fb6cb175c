#!/usr/bin/env python3
"""False alarms: many runs in which nothing is wrong, and which claims they break all the same. None is what is wanted.

    python tools/clean_runs.py                            # 1 000 runs, well under an hour
    python tools/clean_runs.py --runs 100 --seed 7        # others
    python tools/clean_runs.py --run 317                  # one of them again
    python tools/clean_runs.py --port socket://HOST:PORT  # also on an emulator that runs there with -icount
    python tools/clean_runs.py --times times.jsonl        # also the times that the boards told, to choose limits by

Each run is `hil` with a board of its own and excerpts of the bundle's recordings, under one of the conditions in
`CONDITIONS`. What a run does follows from --seed and its number; how busy the computer is does not.

Exit code: 0 every required claim held in every run; 1 one was broken; 2 a run broke off; 3 one was not examined.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from host.board.choice import BoardChoice
from host.board.connecting import ChosenBoard
from host.board.kinds.registry import AT_A_PORT
from host.bundle.load import Bundle, load_bundle
from host.bundle.write import write_bundle
from host.comparison.claims.finding import Status
from host.comparison.interpreters import Interpreters, load_interpreters
from host.comparison.latency import STAGES
from host.comparison.run import Run
from host.comparison.wishes import Wishes
from host.errors import ExitCode, HilError
from host.model.interpreter import Interpreter
from host.model.samples import sample_values

ROOT = Path(__file__).resolve().parents[1]
FOREIGN_MODEL = "softmax"  # five classes at 16 kHz, of the tests' models
BUSY_PER_CORE = 2
TOLD_EVERY = 25
SHOWN = 5  # examples of one broken claim


@dataclass(frozen=True)
class Condition:
    """How a run is made.

    Attributes:
        name: for people and for the counts.
        share: of all runs, relative to the others'.
        seconds: least and most length of a file.
        files: least and most number of them.
        damage, baud: of the virtual board's line.
        features_only: without the model.
        one_window: each file has exactly one window, whatever `seconds` says.
        busy: other processes want all cores.
        foreign: with a bundle of another shape.
        command: by the real command line, in a process of its own.
        at_port: on the board at `--port`.
    """

    name: str
    share: int
    seconds: tuple[float, float] = (1.0, 5.0)
    files: tuple[int, int] = (1, 2)
    damage: float = 0.0
    baud: int | None = None
    features_only: bool = False
    one_window: bool = False
    busy: bool = False
    foreign: bool = False
    command: bool = False
    at_port: bool = False


CONDITIONS = (
    Condition("idle", 24),
    Condition("busy", 20, busy=True),
    Condition("throttled", 8, baud=921_600, seconds=(4.0, 14.0)),
    Condition("damaged", 10, damage=0.01),
    Condition("badly damaged", 2, damage=0.1),
    Condition("damaged, busy", 4, damage=0.01, busy=True),
    Condition("one window", 12, one_window=True, files=(1, 4)),
    Condition("one window, busy", 4, one_window=True, files=(1, 4), busy=True),
    Condition("features only", 4, features_only=True),
    Condition("foreign bundle", 8, foreign=True, seconds=(1.2, 5.0)),
    Condition("command line", 2, command=True),
    Condition("command line, damaged", 1, command=True, damage=0.01),
    Condition("command line, busy", 1, command=True, busy=True),
    Condition("emulated", 10, at_port=True, seconds=(1.0, 2.0)),
)


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    Attributes:
        broken: required claims that were broken, and why.
        unexamined: required claims that were not examined, and why.
        broke_off: why it did not come to its end; empty when it did.
        times: of each file's windows, by stage.
    """

    broken: dict[str, str] = field(default_factory=dict)
    unexamined: dict[str, str] = field(default_factory=dict)
    broke_off: str = ""
    times: dict[str, Any] = field(default_factory=dict)


def plan(runs: int, emulator: bool) -> list[Condition]:
    """The condition of each run: shares kept in every stretch of the sequence."""
    used = [condition for condition in CONDITIONS if emulator or not condition.at_port]
    whole = sum(condition.share for condition in used)
    owed = dict.fromkeys(range(len(used)), 0)
    sequence = []
    for _ in range(runs):
        for index, condition in enumerate(used):
            owed[index] += condition.share
        chosen = max(owed, key=lambda index: owed[index])
        owed[chosen] -= whole
        sequence.append(used[chosen])
    return sequence


def excerpts(condition: Condition, bundle: Bundle, folder: Path, rng: np.random.Generator) -> None:
    """Write pieces of recordings into `folder`."""
    sources = sorted((load_bundle(ROOT / "models" / "default").path / "wav").glob("*.wav"))
    for number in range(int(rng.integers(condition.files[0], condition.files[1] + 1))):
        samples, _ = soundfile.read(sources[rng.integers(len(sources))], dtype="int16")
        rate = (
            bundle.settings.sample_rate
        )  # played faster for a foreign bundle: what is resampled may lose a window
        length = int(rng.uniform(*condition.seconds) * rate)
        if condition.one_window:
            spare = bundle.stride * bundle.settings.hop
            length = bundle.window_samples + int(rng.integers(spare))
        samples = np.tile(samples, -(-2 * length // len(samples)))
        first = int(rng.integers(len(samples) - length + 1))
        soundfile.write(folder / f"{number}.wav", samples[first : first + length], rate)


@contextlib.contextmanager
def busy_cores() -> Iterator[None]:
    """Other work for every core. It ends with this process, however that ends."""
    code = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    sum(range(100_000))"
    count = BUSY_PER_CORE * (os.cpu_count() or 1)
    others = [subprocess.Popen([sys.executable, "-S", "-c", code]) for _ in range(count)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


class Runner:
    """Makes runs. Bundles and interpreters are loaded once.

    Args:
        port: of an emulator, or None.
        scratch: a folder for bundles, excerpts and reports.
    """

    def __init__(self, port: str | None, scratch: Path) -> None:
        self._port = port
        self._scratch = scratch
        self._own = load_bundle(ROOT / "models" / "default")
        self._foreign: Bundle | None = None
        self._loaded: dict[str, tuple[Interpreter, Interpreter | None]] = {}

    def _bundle(self, condition: Condition) -> Bundle:
        if not condition.foreign:
            return self._own
        if self._foreign is None:
            self._foreign = write_bundle(self._scratch / FOREIGN_MODEL, sample_values(FOREIGN_MODEL))
        return self._foreign

    def _interpreters(self, bundle: Bundle) -> tuple[Interpreter, Interpreter | None]:
        if bundle.name not in self._loaded:
            self._loaded[bundle.name] = load_interpreters(bundle)
        return self._loaded[bundle.name]

    def run(self, condition: Condition, seed: Sequence[int]) -> Outcome:
        """One run from its audio to its claims."""
        rng = np.random.default_rng(seed)
        bundle = self._bundle(condition)
        with tempfile.TemporaryDirectory(dir=self._scratch) as made, contextlib.ExitStack() as stack:
            folder = Path(made)
            excerpts(condition, bundle, folder, rng)
            choice = BoardChoice(
                AT_A_PORT.name if condition.at_port else "virtual",
                port=self._port if condition.at_port else None,
                baud=condition.baud,
                damage=condition.damage,
                seed=int(rng.integers(1, 1 << 31)),
            )
            if condition.busy:
                stack.enter_context(busy_cores())
            if condition.command:
                return by_command(folder, choice)
            return in_process(folder, choice, bundle, condition.features_only, self._interpreters)


def in_process(
    folder: Path, choice: BoardChoice, bundle: Bundle, features_only: bool, interpreters: Interpreters
) -> Outcome:
    """A run by the class that the command uses, with models that are loaded."""
    wishes = Wishes(features_only, choice.damage)
    run = Run([folder], ChosenBoard(choice, bundle.path), bundle, wishes, interpreters)
    try:
        result = run.execute()
    except HilError as error:
        return Outcome(broke_off=error.cause)
    claims = [claim for claim in result.claims if claim.required]
    outcome = Outcome(
        {claim.name: claim.reason for claim in claims if claim.status == Status.BROKEN},
        {claim.name: claim.reason for claim in claims if claim.status == Status.NOT_EXAMINED},
        times={
            "probes": [(probe.round_trip_s, probe.echo_s, probe.reported_ns) for probe in result.probes],
            "files": [
                {"wall_s": file.wall_s}
                | {stage: file.latencies.microseconds(stage).tolist() for stage in STAGES}
                for file in result.files
            ],
        },
    )
    return outcome if result.exit_code in _ALLOWED else replace(outcome, broke_off="; ".join(result.reasons))


_ALLOWED = (ExitCode.DONE, ExitCode.BROKEN, ExitCode.PARTLY)


def by_command(folder: Path, choice: BoardChoice) -> Outcome:
    """A run by `python -m host hil`."""
    command = [
        sys.executable,
        "-m",
        "host",
        "hil",
        str(folder),
        "--no-html",
        "--report",
        str(folder / "report"),
    ]
    command += ["--damage", str(choice.damage), "--seed", str(choice.seed)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode not in _ALLOWED:
        return Outcome(broke_off=f"exit code {done.returncode}: {done.stderr[-500:]}")
    report = json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))
    claims = [claim for claim in report["claims"] if claim["required"]]
    found = {
        status: {claim["name"]: claim["reason"] for claim in claims if claim["status"] == status}
        for status in ("broken", "not-examined")
    }
    outcome = Outcome(found["broken"], found["not-examined"])
    if (done.returncode == ExitCode.DONE) != (report["verdict"] == "pass"):
        outcome.broken["verdict"] = f"exit code {done.returncode}, verdict {report['verdict']}"
    return outcome


class Tally:
    """Counts by condition, and by claim."""

    def __init__(self) -> None:
        self.runs: Counter[str] = Counter()
        self.broken: Counter[tuple[str, str]] = Counter()
        self.unexamined: Counter[tuple[str, str]] = Counter()
        self.broke_off: Counter[str] = Counter()
        self._examples: Counter[tuple[str, str]] = Counter()

    def add(self, number: int, condition: Condition, outcome: Outcome) -> None:
        """A run's outcome; what is wrong is printed at once."""
        self.runs[condition.name] += 1
        if outcome.broke_off:
            self.broke_off[condition.name] += 1
            self._tell(number, condition.name, "broke off", outcome.broke_off)
        for counts, claims, what in (
            (self.broken, outcome.broken, "broken"),
            (self.unexamined, outcome.unexamined, "not examined"),
        ):
            for name, reason in claims.items():
                counts[condition.name, name] += 1
                self._tell(number, condition.name, f"{name} {what}", reason)

    def _tell(self, number: int, condition: str, what: str, reason: str) -> None:
        self._examples[condition, what] += 1
        if self._examples[condition, what] <= SHOWN:
            print(f"run {number} ({condition}): {what}: {reason}", flush=True)

    @property
    def exit_code(self) -> ExitCode:
        """See the module."""
        if self.broke_off:
            return ExitCode.BROKE_OFF
        if self.broken:
            return ExitCode.BROKEN
        return ExitCode.PARTLY if self.unexamined else ExitCode.DONE

    def table(self) -> str:
        """A line a condition, and what was wrong in it."""
        lines = []
        for name, runs in self.runs.items():
            parts = [f"{self.broke_off[name]} broke off"] if self.broke_off[name] else []
            for counts, what in ((self.broken, "broken"), (self.unexamined, "not examined")):
                found = [f"{claim} {count}" for (of, claim), count in sorted(counts.items()) if of == name]
                parts.append(f"{what}: {', '.join(found) or '0'}")
            lines.append(f"{name:<24}{runs:>5} runs, {', '.join(parts)}")
        whole = f"{self.runs.total()} runs, {self.broken.total()} required claims broken, "
        whole += f"{self.unexamined.total()} not examined, {self.broke_off.total()} runs broke off"
        return "\n".join([*lines, whole])


def make_runs(
    numbers: Iterable[int],
    sequence: list[Condition],
    run: Callable[[Condition, Sequence[int]], Outcome],
    seed: int,
    times: TextIO | None = None,
) -> Tally:
    """Make the runs with these numbers, from 0, and count."""
    tally = Tally()
    began = time.monotonic()
    for number in numbers:
        condition = sequence[number]
        outcome = run(condition, (seed, number))
        tally.add(number, condition, outcome)
        if times is not None and outcome.times:
            print(json.dumps({"run": number, "condition": condition.name, **outcome.times}), file=times)
        if tally.runs.total() % TOLD_EVERY == 0:
            print(f"{tally.runs.total()} runs in {time.monotonic() - began:.0f} s", flush=True)
    return tally


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1000, help="how many (1000)")
    parser.add_argument("--seed", type=int, default=1, help="of excerpts and damage (1)")
    parser.add_argument("--run", type=int, help="only the run with this number, from 0")
    parser.add_argument("--only", default="", help="only conditions whose name contains this")
    parser.add_argument("--port", help="URL of an emulated board with the default bundle")
    parser.add_argument(
        "--times", type=Path, metavar="FILE", help="write the boards' times, a JSON object a run"
    )
    args = parser.parse_args(arguments)
    if args.runs < 1 or not 0 <= (args.run or 0) < args.runs:
        parser.error("--runs must be 1 or more, --run less than that")
    sequence = plan(args.runs, args.port is not None)
    asked = range(args.runs) if args.run is None else (args.run,)
    numbers = [number for number in asked if args.only in sequence[number].name]
    if args.port is None:
        print("emulated: left out (give --port)")
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="clean-runs-")))
        times = stack.enter_context(args.times.open("w", encoding="utf-8")) if args.times else None
        tally = make_runs(numbers, sequence, Runner(args.port, scratch).run, args.seed, times)
    print(tally.table())
    return int(tally.exit_code)


if __name__ == "__main__":
    sys.exit(main())
