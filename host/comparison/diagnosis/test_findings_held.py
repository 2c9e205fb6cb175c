"""What is not told of detections that are held back, and of causes of the lesser part."""

from dataclasses import replace

import numpy as np

from ...bundle.load import Bundle
from .finding import NEUTRAL
from .test_findings import COLUMNS, RIGHT, Told, adding, record_of, told, with_changes

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
