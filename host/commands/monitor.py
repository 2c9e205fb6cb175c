"""`monitor`: what a board hears through its microphone, live."""

import argparse
import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..audio.raw import raw_audio
from ..board.choice import BoardChoice
from ..board.choosing import choose_board
from ..board.connecting import connect
from ..board.device import Device
from ..board.identity import check_identity, describe, timing_note
from ..board.kinds.registry import kind_of
from ..board.options import add_board_options, add_bundle_option, bundle_from, make_board
from ..bundle.load import Bundle, load_bundle
from ..given import Number, place
from ..listening.hearing import heard
from ..listening.live import NOT_SCALED, LiveLog, LiveView
from ..manner import moves
from ..printable import out, printable
from ..terminal import Terminal

AFTER_THE_FILE_S = 1.0  # windows and detections that are still on their way when a WAV file ends
REFRESH_HZ = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_bundle_option(parser)
    add_board_options(parser)
    parser.add_argument(
        "--features", action="store_true", help="show the features that caused a detection (and log them)"
    )
    parser.add_argument("--csv", type=place, metavar="FILE", help="log detections to this file, line by line")
    parser.add_argument(
        "--seconds", type=Number(0.0, 1e9, above=True), metavar="N", help="stop after so long (with Ctrl-C)"
    )
    parser.add_argument(
        "--microphone",
        type=place,
        metavar="FILE",
        help="virtual board: a WAV file as its microphone, then stop",
    )
    parser.add_argument(
        "--flash", type=place, metavar="FILE", help="virtual board: file behind its model slot"
    )


def run(args: argparse.Namespace) -> int:
    """Listen until Ctrl-C, for --seconds, or to the end of the virtual board's WAV file; 0."""

    choice = choose_board(args, "monitor", out)
    bundle = load_bundle(bundle_from(args.bundle))
    with _microphone(choice, bundle) as (choice, seconds):
        board = make_board(choice, bundle.path)
        with contextlib.closing(board):
            device, info = connect(board, choice)
            with contextlib.closing(device):
                check_identity(info, bundle)
                out(f"Board: {describe(info)}")
                if timing_note(info):
                    out(timing_note(info))
                if bundle.to_peak:
                    out(NOT_SCALED)
                limit = args.seconds if args.seconds is not None else seconds
                listen(device, bundle, limit, args.features, args.csv, kind_of(choice).microphone_cure)
    return 0


@contextlib.contextmanager
def _microphone(choice: BoardChoice, bundle: "Bundle") -> Iterator[tuple[BoardChoice, float | None]]:
    """The choice with the WAV file as raw samples, and how long to listen to it."""
    if choice.microphone is None:
        yield choice, None
        return
    with raw_audio(choice.microphone, bundle.settings.sample_rate) as raw:
        for note in raw.notes:
            out(f"{choice.microphone.name}: {note}")
        yield replace(choice, microphone=raw.path), raw.seconds + AFTER_THE_FILE_S


def listen(
    device: "Device", bundle: "Bundle", seconds: float | None, features: bool, csv: Path | None, cure: str
) -> None:
    """Show what the board hears. `cure` is for a board without microphone.

    Raises:
        HilError: it has no microphone, or is lost; the CSV file cannot be written.
    """
    from rich.live import Live
    from rich.text import Text

    console = Terminal()
    log = LiveLog(csv, features) if csv is not None else None

    def line(text: str) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True)

    view = LiveView(bundle, line, log, features)
    with contextlib.ExitStack() as stack:
        if log is not None:
            stack.callback(log.close)
        live = None
        if moves(console.file):
            live = stack.enter_context(Live(console=console, refresh_per_second=REFRESH_HZ, transient=True))
        try:
            for _ in heard(device, view, seconds, features, cure):
                if live is not None:
                    live.update(Text(printable(view.bars())))
        except KeyboardInterrupt:
            pass  # how one stops listening
        view.settle()
    line(view.summary())
    if csv is not None:
        line(f"Log: {csv}")
