"""Options of the commands that read recordings."""

import argparse

from .decode import LONGEST_S


def add_audio_options(parser: argparse.ArgumentParser) -> None:
    """`--channel` and `--longest`."""
    parser.add_argument(
        "--channel",
        type=_channel,
        metavar="N",
        help="take channel N of every file, from 1 (default: the average of all, unless it loses over 6 dB)",
    )
    parser.add_argument(
        "--longest",
        dest="longest_s",
        type=_hours,
        default=LONGEST_S,
        metavar="HOURS",
        help=f"refuse files that are longer (default {LONGEST_S / 3600:g})",
    )


def _channel(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:5]) <= 1024:
        raise argparse.ArgumentTypeError(f"{text!r} is no channel: give a number from 1 on")
    return int(text[:5])


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = 0.0
    if not 0.0 < hours <= 10_000.0:  # NaN too
        raise argparse.ArgumentTypeError(f"{text!r} is no number of hours: give one over 0 and up to 10000")
    return hours * 3600.0
