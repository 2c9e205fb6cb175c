#!/usr/bin/env python3
"""Mutation testing: changes one thing in a source file, runs the tests that should notice it, lists what none noticed.

    python tools/mutants.py core --only session/ --sample 40 --seed 1     # firmware/core
    python tools/mutants.py comparison --only comparison/pairing          # host/comparison
    python tools/mutants.py comparison --only comparison/changes --tests host/comparison/test_changes.py
    python tools/mutants.py comparison --budget 60                        # slow tests too

A mutant of `comparison` meets the tests that run its line, the quickest first, those marked slow only with a larger
`--budget` than what is usual or where `--tests` names them; one of `core` those of `CORE_TESTS`. One that changes
nothing that anybody could see stands in tools/mutants.json with the reason, unless the C compiler shows it: an object
of the same bytes. Exit code: 0 when every other mutant was
noticed, or as many as `--allow` says; 1 when not; 2 when the tests fail without any mutant.

Everything happens in a copy of the checkout in a temporary folder. Linux and macOS: tests run in forked processes.
What was judged is kept in cache/mutants until the mutant's file or the tests' change: a run that was stopped goes on.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.mutation.bench import Bench
from tools.mutation.c_source import c_mutants
from tools.mutation.mutant import Mutant
from tools.mutation.python_source import python_mutants

ROOT = Path(__file__).resolve().parents[1]
REASONS = Path(__file__).with_name("mutants.json")

# Tests below host/ that should notice, by where the mutant is. The first that fits counts.
CORE_TESTS = {
    "session/trace.c": (
        "core/test_session_traces.py",
        "core/test_session_states.py",
        "core/test_session_refusals.py",
        "core/test_session_parts.py",
        "core/test_session_ends.py",
    ),
    "session/stage.c": (
        "core/test_session_traces.py",
        "core/test_session_states.py",
        "core/test_session_refusals.py",
        "core/test_session_parts.py",
    ),
    "session/": (
        "core/test_session_refusals.py",
        "core/test_session_parts.py",
        "core/test_session_deploys.py",
        "core/test_session_crowded.py",
        "core/test_session_live.py",
        "core/test_session_ends.py",
        "core/test_session_times.py",
        "core/test_session_outlived.py",
        "core/test_session_jobs.py",
        "core/test_session_states.py",
        "core/test_session.py",
        "core/test_session_kinds.py",
        "core/test_session_traces.py",
        "core/test_session_windows.py",
        "core/test_crashing_models.py",
    ),
    "detect/stream.c": (
        "core/test_session_crowded.py",
        "core/test_session_live.py",
        "core/test_session_ends.py",
        "core/test_session_times.py",
        "core/test_session_windows.py",
        "core/test_session_traces.py",
        "core/test_session_outlived.py",
        "core/test_session_states.py",
        "core/test_session.py",
        "core/test_session_kinds.py",
    ),
    "detect/": (
        "core/test_detectors.py",
        "core/test_session_windows.py",
        "core/test_session_states.py",
        "core/test_session_jobs.py",
        "core/test_session.py",
        "core/test_session_kinds.py",
    ),
    "link/record_ring.c": ("core/test_record_ring.py", "core/test_c_link.py"),
    "link/": (
        "link/test_framing.py",
        "core/test_c_link_credit.py",
        "core/test_c_link_afresh.py",
        "core/test_c_link_moments.py",
        "core/test_c_link.py",
        "core/test_c_link_timing.py",
        "core/test_record_ring.py",
        "core/test_c_messages.py",
        "core/test_session.py",
        "core/test_session_states.py",
        "core/test_simulation.py",
        "core/test_session_parts.py",
    ),
    "bundle/slot.c": (
        "core/test_slot_format.py",
        "core/test_slot.py",
        "core/test_slot_crashes.py",
        "core/test_session_states.py",
        "core/test_crashing_models.py",
    ),
    "bundle/model_ends.c": (
        "core/test_model_ends.py",
        "core/test_session_ends.py",
        "core/test_session_states.py",
    ),
    "bundle/sha256.c": ("core/test_bundle_image.py", "core/test_session_deploys.py"),
    "bundle/": (
        "core/test_bundle_limits.py",
        "core/test_bundle_image.py",
        "core/test_slot.py",
        "core/test_untrusted_image.py",
        "core/test_session_states.py",
        "core/test_session_kinds.py",
        "core/test_detectors.py",
    ),
    "frontend/biodcase_2026/": (
        "core/test_stage_capture.py",
        "core/test_front_end_bytes.py",
        "core/test_image_limits.py",
        "core/test_biodcase_2026.py",
        "core/test_untrusted_image.py",
        "core/test_session_exact.py",
    ),
    "frontend/mfcc/": (
        "core/test_stage_capture.py",
        "core/test_front_end_bytes.py",
        "core/test_image_limits.py",
        "core/test_mfcc.py",
        "core/test_library_presets.py",
        "core/test_untrusted_image.py",
        "core/test_session_exact.py",
    ),
    "frontend/mfcc_top/": (
        "core/test_stage_capture.py",
        "core/test_front_end_bytes.py",
        "core/test_image_limits.py",
        "core/test_normalised.py",
        "core/test_untrusted_image.py",
        "core/test_session_exact.py",
    ),
    "frontend/normalised/": (
        "core/test_stage_capture.py",
        "core/test_front_end_bytes.py",
        "core/test_image_limits.py",
        "core/test_normalised.py",
        "core/test_untrusted_image.py",
        "core/test_session_exact.py",
    ),
    "frontend/log_mel_options/": (
        "core/test_stage_capture.py",
        "core/test_front_end_bytes.py",
        "core/test_image_limits.py",
        "core/test_stage_numbers.py",
        "core/test_library_presets.py",
        "core/test_mfcc.py",
        "core/test_untrusted_image.py",
    ),
    "frontend/fixed_point/": (
        "core/test_stage_capture.py",
        "core/test_fixed_point.py",
        "core/test_front_end_bytes.py",
        "core/test_biodcase_2026.py",
        "core/test_microfrontend.py",
    ),
    "frontend/log_mel_mixed/": (
        "core/test_stage_capture.py",
        "core/test_front_end_bytes.py",
        "core/test_image_limits.py",
        "core/test_mixed_fft.py",
        "core/test_untrusted_image.py",
        "core/test_session_exact.py",
    ),
    "frontend/log_mel/": (
        "core/test_stage_capture.py",
        "core/test_front_end_bytes.py",
        "core/test_image_limits.py",
        "core/test_stage_numbers.py",
        "core/test_c_stages.py",
        "core/test_c_frontend.py",
        "core/test_untrusted_image.py",
        "core/test_float_frontend.py",
        "core/test_session_exact.py",
    ),
    "frontend/microfrontend/": (
        "core/test_stage_capture.py",
        "core/test_front_end_bytes.py",
        "core/test_image_limits.py",
        "core/test_microfrontend.py",
        "core/test_untrusted_image.py",
        "core/test_session_kinds.py",
    ),
    "frontend/waveform/": (
        "core/test_image_limits.py",
        "core/test_waveform.py",
        "core/test_untrusted_image.py",
        "core/test_session_kinds.py",
    ),
    "frontend/": (
        "core/test_stage_capture.py",
        "core/test_front_end_streams.py",
        "core/test_front_end_bytes.py",
        "core/test_image_limits.py",
        "core/test_c_frontend.py",
        "core/test_microfrontend.py",
        "core/test_waveform.py",
        "core/test_untrusted_image.py",
        "core/test_session_kinds.py",
    ),
}
COMPARISON = "host/comparison"
# Beside those of host/comparison itself, whatever is below it.
COMPARISON_TESTS = {
    "diagnosis/": ("host/comparison/diagnosis", "host/comparison/claims"),
    "checks/": ("host/comparison/checks", "host/comparison/claims"),
    "several/": ("host/comparison/several",),
    "": ("host/comparison/claims", "host/comparison/stimuli"),
}
# Of processor time. Which line of C a test runs is not known, so that a mutant of it may meet all tests of its folder.
BUDGETS_S = {"comparison": 10.0, "core": 60.0}


def all_mutants(part: str, only: Sequence[str] = ()) -> list[Mutant]:
    """The mutants of `core` or `comparison` whose file's name contains one of `only`, or all."""
    folder = ROOT / ("firmware/core" if part == "core" else COMPARISON)
    found: list[Mutant] = []
    for path in sorted(folder.rglob("*.c" if part == "core" else "*.py")):
        name = path.relative_to(ROOT).as_posix()
        if any(each in name for each in only or [""]) and not path.name.startswith(
            ("test_", "conftest", "fake")
        ):
            make = c_mutants if part == "core" else python_mutants
            found += make(name, path.read_text(encoding="utf-8"))
    return found


def tests_for(mutant: Mutant) -> tuple[str, ...]:
    """The tests that should notice it."""
    if mutant.file.endswith(".c"):
        inside = mutant.file.removeprefix("firmware/core/")
        names = next(tests for folder, tests in CORE_TESTS.items() if inside.startswith(folder))
        return tuple(f"host/{name}" for name in names)
    inside = mutant.file.removeprefix(f"{COMPARISON}/")
    folders = next(tests for folder, tests in COMPARISON_TESTS.items() if inside.startswith(folder))
    beside = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / COMPARISON).glob("test_*.py"))]
    return (*folders, *beside)


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
        python = any(mutant.file.endswith(".py") for mutant in mutants)
        slow = not python or budget_s > BUDGETS_S["comparison"] or bool(only_tests)
        bench = Bench(Path(folder), compiler, budget_s, slow)
        if not bench.build():
            print("the core does not compile", file=sys.stderr)
            return None
        for tests in sorted(set(tests_of.values())):
            if not bench.record(tests, COMPARISON if python else None):
                print(
                    f"without any mutant these fail: {' '.join(tests)}\n{bench.said[-3000:]}", file=sys.stderr
                )
                return None
        survivors = []
        bench.serve(sorted({file for tests in tests_of.values() for file in tests}))
        try:
            for number, mutant in enumerate(mutants, 1):
                start = time.monotonic()
                if mutant.key in reasons:
                    said = f"explained: {reasons[mutant.key]}"
                elif (verdict := bench.judge(mutant, tests_of[mutant])).survives:
                    said = "SURVIVES"
                    survivors.append(mutant)
                elif verdict.same:
                    said = "explained: the compiler makes the same code of it"
                else:
                    said = f"noticed by {verdict.test or 'a compiler or a hang'}"
                place = f"{mutant.file}:{mutant.line}: {mutant.change}"
                seconds = time.monotonic() - start
                print(f"{number}/{len(mutants)} {place}: {said} ({seconds:.1f} s)", flush=True)
        finally:
            bench.close()
    return survivors


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=["core", "comparison"])
    parser.add_argument(
        "--only",
        nargs="+",
        default=(),
        metavar="PATH",
        help="mutants of files whose path contains one of these",
    )
    parser.add_argument("--sample", type=int, default=0, help="try so many, chosen by --seed; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--budget",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="of tests for one mutant, the quickest first (10 for comparison, 60 for core)",
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
    budget_s = args.budget or BUDGETS_S[args.part]
    survivors = run(mutants, os.environ.get("CC", "cc"), budget_s, tuple(args.tests))
    if survivors is None:
        return 2
    print(f"{len(mutants)} mutants, {len(survivors)} survive unexplained")
    for mutant in survivors:
        entry = {"file": mutant.file, "line": mutant.text, "change": mutant.change, "reason": ""}
        print(json.dumps(entry, ensure_ascii=False, indent=1))
    return 1 if len(survivors) > args.allow * len(mutants) else 0


if __name__ == "__main__":
    sys.exit(main())
