"""Devices with one change of the data path's code: the line is named, whatever it spoils."""

import pytest

from ...bundle.load import Bundle
from .fakes_session import told_of

pytestmark = [pytest.mark.native, pytest.mark.slow]


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
    assert f"firmware/core/{file}, line {what.line};" in finding.cure
