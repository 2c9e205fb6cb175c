"""A source that INFO tells wrongly at many steps is told once; what is wrong at some of them is not."""

import pytest

from .checked import Checked
from .slot_sources import tell_sources_once

OTHER = "once deployed: something else"


def steps(*pairs: tuple[int, int]) -> list[str]:
    return [
        f"step {at}: INFO says bundle_source {told}, {right} is right"
        for at, (told, right) in enumerate(pairs)
    ]


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        (
            ((0, 1), (0, 1), (0, 2)),
            "INFO says bundle_source 0 at each of 3 steps at which 1 or 2 is right: it is never set (",
        ),
        (
            ((1, 0), (1, 2), (1, 0)),
            "INFO says bundle_source 1 at each of 3 steps at which 0 or 2 is right: it is always the",
        ),
        (((0, 1), (0, 2)), ""),  # too few
        (((0, 1), (0, 1), (0, 1)), ""),  # of one kind
        (((0, 1), (0, 2), (1, 2)), ""),  # not the same
        ((), ""),
    ],
)
def test_what_is_the_same_throughout_is_told_once(pairs: tuple[tuple[int, int], ...], words: str) -> None:
    found = Checked("slot", [OTHER, *steps(*pairs)])
    tell_sources_once(found)
    if words:
        assert found.wrong[0].startswith(words) and found.wrong[1:] == [OTHER]
    else:
        assert found.wrong == [OTHER, *steps(*pairs)]
