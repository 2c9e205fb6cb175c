"""Errors of getting recordings."""

from host.errors import HilError


class RecordingsError(HilError):
    """Recordings cannot be fetched, imported or found."""
