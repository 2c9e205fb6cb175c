"""One small change of C code, and the global numbers that choose among such changes."""

from collections.abc import Callable
from dataclasses import dataclass, replace

SELECTOR, BOUND = "fe_change", "fe_bound"


def moved(statement: str, where: str) -> str:
    """What a device does whose statement stands elsewhere."""
    return f"with `{statement}` {where}"


@dataclass(frozen=True)
class Alteration:
    """One change.

    Attributes:
        file: where, below the folder that is altered.
        line: of the right file, from 1.
        before, after: the expression as it is and as it becomes.
        below: name of a value that must be below a bound for the change to be made; empty: it always is.
        function: whose line it is.
        told: what a device does that makes it, in words; empty where `after` is C that says it.
        keeps: what is kept from one time to the next, so from stream to stream as well: LAST (see `other_values`), or
            what is of all times so far, by its name; empty: nothing.
    """

    file: str
    line: int
    before: str
    after: str
    below: str = ""
    function: str = ""
    told: str = ""
    keeps: str = ""

    @property
    def moves(self) -> bool:
        """Whether a statement stands elsewhere."""
        return self.told == moved(self.before, self.after)

    def in_full(self, function: str, literals_back: Callable[[str], str]) -> "Alteration":
        """The same with its function, and with what was put aside of its line: see `string_literals`."""
        before, after, told = map(literals_back, (self.before, self.after, self.told))
        return replace(self, function=function, before=before, after=after, told=told)
