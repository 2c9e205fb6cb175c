"""Files shared out, one at a time to whoever is free; what a lost board had is given to another one."""

from collections import deque
from collections.abc import Mapping
from typing import Generic, TypeVar

T = TypeVar("T")

MOST_TRIES = 2  # boards that a file may cost


class WorkQueue(Generic[T]):
    """Who has which file.

    Args:
        files: by name, in the order in which they are given out.

    Attributes:
        fatal: (file, boards) that cost as many boards as a file may; nobody gets it any more.
    """

    def __init__(self, files: Mapping[str, T]) -> None:
        self._waiting = deque(files.items())
        self._taken: dict[str, tuple[str, T]] = {}  # by board
        self._cost: dict[str, list[str]] = {}
        self.fatal: list[tuple[str, tuple[str, ...]]] = []

    def take(self, board: str) -> tuple[str, T] | None:
        """The next file for a board that is free; None when none waits now."""
        self._taken.pop(board, None)
        if not self._waiting:
            return None
        taken = self._waiting.popleft()
        self._taken[board] = taken
        return taken

    def finished(self, board: str) -> str | None:
        """The board is through with its file; which that was, None when it had none."""
        taken = self._taken.pop(board, None)
        return None if taken is None else taken[0]

    def give_back(self, board: str) -> str | None:
        """The board is lost: its file is the next one to be given out, unless it cost too many boards.

        Returns:
            Which file that is; None when it had none.
        """
        taken = self._taken.pop(board, None)
        if taken is None:
            return None
        cost = self._cost.setdefault(taken[0], [])
        cost.append(board)
        if len(cost) < MOST_TRIES:
            self._waiting.appendleft(taken)
        else:
            self.fatal.append((taken[0], tuple(cost)))
        return taken[0]

    @property
    def over(self) -> bool:
        """Whether no file waits and none is under way, so that none can be given back."""
        return not self._waiting and not self._taken

    @property
    def waiting(self) -> list[str]:
        """Names of the files that nobody has had."""
        return [name for name, _ in self._waiting]
