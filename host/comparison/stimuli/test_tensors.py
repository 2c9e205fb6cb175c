"""The search for windows whose outputs spread over int8, on models whose outputs are known."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...model.interpreter import Outputs
from . import tensors
from .conftest import clock_of
from .tensors import TensorSearch, wanted_scores

Int8 = NDArray[np.int8]
CLASSES = 5


class Means:
    """A score is the mean of a window, of each class a little more; no logits."""

    name = "means"

    def __init__(self, score: Callable[[Int8], Int8] | None = None) -> None:
        self._score = score or (lambda windows: np.rint(windows.mean(axis=(1, 2))).astype(np.int8))
        self.sizes: list[int] = []
        self.resets = 0

    def reset(self) -> None:
        """Counted."""
        self.resets += 1

    def run(self, windows: Int8) -> Outputs:
        """See `Interpreter`."""
        self.sizes.append(len(windows))
        return Outputs(np.repeat(self._score(windows)[:, None], CLASSES, axis=1), None)


def _windows(tiny: Bundle, *values: int) -> Int8:
    return np.stack([np.full((tiny.frames, tiny.settings.bands), value, np.int8) for value in values])


def _search(tiny: Bundle, model: Means, seeds: Int8, looks: int = 10_000) -> Int8:
    return _searching(tiny, model).run(seeds, clock_of(looks))


def _searching(tiny: Bundle, model: Means, stateful: bool = False) -> TensorSearch:
    """In a bundle whose model is `model`."""
    bundle = SimpleNamespace(thresholds=tiny.thresholds, model=SimpleNamespace(stateful=stateful))
    return TensorSearch(cast(Bundle, bundle), model, np.random.default_rng(2))


def test_scores_between_those_that_are_known_are_found(tiny: Bundle) -> None:
    found = _search(tiny, Means(), _windows(tiny, 3, 5))
    scores = np.rint(found.mean(axis=(1, 2))).astype(int)
    assert sorted(scores.tolist()) == list(range(-128, 128)), "each once"
    assert found.shape[1:] == (tiny.frames, tiny.settings.bands) and found.dtype == np.int8
    assert {-128, 0, 127} <= {int(window.flat[0]) for window in found if (window == window.flat[0]).all()}


def test_thresholds_and_their_neighbours_are_looked_for_most(tiny: Bundle) -> None:
    """Three times as often as any other value that is missing; then the others."""
    search = _searching(tiny, Means())
    search._try(_windows(tiny, *(value for value in range(-128, 128) if value not in (26, 100))))
    gaps = [search._gap() for _ in range(400)]
    sides = Counter((int(gap[0].flat[0]), int(gap[1].flat[0])) for gap in gaps if gap is not None)
    assert set(sides) == {(25, 27), (99, 101)} and sides.total() == 400
    assert 270 < sides[25, 27] < 340  # of 300 on average
    search._try(_windows(tiny, 26))
    rest = [search._gap() for _ in range(50)]
    assert {None if gap is None else int(gap[0].flat[0]) for gap in rest} == {None, 99} or all(rest)
    search._try(_windows(tiny, 100))
    assert search._gap() is None


def test_what_gives_nothing_new_is_not_kept(tiny: Bundle) -> None:
    found = _search(tiny, Means(lambda windows: np.zeros(len(windows), np.int8)), _windows(tiny, 1, 2, 3))
    assert np.array_equal(found, _windows(tiny, 1)), "of all that give the same the first"


def test_seeds_are_tried_in_batches_and_all_of_them(tiny: Bundle) -> None:
    model = Means()
    found = _search(tiny, model, _windows(tiny, *range(100)), 0)
    assert model.sizes == [64, 36, 3]
    assert len(found) == 102, "0 is among the extremes too"


@pytest.mark.parametrize("looks", [0, 1, 5])
def test_the_search_ends_with_its_time(tiny: Bundle, looks: int) -> None:
    model = Means()
    _search(tiny, model, _windows(tiny, 0), looks)
    assert len(model.sizes) == 2 + looks and set(model.sizes[2:]) <= {64}


def test_the_search_ends_where_nothing_new_comes(tiny: Bundle) -> None:
    """A model of two scores has a gap that nothing fills."""
    model = Means(lambda windows: np.where(windows.mean(axis=(1, 2)) > 0, 90, -90).astype(np.int8))
    found = _search(tiny, model, _windows(tiny, 0))
    assert len(found) == 2
    assert 32 <= len(model.sizes) - 2 <= 200, "it gives up, and not at once"


def test_batches_without_anything_new_are_counted_anew_once_something_is(
    tiny: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of them, then one with a new score, then three."""
    monkeypatch.setattr(tensors, "IDLE_BATCHES", 3)
    scores = iter([-100, 100, 100, 100, 50, *[100] * 9])
    model = Means(lambda windows: np.full(len(windows), next(scores), np.int8))
    found = _search(tiny, model, _windows(tiny, 3))
    assert len(found) == 3 and len(model.sizes) == 2 + 2 + 1 + 3


def test_of_enough_windows_no_more_are_looked_for(tiny: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensors, "MOST", 2)
    model = Means(lambda windows: np.where(windows.mean(axis=(1, 2)) > 0, 90, -90).astype(np.int8))
    assert len(_search(tiny, model, _windows(tiny, -3))) == 2 and model.sizes == [1, 3]


def test_a_gap_of_one_value_lies_between_its_neighbours(tiny: Bundle) -> None:
    search = _searching(tiny, Means())
    search._try(_windows(tiny, 7, 9))
    gap = search._gap()
    assert gap is not None and [int(side.flat[0]) for side in gap] == [7, 9]
    search._try(_windows(tiny, 8))
    assert search._gap() is None


def test_so_many_are_kept(tiny: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensors, "MOST", 20)
    found = _search(tiny, Means(), _windows(tiny, 0))
    assert 20 <= len(found) < 20 + 64


def test_a_model_that_remembers_starts_each_window_anew(tiny: Bundle) -> None:
    model = Means()
    _searching(tiny, model, stateful=True).run(_windows(tiny, 1, 2), clock_of(0))
    assert model.resets >= 5


def test_blends_lie_between_two_windows_or_a_little_beyond(tiny: Bundle) -> None:
    search = _searching(tiny, Means())
    low, high = _windows(tiny, -10, 90)
    blends = np.stack([search._blend(low, high) for _ in range(400)]).astype(int)
    assert blends.min() >= -31 and blends.max() <= 111 and blends.min() < -15 and blends.max() > 95
    even = np.array([(blend == blend.flat[0]).all() for blend in blends])
    pure = np.isin(blends, (-10, 90)).all(axis=(1, 2))
    dithered = np.isin(blends, (-11, -10, -9, 89, 90, 91)).all(axis=(1, 2)) & ~pure
    assert min(even.sum(), pure.sum(), dithered.sum()) > 40
    rails = [search._blend(*_windows(tiny, -128, 127)) for _ in range(50)]
    assert {int(np.min(rails)), int(np.max(rails))} == {-128, 127}
    assert max(int(search._blend(*_windows(tiny, -128, -110)).max()) for _ in range(50)) < -100
    assert min(int(search._blend(*_windows(tiny, 110, 127)).min()) for _ in range(50)) > 100


def test_wanted_scores_are_thresholds_and_their_neighbours(tiny: Bundle) -> None:
    limits = replace(
        tiny.thresholds,
        on=(127, 5, 9, 9, -127),
        off=(126, 3, 0, 0, -128),
        detect=(True, True, False, False, True),
    )
    bundle = cast(Bundle, SimpleNamespace(thresholds=limits))
    assert wanted_scores(bundle) == {
        0: [125, 126, 127],
        1: [2, 3, 4, 5, 6],
        4: [-128, -127, -126],
    }
