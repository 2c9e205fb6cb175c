"""Windows that begin elsewhere, as the board says, and are right there."""

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from .fakes_views import cells, file_of, piece_of
from .finding import Finding
from .search import Int8, View
from .told_places import at_told_places

FRAMES, STRIDE, COLUMNS, WINDOWS = 5, 3, 40, 10
RIGHT = cells(COLUMNS, 4)


@dataclass
class FakeModel:
    """A window's outputs are its first two columns' first cells."""

    stateful: bool = False
    bundle: ClassVar[Any] = SimpleNamespace(frames=FRAMES)

    def columns(self, piece: Any) -> Int8:
        """Those that the model saw."""
        return piece.expected

    def cells(self, windows: Int8) -> Int8:
        """As they are."""
        return windows

    def run(self, windows: Int8) -> Int8:
        """Two outputs."""
        assert windows.shape[1:] == (FRAMES, 4)
        return np.stack([windows[:, 0, 0], windows[:, 1, 0]], axis=1)


FAKE: Any = FakeModel()


def outputs_at(firsts: np.ndarray) -> Int8:  # type: ignore[type-arg]
    return np.stack([RIGHT[firsts, 0], RIGHT[firsts + 1, 0]], axis=1)


def view_with(firsts: list[int], first: int = 0, name: str = "a.wav", at: int = 0) -> View:
    """Outputs of windows that begin at `firsts`, kept from window `first` and column `at` on."""
    right = outputs_at((first + np.arange(len(firsts))) * STRIDE)
    device = outputs_at(np.array(firsts))
    piece = piece_of(RIGHT[at:], RIGHT[at:], outputs=(right, device), first=at, first_window=first)
    return View(file_of(piece, name), first, right, device, piece.outputs_present, right[:0], 0)


def told(
    views: list[View], said: dict[str, dict[int, int]], model: Any = None, twice: bool = False
) -> Finding | None:
    spoken = [
        SimpleNamespace(
            name=name,
            said=SimpleNamespace(
                windows=[(*each, 3, 2, 1, 4) for each in list(windows.items()) * (1 + twice)]
            ),
        )
        for name, windows in said.items()
    ]
    record: Any = SimpleNamespace(spoken=spoken, bundle=SimpleNamespace(stride=STRIDE, frames=FRAMES))
    return at_told_places(record, model if model is not None else FAKE, views)


LATE = [0, 3, *(3 * number + 1 for number in range(2, WINDOWS))]
AS_TOLD = dict(enumerate(LATE))


def test_windows_are_right_where_the_board_says_that_they_begin() -> None:
    found = told([view_with(LATE)], {"a.wav": AS_TOLD})
    assert found is not None
    assert (found.stage, found.cause, found.share, found.files) == (
        "outputs",
        "windows elsewhere",
        1.0,
        ("a.wav",),
    )
    assert found.place == "a.wav, window 2" and found.pattern == "8 windows in 1 file"
    assert (
        "window 2 at column 7, and 6 is right; of the windows that begin where it says" in found.explanation
    )
    assert "next_window_at" in found.cure


def test_files_that_are_right_say_nothing_of_it() -> None:
    right = view_with([3 * number for number in range(WINDOWS)], name="b.wav")
    other = view_with(LATE, name="c.wav")
    found = told([right, view_with(LATE), other], {"a.wav": AS_TOLD, "c.wav": AS_TOLD})
    assert found is not None and found.files == ("a.wav", "c.wav")
    assert found.pattern == "16 windows in 2 files"
    assert told([right], {}) is None
    assert told([view_with(LATE), other], {"a.wav": AS_TOLD}) is None, "nothing is known of one of them"


def test_a_piece_of_a_file() -> None:
    late = view_with(LATE[4:], 4, at=12)
    found = told([late], {"a.wav": AS_TOLD})
    assert found is not None and found.place == "a.wav, window 4"
    assert "window 4 at column 13, and 12 is right" in found.explanation
    assert told([late], {"a.wav": AS_TOLD | {4: 11}}) is None, "what lay before it is not known"
    at_end = view_with([0, 3, 35])
    assert told([at_end], {"a.wav": {0: 0, 1: 3, 2: 35}}) is not None
    assert told([at_end], {"a.wav": {0: 0, 1: 3, 2: 36}}) is None, "nor what lay behind it"


@pytest.mark.parametrize(
    ("said", "options"),
    [
        (AS_TOLD | {2: 8}, {}),
        (AS_TOLD, {"twice": True}),
        (AS_TOLD, {"model": FakeModel(stateful=True)}),
        ({number: 3 * number for number in range(WINDOWS)}, {}),
        ({number: first for number, first in AS_TOLD.items() if number != 5}, {}),
    ],
    ids=["another", "twice", "stateful", "as they must be", "not all"],
)
def test_what_the_board_says_does_not_give_all_outputs(said: dict[int, int], options: dict[str, Any]) -> None:
    assert told([view_with(LATE)], {"a.wav": said}, **options) is None


def test_windows_that_did_not_come_need_not_be_told_and_where_they_begin_does_not_count() -> None:
    view = view_with(LATE)
    here = np.arange(WINDOWS) != 5
    view = replace(view, present=here)
    without = {number: first for number, first in AS_TOLD.items() if number != 5}
    found = told([view], {"a.wav": without})
    assert found is not None and found.pattern == "7 windows in 1 file"


def test_outputs_that_are_wrong_of_windows_that_begin_where_they_must() -> None:
    right = [3 * number for number in range(WINDOWS)]
    view = view_with(right)
    spoilt = FakeModel()
    view.device[3] ^= 1
    assert told([view], {"a.wav": dict(enumerate(right))}, spoilt) is None
