"""How progress is shown: moving on a terminal that somebody watches, as lines in a log, not at all when quiet.

Standard library only.
"""

import os
from typing import IO

LINE_EVERY_S = 5.0  # between two lines where nothing moves

_quiet = [False]


def hush(quiet: bool) -> None:
    """Show no progress from now on, or show it again."""
    _quiet[0] = quiet


def is_quiet() -> bool:
    """Whether nothing but results and errors is wanted."""
    return _quiet[0]


def moves(stream: IO[str]) -> bool:
    """Whether bars and spinners may move on `stream`.

    Colour can be forced upon a log (`FORCE_COLOR`), and a CI may lend a terminal that nobody watches: frames of a
    spinner would fill both.
    """
    if is_quiet() or os.environ.get("CI") or os.environ.get("TERM", "") == "dumb":
        return False
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False
