"""In which way the boards of a run are named, when several ways say something."""

import argparse

from ..configuration import DEFAULT, held
from ..errors import HilError

ONE = ("board", "port")  # together they name one board: a kind, and where it is
SEVERAL = ("boards",)
ELSEWHERE = ("place",)  # labgrid knows where it is


def way_of(args: argparse.Namespace) -> str:
    """Which way names the boards: "" for `--board` and `--port`, or nobody; else one of `SEVERAL` and `ELSEWHERE`.

    Who says it with more weight (option, environment, `hil.toml`) settles it alone.

    Raises:
        HilError: two ways say it with the same weight, or one says something empty.
    """
    alone = (*SEVERAL, *ELSEWHERE)
    said = {name: held(name, getattr(args, name, None)) for name in (*ONE, *alone)}
    rank = min(each.rank for each in said.values())
    if rank == DEFAULT:
        return ""
    names = [name for name, each in said.items() if each.rank == rank]
    named = [name for name in names if name in alone]
    if named and len(names) > 1:
        other = next(name for name in names if name != named[0])
        raise HilError(
            f"{said[named[0]].source} and {said[other].source} each say which board is taken",
            "leave one of the two out",
        )
    return named[0] if named else ""
