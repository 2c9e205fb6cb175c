"""The one base of errors meant for a person: what went wrong, and what to do about it."""

from .printable import printable


class HilError(Exception):
    """An error whose message a user can act on.

    Args:
        cause: what is wrong, naming the file, device or value.
        cure: what the user can do about it.
    """

    def __init__(self, cause: str, cure: str) -> None:
        cause, cure = printable(cause), printable(cure)  # both may quote a file, a board or a server
        super().__init__(f"{cause}\n  → {cure}")
        self.cause = cause
        self.cure = cure

    def __reduce__(self) -> tuple[type["HilError"], tuple[str, str]]:
        """Survive the way from a worker process to its parent."""
        return type(self), (self.cause, self.cure)
