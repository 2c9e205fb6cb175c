"""The one tolerance there is: a step at an op that may round either way; what is off by more is found as ever."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..detector.threshold import Threshold
from ..link import messages as m
from ..model.allowed import RoundingOp
from ..model.inspect import inspect_model
from ..model.interpreter import Outputs
from ..model.samples import sample_model
from .allowance import allowance_note
from .expected import Expected
from .fakes import FakeDevice, FakeInterpreter
from .file import FileComparison
from .result import RunComparison

pytestmark = pytest.mark.native
SCORES = RoundingOp(7, "SOFTMAX", "int8", (inspect_model(sample_model("softmax")).scores.index,))
INSIDE = RoundingOp(2, "MUL", "int16", ())
Off = Callable[[NDArray[np.int8]], NDArray[np.int8]]


class OffInterpreter(FakeInterpreter):
    """The fake model with other scores or logits."""

    def __init__(self, bundle: Bundle, scores: Off, logits: Off = lambda values: values) -> None:
        super().__init__(bundle)
        self._change = scores, logits

    def run(self, windows: NDArray[np.int8]) -> Outputs:
        right = super().run(windows)
        assert right.logits is not None
        return Outputs(self._change[0](right.scores), self._change[1](right.logits))


def by(step: int, every: int = 3) -> Off:
    """Every third window's values moved by some steps, inwards."""

    def change(values: NDArray[np.int8]) -> NDArray[np.int8]:
        moved = values.astype(np.int16)
        moved[::every] -= step * np.where(moved[::every] > 0, 1, -1)
        return moved.astype(np.int8)

    return change


@pytest.fixture
def compare(
    monkeypatch: pytest.MonkeyPatch, bundle: Bundle, samples: NDArray[Any]
) -> Callable[..., FileComparison]:
    """Compares a device of its own with the host; `ops` are those at which a step is allowed."""

    def run(
        device: FakeInterpreter,
        *ops: RoundingOp,
        other: FakeInterpreter | None = None,
        block: int = 5000,
        bundle: Bundle = bundle,
    ) -> FileComparison:
        for place in ("file", "expected"):
            monkeypatch.setattr(f"host.comparison.{place}.rounding_ops", lambda _: ops)
        comparison = FileComparison("a.wav", bundle)
        host = Expected(bundle, FakeInterpreter(bundle), other)

        def blocks() -> Any:
            for start in range(0, len(samples), block):
                yield samples[start : start + block]
                comparison.add_host(host.push(samples[start : start + block]), block)
            comparison.samples = len(samples)
            comparison.end_audio()

        for result in FakeDevice(bundle, device).stream(blocks()):
            comparison.add_device(result)
        return comparison

    return run


def test_a_step_at_the_op_is_let_pass_and_counted(
    compare: Callable[..., FileComparison], bundle: Bundle
) -> None:
    device = OffInterpreter(bundle, by(1))
    found = compare(device, SCORES)
    assert found.agreed, found.mismatches
    assert found.scores.allowed > 20 and found.scores.different == found.logits.allowed == 0
    assert found.device_changes == found.host_changes, "the host decides by scores that are good ones"
    strict = compare(device)
    assert not strict.agreed and strict.scores.different == found.scores.allowed


def test_two_steps_are_found(compare: Callable[..., FileComparison], bundle: Bundle) -> None:
    found = compare(OffInterpreter(bundle, by(2)), SCORES)
    assert not found.agreed and found.scores.different > 20 and found.scores.largest == 2
    assert found.scores.allowed == 0
    assert {mismatch.kind for mismatch in found.mismatches} >= {"score"}


def test_one_value_off_by_two_is_found_among_many_off_by_one(
    compare: Callable[..., FileComparison], bundle: Bundle
) -> None:
    windows = 0

    def change(values: NDArray[np.int8]) -> NDArray[np.int8]:
        nonlocal windows
        moved = by(1, every=1)(values)
        if windows == 0:
            moved[0, 3] = by(2, every=1)(values)[0, 3]
        windows += len(values)
        return moved

    found = compare(OffInterpreter(bundle, change), SCORES)
    assert (found.scores.different, found.scores.largest) == (1, 2)
    (mismatch,) = [each for each in found.mismatches if each.kind == "score"]
    assert mismatch.where.startswith("window 0, score of")


def test_a_step_at_another_output_is_found(compare: Callable[..., FileComparison], bundle: Bundle) -> None:
    found = compare(OffInterpreter(bundle, by(0), by(1)), SCORES)
    assert not found.agreed and found.logits.different > 20


def test_a_step_over_a_threshold_changes_the_decision_on_both_sides(
    compare: Callable[..., FileComparison], bundle: Bundle
) -> None:
    """Lowered by one, scores that were at a threshold are below it: the device decides otherwise, and is right."""
    right = compare(FakeInterpreter(bundle), SCORES)
    peak = max(change.score for change in right.host_changes if change.active)
    at_peak = bundle.model.scores.real(peak)
    assert isinstance(bundle.detector, Threshold)
    narrow = replace(bundle, detector=replace(bundle.detector, threshold=at_peak))
    assert len(compare(FakeInterpreter(narrow), SCORES, bundle=narrow).host_changes) > 1
    found = compare(OffInterpreter(narrow, by(1, every=1)), SCORES, bundle=narrow)
    assert found.agreed and found.host_changes == found.device_changes
    assert max((change.score for change in found.host_changes if change.active), default=-128) < peak


def test_where_the_op_lies_inside_either_interpreter_is_right(
    compare: Callable[..., FileComparison], bundle: Bundle
) -> None:
    def other() -> FakeInterpreter:
        return OffInterpreter(bundle, by(9, every=1), by(5, every=1))

    found = compare(other(), INSIDE, other=other())
    assert found.agreed and found.outputs.allowed > 100 and not found.witness_compared
    third = compare(OffInterpreter(bundle, by(1, every=1)), INSIDE, other=other())
    assert not third.agreed and third.scores.different > 100
    alone = compare(other(), INSIDE)
    assert not alone.agreed


def test_a_run_says_what_was_allowed(
    monkeypatch: pytest.MonkeyPatch, compare: Callable[..., FileComparison], bundle: Bundle
) -> None:
    found = compare(OffInterpreter(bundle, by(1)), SCORES)
    run = RunComparison("virtual", bundle, m.Info(), files=[found])
    for place in ("allowance", "claims.values"):
        monkeypatch.setattr(f"host.comparison.{place}.rounding_ops", lambda _: (SCORES, INSIDE))
    note = allowance_note(run)
    assert note is not None and "±1 is allowed at op 7, SOFTMAX int8, which makes an output" in note
    assert "op 2, MUL int16 may round either way inside" in note
    assert f"{found.outputs.allowed:,} of {found.outputs.compared:,} outputs made use of that" in note
    claims = {claim.name: claim for claim in run.claims}
    assert f"{found.scores.allowed:,} more by the step that is allowed" in claims["scores"].evidence
    assert "op 7, SOFTMAX int8" in claims["witness"].reason
    assert run.totals["outputs_allowed"] == found.outputs.allowed
    monkeypatch.setattr("host.comparison.allowance.rounding_ops", lambda _: ())
    assert allowance_note(run) is None
