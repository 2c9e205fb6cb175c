"""`python -m host download`: recordings from xeno-canto into a base folder of WAV files."""

from __future__ import annotations

import argparse

from ..errors import ExitCode
from ..given import RATE_HZ, Number, Whole, place
from ..making.recordings.catalogue import Catalogue
from ..making.recordings.download import Wanted, download
from ..making.recordings.http import PoliteClient
from ..making.recordings.service import checked_api, key_for, named_hosts, pace_for
from ..making.recordings.xeno_canto import XenoCanto
from ..printable import counted
from ..progress import bar, say
from .allow_api import add_allow_api


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("query", help="tags, e.g. 'sp:\"turdus merula\" q:A len:5-60 type:song'")
    parser.add_argument(
        "--out", type=place, required=True, metavar="DIR", help="base folder: DIR/<label>/XC<number>.wav"
    )
    parser.add_argument("--label", default="", help="folder for all (default: the bird's English name)")
    parser.add_argument(
        "--key-file",
        type=place,
        help="file with your API key (default: XENO_CANTO_KEY, for xeno-canto alone)",
    )
    parser.add_argument(
        "--most",
        type=Whole(0, 1_000_000),
        default=0,
        metavar="N",
        help="at most this many recordings (default: all)",
    )
    parser.add_argument(
        "--rate", type=RATE_HZ, default=8000, help="sample rate of the WAV files (default: 8000)"
    )
    parser.add_argument("--stereo", action="store_true", help="keep two channels")
    parser.add_argument("--allow-nd", action="store_true", help="also take licences that forbid derivatives")
    parser.add_argument(
        "--per-page", type=Whole(50, 500), default=100, help="recordings per page, 50 to 500 (default: 100)"
    )
    parser.add_argument(
        "--interval",
        type=Number(0.0, 3600.0),
        default=4.0,
        help="seconds between requests (default: 4, the least)",
    )
    parser.add_argument("--api", default="", metavar="URL", help="another listing than xeno-canto's")
    add_allow_api(parser)


def run(args: argparse.Namespace) -> int:
    """Fetch what is missing; 0 when all that was asked for is there, 3 when some of it was left out."""

    named = named_hosts(args.allow_api)
    api = checked_api(args.api, named)
    client = PoliteClient(pace_for(api, args.interval), say, named=named)
    listing = XenoCanto(client, key_for(api, args.key_file), api, args.per_page)
    catalogue = Catalogue(args.out)
    wanted = Wanted(args.rate, args.stereo, args.most, args.allow_nd, args.label)
    with bar("recordings", None) as progress:
        outcome = download(listing, client, args.query, catalogue, wanted, progress)
    say(f"{counted(outcome.added, 'recording')} added, {outcome.present} were there before")
    for reason, count in outcome.skipped.items():
        say(f"{count} skipped: {reason}")
    for name, warning in outcome.warnings:
        say(f"note: {name}: {warning}")
    for name, reason in outcome.failures:
        say(f"{name} left out: {reason}")
    say(f"licences and authors are in {args.out / 'ATTRIBUTION.md'}")
    return ExitCode.PARTLY if outcome.failures else ExitCode.DONE
