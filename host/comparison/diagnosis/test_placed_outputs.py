"""Logits that are written over the scores, or with a gap behind them, are named by the place at which they lie."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from ...bundle.load import Bundle
from .fakes_views import cells, view_of
from .placed_outputs import placed_outputs
from .search import Candidate, search

CLASSES = 3


def bundle_of(kind: str = "int16", outputs: int = 2, classes: int = CLASSES) -> Bundle:
    scores = SimpleNamespace(type=kind, width=2 if kind == "int16" else 1)
    model = SimpleNamespace(scores=scores, classes=classes, outputs=[0] * outputs)
    return cast(Bundle, SimpleNamespace(model=model))


def candidates(bundle: Bundle) -> list[Candidate]:
    return list(placed_outputs(bundle)([]))


def sent_of(values: Any) -> Any:
    """16-bit numbers of a window as a device sends them: upper bytes, then low ones less 128."""
    return [*(int(each) >> 8 for each in values), *((int(each) & 255) - 128 for each in values)]


@pytest.mark.parametrize("place", [0, 2, 3, 4, 8, 11])
def test_numbers_of_16_bits_lie_where_their_bytes_are(place: int) -> None:
    rng = np.random.default_rng(place)
    right = rng.integers(-32768, 32768, (40, 2 * CLASSES))
    memory, came = bytearray(24), []
    for row in right:
        data = row.astype("<i2").tobytes()
        memory[:6] = data[:6]
        memory[place : place + 6] = data[6:]
        told = np.array(sent_of(np.frombuffer(bytes(memory[:12]), "<i2")), np.int8)
        memory[:12] = told.tobytes()
        came.append(told)
    expected = np.array([sent_of(row) for row in right], np.int8)
    view = view_of(expected, np.array(came))
    found, left = search([view], [placed_outputs(bundle_of())], 4)
    assert [each.candidate.cause for each in found] == [f"logits at byte {place}"]
    assert not left[0].wrong.any()
    words = found[0].candidate.explanation
    assert words.startswith(f"the logits are written {place} bytes behind the scores' beginning instead of 6")
    assert ("classes are counted" in words) == (place == 3)
    assert ("between them" in words) == (place > 6) and ("over scores" in words) == (place < 6)


@pytest.mark.parametrize(("kind", "gap"), [("int8", 0), ("uint8", -128)])
def test_values_of_8_bits_lie_where_they_are_written(kind: str, gap: int) -> None:
    right = cells(5, 2 * CLASSES, low=-100, high=100)
    by_cause = {
        (each.cause, "lie over them" in each.explanation): each for each in candidates(bundle_of(kind))
    }
    over = by_cause["logits at byte 1", False].replay(view_of(right, right))
    assert over is not None
    np.testing.assert_array_equal(over[:, 0], right[:, 0])
    np.testing.assert_array_equal(over[:, 1:4], right[:, 3:])
    assert over[0, 4] == gap and over[1, 4] == 0  # what lay there before is converted once more
    under = by_cause["logits at byte 1", True].replay(view_of(right, right))
    assert under is not None
    np.testing.assert_array_equal(under[:, :3], right[:, :3])
    np.testing.assert_array_equal(under[:, 3], right[:, 5])


def test_where_memory_is_not_known_nothing_is_said() -> None:
    right = cells(5, 2 * CLASSES)
    (first, *_) = candidates(bundle_of("int8"))
    assert first.replay(view_of(right, right, first=3)) is None


def test_it_takes_two_outputs_and_another_place() -> None:
    assert not candidates(bundle_of(outputs=1))
    causes = [each.cause for each in candidates(bundle_of("int8"))]
    assert sorted(set(causes)) == [f"logits at byte {place}" for place in (0, 1, 2, 4, 5, 6)]
    assert len(causes) == 8  # over scores in either order


@pytest.mark.parametrize("classes", [1, 3])
def test_logits_that_nothing_writes_where_they_are_sent_from(classes: int) -> None:
    bundle = bundle_of("int8", classes=classes)
    right = cells(9, 2 * classes, low=1, high=100)
    came = right.copy()
    came[:, classes:] = 0
    found, left = search([view_of(right, came)], [placed_outputs(bundle)], 4)
    assert [each.candidate.cause for each in found] == [f"logits at byte {2 * classes}"]
    assert not found[0].others and not left[0].wrong.any()
    assert found[0].candidate.explanation.startswith(
        f"nothing is written where the logits are sent from, {classes} byte{'s' * (classes > 1)} behind the"
    )
