"""`listen`: try a bundle on a microphone, or on a WAV file as a stand-in."""

from __future__ import annotations

import argparse
import sys

from ..board.options import add_bundle_option, bundle_from
from ..bundle.load import load_bundle
from ..given import place
from ..listening.live import NOT_SCALED
from ..listening.live_audio import devices, file_blocks, microphone_blocks
from ..listening.show import listen
from ..model.worker import ModelWorker
from ..model.worker_protocol import REFERENCE
from ..printable import note, out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_bundle_option(parser)
    parser.add_argument("--wav", type=place, metavar="FILE", help="a file instead of the microphone")
    parser.add_argument(
        "--fast", action="store_true", help="with --wav: as fast as possible, not in real time"
    )
    parser.add_argument("--device", metavar="NAME", help="microphone, by number or part of its name")
    parser.add_argument("--devices", action="store_true", help="list the microphones and stop")


def run(args: argparse.Namespace) -> int:
    """Listen until the file ends or Ctrl-C; 0."""

    if args.devices:
        out("\n".join(devices()) or "no microphone")
        return 0

    bundle = load_bundle(bundle_from(args.bundle))
    rate = bundle.settings.sample_rate
    if args.wav:
        blocks = file_blocks(
            args.wav, rate, not args.fast, lambda text: note(f"note: {args.wav}: {text}"), bundle.to_peak
        )
    else:
        if bundle.to_peak:
            note(NOT_SCALED)
        blocks = microphone_blocks(rate, args.device)
    live = sys.stdout.isatty()
    with ModelWorker() as worker:
        try:
            listen(bundle, worker.open(REFERENCE, bundle.model_bytes, bundle.model), blocks, live)
        except KeyboardInterrupt:
            out("\nstopped")
    return 0
