"""`python -m host qat`: quantisation-aware training of a run's model, conversion to int8, the bundle."""

from __future__ import annotations

import argparse

from ..disk import check_writable
from ..given import place
from ..making.dataset.cache import DEFAULT_CACHE
from ..making.training import produce, recipe
from ..making.training.data import load_data
from ..making.training.tensorflow_loading import tensorflow
from ..making.training.whole_run import finish
from .training_options import add_training_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "--run", type=place, required=True, metavar="RUN", help="folder made by `python -m host train`"
    )
    parser.add_argument("--bundle", type=place, required=True, metavar="DIR", help="bundle to write")
    add_training_options(parser)


def run(args: argparse.Namespace) -> int:
    """Train on, convert, write; 0 when done."""

    plan = recipe.load(args.run / produce.RECIPE)
    check_writable(args.run, args.bundle)
    data = load_data(plan, args.data, args.cache or DEFAULT_CACHE, args.workers)
    tensorflow(args.threads)
    finish(plan, data, args.run, produce.trained(plan, args.run), args.bundle)
    return 0
