#!/usr/bin/env python3
"""Mutation testing: changes one thing in a source file, runs the tests that should notice it, lists what none noticed.

    python tools/mutants.py core --only session/ --sample 40 --seed 1     # firmware/core
    python tools/mutants.py comparison --only comparison/pairing          # host/comparison
    python tools/mutants.py comparison --only comparison/changes --tests host/comparison/test_changes.py
    python tools/mutants.py comparison --budget 5                         # the quickest tests alone: a first look

A mutant of `comparison` meets the tests that run its line, the quickest first; one of `core` those of `CORE_TESTS`. One
that changes nothing that anybody could see stands in tools/mutants.json with the reason. Exit code: 0 when every other
mutant was noticed, or as many as `--allow` says; 1 when not; 2 when the tests fail without any mutant.

Everything happens in a copy of the checkout in a temporary folder. Linux and macOS: tests run in forked processes.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.mutation.bench import Bench
from tools.mutation.c_source import c_mutants
from tools.mutation.mutant import Mutant
from tools.mutation.python_source import python_mutants

ROOT = Path(__file__).resolve().parents[1]
REASONS = Path(__file__).with_name("mutants.json")

# Tests that should notice, by where the mutant is; those that notice most come first.
CORE_TESTS = {
    "session/": (
        "host/core/test_session_jobs.py",
        "host/core/test_session_states.py",
        "host/core/test_session.py",
    ),
    "detect/": (
        "host/core/test_detectors.py",
        "host/core/test_session_states.py",
        "host/core/test_session.py",
    ),
    "link/record_ring.c": ("host/core/test_record_ring.py", "host/core/test_c_link.py"),
    "link/": (
        "host/core/test_c_link.py",
        "host/core/test_record_ring.py",
        "host/core/test_c_messages.py",
        "host/core/test_session.py",
        "host/core/test_simulation.py",
    ),
    "bundle/": (
        "host/core/test_slot.py",
        "host/core/test_bundle_image.py",
        "host/core/test_session_states.py",
    ),
    "frontend/": ("host/core/test_c_frontend.py", "host/core/test_untrusted_image.py"),
}
COMPARISON_TESTS = ("host/comparison",)
COMPARISON = "host/comparison"


def all_mutants(part: str, only: str) -> list[Mutant]:
    """The mutants of `core` or `comparison` whose file's name contains `only`."""
    folder = ROOT / ("firmware/core" if part == "core" else COMPARISON)
    found: list[Mutant] = []
    for path in sorted(folder.rglob("*.c" if part == "core" else "*.py")):
        name = path.relative_to(ROOT).as_posix()
        if only in name and not path.name.startswith(("test_", "conftest", "fakes")):
            make = c_mutants if part == "core" else python_mutants
            found += make(name, path.read_text(encoding="utf-8"))
    return found


def tests_for(mutant: Mutant) -> tuple[str, ...]:
    """The tests that should notice it."""
    inside = mutant.file.removeprefix("firmware/core/")
    return next(
        (tests for folder, tests in CORE_TESTS.items() if inside.startswith(folder)), COMPARISON_TESTS
    )


def known_reasons() -> dict[tuple[str, str, str], str]:
    """Why mutants that survive are none, by their key."""
    entries = json.loads(REASONS.read_text(encoding="utf-8"))
    return {(entry["file"], entry["line"], entry["change"]): entry["reason"] for entry in entries}


def run(
    mutants: list[Mutant], compiler: str, budget_s: float, only_tests: tuple[str, ...] = ()
) -> list[Mutant] | None:
    """Try them all; returns the survivors nobody has explained, or None when the tests fail without a mutant."""
    reasons = known_reasons()
    tests_of = {mutant: only_tests or tests_for(mutant) for mutant in mutants}
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        bench = Bench(Path(folder), compiler, budget_s)
        if not bench.build():
            print("the core does not compile", file=sys.stderr)
            return None
        python = any(mutant.file.endswith(".py") for mutant in mutants)
        for tests in sorted(set(tests_of.values())):
            if not bench.record(tests, COMPARISON if python else None):
                print(
                    f"without any mutant these fail: {' '.join(tests)}\n{bench.said[-3000:]}", file=sys.stderr
                )
                return None
        survivors = []
        for number, mutant in enumerate(mutants, 1):
            start = time.monotonic()
            if mutant.key in reasons:
                verdict = f"explained: {reasons[mutant.key]}"
            elif bench.survives(mutant, tests_of[mutant]):
                verdict = "SURVIVES"
                survivors.append(mutant)
            else:
                verdict = "noticed"
            place = f"{mutant.file}:{mutant.line}: {mutant.change}"
            seconds = time.monotonic() - start
            print(f"{number}/{len(mutants)} {place}: {verdict} ({seconds:.1f} s)", flush=True)
    return survivors


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=["core", "comparison"])
    parser.add_argument("--only", default="", help="mutants of files whose path contains this")
    parser.add_argument("--sample", type=int, default=0, help="try so many, chosen by --seed; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--budget",
        type=float,
        default=float("inf"),
        metavar="SECONDS",
        help="of tests for one mutant, the quickest first (all)",
    )
    parser.add_argument(
        "--tests",
        nargs="+",
        default=(),
        metavar="FILE",
        help="these tests alone, where they are the mutants' own",
    )
    parser.add_argument(
        "--allow", type=float, default=0.0, help="share of unexplained survivors that still passes"
    )
    parser.add_argument("--list", action="store_true", help="print the mutants and try none")
    args = parser.parse_args(arguments)
    mutants = all_mutants(args.part, args.only)
    if args.sample:
        mutants = random.Random(args.seed).sample(mutants, min(args.sample, len(mutants)))
    if args.list:
        for mutant in mutants:
            print(f"{mutant.file}:{mutant.line}: {mutant.change}: {mutant.text}")
        return 0
    survivors = run(mutants, os.environ.get("CC", "cc"), args.budget, tuple(args.tests))
    if survivors is None:
        return 2
    print(f"{len(mutants)} mutants, {len(survivors)} survive unexplained")
    for mutant in survivors:
        entry = {"file": mutant.file, "line": mutant.text, "change": mutant.change, "reason": ""}
        print(json.dumps(entry, ensure_ascii=False, indent=1))
    return 1 if len(survivors) > args.allow * len(mutants) else 0


if __name__ == "__main__":
    sys.exit(main())
