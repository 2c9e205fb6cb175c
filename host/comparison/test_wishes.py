"""What is asked of a run where nothing is said."""

from .mismatch import Count
from .wishes import Wishes


def test_nothing_is_left_out_damaged_or_added() -> None:
    asked = Wishes()
    assert (asked.features_only, asked.thorough) == (False, False)
    assert (asked.damage, asked.trace_every, asked.channel) == (0.0, 0, None)


def test_nothing_is_compared_before_something_is() -> None:
    assert Count() == Count(0, 0, 0, 0)
