"""Errors of audio files."""

from ..errors import HilError


class AudioError(HilError):
    """An audio file that cannot be used."""
