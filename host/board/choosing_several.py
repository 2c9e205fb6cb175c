"""Which boards a run takes: one, as every command, or several."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from ..configuration import held
from ..errors import HilError
from ..invocation import command_line
from .attached import Asked, ask_all, silent
from .choice import BoardChoice
from .choosing import Say, choose_board, keep_options
from .discovery import BoardNotFoundError, list_ports
from .farm import read_farm
from .identity import describe
from .kinds.registry import AT_A_PORT, DEFAULT, KINDS
from .named import NamedBoard
from .options import ALL, choice_from
from .ways import way_of


def choose_boards(args: argparse.Namespace, command: str, say: Say) -> list[NamedBoard]:
    """The boards that `command` takes, at least one; their names differ.

    Args:
        args: the options of `add_board_options`, those of several boards among them.
        command: its name, for messages.
        say: told which boards were found, when none was named.

    Raises:
        HilError: the options contradict each other, or a board cannot honour them.
        BoardNotFoundError: none of those that are wanted is there.
    """
    way = way_of(args)
    if args.tag and way != "boards":
        raise HilError(
            "--tag chooses among the boards of a farm file, and none is named", "name it with --boards"
        )
    if args.jobs is not None:
        return _virtual_ones(args, way)
    if way in WAYS:
        return WAYS[way](args, command)
    if held("board", args.board).value == ALL:
        return _every_attached(args, command, say)
    choice = choose_board(args, command, say, or_virtual=True)
    return [NamedBoard(choice.place or choice.port or choice.kind, choice)]


def _from_farm(args: argparse.Namespace, _command: str) -> list[NamedBoard]:
    keep_options(args)
    _plain(args, "--boards")
    farm = Path(held("boards", args.boards).value)
    boards = read_farm(farm, tuple(args.tag or ()), getattr(args, "coordinator", None))
    if args.baud is None:
        return boards
    return [replace(board, choice=replace(board.choice, baud=args.baud)) for board in boards]


WAYS: Mapping[str, Callable[[argparse.Namespace, str], list[NamedBoard]]] = {"boards": _from_farm}
"""What gives the boards, by how they are named (`ways.SEVERAL`)."""


def _virtual_ones(args: argparse.Namespace, way: str) -> list[NamedBoard]:
    """`--jobs`: so many virtual boards."""
    if way or held("board", args.board).value != DEFAULT.name:
        raise HilError(
            "--jobs says how many virtual boards run at once, and another board is named",
            f"give --board {DEFAULT.name} with it, or name several boards with --boards",
        )
    keep_options(args)
    choice = choice_from(args)
    if args.jobs == 1:
        return [NamedBoard(choice.kind, choice)]
    return [
        NamedBoard(f"{choice.kind}-{at + 1}", replace(choice, seed=choice.seed + at))
        for at in range(args.jobs)
    ]


def _every_attached(args: argparse.Namespace, command: str, say: Say) -> list[NamedBoard]:
    """`--board all`: every board that is attached and answers."""
    _plain(args, f"--board {ALL}")
    keep_options(argparse.Namespace(**{**vars(args), "board": None}))
    asked = ask_all(list_ports())
    known = {kind.name for kind in KINDS if kind.takes_port}
    found = []
    for each in asked:
        if each.info is not None:
            kind = each.info.board if each.info.board in known else AT_A_PORT.name
            say(f"Found at {each.port.device} ({each.port.adapter}): {describe(each.info)}")
            found.append(NamedBoard(each.port.device, BoardChoice(kind, each.port.device, args.baud)))
    if not found:
        raise BoardNotFoundError(
            "no board is attached" + (f" that answers; {silent(asked)}" if asked else ""),
            _cure(asked, command),
        )
    return found


def _cure(asked: list[Asked], command: str) -> str:
    look = f"`{command_line('boards', '--all')}` lists all ports"
    virtual = f"`{command_line(command, '--board', DEFAULT.name, '--jobs', '2')}` takes two virtual boards"
    return (
        f"see that one runs this project's firmware: {look}; {virtual}"
        if asked
        else f"plug them in; {look}; {virtual}"
    )


def _plain(args: argparse.Namespace, what: str) -> None:
    """Refuse options that belong to one board.

    Raises:
        HilError: one is given.
    """
    for name in ("port", "damage", "seed", "tcp", "qemu", "image"):
        value = getattr(args, name, None)
        if value is not None and value is not False:
            raise HilError(
                f"--{name} is for one board, and {what} names several",
                f"leave --{name} out, or name one board",
            )
