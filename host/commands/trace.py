"""`python -m host trace`: a window on the board, op by op against the host; a column, stage by stage."""

import argparse
import contextlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..audio.source import AudioSource
from ..board.connecting import connect
from ..board.identity import check_identity, describe, timing_note
from ..board.options import add_board_options, add_bundle_option, choice_from, make_board
from ..bundle.load import Bundle, load_bundle
from ..comparison.diagnosis.tensor_causes import usual_cause
from ..errors import ExitCode, HilError
from ..given import Whole
from ..model.worker import ModelWorker
from ..printable import out
from ..report.trace_table import print_trace
from ..terminal import Terminal
from ..trace.window import passage_of, trace_window
from ..trace.words import trace_sentence

NUMBER = Whole(0, 1 << 31)
Int16 = NDArray[np.int16]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a sound file")
    add_bundle_option(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--window", type=NUMBER, metavar="N", help="the window to look at, from 0 (0)")
    add_board_options(parser)


def run(args: argparse.Namespace) -> int:
    """Trace; 0 where everything is equal, 1 where something departs."""
    choice = choice_from(args)
    bundle = load_bundle(args.bundle)
    if args.file is None:
        raise HilError("no sound file is given", "name one: `python -m host trace FILE`")
    samples = _samples(args.file, bundle)
    passage = passage_of(bundle, samples, args.window or 0)
    terminal = Terminal()
    board = make_board(choice, bundle.path)
    with contextlib.closing(board), ModelWorker() as worker:
        worker.start()
        device, info = connect(board, choice)
        with contextlib.closing(device):
            check_identity(info, bundle)
            out(f"Board: {describe(info)}")
            traced = trace_window(device, bundle, passage, worker)
    print_trace(traced.tensors, terminal, 0 if timing_note(info) else info.clock_hz)
    out(trace_sentence(traced.tensors) + ".")
    cause = usual_cause(traced.tensors)
    if cause is not None:
        out(f"Usually {cause.what}. {cause.cure}.")
    return int(ExitCode.DONE if traced.tensors.agreed else ExitCode.BROKEN)


def _samples(path: Path, bundle: Bundle) -> Int16:
    """A file's samples at the bundle's rate."""
    source = AudioSource(path, bundle.settings.sample_rate)
    return np.concatenate([block.copy() for block in source.blocks()])
