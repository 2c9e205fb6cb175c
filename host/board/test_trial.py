"""What a trial says of a board that agrees, departs, refuses or is lost."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from ..errors import HilError
from ..line.connection import DeviceResetError, LinkError
from ..link import messages as m
from .client import RequestRefusedError
from .crash import Crash, FirmwareCrashedError
from .trial import Trial, TrialCrashedError, TrialFailedError

WINDOWS = np.arange(12, dtype=np.int8).reshape(3, 4)
EXPECTED = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]], np.int8)  # two scores, two logits
TRIAL = Trial("mine", ("bird", "none"), ("score", "logit"), WINDOWS, (EXPECTED,), ("known: op 5, SOFTMAX",))


def _board(outputs: np.ndarray) -> Callable[..., m.TensorResult]:  # type: ignore[type-arg]
    def infer(cells: np.ndarray) -> m.TensorResult:  # type: ignore[type-arg]
        (index,) = np.flatnonzero((cells == WINDOWS).all(axis=1))
        return m.TensorResult(outputs=outputs[index].astype(np.int8).tobytes())

    return infer


def test_a_board_that_agrees_passes() -> None:
    TRIAL.run(_board(EXPECTED))


@pytest.mark.parametrize(
    ("window", "output", "said"),
    [
        (0, 0, "window 1 of 3, score of 'bird' is 11 instead of 1"),
        (1, 1, "window 2 of 3, score of 'none' is 16 instead of 6"),
        (2, 3, "window 3 of 3, logit of 'none' is 22 instead of 12"),
    ],
)
def test_a_departure_names_window_output_and_size(window: int, output: int, said: str) -> None:
    outputs = EXPECTED.copy()
    outputs[window, output] += 10
    with pytest.raises(TrialFailedError) as caught:
        TRIAL.run(_board(outputs))
    assert f"{said}, 1 of 4 outputs differ; 1 of 3 windows depart, by at most 10" in caught.value.cause
    assert "known: op 5, SOFTMAX" in caught.value.cause and "--force" in caught.value.cure


def test_the_largest_of_all_windows_is_told() -> None:
    outputs = EXPECTED.copy()
    outputs[0, 0], outputs[2, 2] = 2, -100
    with pytest.raises(TrialFailedError, match="2 of 3 windows depart, by at most 111"):
        TRIAL.run(_board(outputs))


def test_where_the_hosts_interpreters_part_either_answer_is_good() -> None:
    other = EXPECTED.copy()
    other[1] += 1
    trial = replace(TRIAL, expected=(EXPECTED, other), suspects=())
    trial.run(_board(EXPECTED))
    trial.run(_board(other))
    mixed = EXPECTED.copy()
    mixed[1, 0] += 1  # half of one and half of the other
    with pytest.raises(TrialFailedError, match="window 2 of 3"):
        trial.run(_board(mixed))


def test_a_step_that_is_allowed_is_no_departure() -> None:
    trial = replace(TRIAL, allowed=lambda host, came: np.abs(host.astype(int) - came) == 1)
    trial.run(_board(EXPECTED + 1))
    with pytest.raises(TrialFailedError, match="3 of 3 windows depart, by at most 2"):
        trial.run(_board(EXPECTED + 2))


def test_outputs_of_another_number_are_no_agreement() -> None:
    with pytest.raises(TrialFailedError, match="window 1 of 3 gives 3 outputs instead of 4"):
        TRIAL.run(_board(EXPECTED[:, :3]))


def _raising(error: HilError) -> Callable[..., m.TensorResult]:
    calls = iter([m.TensorResult(outputs=EXPECTED[0].tobytes())])

    def infer(_cells: object) -> m.TensorResult:
        for result in calls:
            return result
        raise error

    return infer


@pytest.mark.parametrize(
    "error",
    [
        DeviceResetError(7, "rst:0xc"),
        LinkError("the board stopped answering", "look"),
        FirmwareCrashedError(Crash("LoadProhibited", (), "")),
    ],
)
def test_a_board_that_is_lost_is_a_crash_in_that_window(error: HilError) -> None:
    with pytest.raises(TrialCrashedError) as caught:
        TRIAL.run(_raising(error))
    assert "'mine' crashed the board in window 2 of 3" in caught.value.cause
    assert error.cause in caught.value.cause and "known: op 5" in caught.value.cause


def test_an_inference_that_fails_is_a_failure_and_no_crash() -> None:
    refused = RequestRefusedError(m.Error(request=m.TensorData.TYPE, code=9, text=b"Invoke failed"))
    with pytest.raises(TrialFailedError, match=r"window 2 of 3: .*Invoke failed"):
        TRIAL.run(_raising(refused))
