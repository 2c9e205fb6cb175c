"""Which wrong counts of noise are those of right frames."""

from types import SimpleNamespace
from typing import Any

import pytest

from .noise_counted import of_valid_frames


@pytest.mark.parametrize("before", [7, 2**32 - 5])  # the count may wrap
@pytest.mark.parametrize(
    ("valid", "more", "told"),
    [
        (1000, 1000, True),
        (1000, 999, False),
        (1000, 1240, True),
        (1000, 1241, False),
        (1, 1, True),
        (0, 0, False),
    ],
)
def test_bytes_of_right_frames_and_few_besides(before: int, valid: int, more: int, told: bool) -> None:
    """Ten frames of 24 bytes at most came besides those that were counted here."""
    done: Any = SimpleNamespace(
        before=SimpleNamespace(noise_bytes=before),
        after=SimpleNamespace(noise_bytes=(before + 30 + more) % 2**32),
        noise_bytes=30,
        valid_bytes=valid,
        valid=17,
    )
    words = of_valid_frames(done)
    assert bool(words) is told
    assert not told or f"({valid:,} in the 17 that were written meanwhile" in words
