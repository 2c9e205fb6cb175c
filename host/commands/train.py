"""`python -m host train`: train a model, and with `--bundle` carry on to a bundle."""

from __future__ import annotations

import argparse
import dataclasses
from unicodedata import normalize

from ..checkout import ROOT
from ..disk import check_writable
from ..given import EPOCHS, SEED, place
from ..making.dataset.cache import DEFAULT_CACHE
from ..making.training import recipe
from ..making.training.architectures import check_architecture
from ..making.training.data import load_data
from ..making.training.tensorflow_loading import tensorflow
from ..making.training.whole_run import finish, train_in_steps
from ..progress import say
from ..safe_names import plain_name
from .training_options import add_training_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--preset", default="default", help="a ready recipe (default: default)")
    what.add_argument("--recipe", type=place, metavar="FILE", help="a recipe.json, as a run leaves it")
    parser.add_argument(
        "--out", type=place, metavar="RUN", help="folder of the run (default: build/training/<name>)"
    )
    parser.add_argument("--architecture", metavar="NAME", help="another network than the recipe's")
    parser.add_argument("--labels", metavar="A,B", help="the classes, when they are not those of the recipe")
    parser.add_argument("--no-synthetic", action="store_true", help="train on recordings only")
    parser.add_argument("--no-teacher", action="store_true", help="train on labels only, with no teacher")
    parser.add_argument("--epochs", type=EPOCHS, help="at most this many, of a teacher too")
    parser.add_argument("--seed", type=SEED, help="another seed than the recipe's; a teacher keeps its own")
    parser.add_argument(
        "--bundle", type=place, metavar="DIR", help="also train quantisation-aware and write this bundle"
    )
    add_training_options(parser)


def run(args: argparse.Namespace) -> int:
    """Train; 0 when done."""

    plan = recipe.load(args.recipe) if args.recipe else recipe.preset(args.preset)
    if args.architecture:
        plan = recipe.changed(plan, architecture=args.architecture)
    if args.epochs is not None:
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
    folder = args.out or ROOT / "build" / "training" / plain_name(plan.name)
    if args.labels:
        labels = [normalize("NFC", label.strip()) for label in args.labels.split(",")]
        plan = recipe.changed(plan, labels=labels)
    if args.no_teacher:
        plan = dataclasses.replace(plan, teacher=None)
    if args.no_synthetic:
        plan = dataclasses.replace(plan, synthetic=None)
    check_architecture(plan.architecture)
    check_writable(folder, *([args.bundle] if args.bundle else []))
    data = load_data(plan, args.data, args.cache or DEFAULT_CACHE, args.workers)
    sets = data.sets
    tensorflow(args.threads)
    say(f"training {plan.architecture} on {len(sets['train'])} windows")
    model = train_in_steps(plan, sets, folder)
    say(f"{model.count_params()} parameters; model and history in {folder}")
    if args.bundle:
        finish(plan, data, folder, model, args.bundle)
    return 0
