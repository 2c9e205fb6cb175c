"""What a diagnosis says of each stage: causes with their places and shares, and what is known where none is found."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...detector.detector import Change, Detector
from ...errors import HilError
from ...model.interpreter import Interpreter
from . import causes_told, column_findings, detection_findings, output_findings
from . import diagnose as module
from .diagnose import diagnose
from .evidence import Before, DiagnosisRecord, FileRecord, Spread
from .fakes_views import LastColumn, cells, piece_of
from .figures import Cause
from .finding import NEUTRAL, Finding
from .search import CODE, Candidate, Int8, View
from .stages import FRONT_END, NO_EFFECT, SENDING, Stages

COLUMNS, WINDOWS = 31 + 7 * 11, 12
RIGHT = cells(COLUMNS, 16)
ENDS = [30 + 7 * window for window in range(WINDOWS)]


def outputs_of(columns: Int8) -> Int8:
    return columns[ENDS, :2]


def record_of(
    bundle: Bundle,
    device: Int8 = RIGHT,
    answered: Int8 | None = None,
    names: tuple[str, ...] = ("a.wav",),
    fresh: Callable[[], Interpreter] = LastColumn,
    **more: Any,
) -> DiagnosisRecord:
    """Files of the same columns, with the device's columns and outputs; its own columns' where none are given."""
    record = DiagnosisRecord(bundle, fresh)
    outputs = outputs_of(RIGHT), outputs_of(device) if answered is None else answered
    for name in names:
        features, answers = Spread(16), Spread(2)
        features.add(0, RIGHT, device)
        answers.add(0, *outputs)
        piece = piece_of(RIGHT, device, outputs=outputs)
        file = FileRecord(name, piece, None, features, answers, None, [], [])
        record.files.append(replace(file, **more))
        record.features.merge(features)
        record.outputs.merge(answers)
        record.differing.append(name)
        record.compared_files += 1
    return record


def adding(by: int, places: Any, cause: str = "more", **more: Any) -> Candidate:
    def replay(view: View) -> Int8:
        values = view.expected.copy()
        values[:, places] += np.int8(by)
        return values

    return Candidate(cause, f"{cause} is added", "Look at it", replay, **more)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Finding]]:
    """Findings of a record, by some candidates alone; no line of the code is tried."""
    monkeypatch.setattr(detection_findings, "changed_rules", lambda *_: [])

    def findings(
        record: DiagnosisRecord, columns: tuple[Candidate, ...] = (), outputs: tuple[Candidate, ...] = ()
    ) -> list[Finding]:
        monkeypatch.setattr(column_findings, "column_hypotheses", lambda *_, **__: [lambda _: columns])
        monkeypatch.setattr(output_findings, "output_hypotheses", lambda _, __: [lambda _: outputs])
        return diagnose(record)

    return findings


Told = Callable[..., list[Finding]]


def changed(by: int, places: Any, rows: Any = slice(None)) -> Int8:
    device = RIGHT.copy()
    device[rows, places] += np.int8(by)
    return device


# ---- columns


def test_a_run_without_differences_has_no_findings(bundle: Bundle, told: Told) -> None:
    assert told(DiagnosisRecord(bundle)) == []
    assert told(record_of(bundle)) == []


def test_a_cause_of_columns(bundle: Bundle, told: Told) -> None:
    """Band 12 moves no output here."""
    (finding,) = told(record_of(bundle, changed(3, 12, slice(20, None))), (adding(3, 12),))
    assert (finding.stage, finding.cause, finding.share) == ("features", "more", 1.0)
    assert finding.place == "a.wav, column 20, band 12 (0.32 s)"
    assert finding.explanation == "more is added [from column 20 on]"
    count = COLUMNS - 20
    assert finding.pattern == (
        f"{count} of {COLUMNS} cells differ, in {count} of {COLUMNS} columns: band 12, always +3; "
        f"all {count} are reproduced"
    )
    assert (finding.cure, finding.files) == ("Look at it", ("a.wav",))
    assert NO_EFFECT not in finding.explanation


def test_outputs_that_follow_from_wrong_columns_say_where_it_arises(bundle: Bundle, told: Told) -> None:
    (computed,) = told(record_of(bundle, changed(3, 0)), (adding(3, 0),))
    assert computed.explanation == f"more is added [from column 0 on]; {FRONT_END}"
    assert computed.cure == "Look at it"
    (sent,) = told(record_of(bundle, changed(3, 0), outputs_of(RIGHT)), (adding(3, 0),))
    assert sent.explanation == f"more is added [from column 0 on]; {SENDING}"
    assert "FEATURES" in sent.cure


def test_what_is_known_in_detail_comes_before_the_extent(bundle: Bundle, told: Told) -> None:
    (finding,) = told(
        record_of(bundle, changed(3, 12)), (adding(3, 12, detail=lambda _: "from sample 7 on"),)
    )
    assert finding.explanation == "more is added [from sample 7 on, from column 0 on]"


def test_causes_that_cannot_be_told_apart_are_named_together(bundle: Bundle, told: Told) -> None:
    family = tuple(adding(3, 12, name, family="f") for name in "abcd")
    (finding,) = told(record_of(bundle, changed(3, 12)), family)
    assert finding.explanation.startswith(
        "a is added; or, which gives the same outputs: b is added; or: c is added ["
    )


def test_two_causes_have_their_own_places_and_shares(bundle: Bundle, told: Told) -> None:
    device = changed(3, [12, 13])
    device[10:, 5] += 9
    first, second = told(record_of(bundle, device), (adding(3, [12, 13]), adding(9, 5, "other")))
    assert first.place.startswith("a.wav, column 0, band 12") and first.share < 1
    assert second.place.startswith("a.wav, column 10, band 5")
    assert first.pattern.endswith(f"{2 * COLUMNS} of {3 * COLUMNS - 10} are reproduced")
    assert first.share == pytest.approx(2 * COLUMNS / (3 * COLUMNS - 10))
    assert second.share == 1.0


@pytest.mark.parametrize(("by", "told_as"), [(1, "more"), (9, NEUTRAL)])
def test_a_cause_may_leave_what_a_rounding_makes(bundle: Bundle, told: Told, by: int, told_as: str) -> None:
    """Three cells of 108: too many for more than a last bit."""
    device = changed(3, 12)
    device[[50, 60, 70], 12] += np.int8(by)
    (finding,) = told(record_of(bundle, device), (adding(3, 12),))
    assert finding.place.startswith("a.wav, column 0, band 12")
    assert finding.cause == told_as
    nearly = f"nearly as if more is added: that gives {COLUMNS - 3} of {COLUMNS} values, and not the others"
    assert (nearly in finding.explanation) == (by == 9)


def test_a_change_of_the_code_gives_all_values(bundle: Bundle, told: Told) -> None:
    device = changed(3, 12)
    device[0, 12] += 1
    (finding,) = told(record_of(bundle, device), (adding(3, 12, family=CODE),))
    assert not finding.verified


def test_a_change_of_the_code_is_no_half_of_the_truth(bundle: Bundle, told: Told) -> None:
    device = changed(3, 12)
    device[:, 5] += 9
    (finding,) = told(record_of(bundle, device), (adding(3, 12, family=CODE), adding(9, 5, "other")))
    assert not finding.verified and "nearly" not in finding.explanation


def test_a_cause_that_leaves_values_is_not_told(bundle: Bundle, told: Told) -> None:
    """However sure it is of its own rows."""
    device = changed(3, slice(4, 13), slice(0, 38))
    device[60, :9] += np.arange(40, 49).astype(np.int8)
    device[61, :9] += np.arange(40, 49).astype(np.int8)
    replay = np.where(np.arange(COLUMNS)[:, None] < 38, device, RIGHT)
    cause = Candidate("it", "it is so", "Look", lambda _: replay)
    (found,) = told(record_of(bundle, device), (cause,))
    assert found.cause == NEUTRAL and found.share == 0.0
    assert found.explanation.startswith("columns differ as none of the known causes would have it")
    assert found.place.startswith("a.wav, column 0, band 4")
    assert "nearly as if it is so: that gives 342 of 360 values" in found.explanation


def test_without_a_cause_what_is_known_is_told(bundle: Bundle, told: Told) -> None:
    device = changed(3, 12, 40)
    record = record_of(bundle, device, names=("a.wav", "b.wav"))
    record.again = "streamed again, a.wav differs in the same values"
    (finding,) = told(record)
    assert finding.explanation.startswith("columns differ as none of the known causes would have it (")
    assert finding.explanation.endswith(f"; {NO_EFFECT}; streamed again, a.wav differs in the same values")
    assert finding.files == ("a.wav", "b.wav") and finding.cure.startswith("Look at the front end's build")
    assert not finding.verified
    (sent,) = told(record_of(bundle, changed(3, 0), outputs_of(RIGHT)))
    assert sent.explanation.endswith(SENDING) and "FEATURES" in sent.cure


def test_without_a_model_the_columns_are_told_alone(bundle: Bundle, told: Told) -> None:
    def broken() -> Interpreter:
        raise HilError("none here", "install one")

    (finding,) = told(record_of(bundle, changed(3, 12, [3, 40]), fresh=broken))
    assert finding.explanation.endswith("; outputs were not compared with these columns")
    _, outputs = told(record_of(bundle, changed(3, 0), outputs_of(RIGHT) ^ np.int8(1), fresh=broken))
    assert outputs.explanation.endswith("the reference could not be run again on the recorded columns")


def test_a_cause_among_others_is_placed_where_it_shows_first(bundle: Bundle, told: Told) -> None:
    """The one that explains more begins later."""
    device = changed(3, 12, slice(20, None))
    device[:10, 5] += 9
    first, _ = told(record_of(bundle, device), (adding(3, 12), adding(9, 5, "other")))
    assert first.cause == "more" and first.place.startswith("a.wav, column 20, band 12")


def test_a_cause_gives_eight_cells_or_four_outputs(
    bundle: Bundle, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def search(views: list[View], _: Any, least: int) -> tuple[list[Any], list[View]]:
        asked.append((views[0].expected.shape[1], least))
        return [], views

    monkeypatch.setattr(column_findings, "search", search)
    monkeypatch.setattr(output_findings, "search", search)
    answered = outputs_of(RIGHT) + np.int8(2)
    told(record_of(bundle, changed(3, 0), answered))
    assert set(asked) == {(16, 8), (2, 4)}


def traced(stage: str | None) -> SimpleNamespace:
    departs = None if stage is None else SimpleNamespace(name=stage)
    return SimpleNamespace(step="", column=SimpleNamespace(departs=departs))


def test_where_columns_without_a_cause_arise_is_told_by_a_trace_or_by_the_cells(
    bundle: Bundle, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "trace_findings", lambda *_: [])
    made_of = SimpleNamespace(is_log_mel=True, logarithm="log", front_end=None, altered=SimpleNamespace())
    monkeypatch.setattr(column_findings, "Sources", lambda _: made_of)
    monkeypatch.setattr(column_findings, "origin", lambda log, views, _: f"by the {log} of {len(views)} file")
    monkeypatch.setattr(column_findings, "traced_samples", lambda *_: [])
    monkeypatch.setattr(column_findings, "stage_cause", lambda *_: None)
    record = record_of(bundle, changed(3, 12, 40))
    record.traced[:] = [SimpleNamespace(step="", column=None), traced(None)]  # type: ignore[list-item]
    [by_cells] = told(record)
    assert "; by the log of 1 file; " in by_cells.explanation
    record.traced[:] += [traced("mel"), traced("fft")]  # type: ignore[list-item]
    [by_trace] = told(record)
    assert "; they arise in the stage mel, as the trace of a column shows; " in by_trace.explanation
    assert "by the log" not in by_trace.explanation and by_trace.label == "Cause not known"
    monkeypatch.setattr(column_findings, "stage_cause", lambda *_: Cause("sums are off", "Look at the sums"))
    [by_numbers] = told(record)
    assert (
        "; they arise in the stage mel, as the trace of a column shows: sums are off; "
        in by_numbers.explanation
    )
    assert (by_numbers.label, by_numbers.verified) == ("As traced", False)
    assert by_numbers.cure == "Look at the sums" and "none of the known causes" not in by_numbers.explanation
    record.traced.clear()
    made_of.is_log_mel = False
    [unknown] = told(record)
    assert "by the log" not in unknown.explanation and "; ; " not in unknown.explanation


@pytest.mark.parametrize(
    ("stage", "computed", "kept"),
    [("window", False, False), ("window", True, False), ("mel", False, False), ("mel", True, False)],
)
@pytest.mark.parametrize("whole", [False, True])
def test_what_a_trace_told_is_not_contradicted_by_a_cause_of_a_part(
    bundle: Bundle,
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
    computed: bool,
    kept: bool,
    whole: bool,
) -> None:
    """Nor are those told besides that a trace computed in its column, and that do not hold in others."""
    monkeypatch.setattr(module, "trace_findings", lambda *_: [])
    monkeypatch.setattr(column_findings, "traced_samples", lambda *_: [])
    cause = Cause("numbers are others", "Look at the numbers", computed)
    monkeypatch.setattr(column_findings, "stage_cause", lambda *_: cause)
    device = changed(3, slice(0, 4), slice(0, 38))
    if not whole:
        device[60:70, :9] += np.arange(40, 49).astype(np.int8)
    record = record_of(bundle, device)
    record.traced[:] = [traced(stage)]  # type: ignore[list-item]
    found = told(record, (adding(3, slice(0, 4)),))
    assert ("more" in [finding.cause for finding in found]) == (kept or whole)
    assert any("numbers are others" in finding.explanation for finding in found) == (not kept and not whole)


def test_where_it_arises_is_not_asked_of_what_is_sent_wrong(
    bundle: Bundle, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(column_findings, "_origin", lambda *_: "SOMEWHERE")
    (sent,) = told(record_of(bundle, changed(3, 0), outputs_of(RIGHT)))
    assert SENDING in sent.explanation and "SOMEWHERE" not in sent.explanation
    (alone,) = told(record_of(bundle, changed(3, 12, 40)))
    assert "SOMEWHERE" in alone.explanation


def test_what_is_wrong_in_common_is_told_of_columns_and_of_windows(
    bundle: Bundle, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(causes_told, "in_common", lambda _, word: f"each {word} alike")
    (columns,) = told(record_of(bundle, changed(3, 12, 40)))
    assert "(each column alike)" in columns.explanation
    (windows,) = told(record_of(bundle, answered=outputs_of(RIGHT) + np.int8(2)))
    assert "(each window alike)" in windows.explanation


def test_views_begin_where_the_kept_pieces_do(bundle: Bundle) -> None:
    record = record_of(bundle, changed(3, 0), outputs_of(RIGHT) ^ np.int8(1))
    stages = SimpleNamespace(own_columns=False, replayed=[])
    for view in (column_findings.column_view(record.files[0]), *output_findings.output_views(record, stages)):  # type: ignore[arg-type]
        assert view.before.shape[0] == 0 and view.before_first == 0
    earlier = piece_of(
        RIGHT[:5], RIGHT[:5] ^ np.int8(1), first=60, outputs=(RIGHT[:3, :2],) * 2, first_window=9
    )
    record.files[0] = replace(record.files[0], before=Before("b.wav", 0, earlier, None))
    columns = column_findings.column_view(record.files[0])
    np.testing.assert_array_equal(columns.before, earlier.device)
    [outputs] = output_findings.output_views(record, stages)  # type: ignore[arg-type]
    np.testing.assert_array_equal(outputs.before, earlier.outputs_device)
    assert (columns.before_first, outputs.before_first) == (60, 9)


# ---- outputs


def test_outputs_of_right_columns(bundle: Bundle, told: Told) -> None:
    answered = outputs_of(RIGHT) + np.int8(2)
    (finding,) = told(record_of(bundle, answered=answered), (), (adding(2, [0, 1]),))
    assert (finding.stage, finding.cause, finding.share) == ("outputs", "more", 1.0)
    assert finding.explanation == "more is added [from window 0 on]; their columns are equal"
    assert finding.place.startswith("a.wav, window 0, score of 'bird' (0.51 s)")
    assert finding.pattern == "all 24 values differ: all 2 outputs, always +2; all 24 are reproduced"
    (neutral,) = told(record_of(bundle, answered=answered))
    assert neutral.explanation.endswith("; their columns are equal")
    assert neutral.explanation.startswith("outputs differ as none") and "test_inference" in neutral.cure


def test_outputs_are_held_against_the_devices_own_columns(bundle: Bundle, told: Told) -> None:
    """Its columns are off, and its outputs by something else as well."""
    device = changed(3, 0)
    answered = outputs_of(device).copy()
    answered[:6, 1] += 40
    found = told(record_of(bundle, device, answered), (adding(3, 0),), (adding(40, 1),))
    outputs = next(each for each in found if each.stage == "outputs")
    assert "held against what follows from the device's own columns" in outputs.explanation
    assert outputs.place.startswith("a.wav, window 0, logit of 'bird'")


def test_outputs_of_wrong_columns_that_are_the_hosts_but_for_something(bundle: Bundle, told: Told) -> None:
    answered = outputs_of(RIGHT).copy()
    answered[:3, 1] += 40
    found = told(record_of(bundle, changed(3, 0), answered), (adding(3, 0),))
    outputs = next(each for each in found if each.stage == "outputs")
    assert outputs.explanation.endswith("; held against the host's outputs")


def test_windows_that_were_not_kept_are_said_to_differ(bundle: Bundle, told: Told) -> None:
    record = record_of(bundle, names=("a.wav", "b.wav"))
    later = Spread(2)
    later.add(500, outputs_of(RIGHT), outputs_of(RIGHT) + np.int8(1))
    record.files[1] = replace(record.files[1], outputs=later)
    record.outputs.merge(later)
    (finding,) = told(record)
    assert (finding.stage, finding.cause, finding.files) == ("outputs", NEUTRAL, ("b.wav",))
    assert finding.place == "b.wav, window 500"
    assert "not all columns were kept" in finding.explanation and finding.share == 0.0
    record.files[0].piece.outputs_device[0] ^= 1  # differs, and is what follows from the device's columns
    assert not [each for each in told(record) if "not all columns" in each.explanation]


def test_a_cause_of_outputs_alone_is_placed_where_the_first_value_differs(bundle: Bundle, told: Told) -> None:
    answered = outputs_of(RIGHT) + np.int8(7)
    answered[0, 0] += 1  # which it does not reproduce
    (finding,) = told(record_of(bundle, answered=answered), (), (adding(7, [0, 1]),))
    assert finding.cause == "more" and finding.place.startswith("a.wav, window 0, score of 'bird'")


def test_windows_differ_though_no_file_that_was_kept_does(bundle: Bundle, told: Told) -> None:
    record = record_of(bundle, names=("a.wav", "b.wav"))
    later = Spread(2)
    later.add(500, outputs_of(RIGHT), outputs_of(RIGHT) + np.int8(1))
    record.outputs.merge(later)
    (finding,) = told(record)
    assert finding.files == ("a.wav",)


@pytest.mark.parametrize(("sure", "sides"), [(True, [True]), (False, [True, False])])
def test_outputs_are_held_against_both_sides_where_it_is_not_known_which_is_right(
    bundle: Bundle, told: Told, sure: bool, sides: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def views_of(_: DiagnosisRecord, stages: Stages) -> tuple[list[View], list[Any], list[View]]:
        asked.append(stages.own_columns)
        return [], [], []

    monkeypatch.setattr(module, "compare_stages", lambda _: Stages(None, None, [], "", True, sure))
    monkeypatch.setattr(output_findings, "_search", views_of)
    told(record_of(bundle, changed(3, 12)))
    assert asked == sides


# ---- detections


def with_changes(
    bundle: Bundle, alter: Callable[[list[Change]], list[Change]], known: bool = True, **more: Any
) -> DiagnosisRecord:
    rule, low = bundle.thresholds, bundle.thresholds.off[0] - 20
    scores = np.full((40, 1), low, np.int8)
    for at in (3, 12, 20, 31):
        scores[at : at + 4] = rule.on[0] + at // 3
    right = Detector(rule).update(scores)
    changes: dict[str, Any] = {"expected_changes": right, "device_changes": alter(right)}
    return record_of(bundle, scores=scores if known else None, **changes, **more)


def test_detections_by_another_rule(bundle: Bundle, told: Told) -> None:
    late = with_changes(bundle, lambda found: [replace(c, window=c.window + 2) for c in found])
    (finding,) = told(late)
    assert (finding.stage, finding.cause, finding.share) == ("detections", "detections 2 windows late", 1.0)
    assert finding.explanation.startswith(
        f"at the score {bundle.thresholds.on[0] + 1} a class begins by the rule, and the device does not tell it; "
        "several rules give all its detections of its own scores, and others may, too: detections "
    )
    assert finding.cure.startswith("Look at what the detector compares, counts and keeps")
    assert finding.pattern == "8 detections from the device, 8 expected, in 1 of 1 file"
    assert finding.place == "a.wav, window 3, 'bird'" and finding.files == ("a.wav",)


def test_detections_by_no_rule(bundle: Bundle, told: Told) -> None:
    odd = with_changes(
        bundle, lambda found: [*found[1:6], replace(found[6], score=-3), Change(39, 5, True, 9)]
    )
    odd.again = "streamed again"
    (finding,) = told(odd)
    assert (finding.cause, finding.share) == (NEUTRAL, 0.0)
    assert "(by the right rule 3 are missing and 2 too many); streamed again" in finding.explanation
    assert (
        finding.explanation.startswith("at the score ")
        and "does not tell it; the detections" in finding.explanation
    )
    assert finding.place == "a.wav, window 3, 'bird'"
    assert finding.pattern == "7 detections from the device, 8 expected, in 1 of 1 file"
    (unknown,) = told(
        with_changes(bundle, lambda found: [*found, Change(1, 5, True, 9), Change(2, 6, True, 9)])
    )
    assert unknown.place == "a.wav, window 1, unknown label 5"
    (border,) = told(
        with_changes(bundle, lambda found: [*found, Change(1, 1, True, 9), Change(2, 6, True, 9)])
    )
    assert border.explanation.startswith("the detections are not those")  # a class that there is not
    assert border.place == "a.wav, window 1, unknown label 1"


def test_detections_without_known_scores(bundle: Bundle, told: Told) -> None:
    (finding,) = told(with_changes(bundle, lambda found: found[1:], known=False))
    assert finding.explanation.startswith("not all of the device's scores are known")
    assert finding.place == "a.wav, window 3, 'bird'"


def test_detections_that_follow_from_wrong_scores_need_no_cause(bundle: Bundle, told: Told) -> None:
    record = with_changes(bundle, lambda found: found)
    record.files[0] = replace(record.files[0], expected_changes=[])
    assert told(record) == []
    twice = with_changes(bundle, lambda found: sorted([*found, found[2]]))
    (finding,) = told(twice)
    assert finding.place == f"a.wav, window {twice.files[0].expected_changes[2].window}, 'bird'"


def test_a_finding_in_one_sentence_and_for_json() -> None:
    found = Finding(
        "features", "it", "a.wav, column 3", "it is so", "Look there", "all", 0.123456, ("a.wav",)
    )
    assert found.sentence == "a.wav, column 3: it is so (all). Look there"
    assert found.as_dict()["share"] == 0.1235 and found.as_dict()["verified"] is True
    assert replace(found, cause=NEUTRAL).as_dict()["verified"] is False
    assert (found.label, replace(found, cause=NEUTRAL).label) == ("it", "Cause not known")
