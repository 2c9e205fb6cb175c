"""A variant to the byte, and which thresholds are chosen."""

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...detector.argmax import Argmax
from ...detector.mean_window import MeanWindow
from ...detector.n_of_m import NOfM
from ...detector.threshold import Threshold
from ...model.interpreter import Outputs
from ..expected import Expected
from ..fakes import FakeInterpreter
from . import variant as variants
from .variant import (
    COLUMN_CHANGES,
    PADDING,
    SCALES,
    _falls,
    first_variant,
    met_exactly,
    second_variant,
    variant,
    with_changes_at_both_ends,
    with_thresholds,
)

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
        ([5, 5, 1], (5, 1)),
        ([4, 5, 5, 4], (5, 4)),
        ([-128, -127, -128], None),
        ([-128, -126, -127], (-126, -127)),
        ([1, 9, 9, 9], None),
        ([1, 2, 7, 7, 7, 6], (7, 6)),  # nothing comes below 2 again
        ([1, 9, 3, 1, 7, 3, 1, 7, 3], (7, 3)),  # 9 and 3 once, 7 twice
        ([1, 7, 3, 1, 9, 4, 1, 7, 3, 1], (7, 3)),
        ([7, 5, 0, 7, 5, 7, 5], (7, 5)),  # as often as 0, with more changes
    ],
)
def test_thresholds_are_those_that_are_met_exactly_the_most_often(
    scores: list[int], met: tuple[int, int] | None
) -> None:
    """The upper one while inactive, the lower one while active."""
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


@pytest.mark.parametrize(
    ("scores", "falls"),
    [
        ([], False),
        ([5], False),
        ([5, 5], False),
        ([5, 6, 4], True),
        ([-128, -128], False),
        ([-127, -128], True),
        ([-127, 3], False),
    ],
)
def test_a_first_score_that_can_be_a_threshold(scores: list[int], falls: bool) -> None:
    assert _falls(scores) == falls


def _scored(
    monkeypatch: pytest.MonkeyPatch, bundle: Bundle, scores: dict[int, list[int]]
) -> NDArray[np.int16]:
    """Samples whose windows have these scores, by label; others fall at no place."""
    step, windows = bundle.stride * bundle.settings.hop, max(map(len, scores.values()))
    sound = np.zeros(bundle.window_samples + (windows - 1) * step, np.int16)

    def of(_: Bundle, __: Any, samples: NDArray[np.int16], label: int) -> list[int]:
        return scores.get(label, [0])[(len(sound) - len(samples)) // step :]

    monkeypatch.setattr(variants, "_scores", of)
    return sound


@pytest.mark.parametrize(
    ("scores", "start", "last", "on"),
    [
        ([1, 5, 7, 5, 3, 5, 2], 1, 3, 5),  # the first window that a later one is below, and that one
        ([5, 4], 0, 1, 5),
        ([-128, -127, -128], 1, 1, -127),
        ([9, 9, 9], None, 0, 0),
    ],
)
def test_a_threshold_that_the_first_window_meets_and_the_last_one_leaves(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, scores: list[int], start: int | None, last: int, on: int
) -> None:
    label = int(np.flatnonzero(bundle.thresholds.detect)[0])
    sound = _scored(monkeypatch, bundle, {label: scores})
    changed, part = with_changes_at_both_ends(bundle, FakeInterpreter(bundle), sound)
    if start is None:
        assert changed is bundle and part is sound
        return
    step = bundle.stride * bundle.settings.hop
    assert len(part) == bundle.window_samples + last * step
    assert np.shares_memory(part, sound) and part.ctypes.data - sound.ctypes.data == 2 * start * step
    assert (changed.thresholds.on[label], changed.thresholds.off[label]) == (on, on)


def test_thresholds_are_met_exactly() -> None:
    """A rule with > in place of >= decides otherwise, at the beginning and at the end."""
    assert met_exactly([-100, 5, 7, 3, 2]) == (7, 3)
    assert met_exactly([5, 5, 5]) is None
    assert met_exactly([-128, -128]) is None
    assert met_exactly([1, 3, 1]) == (3, 1)
    rng = np.random.default_rng(3)
    for _ in range(200):
        scores = rng.integers(-128, 128, 12).tolist()
        met = met_exactly(scores)
        if met is not None:
            right = _decided(scores, *met)
            assert right != _decided(scores, met[0] + 1, met[1])
            assert right != _decided(scores, met[0], met[1] + 1)


def _decided(scores: list[int], on: int, off: int) -> list[bool]:
    active, decided = False, []
    for score in scores:
        active = score >= (off if active else on)
        decided.append(active)
    return decided


@pytest.mark.parametrize("runs", [True, False])
def test_a_winner_needs_no_lead_in_the_second_variant(
    bundle: Bundle, samples: NDArray[Any], runs: bool
) -> None:
    detector = Argmax(threshold=0.5, release=0.4, margin=0.25, ignore=("a",))
    leads = replace(bundle, detector=detector)
    first = variant(leads, bytes(16))
    model = FakeInterpreter(bundle) if runs else None
    changed, sound = second_variant(leads, bytes(range(16)), first, model, samples)
    assert changed.detector == (replace(detector, margin=0.0) if runs else detector)
    assert sound is samples and first.detector == detector


KINDS_OF_SEVERAL = (
    NOfM(0.5, 0.4, n=2, m=3, duration=1, hold=5, ignore=("a",)),
    MeanWindow(0.5, windows=3, slices=50, ignore=("a",)),
)


@pytest.mark.parametrize("detector", KINDS_OF_SEVERAL)
def test_thresholds_are_tried_beside_a_detector_of_several_windows(
    bundle: Bundle, samples: NDArray[Any], detector: Any
) -> None:
    """The first variant has a detector of another kind; the second one its own, with figures that a sound meets."""
    several = replace(bundle, detector=detector)
    model = FakeInterpreter(bundle)
    first = first_variant(several, bytes(16), model, samples)
    plain = with_thresholds(
        replace(variant(several, bytes(16)), detector=Threshold(0.5, detector.release, ("a",))),
        model,
        samples,
    )
    assert isinstance(first.detector, Threshold) and first.detector.ignore == ("a",)
    assert (first.detector, first.frontend_image) == (plain.detector, plain.frontend_image)
    second, sound = second_variant(several, bytes(range(16)), first, model, samples)
    assert sound is samples and second.frontend_image != first.frontend_image
    assert type(second.detector) is type(detector)
    if isinstance(detector, NOfM):  # what is one window waits; what is more stays
        assert isinstance(second.detector, NOfM)
        asked = second.detector
        assert (asked.n, asked.m, asked.duration) == (2, 5, 2) and asked.hold > 1


@pytest.mark.parametrize("detector", KINDS_OF_SEVERAL)
def test_without_a_model_a_detector_stays(bundle: Bundle, samples: NDArray[Any], detector: Any) -> None:
    several = replace(bundle, detector=detector)
    first = first_variant(several, bytes(16), None, samples)
    assert first.detector == detector
    assert second_variant(several, bytes(16), first, None, samples)[0].detector == detector


def test_other_kinds_keep_theirs(bundle: Bundle, samples: NDArray[Any]) -> None:
    for detector in (Threshold(0.5, 0.4, ("a",)), Argmax(0.5, 0.4, 0.25, ("a",))):
        first = first_variant(replace(bundle, detector=detector), bytes(16), FakeInterpreter(bundle), samples)
        assert type(first.detector) is type(detector)
