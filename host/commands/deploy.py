"""`python -m host deploy`: another bundle into a board's model slot, in seconds and without flashing."""

import argparse
import contextlib
import time
from pathlib import Path

from ..board.choice import BoardChoice
from ..board.connecting import connect
from ..board.device import Device
from ..board.identity import check_detector, check_identity, describe
from ..board.interface import Board
from ..board.kernels import KernelCrashError, kernels_of, refuse_crashes
from ..board.kinds.registry import kind_of
from ..board.options import add_board_options, add_bundle_option, choice_from, make_board
from ..board.trial import Trial, TrialCrashedError, make_trial
from ..bundle.image import bundle_image
from ..bundle.load import Bundle, load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..errors import HilError
from ..link.messages import Capability, Info
from ..model.kernel_faults import DeviceKernels, known_faults
from ..printable import note, out, printable_line
from ..terminal import Terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_bundle_option(parser)
    add_board_options(parser)
    parser.add_argument(
        "--erase", action="store_true", help="empty the slot: back to the bundle compiled into the firmware"
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="keep the bundle even when the board departs from the host, or crashes, while it tries it, and send one "
        "that its kernels are known to crash on",
    )
    parser.add_argument(
        "--flash", type=Path, metavar="FILE", help="virtual board: file that keeps its slot from run to run"
    )


def run(args: argparse.Namespace) -> int:
    """Deploy; 0 when the board answers with the bundle's hashes afterwards.

    The link carries the bundle to any board, whatever it runs now: the identity is checked after, not before. A
    firmware that can do so tries the bundle before it keeps it.
    """
    choice = choice_from(args)
    bundle = load_bundle(args.bundle)
    # A virtual board has the default bundle compiled in, as one that was flashed once.
    board = make_board(choice, DEFAULT_BUNDLE)
    with contextlib.closing(board):
        device, info = connect(board, choice)
        try:
            out(f"Board: {describe(info)}")
            if not info.capabilities & Capability.SLOT:
                raise HilError(
                    f"the board at {board.description} has no model slot",
                    f"flash a firmware with this bundle: `python -m host flash --bundle {bundle.path}`",
                )
            start = time.monotonic()
            if args.erase:
                _send(device, b"", bundle.name)
                info = device.info()
                out(f"Slot emptied in {time.monotonic() - start:.2f} s; the board runs: {describe(info)}")
                return 0
            check_detector(info, bundle)
            image = bundle_image(bundle)
            suspects = _suspects(kernels_of(info, device.build()), bundle, args.force)
            trial = _trial(info, bundle, suspects)
            start = time.monotonic()
            try:
                _send(device, image, bundle.name, trial, args.force)
            except TrialCrashedError as error:
                device.close()
                device = _back(board, choice, info, error)
                if not args.force:
                    raise
                note(f"{error.cause}; --force: it is sent once more all the same, without a trial")
                _send(device, image, bundle.name)
            took = time.monotonic() - start
            info = device.info()
            check_identity(info, bundle)
            tried = f"; {len(trial.windows)} windows tried" if trial is not None else ""
            out(f"Deployed {len(image):,} bytes in {took:.2f} s{tried}; the board runs: {describe(info)}")
        finally:
            device.close()
    if kind_of(choice).made_here and choice.flash is None:
        out(
            "This virtual board forgets it now: --flash FILE keeps it for `python -m host board --flash FILE`."
        )
    return 0


def _suspects(kernels: DeviceKernels, bundle: Bundle, force: bool) -> tuple[str, ...]:
    """Tell the known faults of the board's kernels that the model meets; return all that could explain a departure.

    Raises:
        KernelCrashError: one crashes the board, and it is not forced.
    """
    try:
        expected = refuse_crashes(bundle, kernels)
    except KernelCrashError as error:
        if not force:
            raise
        expected = []
        note(f"{error.cause}; --force: it is sent all the same")
    for known in expected:
        note(f"warning: {known}")
    return tuple(f"known: {known}" for known in known_faults(bundle.model_bytes, kernels))


def _trial(info: Info, bundle: Bundle, suspects: tuple[str, ...]) -> Trial | None:
    """What the board is to be held against before it keeps the bundle; None when it cannot try one."""
    if info.capabilities & Capability.TRIAL:
        return make_trial(bundle, suspects)
    note(
        "This firmware keeps a bundle without trying it: run `python -m host hil` on it afterwards, or flash the "
        "current firmware, which takes back what departs or crashes."
    )
    return None


def _back(board: Board, choice: BoardChoice, before: Info, error: TrialCrashedError) -> Device:
    """Connect to a board that was lost on trial, and see that it has its old bundle."""
    try:
        device, info = connect(board, choice)
    except HilError as silent:
        raise TrialCrashedError(
            f"{error.cause}; and since then: {silent.cause}",
            "press its reset button: it boots its old bundle",
        ) from silent
    kept = (info.model_hash, info.settings_hash) == (before.model_hash, before.settings_hash)
    note(f"The board is back and runs {'its old bundle' if kept else 'another bundle'}: {describe(info)}")
    return device


def _send(device: Device, image: bytes, name: str, trial: Trial | None = None, keep: bool = False) -> None:
    """Send an image with a progress bar."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    told: list[str] = []
    with Progress(*columns, console=Terminal(stderr=True), transient=True) as progress:
        task = progress.add_task(
            f"Deploying {printable_line(name)}" if image else "Emptying the slot", total=len(image) or None
        )

        def show(sent: int, total: int) -> None:
            trying = trial is not None and sent == total
            progress.update(
                task, completed=sent, description=f"Trying {printable_line(name)}" if trying else None
            )

        device.deploy(image, show, trial, keep, told.append)
    for line in told:
        note(line)
