"""Which cells of an input are never written is read from the pieces that the ring is copied in."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from .unwritten_ends import unwritten_ends

BUNDLE: Any = SimpleNamespace(
    frames=10,
    settings=SimpleNamespace(model_bands=4),
    model=SimpleNamespace(input=SimpleNamespace(bands_first=0)),
)
RIGHT = np.arange(40)


def told(wrong: list[int], columns: int = 13, bundle: Any = BUNDLE, size: int = 40) -> str:
    given = RIGHT.copy()
    given[wrong] += 7
    window: Any = SimpleNamespace(inputs=(RIGHT, given[:size]), columns=np.zeros((columns, 4)))
    return unwritten_ends(window, bundle)


@pytest.mark.parametrize(
    ("wrong", "columns", "words"),
    [
        ([27, 39], 13, "at first only cells 27, 39 of it were wrong, the last one of a piece"),
        ([39], 13, "at first only cell 39 of it was wrong, the last one of a piece"),
        ([39], 10, "only cell 39 of it was wrong"),
        ([25, 26, 27, 36, 37, 38, 39], 13, "only cells 25, 26, 27, 36 and 3 more of it were wrong, the last 4"),
        ([24], 20, ""),  # the ring begins with the window
        ([23], 14, "the last one"),
        ([24], 13, "the last 4 of a piece"),
        ([23], 13, ""),
        ([28], 13, ""),  # the second piece's first
        ([0], 13, ""),
        ([], 13, ""),
    ],
)  # fmt: skip
def test_the_last_cells_of_a_piece_are_told(wrong: list[int], columns: int, words: str) -> None:
    found = told(wrong, columns)
    assert words in found and bool(words) is bool(found)


def test_what_cannot_be_read_is_not_told() -> None:
    window: Any = SimpleNamespace(inputs=None, columns=np.zeros((13, 4)))
    assert unwritten_ends(window, BUNDLE) == ""
    assert told([39], size=39) == ""
    turned: Any = SimpleNamespace(
        **{**vars(BUNDLE), "model": SimpleNamespace(input=SimpleNamespace(bands_first=4))}
    )
    assert told([39], bundle=turned) == ""
