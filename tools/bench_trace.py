#!/usr/bin/env python3
"""How long tracing one window takes over a serial line of 921 600 baud: a virtual board whose line is throttled to it.

    python tools/bench_trace.py [--runs 5]

Shows the median of both cases, everything equal and one tensor that departs, without what starts once a run (the
host's interpreters, the board); exits with 1 when one is over its limit.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from host.board.device import Device
from host.board.kinds.virtual import VirtualBoard, VirtualOptions, virtual_program
from host.bundle.load import Bundle, load_bundle
from host.checkout import DEFAULT_BUNDLE
from host.errors import HilError
from host.link.rates import FAST_BAUD
from host.model.worker import ModelWorker
from host.trace.window import passage_of, trace_window

FAULT = "op=3,cell=17,add=1"
LIMITS_S = {"": 1.0, FAULT: 3.0}  # by what is wrong on purpose


def seconds(bundle: Bundle, fault: str, runs: int, baud: int = FAST_BAUD) -> list[float]:
    """Trace a window of noise some times, and return how long each took.

    Args:
        bundle: what the board runs.
        fault: what is wrong on it on purpose; empty: nothing.
        runs: how often.
        baud: of the line.

    Raises:
        HilError: the board failed, or did not do as the fault has it.
    """
    samples = np.random.default_rng(1).normal(0, 3000, bundle.window_samples).astype(np.int16)
    passage = passage_of(bundle, samples, 0)
    faults = (fault,) if fault else ()
    board = VirtualBoard(virtual_program(bundle.path), VirtualOptions(baud=baud, faults=faults))
    taken = []
    with contextlib.closing(board), ModelWorker() as worker, Device(board.open()) as device:
        device.connect(60.0)
        for _ in range(runs + 1):
            start = time.monotonic()
            traced = trace_window(device, bundle, passage, worker)
            taken.append(time.monotonic() - start)
            if traced.tensors.agreed == bool(fault):
                raise HilError(
                    "the board did not compute as it was told to", "build it again: `pio run -e virtual`"
                )
    return taken[1:]  # the first one loads the host's interpreters


def main(arguments: list[str] | None = None) -> int:
    """Measure; 0 when both cases are within their limits."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="of each case (default: %(default)s)")
    options = parser.parse_args(arguments)
    bundle = load_bundle(DEFAULT_BUNDLE)
    worse = False
    for fault, limit in LIMITS_S.items():
        try:
            median = statistics.median(seconds(bundle, fault, options.runs))
        except HilError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        worse |= median > limit
        print(
            f"{fault or 'everything equal'}: {median:.2f} s a window at {FAST_BAUD} baud (at most {limit:g} s)"
        )
    return int(worse)


if __name__ == "__main__":
    sys.exit(main())
