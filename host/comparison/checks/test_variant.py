"""A variant to the byte, and which thresholds are chosen."""

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...model.interpreter import Outputs
from ..expected import Expected
from ..fakes import FakeInterpreter
from .variant import COLUMN_CHANGES, PADDING, SCALES, met_exactly, variant, with_thresholds

pytestmark = pytest.mark.native


@pytest.mark.parametrize("spare", range(0, 18, 3))
def test_a_variant_to_the_byte(bundle: Bundle, spare: int) -> None:
    mark = bytes(range(100, 116))
    longer = replace(bundle, model_bytes=bundle.model_bytes + bytes(spare))
    other = variant(longer, mark)
    padded = -(-len(longer.model_bytes) // 16) * 16
    assert other.model_bytes == longer.model_bytes.ljust(padded, b"\0") + mark
    assert (other.model.size, other.model.sha256) == (
        padded + 16,
        hashlib.sha256(other.model_bytes).hexdigest(),
    )
    assert other.name == f"6465 {bundle.name} abcdefghijklmnopqrstuvwxyz"[:31]
    assert other.model.input.scale == float(np.float32(bundle.model.input.scale * 1.03))
    again = variant(longer, mark, other)
    assert again.model.input.scale == float(np.float32(bundle.model.input.scale * 0.97))
    with pytest.raises(AssertionError):
        variant(longer, mark[:15])


def test_a_name_is_cut_at_a_character(bundle: Bundle) -> None:
    named = replace(bundle, name="ä" * 40)
    assert variant(named, bytes(16)).name == "0000 " + "ä" * 13


def test_what_is_tried() -> None:
    assert SCALES == (1.03, 0.97, 1.1, 0.9) and PADDING == 16
    inner: dict[str, Any] = {"fmax": 1000.0}
    changed = []
    for change in COLUMN_CHANGES:
        values = dict(inner)
        change(values)
        changed.append(values)
    assert changed == [
        {"fmax": 1000.0, "mel_triangles": "mel"},
        {"fmax": 970.0},
        {"fmax": 940.0},
        {"fmax": 1000.0, "padding": "zero"},
    ]
    values = {"fmax": 1.0, "mel_triangles": "mel", "padding": "zero"}
    COLUMN_CHANGES[0](values)
    COLUMN_CHANGES[3](values)
    assert values == {"fmax": 1.0, "mel_triangles": "hz", "padding": "none"}


@pytest.mark.parametrize(
    ("scores", "met"),
    [
        ([], None),
        ([5], None),
        ([1, 5], None),
        ([1, 5, 1], (5, 1)),
        ([5, 5, 1], None),  # active at the very first window
        ([4, 5, 5, 4], (5, 4)),
        ([-128, -127, -128], None),
        ([-128, -126, -127], (-126, -127)),
        ([1, 5, 6, 5, 3, 2], (5, 3)),
        ([1, 3, 5, 2, 9, 8], (3, 2)),
        ([1, 9, 9, 9], None),
        ([1, 2, 7, 7, 7, 6], (2, -999)),
    ],
)
def test_thresholds_that_are_met_exactly(scores: list[int], met: tuple[int, int] | None) -> None:
    """At first while inactive, then while active and with nothing below in between."""
    if met == (2, -999):  # nothing comes below 2 again: the next one that rises is tried
        met = (7, 6)
    assert met_exactly(scores) == met


class Ranged(FakeInterpreter):
    """Class 2 moves most, then class 4."""

    def run(self, windows: NDArray[np.int8]) -> Outputs:
        scores = np.zeros((len(windows), 5), np.int8)
        moves = np.arange(len(windows)) % 4
        scores[:, 2] = np.array([-100, 90, -50, -60], np.int8)[moves]
        scores[:, 4] = np.array([-80, 60, -20, -30], np.int8)[moves]
        return Outputs(scores, None)


def test_thresholds_are_of_the_class_that_moves_most_and_is_detected(
    bundle: Bundle, samples: NDArray[np.int16]
) -> None:
    interpreter = Ranged(bundle)
    outputs = Expected(bundle, interpreter).push(samples).outputs
    assert outputs is not None and len(outputs.scores) > 4
    rule = bundle.thresholds
    order = [label for label in (2, 4, 0, 1, 3) if rule.detect[label]]
    changed = with_thresholds(bundle, interpreter, samples)
    met = met_exactly(outputs.scores[:, order[0]].tolist())
    assert met is not None
    assert (changed.thresholds.on[order[0]], changed.thresholds.off[order[0]]) == met
    assert changed.settings_hash != bundle.settings_hash
    none = samples[: bundle.settings.samples_for(bundle.frames) - 1]
    assert with_thresholds(bundle, interpreter, none) is bundle
