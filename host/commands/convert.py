"""`python -m host convert`: a run's trained model to int8 and a bundle."""

from __future__ import annotations

import argparse
from pathlib import Path

from host.commands.train import add_common_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "--run", type=Path, required=True, metavar="RUN", help="folder made by `python -m host train`"
    )
    parser.add_argument("--bundle", type=Path, required=True, metavar="DIR", help="bundle to write")
    parser.add_argument(
        "--post-training",
        action="store_true",
        help="quantise the float model with windows of the training set instead of the quantisation-aware one",
    )
    add_common_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Convert and write; 0 when done."""
    from host.commands.qat import print_figures
    from host.progress import say
    from host.training import legacy, produce, recipe
    from host.training.cache import DEFAULT_CACHE
    from host.training.convert import load_model
    from host.training.data import load_data

    plan = recipe.load(args.run / produce.RECIPE)
    trained = args.run / (produce.MODEL if args.post_training else produce.QAT_MODEL)
    if not trained.is_file():
        raise legacy.TrainingError(
            f"There is no {trained.name} in {args.run}.",
            "Run `python -m host qat` first, or convert the float model with --post-training.",
        )
    data = load_data(plan, args.data, args.cache or DEFAULT_CACHE, args.workers)
    legacy.tensorflow(args.threads)
    model = load_model(args.run / produce.MODEL)
    source = model if args.post_training else load_model(trained)
    representative = produce.representative(plan, data.sets["train"]) if args.post_training else None
    result = produce.bundle_from(
        plan, data.sets, model, source, args.bundle, data.sources, say, representative=representative
    )
    print_figures(result)
    say(f"bundle written to {args.bundle}")
    return 0
