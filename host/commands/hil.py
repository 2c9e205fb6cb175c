"""`run`: the main job. Streams sound files into a board and compares what it computes with the host."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from ..audio.sound_options import add_audio_options
from ..board.choosing_several import choose_boards
from ..board.connecting import ChosenBoard
from ..board.named import NamedBoard
from ..board.options import add_board_options, add_bundle_option, bundle_from
from ..bundle.load import Bundle, load_bundle
from ..comparison.events import Listener
from ..comparison.run import Run
from ..comparison.several.merged import kinds_of
from ..comparison.wishes import Wishes
from ..configuration import held
from ..errors import ExitCode, HilError
from ..files import atomic_write
from ..given import Whole, place
from ..history.database import History
from ..history.early import Beginning, row_of_none, why
from ..history.location import history_url
from ..history.recording import Recorder
from ..history.row import Details, HistoryError
from ..history.surroundings import surroundings
from ..invocation import command_line
from ..limits.held_against import Attached
from ..manner import is_quiet
from ..printable import note, out, printable_line
from ..report.for_ci import CiReports
from ..report.kept import KEPT
from ..report.screen import Screen
from ..report.writing import ReportWriter
from ..strict_json import json_text
from ..terminal import Terminal
from .history_option import add_history_option
from .judging_options import NEWEST, add_against_option, add_judging_options, attached_from, run_before

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
    add_board_options(parser, several=True)
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
    add_against_option(parser)
    add_judging_options(parser)
    parser.add_argument(
        "--trace-every",
        type=Whole(1, 1 << 20),
        metavar="N",
        help="after the files, every Nth window of each once more, tensor by tensor (`trace` looks at one)",
    )
    parser.add_argument(
        "--ops", action="store_true", help="show the time of each op, where the board keeps a profile"
    )
    parser.add_argument("--no-html", action="store_true", help="no HTML report, only report.json")


def run(args: argparse.Namespace) -> int:
    """Run the comparison; the exit code is the result's."""
    begun = Beginning()
    terminal = Terminal(stderr=args.json == STANDARD_OUTPUT)
    ci = CiReports(args.junit, args.summary)
    try:
        prepared = _prepared(args, begun)
    except (HilError, KeyboardInterrupt) as error:
        ci.never_began(begun.board, begun.bundle_name, why(error))
        for failed in ci.failed:
            note(f"error: {failed}")
        if not isinstance(error, HistoryError):  # which cannot remember that
            _remember_early(args, begun, error, terminal)
        raise
    return _carried_out(args, prepared, terminal, ci)


@dataclass(frozen=True)
class _Prepared:
    """All that a run needs before it begins."""

    boards: list[NamedBoard]
    bundle: Bundle
    paths: list[Path]
    history: History | None
    attached: Attached


def _prepared(args: argparse.Namespace, begun: Beginning) -> _Prepared:
    """Find boards, bundle and recordings; `begun` learns of them.

    Raises:
        HilError: one of them is not there, or an option makes no sense.
    """
    if args.json is not None and not args.json.strip():
        raise HilError("--json is empty", "give a file, or - for standard output")
    begun.board = str(held("board", args.board).value or "")
    folder = bundle_from(args.bundle)
    begun.bundle_name = printable_line(folder.name)
    tell = note if args.json == STANDARD_OUTPUT else out
    boards = choose_boards(args, "run", (lambda _: None) if is_quiet() else tell)
    begun.board = kinds_of(each.choice.kind for each in boards) if len(boards) > 1 else boards[0].choice.kind
    bundle = begun.bundle = load_bundle(folder)
    paths = args.paths or _own_recordings(bundle)
    history = _history(args)
    attached = attached_from(args, paths, bundle, history, held("limits", None).value)
    return _Prepared(boards, bundle, paths, history, attached)


def _carried_out(args: argparse.Namespace, prepared: _Prepared, terminal: Terminal, ci: CiReports) -> int:
    """The run itself, and what is told of it; returns the exit code."""
    history, attached = prepared.history, prepared.attached
    reports = ReportWriter(args.report, html=not args.no_html, keep=args.keep)
    recorder = None if history is None else Recorder(history, surroundings, args.report, attached.figures)
    run = _run_of(
        prepared.paths,
        prepared.boards,
        prepared.bundle,
        args,
        [
            attached,
            Screen(terminal, claims=args.verbose, quiet=is_quiet(), ops=args.ops),
            reports,
            ci,
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
        for failed in ci.failed:
            note(f"error: {failed}")
        if recorder is not None:
            _tell_history(recorder, terminal)
            if args.against is not None and history is not None:
                _tell_changes(history, recorder, args.against, terminal)
    elsewhere = reports.moved is not None or bool(ci.failed)
    return int(ExitCode.PARTLY if elsewhere and result.exit_code == ExitCode.DONE else result.exit_code)


def _run_of(
    paths: list[Path],
    boards: list[NamedBoard],
    bundle: Bundle,
    args: argparse.Namespace,
    listeners: list[Listener],
) -> Run:
    """The run on these boards."""
    wishes = Wishes(
        args.features_only,
        boards[0].choice.damage,
        args.channel,
        args.longest_s,
        args.thorough,
        trace_every=args.trace_every or 0,
    )
    chosen = [(each.name, ChosenBoard(each.choice, bundle.path)) for each in boards]
    if len(chosen) == 1:
        return Run(paths, chosen[0][1], bundle, wishes, listeners=listeners)
    from ..comparison.several.several_run import SeveralRun

    return SeveralRun(paths, chosen, bundle, wishes, listeners=listeners)


def _history(args: argparse.Namespace) -> History | None:
    """Where runs are remembered; None when they are not.

    Raises:
        HistoryError: `--against` names a run that is not there, or the history is off.
    """
    url = history_url(args.history, held("history", None).value)
    history = None if url is None else History(url)
    if args.against is not None and history is None:
        raise HistoryError("--against needs the history, and it is off", "name it with --history")
    if history is not None and args.against not in (None, NEWEST):
        history.run(args.against)  # told before the work, not after it
    return history


def _remember_early(
    args: argparse.Namespace, begun: Beginning, error: BaseException, terminal: Terminal
) -> None:
    """A run that ended before it began has its row, too; whatever the history refuses, the error is what counts."""
    try:
        url = history_url(args.history, held("history", None).value)
        if url is not None:
            number = History(url).add(row_of_none(begun, error, surroundings), Details())
            terminal.print(f"Run {number} of the history", soft_wrap=True)
    except HilError as refused:
        note(f"warning: this run is not remembered: {refused}")


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


def _tell_changes(history: History, recorder: Recorder, against: int, terminal: Terminal) -> None:
    """What changed since another run."""
    from .history_command import print_difference

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
