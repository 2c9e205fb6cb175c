"""`python -m host qat`: quantisation-aware training of a run's model, conversion to int8, the bundle."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from host.commands.train import add_common_arguments

if TYPE_CHECKING:
    from host.training.data import Data
    from host.training.recipe import Recipe


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "--run", type=Path, required=True, metavar="RUN", help="folder made by `python -m host train`"
    )
    parser.add_argument("--bundle", type=Path, required=True, metavar="DIR", help="bundle to write")
    add_common_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Train on, convert, write; 0 when done."""
    from host.training import legacy, produce, recipe
    from host.training.cache import DEFAULT_CACHE
    from host.training.convert import load_model
    from host.training.data import load_data

    plan = recipe.load(args.run / produce.RECIPE)
    data = load_data(plan, args.data, args.cache or DEFAULT_CACHE, args.workers)
    legacy.tensorflow(args.threads)
    finish(plan, data, args.run, load_model(args.run / produce.MODEL), args.bundle)
    return 0


def finish(plan: Recipe, data: Data, run_folder: Path, model: Any, bundle: Path) -> None:
    """From a trained float model to the bundle, and its figures on the screen."""
    from host.training import produce
    from host.training.progress import epoch_reporter, say

    say("quantisation-aware training")
    report = epoch_reporter("int8", plan.qat_plan.epochs)
    quantised = produce.train_quantised(plan, data.sets, run_folder, report)
    result = produce.bundle_from(plan, data.sets, model, quantised, bundle, data.sources, say)
    print_figures(result)
    say(f"bundle written to {bundle}")


def print_figures(result: dict[str, Any]) -> None:
    """Show what a bundle reaches on each set, float and int8."""
    from host.progress import say

    say(f"threshold {result['threshold']:g}")
    for name, kinds in result["sets"].items():
        for kind, by_label in kinds.items():
            for label, values in by_label.items():
                one = values["per_window"]
                say(
                    f"{name} set, {kind:5}, {label}: ROC-AUC {one['roc_auc']}, AP {one['average_precision']}, "
                    f"accuracy {one['accuracy']} of {one['windows']} windows ({one['positives']} positive), "
                    f"{values['false_alarms_per_hour']} false alarms an hour"
                )
