"""Whether wrong columns lie behind the ring's end in the message that brings them."""

from dataclasses import replace

import pytest

from .fakes_views import cells, view_of
from .past_ring import past_ring

FRAMES = 10


@pytest.mark.parametrize(
    ("wrong", "starts", "told"),
    [
        ((10, 11, 20, 30), (0, 7, 12, 18, 22, 28, 32), True),
        ((10, 11, 20), (0, 7, 12, 18, 22, 28, 32), True),
        ((10, 11, 20, 21, 34), (0, 7, 12, 18, 22, 28, 32), False),  # one of them elsewhere
        ((9, 10, 11, 20), (0, 7, 12, 18, 22, 28, 32), False),  # one before the ring's end
        ((10, 20), (0, 7, 12, 18, 22, 28, 32), False),  # too few
        ((10, 11, 20, 30), (0, 10, 20, 30), False),  # messages end with the ring
        ((10, 11, 20, 30), (), False),
    ],
)
def test_columns_behind_the_rings_end_in_their_message(
    wrong: tuple[int, ...], starts: tuple[int, ...], told: bool
) -> None:
    right = cells(40, 6)
    device = right.copy()
    device[list(wrong)] = 0
    view = view_of(right, device)
    view = replace(view, file=replace(view.file, messages=starts))
    assert bool(past_ring(FRAMES, [view])) is told
    assert not told or past_ring(FRAMES, [view]).startswith(f"all {len(wrong)} columns")
