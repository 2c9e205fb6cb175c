#!/usr/bin/env python3
"""Writes host/limits/event_f1.json: event-based F1 of random events, as the package sed-scores-eval gives it.

It runs in an environment of its own, because that package wants another NumPy than TensorFlow does:

    python -m venv DIR; DIR/bin/pip install sed-scores-eval==0.0.4 "pandas<3"; DIR/bin/python tools/event_f1.py
"""

import json
import random
from pathlib import Path

OUT = Path(__file__).resolve().parents[1] / "host" / "limits" / "event_f1.json"
LENGTH_S, CASES, FILES = 30.0, 24, 4


def events(source: random.Random, near: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Events that do not touch, some of them near others."""
    found: list[tuple[float, float]] = []
    at = source.uniform(0, 3)
    while at < LENGTH_S - 2:
        end = at + source.uniform(0.3, 2)
        found.append((round(at, 3), round(end, 3)))
        at = end + source.uniform(0.2, 4)
    if near and source.random() < 0.8:
        moved = [(round(max(0, a + source.gauss(0, 0.4)), 3), b) for a, b in near]
        found = [(a, b) for a, b in moved if a < b and source.random() < 0.9]
    return [(a, b) for i, (a, b) in enumerate(found) if not i or a > found[i - 1][1]]


def main() -> None:
    """Write the file."""
    from sed_scores_eval import collar_based  # type: ignore[import-not-found]
    from sed_scores_eval.base_modules.scores import create_score_dataframe  # type: ignore[import-not-found]

    cases = []
    for seed in range(CASES):
        source = random.Random(seed)
        tolerance = source.choice((0.1, 0.25, 0.5, 1.0))
        wanted = [events(source, []) for _ in range(FILES)]
        found = [events(source, each) for each in wanted]
        scores, truth = {}, {}
        for number, (mine, theirs) in enumerate(zip(found, wanted, strict=True)):
            edges = sorted({0.0, LENGTH_S, *(time for event in mine for time in event)})
            said = [[float(any(a <= t < b for a, b in mine))] for t in edges[:-1]]
            scores[f"f{number}"] = create_score_dataframe(said, edges, ["bird"])
            truth[f"f{number}"] = [(a, b, "bird") for a, b in theirs]
        figure, *_ = collar_based.fscore(
            scores, truth, 0.5, onset_collar=tolerance, offset_collar=1e6, offset_collar_rate=0.0
        )
        value = figure["bird"] if isinstance(figure, dict) else figure
        cases.append(
            {"seed": seed, "tolerance_s": tolerance, "found": found, "wanted": wanted, "f1": float(value)}
        )
    OUT.write_text(json.dumps(cases) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
