#!/usr/bin/env python3
"""How well change points are found: synthetic histories of a known step, looked at as `history` looks at its own.

    python tools/bench_changes.py            # a table
    python tools/bench_changes.py --check    # exit code 1 when the gated lines are missed

Gated: a step of 5 % in Gaussian noise of 2 % with at least 15 runs on either side is found within 3 runs in 95 % of
200 histories, and histories without a step give at most one false alarm in 100 runs. The other lines are for docs/.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from host.errors import HilError  # noqa: E402
from host.history.change_points import Find, Otava  # noqa: E402

SEED = 20261126
HISTORIES = 200
EITHER_SIDE = 15  # runs, at least
MOST_SIDE = 60
WITHIN = 3  # runs
LEAST_FOUND = 0.95
MOST_FALSE = 0.01  # a run
MEAN = 1500.0


@dataclass(frozen=True)
class Kind:
    """A kind of history.

    Attributes:
        step: of the mean, as a share; 0: none.
        noise: standard deviation, as a share.
        outliers: share of runs that take three times as long.
        gated: whether the figures must be reached.
    """

    name: str
    step: float
    noise: float
    outliers: float = 0.0
    gated: bool = False


KINDS = (
    Kind("step of 5 %, noise of 2 %", 0.05, 0.02, gated=True),
    Kind("no step, noise of 2 %", 0.0, 0.02, gated=True),
    Kind("step of 2 %, noise of 2 %", 0.02, 0.02),
    Kind("step of 5 %, noise of 5 %", 0.05, 0.05),
    Kind("no step, noise of 5 %", 0.0, 0.05),
    Kind("step of 5 %, noise of 2 %, 2 % outliers", 0.05, 0.02, 0.02),
    Kind("no step, noise of 2 %, 2 % outliers", 0.0, 0.02, 0.02),
)


@dataclass(frozen=True)
class Found:
    """What became of one kind.

    Attributes:
        found: share of the histories whose step was found; None without steps.
        false: change points that are none, a run.
        runs: of all histories together.
    """

    found: float | None
    false: float
    runs: int

    def holds(self) -> bool:
        """Whether the gate is passed."""
        return (self.found is None or self.found >= LEAST_FOUND) and self.false <= MOST_FALSE


def histories(kind: Kind, count: int, rng: np.random.Generator) -> tuple[list[list[float]], list[int]]:
    """Return series, and where the step of each is."""
    series, steps = [], []
    for _ in range(count):
        before, after = (int(n) for n in rng.integers(EITHER_SIDE, MOST_SIDE, 2))
        mean = MEAN * np.where(np.arange(before + after) < before, 1.0, 1.0 + kind.step)
        values = mean * (1 + kind.noise * rng.standard_normal(before + after))
        values[rng.random(before + after) < kind.outliers] *= 3
        series.append(values.tolist())
        steps.append(before)
    return series, steps


def measure(kind: Kind, find: Find, count: int = HISTORIES) -> Found:
    """Look for the change points of `count` histories of one kind."""
    series, steps = histories(kind, count, np.random.default_rng(SEED))
    hits = false = 0
    for step, points in zip(steps, find(series), strict=True):
        right = [at for at, _, _ in points if kind.step and abs(at - step) <= WITHIN]
        hits += bool(right)
        false += len(points) - bool(right)
    runs = sum(map(len, series))
    return Found(hits / count if kind.step else None, false / runs, runs)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 when a gated line is missed")
    options = parser.parse_args(arguments)
    find = Otava(say=lambda text: print(text, file=sys.stderr))
    missed = []
    print(f"| {HISTORIES} histories each | found within {WITHIN} runs | false alarms in 100 runs | runs |")
    print("|---|---:|---:|---:|")
    try:
        for kind in KINDS:
            found = measure(kind, find)
            share = "–" if found.found is None else f"{100 * found.found:.1f} %"
            print(f"| {kind.name} | {share} | {100 * found.false:.2f} | {found.runs:,} |", flush=True)
            missed += [kind.name] if kind.gated and not found.holds() else []
    except HilError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for name in missed:
        print(f"error: missed: {name}", file=sys.stderr)
    return int(options.check and bool(missed))


if __name__ == "__main__":
    sys.exit(main())
