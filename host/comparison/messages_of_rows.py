"""Which rows of a device's messages are missing: what lies between one message and the next."""

LEAST_GAPS = 4  # for what they have in common to be no chance


class Messages:
    """Messages that bring rows, each from some number on."""

    def __init__(self) -> None:
        self._due: int | None = None
        self._count = 0
        self._least = self._most = 0  # rows that are missing behind a message, where some are
        self._gaps = 0

    def add(self, first: int, count: int) -> None:
        """The next message."""
        self._count += 1
        missing = 0 if self._due is None else first - self._due
        if missing > 0:
            self._least = min(self._least, missing) if self._gaps else missing
            self._most = max(self._most, missing)
            self._gaps += 1
        self._due = first + count

    @property
    def told(self) -> str:
        """How many rows are missing at a time, where it is always as many, in words behind a colon."""
        if self._gaps < LEAST_GAPS or self._least != self._most:
            return ""
        told = f": behind {self._gaps:,} of {self._count:,} messages {self._least:,}"
        return f"{told}, as where their last rows are not sent"
