"""`python -m host flash`: build the firmware of a bundle, upload it, and check that the board answers with it."""

import argparse

from ..board.discovery import choose_port, list_ports, named_port
from ..board.flashing import flash
from ..board.identity import describe
from ..board.kinds.registry import flashable
from ..board.options import BAUD, add_bundle_option, check_port
from ..bundle.load import load_bundle
from ..link.rates import FAST_BAUD
from ..printable import note, out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_bundle_option(parser)
    parser.add_argument(
        "--board",
        choices=sorted(flashable()),
        help="chip (what the firmware on it says it is; else by the adapter: esp32, or esp32s3 on its own USB port)",
    )
    parser.add_argument("--port", metavar="URL", help="device, or rfc2217:// URL (the one known adapter)")
    parser.add_argument(
        "--baud", type=BAUD, metavar="RATE", help=f"line speed of the check afterwards ({FAST_BAUD})"
    )
    parser.add_argument(
        "--force", action="store_true", help="upload even when the board runs this firmware already"
    )


def run(args: argparse.Namespace) -> int:
    """Flash; 0 when the board runs the bundle."""
    check_port(args.port)
    bundle = load_bundle(args.bundle)
    ports = list_ports()
    port = named_port(args.port, ports) if args.port else choose_port(ports)
    done = flash(bundle, port, args.board, args.baud, args.force, note)
    if done.uploaded:
        out(f"The board at {port.device} runs it: {describe(done.info)}")
    else:
        out(
            f"The board at {port.device} runs it already: {describe(done.info)}. Nothing uploaded (--force does)."
        )
    return 0
