"""Sounds of many changes: how many there are, how long they are, and where the first one ends."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import Bundle
from .changing_sounds import changing_sounds
from .expected import Expected
from .fakes import FakeInterpreter

pytestmark = pytest.mark.native


def _made(bundle: Bundle, heard: list[NDArray[Any]], windows: int) -> tuple[NDArray[Any], NDArray[Any]]:
    made = changing_sounds(bundle, heard, FakeInterpreter(bundle), windows)
    assert made is not None
    return made


@pytest.mark.parametrize("windows", [30, 80])
def test_most_windows_change_something_and_there_are_not_more_of_them(bundle: Bundle, windows: int) -> None:
    _, sound = _made(bundle, [], windows)
    found = Expected(bundle, FakeInterpreter(bundle)).push(sound)
    assert found.outputs is not None and len(found.outputs.scores) == windows
    assert len(found.changes) > windows / 4
    assert {change.label for change in found.changes} == set(np.flatnonzero(bundle.thresholds.detect))


def test_the_first_sound_ends_with_the_window_in_which_a_class_begins(bundle: Bundle) -> None:
    first, _ = _made(bundle, [], 60)
    host = Expected(bundle, FakeInterpreter(bundle)).push(first)
    assert host.outputs is not None
    last = len(host.outputs.scores) - 1
    assert last <= 20
    assert any(change.active and change.window == last for change in host.changes)
    assert len(first) == bundle.settings.samples_for(bundle.frames + last * bundle.stride)


def test_what_a_run_heard_is_used_and_the_same_gives_the_same(bundle: Bundle, samples: NDArray[Any]) -> None:
    made = _made(bundle, [samples], 40)
    for first, again in zip(made, _made(bundle, [samples], 40), strict=True):
        np.testing.assert_array_equal(first, again)
    assert len(made[1]) != len(_made(bundle, [], 40)[1]) or not np.array_equal(
        made[1], _made(bundle, [], 40)[1]
    )


def test_where_no_class_changes_there_is_none(bundle: Bundle) -> None:
    assert changing_sounds(bundle, [], FakeInterpreter(bundle, flaw=-400), 40) is None
