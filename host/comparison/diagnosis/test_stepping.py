"""Samples that are lost or come twice again and again: the steps are found, and what they have in common is told."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...core.c_frontend import FrontEnd
from .evidence import Int16
from .fakes_device import sound
from .fakes_views import best, view_of
from .search import Int8, View
from .stepping import Step, _first, _sizes, _stepped, _steps, _told, stepping

pytestmark = pytest.mark.native
SOUND = (sound(8000, 1, 3).astype(np.int64) + np.random.default_rng(4).integers(-800, 800, 24_000)).astype(
    np.int16
)


def heard(front_end: FrontEnd, samples: Int16) -> View:
    right = front_end.features(SOUND)
    device = front_end.features(samples)[: len(right)]
    return view_of(right[: len(device)], device, samples=SOUND)


@pytest.mark.parametrize(
    ("by", "places", "words"),
    [
        (1, (6400, 12_800, 19_200), "1 sample is lost about every 6,400 samples (50 columns)"),
        (-64, (5000, 10_000, 15_000), "64 samples come twice about every 5,000 samples"),
        (2, (3000, 9000, 20_000), "2 samples are lost at multiples of "),
        (-128, (8000, 16_000, 23_500), "128 samples come twice at multiples of "),
    ],
)
def test_steps_are_told(front_end: FrontEnd, by: int, places: tuple[int, ...], words: str) -> None:
    samples = _stepped(SOUND, [Step(place, by) for place in places])
    view = heard(front_end, samples)
    steps = _steps(front_end, view)
    assert steps is not None and [step.by for step in steps] == [by] * 3
    assert all(abs(step.sample - place) < 8 for step, place in zip(steps, places, strict=True))
    found = best(stepping(front_end), [view])
    assert found is not None and found.explanation.startswith(words.split(" at mult")[0])


def test_two_steps_are_steps_and_the_last_columns_may_be_cut(front_end: FrontEnd) -> None:
    samples = SOUND[: 256 + 100 * 128]  # to the last column's last one
    device = front_end.features(_stepped(samples, [Step(4000, -1), Step(12_990, -1)]))
    right = front_end.features(samples)
    view = view_of(right, device[: len(right)], samples=samples)
    steps = _steps(front_end, view)
    assert steps is not None and [step.by for step in steps] == [-1, -1]
    assert best(stepping(front_end), [view]) is not None
    for row in (0, len(right) - 1):  # a column that no step gives
        spoilt = view.device.copy()
        spoilt[row] ^= 1
        assert _steps(front_end, replace(view, device=spoilt)) is None
        present = np.ones(len(right), np.bool_)
        present[row] = False
        assert _steps(front_end, replace(view, device=spoilt, present=present)) is not None


def test_the_sizes_of_steps() -> None:
    sizes = [*range(1, 17), 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1024]
    assert list(_sizes()) == [sign * size for size in sizes for sign in (1, -1)]


def test_what_is_no_step_and_a_single_one_are_left(front_end: FrontEnd) -> None:
    assert best(stepping(front_end), [heard(front_end, SOUND // 2)]) is None
    once = heard(front_end, _stepped(SOUND, [Step(7000, 1)]))
    assert _steps(front_end, once) == [Step(7000, 1)]
    assert best(stepping(front_end), [once]) is None


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ((100, 1380, 6500), "1 sample is lost at multiples of 1,280 samples"),
        ((100, 1381, 6500), "1 sample is lost at 3 places, 1,281 to 5,119 samples apart"),
        ((100, 1380, 2661), "1 sample is lost about every 1,280 samples (10 columns)"),
        ((0, 1264, 2560), "1 sample is lost about every 1,280 samples (10 columns)"),
        ((0, 1264, 2561), "1 sample is lost at 3 places, 1,264 to 1,297 samples apart"),
        ((0, 1296, 2592), "1 sample is lost about every 1,296 samples (10 columns)"),
        ((0, 1297, 2594), "1 sample is lost about every 1,297 samples"),
        ((0, 128, 384), "1 sample is lost at multiples of 128 samples"),
    ],
)
def test_what_steps_have_in_common(places: tuple[int, ...], words: str) -> None:
    assert _told({"a": [Step(place, 1) for place in places]}, 128) == words
    assert (
        _told({"a": [Step(1, 1), Step(2, -3)]}, 128) == "3 samples come twice or 1 sample is lost at 2 places"
    )
    many = {"a": [Step(1, 1), Step(2, -2)], "b": [Step(3, -1), Step(4, 2)]}
    assert _told(many, 128) == "2 samples come twice or 1 sample comes twice or 1 sample is lost at 4 places"
    assert _first({"z": [], **many}) == "first at sample 1 of a"


class Plain:
    """A front end whose columns are eight samples each, four on from the last one's: every sample shows."""

    settings = SimpleNamespace(hop=4, span=8)

    @staticmethod
    def features(samples: Int16) -> Int8:
        return np.lib.stride_tricks.sliding_window_view(samples, 8)[::4].astype(np.int8)


def plain(count: int) -> Int16:
    return np.random.default_rng(3).integers(-128, 128, count).astype(np.int16)


def steps_of(samples: Int16, *steps: Step) -> list[Step] | None:
    """Those that are found where the device's stream goes on behind what was kept."""
    front_end: Any = Plain()
    kept = samples[: (len(samples) - 500) // 4 * 4]
    right = Plain.features(kept)
    device = Plain.features(_stepped(samples, list(steps)))[: len(right)]
    return _steps(front_end, view_of(right, device, samples=kept))


def test_steps_stand_five_columns_apart() -> None:
    assert steps_of(plain(1000), Step(101, 2), Step(121, 2)) == [Step(101, 2), Step(121, 2)]
    assert steps_of(plain(1000), Step(101, 2), Step(117, 2)) is None


def test_so_many_steps_are_found() -> None:
    steps = [Step(20 * k + 6, 1) for k in range(401)]
    samples = plain(9000)
    found = steps_of(samples, *steps[:400])
    assert found is not None and [step.by for step in found] == [1] * 400
    assert steps_of(samples, *steps) is None


def test_the_last_column_is_read_too() -> None:
    front_end: Any = Plain()
    right = Plain.features(plain(100))
    assert _steps(front_end, view_of(right, right, samples=plain(100))) == []
    device = right.copy()
    device[-1, 0] ^= 1
    assert _steps(front_end, view_of(right, device, samples=plain(100))) is None


def test_where_samples_are_alike_the_step_is_the_first_that_its_first_column_allows() -> None:
    samples = plain(1000)
    samples[104:124] = 0
    assert steps_of(samples, Step(118, 1)) == [Step(120, 1)]


def test_columns_behind_those_that_are_cut_tell_the_size() -> None:
    samples = plain(1000)
    samples[104], samples[105:117] = 9, 0
    assert steps_of(samples, Step(104, 3)) == [Step(104, 3)]
