"""`python -m host deploy`: another bundle into a board's model slot, in seconds and without flashing."""

import argparse
import contextlib
import time
from pathlib import Path

from ..board.connecting import connect
from ..board.device import Device
from ..board.identity import check_identity, describe
from ..board.kinds.registry import kind_of
from ..board.options import add_board_options, add_bundle_option, choice_from, make_board
from ..bundle.image import bundle_image
from ..bundle.load import load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..errors import HilError
from ..link.messages import Capability, DeployStatus
from ..printable import out, printable_line
from ..terminal import Terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_bundle_option(parser)
    add_board_options(parser)
    parser.add_argument(
        "--erase", action="store_true", help="empty the slot: back to the bundle compiled into the firmware"
    )
    parser.add_argument(
        "--flash", type=Path, metavar="FILE", help="virtual board: file that keeps its slot from run to run"
    )


def run(args: argparse.Namespace) -> int:
    """Deploy; 0 when the board answers with the bundle's hashes afterwards.

    The link carries the bundle to any board, whatever it runs now: the identity is checked after, not before.
    """

    choice = choice_from(args)
    bundle = load_bundle(args.bundle)
    image = b"" if args.erase else bundle_image(bundle)
    # A virtual board has the default bundle compiled in, as one that was flashed once.
    board = make_board(choice, DEFAULT_BUNDLE)
    with contextlib.closing(board):
        device, info = connect(board, choice)
        with contextlib.closing(device):
            out(f"Board: {describe(info)}")
            if not info.capabilities & Capability.SLOT:
                raise HilError(
                    f"the board at {board.description} has no model slot",
                    f"flash a firmware with this bundle: `python -m host flash --bundle {bundle.path}`",
                )
            start = time.monotonic()
            _send(device, image, bundle.name)
            took = time.monotonic() - start
            info = device.info()
            if args.erase:
                out(f"Slot emptied in {took:.2f} s; the board runs: {describe(info)}")
                return 0
            check_identity(info, bundle)
            out(f"Deployed {len(image):,} bytes in {took:.2f} s; the board runs: {describe(info)}")
    if kind_of(choice).made_here and choice.flash is None:
        out(
            "This virtual board forgets it now: --flash FILE keeps it for `python -m host board --flash FILE`."
        )
    return 0


def _send(device: "Device", image: bytes, name: str) -> "DeployStatus":
    """Send an image with a progress bar."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=Terminal(stderr=True), transient=True) as progress:
        task = progress.add_task(
            f"Deploying {printable_line(name)}" if image else "Emptying the slot", total=len(image) or None
        )
        return device.deploy(image, lambda sent, _total: progress.update(task, completed=sent))
