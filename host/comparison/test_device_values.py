"""What is kept of a device's values: digests of all of it, and scores up to a bound."""

import copy
import hashlib
import pickle

import numpy as np
import pytest

from .device_values import MOST_SCORES, DeviceValues

pytestmark = pytest.mark.native


def rows(*values: list[int]) -> "np.ndarray":  # type: ignore[type-arg]
    return np.array(values, np.int8)


def sha(*arrays: "np.ndarray") -> str:  # type: ignore[type-arg]
    return hashlib.sha256(b"".join(each.tobytes() for each in arrays)).hexdigest()


def test_digests_are_those_of_all_bytes_in_order() -> None:
    kept = DeviceValues(2)
    kept.add_samples(np.array([1, -2], np.int16))
    kept.add_samples(np.array([256], np.int16))
    assert kept.samples_sha256 == hashlib.sha256(b"\1\0\xfe\xff\0\1").hexdigest()
    first, second = rows([1, 2, 3]), rows([4, 5, 6], [7, 8, 9])
    kept.add_columns(first)
    kept.add_columns(second)
    assert kept.cells_sha256 == sha(first, second)
    kept.add_outputs(first, 1)
    kept.add_outputs(second, 2)
    assert kept.outputs_sha256 == sha(first, second) and kept.windows == 3
    assert kept.scores is not None and kept.scores.tolist() == [[1, 2], [4, 5], [7, 8]]
    assert kept.whole and not kept.too_long


def test_what_never_came_leaves_no_digest_and_the_least_scores() -> None:
    kept = DeviceValues(2)
    kept.add_outputs(rows([1, 2, 3]), 1)
    kept.add_outputs(None, 2)
    assert not kept.whole and kept.windows == 3 and kept.outputs_sha256 == kept.cells_sha256 == ""
    assert kept.scores is not None and kept.scores.tolist() == [[1, 2], [-128, -128], [-128, -128]]
    kept = DeviceValues(1)
    kept.add_columns(None)
    assert not kept.whole and kept.cells_sha256 == ""
    assert kept.samples_sha256 == hashlib.sha256().hexdigest()
    kept = DeviceValues(3)
    kept.add_outputs(rows([5]), 1)
    assert kept.scores is not None and kept.scores.tolist() == [[5, -128, -128]]


def test_without_classes_there_are_no_scores() -> None:
    kept = DeviceValues(0)
    kept.add_outputs(np.zeros((2, 0), np.int8), 2)
    assert kept.scores is None and kept.windows == 2


def test_scores_are_kept_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_SCORES == 4 * 1024 * 1024
    monkeypatch.setattr("host.comparison.device_values.MOST_SCORES", 6)
    kept = DeviceValues(2)
    kept.add_outputs(rows([1, 2], [3, 4]), 2)
    assert not kept.too_long
    kept.add_outputs(rows([5, 6]), 1)
    assert not kept.too_long and kept.scores is not None and len(kept.scores) == 3
    kept.add_outputs(rows([7, 8]), 1)
    assert kept.too_long and kept.scores is None and kept.windows == 4
    kept.add_outputs(np.zeros((0, 2), np.int8), 0)
    assert kept.too_long


def test_a_copy_goes_its_own_way() -> None:
    kept = DeviceValues(1)
    kept.add_samples(np.array([1], np.int16))
    kept.add_columns(rows([1]))
    kept.add_outputs(rows([1]), 1)
    both = [kept]
    twins = copy.deepcopy([both, both])
    assert twins[0] is twins[1] and twins[0][0] is not kept
    twin = twins[0][0]
    before = (kept.samples_sha256, kept.cells_sha256, kept.outputs_sha256)
    assert (twin.samples_sha256, twin.cells_sha256, twin.outputs_sha256) == before
    twin.add_samples(np.array([2], np.int16))
    twin.add_columns(rows([2]))
    twin.add_outputs(None, 1)
    assert (kept.samples_sha256, kept.cells_sha256, kept.outputs_sha256) == before
    assert (kept.windows, kept.whole, twin.windows, twin.whole) == (1, True, 2, False)
    assert kept.scores is not None and kept.scores.tolist() == [[1]]


def test_another_process_gets_what_the_digests_are() -> None:
    kept = DeviceValues(1)
    kept.add_samples(np.array([1], np.int16))
    kept.add_outputs(rows([9]), 1)
    came = pickle.loads(pickle.dumps(kept))
    assert came.samples_sha256 == kept.samples_sha256 and came.outputs_sha256 == kept.outputs_sha256
    assert (came.windows, came.whole, came.too_long) == (1, True, False)
    assert came.scores.tolist() == [[9]]
    twin = copy.deepcopy(came)
    assert twin.samples_sha256 == kept.samples_sha256
    with pytest.raises(AttributeError):
        came.add_samples(np.array([1], np.int16))
