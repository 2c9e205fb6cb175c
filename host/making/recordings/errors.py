"""Errors of getting recordings."""

from ...errors import HilError


class RecordingsError(HilError):
    """Recordings cannot be fetched, imported or found."""
