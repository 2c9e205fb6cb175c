"""Columns that come under wrong numbers are told with what these have to do with the right ones; late detections."""

import numpy as np

from ..bundle.load import Bundle
from ..link import messages as m
from .file import FileComparison
from .pairing import Pairing


def test_the_first_row_that_comes_again_is_kept_with_its_number() -> None:
    pair = Pairing()
    rows = np.zeros((2, 3), np.int8)
    pair.add_device(0, rows)
    assert pair.back is None
    pair.add_device(2, rows)
    pair.add_device(1, rows)
    pair.add_device(0, rows)
    assert pair.back == (4, 1) and pair.repeated == 4


def _of_columns(bundle: Bundle, numbers: list[int]) -> list[str]:
    file = FileComparison("a.wav", bundle, inference=False)
    file.end_audio()
    for number in numbers:
        file.add_device(m.Features(number, bytes(2 * bundle.settings.bands)))
    file.add_device(m.StreamDone(columns=len(numbers) * 2))
    return file.problems


def test_column_numbers_of_few_bits(bundle: Bundle) -> None:
    told = _of_columns(bundle, [number % 256 for number in range(1, 400, 2)])
    words = "sent twice by the device (number 257 came as 1: it is told in at most 8 bits)"
    assert any(text.endswith(words) for text in told), told


def test_a_detection_behind_another_window_is_late(bundle: Bundle) -> None:
    file = FileComparison("a.wav", bundle)
    file.add_device(m.Detection(window=3))
    file.add_device(m.Detection(window=0))
    assert file.recorder.detections_late == -4, "the first tells"
