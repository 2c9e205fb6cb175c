"""`boards`: what is attached, and what runs on it."""

import argparse
from collections.abc import Sequence

from ..board.attached import NOBODY, Asked, ask, silent, the_one
from ..board.choosing import keep_options
from ..board.discovery import BoardNotFoundError, FoundPort, list_ports
from ..board.options import SHORT, port_from
from ..configuration import OPTION, Held, held
from ..errors import ExitCode
from ..invocation import command_line
from ..manner import moves
from ..printable import out
from ..strict_json import json_text
from ..terminal import Terminal

LOG_WIDTH = 120
UNKNOWN = "not asked: unknown adapter"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "--probe",
        action="store_true",
        help="ask the known adapters which firmware and bundle answer behind them; opening a port may reset a board",
    )
    parser.add_argument("--all", action="store_true", help="ports without USB identity, too")
    parser.add_argument(
        SHORT["--port"],
        "--port",
        metavar="URL",
        help="look at this port only; any pyserial URL, with --probe",
    )
    parser.add_argument(
        "--json", action="store_true", help="for programs: one JSON object on standard output"
    )


def run(args: argparse.Namespace) -> int:
    """Print the table; 0 when a port of a known adapter (or the one named) is there, 2 otherwise."""
    keep_options(args)
    port = port_from(args.port)
    named = port.value if port.rank == OPTION else None
    ports = list_ports()
    if named:
        ports = [next((each for each in ports if each.device == named), FoundPort(named, "", "", "", ""))]
    shown = [each for each in ports if each.adapter or each.usb or args.all or named]
    asked = [_ask(each, bool(named)) for each in shown] if args.probe else []
    used, why = _used(port, asked if args.probe else None)
    if args.json:
        out(json_text({"ports": _values(shown, asked), "used": used, "why": why}))
    else:
        _print_table(shown, asked)
        out(why)
    return ExitCode.DONE if named or any(each.adapter for each in ports) else ExitCode.BROKE_OFF


def _ask(port: FoundPort, named: bool) -> Asked:
    """What runs behind a port. An unknown adapter is left alone, unless the user named this very port."""
    if not port.adapter and not named:
        return Asked(port, None, UNKNOWN)
    console = Terminal(stderr=True)
    if not moves(console.file):
        return ask(port)
    with console.status(f"Asking {port.device} …"):
        return ask(port)


def _used(port: Held, asked: Sequence[Asked] | None) -> tuple[str | None, str]:
    """The port that other commands use, by the very rule that they go by, and why; None when that is not known."""
    board = held("board", None)
    if port.value is not None and port.rank != OPTION:
        return port.value, f"Commands use {port.value}, as {port.source} says."
    if board.value is not None and port.value is None:
        return None, f"Commands use the kind {board.value}, as {board.source} says."
    if asked is None:
        probing = command_line("boards", "--probe")
        return (
            None,
            f"Commands use the one board that answers when no --port is given; `{probing}` asks for it.",
        )
    try:
        found = the_one(asked, "run")
    except BoardNotFoundError as error:
        return None, str(error)
    if found is not None:
        return found.port.device, f"Commands use {found.port.device} unless --port says otherwise."
    known = [each for each in asked if each.port.adapter]
    nobody = silent(known)
    cure = (
        f"a new board is flashed by the name of its port: `{command_line('flash', '--port', known[0].port.device)}`"
        if known
        else "plug a board in with a cable that carries data, not only power; on Linux look at `dmesg | tail`"
    )
    return None, f"No board answers{f': {nobody}' if nobody else ''}\n  → {cure}"


def _values(shown: Sequence[FoundPort], asked: Sequence[Asked]) -> list[dict[str, object]]:
    answers = {each.port: each for each in asked}
    rows: list[dict[str, object]] = []
    for port in shown:
        row: dict[str, object] = {
            "port": port.device,
            "adapter": port.adapter,
            "usb": port.usb,
            "serial_number": port.serial_number,
            "description": port.description,
        }
        answer = answers.get(port)
        if answer is not None:
            info = answer.info
            row["answers"] = info is not None
            row["said"] = answer.said
            row["board"] = info.board if info is not None else None
            row["bundle"] = info.bundle_name.decode("utf-8", "replace") if info is not None else None
        rows.append(row)
    return rows


def _print_table(shown: Sequence[FoundPort], asked: Sequence[Asked]) -> None:
    from rich.table import Table

    if not shown:
        out("There is no serial port with a USB identity (--all shows others).")
        return
    answers = {each.port: each.said for each in asked}
    table = Table("port", "adapter", "USB", "serial number", *(["answers"] if asked else []))
    for port in shown:
        cells = [
            port.device,
            port.adapter or f"unknown ({port.description or '?'})",
            port.usb,
            port.serial_number,
        ]
        table.add_row(*cells, *([answers.get(port, NOBODY)] if asked else []))
    Terminal(log_width=LOG_WIDTH).print(table)
