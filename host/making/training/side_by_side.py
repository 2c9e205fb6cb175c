"""Architectures side by side: what they cost and what they reach, float and int8."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ...files import atomic_write
from ...model.inspect import inspect_model
from ...model.reference import ReferenceInterpreter
from ...model.verify import verify_model
from ..dataset.windows import Windows
from .cost import model_cost, total_instructions, total_macs
from .evaluate import choose_threshold, int8_scores
from .fit import Row, predict
from .metrics import confusion, roc_auc
from .produce import train_float, train_quantised
from .recipe import Recipe
from .to_int8 import to_int8

BACKGROUND = ("standard-flatten", "standard-pooling", "separable-flatten", "separable-pooling")


@dataclass(frozen=True)
class Line:
    """One row of the table. Accuracies and AUC are of the set judged on; thresholds are chosen on validation.

    Attributes:
        arena_bytes: measured with TFLite Micro on the computer, None without its wheel.
        instructions: estimated for the ESP32 with ESP-NN, see `host.making.training.cost`.
    """

    architecture: str
    parameters: int
    int8_bytes: int
    arena_bytes: int | None
    macs: int
    instructions: int
    float_auc: float
    int8_auc: float
    float_accuracy: float
    int8_accuracy: float


def compare_one(
    name: str,
    recipe: Recipe,
    sets: dict[str, Windows],
    judged: str,
    folder: Path,
    reporter: Callable[[str, int], Callable[[Row], None]],
) -> Line:
    """Train one architecture float and quantisation-aware, convert it, and judge it on the set `judged`.

    Args:
        reporter: makes a function that is told of each epoch, from a name and the number of epochs.
    """

    mine = dataclasses.replace(recipe, name=name, architecture=name)
    float_model = train_float(mine, sets, folder / name, reporter(f"{name} float", mine.float_plan.epochs))
    quantised = train_quantised(mine, sets, folder / name, reporter(f"{name} int8", mine.qat_plan.epochs))
    content = to_int8(quantised)
    info = inspect_model(content)
    interpreter = ReferenceInterpreter(content, info)

    def of_float(windows: Windows) -> Any:
        return predict(float_model, windows, mine.quantisation)

    def of_int8(windows: Windows) -> Any:
        return int8_scores(interpreter, windows, info.scores.scale, info.scores.zero_point)

    figures = {}
    for kind, scores_of in (("float", of_float), ("int8", of_int8)):
        threshold, _ = choose_threshold(scores_of(sets["validation"]), sets["validation"], mine.false_share)
        scores, truth = scores_of(sets[judged]), sets[judged].labels > 0.5
        figures[f"{kind}_auc"] = round(roc_auc(scores.ravel(), truth.ravel()), 4)
        figures[f"{kind}_accuracy"] = round(confusion(scores.ravel(), truth.ravel(), threshold).accuracy, 4)
    costs = model_cost(content)
    return Line(
        architecture=name,
        parameters=int(float_model.count_params()),
        int8_bytes=len(content),
        arena_bytes=verify_model(content, info, windows=4).arena_bytes,
        macs=total_macs(costs),
        instructions=total_instructions(costs),
        **figures,
    )


def write_table(lines: Sequence[Line], folder: Path) -> None:
    """Write compare.csv and compare.md."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, [field.name for field in fields(Line)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(line) for line in lines)
    atomic_write(folder / "compare.csv", buffer.getvalue())
    atomic_write(folder / "compare.md", markdown(lines))


def markdown(lines: Sequence[Line]) -> str:
    """The table for a README."""
    heads = [field.name.replace("_", " ") for field in fields(Line)]
    rows = [heads, ["---"] + ["---:"] * (len(heads) - 1)]
    rows += [["" if value is None else str(value) for value in asdict(line).values()] for line in lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"
