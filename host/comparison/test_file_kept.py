"""What one file's comparison keeps besides its counts: for pictures, for later runs, for labels, as numbers."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..detector.detector import Detector
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
