"""What a board says of its columns besides their values: kept for a diagnosis, and told where rows are missing."""

from ..bundle.load import Bundle
from ..link import messages as m
from .file import FileComparison


def _after(bundle: Bundle, messages: list[tuple[int, int]]) -> FileComparison:
    file = FileComparison("a.wav", bundle, inference=False)
    file.end_audio()
    for first, columns in messages:
        file.add_device(m.Features(first, bytes(columns * bundle.settings.bands)))
    file.add_device(m.StreamDone(samples=7, columns=9, windows=2, detections=1))
    return file


def test_numbers_and_counts_are_kept(bundle: Bundle) -> None:
    said = _after(bundle, [(0, 2), (2, 3), (9, 1)]).recorder.said
    assert said.columns == [(0, 5 * bundle.settings.bands), (9, bundle.settings.bands)]
    assert said.done == (7, 9, 2, 1) and not said.inference
    assert FileComparison("a.wav", bundle).recorder.said.inference


def test_rows_that_are_missing_behind_each_message_are_told(bundle: Bundle) -> None:
    told = _after(bundle, [(number, 2) for number in range(0, 15, 3)]).problems
    words = ": behind 4 of 5 messages 1, as where their last rows are not sent"
    assert any("missing on the device" in text and text.endswith(words) for text in told), told
