"""What traces leave to be tried, and what they tell of stages and inputs."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...bundle.load import Bundle
from . import column_findings, output_findings
from .evidence import MORE_THAN_FILE, DiagnosisRecord
from .fakes_views import view_of
from .figures import Cause
from .search import CODE, View, search
from .test_findings import RIGHT, Told, adding, changed, outputs_of, record_of, told
from .words import column_words

__all__ = ["told"]


def traced(stage: str | None) -> Any:
    departs = None if stage is None else SimpleNamespace(name=stage)
    return SimpleNamespace(step="", column=SimpleNamespace(departs=departs))


UNTRACED: Any = SimpleNamespace(step="", column=None)


@pytest.mark.parametrize(
    ("stages", "departing"),
    [([], ""), (["mel"], "mel"), (["mel", "mel"], "mel"), (["mel", "fft"], ""), ([None, "mel"], "mel")],
)
def test_a_stage_is_that_of_all_traces(stages: list[str | None], departing: str) -> None:
    assert column_findings._departing([UNTRACED, *map(traced, stages)]) == departing


@pytest.mark.parametrize(
    ("stages", "computed", "found"),
    [
        ([], True, (False, False)),
        (["window"], True, (False, False)),  # what was done to samples is tried on all of them
        (["window"], False, (True, False)),
        (["mel"], True, (True, True)),
        (["mel"], False, (True, False)),
        (["window", "mel"], True, (True, True)),
    ],
)
def test_what_a_trace_tells_of_any_column(
    bundle: Bundle,
    monkeypatch: pytest.MonkeyPatch,
    stages: list[str],
    computed: bool,
    found: tuple[bool, bool],
) -> None:
    def cause(column: Any, *_: Any) -> Cause | None:
        return Cause("it is so", "Look", computed) if column.departs is not None else None

    monkeypatch.setattr(column_findings, "stage_cause", cause)
    record = DiagnosisRecord(bundle)
    record.traced = [UNTRACED, traced(None), *map(traced, stages)]
    assert column_findings._stages_told(record) == found


def test_after_what_a_trace_leaves_to_be_tried_all_is_tried(
    bundle: Bundle, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = changed(3, [12, 13], slice(0, 50))
    device[60:, 5] += 9
    record = record_of(bundle, device)
    told(record)  # which puts its own hypotheses there
    asked = []

    def hypotheses(_: Any, departing: str = "", sending: bool = False, computed: bool = False) -> Any:
        asked.append((departing, sending, computed))
        return [lambda _: (adding(9, 5, "other"),) if len(asked) > 1 else (adding(3, [12, 13]),)]

    monkeypatch.setattr(column_findings, "column_hypotheses", hypotheses)
    monkeypatch.setattr(column_findings, "_departing", lambda _: "mel")
    found = column_findings.column_findings(record, stages_with())
    assert asked == [("mel", False, False), ("", False, False)]
    assert [each.cause for each in found] == ["more", "other"]


def stages_with(verdict: str = "") -> Any:
    return SimpleNamespace(verdict=verdict)


@pytest.mark.parametrize(("verdict", "of_samples"), [("", True), (column_findings.SENDING, False)])
def test_what_sends_columns_has_no_samples(
    bundle: Bundle, told: Told, monkeypatch: pytest.MonkeyPatch, verdict: str, of_samples: bool
) -> None:
    record = record_of(bundle, changed(3, 12))
    told(record)
    monkeypatch.setattr(column_findings, "traced_samples", lambda *_: [lambda _: (adding(3, 12),)])
    (found,) = column_findings.column_findings(record, stages_with(verdict))
    assert found.verified == of_samples


def test_two_causes_are_none_where_a_trace_computed_another(
    bundle: Bundle, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = changed(3, [12, 13])
    device[:, 5] += 9
    record = record_of(bundle, device)
    two = (adding(3, [12, 13]), adding(9, 5, "other"))
    assert [each.cause for each in told(record, two)] == ["more", "other"]
    monkeypatch.setattr(column_findings, "_stages_told", lambda _: (True, True))
    (found,) = told(record, two)
    assert not found.verified and "nearly" not in found.explanation


def test_of_one_file_nothing_is_kept_of_the_stream_before(bundle: Bundle, told: Told) -> None:
    record = record_of(bundle, changed(3, 12, [0, 40, 50]), columns_before=1)
    record.again = MORE_THAN_FILE
    assert "is kept" not in told(record)[0].explanation
    two = record_of(bundle, changed(3, 12, [0, 40, 50]), names=("b.wav", "c.wav"), columns_before=1)
    two.again = MORE_THAN_FILE
    assert "is kept" in told(two)[0].explanation
    two.files[0] = replace(two.files[0], columns_before=0)
    assert "is kept" not in told(two)[0].explanation


# ---- outputs


@pytest.mark.parametrize(
    ("model", "step", "window", "tried"),
    [
        ("model", "input", SimpleNamespace(inputs="inputs"), 1),
        ("model", "input", SimpleNamespace(inputs=None), 0),
        ("model", "input", None, 0),
        ("model", "scores", SimpleNamespace(inputs="inputs"), 0),
        (None, "input", SimpleNamespace(inputs="inputs"), 0),
    ],
)
def test_cells_of_an_input_that_was_traced_are_tried(
    bundle: Bundle,
    monkeypatch: pytest.MonkeyPatch,
    model: Any,
    step: str,
    window: Any,
    tried: int,
) -> None:
    record = record_of(bundle, answered=outputs_of(RIGHT) + np.int8(2))
    record.traced = [UNTRACED, SimpleNamespace(step=step, window=window)]  # type: ignore[list-item]
    asked: list[Any] = []

    def cells_of(*given: Any) -> Any:
        asked.append(given)
        return "cells"

    def search(views: list[View], hypotheses: list[Any], _: int) -> Any:
        asked.append(hypotheses)
        return [], views

    monkeypatch.setattr(output_findings, "traced_cells", cells_of)
    monkeypatch.setattr(output_findings, "output_hypotheses", lambda *_: ["usual"])
    monkeypatch.setattr(output_findings, "search", search)
    stages: Any = SimpleNamespace(model=model, own_columns=False, replayed=[])
    output_findings._search(record, stages)
    assert asked == [*[("model", "inputs")] * tried, ["usual", *["cells"] * tried]]


@pytest.mark.parametrize(
    ("departures", "around"), [([], False), ([None], True), ([None, "an op"], False), (["an op"], False)]
)
def test_where_all_traced_ops_are_right_it_is_around_them(
    bundle: Bundle, departures: list[Any], around: bool
) -> None:
    record = DiagnosisRecord(bundle)
    windows = [SimpleNamespace(tensors=SimpleNamespace(departure=each)) for each in departures]
    record.traced = [SimpleNamespace(window=window, step="") for window in (None, *windows)]  # type: ignore[misc]
    assert output_findings._where_to_look(record).startswith("Look at what is around the ops") == around


@pytest.mark.parametrize(
    ("again", "departs", "unseen"),
    [
        ("streamed again, a.wav differs in the same values", None, True),
        ("streamed again, a.wav differs in the same values", "mel", False),
        (f"streamed again, a.wav is right: {MORE_THAN_FILE}", None, False),
        ("", None, False),
    ],
)
def test_a_column_that_is_right_where_it_is_looked_at_is_wrong_by_what_runs_elsewhere(
    again: str, departs: str | None, unseen: bool, bundle: Bundle
) -> None:
    record = DiagnosisRecord(bundle)
    record.again = again
    record.traced = [UNTRACED, traced(departs)]
    assert bool(column_findings._right_where_looked_at(record)) is unseen
    record.traced = [UNTRACED]
    assert not column_findings._right_where_looked_at(record)


@pytest.mark.parametrize(
    ("departs", "left", "log_mel", "replaced"),
    [
        ("mel", 0, True, True),
        ("mel", 1, True, False),
        ("cells", 0, True, False),
        ("cells", 0, False, True),  # of a DCT, or of a front end that remembers
        ("cells", 1, False, False),
        (None, 0, True, False),
        (None, 0, False, False),
    ],
)
def test_a_line_of_code_is_told_instead_of_a_pattern_of_the_cells_that_come_of_it(
    departs: str | None,
    left: int,
    log_mel: bool,
    replaced: bool,
    bundle: Bundle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = RIGHT.copy()
    device[:left, 0] ^= 1
    rest = [view_of(RIGHT, device)]
    line: Any = [SimpleNamespace(candidate=SimpleNamespace(family=CODE, cure="the line"), different=100)]
    monkeypatch.setattr(column_findings, "search", lambda *_: (line, rest))
    record = DiagnosisRecord(bundle)
    record.traced = [traced(departs)]
    cells: Any = [SimpleNamespace(candidate=SimpleNamespace(cure=column_words(bundle).cures.offset))]
    sources: Any = SimpleNamespace(altered=None, is_log_mel=log_mel)
    found = column_findings._before_cells(record, sources, [], cells, [])
    assert found == ((line, rest) if replaced else (cells, []))
    assert column_findings._before_cells(record, sources, [], line, []) == (line, [])


@pytest.mark.parametrize(
    ("steps", "family", "line", "excluded", "cause", "cure"),
    [
        (["outputs"], "input", True, True, "a.c line 1", "Look at a.c"),
        (["outputs"], "input", False, True, "more", "Look at what the input was made of at that time"),
        (["outputs"], "", True, None, "more", "Look at it"),  # outputs are made of others: no input
        (["input"], "input", True, None, "more", "Look at it"),
        (["outputs", "input"], "input", True, None, "more", "Look at it"),
        ([], "input", True, None, "more", "Look at it"),
    ],
)
def test_an_input_that_is_right_when_it_is_written_again_was_made_of_something_else(
    bundle: Bundle,
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
    steps: list[str],
    family: str,
    line: bool,
    excluded: bool | None,
    cause: str,
    cure: str,
) -> None:
    record = record_of(bundle, answered=outputs_of(RIGHT) + np.int8(2))
    told(record, (), (adding(2, [0, 1], family=family),))
    record.traced = [UNTRACED, *(SimpleNamespace(step=each, window="w") for each in steps)]  # type: ignore[list-item]
    UNTRACED.window = None
    asked = []

    def code(views: list[View], _: Any, right: Any) -> Any:
        asked.append(right)
        of_line = replace(adding(2, [0, 1], "a.c line 1", family=CODE), cure="Look at a.c")
        return search(views, [lambda _: (of_line,)], 4)[0] if line else []

    monkeypatch.setattr(output_findings, "_of_data_path", code)
    stages: Any = SimpleNamespace(model=None, own_columns=False, replayed=[], sure=True)
    (found,) = output_findings.output_findings(record, stages)
    assert found.cause == cause and found.cure.startswith(cure)
    assert asked == ([] if excluded is None else [output_findings._AGAIN])
