"""Devices with one change of the code that decides and tells detections."""

import pytest

from ...bundle.load import Bundle
from .fakes_session import told_of

pytestmark = [pytest.mark.native, pytest.mark.slow]


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("detect/stream.c", "detector_window(&stream->detector, window->outputs)", "window->outputs + 1"),
        ("detect/detector.c", "class->score", "class->score + 1"),
    ],
)
def test_the_line_that_decides_or_tells_is_named(
    model_bundle: Bundle, file: str, before: str, after: str
) -> None:
    if len(model_bundle.labels) == 1:
        pytest.skip("a single class's few detections are given by many lines")
    (finding,), what = told_of(model_bundle, file, before, after)
    assert finding.stage == "detections"
    assert f"({file}, line {what.line})" in finding.explanation


def test_where_no_detection_came_any_threshold_may_be_out_of_reach(model_bundle: Bundle) -> None:
    (finding,), _ = told_of(
        model_bundle, "detect/stream.c", "detector_window(&stream->detector, window->outputs)", "nothing"
    )
    assert (finding.stage, finding.cause) == ("detections", "none told")
    assert "no detection is told in any file, where the device's own scores give " in finding.explanation
