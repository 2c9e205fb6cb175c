"""Words between two stages that something changes are found, and give the columns of any samples."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...core.c_stages import Stages
from ...frontend.log_mel.settings import LogMelSettings
from ...trace.stages import ColumnTrace, Stage, segments_bytes
from .fakes_device import sound
from .spoilt_words import words_cause
from .stage_cause import stage_cause

pytestmark = pytest.mark.native


@pytest.fixture
def stages(bundle: Bundle) -> Stages:
    assert isinstance(bundle.settings, LogMelSettings)
    return Stages(bundle.settings, bundle.model.input.scale, bundle.model.input.zero_point)


def values_of(stages: Stages, window: Any = None, spectrum: Any = None) -> list[bytes]:
    """Bytes of the stages of a column, of which words may be changed behind the window and behind the spectrum."""
    samples = sound(stages.settings.sample_rate, 3, 1)[: stages.settings.fft]
    tapered = stages.window(samples)
    first = tapered.tobytes()
    if window is not None:
        tapered = window(tapered.copy())
    transformed = stages.rfft(tapered)
    second = transformed.tobytes()
    if spectrum is not None:
        transformed = spectrum(transformed.copy())
    return [first, second, segments_bytes(*stages.mel(transformed))]


def trace_of(ours: list[bytes], theirs: list[bytes]) -> ColumnTrace:
    names = ("window", "spectrum", "mel")
    found = []
    for name, host, device in zip(names, ours, theirs, strict=True):
        found.append(Stage(name, host, device, "there", 9, 99, segments=name == "mel"))
        if host != device:
            break
    return ColumnTrace(0, tuple(found))


def at(place: int, way: Any) -> Any:
    def change(values: Any) -> Any:
        values[place] = way(int(values[place]))
        return values

    return change


@pytest.mark.parametrize(
    ("spoils", "told"),
    [
        (
            {"window": at(3, lambda x: x >> 1)},
            "value 3 (from 0) of what fe_hann gives is halved before fe_rfft",
        ),
        ({"window": at(40, lambda _: 0)}, "value 40 (from 0) of what fe_hann gives is 0 before fe_rfft"),
        ({"spectrum": at(9, lambda x: -x // 4 * 4)}, ""),  # no plain way
        (
            {"spectrum": at(9, lambda x: x << 1)},
            "value 9 (from 0) of what fe_rfft gives is doubled before fe_mel",
        ),
    ],
)
def test_a_word_that_is_changed_between_two_stages_is_told(
    bundle: Bundle, stages: Stages, spoils: dict[str, Any], told: str
) -> None:
    trace = trace_of(values_of(stages), values_of(stages, **spoils))
    cause = words_cause(trace, trace.stages[-1], bundle)
    assert ("" if cause is None else cause.tables[0][0]) == told
    if cause is None:
        return
    assert cause.computed
    (_, columns), *others = cause.tables
    assert all("rounded to 0" in other for other, _ in others)  # of an even word
    samples = sound(stages.settings.sample_rate, 5, 1)
    begin = stages.settings.hop * 2
    values = stages.window(samples[begin : begin + stages.settings.fft])
    values = stages.rfft(spoils.get("window", np.copy)(values))
    right = stages.quantise(stages.log(stages.mel(spoils.get("spectrum", np.copy)(values))))
    found = columns(samples)
    assert len(found) == stages.settings.columns(len(samples)) and np.array_equal(found[2], right)
    of_stage = stage_cause(trace, bundle)
    assert of_stage is not None and of_stage.told == cause.told


@pytest.mark.parametrize(("count", "told"), [(1, True), (4, True), (5, False)])
def test_a_few_words_of_a_stage_that_are_others_are_told(
    bundle: Bundle, stages: Stages, count: int, told: bool
) -> None:
    ours, theirs = values_of(stages), values_of(stages)
    values = np.frombuffer(ours[1], "<i4").copy()
    values[20 : 20 + count] >>= 1
    theirs[1] = values.tobytes()
    trace = trace_of(ours, theirs)
    cause = words_cause(trace, trace.stages[-1], bundle)
    assert (cause is not None) is told
    if cause is not None:
        assert cause.told.startswith("value 20 (" if count == 1 else "values 20 to 23 (")
        assert "between fe_rfft and fe_mel" in cause.cure


def test_of_a_stage_that_is_not_the_last_right_one_nothing_is_computed(
    bundle: Bundle, stages: Stages
) -> None:
    ours = values_of(stages)
    trace = trace_of(ours, values_of(stages, window=at(3, lambda x: x >> 1)))
    first, last = trace.stages
    assert words_cause(ColumnTrace(0, (last,)), last, bundle) is None  # nothing before it was looked at
    other = replace(first, name="power")
    assert words_cause(ColumnTrace(0, (other, last)), last, bundle) is None
    elsewhere = replace(last, host=last.device, device=last.host)  # the host's own is not what the core gives
    assert words_cause(ColumnTrace(0, (first, elsewhere)), elsewhere, bundle) is None
    options = replace(bundle.settings, pre_emphasis=0.97)  # type: ignore[type-var]
    assert words_cause(trace, last, replace(bundle, settings=options)) is None
