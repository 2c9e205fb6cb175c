"""`python -m host boards`: what is attached, and what runs on it."""

import argparse

from ..board.discovery import BoardNotFoundError, FoundPort, choose_port, list_ports, named_port
from ..board.identity import describe
from ..board.options import check_port
from ..board.probe import probe
from ..errors import ExitCode, HilError
from ..terminal import Terminal

LOG_WIDTH = 120


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "--probe",
        action="store_true",
        help="ask the known adapters which firmware and bundle answer behind them",
    )
    parser.add_argument("--all", action="store_true", help="ports without USB identity, too")
    parser.add_argument(
        "--port", metavar="URL", help="look at this port only; any pyserial URL, with --probe"
    )


def run(args: argparse.Namespace) -> int:
    """Print the table; 0 when a port of a known adapter (or the one named) is there, 2 otherwise."""
    from rich.table import Table

    check_port(args.port)
    ports = list_ports()
    if args.port:
        ports = [named_port(args.port, ports)]
    shown = [port for port in ports if port.adapter or port.usb or args.all or args.port]
    console = Terminal(log_width=LOG_WIDTH)
    if shown:
        table = Table("port", "adapter", "USB", "serial number", *(["answers"] if args.probe else []))
        for port in shown:
            cells = [
                port.device,
                port.adapter or f"unknown ({port.description or '?'})",
                port.usb,
                port.serial_number,
            ]
            if args.probe:
                with console.status(f"Asking {port.device} …"):
                    cells.append(answer(port, bool(args.port)))
            table.add_row(*cells)
        console.print(table)
    if args.port:
        return 0
    try:
        chosen = choose_port(ports)
        console.print(f"Commands use {chosen.device} unless --port says otherwise.")
    except BoardNotFoundError as error:
        console.print(str(error), soft_wrap=True)
    return ExitCode.DONE if any(port.adapter for port in ports) else ExitCode.BROKE_OFF


def answer(port: "FoundPort", named: bool) -> str:
    """What runs behind a port, or why that is not known, in one cell.

    Args:
        named: the user named this very port: it is asked even when its adapter is unknown.
    """
    if not port.adapter and not named:
        return "not asked: unknown adapter"

    try:
        info = probe(port.device)
    except HilError as error:
        return error.cause
    return describe(info) if info is not None else "no firmware of this project answers"
