"""Errors of training."""

from ...errors import HilError


class TrainingError(HilError):
    """Training cannot go on."""
