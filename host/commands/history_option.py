"""The option that names the history, of every command that has one."""

import argparse


def add_history_option(parser: argparse.ArgumentParser, default: object = None) -> None:
    """The option that names the database."""
    parser.add_argument(
        "--history",
        metavar="URL",
        default=default,
        help="where runs are remembered: a file, any SQLAlchemy URL, or `off` (HIL_HISTORY, or the user's own file)",
    )
