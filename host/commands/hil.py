"""`python -m host hil`: the main job. Streams sound files into a board and compares what it computes with the host."""

import argparse
from pathlib import Path

from ..audio.sound_options import add_audio_options
from ..board.connecting import ChosenBoard
from ..board.options import add_board_options, add_bundle_option, choice_from
from ..bundle.load import load_bundle
from ..comparison.run import Run, Wishes
from ..errors import ExitCode
from ..given import Whole
from ..printable import note
from ..report.screen import Screen
from ..report.writing import ReportWriter
from ..terminal import Terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="sound files or folders (the bundle's own)"
    )
    add_bundle_option(parser)
    add_board_options(parser)
    add_audio_options(parser)
    parser.add_argument(
        "--report", type=Path, default=Path("report"), metavar="DIR", help="folder for the reports (report)"
    )
    parser.add_argument(
        "--features-only", action="store_true", help="compare the front end only, without the model"
    )
    parser.add_argument(
        "--thorough",
        action="store_true",
        help="after the files, stimuli that reach what recordings do not (seconds; up to 10 minutes on a real board)",
    )
    parser.add_argument(
        "--trace-every",
        type=Whole(1, 1 << 20),
        default=0,
        metavar="N",
        help="after the files, every Nth window of each once more, tensor by tensor (`trace` looks at one)",
    )
    parser.add_argument(
        "--ops", action="store_true", help="show the time of each op, where the board keeps a profile"
    )
    parser.add_argument("--no-html", action="store_true", help="no HTML report, only report.json")


def run(args: argparse.Namespace) -> int:
    """Run the comparison; the exit code is the result's."""
    terminal = Terminal()
    reports = ReportWriter(args.report, html=not args.no_html)
    choice = choice_from(args)
    bundle = load_bundle(args.bundle)
    run = Run(
        args.paths or [bundle.path / "wav"],
        ChosenBoard(choice, bundle.path),
        bundle,
        Wishes(
            args.features_only,
            choice.damage,
            args.channel,
            args.longest_s,
            args.thorough,
            trace_every=args.trace_every,
        ),
        listeners=[Screen(terminal, claims=args.verbose, ops=args.ops), reports],
    )
    try:
        code = run.execute().exit_code
    finally:  # a run that broke off has its report too
        if reports.moved is not None:
            note(f"error: {reports.moved}")
        for path in reports.written:
            terminal.print(f"Report: {path}", soft_wrap=True)
    return int(ExitCode.PARTLY if reports.moved is not None and code == ExitCode.DONE else code)
