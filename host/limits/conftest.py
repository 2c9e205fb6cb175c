"""Runs to set limits on."""

from collections.abc import Callable

from ..comparison.conftest import bundle, samples
from ..comparison.file import FileComparison
from ..comparison.result import RunComparison
from ..report.conftest import compared, make_run

__all__ = ["bundle", "compared", "make_run", "samples"]

Compare = Callable[..., FileComparison]
MakeRun = Callable[..., RunComparison]
