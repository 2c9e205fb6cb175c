"""Rows that are late, by what comes first of a stream."""

from dataclasses import replace

import numpy as np
import pytest

from .evidence import Before
from .fakes_views import COLUMN_WORDS, cells, file_of, piece_of, view_of
from .late_rows import late_of_right, moved_in, right_before
from .search import Int8, View
from .values import shifted

NOW, DEVICE, EARLIER, OTHERS = cells(6, 3, 1), cells(6, 3, 2), cells(4, 3, 3), cells(4, 2, 5)
CAME, OUTPUTS_CAME = cells(4, 3, 4), cells(4, 2, 6)


def view(first: int = 0, earlier: Int8 | None = EARLIER, device: Int8 = DEVICE) -> View:
    """Columns of a file behind another one, where there is one."""
    found = view_of(NOW, device, first=first)
    if earlier is None:
        return found
    piece = piece_of(earlier, CAME[: len(earlier)], outputs=(OTHERS, OUTPUTS_CAME))
    before = Before("b.wav", 0, piece, None)
    return replace(found, file=file_of(found.file.piece, before=before), before=piece.device)


def test_what_was_right_of_the_file_before_is_that_of_columns_or_of_outputs() -> None:
    columns = view()
    assert np.array_equal(right_before(columns), EARLIER)
    assert columns.file.before is not None
    outputs = replace(columns, before=columns.file.before.piece.outputs_device)
    assert np.array_equal(right_before(outputs), OTHERS)
    assert right_before(view(earlier=None)).shape == (0, 3)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_rows_are_late_by_some_and_the_last_right_ones_before_come_first(k: int) -> None:
    late = late_of_right(view(), k)
    assert late is not None and np.array_equal(late, np.concatenate([EARLIER, NOW])[4 - k : 10 - k])


def test_of_the_first_file_what_came_first_stays() -> None:
    late = late_of_right(view(earlier=None), 2)
    assert late is not None and np.array_equal(late, np.concatenate([DEVICE[:2], NOW[:4]]))


def test_where_what_came_before_is_not_known_nothing_is_said() -> None:
    assert late_of_right(view(first=3), 1) is None
    assert late_of_right(view(), 5) is None
    assert late_of_right(view(earlier=EARLIER[:1]), 1) is not None
    assert late_of_right(view(earlier=EARLIER[:1]), 2) is None


@pytest.mark.parametrize(
    ("k", "told"),
    [
        (1, "the first column of a stream is of the one before"),
        (3, "the first 3 columns of a stream are of the one before"),
    ],
)
def test_what_is_moved_in_is_told_where_it_shows(k: int, told: str) -> None:
    right, alone = view(device=NOW), view(earlier=None)
    assert moved_in([right, view()], k, "column", "columns") == told
    assert moved_in([alone, right], k, "column", "columns") == ""


@pytest.mark.parametrize(("k", "ways"), [(1, 2), (3, 2), (4, 1), (-1, 1)])
def test_of_three_rows_at_most_the_right_ones_before_are_tried(k: int, ways: int) -> None:
    expected = cells(40, 3)
    found = [each.cause for each in shifted([view_of(expected, np.roll(expected, k, axis=0))], COLUMN_WORDS)]
    name = f"{abs(k)} column{'s' * (abs(k) > 1)} {'late' if k > 0 else 'early'}"
    assert found.count(name) == ways
