"""The bundle and the samples of the tests around it."""

from ..conftest import bundle, samples

__all__ = ["bundle", "samples"]
