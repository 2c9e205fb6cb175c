"""In which way the boards of a run are named, when several ways say something."""

import argparse

from ..configuration import DEFAULT, held
from ..errors import HilError

ONE = ("board", "port")  # together they name one board: a kind, and where it is
SEVERAL = ("boards",)


def way_of(args: argparse.Namespace) -> str:
    """Which of the ways names the boards: "" for `--board` and `--port`, or nobody; else one of `SEVERAL`.

    Who says it with more weight (option, environment, `hil.toml`) settles it alone.

    Raises:
        HilError: two ways say it with the same weight, or one says something empty.
    """
    said = {name: held(name, getattr(args, name, None)) for name in (*ONE, *SEVERAL)}
    rank = min(each.rank for each in said.values())
    if rank == DEFAULT:
        return ""
    names = [name for name, each in said.items() if each.rank == rank]
    several = [name for name in names if name in SEVERAL]
    if several and len(names) > 1:
        other = next(name for name in names if name != several[0])
        raise HilError(
            f"{said[several[0]].source} and {said[other].source} each say which board is taken",
            "leave one of the two out",
        )
    return several[0] if several else ""
