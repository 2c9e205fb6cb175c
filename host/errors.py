"""The one base of errors meant for a person, and the exit codes of all commands."""

from enum import IntEnum

from .invocation import pasted
from .printable import printable


class ExitCode(IntEnum):
    """What a command returns. When several apply, the gravest counts: 130, 4, 2, 1, 3, 0."""

    DONE = 0
    BROKEN = 1  # a claim is broken
    BROKE_OFF = 2  # could not run, or not to its end
    PARTLY = 3  # done, but something asked for was left out or could not be judged
    INTERNAL = 4  # a fault of this program
    INTERRUPTED = 130  # what a shell reports for SIGINT


class HilError(Exception):
    """An error whose message a user can act on.

    Args:
        cause: what is wrong, naming the file, device or value.
        cure: what the user can do about it. Commands in it, `` `python -m host …` ``, get the options in use.
    """

    def __init__(self, cause: str, cure: str) -> None:
        cause, cure = printable(cause), printable(pasted(cure))  # both may quote a file, a board or a server
        super().__init__(f"{cause}\n  → {cure}")
        self.cause = cause
        self.cure = cure

    def __reduce__(self) -> tuple[type["HilError"], tuple[str, str]]:
        """Survive the way from a worker process to its parent."""
        return type(self), (self.cause, self.cure)
