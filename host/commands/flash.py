"""`flash`: build the firmware of a bundle, upload it, and check that the board answers with it."""

import argparse

from ..board.choosing import choose_flash_port, keep_options
from ..board.discovery import FoundPort
from ..board.esptool_upload import UPLOAD_BAUD
from ..board.flash_image import ImageError, read_flash_image
from ..board.flashing import Flashed, flash, flash_image
from ..board.identity import describe
from ..board.kinds.registry import flashable
from ..board.options import BAUD, SHORT, add_bundle_option, bundle_from
from ..bundle.load import Bundle, load_bundle
from ..configuration import held
from ..given import place
from ..link.rates import FAST_BAUD
from ..model.kernel_names import KERNELS
from ..printable import note, out
from ..progress import bar


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_bundle_option(parser)
    parser.add_argument(
        "--board",
        choices=sorted(flashable()),
        help="chip (default: what the firmware on it says it is; else by the adapter: esp32, or esp32s3 on its own USB "
        "port)",
    )
    parser.add_argument(
        SHORT["--port"],
        "--port",
        metavar="URL",
        help="device, or rfc2217:// URL (default: HIL_PORT, hil.toml, the one board that answers)",
    )
    parser.add_argument(
        SHORT["--baud"],
        "--baud",
        type=BAUD,
        metavar="RATE",
        help=f"line speed of the check afterwards (default: hil.toml, {FAST_BAUD})",
    )
    parser.add_argument(
        "--image",
        type=place,
        metavar="FILE",
        help="a firmware built elsewhere, uploaded without PlatformIO: a merged image for 0x0, or a build's folder or "
        "zip with flasher_args.json",
    )
    parser.add_argument(
        "--kernels",
        choices=KERNELS,
        help="which kernels compute the model: esp-nn, as it comes; esp-nn-ansi, its plain C versions behind the same "
        "wrappers (CONFIG_NN_ANSI_C); reference, TFLite Micro's own (default: as the firmware's options say, esp-nn)",
    )
    parser.add_argument(
        "--upload-baud",
        type=BAUD,
        metavar="RATE",
        help=f"line speed of the upload of --image (default: {UPLOAD_BAUD})",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="upload even when the board runs this firmware already, or its kernels are known to crash on the model",
    )


def run(args: argparse.Namespace) -> int:
    """Flash; 0 when the board runs the bundle."""
    if args.image is not None and args.kernels is not None:
        raise ImageError(
            f"--kernels {args.kernels} says how to build a firmware, and {args.image} is built already",
            "leave one of the two away; a run's report names the kernels of what is flashed",
        )
    keep_options(args)
    bundle = load_bundle(bundle_from(args.bundle))
    port = choose_flash_port(args.port)
    baud = held("baud", args.baud).value
    if args.image is not None:
        done = _flash_image(args, bundle, port, baud)
    else:
        done = flash(bundle, port, args.board, baud, args.force, note, args.kernels or "")
    if done.uploaded:
        out(f"The board at {port.device} runs it: {describe(done.info)}")
    else:
        out(
            f"The board at {port.device} runs it already: {describe(done.info)}. Nothing uploaded (--force does)."
        )
    return 0


def _flash_image(args: argparse.Namespace, bundle: Bundle, port: FoundPort, baud: int | None) -> Flashed:
    image = read_flash_image(args.image)
    if args.board not in (None, image.chip):
        raise ImageError(
            f"{args.image} is a firmware for the {image.chip}, and --board says {args.board}",
            "leave --board away, or give the firmware that was built for it",
        )
    with bar("Uploading", image.size) as report:
        return flash_image(image, bundle, port, (args.upload_baud, baud), args.force, note, report)
