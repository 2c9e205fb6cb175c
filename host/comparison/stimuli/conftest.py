"""A bundle whose searches take a fraction of a second."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from ...bundle.load import Bundle
from ...frontend.log_mel.settings import LogMelSettings
from ..conftest import bundle
from .clock import Clock

__all__ = ["bundle"]


@pytest.fixture(scope="session")
def tiny(bundle: Bundle) -> Bundle:
    """Four bands over twenty bins, three columns a window and two to the next; no recordings of its own."""
    small: dict[str, Any] = {"window": 128, "hop": 96, "fft": 128, "bands": 4, "fmin": 1000.0, "fmax": 3500.0}
    return replace(with_settings(bundle, **small), frames=3, stride=2, path=Path("nowhere"))


def with_settings(bundle: Bundle, **values: Any) -> Bundle:
    """A bundle whose front end has other settings."""
    return replace(bundle, settings=replace(cast(LogMelSettings, bundle.settings), **values))


def clock_of(looks: int = 100_000) -> Clock:
    """One that runs out after being looked at so often, however long that takes."""
    left = iter(range(looks))

    class Looks:
        @property
        def out(self) -> bool:
            return next(left, None) is None

    return cast(Clock, Looks())
