"""`run`: the main job. Streams sound files into a board and compares what it computes with the host."""

import argparse
from pathlib import Path

from ..audio.sound_options import add_audio_options
from ..board.choosing import choose_board
from ..board.connecting import ChosenBoard
from ..board.options import add_board_options, add_bundle_option, bundle_from
from ..bundle.load import Bundle, load_bundle
from ..comparison.run import Run, Wishes
from ..errors import ExitCode, HilError
from ..files import atomic_write
from ..given import Whole, place
from ..history.database import History
from ..history.location import history_url
from ..history.recording import Recorder
from ..history.surroundings import surroundings
from ..invocation import command_line
from ..manner import is_quiet
from ..printable import note, out
from ..report.kept import KEPT
from ..report.screen import Screen
from ..report.writing import ReportWriter
from ..strict_json import json_text
from ..terminal import Terminal
from .history_command import add_history_option

STANDARD_OUTPUT = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "paths",
        nargs="*",
        type=place,
        metavar="PATH",
        help="sound files or folders (default: the bundle's own)",
    )
    add_bundle_option(parser)
    add_board_options(parser)
    add_audio_options(parser)
    parser.add_argument(
        "--report",
        type=place,
        default=Path("report"),
        metavar="DIR",
        help="folder for the reports (default: report)",
    )
    parser.add_argument(
        "--json",
        metavar="FILE",
        help="write report.json here, too; - is standard output, and all else goes to standard error",
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
    to_output = args.json == STANDARD_OUTPUT
    terminal = Terminal(stderr=to_output)
    tell = note if to_output else out
    if args.json is not None and not args.json.strip():
        raise HilError("--json is empty", "give a file, or - for standard output")
    choice = choose_board(args, "run", (lambda _: None) if is_quiet() else tell, or_virtual=True)
    bundle = load_bundle(bundle_from(args.bundle))
    paths = args.paths or _own_recordings(bundle)
    reports = ReportWriter(args.report, html=not args.no_html, keep=args.keep)
    url = history_url(args.history)
    recorder = None if url is None else Recorder(History(url), surroundings, args.report)
    run = Run(
        paths,
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
        listeners=[
            Screen(terminal, claims=args.verbose, quiet=is_quiet(), ops=args.ops),
            reports,
            *([recorder] if recorder is not None else []),
        ],
    )
    try:
        result = run.execute()
    finally:  # a run that broke off has its report too
        if reports.moved is not None:
            note(f"error: {reports.moved}")
        for path in [] if is_quiet() else reports.written:
            terminal.print(f"Report: {path}", soft_wrap=True)
        if args.json is not None and reports.values is not None:
            _write_json(args.json, json_text(reports.values))
        if recorder is not None:
            _tell_history(recorder, terminal)
    code = result.exit_code
    return int(ExitCode.PARTLY if reports.moved is not None and code == ExitCode.DONE else code)


def _own_recordings(bundle: Bundle) -> list[Path]:
    """The bundle's folder of recordings.

    Raises:
        HilError: it has none, as after an import.
    """
    own = bundle.path / "wav"
    if not own.is_dir():
        raise HilError(
            f"no recordings were named, and bundle {bundle.name!r} has none of its own",
            f"name sound files or folders: `{command_line('run', 'RECORDINGS')}`; or make some: "
            f"`{command_line('corpus', '--out', 'RECORDINGS')}`",
        )
    return [own]


def _write_json(where: str, text: str) -> None:
    if where == STANDARD_OUTPUT:
        out(text)
        return
    try:
        atomic_write(Path(where), text)
    except OSError as error:
        raise HilError(
            f"{where} cannot be written: {error.strerror or error}", "give another file with --json"
        ) from error


def _tell_history(recorder: Recorder, terminal: Terminal) -> None:
    """Under which number the run is remembered, or why it is not: that is no failure of the run."""
    if recorder.refused is not None:
        note(f"warning: this run is not remembered: {recorder.refused}")
    elif recorder.number is not None:
        terminal.print(f"Run {recorder.number} of the history", soft_wrap=True)
