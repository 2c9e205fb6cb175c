"""Words between two stages that something changes are found, and give the columns of any samples."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...core.c_stages import Stages
from ...frontend.log_mel.settings import LogMelSettings
from ...trace.stages import ColumnTrace, Stage, segments_bytes
from . import spoilt_words
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


@pytest.mark.parametrize(
    ("word", "becomes", "told"),
    [
        (-7, -4, "halved"),
        (-7, -3, "halved, rounded to 0"),
        (-7, -14, "doubled"),
        (-7, -2, "a quarter of what it must be"),
        (-7, -28, "four times what it must be"),
        (-7, 0, "0"),
        (7, -7, "negated"),
        (-7, 7, "without its sign"),
        (70_000, 4464, "in 16 bits"),
        (-7, 8, None),
    ],
)
def test_each_way_of_changing_a_word_is_told(
    bundle: Bundle, stages: Stages, word: int, becomes: int, told: str | None
) -> None:
    ours = values_of(stages)
    host = np.frombuffer(ours[1], "<i4").copy()
    host[9] = word
    device = host.copy()
    device[9] = becomes
    departs = Stage("spectrum", host.tobytes(), device.tobytes(), "there", 1, len(host), segments=False)
    cause = words_cause(ColumnTrace(0, (departs,)), departs, bundle)
    sentence = f"value 9 (from 0) of what fe_rfft gives is {told} before fe_mel"
    assert [each for each, _ in cause.tables if each == sentence] if cause else told is None


@pytest.mark.parametrize(("ways", "told"), [(4, True), (5, False)])
def test_many_ways_that_give_the_same_say_nothing(
    bundle: Bundle, stages: Stages, monkeypatch: pytest.MonkeyPatch, ways: int, told: bool
) -> None:
    monkeypatch.setattr(spoilt_words, "WAYS", (("halved", lambda x: x >> 1),) * ways)
    host = np.frombuffer(values_of(stages)[1], "<i4").copy()
    device = host.copy()
    device[9] >>= 1
    departs = Stage("spectrum", host.tobytes(), device.tobytes(), "there", 1, len(host), segments=False)
    assert (words_cause(ColumnTrace(0, (departs,)), departs, bundle) is not None) is told


def test_of_a_window_that_is_shorter_than_the_transform_nothing_is_computed(
    bundle: Bundle, stages: Stages
) -> None:
    trace = trace_of(values_of(stages), values_of(stages, window=at(3, lambda x: x >> 1)))
    assert words_cause(trace, trace.stages[-1], bundle) is not None
    shorter = replace(bundle.settings, window=stages.settings.fft - 16, window_placement="start")  # type: ignore[type-var]
    assert words_cause(trace, trace.stages[-1], replace(bundle, settings=shorter)) is None


def test_numbers_of_another_length_are_not_read(bundle: Bundle, stages: Stages) -> None:
    ours = values_of(stages)
    departs = Stage("spectrum", ours[1], ours[1][:-4], "there", 1, 9, segments=False)
    assert words_cause(ColumnTrace(0, (departs,)), departs, bundle) is None


def test_a_stage_of_another_name_is_not_taken_for_the_one_before(bundle: Bundle, stages: Stages) -> None:
    trace = trace_of(values_of(stages), values_of(stages, spectrum=at(9, lambda x: x << 1)))
    first, second, last = trace.stages
    assert words_cause(trace, last, bundle) is not None
    assert words_cause(ColumnTrace(0, (first, replace(second, name="power"), last)), last, bundle) is None


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
