"""A bundle whose searches take a fraction of a second."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ...bundle.load import Bundle
from ..conftest import bundle

__all__ = ["bundle"]


@pytest.fixture(scope="session")
def tiny(bundle: Bundle) -> Bundle:
    """Four bands over twenty bins, three columns a window and two to the next; no recordings of its own."""
    small: dict[str, Any] = {"window": 128, "hop": 96, "fft": 128, "bands": 4, "fmin": 1000.0, "fmax": 3500.0}
    settings = replace(bundle.settings, **small)
    return replace(bundle, settings=settings, frames=3, stride=2, path=Path("nowhere"))
