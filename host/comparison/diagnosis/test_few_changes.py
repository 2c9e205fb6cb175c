"""Of few detections only what no other rule would give is told."""

from dataclasses import replace

import numpy as np
import pytest

from ...detector.detector import Change
from ...detector.threshold import Int8Thresholds
from .detections import Rule, explaining_rule
from .evidence import Before, FileRecord
from .fakes_views import cells, file_of, piece_of

RIGHT = Int8Thresholds(on=(50,), off=(10,), detect=(True,))
QUIET = np.full((3, 1), -128, np.int8)


def file_with(told: list[Change], expected: list[Change]) -> FileRecord:
    none = cells(0, 1)
    return replace(
        file_of(piece_of(none, none), expected_changes=expected, device_changes=told), scores=QUIET
    )


@pytest.mark.parametrize(("changes", "told"), [(3, False), (4, True)])
def test_fewer_than_four_changes_would_be_explained_by_many(changes: int, told: bool) -> None:
    device = [Change(0, 0, True, 9)] * (changes - 1)
    rules = iter([Rule("it", "it is so", "Look", lambda _, __: device)])
    rule = explaining_rule(RIGHT, [file_with(device, [Change(1, 0, True, 9)])], rules)
    assert (rule is not None) == told


def test_one_change_alone_is_explained_by_the_file_before() -> None:
    """What was active there, and ends here, is what no other rule would know."""
    state = RIGHT.start()
    state.active[0] = True
    ended = file_with([Change(0, 0, False, -128)], [])
    ended = replace(ended, before=Before("before.wav", 0, ended.piece, state))
    rule = explaining_rule(RIGHT, [ended], iter(()))
    assert rule is not None and rule.cause == "detector not reset"
    later = replace(ended, device_changes=[Change(1, 0, False, -128)])
    assert explaining_rule(RIGHT, [later], iter(())) is None
