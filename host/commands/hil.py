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
from ..history.database import History
from ..history.location import history_url
from ..history.recording import Recorder
from ..history.row import HistoryError
from ..history.surroundings import surroundings
from ..printable import note
from ..report.for_ci import CiReports
from ..report.kept import KEPT
from ..report.screen import Screen
from ..report.writing import ReportWriter
from ..terminal import Terminal
from .history_command import add_history_option, print_difference
from .judging_options import NEWEST, add_against_option, add_judging_options, attached_from, run_before


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
        "--keep",
        type=Whole(0, 100_000),
        default=KEPT,
        metavar="N",
        help=f"how many earlier runs' reports stay in DIR/runs ({KEPT})",
    )
    add_history_option(parser)
    add_against_option(parser)
    add_judging_options(parser)
    parser.add_argument("--no-html", action="store_true", help="no HTML report, only report.json")


def run(args: argparse.Namespace) -> int:
    """Run the comparison; the exit code is the result's."""
    terminal = Terminal()
    url = history_url(args.history)
    history = None if url is None else History(url)
    if args.against is not None and history is None:
        raise HistoryError("--against needs the history, and it is off", "name it with --history")
    if history is not None and args.against not in (None, NEWEST):
        history.run(args.against)  # told before the work, not after it
    reports = ReportWriter(args.report, html=not args.no_html, keep=args.keep)
    choice = choice_from(args)
    bundle = load_bundle(args.bundle)
    paths = args.paths or [bundle.path / "wav"]
    attached = attached_from(args, paths, bundle, history)
    recorder = None if history is None else Recorder(history, surroundings, args.report, attached.figures)
    ci = CiReports(args.junit, args.summary)
    run = Run(
        paths,
        ChosenBoard(choice, bundle.path),
        bundle,
        Wishes(args.features_only, choice.damage, args.channel, args.longest_s, args.thorough),
        listeners=[
            attached,
            Screen(terminal, claims=args.verbose),
            reports,
            ci,
            *([recorder] if recorder is not None else []),
        ],
    )
    try:
        code = run.execute().exit_code
    finally:  # a run that broke off has its report too
        if reports.moved is not None:
            note(f"error: {reports.moved}")
        for path in reports.written:
            terminal.print(f"Report: {path}", soft_wrap=True)
        for failed in ci.failed:
            note(f"error: {failed}")
        if recorder is not None:
            _tell_history(recorder, terminal)
            if args.against is not None and history is not None:
                _tell_changes(history, recorder, args.against, terminal)
    elsewhere = reports.moved is not None or bool(ci.failed)
    return int(ExitCode.PARTLY if elsewhere and code == ExitCode.DONE else code)


def _tell_history(recorder: Recorder, terminal: Terminal) -> None:
    """Under which number the run is remembered, or why it is not: that is no failure of the run."""
    if recorder.refused is not None:
        note(f"warning: this run is not remembered: {recorder.refused}")
    elif recorder.number is not None:
        terminal.print(f"Run {recorder.number} of the history", soft_wrap=True)


def _tell_changes(history: History, recorder: Recorder, against: int, terminal: Terminal) -> None:
    """What changed since another run."""
    if recorder.number is None or recorder.run is None:
        return
    try:
        before = run_before(history, recorder.run) if against == NEWEST else (against, None)
        if before is None:
            terminal.print("No earlier run of this board and bundle to compare with", soft_wrap=True)
        else:
            terminal.print()
            print_difference(history, before[0], recorder.number, terminal)
    except HistoryError as error:
        note(f"warning: {error}")
