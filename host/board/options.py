"""Which board, for commands and for pytest alike."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..checkout import DEFAULT_BUNDLE
from ..errors import HilError
from ..link.protocol import BOOT_BAUD
from ..link.rates import FAST_BAUD, FASTER_BAUD, FASTEST_BAUD
from .choice import BoardChoice
from .discovery import choose_port, list_ports
from .interface import Board
from .kinds.registry import AT_A_PORT, DEFAULT, KINDS, kind_named, kind_of

# name, settings: for argparse and for pytest, which take the same ones.
BUNDLE_OPTION: tuple[str, dict[str, Any]] = (
    "--bundle",
    {"type": Path, "default": DEFAULT_BUNDLE, "metavar": "DIR", "help": "bundle in use (models/default)"},
)
BOARD_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "--board",
        {
            "choices": [kind.name for kind in KINDS],
            "help": f"kind of board ({DEFAULT.name}, unless a port is named)",
        },
    ),
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
    (
        "--image",
        {
            "type": Path,
            "metavar": "PATH",
            "help": "qemu: a build folder or merged image to run instead of building (dual-core ones, too)",
        },
    ),
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
    check_port(args.port)
    default = DEFAULT if args.port is None else AT_A_PORT
    kind = kind_named(args.board) if args.board else default
    if args.port is not None and not kind.takes_port:
        raise HilError(
            f"--port names a board elsewhere, and --board {kind.name} starts one here",
            "leave one of the two out",
        )
    if args.image is not None and (args.port is not None or not kind.runs_images):
        raise HilError(
            "--image names a firmware for the emulator, and another board is named",
            "give --board qemu with it, and no --port",
        )
    check_damage(args.damage)
    check_baud(args.baud)
    return BoardChoice(
        kind=kind.name,
        port=args.port,
        baud=args.baud,
        damage=args.damage,
        seed=args.seed,
        tcp=args.tcp,
        microphone=getattr(args, "microphone", None),
        flash=getattr(args, "flash", None),
        qemu=args.qemu,
        image=args.image,
    )


def check_port(port: str | None) -> None:
    """Refuse an empty name: a variable that is not set would otherwise choose another board in silence.

    Raises:
        HilError: `port` is there, and empty.
    """
    if port is not None and not port.strip():
        raise HilError(
            "--port is empty",
            "name a device or URL; if it comes from a variable, that variable is not set",
        )


def check_damage(share: float) -> None:
    """Refuse what is not between 0 and 1.

    Raises:
        HilError: it is not.
    """
    if not 0 <= share <= 1:
        raise HilError(f"--damage must be a share from 0 to 1, not {share}", "give e.g. 0.01")


def check_baud(rate: int | None, name: str = "--baud") -> None:
    """Refuse what no serial line runs at; `name` is the option's.

    Raises:
        HilError: it is negative or too fast.
    """
    if rate is not None and not 0 <= rate <= FASTEST_BAUD:
        raise HilError(
            f"{name} {rate} is no line speed", f"give e.g. {BOOT_BAUD}, {FAST_BAUD} or {FASTER_BAUD}"
        )


def make_board(choice: BoardChoice, bundle_dir: Path) -> Board:
    """The board that `choice` names; a virtual or emulated one is built for the bundle first.

    Raises:
        HilError: it cannot be built, or not be found.
    """
    kind = kind_of(choice)
    if kind.needs_port and choice.port is None:
        choice = replace(choice, port=choose_port(list_ports()).device)
    return kind.make(choice, bundle_dir)
