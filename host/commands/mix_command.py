"""`python -m host mix`: mixtures of a data set's training recordings, labelled by a published classifier of sound."""

from __future__ import annotations

import argparse

from ..disk import check_writable
from ..given import AT_ONCE, SEED, SHARE, Whole, place
from ..making.dataset.heard import load_listener
from ..making.dataset.mixture import MixturePlan
from ..making.dataset.mixtures import TABLE, mix
from ..making.dataset.split import Options, balance
from ..making.dataset.store import load_dataset
from ..progress import bar, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("data", type=place, metavar="DATASET", help="data set of `python -m host split`")
    parser.add_argument(
        "--base",
        type=place,
        action="append",
        required=True,
        metavar="BASE",
        help="folder with its recordings, made by download or collect (repeatable)",
    )
    parser.add_argument(
        "--listener",
        type=place,
        required=True,
        metavar="FILE",
        help="JSON file that describes the classifier; see host/making/dataset/heard.py",
    )
    parser.add_argument(
        "--heard", type=place, metavar="FILE", help="take what it heard before in these mixtures from here"
    )
    parser.add_argument(
        "--out", type=place, required=True, metavar="DATASET", help="folder of the new data set"
    )
    parser.add_argument(
        "--windows", type=Whole(1, 10_000_000), default=20_000, help="how many (default: 20000)"
    )
    parser.add_argument(
        "--class-share",
        type=SHARE,
        default=MixturePlan.class_share,
        help=f"how many have the class in front (default: {MixturePlan.class_share})",
    )
    parser.add_argument("--seed", type=SEED, default=1, help="of all that is drawn (default: 1)")
    parser.add_argument(
        "--background",
        action="append",
        metavar="LABEL",
        help="labels that are not classes (default: nonbird, background, noise)",
    )
    parser.add_argument("--workers", type=AT_ONCE, default=2, help="processes that mix (default: 2)")


def run(args: argparse.Namespace) -> int:
    """Make the data set; 0 when done."""

    check_writable(args.out)
    about = load_listener(args.listener)
    plan = MixturePlan(args.windows, args.class_share, args.seed)
    with bar("mixtures", plan.windows) as report:
        made = mix(
            load_dataset(args.data),
            args.base,
            plan,
            about,
            args.heard or args.listener.parent,
            args.out,
            args.background or Options.background,
            args.workers,
            report,
        )
    for split, label, recordings, windows in balance(made):
        say(f"{split:10}  {label:20}  {recordings:5} recordings  {windows:7} windows")
    say(f"what {about.title} heard is in {args.out / TABLE}")
    return 0
