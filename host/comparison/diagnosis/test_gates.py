"""Pieces that are muted or turned down by how loud they are, and streams that are faded in."""

from collections.abc import Callable

import numpy as np
import pytest

from ...core.c_frontend import FrontEnd
from . import gates
from .evidence import Int16
from .fakes_device import sound
from .fakes_views import best, view_of
from .search import View

pytestmark = pytest.mark.native


@pytest.fixture(scope="module")
def right() -> Int16:
    """Loud and quiet by turns."""
    return (sound(8000, 2, 4) * (0.02 + np.sin(np.arange(32_000) / 900) ** 4)).astype(np.int16)


def by_pieces(x: Int16, count: int, chosen: Callable[[Int16], bool], factor: float) -> Int16:
    heard = x.copy()
    for at in range(0, len(x), count):
        if chosen(x[at : at + count]):
            heard[at : at + count] = np.trunc(x[at : at + count] * factor)
    return heard


def view_on(front_end: FrontEnd, right: Int16, heard: Int16) -> View:
    return view_of(front_end.features(right), front_end.features(heard), samples=right)


@pytest.mark.parametrize(
    ("count", "chosen", "factor", "words"),
    [
        (64, lambda x: np.abs(x.astype(int)).max() < 100, 0.0, "pieces of 64 samples with a peak below"),
        (512, lambda x: np.abs(x.astype(int)).max() < 500, 0.0, "pieces of 512 samples with a peak below"),
        (256, lambda x: np.abs(x.astype(int)).max() >= 4000, 0.5, "a peak of 4,000 and more are halved"),
        (512, lambda x: np.abs(x.astype(int)).mean() < 200, 0.0, "pieces of 512 samples with a"),
    ],
)  # fmt: skip
def test_pieces_by_their_loudness(
    front_end: FrontEnd, right: Int16, count: int, chosen: Callable[[Int16], bool], factor: float, words: str
) -> None:
    view = view_on(front_end, right, by_pieces(right, count, chosen, factor))
    candidate = best(gates.gated(front_end), [view])
    assert candidate is not None and words in candidate.explanation


def test_pieces_spoilt_whatever_their_loudness_are_no_gate(front_end: FrontEnd, right: Int16) -> None:
    turns = iter(range(10_000))
    heard = by_pieces(right, 256, lambda _: next(turns) % 3 == 0, 0.0)
    assert best(gates.gated(front_end), [view_on(front_end, right, heard)]) is None


@pytest.mark.parametrize("count", [2048, 3000])
def test_a_stream_that_is_faded_in(front_end: FrontEnd, count: int) -> None:
    loud = sound(8000, 1, 2)
    wide = loud.astype(np.int64)
    ramp = np.minimum(np.arange(len(loud)), count)
    heard = (np.sign(wide) * (np.abs(wide) * ramp // count)).astype(np.int16)
    candidate = best(gates.faded(front_end), [view_on(front_end, loud, heard)])
    assert candidate is not None and candidate.explanation.endswith(f"first {count:,}")
    later = view_of(front_end.features(loud), front_end.features(heard), samples=loud, first=3)
    assert list(gates.faded(front_end)([later])) == []
