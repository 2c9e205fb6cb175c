"""Outputs that are told late: what comes first of a stream, and what right detections exclude."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...detector.detector import Detector
from ...detector.threshold import Int8Thresholds
from . import output_findings as module
from . import values
from .evidence import Before
from .fakes_views import OUTPUT_WORDS, best, cells, file_of, piece_of, replay_of, view_of
from .finding import Finding
from .late_rows import late_of_right
from .search import View
from .words import OUTPUT_CURES

RIGHT, BEFORE = cells(40, 4), cells(30, 4, seed=2)
NO_COLUMNS = np.empty((0, 6), np.int8)


def behind(view: View, sent: bool = True) -> View:
    """The same, behind a file whose outputs were right, and not what was sent."""
    piece = piece_of(NO_COLUMNS, NO_COLUMNS, outputs=(BEFORE, np.roll(BEFORE, 1, axis=0)))
    before = Before("b.wav", 0, piece, None)
    file = replace(view.file, before=before)
    return replace(view, file=file, before=piece.outputs_device if sent else piece.outputs_device[:0])


@pytest.mark.parametrize("by", [1, 2, 3])
def test_the_first_ones_are_the_right_ones_of_the_stream_before(by: int) -> None:
    first = view_of(RIGHT, np.concatenate([np.zeros((by, 4), np.int8), RIGHT[:-by]]))
    second = behind(view_of(RIGHT, np.concatenate([BEFORE[-by:], RIGHT[:-by]]), name="c.wav"))
    views = [first, second]
    found = best(lambda each: values.shifted(each, OUTPUT_WORDS), views)
    assert found is not None
    assert all(np.array_equal(replay_of(found, view), view.device) for view in views)
    which = "the first window of a stream is" if by == 1 else f"the first {by} windows of a stream are"
    assert found.detail(views) == f"{which} of the one before"
    assert found.detail([first]) == ""


def test_four_rows_are_more_than_one_stream_leaves_to_the_next() -> None:
    view = behind(view_of(RIGHT, np.concatenate([BEFORE[-4:], RIGHT[:-4]])))
    for found in values.shifted([view], OUTPUT_WORDS):
        assert not np.array_equal(replay_of(found, view), view.device)


def test_a_stream_before_that_was_as_short_moves_in_whole() -> None:
    view = view_of(RIGHT, RIGHT)
    piece = piece_of(NO_COLUMNS, NO_COLUMNS, outputs=(BEFORE[:2], BEFORE[2:4]))
    behind_two = replace(view, file=replace(view.file, before=Before("b.wav", 0, piece, None)))
    moved = late_of_right(behind_two, 2)
    assert moved is not None and np.array_equal(moved, np.concatenate([BEFORE[:2], RIGHT[:-2]]))


def test_where_it_is_not_known_what_came_before_nothing_moves_in() -> None:
    view = behind(view_of(RIGHT, np.roll(RIGHT, 1, axis=0)))
    assert late_of_right(replace(view, first=3), 1) is None
    none = piece_of(NO_COLUMNS, NO_COLUMNS, outputs=(BEFORE[:0], BEFORE[:0]))
    nothing = replace(view, file=replace(view.file, before=Before("b.wav", 0, none, None)))
    assert late_of_right(nothing, 1) is None


RULE = Int8Thresholds((50, 50), (20, 20), (True, True))
SCORES = np.array([[0, 0], [60, 0], [60, 0], [0, 70], [0, 0]], np.int8)
LATE = np.roll(SCORES, 1, axis=0)


def record_with(told: Any, decided: Any) -> Any:
    """A file of which these scores were told, and by which others were decided."""
    changes, right = Detector(RULE).update(decided), Detector(RULE).update(SCORES)
    piece = piece_of(NO_COLUMNS, NO_COLUMNS, outputs=(SCORES, told))
    file = file_of(piece, scores=told, expected_changes=right, device_changes=changes)
    return SimpleNamespace(files=[file], bundle=SimpleNamespace(thresholds=RULE), traced=[])


def finding(cure: str) -> Finding:
    return Finding("outputs", "1 window late", "a.wav", "late", cure, "", 1.0, ("a.wav",))


@pytest.mark.parametrize(("told", "decided", "excluded"), [(LATE, SCORES, True), (LATE, LATE, False)])
def test_where_detections_are_right_the_input_is(told: Any, decided: Any, excluded: bool) -> None:
    record = record_with(told, decided)
    cure = module._without_excluded(record, finding(OUTPUT_CURES.shift)).cure
    assert ("the input, to be written" in cure) is not excluded
    assert ("behind the detector" in cure) is excluded
    assert module._without_excluded(record, finding("Look there")).cure == "Look there"


def test_where_there_are_no_detections_nothing_is_excluded() -> None:
    quiet = np.zeros((5, 2), np.int8)
    record = record_with(quiet, SCORES)
    record.files = [replace(record.files[0], expected_changes=[], device_changes=[])]
    assert not module._decided_rightly(record)
    record.files = [replace(record.files[0], scores=None)]
    assert not module._decided_rightly(record)


@pytest.mark.parametrize(
    ("steps", "departs", "told"),
    [
        (["input"], False, "fills the model's input, and what is kept in it:"),
        (["outputs"], False, "copies and converts the outputs:"),
        (["input", "outputs"], False, "around the ops"),
        ([""], False, "around the ops"),
        (["input"], True, "kernels"),
        ([], False, "kernels"),
    ],
)
def test_the_side_that_a_trace_found_right_is_not_named(steps: list[str], departs: bool, told: str) -> None:
    tensors = SimpleNamespace(departure=1 if departs else None)
    traced = [SimpleNamespace(window=SimpleNamespace(tensors=tensors), step=step) for step in steps]
    bundle = SimpleNamespace(settings=None)
    record: Any = SimpleNamespace(traced=[*traced, SimpleNamespace(window=None, step="")], bundle=bundle)
    assert told in module._where_to_look(record)
