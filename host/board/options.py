"""The options that choose a board, for commands and for pytest."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..checkout import DEFAULT_BUNDLE
from ..configuration import DEFAULT as NOBODY
from ..configuration import FROM_FILE, Held, held
from ..errors import HilError
from ..given import SEED, SHARE, Whole, place
from ..line.port import PORT_CURE, trouble_with_url
from ..link.rates import FAST_BAUD, FASTEST_BAUD
from .choice import BoardChoice
from .discovery import choose_port, list_ports
from .interface import Board, BoardKind
from .kinds.registry import AT_A_PORT, DEFAULT, KINDS, kind_named, kind_of
from .places.labgrid_client import check_coordinator
from .places.place_board import PlaceBoard
from .ways import ELSEWHERE, way_of

DEFAULT_COORDINATOR = "127.0.0.1:20408"  # labgrid's own
BAUD = Whole(0, FASTEST_BAUD)  # 0: as fast as it goes

# Name and settings of each option; argparse and pytest take the same ones.
BUNDLE_OPTION: tuple[str, dict[str, Any]] = (
    "--bundle",
    {
        "type": place,
        "metavar": "DIR",
        "help": "bundle in use (default: HIL_BUNDLE, hil.toml, models/default)",
    },
)
BOARD_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "--board",
        {
            "choices": [kind.name for kind in KINDS],
            "help": "kind of board (default: HIL_BOARD, hil.toml, the one that is attached and answers)",
        },
    ),
    (
        "--port",
        {
            "metavar": "URL",
            "help": "device or pyserial URL: /dev/ttyUSB0, COM3, socket://host:port, rfc2217://… "
            "(default: HIL_PORT, hil.toml)",
        },
    ),
    (
        "--place",
        {
            "metavar": "NAME",
            "help": "a place of labgrid's: acquired, used through its serial port, released "
            "(default: HIL_PLACE, hil.toml)",
        },
    ),
    (
        "--coordinator",
        {
            "metavar": "ADDRESS",
            "help": "of labgrid, host or host:port, for --place "
            f"(default: LG_COORDINATOR, hil.toml, {DEFAULT_COORDINATOR})",
        },
    ),
    (
        "--baud",
        {
            "type": BAUD,
            "metavar": "RATE",
            "help": f"line speed: a board's (default: hil.toml, {FAST_BAUD}), or what a virtual one is throttled to",
        },
    ),
    (
        "--damage",
        {"type": SHARE, "metavar": "SHARE", "help": "virtual board: share of frames damaged (default: 0)"},
    ),
    ("--seed", {"type": SEED, "metavar": "N", "help": "virtual board: seed of the damage (default: 1)"}),
    ("--tcp", {"action": "store_true", "help": "virtual board: a TCP port instead of a pseudo-terminal"}),
    ("--qemu", {"metavar": "PATH", "help": "qemu: the emulator, when qemu-system-xtensa is not on the path"}),
    (
        "--image",
        {
            "type": place,
            "metavar": "PATH",
            "help": "qemu: a build folder or merged image to run instead of building (dual-core ones, too)",
        },
    ),
)
ALL = "all"  # what --board says for every board that is attached
MOST_BOARDS = 256
SEVERAL_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "--boards",
        {
            "type": place,
            "metavar": "FILE",
            "help": "all boards of a farm file (docs/recipes/several-boards.md; default: HIL_BOARDS, hil.toml)",
        },
    ),
    (
        "--tag",
        {
            "action": "append",
            "metavar": "TAG",
            "help": "of the farm file, only boards with this tag; may be repeated, then those that have all of them",
        },
    ),
    (
        "--jobs",
        {
            "type": Whole(1, MOST_BOARDS),
            "metavar": "N",
            "help": "with --board virtual: so many of them at once",
        },
    ),
)
SHORT = {"--port": "-p", "--baud": "-b"}  # as esptool has them; pytest has these letters for itself
OF_VIRTUAL = ("damage", "seed", "tcp", "microphone", "flash")
OF_EMULATOR = ("qemu", "image")


def add_bundle_option(parser: argparse.ArgumentParser) -> None:
    """Add `--bundle`; `bundle_from` gives what it chooses."""
    name, settings = BUNDLE_OPTION
    parser.add_argument(name, **settings)


def bundle_from(given: Path | None) -> Path:
    """The folder of the bundle in use, as option, environment, `hil.toml` or default say.

    Raises:
        HilError: whoever says it says something empty.
    """
    return Path(held("bundle", given, DEFAULT_BUNDLE).value)


def add_board_options(parser: argparse.ArgumentParser, several: bool = False) -> None:
    """Add `--board`, `--port` and the options that belong to them; with `several` also those of several boards."""
    group = parser.add_argument_group("board")
    for name, settings in BOARD_OPTIONS:
        more = settings
        if several and name == "--board":
            help_ = f"{settings['help']}; `{ALL}`: every board that is attached and answers, at once"
            more = {**settings, "choices": [*settings["choices"], ALL], "help": help_}
        group.add_argument(*([SHORT[name]] if name in SHORT else []), name, **more)
    for name, settings in SEVERAL_OPTIONS if several else ():
        group.add_argument(name, **settings)


def port_from(given: str | None) -> Held:
    """The port that option, environment or `hil.toml` name.

    Raises:
        HilError: it is empty, or a malformed URL.
    """
    port = held("port", given)
    check_port(port.value, port.source.removeprefix("option "))
    return port


def choice_from(args: argparse.Namespace) -> BoardChoice:
    """Return the board that option, environment or `hil.toml` choose; the virtual one when none of them says any.

    Who says it with more weight settles it alone: `--board virtual` wins over a port in the environment, and `--port`
    over a kind in `hil.toml`.

    Raises:
        HilError: they contradict each other, or an option cannot be honoured by the board that they choose.
    """
    place = _place(args)
    kind, port = (AT_A_PORT, None) if place is not None else _kind_and_port(args)
    _honoured(args, kind, port, place)
    return BoardChoice(
        kind=kind.name,
        port=port,
        baud=_baud(args, kind),
        damage=args.damage or 0.0,
        seed=1 if args.seed is None else args.seed,
        tcp=args.tcp,
        microphone=getattr(args, "microphone", None),
        flash=getattr(args, "flash", None),
        qemu=args.qemu,
        image=args.image,
        place=place,
        coordinator=coordinator_from(args.coordinator) if place is not None else "",
    )


def _baud(args: argparse.Namespace, kind: BoardKind) -> int | None:
    """The line speed. One in `hil.toml` is that of the board named there, and throttles no other virtual one."""
    baud = held("baud", args.baud)
    if baud.rank == FROM_FILE and kind.made_here and held("board", args.board).rank != FROM_FILE:
        return None
    rate: int | None = baud.value
    return rate


def names_a_board(args: argparse.Namespace) -> bool:
    """Whether anything says which board: a kind, a port, or an option that only the virtual board has.

    Raises:
        HilError: see `held`.
    """
    says = held("board", args.board).rank != NOBODY or port_from(args.port).rank != NOBODY
    says = says or held("place", args.place).rank != NOBODY
    return says or any(_given(args, name) for name in OF_VIRTUAL + OF_EMULATOR)


def _place(args: argparse.Namespace) -> str | None:
    """The place that holds; None where none is named, or who names a board or port has more weight.

    Raises:
        HilError: see `way_of`.
    """
    if way_of(args) not in ELSEWHERE:
        return None
    place = held("place", args.place)
    name: str = place.value
    if not name.isprintable():
        raise HilError(
            f"{place.source} {name!r} is no name of a place", "give it as `labgrid-client places` does"
        )
    return name


def coordinator_from(given: str | None) -> str:
    """labgrid's address: the one given, else that of environment or `hil.toml`, else labgrid's own.

    Raises:
        PlaceError: it is none.
    """
    address: str = held("coordinator", given, DEFAULT_COORDINATOR).value
    check_coordinator(address)
    return address


def _kind_and_port(args: argparse.Namespace) -> tuple[BoardKind, str | None]:
    board, port = held("board", args.board), port_from(args.port)
    if board.value is None:
        return (DEFAULT if port.value is None else AT_A_PORT), port.value
    kind = kind_named(board.value)
    if port.value is None or kind.takes_port:
        return kind, port.value
    if port.rank == board.rank:
        raise HilError(
            f"{port.source} names a board elsewhere, and {board.source} says {kind.name}, which starts one here",
            "leave one of the two out",
        )
    return (kind, None) if board.rank < port.rank else (AT_A_PORT, port.value)


def _given(args: argparse.Namespace, name: str) -> bool:
    value = getattr(args, name, None)
    return value is not None and value is not False


def _honoured(args: argparse.Namespace, kind: BoardKind, port: str | None, place: str | None = None) -> None:
    """Refuse options that the chosen board cannot honour."""
    where = f"the board at {port}" if port is not None else f"--board {kind.name}"
    where = f"the one of place {place}" if place is not None else where
    for name in OF_VIRTUAL:
        if _given(args, name) and not kind.made_here:
            raise HilError(
                f"--{name} is for the virtual board, and another board is named: {where}",
                f"leave --{name} out, or use --board {DEFAULT.name} without a port",
            )
    for name in OF_EMULATOR:
        if _given(args, name) and (port is not None or not kind.runs_images):
            raise HilError(
                f"--{name} is for the emulator that is started here, and another board is named: {where}",
                f"give --board qemu with it, and no port; or leave --{name} out",
            )


def check_port(port: str | None, source: str = "--port") -> None:
    """Refuse a port that cannot exist, before anything is built or searched.

    Raises:
        HilError: it is a malformed URL.
    """
    trouble = trouble_with_url(port or "")
    if trouble:
        raise HilError(f"{source} {port!r} is not an address: {trouble}", PORT_CURE)


def make_board(choice: BoardChoice, bundle_dir: Path) -> Board:
    """Return the chosen board; the firmware of a virtual or emulated one is built for the bundle first.

    Raises:
        HilError: it cannot be built or found.
    """
    if choice.place is not None:
        return PlaceBoard(choice.place, choice.coordinator)
    kind = kind_of(choice)
    if kind.needs_port and choice.port is None:
        choice = replace(choice, port=choose_port(list_ports()).device)
    return kind.make(choice, bundle_dir)
