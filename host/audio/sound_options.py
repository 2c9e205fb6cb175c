"""Options of the commands that read recordings."""

import argparse

from ..given import Number, Whole
from .decode import LONGEST_S


def add_audio_options(parser: argparse.ArgumentParser) -> None:
    """`--channel` and `--longest`."""
    parser.add_argument(
        "--channel",
        type=Whole(1, 1024),
        metavar="N",
        help="take channel N of every file, from 1 (default: the average of all, unless it loses over 6 dB)",
    )
    parser.add_argument(
        "--longest",
        dest="longest_s",
        type=Number(0.0, 10_000.0, above=True, times=3600.0),
        default=LONGEST_S,
        metavar="HOURS",
        help=f"refuse files that are longer (default {LONGEST_S / 3600:g})",
    )
