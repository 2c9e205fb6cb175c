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


@pytest.mark.parametrize(("first", "columns", "told"), [(7, 6, True), (7, 5, False), (8, 6, False)])
def test_three_columns_are_wrong_and_three_beside_them_right(first: int, columns: int, told: bool) -> None:
    """One message, that goes on past the ring's end at 10."""
    right = cells(columns, 6)
    device = right.copy()
    device[10 - first :] = 0
    view = view_of(right, device)
    view = replace(view, first=first, file=replace(view.file, messages=(first,)))
    assert bool(past_ring(FRAMES, [view])) is told


@pytest.mark.parametrize("first", [0, 4, 25])
def test_columns_count_from_where_a_file_is_kept(first: int) -> None:
    """Not from the first that is kept: the ring does not begin there. All columns behind its end may be wrong."""
    right = cells(20, 6)
    device = right.copy()
    begin = next(at for at in range(first, first + 20) if at % FRAMES == 0 and at > first)
    wrong = [at - first for at in (begin, begin + 1, begin + 2)]
    device[wrong] = 0
    view = view_of(right, device)
    messages = (first, begin - 1, begin + 3)
    view = replace(view, first=first, file=replace(view.file, messages=messages))
    assert past_ring(FRAMES, [view]).startswith("all 3 columns")
    device[wrong[-1] + 1] = 0  # of the next message
    view = replace(view_of(right, device), first=first, file=replace(view.file, messages=messages))
    assert past_ring(FRAMES, [view]) == ""
