"""What is kept of a file and of a run, fed row by row: what belongs together, what is counted, what is given up."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...detector.detector import Change, Detector
from ...errors import HilError
from ...frontend.log_mel.settings import LogMelSettings
from ...model.interpreter import Interpreter
from . import evidence
from .again import Again
from .evidence import DiagnosisRecord, FileRecorder, Spread, TracedFile
from .fakes_views import cells
from .search import Int8
from .track import Track

# ---- tracks


def test_a_track_keeps_a_stretch_of_rows() -> None:
    track = Track()
    assert (track.first, track.end) == (0, 0)
    track.append(np.arange(0))
    track.append(np.arange(4))
    track.append(np.arange(4, 6))
    track.forget_before(3)
    assert (track.first, track.end) == (0, 6)
    track.forget_before(4)
    assert (track.first, track.end) == (4, 6)
    assert track.rows(4, 6, np.empty(0)).tolist() == [4, 5] and track.rows(5, 6, np.empty(0)).tolist() == [5]
    assert track.rows(5, 5, np.empty(7)).shape == (7,) and track.rows(5, 4, np.empty(7)).shape == (7,)
    track.forget_before(99)
    assert (track.first, track.end) == (6, 6)


# ---- spreads


def test_a_spread_counts_what_differs_and_how() -> None:
    right = np.array([[0, 0, 0], [5, 5, 5], [127, -128, 0], [1, 1, 1]], np.int8)
    device = np.array([[0, 0, 0], [7, 5, 4], [-128, 127, 0], [1, 1, 1]], np.int8)
    spread = Spread(3)
    spread.add(10, right[:1], device[:1])
    assert spread.different == 0 and not spread.differing_rows
    spread.add(11, right[1:], device[1:])
    assert (spread.compared, spread.rows, spread.differing_rows, spread.first) == (12, 4, 2, 11)
    assert spread.count.tolist() == [2, 1, 1] and spread.different == 4
    assert spread.low.tolist() == [-255, 255, -1] and spread.high.tolist() == [2, 255, -1]
    spread.add(40, right[2:3], right[2:3] ^ np.int8(1))
    assert spread.first == 11


def test_spreads_of_files_are_added_up() -> None:
    right = np.zeros((2, 2), np.int8)
    first, second = Spread(2), Spread(2)
    first.add(0, right, right)
    second.add(5, right, np.array([[0, 0], [3, -4]], np.int8))
    third = Spread(2)
    third.add(9, right, np.array([[1, 0], [0, 0]], np.int8))
    for other in (second, third):
        first.merge(other)
    assert (first.compared, first.rows, first.differing_rows, first.first) == (12, 6, 2, 6)
    assert first.count.tolist() == [2, 1]
    assert first.low.tolist() == [1, -4] and first.high.tolist() == [3, -4]


# ---- a file


def samples_of(bundle: Bundle, columns: int) -> np.ndarray:  # type: ignore[type-arg]
    return np.arange(bundle.settings.samples_for(columns)).astype(np.int16)


def outputs_of(window: int) -> Int8:
    return np.array([[120 - window % 100, window % 90]], np.int8)


def fed(
    bundle: Bundle,
    columns: int,
    wrong: int | None = None,
    wrong_window: int | None = None,
    ahead: int = 9,
    block: int = 7,
) -> FileRecorder:
    """Samples some columns ahead, columns by blocks, windows after their last column."""
    recorder = FileRecorder("a.wav", bundle)
    right, samples = cells(columns, 16), samples_of(bundle, columns)
    device = right.copy()
    if wrong is not None:
        device[wrong, 3] ^= 1
    sent = window = 0
    for first in range(0, columns, block):
        end = bundle.settings.samples_for(first + block + ahead)
        recorder.add_samples(samples[sent:end])
        sent = end
        recorder.add_columns(first, right[first : first + block], device[first : first + block])
        while window * 7 + 31 <= min(first + block, columns):
            theirs = outputs_of(window) + (window == wrong_window)
            recorder.add_outputs(window, outputs_of(window), theirs.astype(np.int8))
            window += 1
    return recorder


def consistent(bundle: Bundle, piece: evidence.Piece, columns: int) -> None:
    first, count = piece.first_column, len(piece.expected)
    np.testing.assert_array_equal(piece.expected, cells(columns, 16)[first : first + count])
    assert piece.samples[0] == (first * 128 + 32768) % 65536 - 32768
    assert bundle.settings.columns(len(piece.samples)) >= count
    windows = len(piece.outputs_expected)
    assert piece.first_window * 7 >= first
    assert (piece.first_window + windows - 1) * 7 + 31 <= first + count
    np.testing.assert_array_equal(
        piece.outputs_expected, np.concatenate([outputs_of(piece.first_window + k) for k in range(windows)])
    )
    # no window that could be kept is missing
    assert (piece.first_window - 1) * 7 < first or piece.first_window == 0
    assert (piece.first_window + windows) * 7 + 31 > first + count


@pytest.mark.parametrize("wrong", [None, 0, 40, 700, 1290])
def test_what_is_kept_of_a_file_belongs_together(bundle: Bundle, wrong: int | None) -> None:
    recorder = fed(bundle, 1300, wrong)
    for piece in (recorder.around(), recorder.tail()):
        consistent(bundle, piece, 1300)
        assert piece.first_column + len(piece.expected) == 1300
    around = recorder.around()
    if wrong is not None:
        assert around.first_column <= wrong < around.first_column + 1300
        (row,) = np.flatnonzero((around.expected != around.device).any(axis=1))
        assert row + around.first_column == wrong
        assert wrong - around.first_column >= min(wrong, 500)


def test_of_a_long_file_what_lies_around_the_first_difference_and_its_end_are_kept(bundle: Bundle) -> None:
    recorder = fed(bundle, 5000, 1000)
    around, tail = recorder.around(), recorder.tail()
    for piece in (around, tail):
        consistent(bundle, piece, 5000)
    assert recorder._rolling.samples.first > 128 * 4000  # what came before is given up
    assert 490 <= around.first_column <= 500 and 1990 <= len(around.expected) <= 2010
    assert len(around.samples) < bundle.settings.samples_for(2100)
    assert 4400 <= tail.first_column <= 4510 and tail.first_column + len(tail.expected) == 5000


def test_a_window_that_differs_first_is_what_is_kept_around(bundle: Bundle) -> None:
    recorder = fed(bundle, 5000, wrong=3500, wrong_window=150)
    around = recorder.around()
    consistent(bundle, around, 5000)
    assert around.first_column <= 150 * 7 - 500 + 7 and around.first_column >= 150 * 7 - 520
    row = 150 - around.first_window
    assert (around.outputs_expected[row] != around.outputs_device[row]).all()
    assert (recorder.outputs.first, recorder.features.first) == (150, 3500)


def test_long_hops_keep_fewer_columns(bundle: Bundle) -> None:
    """As many samples as of other settings, eight columns at least."""
    for hop, most in ((1 << 11, 512), (1 << 20, 8)):
        long = replace(bundle, settings=cast(LogMelSettings, SimpleNamespace(hop=hop, bands=16)))
        assert FileRecorder("a.wav", long)._most == most
        assert FileRecorder("a.wav", long)._before == most // 2
    wide = replace(bundle, frames=5000)
    assert FileRecorder("a.wav", wide)._before == 1000
    assert FileRecorder("a.wav", replace(bundle, frames=600))._before == 664


def test_what_the_device_passed_over_is_marked(bundle: Bundle) -> None:
    recorder = FileRecorder("a.wav", bundle)
    right = cells(40, 16)
    recorder.add_samples(samples_of(bundle, 40))
    recorder.add_samples(None)
    recorder.add_columns(0, right[:10], right[:10])
    recorder.add_columns(10, right[10:20], None)
    recorder.add_columns(20, right[20:], right[20:] ^ np.int8(1))
    recorder.add_outputs(0, outputs_of(0), None)
    recorder.add_outputs(1, outputs_of(1), outputs_of(1))
    piece = recorder.around()
    assert piece.present.tolist() == [True] * 10 + [False] * 10 + [True] * 20
    assert piece.outputs_present.tolist() == [False, True]
    np.testing.assert_array_equal(piece.device[10:20], right[10:20])
    assert recorder.features.rows == 30 and recorder.features.different == 320
    assert recorder.outputs.rows == 1 and recorder.device_scores is None
    assert recorder.samples == bundle.settings.samples_for(40)


def test_what_is_given_is_copied(bundle: Bundle) -> None:
    recorder = FileRecorder("a.wav", bundle)
    samples, right, device = samples_of(bundle, 3), cells(3, 16), cells(3, 16, 2)
    recorder.add_samples(samples)
    recorder.add_columns(0, right, device)
    samples[:] = right[:] = device[:] = 0
    piece = recorder.around()
    assert piece.samples.any() and piece.expected.any() and piece.device.any()


def test_the_devices_scores_are_kept_while_all_are_known(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = FileRecorder("a.wav", bundle)
    for window in range(5):
        recorder.add_outputs(window, outputs_of(window), outputs_of(window + 1))
    assert recorder.device_scores is not None and recorder.device_scores.tolist() == [
        [119],
        [118],
        [117],
        [116],
        [115],
    ]
    monkeypatch.setattr(evidence, "MOST_SCORES", 4)
    recorder.add_outputs(5, outputs_of(5), outputs_of(5))
    assert recorder.device_scores is None
    recorder.add_outputs(6, outputs_of(6), outputs_of(6))
    assert recorder.device_scores is None


def test_two_streams_of_a_file_are_alike_where_all_differences_are(bundle: Bundle) -> None:
    first = fed(bundle, 60, 5, 2)
    assert first.values_alike(fed(bundle, 60, 5, 2))
    for other in (fed(bundle, 60, 6, 2), fed(bundle, 60, 5, 1), fed(bundle, 60, 5), fed(bundle, 60, None, 2)):
        assert not first.values_alike(other)
    first.release()
    assert first.values_alike(fed(bundle, 60, 5, 2)) and len(first.around().expected) == 0
    assert first.device_scores is None


# ---- a run


def test_a_run_keeps_files_that_differ_with_what_came_before(bundle: Bundle) -> None:
    record = DiagnosisRecord(bundle, lambda: None)  # type: ignore[arg-type,return-value]
    assert record.last_columns.shape == (0, 16)
    change = Change(1, 0, True, 50)
    files = [fed(bundle, 60), fed(bundle, 70, 5), fed(bundle, 80), fed(bundle, 90, None, 1)]
    changes = [([change], [change]), ([change] * 2, [change] * 2), ([change], []), ([], [])]
    for number, (file, (ours, theirs)) in enumerate(zip(files, changes, strict=True)):
        file.name = f"{number}.wav"
        record.add(file, ours, theirs)
    assert record.differing == ["1.wav", "2.wav", "3.wav"] == [file.name for file in record.files]
    assert record.compared_files == 4
    first, second, third = record.files
    assert (first.columns_before, first.windows_before, first.changes_before) == (60, 5, 1)
    assert (second.columns_before, second.windows_before, second.changes_before) == (130, 11, 3)
    assert (third.columns_before, third.changes_before) == (210, 4)
    assert first.before is not None and first.before.name == "0.wav"
    assert first.before.samples == bundle.settings.samples_for(60)
    np.testing.assert_array_equal(record.last_columns, cells(90, 16))
    assert record.features.rows == 300 and record.features.different == 1
    assert len(files[0].tail().expected) == 0  # given up
    rule = Detector(bundle.thresholds)
    rule.update(np.concatenate([outputs_of(k)[:, :1] for k in range(5)]))
    assert rule.state.active == [True]
    assert first.before.state is not None and vars(first.before.state) == vars(rule.state)


def test_the_order_in_which_changes_were_told_is_no_difference(bundle: Bundle) -> None:
    record = DiagnosisRecord(bundle, lambda: None)  # type: ignore[arg-type,return-value]
    one, other = Change(1, 0, True, 50), Change(2, 0, False, 5)
    record.add(fed(bundle, 60), [one, other], [other, one])
    assert record.differing == []


def test_without_inference_no_detector_state_is_known(bundle: Bundle) -> None:
    record = DiagnosisRecord(bundle, inference=False)
    record.add(fed(bundle, 60), [], [])
    record.add(fed(bundle, 60, 5), [], [])
    assert record.files[0].before is not None and record.files[0].before.state is None


def test_of_many_files_that_differ_the_first_six_are_kept(bundle: Bundle) -> None:
    record = DiagnosisRecord(bundle, inference=False)
    for _ in range(8):
        record.add(fed(bundle, 40, 5), [], [])
    assert (len(record.files), len(record.differing)) == (6, 8)


def test_the_reference_is_made_anew(bundle: Bundle) -> None:
    def broken() -> Interpreter:
        raise HilError("none here", "install one")

    with pytest.raises(HilError, match="none here"):
        DiagnosisRecord(bundle, broken).new_interpreter()


@pytest.mark.parametrize(
    ("right", "alike", "told"),
    [
        (True, False, "streamed again, a.wav is right: it depends on more"),
        (False, True, "streamed again, a.wav differs in the same values"),
        (False, False, "streamed again, a.wav differs in other values: it depends on more"),
    ],
)
def test_what_streaming_once_more_showed(bundle: Bundle, right: bool, alike: bool, told: str) -> None:
    record = DiagnosisRecord(bundle)
    record.repeated("a.wav", right, alike)
    assert record.again.startswith(told) and record.again.endswith("in the same values") == alike


def test_a_traced_file_says_what_is_known_besides() -> None:
    assert TracedFile("a.wav", about="4 cells").said == "4 cells"
    assert TracedFile("a.wav", about="4 cells", again=Again(3, 3)).said == Again(3, 3).words
    assert TracedFile("a.wav").agreed
    for window, column, agreed in ((True, True, True), (True, False, False), (False, True, False)):
        traced = TracedFile(
            "a.wav",
            window=SimpleNamespace(tensors=SimpleNamespace(agreed=window)),  # type: ignore[arg-type]
            column=SimpleNamespace(agreed=column),  # type: ignore[arg-type]
        )
        assert traced.agreed is agreed
        assert replace(traced, column=None).agreed is window
        assert replace(traced, window=None).agreed is column


# ---- how much


def ends(recorder: FileRecorder) -> tuple[int, int, int]:
    """Where the columns, the samples and the windows that are kept around the first difference end."""
    around = recorder._around
    assert around is not None
    return around.columns[0].end, around.samples.end, around.outputs[0].end


def test_two_thousand_columns_are_kept_and_what_belongs_to_them(bundle: Bundle) -> None:
    samples_for = bundle.settings.samples_for
    # what comes in blocks of seven columns ends with the block that reaches so far; samples come sixteen ahead
    assert ends(fed(bundle, 3000, 1000)) == (2506, samples_for(2501), 357)
    assert ends(fed(bundle, 3000, 1006)) == (2506, samples_for(2508), 358)
    assert ends(fed(bundle, 3000, 1008)) == (2513, samples_for(2508), 358)


def test_a_difference_near_the_beginning_is_no_reason_to_keep_more(bundle: Bundle) -> None:
    assert ends(fed(bundle, 2100, 40, block=1, ahead=0)) == (2000, bundle.settings.samples_for(2000), 285)
    window = fed(bundle, 2100, wrong_window=80, block=1, ahead=0)
    assert ends(window) == (2060, bundle.settings.samples_for(2060), 294)
    assert window._around is not None and window._around.columns[0].first == 60


def test_of_the_end_as_much_is_kept_as_lies_before_a_difference(bundle: Bundle) -> None:
    recorder = fed(bundle, 2100, block=1, ahead=0)
    tracks = recorder._rolling
    # the last window that came begins at column 2065, and 296 windows are 2072 columns
    assert tracks.columns[0].first == tracks.columns[2].first == 2072 - 500
    assert tracks.outputs[0].first == (2072 - 500) // 7
    assert tracks.samples.first == (2072 - 500) * 128
    few = FileRecorder("a.wav", bundle)
    right = cells(600, 16)
    for row in range(600):
        few.add_columns(row, right[row : row + 1], right[row : row + 1])
    assert few._rolling.columns[0].first == 100  # no window came yet


def test_scores_are_given_up_beyond_a_number(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MOST_SCORES", 4)
    recorder = FileRecorder("a.wav", bundle)
    for window in range(5):
        recorder.add_outputs(window, outputs_of(window), outputs_of(window))
        assert recorder.device_scores is not None and len(recorder.device_scores) == window + 1
    recorder.add_outputs(5, outputs_of(5), outputs_of(5))
    assert recorder.device_scores is None


def test_nothing_came_before_a_file_unless_it_is_said(bundle: Bundle) -> None:
    file = fed(bundle, 40, 5)
    record = evidence.FileRecord("a.wav", file.around(), None, file.features, file.outputs, None, [], [])
    assert (record.columns_before, record.windows_before, record.changes_before) == (0, 0, 0)


def test_of_nothing_nothing_is_kept(bundle: Bundle) -> None:
    piece = FileRecorder("a.wav", bundle).tail()
    kept = (piece.expected, piece.device, piece.present, piece.samples)
    assert [len(each) for each in kept] == [0] * 4
    assert len(piece.outputs_expected) == len(piece.outputs_device) == len(piece.outputs_present) == 0
    assert piece.expected.shape == (0, 16) and piece.outputs_expected.shape == (0, 2)
    spread = Spread(2)
    assert spread.low.tolist() == [255, 255] and spread.high.tolist() == [-255, -255]


@pytest.mark.parametrize(("columns", "windows"), [(31, 1), (30, 0), (37, 1), (38, 2)])
def test_windows_are_kept_whose_columns_are(bundle: Bundle, columns: int, windows: int) -> None:
    recorder = FileRecorder("a.wav", bundle)
    recorder.add_samples(samples_of(bundle, columns))
    right = cells(38, 16)
    recorder.add_columns(0, right, right)
    for window in range(2):
        recorder.add_outputs(window, outputs_of(window), outputs_of(window + 3))
    piece = recorder.tail()
    assert (len(piece.expected), len(piece.outputs_expected)) == (columns, windows)
    assert piece.outputs_present.tolist() == [True] * windows
    for window in range(windows):
        assert piece.outputs_expected[window].tolist() == outputs_of(window)[0].tolist()
        assert piece.outputs_device[window].tolist() == outputs_of(window + 3)[0].tolist()
