"""Of which files it is kept what their messages told: those that came to their end and are not as they must be."""

import numpy as np
import pytest

from ...bundle.load import Bundle
from .evidence import DiagnosisRecord, FileRecorder


def heard(bundle: Bundle, samples: int, told: int | None, whole: bool = True) -> FileRecorder:
    """A file too short for a column, of whose samples the end tells so many; None: no end came."""
    recorder = FileRecorder(f"{samples}.wav", bundle)
    recorder.add_samples(np.zeros(samples, np.int16))
    recorder.said.done = None if told is None else (told, 0, 0, 0)
    recorder.said.whole = whole
    return recorder


@pytest.mark.parametrize(
    ("told", "whole", "kept"), [(5, True, False), (6, True, True), (6, False, False), (None, True, False)]
)
def test_what_is_wrong_and_whole_is_kept(bundle: Bundle, told: int | None, whole: bool, kept: bool) -> None:
    record = DiagnosisRecord(bundle)
    record.add(heard(bundle, 5, told, whole), [], [])
    assert [(each.name, each.samples) for each in record.spoken] == [("5.wav", 5)] * kept


def test_the_first_six_are_kept_with_the_samples_of_the_file_before(bundle: Bundle) -> None:
    record = DiagnosisRecord(bundle)
    record.add(heard(bundle, 9, 9), [], [])
    for samples in range(1, 9):
        record.add(heard(bundle, samples, 77), [], [])
    assert [each.before for each in record.spoken] == [9, 1, 2, 3, 4, 5]
    first = DiagnosisRecord(bundle)
    first.add(heard(bundle, 3, 77), [], [])
    (spoken,) = first.spoken
    assert spoken.before == 0 and spoken.said.done == (77, 0, 0, 0)
