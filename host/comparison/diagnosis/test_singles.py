"""Single values with a bit inverted are told, with their distance in values where that is regular."""

import numpy as np
import pytest

from .fakes_views import COLUMN_WORDS, OUTPUT_WORDS, cells, replay_of, view_of
from .search import Candidate, Int8, View
from .singles import single_values
from .values import Words

RIGHT = cells(100, 10)


def flipped(places: list[int], bit: int = 3) -> Int8:
    device = RIGHT.copy().ravel()
    for place in places:
        device[place] ^= np.uint8(1 << bit).astype(np.int8)
    return device.reshape(RIGHT.shape)


def told(*views: View, words: Words = COLUMN_WORDS) -> Candidate | None:
    found = list(single_values(list(views), words))
    return found[0] if found else None


@pytest.mark.parametrize("bit", range(1, 8))
def test_the_bit_is_named(bit: int) -> None:
    view = view_of(RIGHT, flipped([13, 200, 471, 915], bit))
    candidate = told(view)
    assert candidate is not None
    assert candidate.cause == f"bit {bit} of single cells"
    assert candidate.explanation == f"bit {bit} of single cells is inverted"
    assert (candidate.cure, candidate.sure, candidate.rows_alone) == ("the stale", 4, False)
    np.testing.assert_array_equal(replay_of(candidate, view), view.device)
    outputs = told(view, words=OUTPUT_WORDS)
    assert outputs is not None and outputs.cause == f"bit {bit} of single values"


def test_a_regular_distance_is_told_in_values_of_the_run() -> None:
    """Counted over files: the second one's first value is the first one's after its last."""
    places = list(range(4, 1000, 37))
    apart = told(view_of(RIGHT, flipped(places)))
    assert apart is not None and apart.explanation.endswith(
        "is inverted, always a multiple of 37 apart in the run"
    )
    later = [place - 1000 for place in range(4, 2500, 37) if place >= 1000 and place < 2000]
    both = told(view_of(RIGHT, flipped(places)), view_of(RIGHT, flipped(later), rows_before=100))
    assert both is not None and "a multiple of 37" in both.explanation
    wrong_count = told(view_of(RIGHT, flipped(places)), view_of(RIGHT, flipped(later), rows_before=101))
    assert wrong_count is not None and "multiple" not in wrong_count.explanation
    cut = told(
        view_of(RIGHT[50:], flipped(places)[50:], first=50), view_of(RIGHT, flipped(later), rows_before=100)
    )
    assert cut is not None and "a multiple of 37" in cut.explanation


def test_three_values_are_too_few() -> None:
    assert told(view_of(RIGHT, flipped([13, 200, 471]))) is None
    assert told(view_of(RIGHT, flipped([13, 200, 471, 915]))) is not None


@pytest.mark.parametrize(("more", "single"), [(2, True), (3, False)])
def test_values_are_single_up_to_three_in_two_rows(more: int, single: bool) -> None:
    places = [10, 200, 470, 910, *(11, 201, 471)[:more]]
    assert (told(view_of(RIGHT, flipped(places))) is not None) == single


def test_another_bit_or_two_bits_of_a_value_are_not_told() -> None:
    device = flipped([13, 200, 471, 915])
    device[5, 5] ^= 16
    assert told(view_of(RIGHT, device)) is None
    assert told(view_of(RIGHT, flipped([3, 4, 500, 700], 1) ^ flipped([3, 4, 500, 700], 2) ^ RIGHT)) is None


@pytest.mark.parametrize(("places", "sure"), [(7, False), (8, True)])
def test_of_the_lowest_bit_more_is_asked(places: int, sure: bool) -> None:
    at = [13, 104, 201, 333, 471, 555, 715, 915][:places]
    assert (told(view_of(RIGHT, flipped(at, 0))) is not None) == sure
    assert told(view_of(RIGHT, flipped([0, 111, 222, 333, 444], 0))) is not None  # regular: no chance
