"""What a run does that nobody asked anything of."""

from ..audio.decode import LONGEST_S
from .stimuli.kit import CACHE
from .wishes import Wishes


def test_what_is_not_asked_for_is_not_done() -> None:
    plain = Wishes()
    assert (plain.features_only, plain.thorough) == (False, False)
    assert (plain.damage, plain.channel, plain.trace_every) == (0.0, None, 0)
    assert (plain.longest_s, plain.stimuli) == (LONGEST_S, CACHE)
