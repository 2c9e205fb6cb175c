"""Errors of data sets."""

from ...errors import HilError


class DatasetError(HilError):
    """A data set cannot be made or used."""
