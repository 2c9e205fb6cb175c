"""Which board, for commands and for pytest alike."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..build.firmware import build_firmware
from ..checkout import DEFAULT_BUNDLE
from ..errors import HilError
from .discovery import choose_port, list_ports
from .interface import Board
from .kinds.qemu import QemuBoard
from .kinds.serial_line import SerialBoard
from .kinds.virtual import PSEUDO_TERMINALS, VirtualBoard, VirtualOptions

KINDS = ("virtual", "esp32", "esp32s3", "qemu")
FAST_BAUD = 921_600
ENVIRONMENT_VARIABLE = "HIL_VIRTUAL_ENV"  # another build of the virtual board: virtual_sanitize
EMULATOR_PATIENCE_S = 30.0
BOARD_PATIENCE_S = 5.0


@dataclass(frozen=True)
class BoardChoice:
    """A user's choice of board.

    Attributes:
        kind: one of KINDS, or "serial" when only a port was named.
        port: pyserial URL, or None to look for it.
        baud: line speed: what a real board negotiates (0: stay at the boot rate), a virtual one is throttled to.
        damage: share of frames that a virtual board's line damages.
        seed: of the damage.
        tcp: whether a virtual board's plug is a TCP port.
        microphone: raw samples for a virtual board's microphone.
        flash: file behind a virtual board's model slot.
        qemu: the emulator's path, or None to look for it.
    """

    kind: str
    port: str | None = None
    baud: int | None = None
    damage: float = 0.0
    seed: int = 1
    tcp: bool = False
    microphone: Path | None = None
    flash: Path | None = None
    qemu: str | None = None

    @property
    def dead_after_s(self) -> float:
        """How long this kind of board may be silent."""
        return (
            EMULATOR_PATIENCE_S
            if self.kind == "qemu" or (self.port or "").startswith("socket:")
            else BOARD_PATIENCE_S
        )


# name, settings: for argparse and for pytest, which take the same ones.
BUNDLE_OPTION: tuple[str, dict[str, Any]] = (
    "--bundle",
    {"type": Path, "default": DEFAULT_BUNDLE, "metavar": "DIR", "help": "bundle in use (models/default)"},
)
BOARD_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--board", {"choices": KINDS, "help": "kind of board (virtual, unless a port is named)"}),
    (
        "--port",
        {
            "metavar": "URL",
            "help": "device or pyserial URL: /dev/ttyUSB0, COM3, socket://host:port, rfc2217://…",
        },
    ),
    (
        "--baud",
        {
            "type": int,
            "metavar": "RATE",
            "help": f"line speed: a board's ({FAST_BAUD}), or what a virtual one is throttled to",
        },
    ),
    (
        "--damage",
        {
            "type": float,
            "default": 0.0,
            "metavar": "SHARE",
            "help": "virtual board: share of frames damaged (0)",
        },
    ),
    ("--seed", {"type": int, "default": 1, "help": "virtual board: seed of the damage (1)"}),
    ("--tcp", {"action": "store_true", "help": "virtual board: a TCP port instead of a pseudo-terminal"}),
    ("--qemu", {"metavar": "PATH", "help": "qemu-system-xtensa, when it is not on the path"}),
)


def add_bundle_option(parser: argparse.ArgumentParser) -> None:
    """`--bundle`."""
    name, settings = BUNDLE_OPTION
    parser.add_argument(name, **settings)


def add_board_options(parser: argparse.ArgumentParser) -> None:
    """`--board`, `--port` and what goes with them."""
    group = parser.add_argument_group("board")
    for name, settings in BOARD_OPTIONS:
        group.add_argument(name, **settings)


def choice_from(args: argparse.Namespace) -> BoardChoice:
    """The choice that parsed options make.

    Raises:
        HilError: options that do not go together.
    """
    kind = args.board or ("serial" if args.port else "virtual")
    if kind == "virtual" and args.port:
        raise HilError(
            "--port names a board elsewhere, and --board virtual starts one here", "leave one of the two out"
        )
    if not 0 <= args.damage <= 1:
        raise HilError(f"--damage {args.damage} is no share", "give a number from 0 to 1")
    if args.baud is not None and not 0 <= args.baud <= 5_000_000:
        raise HilError(f"--baud {args.baud} is no line speed", "give e.g. 115200, 921600 or 2000000")
    return BoardChoice(
        kind=kind,
        port=args.port,
        baud=args.baud,
        damage=args.damage,
        seed=args.seed,
        tcp=args.tcp,
        microphone=getattr(args, "microphone", None),
        flash=getattr(args, "flash", None),
        qemu=args.qemu,
    )


def make_board(choice: BoardChoice, bundle_dir: Path) -> Board:
    """The board that `choice` names; a virtual or emulated one is built for the bundle first.

    Raises:
        HilError: it cannot be built, or not be found.
    """
    if choice.kind == "virtual":
        return _virtual(choice, bundle_dir)
    if choice.kind == "qemu" and choice.port is None:
        return QemuBoard.build(bundle_dir, choice.qemu)

    url = choice.port or choose_port(list_ports()).device
    return SerialBoard(url, choice.kind)


def _virtual(choice: BoardChoice, bundle_dir: Path) -> Board:

    options = VirtualOptions(
        tcp=choice.tcp or not PSEUDO_TERMINALS,
        baud=choice.baud or 0,
        damage=choice.damage,
        seed=choice.seed,
        microphone=choice.microphone,
        flash=choice.flash,
    )
    return VirtualBoard(build_firmware(os.environ.get(ENVIRONMENT_VARIABLE, "virtual"), bundle_dir), options)
