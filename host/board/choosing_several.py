"""Which boards a run takes: one, as every command, or several."""

import argparse

from .choosing import Say, choose_board
from .named import NamedBoard
from .ways import way_of


def choose_boards(args: argparse.Namespace, command: str, say: Say) -> list[NamedBoard]:
    """The boards that `command` takes, at least one.

    Args:
        args: the options of `add_board_options`.
        command: its name, for messages.
        say: told which board was found, when none was named.

    Raises:
        HilError: the options contradict each other, or a board cannot honour them.
    """
    way_of(args)
    choice = choose_board(args, command, say, or_virtual=True)
    return [NamedBoard(choice.port or choice.kind, choice)]
