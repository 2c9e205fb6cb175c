"""`python -m host history`: what earlier runs found, what changed between two, and since when."""

import argparse
from collections.abc import Callable

from ..errors import ExitCode
from ..given import Whole
from ..history.database import History
from ..history.listing import run_table, runs_table
from ..history.location import history_url
from ..history.row import HistoryError
from ..terminal import Terminal

LISTED = 20
WIDTH = 132  # of the table, where nobody watches
RUN = Whole(1, (1 << 31) - 1)


def add_history_option(parser: argparse.ArgumentParser, default: object = None) -> None:
    """The option that names the database."""
    parser.add_argument(
        "--history",
        metavar="URL",
        default=default,
        help="where runs are remembered: a file, any SQLAlchemy URL, or `off` (HIL_HISTORY, or the user's own file)",
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_history_option(parser)
    parser.add_argument("--board", metavar="KIND", help="runs on this kind of board only")
    parser.add_argument("--bundle", metavar="NAME", help="runs of the bundle of this name only")
    parser.add_argument(
        "--last", type=Whole(1, 100_000), default=LISTED, metavar="N", help=f"how many runs ({LISTED})"
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", help="nothing: list runs")
    show = actions.add_parser("show", help="one run in full")
    show.add_argument("number", type=RUN, metavar="N")
    add_history_option(show, argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Print what was asked for."""
    url = history_url(args.history)
    if url is None:
        raise HistoryError("the history is off", "name it with --history, or unset HIL_HISTORY")
    history = History(url)
    console = Terminal(log_width=WIDTH)
    actions: dict[str | None, Callable[[argparse.Namespace, History, Terminal], ExitCode]] = {
        None: _list,
        "show": _show,
    }
    return int(actions[args.action](args, history, console))


def _list(args: argparse.Namespace, history: History, console: Terminal) -> ExitCode:
    filters = {name: value for name in ("board", "bundle") if (value := getattr(args, name)) is not None}
    rows = history.last(args.last, filters)
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
    return ExitCode.DONE


def _show(args: argparse.Namespace, history: History, console: Terminal) -> ExitCode:
    console.print(run_table(args.number, history.run(args.number)))
    return ExitCode.DONE
