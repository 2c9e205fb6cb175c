"""What every kind of board has in common."""

from typing import Protocol

from ..line.port import BytePort


class Board(Protocol):
    """A board that can be plugged in. Tests and commands know no more of it than this."""

    kind: str
    description: str

    def open(self) -> BytePort:
        """Return a new byte stream to the board, starting the board first when it is one that starts.

        Raises:
            HilError: there is no such board, or it cannot be opened.
        """
        ...

    def press_reset(self) -> None:
        """Reset the board as its button would.

        Raises:
            HilError: this board has no such button.
        """
        ...

    def close(self) -> None:
        """Stop what `open` started."""
        ...
