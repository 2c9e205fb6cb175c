"""`python -m host compare`: architectures side by side, measured."""

from __future__ import annotations

import argparse
import dataclasses

from ..checkout import ROOT
from ..disk import check_writable
from ..given import EPOCHS, place
from ..making.dataset.cache import DEFAULT_CACHE
from ..making.training import recipe
from ..making.training.architectures import check_architecture
from ..making.training.data import load_data
from ..making.training.epoch_lines import epoch_reporter
from ..making.training.errors import TrainingError
from ..making.training.side_by_side import BACKGROUND, compare_one, write_table
from ..making.training.tensorflow_loading import tensorflow
from ..progress import say
from ..terminal import Terminal
from .training_options import add_training_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--preset", default="default", help="recipe to train each by (default: default)")
    parser.add_argument(
        "--architectures",
        metavar="A,B",
        help="names (default: the four of the background and the recipe's own)",
    )
    parser.add_argument(
        "--epochs", type=EPOCHS, default=8, help="of the float training; a third of it for int8 (default: 8)"
    )
    parser.add_argument(
        "--judge", metavar="SET", help="set to judge on (default: the last that is not a training set)"
    )
    parser.add_argument(
        "--out", type=place, metavar="DIR", help="folder of table and runs (default: build/compare)"
    )
    add_training_options(parser)


def run(args: argparse.Namespace) -> int:
    """Train, judge, print; 0 when done."""
    from rich.table import Table

    plan = recipe.preset(args.preset)
    names = (
        args.architectures.split(",")
        if args.architectures
        else list(dict.fromkeys((*BACKGROUND, plan.architecture)))
    )
    few = max(1, args.epochs // 3)
    plan = dataclasses.replace(
        plan,
        teacher=None,  # one network must not look better because of another
        float_plan=dataclasses.replace(plan.float_plan, epochs=args.epochs),
        qat_plan=dataclasses.replace(plan.qat_plan, epochs=few),
    )
    for name in names:
        check_architecture(name)
    folder = args.out or ROOT / "build" / "compare"
    check_writable(folder)
    data = load_data(plan, args.data, args.cache or DEFAULT_CACHE, args.workers)
    judged = args.judge or next(reversed(data.sets))
    if judged not in data.sets:
        raise TrainingError(f"There is no set {judged!r}.", f"Choose one of: {', '.join(data.sets)}.")
    tensorflow(args.threads)
    lines = []
    for name in names:
        say(f"{name}:")
        lines.append(compare_one(name, plan, data.sets, judged, folder, epoch_reporter))
        write_table(lines, folder)
    table = Table(title=f"judged on the {judged} set ({len(data.sets[judged])} windows)")
    for head in (
        "architecture",
        "parameters",
        "int8 bytes",
        "arena",
        "MACs",
        "instructions",
        "AUC float/int8",
        "accuracy float/int8",
    ):
        table.add_column(head, justify="left" if head == "architecture" else "right")
    for line in lines:
        table.add_row(
            line.architecture,
            f"{line.parameters:,}",
            f"{line.int8_bytes:,}",
            f"{line.arena_bytes:,}" if line.arena_bytes else "not measured",
            f"{line.macs:,}",
            f"{line.instructions:,}",
            f"{line.float_auc:.4f} / {line.int8_auc:.4f}",
            f"{100 * line.float_accuracy:.1f} / {100 * line.int8_accuracy:.1f} %",
        )
    Terminal(log_width=140).print(table)
    say(f"table in {folder / 'compare.md'} and compare.csv")
    return 0
