"""The measurement of change points itself: it counts what is found, and what is none."""

from collections.abc import Sequence

import numpy as np
import pytest

from host.history.change_points import PACKAGE, Otava
from host.own_environment import OwnEnvironment
from tools.bench_changes import EITHER_SIDE, KINDS, Kind, histories, measure

READY = OwnEnvironment(PACKAGE).ready
Found = list[list[tuple[int, float, float]]]


def test_histories_have_their_step() -> None:
    series, steps = histories(Kind("x", 0.5, 0.001), 20, np.random.default_rng(1))
    for values, step in zip(series, steps, strict=True):
        assert EITHER_SIDE <= step <= len(values) - EITHER_SIDE
        assert max(values[:step]) < 1600 and min(values[step:]) > 2200


def test_what_is_found_is_counted() -> None:
    kind = Kind("x", 0.5, 0.001)
    series, steps = histories(kind, 200, np.random.default_rng(20261126))

    def near(asked: Sequence[Sequence[float]]) -> Found:
        return [[(step + 3, 1.0, 2.0)] if at < 190 else [] for at, step in enumerate(steps[: len(asked)])]

    assert measure(kind, near).holds() and measure(kind, near).found == 0.95
    far = measure(kind, lambda asked: [[(step + 4, 1.0, 2.0)] for step in steps[: len(asked)]])
    assert far.found == 0 and far.false == 200 / sum(map(len, series)) and not far.holds()
    none = Kind("x", 0.0, 0.001)
    assert measure(none, lambda asked: [[] for _ in asked]).holds()
    assert not measure(none, lambda asked: [[(5, 1.0, 2.0), (9, 1.0, 2.0)] for _ in asked]).holds()


@pytest.mark.slow
@pytest.mark.skipif(not READY, reason=f"{PACKAGE} has no environment here: `history` makes it")
def test_otava_finds_what_it_must() -> None:
    find = Otava()
    for kind in KINDS:
        if kind.gated:
            assert measure(kind, find).holds(), kind.name
