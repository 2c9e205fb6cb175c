"""The error of everything that concerns bundles, and how one is told at its place in bundle.json."""

from ..declared import File
from ..errors import HilError


class BundleError(HilError):
    """A bundle that is missing, damaged, contradicts itself, or does not fit the firmware."""


BUNDLE_FILE = "bundle.json"
SOURCE = File(BUNDLE_FILE, BundleError, "make the bundle anew with `python -m host import`")


def wrong(where: str, what: str, cure: str) -> HilError:
    """Return the error for the place `where` of bundle.json."""
    return SOURCE.wrong(where, what, cure)
