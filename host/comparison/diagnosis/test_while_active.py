"""Wrong windows that are those in which a class is active, as the board told it, and no others."""

from dataclasses import replace

import numpy as np
import pytest

from ...detector.detector import Change
from .fakes_views import cells, view_of
from .search import View
from .while_active import while_active

LABELS = ("owl", "crow")
WINDOWS = 40
# the owl from window 4 to 11 and from 20 to 29, the crow from 8 to 16
CHANGES = [(4, 0, 1), (8, 1, 1), (12, 0, 0), (17, 1, 0), (20, 0, 1), (30, 0, 0)]
OWL = {*range(4, 12), *range(20, 30)}
CROW = set(range(8, 17))


def view(windows: int = WINDOWS, first: int = 0) -> View:
    right = cells(windows, 2)
    made = view_of(right, right, first=first)
    changes = [Change(window, label, bool(active), 0) for window, label, active in CHANGES]
    return replace(made, file=replace(made.file, device_changes=changes))


def mask(windows: set[int], of: View) -> np.ndarray:  # type: ignore[type-arg]
    """One value of each of these windows."""
    marked = np.zeros((len(of.expected), 2), np.bool_)
    marked[:, 1] = np.isin(of.first + np.arange(len(of.expected)), list(windows))
    return marked


def later(windows: set[int]) -> set[int]:
    return {window + 1 for window in windows}


DETECTED = {window for window, *_ in CHANGES}


@pytest.mark.parametrize(
    ("windows", "words"),
    [
        (OWL, "all in which 'owl' is active and none else"),
        (CROW, "all in which 'crow' is active and none else"),
        (OWL | CROW, "all in which a class is active and none else"),
        (later(OWL), "all that begin while 'owl' is active and none else"),
        (later(CROW), "all that begin while 'crow' is active and none else"),
        (later(OWL | CROW), "all that begin while a class is active and none else"),
        (DETECTED, "all with a detection and none else"),
        (later(DETECTED), "all behind one with a detection and none else"),
        (set(range(WINDOWS)) - OWL, "none in which 'owl' is active and all else"),
        (set(range(WINDOWS)) - later(CROW), "none that begin while 'crow' is active and all else"),
        (OWL - {5}, ""),
        (OWL | {0}, ""),
        (set(), ""),
    ],
)
def test_windows_that_differ_while_a_class_is_active(windows: set[int], words: str) -> None:
    assert while_active([made := view()], [mask(windows, made)], LABELS) == words


@pytest.mark.parametrize(
    ("first", "count", "words"),
    [
        (6, 12, "all in which 'owl' is active and none else"),  # 6 to 17: six of them, and six others
        (7, 12, ""),
        (6, 11, ""),
    ],
)
def test_few_windows_on_either_side_are_chance(first: int, count: int, words: str) -> None:
    assert while_active([made := view(count, first)], [mask(OWL, made)], LABELS) == words


def test_it_holds_in_all_files_and_of_windows_that_came() -> None:
    views = [view(), replace(view(20, 15), present=np.arange(20) != 7)]
    masks = [mask(OWL, each) for each in views]
    words = "all in which 'owl' is active and none else"
    masks[1][7] ^= True
    assert while_active(views, masks, LABELS) == words
    masks[1][6] = False
    assert while_active(views, masks, LABELS) == ""
    assert while_active(views[::-1], [mask(CROW, views[1]), mask(OWL, views[0])], LABELS) == ""
