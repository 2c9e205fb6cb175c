"""What a run does that nobody asked anything of."""

from ..audio.decode import LONGEST_S
from .mismatch import Count
from .stimuli.kit import CACHE
from .wishes import Wishes


def test_what_is_not_asked_for_is_not_done() -> None:
    plain = Wishes()
    assert (plain.features_only, plain.thorough) == (False, False)
    assert (plain.damage, plain.channel, plain.trace_every) == (0.0, None, 0)
    assert (plain.longest_s, plain.stimuli) == (LONGEST_S, CACHE)


def test_nothing_is_compared_before_something_is() -> None:
    assert Count() == Count(0, 0, 0, 0)
