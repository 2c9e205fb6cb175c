"""`deploy`: another bundle into a board's model slot, in seconds and without flashing."""

import argparse
import contextlib
import time
from collections.abc import Callable
from typing import Any

from ..board.choice import BoardChoice
from ..board.choosing import choose_board
from ..board.connecting import connect
from ..board.deploying import refuse_larger
from ..board.device import Device
from ..board.identity import check_detector, check_identity, describe
from ..board.interface import Board
from ..board.kernels import KernelCrashError, kernels_of, refuse_crashes
from ..board.kinds.registry import kind_of
from ..board.options import add_board_options, add_bundle_option, bundle_from, make_board
from ..board.trial import Trial, TrialCrashedError, make_trial
from ..bundle.image import bundle_image
from ..bundle.load import Bundle, load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..errors import HilError
from ..given import place
from ..invocation import command_line
from ..link.messages import Capability, Info
from ..manner import LINE_EVERY_S, is_quiet, moves
from ..model.kernel_faults import DeviceKernels, known_faults
from ..printable import counted, note, out, printable_line
from ..strict_json import json_text
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
        "--flash", type=place, metavar="FILE", help="virtual board: file that keeps its slot from run to run"
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="for programs: one JSON object on standard output, all else on standard error",
    )


def run(args: argparse.Namespace) -> int:
    """Deploy; 0 when the board answers with the bundle's hashes afterwards.

    The link carries the bundle to any board, whatever it runs now: the identity is checked after, not before. A
    firmware that can do so tries the bundle before it keeps it.
    """
    tell = note if args.json else out
    choice = choose_board(args, "deploy", tell)
    bundle = load_bundle(bundle_from(args.bundle))
    # A virtual board has the default bundle compiled in, as one that was flashed once.
    board = make_board(choice, DEFAULT_BUNDLE)
    with contextlib.closing(board):
        done = _deploy(board, choice, bundle, args, tell)
    if kind_of(choice).made_here and choice.flash is None:
        keeps = command_line("board", "--flash", "FILE")
        tell(f"This virtual board forgets it now: --flash FILE keeps it for `{keeps}`.")
    if args.json:
        out(json_text(done))
    return 0


def _deploy(
    board: Board, choice: BoardChoice, bundle: Bundle, args: argparse.Namespace, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Empty the slot or fill it; what was done, for programs."""
    device, info = connect(board, choice)
    try:
        tell(f"Board: {describe(info)}")
        if not info.capabilities & Capability.SLOT:
            raise HilError(
                f"the board at {board.description} has no model slot",
                f"flash a firmware with this bundle: `{command_line('flash', '--bundle', bundle.path)}`",
            )
        start = time.monotonic()
        if args.erase:
            _send(device, b"", bundle.name)
            info = device.info()
            tell(f"Slot emptied in {time.monotonic() - start:.2f} s; the board runs: {describe(info)}")
            return _done(board, info, 0, 0, time.monotonic() - start)
        check_detector(info, bundle)
        image = bundle_image(bundle)
        refuse_larger(image, info)
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
        windows = len(trial.windows) if trial is not None else 0
        tried = f"; {counted(windows, 'window')} tried" if windows else ""
        tell(f"Deployed {len(image):,} bytes in {took:.2f} s{tried}; the board runs: {describe(info)}")
        return _done(board, info, len(image), windows, took)
    finally:
        device.close()


def _done(board: Board, info: Info, size: int, windows: int, took_s: float) -> dict[str, Any]:
    return {
        "board": {
            "kind": board.kind,
            "reached": board.description,
            "name": info.board,
            "chip": info.chip,
            "firmware_version": info.firmware_version,
        },
        "bundle": {
            "name": info.bundle_name.decode("utf-8", "replace"),
            "in_slot": bool(info.bundle_source),
            "model_sha256": info.model_hash.hex(),
            "frontend_sha256": info.frontend_hash.hex(),
            "settings_sha256": info.settings_hash.hex(),
        },
        "bytes": size,
        "windows_tried": windows,
        "seconds": round(took_s, 3),
    }


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
        f"This firmware keeps a bundle without trying it: run `{command_line('run')}` on it afterwards, or flash the "
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
    """Send an image with a progress bar; in a log with a line every few seconds."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    told: list[str] = []
    doing = f"Deploying {printable_line(name)}" if image else "Emptying the slot"
    line_s = time.monotonic()
    console = Terminal(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not moves(console.file)) as progress:
        task = progress.add_task(doing, total=len(image) or None)

        def show(sent: int, total: int) -> None:
            nonlocal line_s
            trying = trial is not None and sent == total
            progress.update(
                task, completed=sent, description=f"Trying {printable_line(name)}" if trying else None
            )
            if progress.disable and not is_quiet() and time.monotonic() - line_s >= LINE_EVERY_S:
                line_s = time.monotonic()
                note(f"· {doing}: {sent:,} of {total:,} bytes")

        device.deploy(image, show, trial, keep, told.append)
    for line in told:
        note(line)
