"""`python -m host history`: what earlier runs found, what changed between two, and since when."""

import argparse
import platform
from collections.abc import Callable
from pathlib import Path

from ..configuration import held
from ..errors import ExitCode
from ..files import atomic_write
from ..given import Whole, place
from ..history.change_points import Otava, change_points, change_points_of_all
from ..history.database import History
from ..history.figures_shown import shown_figure
from ..history.listing import difference_tables, run_table, runs_table
from ..history.location import history_url
from ..history.page import render_page, report_link
from ..history.row import HistoryError, RunRow
from ..history.runs_compared import compare
from ..history.series import by_subject, subject_of
from ..history.surroundings import UNKNOWN
from ..printable import note
from ..terminal import Terminal
from .history_option import add_history_option

LISTED = 20
FOLLOWED = 200  # runs, for change points
PAGED = 5_000  # runs of a page
SHORT = 8  # digits of a commit
WIDTH = 132  # of the table, where nobody watches
RUN = Whole(1, (1 << 31) - 1)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_history_option(parser)
    parser.add_argument("--board", metavar="KIND", help="runs on this kind of board only")
    parser.add_argument("--bundle", metavar="NAME", help="runs of the bundle of this name only")
    parser.add_argument(
        "--last", type=Whole(1, 100_000), default=LISTED, metavar="N", help=f"how many runs ({LISTED})"
    )
    parser.add_argument(
        "--no-changes",
        action="store_true",
        help="the table alone, without looking since when figures are others",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", help="nothing: list runs")
    show = actions.add_parser("show", help="one run in full")
    show.add_argument("number", type=RUN, metavar="N")
    add_history_option(show, argparse.SUPPRESS)
    both = actions.add_parser("compare", help="what changed from one run to another, exactly")
    both.add_argument("before", type=RUN, metavar="N")
    both.add_argument("after", type=RUN, metavar="M")
    add_history_option(both, argparse.SUPPRESS)
    _add_page(actions.add_parser("page", help="a line per figure over all runs, as one HTML file"))


def _add_page(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=place, default=Path("history.html"), metavar="FILE", help="where to (history.html)"
    )
    parser.add_argument(
        "--last",
        type=Whole(1, 20_000),
        default=PAGED,
        dest="paged",
        metavar="N",
        help=f"how many runs ({PAGED})",
    )
    for name, what in (("board", "KIND"), ("bundle", "NAME")):
        parser.add_argument(f"--{name}", metavar=what, default=argparse.SUPPRESS, help="as for the list")
    parser.add_argument(
        "--no-changes", action="store_true", default=argparse.SUPPRESS, help="as for the list"
    )
    add_history_option(parser, argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Print what was asked for."""
    url = history_url(args.history, held("history", None).value)
    if url is None:
        raise HistoryError("the history is off", "name it with --history, or unset HIL_HISTORY")
    history = History(url)
    console = Terminal(log_width=WIDTH)
    actions: dict[str | None, Callable[[argparse.Namespace, History, Terminal], ExitCode]] = {
        None: _list,
        "show": _show,
        "compare": _compare,
        "page": _page,
    }
    return int(actions[args.action](args, history, console))


def _filters(args: argparse.Namespace) -> dict[str, str]:
    return {name: value for name in ("board", "bundle") if (value := getattr(args, name)) is not None}


def _list(args: argparse.Namespace, history: History, console: Terminal) -> ExitCode:
    rows = history.last(args.last, _filters(args))
    if not rows:
        count = history.count()
        console.print(
            f"{history.name}: none of {count:,} runs is one of these"
            if count
            else f"{history.name}: no run yet",
            soft_wrap=True,
        )
        return ExitCode.DONE
    console.print(runs_table(rows))
    if not args.no_changes:
        _tell_change_points(history, rows[0][1], console)
    return ExitCode.DONE


def _tell_change_points(history: History, newest: RunRow, console: Terminal) -> None:
    """Since when figures of the newest run's subject are others."""
    rows = history.last(FOLLOWED, subject_of(newest).filters)
    try:
        changes = change_points(rows[::-1], Otava(say=note))
    except HistoryError as error:
        note(f"warning: no change points: {error}")
        return
    for change in changes:
        last, first = (
            f"run {number} ({commit[:SHORT] or 'no commit'})"
            for number, commit in (change.last, change.first)
        )
        values = [shown_figure(change.figure, value) for value in (change.before, change.after)]
        console.print(
            f"{change.figure}: {values[0]} → {values[1]} between {last} and {first}",
            soft_wrap=True,
        )


def _page(args: argparse.Namespace, history: History, console: Terminal) -> ExitCode:
    rows = history.last(args.paged, _filters(args))
    changes, notes = [], []
    if args.no_changes:
        notes.append("Change points were not looked for (--no-changes).")
    else:
        try:
            changes = change_points_of_all(by_subject(rows).values(), Otava(say=note))
        except HistoryError as error:
            note(f"warning: no change points: {error}")
            notes.append(f"No change points: {error.cause}.")
    page = render_page(rows, history.name, changes, report_link(args.out, platform.node() or UNKNOWN), notes)
    try:
        atomic_write(args.out, page)
    except OSError as error:
        raise HistoryError(
            f"{args.out} cannot be written: {error.strerror or error}", "name another file with --out"
        ) from error
    console.print(f"{len(rows):,} runs: {args.out}", soft_wrap=True)
    return ExitCode.DONE


def _show(args: argparse.Namespace, history: History, console: Terminal) -> ExitCode:
    console.print(run_table(args.number, history.run(args.number)))
    return ExitCode.DONE


def _compare(args: argparse.Namespace, history: History, console: Terminal) -> ExitCode:
    print_difference(history, args.before, args.after, console)
    return ExitCode.DONE


def print_difference(history: History, before: int, after: int, console: Terminal) -> None:
    """Print what changed from run `before` to run `after`.

    Raises:
        HistoryError: one of them is not there.
    """
    first, second = history.run(before), history.run(after)
    found = compare(first, second, history.details(before), history.details(after))
    headline, *parts = difference_tables(found)
    console.print(headline, soft_wrap=True)
    console.print(f"run {before} of {first.time} → run {after} of {second.time}", soft_wrap=True)
    for part in parts:
        console.print(part)
