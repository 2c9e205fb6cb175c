"""`python -m host convert`: a run's trained model to int8 and a bundle."""

from __future__ import annotations

import argparse

from ..disk import check_writable
from ..given import place
from ..making.dataset.cache import DEFAULT_CACHE
from ..making.training import produce, recipe
from ..making.training.data import load_data
from ..making.training.errors import TrainingError
from ..making.training.tensorflow_loading import tensorflow
from ..making.training.to_bundle import make_bundle, representative
from ..making.training.whole_run import print_figures
from ..progress import say
from .training_options import add_training_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "--run", type=place, required=True, metavar="RUN", help="folder made by `python -m host train`"
    )
    parser.add_argument("--bundle", type=place, required=True, metavar="DIR", help="bundle to write")
    parser.add_argument(
        "--post-training",
        action="store_true",
        help="quantise the float model with windows of the training set instead of the quantisation-aware one",
    )
    add_training_options(parser)


def run(args: argparse.Namespace) -> int:
    """Convert and write; 0 when done."""

    plan = recipe.load(args.run / produce.RECIPE)
    trained = args.run / (produce.MODEL if args.post_training else produce.QAT_MODEL)
    if not trained.is_file():
        raise TrainingError(
            f"There is no {trained.name} in {args.run}.",
            "Run `python -m host qat` first, or convert the float model with --post-training.",
        )
    check_writable(args.bundle)
    data = load_data(plan, args.data, args.cache or DEFAULT_CACHE, args.workers)
    tensorflow(args.threads)
    model = produce.trained(plan, args.run)
    source = model if args.post_training else produce.quantised(plan, args.run)
    calibration = representative(plan, data.sets["train"]) if args.post_training else None
    result = make_bundle(plan, data, model, source, args.bundle, say, calibration)
    print_figures(result)
    say(f"bundle written to {args.bundle}")
    return 0
