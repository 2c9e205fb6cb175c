"""`python -m host flash`: build the firmware of a bundle, upload it, and check that the board answers with it."""

import argparse
from pathlib import Path

from ..board.discovery import FoundPort, choose_port, list_ports, named_port
from ..board.esptool_upload import UPLOAD_BAUD
from ..board.flash_image import ImageError, read_flash_image
from ..board.flashing import Flashed, flash, flash_image
from ..board.identity import describe
from ..board.kinds.registry import flashable
from ..board.options import BAUD, add_bundle_option, check_port
from ..bundle.load import Bundle, load_bundle
from ..link.rates import FAST_BAUD
from ..printable import note, out
from ..progress import bar


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
        "--image",
        type=Path,
        metavar="FILE",
        help="a firmware built elsewhere, uploaded without PlatformIO: a merged image for 0x0, or a build's folder or "
        "zip with flasher_args.json",
    )
    parser.add_argument(
        "--upload-baud",
        type=BAUD,
        metavar="RATE",
        help=f"line speed of the upload of --image ({UPLOAD_BAUD})",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="upload even when the board runs this firmware already, or its kernels are known to crash on the model",
    )


def run(args: argparse.Namespace) -> int:
    """Flash; 0 when the board runs the bundle."""
    check_port(args.port)
    bundle = load_bundle(args.bundle)
    ports = list_ports()
    port = named_port(args.port, ports) if args.port else choose_port(ports)
    if args.image is not None:
        done = _flash_image(args, bundle, port)
    else:
        done = flash(bundle, port, args.board, args.baud, args.force, note)
    if done.uploaded:
        out(f"The board at {port.device} runs it: {describe(done.info)}")
    else:
        out(
            f"The board at {port.device} runs it already: {describe(done.info)}. Nothing uploaded (--force does)."
        )
    return 0


def _flash_image(args: argparse.Namespace, bundle: Bundle, port: FoundPort) -> Flashed:
    image = read_flash_image(args.image)
    if args.board not in (None, image.chip):
        raise ImageError(
            f"{args.image} is a firmware for the {image.chip}, and --board says {args.board}",
            "leave --board away, or give the firmware that was built for it",
        )
    with bar("Uploading", image.size) as report:
        return flash_image(image, bundle, port, (args.upload_baud, args.baud), args.force, note, report)
