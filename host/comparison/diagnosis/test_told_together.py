"""Which findings of values, of messages and of a trace are told together, and which give way to others."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ...bundle.load import Bundle
from . import diagnose as module
from .diagnose import diagnose
from .evidence import DiagnosisRecord
from .finding import NEUTRAL, Finding
from .input_cells import ELSEWHERE

LINE = "detect/stream.c line 7"
DUE = 100  # columns that the samples make


def found(stage: str, cause: str = "it", share: float = 1.0) -> Finding:
    return Finding(
        stage, cause, "place", f"{cause} of {stage}", f"cure of {cause}", "pattern", share, ("a.wav",)
    )


class Run:
    """A run with differences of which that is found.

    Args:
        monkeypatch: puts it in the place of what finds it.
        columns, outputs, detections, messages, traced: what is found of each.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, bundle: Bundle, **findings: list[Finding]) -> None:
        self.record = DiagnosisRecord(bundle)
        right = SimpleNamespace(differing_rows=0)
        self.record.files = cast(Any, [SimpleNamespace(piece=SimpleNamespace(expected=[]), outputs=right)])
        settings = SimpleNamespace(columns=lambda _: DUE)
        self.record.bundle = cast(Any, SimpleNamespace(settings=settings))
        self.views: list[Any] = []
        stages = module.Stages(*[cast(Any, None)] * len(module.Stages.__dataclass_fields__))
        stages = replace(stages, own_columns=True)
        monkeypatch.setattr(module, "compare_stages", lambda _: stages)
        monkeypatch.setattr(module, "output_views", lambda _, stages: [f"own: {stages.own_columns}"])
        monkeypatch.setattr(module, "in_one", self._in_one)
        for name in ("columns", "outputs", "detections", "messages", "traced"):
            function = "trace_findings" if name == "traced" else f"{name.removesuffix('s')}_findings"
            monkeypatch.setattr(module, function, lambda *_, name=name: list(findings.get(name, [])))

    def _in_one(self, *given: Any) -> Any:
        """Nothing is explained in one; what it is given is kept."""
        self.views += given[3:]
        return given[2]

    def said(self, *columns: int | None) -> "Run":
        """Files of whose columns the board counted so many at their ends; None: no end came."""
        self.record.spoken = cast(
            Any,
            [
                SimpleNamespace(
                    samples=1,
                    said=SimpleNamespace(done=None if count is None else (1, count, 0, 0), whole=False),
                )
                for count in columns
            ],
        )
        return self

    @property
    def told(self) -> list[str]:
        """Stages."""
        return [each.stage for each in diagnose(self.record)]


def test_a_line_that_gives_values_and_messages_is_told_once(
    monkeypatch: pytest.MonkeyPatch, bundle: Bundle
) -> None:
    numbers = [found("messages", LINE)]
    other = Run(
        monkeypatch, bundle, outputs=[found("outputs")], detections=[found("detections")], messages=numbers
    )
    assert other.told == ["outputs", "messages"]
    for stage in ("outputs", "detections"):
        same = Run(monkeypatch, bundle, **{stage: [found(stage, LINE)]}, messages=numbers)
        assert same.told == [stage]


def test_beside_wrong_messages_what_is_not_explained_is_not_told(
    monkeypatch: pytest.MonkeyPatch, bundle: Bundle
) -> None:
    """What is numbered wrongly was held against other windows."""
    values = {
        "columns": [found("features", NEUTRAL, 0.0)],
        "outputs": [found("outputs", NEUTRAL, 0.0), found("outputs")],
        "detections": [found("detections")],
    }
    assert Run(monkeypatch, bundle, **values).told == ["features", "outputs", "outputs", "detections"]
    told = diagnose(Run(monkeypatch, bundle, **values, messages=[found("messages", "numbers")]).record)
    assert [(each.stage, each.cause) for each in told] == [
        ("features", NEUTRAL),
        ("outputs", "it"),
        ("messages", "numbers"),
    ]


@pytest.mark.parametrize(
    ("stage", "share", "counts", "told"),
    [
        ("columns", 1.0, (DUE - 1, DUE + 9), False),
        ("columns", 0.9, (DUE - 1, DUE + 9), True),
        ("columns", 1.0, (DUE - 1, DUE), True),
        ("columns", 1.0, (DUE - 1, None), True),
        ("columns", 1.0, (), True),
        ("outputs", 1.0, (DUE - 1,), True),
    ],
)
def test_what_makes_all_columns_makes_as_many_as_came(
    monkeypatch: pytest.MonkeyPatch,
    bundle: Bundle,
    stage: str,
    share: float,
    counts: tuple[int | None, ...],
    told: bool,
) -> None:
    values = {stage: [found("features" if stage == "columns" else stage, "gain", share)]}
    run = Run(monkeypatch, bundle, **values, messages=[found("messages")]).said(*counts)
    assert ("messages" in run.told) == told


@pytest.mark.parametrize(
    ("stage", "cause", "share", "cure"),
    [
        ("features", LINE, 1.0, f"cure of {LINE}"),
        ("features", LINE, 0.9, "cure of it"),
        ("features", "gain", 1.0, "cure of it"),
        ("detections", LINE, 1.0, "cure of it"),
    ],
)
def test_a_trace_of_stages_has_the_cure_of_the_line_that_gives_all_columns(
    monkeypatch: pytest.MonkeyPatch, bundle: Bundle, stage: str, cause: str, share: float, cure: str
) -> None:
    traced = [found("stages"), found("tensors")]
    told = diagnose(Run(monkeypatch, bundle, columns=[found(stage, cause, share)], traced=traced).record)
    assert [(each.stage, each.cure) for each in told] == [
        ("stages", cure),
        ("tensors", "cure of it"),
        (stage, f"cure of {cause}"),
    ]


def test_of_a_run_without_files_traces_and_messages_are_told(
    monkeypatch: pytest.MonkeyPatch, bundle: Bundle
) -> None:
    run = Run(
        monkeypatch,
        bundle,
        traced=[found("stages")],
        messages=[found("messages")],
        columns=[found("features")],
    )
    run.record.files = []
    assert run.told == ["stages", "messages"]


def test_one_change_of_both_is_held_against_what_the_host_computed(
    monkeypatch: pytest.MonkeyPatch, bundle: Bundle
) -> None:
    run = Run(monkeypatch, bundle, columns=[found("features")])
    assert run.told == ["features"]
    assert run.views == [[], ["own: False"]], "of columns that were not kept there is no view"


@pytest.mark.parametrize(
    ("stage", "cause", "asked"),
    [("features", LINE, False), ("features", "offset", True), ("stages", LINE, True)],
)
def test_a_line_that_gives_all_of_a_stage_is_the_cause_of_what_is_answered_too(
    stage: str, cause: str, asked: bool, monkeypatch: pytest.MonkeyPatch, bundle: Bundle
) -> None:
    values, answers = found(stage, cause), found("answers")
    monkeypatch.setattr(module, "_of_files", lambda _: [values])
    monkeypatch.setattr(module, "answer_findings", lambda *_: [answers])
    assert diagnose(DiagnosisRecord(bundle)) == [values, *[answers] * asked]


def test_the_window_that_a_trace_fetched_is_looked_into_where_nothing_gives_all_outputs(
    monkeypatch: pytest.MonkeyPatch, bundle: Bundle
) -> None:
    window: Any = object()
    looked_into: list[Any] = []

    def lines(_: Any, seen: Any) -> list[Finding]:
        looked_into.append(seen)
        return [found("outputs", LINE)] if seen is window else []

    monkeypatch.setattr(module, "traced_window", lambda _: window)
    monkeypatch.setattr(module, "window_findings", lines)
    for outputs, seen in (
        (found("outputs", NEUTRAL, 0.0), window),
        (found("outputs", share=0.9), window),
        (found("outputs", ELSEWHERE), window),
        (found("outputs"), None),
    ):
        run = Run(monkeypatch, bundle, outputs=[outputs], traced=[found("tensors", share=0.0)])
        told = diagnose(run.record)
        assert looked_into[-1] is seen
        if seen is not None:
            assert told[0].cause == LINE and told[1].stage == "tensors"
            assert told[1].cure == f"cure of {LINE}", "the line is where to look"
            assert [each.cause for each in told[2:]] == ["it"] * (outputs.share == 0.9)
    run.record.seen_window = other = cast(Any, object())
    diagnose(run.record)
    assert looked_into[-1] is other


@pytest.mark.parametrize("of_window", [False, True])
def test_a_stage_that_no_cell_shows_is_looked_into_behind_windows(
    monkeypatch: pytest.MonkeyPatch, bundle: Bundle, of_window: bool
) -> None:
    record = DiagnosisRecord(bundle)
    record.seen_stage = stage = cast(Any, object())
    windows = [found("outputs", LINE)] if of_window else []
    monkeypatch.setattr(module, "_of_files", lambda _: [])
    monkeypatch.setattr(module, "window_findings", lambda *_: windows)
    monkeypatch.setattr(module, "stage_findings", lambda _, seen: [found("stages")] if seen is stage else [])
    assert [each.stage for each in diagnose(record)] == (["outputs"] if of_window else ["stages"])
