"""What is kept is bounded, lies around the first difference, and belongs together."""

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...core.c_frontend import FrontEnd
from .evidence import MOST_COLUMNS, DiagnosisRecord, FileRecorder
from .fakes_device import Int8, sound
from .fakes_views import cells, file_of, piece_of
from .track import Track

pytestmark = pytest.mark.native


def test_a_track_forgets_whole_pieces() -> None:
    track = Track()
    for first in range(0, 100, 10):
        track.append(np.arange(first, first + 10))
    track.forget_before(35)
    assert (track.first, track.end) == (30, 100)
    np.testing.assert_array_equal(track.rows(35, 60, np.empty(0)), np.arange(35, 60))
    other = track.copy()
    track.append(np.arange(5))
    assert (other.end, track.end) == (100, 105)


def _recorded(bundle: Bundle, columns: Int8, samples: np.ndarray, wrong: int | None) -> FileRecorder:  # type: ignore[type-arg]
    """A long file, fed as it comes: samples ahead, columns by sevens, a window after its last column."""
    recorder = FileRecorder("a.wav", bundle)
    device = columns.copy()
    if wrong is not None:
        device[wrong, 3] ^= 1
    values = len(bundle.labels) * 2
    window = fed = 0
    for first in range(0, len(columns), 7):
        needed = bundle.settings.samples_for(first + 60)
        recorder.add_samples(samples[fed:needed])
        fed = min(needed, len(samples))
        recorder.add_columns(first, columns[first : first + 7], device[first : first + 7])
        while window * bundle.stride + bundle.frames <= first + 7:
            outputs = np.full((1, values), window % 100, np.int8)
            recorder.add_outputs(window, outputs, outputs)
            window += 1
    return recorder


@pytest.mark.parametrize("wrong", [None, 0, 10, 4000, 8990])
def test_columns_samples_and_windows_of_a_piece_belong_together(
    model_bundle: Bundle, wrong: int | None
) -> None:
    quantisation = model_bundle.model.input
    front_end = FrontEnd(model_bundle.settings, quantisation.scale, quantisation.zero_point)
    rate = model_bundle.settings.sample_rate
    samples = np.tile(sound(rate, 1, 20), 12)[: model_bundle.settings.samples_for(9000)]
    columns = front_end.features(samples)
    recorder = _recorded(model_bundle, columns, samples, wrong)
    for piece in (recorder.around(), recorder.tail()):
        first, count = piece.first_column, len(piece.expected)
        assert 0 < count <= MOST_COLUMNS + 7
        np.testing.assert_array_equal(piece.expected, columns[first : first + count])
        np.testing.assert_array_equal(front_end.features(piece.samples)[:count], piece.expected)
        assert len(piece.samples) < model_bundle.settings.samples_for(count + 100)
        assert piece.first_window * model_bundle.stride >= first
        assert len(piece.outputs_expected) > 10
        np.testing.assert_array_equal(
            piece.outputs_expected[:, 0], (piece.first_window + np.arange(len(piece.outputs_expected))) % 100
        )
        last = piece.first_window + len(piece.outputs_expected) - 1
        assert last * model_bundle.stride + model_bundle.frames <= first + count
    if wrong is not None:
        around = recorder.around()
        (row,) = np.flatnonzero((around.expected != around.device).any(axis=1))
        assert around.first_column + row == wrong
        assert row >= min(wrong, 500)
        assert (recorder.features.different, recorder.features.first) == (1, wrong)
        assert len(recorder.tail().expected) < 1200
    recorder.release()
    assert len(recorder.tail().expected) == 0
    assert recorder.features.compared == columns.size


def test_a_run_keeps_some_files_that_differ_and_counts_all(model_bundle: Bundle) -> None:
    record = DiagnosisRecord(model_bundle)
    bands = model_bundle.settings.bands
    columns = np.zeros((70, bands), np.int8)
    for number in range(9):
        samples = np.full(model_bundle.settings.samples_for(70), number, np.int16)
        recorder = _recorded(model_bundle, columns, samples, None if number == 1 else 5)
        recorder.name = f"{number}.wav"
        record.add(recorder, [], [])
    assert [file.name for file in record.files] == ["0.wav", *(f"{k}.wav" for k in range(2, 7))]
    assert len(record.differing) == record.features.different == 8
    before = [file.before for file in record.files]
    assert [None if each is None else each.name for each in before] == [
        None,
        *(f"{k}.wav" for k in range(1, 6)),
    ]
    heard = [each.heard if each is not None else () for each in before]
    assert [[int(samples[0]) for samples in each] for each in heard] == [
        *([], [0], [0, 1]),
        *([0, 1, 2], [1, 2, 3], [2, 3, 4]),  # the last three
    ]


def test_no_detection_is_late_unless_one_came_so(bundle: Bundle) -> None:
    right = cells(4, 3)
    assert (
        FileRecorder("a.wav", bundle).detections_late == file_of(piece_of(right, right)).detections_late == 0
    )
