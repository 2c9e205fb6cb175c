"""A whole training run with progress on the screen: teacher, float model, int8 model, bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...progress import say
from ..dataset.windows import Windows
from . import produce
from .data import Data
from .epoch_lines import epoch_reporter
from .recipe import Recipe
from .to_bundle import make_bundle


def train_in_steps(plan: Recipe, sets: dict[str, Windows], folder: Path) -> Any:
    """Teacher, if the recipe wants one, then the float model, with progress; returns the model."""

    teacher = None
    if plan.teacher:
        teacher = produce.train_teacher(
            plan, sets, folder, epoch_reporter("teacher", plan.teacher.plan.epochs)
        )
    report = epoch_reporter("float", plan.float_plan.epochs)
    return produce.train_float(plan, sets, folder, report, teacher)


def finish(plan: Recipe, data: Data, run_folder: Path, model: Any, bundle: Path) -> None:
    """From a trained float model to the bundle, and its figures on the screen."""

    say("quantisation-aware training")
    report = epoch_reporter("int8", plan.qat_plan.epochs)
    quantised = produce.train_quantised(plan, data.sets, run_folder, report)
    result = make_bundle(plan, data, model, quantised, bundle, say)
    print_figures(result)
    say(f"bundle written to {bundle}")


def print_figures(result: dict[str, Any]) -> None:
    """Show what a bundle reaches on each set, float and int8."""

    say(f"threshold {result['threshold']:g}")
    if begun := result.get("background"):
        say(f"{begun['starts']} detections begin in {begun['hours']:g} h of background")
    for row in result["trade"]:
        shares = "; ".join(
            f"{name}: {_percent(each['found'])} found, {_percent(each['false'])} false"
            for name, each in row["sets"].items()
        )
        say(
            f"for {row['false_an_hour']:g} false windows an hour of validation {row['threshold']:g}, there {shares}"
        )
    for name, kinds in result["sets"].items():
        for kind, by_label in kinds.items():
            for label, values in by_label.items():
                one = values["per_window"]
                say(
                    f"{name} set, {kind:5}, {label}: ROC-AUC {one['roc_auc']}, AP {one['average_precision']}, "
                    f"accuracy {one['accuracy']} of {one['windows']} windows ({one['positives']} positive), "
                    f"{values['false_alarms_per_hour']} false alarms an hour"
                )


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{100.0 * share:.1f} %"
