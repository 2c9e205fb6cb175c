"""`python -m host split`: a data set from base folders, split by recording and recordist."""

from __future__ import annotations

import argparse

from ..disk import check_writable
from ..errors import ExitCode
from ..given import AT_ONCE, COLUMNS, SEED, Number, place
from ..making.dataset.cache import DEFAULT_CACHE
from ..making.dataset.errors import DatasetError
from ..making.dataset.split import ATTRIBUTES, SHARES_CURE, Options, balance, make_dataset, usable_shares
from ..making.recordings.catalogue import Catalogue
from ..making.training import recipe
from ..printable import counted
from ..progress import bar, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "base", type=place, nargs="+", metavar="BASE", help="folders made by download or collect"
    )
    parser.add_argument("--out", type=place, required=True, metavar="DATASET", help="folder of the data set")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--preset", default="default", help="recipe with the front end to use (default: default)"
    )
    what.add_argument("--recipe", type=place, metavar="FILE", help="a recipe.json with the front end to use")
    parser.add_argument(
        "--background",
        action="append",
        metavar="LABEL",
        help="labels that are not classes (default: nonbird, background, noise)",
    )
    parser.add_argument(
        "--shares",
        default="0.7,0.15,0.15",
        metavar="A,B,C",
        help="of training, validation, test (default: 0.7,0.15,0.15)",
    )
    parser.add_argument("--seed", type=SEED, default=1, help="of the split (default: 1)")
    parser.add_argument(
        "--stride", type=COLUMNS, default=8, help="columns between windows of a recording (default: 8)"
    )
    parser.add_argument(
        "--active-db",
        type=Number(-200.0, 200.0),
        default=13.0,
        help="activity that makes a window of a class's clip count (default: 13)",
    )
    parser.add_argument(
        "--leave-out",
        action="append",
        default=[],
        metavar="ATTRIBUTE=VALUE",
        help="keep recordings out of all splits, e.g. source=ESC-50 (repeatable)",
    )
    parser.add_argument(
        "--cache", type=place, metavar="DIR", help="folder for computed features (default: cache/)"
    )
    parser.add_argument(
        "--workers", type=AT_ONCE, default=2, help="processes that compute features (default: 2)"
    )


def run(args: argparse.Namespace) -> int:
    """Make the data set; 0 when done, 3 when recordings were left out because they cannot be read."""

    plan = recipe.load(args.recipe) if args.recipe else recipe.preset(args.preset)
    options = Options(
        background=tuple(args.background or Options.background),
        shares=_shares(args.shares),
        seed=args.seed,
        stride=args.stride,
        active_db=args.active_db,
        left_out=_left_out(args.leave_out),
    )
    check_writable(args.out)
    total = sum(1 for base in args.base for _ in Catalogue(base))
    with bar("features of recordings", total) as report:
        dataset, told = make_dataset(
            args.base, plan.features, options, args.out, args.cache or DEFAULT_CACHE, args.workers, report
        )
    for name, reason in told.unreadable:
        say(f"left out: {name}: {reason}")
    say(
        f"{told.silent} windows of digital silence and {told.quiet} quiet windows of a class's clips left out"
    )
    for split, label, recordings, windows in balance(dataset):
        say(f"{split:10}  {label:20}  {recordings:5} recordings  {windows:7} windows")
    say(f"no leak found; {counted(len(dataset.entries), 'recording')} in {args.out}")
    return ExitCode.PARTLY if told.unreadable else ExitCode.DONE


def _shares(text: str) -> tuple[float, float, float]:

    try:
        first, second, third = (float(part) for part in text.split(","))
    except ValueError:
        first = second = third = -1.0
    if not usable_shares((first, second, third)):
        raise DatasetError(f"--shares {text!r} cannot be used.", f"{SHARES_CURE}.")
    return first, second, third


def _left_out(words: list[str]) -> dict[str, tuple[str, ...]]:

    result: dict[str, tuple[str, ...]] = {}
    for word in words:
        attribute, equals, value = word.partition("=")
        if not equals or attribute not in ATTRIBUTES:
            raise DatasetError(
                f"--leave-out {word!r} cannot be used.",
                f"Write ATTRIBUTE=VALUE with one of {', '.join(ATTRIBUTES)}.",
            )
        result[attribute] = (*result.get(attribute, ()), value)
    return result
