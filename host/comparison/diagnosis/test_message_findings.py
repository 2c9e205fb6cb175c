"""Devices with one change of the code that numbers, counts and sends."""

import pytest

from ...bundle.load import Bundle
from .fakes_session import told_of

pytestmark = [pytest.mark.native, pytest.mark.slow]


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
