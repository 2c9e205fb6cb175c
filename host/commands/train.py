"""`python -m host train`: train a model, and with `--bundle` carry on to a bundle."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from host.training.recipe import Recipe
    from host.training.windows import Windows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--preset", default="default", help="a ready recipe (default: default)")
    what.add_argument("--recipe", type=Path, metavar="FILE", help="a recipe.json, as a run leaves it")
    parser.add_argument(
        "--out", type=Path, metavar="RUN", help="folder of the run (default build/training/<name>)"
    )
    parser.add_argument("--architecture", metavar="NAME", help="another network than the recipe's")
    parser.add_argument("--labels", metavar="A,B", help="the classes, when they are not those of the recipe")
    parser.add_argument("--no-synthetic", action="store_true", help="train on recordings only")
    parser.add_argument("--no-teacher", action="store_true", help="train on labels only, with no teacher")
    parser.add_argument("--epochs", type=int, help="at most this many, of a teacher too")
    parser.add_argument("--seed", type=int, help="another seed than the recipe's; a teacher keeps its own")
    parser.add_argument(
        "--bundle", type=Path, metavar="DIR", help="also train quantisation-aware and write this bundle"
    )
    add_common_arguments(parser)


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """Options that `train` and `qat` share."""
    parser.add_argument(
        "--data",
        type=Path,
        action="append",
        default=[],
        metavar="DATASET",
        help="also use this data set of `python -m host split` (repeatable)",
    )
    parser.add_argument(
        "--cache", type=Path, metavar="DIR", help="folder for computed features (default cache/)"
    )
    parser.add_argument("--workers", type=int, default=2, help="processes that compute features (default 2)")
    parser.add_argument("--threads", type=int, default=2, help="threads TensorFlow may use (default 2)")


def run(args: argparse.Namespace) -> int:
    """Train; 0 when done."""
    from host.training import legacy, recipe
    from host.training.cache import DEFAULT_CACHE, ROOT
    from host.training.data import load_data
    from host.training.progress import say

    plan = recipe.load(args.recipe) if args.recipe else recipe.preset(args.preset)
    if args.architecture:
        plan = dataclasses.replace(plan, architecture=args.architecture)
    if args.epochs is not None:
        if args.epochs < 1:
            raise legacy.TrainingError(f"--epochs is {args.epochs}.", "Give 1 or more.")
        plan = dataclasses.replace(plan, float_plan=dataclasses.replace(plan.float_plan, epochs=args.epochs))
        if plan.teacher:
            fewer = dataclasses.replace(plan.teacher.plan, epochs=min(args.epochs, plan.teacher.plan.epochs))
            plan = dataclasses.replace(plan, teacher=dataclasses.replace(plan.teacher, plan=fewer))
    if args.seed is not None:
        plan = dataclasses.replace(
            plan,
            float_plan=dataclasses.replace(plan.float_plan, seed=args.seed),
            qat_plan=dataclasses.replace(plan.qat_plan, seed=args.seed + 1),
        )
    folder = args.out or ROOT / "build" / "training" / plan.name
    if args.labels:
        plan = dataclasses.replace(plan, labels=tuple(args.labels.split(",")))
    if args.no_teacher:
        plan = dataclasses.replace(plan, teacher=None)
    if args.no_synthetic:
        plan = dataclasses.replace(plan, synthetic=None)
    data = load_data(plan, args.data, args.cache or DEFAULT_CACHE, args.workers)
    sets = data.sets
    legacy.tensorflow(args.threads)
    say(f"training {plan.architecture} on {len(sets['train'])} windows")
    model = train_in_steps(plan, sets, folder)
    say(f"{model.count_params()} parameters; model and history in {folder}")
    if args.bundle:
        from host.commands.qat import finish

        finish(plan, data, folder, model, args.bundle)
    return 0


def train_in_steps(plan: Recipe, sets: dict[str, Windows], folder: Path) -> Any:
    """Teacher, if the recipe wants one, then the float model, with progress; returns the model."""
    from host.training import produce
    from host.training.progress import epoch_reporter

    teacher = None
    if plan.teacher:
        teacher = produce.train_teacher(
            plan, sets, folder, epoch_reporter("teacher", plan.teacher.plan.epochs)
        )
    report = epoch_reporter("float", plan.float_plan.epochs)
    return produce.train_float(plan, sets, folder, report, teacher)
