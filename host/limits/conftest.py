"""Runs to set limits on."""

from ..comparison.conftest import bundle, samples
from ..report.conftest import compared, make_run

__all__ = ["bundle", "compared", "make_run", "samples"]
