"""Errors of audio files."""

from host.errors import HilError


class AudioError(HilError):
    """An audio file that cannot be used."""
