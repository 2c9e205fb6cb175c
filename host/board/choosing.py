"""Which board a command takes: the one that is named, else the one that is attached and answers."""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ..invocation import command_line, keep
from .attached import Asked, ask_all, silent, the_one
from .choice import BoardChoice
from .discovery import BoardNotFoundError, FoundPort, choose_port, list_ports
from .identity import describe
from .kinds.registry import AT_A_PORT, DEFAULT, KINDS, flashable, kind_of
from .options import choice_from, names_a_board, port_from

BOARD_COMMANDS = ("run", "hil", "deploy", "monitor")
Say = Callable[[str], None]


def choose_board(args: argparse.Namespace, command: str, say: Say, or_virtual: bool = False) -> BoardChoice:
    """The board that `command` takes.

    Args:
        args: the options of `add_board_options`.
        command: its name, for messages.
        say: told which board was found, when none was named.
        or_virtual: whether the virtual board is taken when none is attached.

    Raises:
        HilError: the options contradict each other, or the board cannot honour them.
        BoardNotFoundError: none is named, and none or several are attached.
    """
    keep_options(args)
    choice = choice_from(args)
    if names_a_board(args):
        return _at_its_port(choice, command)
    asked = ask_all(list_ports())
    found = the_one(asked, command)
    if found is not None and found.info is not None:
        known = {kind.name for kind in KINDS if kind.takes_port}
        kind = found.info.board if found.info.board in known else AT_A_PORT.name
        say(f"Found at {found.port.device} ({found.port.adapter}): {describe(found.info)}")
        return replace(choice, kind=kind, port=found.port.device)
    nobody = "No board is attached" + (f" that answers; {silent(asked)}" if asked else "")
    if or_virtual:
        say(f"{nobody}: the virtual board is used, as `--board {DEFAULT.name}` says without looking.")
        return choice
    raise _none_found(nobody, asked, command)


def choose_flash_port(port: str | None) -> FoundPort:
    """The port that `flash` uploads to: the one named, else that of the one board that answers.

    A board that does not answer may be anybody's: it is flashed when its port is named.

    Raises:
        BoardNotFoundError: none is named, and none or several answer.
    """
    ports = list_ports()
    named = port_from(port).value
    if named is not None:
        known = (each for each in ports if each.device == named)
        return next(known, FoundPort(named, "", "", "", ""))
    asked = ask_all(ports)
    found = the_one(asked, "flash")
    if found is None:
        nobody = "no board is attached" + (f" that answers; {silent(asked)}" if asked else "")
        raise _none_found(nobody, asked, "flash")
    return found.port


def _at_its_port(choice: BoardChoice, command: str) -> BoardChoice:
    """A kind that was named without a port: the only adapter, or of several the only one where this kind answers."""
    if choice.port is not None or choice.place is not None or not kind_of(choice).needs_port:
        return choice
    ports = list_ports()
    if sum(bool(port.adapter) for port in ports) > 1:
        found = the_one(ask_all(ports), command, choice.kind)
        if found is not None:
            return replace(choice, port=found.port.device)
    return replace(choice, port=choose_port(ports).device)


def _none_found(nobody: str, asked: list[Asked], command: str) -> BoardNotFoundError:
    cause = nobody[0].lower() + nobody[1:]
    if asked:
        cure = f"if that is the board, name it: `{command_line(command, '--port', asked[0].port.device)}`"
    else:
        cure = (
            "plug the board in with a cable that carries data, not only power; "
            f"`{command_line('boards', '--all')}` lists all ports, and --port names any"
        )
    virtual = f"; `{command_line(command, '--board', DEFAULT.name)}` takes the virtual one"
    return BoardNotFoundError(cause, cure + (virtual if command in BOARD_COMMANDS else ""))


def keep_options(args: argparse.Namespace) -> None:
    """Let commands that messages name from now on keep the options that were given for board and bundle."""
    bundle = getattr(args, "bundle", None)
    words: dict[str, list[str]] = {}
    for name in ("board", "port", "place", "coordinator", "baud"):
        value = getattr(args, name, None)
        if value is not None:
            words[name] = [f"--{name}", str(value)]
    if isinstance(bundle, Path):
        words["bundle"] = ["--bundle", str(bundle)]
    chip = getattr(args, "board", None) in flashable()

    def of(*names: str) -> list[str]:
        return [word for name in names for word in words.get(name, ())]

    keep(
        {
            **dict.fromkeys(BOARD_COMMANDS, of("board", "port", "place", "coordinator", "baud", "bundle")),
            "flash": of(*(["board"] if chip else []), "port", "baud", "bundle"),
            "boards": of("port"),
            "board": of("bundle"),
        }
    )
