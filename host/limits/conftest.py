"""Runs to set limits on."""

from ..comparison.conftest import bundle, samples
from ..report.conftest import Compare, MakeRun, compared, make_run

__all__ = ["Compare", "MakeRun", "bundle", "compared", "make_run", "samples"]
