"""The option by which a user trusts another server than xeno-canto."""

import argparse


def add_allow_api(parser: argparse.ArgumentParser) -> None:
    """Declare `--allow-api`."""
    parser.add_argument(
        "--allow-api",
        action="append",
        default=[],
        metavar="HOST",
        help="also send a key to this host, and let it be in a private network (repeatable)",
    )
