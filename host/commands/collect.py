"""`python -m host collect`: files from the disk into a base folder of WAV files."""

from __future__ import annotations

import argparse

from ..audio.sound_options import add_audio_options
from ..errors import ExitCode
from ..given import AT_ONCE, RATE_HZ, place
from ..making.recordings.catalogue import Catalogue
from ..making.recordings.collect import collect
from ..making.recordings.errors import RecordingsError
from ..making.recordings.on_disk import from_esc50, from_folder, from_manifest, relabelled
from ..making.recordings.window_scores import read_window_scores
from ..printable import counted
from ..progress import bar, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--folder",
        type=place,
        metavar="DIR",
        help="DIR/<label>/… WAV, FLAC, MP3, Ogg, AIFF and others",
    )
    what.add_argument(
        "--esc50", type=place, metavar="DIR", help="ESC-50 as published: DIR/meta/esc50.csv, DIR/audio"
    )
    what.add_argument("--manifest", type=place, metavar="CSV", help="table with the columns file and label")
    parser.add_argument("--out", type=place, required=True, metavar="DIR", help="base folder to fill")
    parser.add_argument(
        "--window-scores",
        type=place,
        metavar="CSV",
        help="for a manifest: table with file, start_s and a score from 0 to 1 of each second; training goes by it",
    )
    parser.add_argument(
        "--score-column",
        default="teacher_score",
        metavar="NAME",
        help="its column with the scores (default: teacher_score)",
    )
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="only these rows of a manifest (repeatable)",
    )
    parser.add_argument(
        "--label",
        action="append",
        default=[],
        metavar="FROM=TO",
        help="rename labels; *=TO for all others (repeatable)",
    )
    parser.add_argument(
        "--rate", type=RATE_HZ, default=8000, help="sample rate of the WAV files (default: 8000)"
    )
    parser.add_argument("--stereo", action="store_true", help="keep two channels")
    add_audio_options(parser)
    parser.add_argument("--workers", type=AT_ONCE, default=2, help="files converted at once (default: 2)")


def run(args: argparse.Namespace) -> int:
    """Take the files in; 0 when all are there, 3 when some were left out."""

    if args.window_scores and not args.manifest:
        raise RecordingsError("--window-scores belongs to a manifest.", "Give --manifest, or leave it out.")
    if args.folder:
        sources = from_folder(args.folder)
    elif args.esc50:
        sources = from_esc50(args.esc50)
    else:
        scores = read_window_scores(args.window_scores, args.score_column) if args.window_scores else None
        sources = from_manifest(args.manifest, _pairs(args.where, "--where"), scores)
    sources = relabelled(sources, _pairs(args.label, "--label"))
    if args.stereo and args.channel:
        raise RecordingsError("--stereo keeps two channels, --channel takes one.", "Give one of them.")
    with bar("recordings", len(sources)) as report:
        result = collect(
            sources,
            Catalogue(args.out),
            args.rate,
            args.stereo,
            args.workers,
            report,
            args.channel,
            args.longest_s,
        )
    say(
        f"{counted(result.added, 'recording')} added, {result.present} were there before, "
        f"{len(result.failures)} left out"
    )
    for name, warning in result.warnings:
        say(f"note: {name}: {warning}")
    for name, reason in result.failures:
        say(f"left out: {name}: {reason}")
    if not result.added and not result.present:
        raise RecordingsError("None of the files could be taken in.", "See the reasons above.")
    return ExitCode.PARTLY if result.failures else ExitCode.DONE


def _pairs(words: list[str], option: str) -> dict[str, str]:

    pairs = {}
    for word in words:
        left, equals, right = word.partition("=")
        if not equals or not left:
            raise RecordingsError(
                f"{option} {word!r} is not of the form NAME=VALUE.", f"Write it as {option} name=value."
            )
        pairs[left] = right
    return pairs
