"""Options that the training commands share."""

import argparse

from ..given import AT_ONCE, place


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """Options of data, cache and machine."""
    parser.add_argument(
        "--data",
        type=place,
        action="append",
        default=[],
        metavar="DATASET",
        help="also use this data set of `python -m host split` (repeatable)",
    )
    parser.add_argument(
        "--cache", type=place, metavar="DIR", help="folder for computed features (default: cache/)"
    )
    parser.add_argument(
        "--workers", type=AT_ONCE, default=2, help="processes that compute features (default: 2)"
    )
    add_threads(parser)


def add_threads(parser: argparse.ArgumentParser) -> None:
    """The option of TensorFlow's threads: one, since the number decides in which order floats are added."""
    parser.add_argument(
        "--threads",
        type=AT_ONCE,
        default=1,
        help="threads TensorFlow may use (default: 1); each number makes another model, in the last digits",
    )
