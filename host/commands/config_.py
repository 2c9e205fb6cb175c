"""`config`: what holds for a command that talks to a board, and who says so."""

import argparse

from ..board.kinds.registry import KINDS
from ..board.options import BAUD, DEFAULT_COORDINATOR, SHORT, add_bundle_option, check_port
from ..checkout import DEFAULT_BUNDLE
from ..configuration import FILE, SETTINGS, held, read_file
from ..link.rates import FAST_BAUD
from ..printable import out
from ..strict_json import json_text
from ..terminal import Terminal

DEFAULTS = {
    "board": "the one that is attached and answers",
    "port": "where it answers",
    "place": "none: no board of labgrid's",
    "coordinator": DEFAULT_COORDINATOR,
    "boards": "none: one board",
    "baud": f"{FAST_BAUD} on a board, unthrottled on a virtual one",
    "history": "a file in your data folder",
    "limits": "none",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_bundle_option(parser)
    parser.add_argument(
        "--board", choices=[kind.name for kind in KINDS], help="as the other commands have it"
    )
    parser.add_argument(SHORT["--port"], "--port", metavar="URL", help="as the other commands have it")
    for name, metavar in (("--place", "NAME"), ("--coordinator", "ADDRESS")):
        parser.add_argument(name, metavar=metavar, help="as the other commands have it")
    parser.add_argument(
        SHORT["--baud"], "--baud", type=BAUD, metavar="RATE", help="as the other commands have it"
    )
    parser.add_argument(
        "--json", action="store_true", help="for programs: one JSON object on standard output"
    )


def run(args: argparse.Namespace) -> int:
    """Show them; 0."""
    settings = {
        name: held(name, getattr(args, name, None), DEFAULT_BUNDLE if name == "bundle" else None)
        for name in SETTINGS
    }
    check_port(settings["port"].value, settings["port"].source)
    if args.json:
        out(
            json_text(
                {
                    name: {
                        "value": each.value if isinstance(each.value, int | dict | None) else str(each.value),
                        "source": each.source,
                    }
                    for name, each in settings.items()
                }
            )
        )
        return 0
    from rich.table import Table

    table = Table("setting", "value", "from", box=None, pad_edge=False)
    for name, each in settings.items():
        table.add_row(name, DEFAULTS[name] if each.value is None else _shown(each.value), each.source)
    Terminal().print(table)
    found = f"{FILE} in this folder was read" if read_file() else f"there is no {FILE} in this folder"
    variables = ", ".join(setting.variable for setting in SETTINGS.values() if setting.variable)
    out(f"The first that says something holds: option, environment ({variables}), {FILE}, default; {found}.")
    return 0


def _shown(value: object) -> str:
    return (
        ", ".join(f"{name}={limit}" for name, limit in value.items())
        if isinstance(value, dict)
        else str(value)
    )
