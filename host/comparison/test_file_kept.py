"""What one file's comparison keeps besides its counts: for pictures, for later runs, for labels, as numbers."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..detector.detector import Change, Detector
from ..link import messages as m
from ..model.allowed import RoundingOp
from ..model.interpreter import Outputs
from .device_values import MOST_SCORES, DeviceValues
from .expected import HostBlock
from .file import FileComparison

Int8 = NDArray[np.int8]
SOUND = np.arange(-50, 50, dtype=np.int16)
WINDOWS = 4


def _cells(bundle: Bundle, columns: int) -> Int8:
    shape = columns, bundle.settings.bands
    return np.arange(np.prod(shape)).reshape(shape).astype(np.int8)


def _scores(bundle: Bundle) -> Int8:
    """Each class is active in the even windows."""
    limits = bundle.thresholds
    rows = [limits.on if number % 2 == 0 else limits.off for number in range(WINDOWS)]
    return np.array(rows, np.int16).clip(-127, 126).astype(np.int8) + np.array(
        [[1], [-1]] * (WINDOWS // 2), np.int8
    )


def _window(bundle: Bundle, index: int, outputs: Int8) -> m.WindowResult:
    return m.WindowResult(index=index, outputs=outputs.tobytes(), classes=len(bundle.labels), has_logits=1)


def _fed(
    bundle: Bundle, device_cells: Int8, device_outputs: dict[int, Int8], with_sound: bool = True
) -> FileComparison:
    """A file whose host has some columns and windows, and whose device sent these."""
    file = FileComparison("a.wav", bundle)
    scores = _scores(bundle)
    sound = SOUND if with_sound else None
    file.add_host(
        HostBlock(_cells(bundle, 6), Outputs(scores, np.zeros_like(scores)), samples=sound), len(SOUND)
    )
    file.add_device(m.Features(first_column=0, cells=device_cells.tobytes()))
    for index, values in device_outputs.items():
        file.add_device(_window(bundle, index, values))
    return file


def _right(bundle: Bundle) -> dict[int, Int8]:
    scores = _scores(bundle)
    return {index: np.concatenate([row, np.zeros_like(row)]) for index, row in enumerate(scores)}


def test_what_was_heard_and_computed_is_kept_for_later_runs(bundle: Bundle) -> None:
    right = _right(bundle)
    values = _fed(bundle, _cells(bundle, 6), right).values
    expected = DeviceValues(len(bundle.labels))
    expected.add_samples(SOUND)
    expected.add_columns(_cells(bundle, 6))
    expected.add_outputs(np.stack(list(right.values())), WINDOWS)
    assert values.samples_sha256 == expected.samples_sha256
    assert values.cells_sha256 == expected.cells_sha256 != DeviceValues(1).cells_sha256
    assert values.outputs_sha256 == expected.outputs_sha256 != DeviceValues(1).outputs_sha256
    assert values.scores is not None
    np.testing.assert_array_equal(values.scores, _scores(bundle))


def test_what_never_came_has_no_digest_and_the_least_score(bundle: Bundle) -> None:
    right = _right(bundle)
    del right[1]
    values = _fed(bundle, _cells(bundle, 6), right).values
    assert not values.whole and values.outputs_sha256 == "" == values.cells_sha256
    assert values.scores is not None and values.windows == WINDOWS
    np.testing.assert_array_equal(values.scores[1], -128)
    np.testing.assert_array_equal(values.scores[2], _scores(bundle)[2])


def test_a_column_that_never_came_leaves_no_digest(bundle: Bundle) -> None:
    file = FileComparison("a.wav", bundle)
    file.add_host(HostBlock(_cells(bundle, 6), None), 0)
    file.add_device(m.Features(first_column=1, cells=_cells(bundle, 5).tobytes()))
    file.add_device(m.StreamDone())
    assert not file.values.whole and file.values.cells_sha256 == ""


def test_scores_are_bounded() -> None:
    values = DeviceValues(1)
    values.add_outputs(np.zeros((MOST_SCORES, 1), np.int8), MOST_SCORES)
    assert values.scores is not None and len(values.scores) == MOST_SCORES and not values.too_long
    values.add_outputs(np.ones((1, 1), np.int8), 1)
    assert values.too_long and values.scores is None and values.windows == MOST_SCORES + 1
    assert DeviceValues(0).scores is None


def test_the_sound_is_kept_for_the_page(bundle: Bundle) -> None:
    file = _fed(bundle, _cells(bundle, 6), _right(bundle))
    np.testing.assert_array_equal(file.traces.sound, SOUND)
    without = _fed(bundle, _cells(bundle, 6), _right(bundle), with_sound=False)
    assert len(without.traces.sound) == 0
    assert without.values.samples_sha256 == DeviceValues(1).samples_sha256


def test_columns_and_scores_are_kept_for_the_page(bundle: Bundle) -> None:
    file = _fed(bundle, _cells(bundle, 6) ^ np.int8(1), _right(bundle))
    np.testing.assert_array_equal(file.traces.beginning.host, _cells(bundle, 6))
    np.testing.assert_array_equal(file.traces.beginning.device, _cells(bundle, 6) ^ np.int8(1))
    np.testing.assert_array_equal(file.traces.host_scores, _scores(bundle))
    np.testing.assert_array_equal(file.traces.device_scores, _scores(bundle))


def test_differing_cells_and_scores_are_kept_as_numbers_and_logits_are_not(bundle: Bundle) -> None:
    device = _cells(bundle, 6)
    device[2, 3] += 7
    right = _right(bundle)
    classes = len(bundle.labels)
    was = int(right[1][0])
    right[1] = right[1].copy()
    right[1][0] ^= 1
    right[2] = right[2].copy()
    right[2][classes] = 5
    file = _fed(bundle, device, right)
    before = int(_cells(bundle, 6)[2, 3])
    assert file.feature_cells.kept.tolist() == [[2, 3, before, before + 7]]
    assert file.output_cells.kept.tolist() == [[1, 0, was, was ^ 1]]
    assert (file.features.different, file.scores.different, file.logits.different) == (1, 1, 1)


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_where_a_step_is_allowed_the_host_decides_by_its_own_score_for_a_window_that_never_came(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, missing: int
) -> None:
    ops = (RoundingOp(7, "SOFTMAX", "int8", (bundle.model.scores.index,)),)
    monkeypatch.setattr("host.comparison.file.rounding_ops", lambda _: ops)
    right = _right(bundle)
    del right[missing]
    changes = _fed(bundle, _cells(bundle, 6), right).host_changes
    expected = Detector(bundle.thresholds).update(_scores(bundle))
    assert changes == expected and len(changes) > 2


def test_a_stream_without_the_model_has_no_scores(bundle: Bundle) -> None:
    file = FileComparison("a.wav", bundle, inference=False)
    file.add_host(HostBlock(_cells(bundle, 6), None, samples=SOUND), len(SOUND))
    file.add_device(m.Features(first_column=0, cells=_cells(bundle, 6).tobytes()))
    file.add_device(m.StreamDone(columns=6))
    assert file.values.scores is None and file.values.cells_sha256


def test_both_counts_of_outputs_are_added(bundle: Bundle) -> None:
    file = FileComparison("a.wav", bundle)
    for count, of in ((file.scores, 1), (file.logits, 10)):
        count.compared, count.different, count.largest, count.allowed = 5 * of, 2 * of, 3 * of, 4 * of
    both = file.outputs
    assert (both.compared, both.different, both.largest, both.allowed) == (55, 22, 30, 44)


def test_rows_that_the_device_passed_over_and_rows_that_it_never_sent_are_both_missing(
    bundle: Bundle,
) -> None:
    file = FileComparison("a.wav", bundle)
    file.add_host(HostBlock(_cells(bundle, 9), None), 0)
    file.add_device(m.Features(first_column=2, cells=_cells(bundle, 4).tobytes()))
    file.add_device(m.StreamDone(columns=6))
    assert "5 feature columns missing on the device (from number 0 on)" in file.problems  # 0, 1 and 6, 7, 8


def _columns_and_windows(
    bundle: Bundle, windows: int, bad_columns: list[int], bad: list[int]
) -> FileComparison:
    """All windows come before the host's, in one piece; columns and windows with these numbers differ."""
    file = FileComparison("a.wav", bundle)
    columns = bundle.frames + (windows - 1) * bundle.stride + 1
    host = np.zeros((columns, bundle.settings.bands), np.int8)
    device = host.copy()
    device[bad_columns] = 1
    outputs = np.zeros((windows, bundle.model.values), np.int8)
    theirs = outputs.copy()
    theirs[bad] = 1
    file.add_device(m.Features(first_column=0, cells=device.tobytes()))
    for index, row in enumerate(theirs):
        file.add_device(_window(bundle, index, row))
    classes = len(bundle.labels)
    file.add_host(HostBlock(host, Outputs(outputs[:, :classes], outputs[:, classes:])), 0)
    return file


def test_a_window_is_explained_by_the_columns_that_it_covers_and_by_no_other(bundle: Bundle) -> None:
    first, last = 2 * bundle.stride, 2 * bundle.stride + bundle.frames - 1
    for column, explained in ((first - 1, 0), (first, 1), (last, 1), (last + 1, 0)):
        file = _columns_and_windows(bundle, 3, [column], [2])
        assert (file.output_windows, file.explained_windows) == (1, explained), column


def test_of_several_windows_in_one_piece_each_is_looked_at_by_its_number(bundle: Bundle) -> None:
    beyond = bundle.frames + bundle.stride  # in the last of three windows, and in no other
    assert beyond >= 2 * bundle.stride
    for window, explained in ((1, 0), (2, 1)):
        file = _columns_and_windows(bundle, 3, [beyond], [window])
        assert (file.output_windows, file.explained_windows) == (1, explained), window


def test_columns_that_no_window_covers_any_more_are_let_go(bundle: Bundle) -> None:
    """A file of hours may differ in each of its columns."""
    file = FileComparison("a.wav", bundle)
    columns = bundle.frames + 9 * bundle.stride
    host = np.zeros((columns, bundle.settings.bands), np.int8)
    values = np.zeros((10, bundle.model.values), np.int8)
    classes = len(bundle.labels)
    file.add_host(HostBlock(host, Outputs(values[:, :classes], values[:, classes:])), 0)
    file.add_device(m.Features(first_column=0, cells=(host + np.int8(1)).tobytes()))
    for index, row in enumerate(values):
        file.add_device(_window(bundle, index, row))
    assert len(file._differing_columns) == columns - 9 * bundle.stride


@pytest.mark.parametrize("later", [1, 2])
def test_a_detection_that_comes_later_says_by_how_much(bundle: Bundle, later: int) -> None:
    file = FileComparison("a.wav", bundle)
    file.host_changes = [Change(3, 0, True, 90)]
    file.device_changes = [Change(3 + later, 0, True, 90)]
    file.add_device(m.StreamDone(detections=1))
    (mismatch,) = [each for each in file.mismatches if each.kind == "detection"]
    assert mismatch.where.endswith(f"shifted, +{later} windows")


def test_outputs_of_the_hosts_other_interpreter_are_allowed_too(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where an op inside may round either way, and the two interpreters part there, both are right."""
    monkeypatch.setattr("host.comparison.file.rounding_ops", lambda _: (RoundingOp(2, "MUL", "int16", ()),))
    scores, shape = _scores(bundle), (WINDOWS, len(bundle.labels))
    other = np.full((WINDOWS, bundle.model.values), 7, np.int8)
    file = FileComparison("a.wav", bundle)
    file.add_host(HostBlock(_cells(bundle, 6), Outputs(scores, np.zeros(shape, np.int8)), other=other), 0)
    for index in range(WINDOWS):
        file.add_device(_window(bundle, index, other[index]))
    assert (file.scores.different, file.logits.different) == (0, 0)
    assert file.outputs.allowed == int(
        np.count_nonzero(np.concatenate([scores, np.zeros(shape, np.int8)], axis=1) != other)
    )
