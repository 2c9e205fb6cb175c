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


def test_columns_that_are_missing_where_the_ring_begins_anew_are_told_by_it(bundle: Bundle) -> None:
    frames = bundle.frames

    def told(*lost: int) -> str:
        kept = [number for number in range(5 * frames) if number not in lost]
        found = [
            text for text in _after(bundle, [(number, 1) for number in kept]).problems if "missing" in text
        ]
        return found[0]

    words = f": each time where the ring of {frames} columns begins anew"
    assert words in told(2 * frames, 4 * frames)
    for other in ((2 * frames,), (2 * frames, 4 * frames + 1), (0, frames)):
        assert words not in told(*other)


def test_each_sentence_about_rows_has_its_own_numbers(bundle: Bundle) -> None:
    file = FileComparison("a.wav", bundle)
    for number in (0, 3, 6, 9, 12, 0):
        file.add_device(m.Features(number, bytes(2 * bundle.settings.bands)))
    for index in (0, 2):
        file.add_device(m.WindowResult(index=index, outputs=bytes(bundle.model.values)))
    file.add_device(m.StreamDone())
    columns, twice = (
        next(text for text in file.problems if "feature columns" in text and why in text)
        for why in ("missing", "sent twice")
    )
    (windows,) = (text for text in file.problems if "windows missing" in text)
    assert "(from number" in columns and columns.endswith("rows are not sent") and "came as" not in columns
    assert "(from number" not in twice and "(number 14 came as 0" in twice and "behind 4 of" not in twice
    assert windows.endswith("windows missing on the device (from number 1 on)")


def test_a_count_may_be_that_of_another_thing_however_small(bundle: Bundle) -> None:
    file = FileComparison("a.wav", bundle)
    file.add_device(m.WindowResult(outputs=bytes(bundle.model.values)))
    file.add_device(m.StreamDone(windows=1, detections=1))
    assert "the device counted 1 detections, 0 arrived: that is its windows" in file.problems
