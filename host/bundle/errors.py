"""The error of everything that concerns bundles."""

from ..errors import HilError


class BundleError(HilError):
    """A bundle that is missing, damaged, contradicts itself, or does not fit the firmware."""
