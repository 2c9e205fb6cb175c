"""What a run is held against besides the host: limits and labels; and what a build server reads of it."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from ..audio.errors import AudioError
from ..audio.find import find_audio
from ..bundle.load import Bundle
from ..checkout import ROOT
from ..comparison.host_side import telling_names
from ..comparison.result import NOT_FINISHED, RunComparison
from ..given import Number, Whole
from ..history.database import History
from ..history.row import HistoryError, RunRow
from ..limits.held_against import Attached
from ..limits.labels import FileLabels, read_labels
from ..limits.limit import read_limits, split_limits
from ..printable import note, printable_line

OFF, LAST = "off", "last"
NEWEST = -1
LOOKED_AT = 200  # earlier runs, for the one to compare with
_RUN = Whole(1, (1 << 31) - 1)
_TOLERANCE = Number(0.0, 3600.0)


def add_judging_options(parser: argparse.ArgumentParser) -> None:
    """Limits, labels, and files for a build server."""
    parser.add_argument(
        "--limit",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a limit that fails the run: total.p99=50ms, arena=20KB, accuracy=0.94, regression=5%%; may be repeated",
    )
    parser.add_argument(
        "--labels",
        metavar="FILE",
        help="a table (file, label, start, end) to judge the device by; `off`: none (labels beside the recordings)",
    )
    parser.add_argument(
        "--tolerance",
        type=_TOLERANCE,
        metavar="S",
        help="seconds between the begin of a labelled event and of a detection (a window's length)",
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="JUnit XML, a case a claim")
    parser.add_argument(
        "--summary", type=Path, metavar="FILE", help="a summary in Markdown (on GitHub also in the job's own)"
    )


def add_against_option(parser: argparse.ArgumentParser) -> None:
    """The run to compare with."""
    parser.add_argument(
        "--against",
        type=against,
        metavar="RUN",
        help="after the run, what changed since another one: `last` (of this board and bundle), or its number",
    )


def against(text: str) -> int:
    """Read `last` (-1) or a run's number.

    Raises:
        ArgumentTypeError: it is neither.
    """
    if text == LAST:
        return NEWEST
    try:
        return _RUN(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{error}, or `{LAST}`") from error


def attached_from(
    args: argparse.Namespace,
    paths: list[Path],
    bundle: Bundle,
    history: History | None,
    configured: Mapping[str, str] | None = None,
) -> Attached:
    """Return what the options, `hil.toml` and the bundle ask for; of one limit the first of these holds.

    Args:
        args: the command's.
        paths: what is streamed.
        bundle: the bundle in use.
        history: where the run before is looked for.
        configured: `limits` of `hil.toml`.

    Raises:
        LimitError: a limit that cannot be read.
        LabelError: labels that cannot be used.
    """
    limits = {
        **read_limits(dict(bundle.limits), "bundle.json"),
        **read_limits(dict(configured or {}), "hil.toml"),
        **read_limits(split_limits(args.limit), "--limit"),
    }
    return Attached(
        limits,
        {} if args.features_only else _labels(args.labels, paths, bundle),
        ROOT / ".pio" / "build",
        lambda run: _figures_before(history, run),
        args.tolerance,
    )


def _labels(given: str | None, paths: list[Path], bundle: Bundle) -> dict[str, FileLabels]:
    """Labels by the names that the report gives the files."""
    if given == OFF:
        return {}
    try:
        found = find_audio(paths)
    except AudioError:  # the run will say so, and write its report
        return {}
    known = read_labels(found, bundle.labels, Path(given) if given is not None else None)
    return {
        printable_line(name): known[path]
        for path, name in zip(found, telling_names(found), strict=True)
        if path in known
    }


def _figures_before(history: History | None, run: RunComparison) -> Mapping[str, float] | None:
    try:
        before = run_before(history, run)
    except HistoryError as error:
        note(f"warning: no run to compare with: {error}")
        return None
    return None if before is None else before[1].figures


def run_before(history: History | None, run: RunComparison) -> tuple[int, RunRow] | None:
    """Return the newest run of this board and bundle that came to its end, and is not this one; None without.

    Raises:
        HistoryError: the history cannot be read.
    """
    if history is None:
        return None
    filters = {"board": run.board, "bundle": run.bundle.name}
    for number, row in history.last(LOOKED_AT, filters):
        same = row.board_name in ("", run.info.board) and row.run_id != run.run_id
        if same and row.source == "hil" and row.verdict != NOT_FINISHED:
            return number, row
    return None
