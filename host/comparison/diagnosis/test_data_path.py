"""Devices with one change of the data path's code: the line is named, whatever it spoils."""

import pytest

from ...build.alterations import Alteration
from ...bundle.load import Bundle
from ...core.altered_session import AlteredSession
from .conftest import sound
from .data_path import session_of
from .diagnose import diagnose
from .fakes_device import compare_all
from .fakes_session import ChangedDevice
from .finding import Finding

pytestmark = [pytest.mark.native, pytest.mark.slow]


def number_of(session: AlteredSession, file: str, before: str, after: str) -> int:
    """Of the change that makes `after` of `before`, both given in part."""
    return next(
        number
        for number, what in enumerate(session.alterations)
        if what.file == file and before in what.before and after in what.after and not what.below
    )


def told_of(bundle: Bundle, file: str, before: str, after: str) -> tuple[list[Finding], Alteration]:
    """What is said of a device with that change in its code."""
    session = session_of(bundle)
    number = number_of(session, file, before, after)
    device = ChangedDevice(bundle, session, (number, 0))
    rate = bundle.settings.sample_rate
    record = compare_all(device, [sound(rate, 1, 4), sound(rate, 2, 4), sound(rate, 3, 3)])  # type: ignore[arg-type]
    return diagnose(record), session.alterations[number]


STREAM, FRAMES = "detect/stream.c", "stream->ring_index + 1 == stream->bundle->frames"
MOVES = "s->mode == SESSION_STREAM && s->audio.message_used <"


@pytest.mark.parametrize(
    ("stage", "file", "before", "after"),
    [
        # the model's input
        ("outputs", STREAM, "model_ends_put(stream->bundle, input, cells - oldest", "nothing"),
        # columns and the model's input at once
        ("features", STREAM, FRAMES, "stream->ring_index + 1 > stream->bundle->frames"),
        ("features", STREAM, FRAMES, "? 0 : stream->ring_index + 0"),
        # samples
        ("features", "session/audio.c", MOVES, "s->mode > SESSION_STREAM"),
        ("features", "frontend/frontend.c", "front_end->hop - (front_end->span - kept)", "front_end->hop"),
        ("features", "frontend/frontend.c", "copy(state->samples + state->filled", "samples + skipped + 1"),
    ],
)  # fmt: skip
def test_the_line_is_named(bundle: Bundle, stage: str, file: str, before: str, after: str) -> None:
    (finding,), what = told_of(bundle, file, before, after)
    assert finding.stage == stage and finding.share == 1.0
    assert f"({file}, line {what.line})" in finding.explanation
    assert f"firmware/core/{file}, line {what.line}," in finding.cure


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


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("detect/stream.c", "stream->windows++", "++stream->windows"),
        ("detect/stream.c", "stream->columns - stream->bundle->frames", "stream->columns - stream->bundle->frames + 1"),
        ("detect/stream.c", "stream->detections++", "+= 2"),
        ("session/results.c", "s->stream.columns", "s->stream.windows"),
    ],
)  # fmt: skip
def test_the_line_that_numbers_or_counts_is_named(bundle: Bundle, file: str, before: str, after: str) -> None:
    found, what = told_of(bundle, file, before, after)
    finding = found[-1]
    assert finding.stage == "messages" and finding.verified
    assert f"({file}, line {what.line})" in finding.explanation
    assert finding.files == ("a.wav", "b.wav", "c.wav")
    assert all(each.verified for each in found), "what follows from wrong numbers is not told as unknown"
