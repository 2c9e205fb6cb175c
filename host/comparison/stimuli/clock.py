"""How long a search may go on."""

import time


class Clock:
    """Runs out after some seconds.

    Args:
        limit_s: how many.
    """

    def __init__(self, limit_s: float) -> None:
        self._end = time.monotonic() + limit_s

    @property
    def out(self) -> bool:
        """Whether it has run out."""
        return time.monotonic() >= self._end
