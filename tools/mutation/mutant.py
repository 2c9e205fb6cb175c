"""One change of a source file."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One change.

    Attributes:
        file: relative to the checkout.
        line: its number, from 1.
        text: the line without its mutation, stripped.
        change: what is done, as in "< → <=".
        source: makes the whole file with it.
        first_line, last_line: of the statement that is changed; 0: unknown.
    """

    file: str
    line: int
    text: str
    change: str
    source: Callable[[], str]
    first_line: int = 0
    last_line: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        """What reasons are kept by: it outlives lines that move."""
        return self.file, self.text, self.change
