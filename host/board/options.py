"""The options that choose a board, for commands and for pytest."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..checkout import DEFAULT_BUNDLE
from ..errors import HilError
from ..given import SEED, SHARE, Whole
from ..line.port import PORT_CURE, trouble_with_url
from ..link.rates import FAST_BAUD, FASTEST_BAUD
from .choice import BoardChoice
from .discovery import choose_port, list_ports
from .interface import Board
from .kinds.registry import AT_A_PORT, DEFAULT, KINDS, kind_named, kind_of

BAUD = Whole(0, FASTEST_BAUD)  # 0: as fast as it goes

# Name and settings of each option; argparse and pytest take the same ones.
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
            "type": BAUD,
            "metavar": "RATE",
            "help": f"line speed: a board's ({FAST_BAUD}), or what a virtual one is throttled to",
        },
    ),
    (
        "--damage",
        {
            "type": SHARE,
            "default": 0.0,
            "metavar": "SHARE",
            "help": "virtual board: share of frames damaged (0)",
        },
    ),
    ("--seed", {"type": SEED, "default": 1, "help": "virtual board: seed of the damage (1)"}),
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
    """Add `--bundle`."""
    name, settings = BUNDLE_OPTION
    parser.add_argument(name, **settings)


def add_board_options(parser: argparse.ArgumentParser) -> None:
    """Add `--board`, `--port` and the options that belong to them."""
    group = parser.add_argument_group("board")
    for name, settings in BOARD_OPTIONS:
        group.add_argument(name, **settings)


def choice_from(args: argparse.Namespace) -> BoardChoice:
    """Return the board that the options choose.

    Raises:
        HilError: the options contradict each other.
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
    """Refuse a port that cannot exist, before anything is built or searched.

    An empty name is refused too: an unset variable would otherwise choose another board silently.

    Raises:
        HilError: `port` is empty, or a malformed URL.
    """
    if port is not None and not port.strip():
        raise HilError(
            "--port is empty",
            "name a device or URL; if it comes from a variable, that variable is not set",
        )
    trouble = trouble_with_url(port or "")
    if trouble:
        raise HilError(f"--port {port!r} is not an address: {trouble}", PORT_CURE)


def make_board(choice: BoardChoice, bundle_dir: Path) -> Board:
    """Return the chosen board; the firmware of a virtual or emulated one is built for the bundle first.

    Raises:
        HilError: it cannot be built or found.
    """
    kind = kind_of(choice)
    if kind.needs_port and choice.port is None:
        choice = replace(choice, port=choose_port(list_ports()).device)
    return kind.make(choice, bundle_dir)
