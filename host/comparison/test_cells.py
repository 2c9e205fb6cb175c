"""What all differing values have in common, and the numbers that are kept."""

import numpy as np
import pytest

from .cells import KEPT, DifferingCells, pattern


def _part(*places: tuple[int, int, int], rows: int = 20, bands: int = 40) -> DifferingCells:
    """A file that differs at (row, band) by so much."""
    host = np.zeros((rows, bands), np.int8)
    device = host.copy()
    for row, band, gap in places:
        device[row, band] += gap
    part = DifferingCells()
    for first in range(0, rows, 7):  # in pieces, as they come
        part.add(first, host[first : first + 7], device[first : first + 7])
    return part


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([_part()], ""),
        ([_part((3, 12, 3)), _part((9, 12, 3), (1, 12, 3))], "all 3 differing cells in 2 files: band 12, always +3"),
        ([_part((3, 12, 3)), _part()], "the one that differs among all cells: band 12, always +3"),
        ([_part((3, 4, 1), (3, 5, -1), (4, 6, 1))], "all 3 differing cells: bands 4 to 6, by 1 either way"),
        ([_part((3, 4, -1), (3, 9, -7))], "all 2 differing cells: bands 4 and 9, always less, by -7 to -1"),
        ([_part(*((3, band, 2) for band in (1, 4, 8, 9)))],
            "all 4 differing cells: bands 1, 4, 8 and 9, always +2"),
        ([_part(*((3, band, 2) for band in (1, 4, 8, 9, 11)))],
            "all 5 differing cells: 5 of 40 bands, 1 to 11, always +2"),
        ([_part((3, 4, -1), (3, 9, 7))], "all 2 differing cells: bands 4 and 9, by -1 to +7"),
        ([_part((3, 4, 1), (3, 9, 7))], "all 2 differing cells: bands 4 and 9, always more, by +1 to +7"),
        ([_part(*((1, band, band + 1) for band in range(40)))],  # a band each
            "all 40 differing cells: every band, always more, by +1 to +40"),
        ([_part(*((1, band, 1 - band % 4) for band in (0, 2, 6, 8, 12, 39)))],
            "all 6 differing cells: 6 of 40 bands, 0 to 39, by -2 to +1"),
    ],
)  # fmt: skip
def test_the_pattern(parts: list[DifferingCells], told: str) -> None:
    assert pattern(parts, "cells", "band") == told


def test_numbers_are_those_of_the_places() -> None:
    part = _part((3, 12, 3), (8, 1, -2), (8, 30, 1))
    assert part.kept.tolist() == [[3, 12, 0, 3], [8, 1, 0, -2], [8, 30, 0, 1]]
    assert (part.first, part.last, part.different) == (3, 8, 3)


def test_each_place_and_each_difference_is_counted() -> None:
    part = _part((3, 12, 3), (8, 12, -2), (9, 30, 3))
    assert {band: count for band, count in enumerate(part.by_place.tolist()) if count} == {12: 2, 30: 1}
    counts = zip(range(-255, 256), part.by_difference.tolist(), strict=True)
    assert {gap: count for gap, count in counts if count} == {3: 2, -2: 1}
    none = _part()
    assert len(none.by_place) == len(none.by_difference) == 0
    assert (none.first, none.last, none.different, none.kept.shape) == (-1, -1, 0, (0, 4))


def test_the_last_one_that_there_is_room_for_is_kept() -> None:
    part = DifferingCells()
    host = np.zeros((3, 111), np.int8)
    for first in range(0, 15, 3):
        part.add(first, host, host + np.int8(1))
    assert len(part.kept) == 1000 and part.different == 5 * 333


def test_what_is_kept_is_bounded_and_all_is_counted() -> None:
    part = DifferingCells()
    host = np.zeros((100, 40), np.int8)
    for first in range(0, 1000, 100):
        part.add(first, host, host + np.int8(1))
    assert len(part.kept) == KEPT and part.different == 40_000
    assert part.kept[-1].tolist() == [KEPT // 40 - 1, 39, 0, 1]
    assert pattern([part], "cells", "band") == "all 40,000 differing cells: every band, always +1"


def test_the_widest_gap_is_counted() -> None:
    part = DifferingCells()
    part.add(0, np.full((1, 2), -128, np.int8), np.full((1, 2), 127, np.int8))
    assert pattern([part], "cells", "band").endswith("always +255")
