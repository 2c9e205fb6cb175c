"""Which rows of a device's messages are missing: what lies between one message and the next."""

LEAST_MESSAGES = 4  # with a row that is missing behind each


class Messages:
    """Messages that bring rows, each from some number on."""

    def __init__(self) -> None:
        self._due: int | None = None
        self._size = 0
        self._lacking = {True: 0, False: 0}  # a row behind messages of more than one row, and of one
        self._whole = {True: 0, False: 0}

    def add(self, first: int, count: int) -> None:
        """The next message."""
        if self._due is not None:
            several = self._size > 1
            self._lacking[several] += first == self._due + 1
            self._whole[several] += first == self._due
        self._due, self._size = first + count, count

    @property
    def told(self) -> str:
        """That a message lacks its last row, where that is so throughout, in words behind a colon."""
        if sum(self._lacking.values()) < LEAST_MESSAGES or self._whole[True]:
            return ""
        if not self._whole[False]:
            return ": the last one of each message"
        return "" if self._lacking[False] else ": one behind each message that brings more than one"
