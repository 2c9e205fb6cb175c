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
    parser.add_argument("--threads", type=AT_ONCE, default=2, help="threads TensorFlow may use (default: 2)")
