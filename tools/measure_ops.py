#!/usr/bin/env python3
"""Measures, op by op, where TensorFlow Lite's reference kernels and TFLite Micro part, and which side is off.

    python tools/measure_ops.py [--draws 12] [--only SUM,RELU6] [--write]

Each draw is a small model of one op, fed with random and extreme inputs. A third opinion is float64 arithmetic of that
op (`host/model/float_op.py`). `--write` replaces `host/model/parting_ops.json`, what `import` tells people about a
model's ops: do so when the pins of TensorFlow or tflite-micro move. Takes a minute or two.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from host.model.judge import ROUNDING
from host.model.parting_ops import FACTS

TYPES = ("int8", "int16")
INPUTS = 6  # a model


def measure(key: tuple[str, str], kind: str, draws: int) -> dict[str, Any]:
    """Measure one op in one type; in a process of its own, because kernels abort.

    Returns:
        A row of the table.
    """
    from host.model.float_op import float_output, steps_off
    from host.model.op_measure import both_outputs
    from host.model.testdata.op_cases import CASES

    row: dict[str, Any] = {
        "op": key[0],
        "when": key[1],
        "type": kind,
        "models": 0,
        "cells": 0,
        "differing": 0,
    }
    row |= {"largest": 0, "reference_steps": 0.0, "tflite_micro_steps": 0.0, "reference": True, "refused": ""}
    for draw in range(draws):
        data = CASES[key](np.random.default_rng([draw, kind == "int16"]), kind == "int16")
        try:
            pairs = both_outputs(data, INPUTS, seed=draw)
        except (RuntimeError, ValueError) as error:
            row["refused"] = " ".join(str(error).split())[:120]
            continue
        row["models"] += 1
        for values, number, ours, theirs in pairs:
            row["cells"] += theirs.size
            row["reference"] = row["reference"] and ours is not None
            if ours is not None:
                gaps = np.abs(ours.astype(np.int64) - theirs)
                row["differing"] += int(np.count_nonzero(gaps))
                row["largest"] = max(row["largest"], int(gaps.max()))
            real = float_output(data, 0, values)
            for name, found in (("reference_steps", ours), ("tflite_micro_steps", theirs)):
                if real is not None and found is not None:
                    row[name] = max(row[name], round(steps_off(data, number, real, found), 2))
    row["verdict"] = verdict(row)
    return row


def verdict(row: dict[str, Any]) -> str:
    """What a row says: equal, one side off, rounding, inexact, the reference refuses it, or TFLite Micro does."""
    if not row["models"]:
        return "refused"
    ours, theirs = row["reference_steps"] > ROUNDING, row["tflite_micro_steps"] > ROUNDING
    if not row["reference"]:
        return "tflite_micro off" if theirs else "tflite_micro only"
    if not row["differing"]:
        return "equal"
    if row["largest"] <= 1:
        return "rounding"
    if ours and theirs:
        return "both off"
    if ours or theirs:
        return "reference off" if ours else "tflite_micro off"
    return "inexact"


def main(argv: list[str] | None = None) -> int:
    """Measure, print and perhaps write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=12, metavar="N", help="models for each op (default 12)")
    parser.add_argument("--only", metavar="OP,...", help="these ops alone")
    parser.add_argument("--write", action="store_true", help=f"replace {FACTS.name}")
    args = parser.parse_args(argv)
    from host.model.op_measure import versions
    from host.model.testdata.op_cases import CASES
    from host.model.testdata.op_cases_more import INT8_ONLY

    only = set(args.only.split(",")) if args.only else None
    if args.write and only:
        parser.error("--write needs the whole table, not --only")
    rows = []
    pool = ProcessPoolExecutor(1)
    for key in sorted(CASES):
        if only is not None and key[0] not in only:
            continue
        for kind in TYPES[: 1 if key in INT8_ONLY else None]:
            try:
                rows.append(pool.submit(measure, key, kind, args.draws).result())
            except BrokenProcessPool:
                pool = ProcessPoolExecutor(1)
                rows.append({"op": key[0], "when": key[1], "type": kind, "verdict": "aborts"})
            print(
                *(f"{name}={value}" for name, value in rows[-1].items() if value not in ("", 0)), flush=True
            )
    pool.shutdown()
    if args.write:
        lines = ",\n    ".join(json.dumps(row) for row in rows)
        FACTS.write_text(
            f'{{\n  "versions": {json.dumps(versions())},\n  "rows": [\n    {lines}\n  ]\n}}\n',
            encoding="utf-8",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
