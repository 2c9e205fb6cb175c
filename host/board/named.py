"""A board of a run, from wherever it was named: the command line, a farm file, a place in a laboratory."""

from dataclasses import dataclass

from .choice import BoardChoice


@dataclass(frozen=True)
class NamedBoard:
    """A board of a run.

    Attributes:
        name: what messages and reports call it; different for each board of a run.
        choice: which it is: its kind, its port's URL, its line's speed.
        tags: what its owner calls it besides.
    """

    name: str
    choice: BoardChoice
    tags: tuple[str, ...] = ()
