"""How this program was called: commands that messages name can be pasted back, and keep the options in use.

Standard library only.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import PACKAGE

PROGRAM_VARIABLE = "HIL_PROGRAM"  # what a wrapper such as tools/run.py wants to be called
SCRIPT = "hil"  # the command that an installation puts on the path

_NAMED = re.compile(r"`python -m host ([a-z]+)((?: [^`\n]*)?)`")

_kept: dict[str, tuple[str, ...]] = {}


def program() -> str:
    """The words that start this program."""
    named = os.environ.get(PROGRAM_VARIABLE, "").strip()
    if named:
        return named
    return SCRIPT if Path(sys.argv[0]).stem == SCRIPT else f"python -m {PACKAGE}"


def keep(options: Mapping[str, Sequence[str]]) -> None:
    """From now on, commands that are named keep these options; what was kept before is forgotten.

    Args:
        options: words to add, by command.
    """
    _kept.clear()
    _kept.update({command: tuple(words) for command, words in options.items()})


def command_line(command: str, *words: object) -> str:
    """`command` with `words`, and with those of the kept options that are not among them, ready to paste.

    Words that stand for something (`FILE`, `DIR`) are given as they are.
    """
    given = [str(word) for word in words]
    kept = list(_kept.get(command, ()))
    more: list[str] = []
    while kept:
        name = kept.pop(0)
        values = [kept.pop(0)] if kept and not kept[0].startswith("-") else []
        if name not in given:
            more += [name, *values]
    return f"{program()} {joined([command, *given, *more])}"


def pasted(text: str) -> str:
    """`text` with the commands in it, written as `` `python -m host COMMAND …` ``, as `command_line` gives them."""
    return _NAMED.sub(lambda found: f"`{command_line(found[1], *found[2].split())}`", text)


def joined(words: Sequence[str]) -> str:
    """Words as a shell takes them."""
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
