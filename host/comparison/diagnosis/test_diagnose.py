"""Each fault is named, and by its own hypothesis alone; two at once are both named; noise is not explained."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...errors import HilError
from ...model.interpreter import Interpreter, Outputs
from .conftest import Explain
from .diagnose import diagnose
from .evidence import DiagnosisRecord
from .fakes_device import FaultyDevice, Held, Int8, compare_all, sound
from .fakes_faults import FAULTS, N, _add, _amplified, _from, _late, told
from .fakes_faults_more import MORE_FAULTS
from .finding import NEUTRAL
from .stages import FRONT_END, SENDING

pytestmark = [pytest.mark.native, pytest.mark.slow]

CASES = [
    (stage, *fault) for table in (FAULTS, MORE_FAULTS) for stage, faults in table.items() for fault in faults
]
MODELS = ("softmax", "sigmoid")
# What a front end does wrong has nothing to do with the model's outputs: each of the two has every other fault.
EVERY_OTHER = ("samples", "features", "columns")
TRIED = [
    pytest.param(model, *case, id=f"{model}-{case[0]}-{case[1]}")
    for turn, model in enumerate(MODELS)
    for place, case in enumerate(CASES)
    if case[0] not in EVERY_OTHER or place % len(MODELS) == turn
]
STAGE_NAMES = {"outputs": "outputs", "inputs": "outputs", "changes": "detections"}


def test_a_device_that_is_right_needs_no_diagnosis(explain: Explain) -> None:
    assert explain() == []


@pytest.mark.parametrize(
    ("model_bundle", "stage", "name", "fault", "cause", "place"), TRIED, indirect=["model_bundle"]
)
def test_each_fault_is_named_by_its_own_hypothesis_alone(
    explain: Explain, model_bundle: Bundle, stage: str, name: str, fault: Any, cause: str, place: str
) -> None:
    """One finding, of this cause: so no hypothesis speaks on the faults of the others."""
    if name == "a class never" and len(model_bundle.labels) == 1:
        pytest.skip("of one class nothing is left")
    if name == "not reset" and len(model_bundle.labels) > 1:
        pytest.skip("nothing is active at the end of these files")
    (finding,) = explain(**{stage: fault(model_bundle)})
    assert cause in finding.cause
    assert finding.stage == STAGE_NAMES.get(stage, "features")
    assert finding.share > 0.98
    assert set(finding.files) <= {"a.wav", "b.wav", "c.wav"}
    if (
        len(model_bundle.labels) > 1
    ):  # the other bundle's sounds are silent at the place, where nothing can differ
        assert place in finding.place
    for word in (finding.place, finding.explanation, finding.pattern, finding.cure):
        assert word in finding.sentence


@pytest.mark.parametrize("fault", FAULTS["columns"], ids=lambda fault: fault[0])
def test_columns_altered_on_their_way_are_told_from_a_wrong_front_end(
    explain: Explain, model_bundle: Bundle, fault: Any
) -> None:
    (sent,) = explain(sent=fault[1](model_bundle))
    (computed,) = explain(columns=fault[1](model_bundle))
    assert sent.cause == computed.cause
    if FRONT_END in computed.explanation:  # the fault moves an output at all
        assert SENDING in sent.explanation
        assert "FEATURES" in sent.cure


def test_the_pattern_is_that_of_all_files(explain: Explain) -> None:
    (finding,) = explain(columns=lambda c, _: _add(c, (slice(None), 12), 3))
    assert "band 12" in finding.pattern
    assert "always +3" in finding.explanation
    assert finding.pattern.endswith("are reproduced")
    assert "all " in finding.pattern
    assert finding.files == ("a.wav", "b.wav", "c.wav")


# ---- two causes


def test_a_wrong_band_beside_late_columns(explain: Explain) -> None:
    def both(columns: Int8, held: Held | None) -> Int8:
        del held
        return _add(_from(columns, 55, _late(columns, None, 1)), (slice(None), 12), 3)

    causes = {finding.cause for finding in explain(columns=both)}
    assert causes == {"1 column late", "offset of band 12"}


def test_two_bands_each_with_its_own_fault(explain: Explain) -> None:
    def both(columns: Int8, held: Held | None) -> Int8:
        del held
        changed = _add(columns, (slice(None), 5), 2)
        changed[:, 9] = 17
        return changed

    causes = {finding.cause for finding in explain(columns=both)}
    assert causes == {"offset of band 5", "band 9 stuck"}


def test_a_gain_beside_exchanged_outputs(explain: Explain) -> None:
    findings = explain(
        samples=lambda x, _: _from(x, N // 2, _amplified(x, 2)),
        outputs=lambda o, _: np.roll(o, o.shape[1] // 2, axis=1),
    )
    assert [finding.stage for finding in findings] == ["features", "outputs"]
    assert findings[0].cause == "gain ×2"
    assert findings[1].cause in ("halves exchanged", "reversed")


def test_late_columns_beside_a_wrong_rule(explain: Explain, model_bundle: Bundle) -> None:
    late = told(model_bundle, lambda change, _: replace(change, window=change.window + 2))
    findings = explain(columns=lambda c, _: _from(c, 55, _late(c, None, 1)), changes=late)
    assert [finding.cause for finding in findings] == ["1 column late", "detections 2 windows late"]


# ---- what nothing explains


def _noise(share: float, size: int, seed: int = 3) -> Callable[[Int8, Held | None], Int8]:
    rng = np.random.default_rng(seed)

    def change(values: Int8, held: Held | None) -> Int8:
        del held
        step = rng.integers(-size, size + 1, values.shape) * (rng.random(values.shape) < share)
        return (values.astype(np.int64) + step).clip(-128, 127).astype(np.int8)

    return change


@pytest.mark.parametrize(("share", "size"), [(1, 1), (0.02, 1), (0.2, 40)])
@pytest.mark.parametrize(
    ("model_bundle", "stage"),
    [
        *(("softmax", stage) for stage in ("sent", "outputs", "inputs")),
        *(("sigmoid", stage) for stage in ("columns", "outputs", "inputs")),
    ],
    indirect=["model_bundle"],
)
def test_random_differences_are_not_explained(explain: Explain, stage: str, share: float, size: int) -> None:
    findings = explain(**{stage: _noise(share, size)})
    assert {finding.cause for finding in findings} <= {NEUTRAL}
    if share == 1:
        assert findings
        assert "none of the known causes" in findings[0].explanation


def test_one_wrong_cell_is_told_neutrally(explain: Explain) -> None:
    def one(columns: Int8, held: Held | None) -> Int8:
        return columns if held is not None else _add(columns, (40, 5), 2)

    (finding,) = explain(sent=one)
    assert (finding.cause, finding.share) == (NEUTRAL, 0.0)
    assert finding.place.startswith("a.wav, column 40, band 5")
    assert "1 of" in finding.pattern


def test_random_detections_are_not_explained(explain: Explain, model_bundle: Bundle) -> None:
    rng = np.random.default_rng(1)
    changes = told(model_bundle, lambda c, _: replace(c, window=c.window + int(rng.integers(0, 5))))
    (finding,) = explain(changes=changes)
    assert (finding.stage, finding.cause) == ("detections", NEUTRAL)


# ---- a model with state


class Leaky:
    """Scores that go on from window to window: a model with state. Not a real one."""

    name = "leaky"

    def reset(self) -> None:
        """Begin anew."""
        self._state = np.zeros(2 * self._model.classes)

    def __init__(self, bundle: Bundle) -> None:
        self._model = bundle.model
        self.reset()

    def run(self, windows: Int8) -> Outputs:
        """int8 [n, frames, bands] to outputs."""
        rows = []
        for window in windows:
            loud = window.astype(np.float64).reshape(2 * self._model.classes, -1).mean(axis=1)
            self._state = 0.8 * self._state + loud
            rows.append(np.clip(np.rint(self._state / 4), -128, 127))
        outputs = np.array(rows, np.int8).reshape(-1, 2 * self._model.classes)
        return Outputs(outputs[:, : self._model.classes], outputs[:, self._model.classes :])


@pytest.mark.parametrize(("name", "cause"), [("kept", "model state not reset"), ("lost", "model state lost")])
def test_a_model_whose_state_is_not_kept_as_it_should(model_bundle: Bundle, name: str, cause: str) -> None:
    if model_bundle.settings.bands * model_bundle.frames % (2 * model_bundle.model.classes):
        pytest.skip("the cells do not divide among the classes")
    bundle = replace(model_bundle, model=replace(model_bundle.model, ops=("SVDF",)))
    device = FaultyDevice(bundle, lambda: Leaky(bundle), keeps_state=name == "kept")
    if name == "lost":
        device._model = Forgetful(bundle)
        device.keeps_state = True
    record = _compare(device, bundle)
    (finding,) = diagnose(record)
    assert finding.cause == cause
    assert finding.share > 0.95


class Forgetful:
    """The same, begun anew for every window."""

    name = "forgetful"

    def reset(self) -> None:
        """Nothing is kept anyway."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def run(self, windows: Int8) -> Outputs:
        """int8 [n, frames, bands] to outputs."""
        each = [Leaky(self._bundle).run(window[None]) for window in windows]
        return Outputs(
            np.concatenate([outputs.scores for outputs in each]),
            np.concatenate([outputs.logits for outputs in each if outputs.logits is not None]),
        )


def _compare(device: FaultyDevice, bundle: Bundle) -> DiagnosisRecord:
    rate = bundle.settings.sample_rate
    return compare_all(device, [sound(rate, 1), sound(rate, 2)])


def test_a_reference_that_cannot_be_run_again(record_of: Callable[..., DiagnosisRecord]) -> None:
    """What follows from the columns is not guessed then."""
    record = record_of(columns=lambda c, _: _from(c, 55, _late(c, None, 1)))
    record.interpreter = _broken
    findings = diagnose(record)
    assert findings[0].cause == "1 column late"
    assert FRONT_END not in findings[0].explanation


def _broken() -> Interpreter:
    raise HilError("no reference", "load one")
