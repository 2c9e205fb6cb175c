"""What is not told of detections that are held back, and of causes of the lesser part."""

from dataclasses import replace

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...detector.detector import Change
from .evidence import MORE_THAN_FILE
from .finding import NEUTRAL
from .test_findings import COLUMNS, RIGHT, Told, adding, changed, outputs_of, record_of, told, with_changes

__all__ = ["told"]


def test_detections_that_are_held_back(bundle: Bundle, told: Told) -> None:
    held = with_changes(bundle, lambda right: right[:-1], detections_late=True)
    (found,) = told(held)
    assert found.cause == "detections sent late" and found.share == 1.0
    assert "held back before they are sent" in found.explanation
    for record in (
        with_changes(bundle, lambda right: right[:-1]),
        with_changes(bundle, lambda right: [*right[:-1], replace(right[-1], score=1)], detections_late=True),
    ):
        assert [each.cause for each in told(record)] != ["detections sent late"]


def test_causes_that_leave_much_are_not_even_told_as_near(bundle: Bundle, told: Told) -> None:
    device = RIGHT.copy()
    device[:40] += np.int8(3)
    some, rows = (
        adding(3, slice(None)),
        np.random.default_rng(3).integers(5, 9, (COLUMNS - 40, 16)).astype(np.int8),
    )
    device[40:] += rows
    for last in (COLUMNS, 50):
        device[last:] = RIGHT[last:]
        (found,) = (each for each in told(record_of(bundle, device), (some,)) if each.stage == "features")
        assert found.cause == NEUTRAL and "more is added" not in found.explanation


@pytest.mark.parametrize(
    ("before", "first", "again", "kept"),
    [
        (90, 0, MORE_THAN_FILE, True),
        (0, 0, MORE_THAN_FILE, False),
        (90, 9, MORE_THAN_FILE, False),
        (90, 0, "the same", False),
    ],
)
def test_files_wrong_from_their_beginning_behind_one_that_is_right(
    bundle: Bundle, told: Told, before: int, first: int, again: str, kept: bool
) -> None:
    device = changed(3, 12, [first, 40, 50])
    record = record_of(bundle, device, names=("b.wav", "c.wav"), columns_before=before)
    record.again = again
    (found,) = told(record)
    assert ("something of the stream before is kept" in found.explanation) is kept
    assert ("set back" in found.cure) is kept


def test_single_windows_are_told_with_the_bound_that_parts_them(bundle: Bundle, told: Told) -> None:
    right = outputs_of(RIGHT)
    rows = right[:, 0] < np.median(right[:, 0])
    answered = np.where(rows[:, None], right + np.int8(1), right).astype(np.int8)
    one = adding(1, slice(None), rows_alone=True)
    (found,) = told(record_of(bundle, answered=answered, names=("a.wav", "b.wav")), (), (one,))
    assert (
        "all where score of 'bird' is " in found.explanation
        and "more is added [12 windows" in found.explanation
    )


def test_what_is_seen_of_detections_by_no_rule(bundle: Bundle, told: Told) -> None:
    score = with_changes(bundle, lambda right: [replace(c, score=c.window % 7) for c in right])
    (found,) = told(score)
    assert found.explanation.startswith("a class that begins is told with another score; ")
    more = with_changes(bundle, lambda right: [Change(1, 0, True, 3), *right[:3], *right[4:]])
    (found,) = told(more)
    assert (
        found.explanation.startswith("at the score ")
        and " a class begins where it must not; " in found.explanation
    )


def test_of_right_detections_before_it_the_first_wrong_one_is_told(bundle: Bundle, told: Told) -> None:
    first = bundle.thresholds.on[0] + 1
    right = with_changes(bundle, lambda found: found).files[0].expected_changes
    (found,) = told(with_changes(bundle, lambda found: [*found[:4], *found[5:], Change(38, 5, True, 9)]))
    change = right[4]
    assert found.place == f"a.wav, window {change.window}, 'bird'"
    assert found.explanation.startswith(
        f"at the score {change.score} a class begins by the rule, and the device"
    )
    assert change.score > first and found.label == "Cause not known"


def test_a_detection_of_the_first_window_is_told_with_its_score(bundle: Bundle, told: Told) -> None:
    (found,) = told(with_changes(bundle, lambda right: [Change(0, 0, True, 3), *right[:2], *right[3:]]))
    low = bundle.thresholds.off[0] - 20
    assert found.explanation.startswith(f"at the score {low} a class begins where it must not; ")


@pytest.mark.parametrize(("window", "findings"), [(40, 0), (39, 1)])
def test_detections_of_windows_that_there_are_not_are_told_elsewhere(
    bundle: Bundle, told: Told, window: int, findings: int
) -> None:
    record = with_changes(bundle, lambda right: [*right, Change(window, 0, True, 3)])
    assert len(told(record)) == findings
