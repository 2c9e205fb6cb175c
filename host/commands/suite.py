"""`hil test`: the built-in suite for a board, from anywhere."""

import argparse
import sys

import pytest

from ..checkout import PACKAGE_DIR
from ..errors import ExitCode

_BESIDE = PACKAGE_DIR.parent / "hil_tests"  # in a checkout; installed it lies inside
SUITE = PACKAGE_DIR / "hil_tests" if (PACKAGE_DIR / "hil_tests").is_dir() else _BESIDE
CODES = {0: ExitCode.DONE, 1: ExitCode.BROKEN, 3: ExitCode.INTERNAL}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument(
        "arguments", nargs="*", help="options of pytest, and those of the board: --board, --port, …"
    )


def run(args: argparse.Namespace) -> int:
    """Run the suite; returns the exit code."""
    installed = SUITE != _BESIDE
    sys.dont_write_bytecode |= installed  # nothing is written into site-packages
    quiet = ["-p", "no:cacheprovider"] if installed else []
    code = int(pytest.main([str(SUITE), *quiet, *args.arguments]))
    return CODES.get(code, ExitCode.BROKE_OFF)
