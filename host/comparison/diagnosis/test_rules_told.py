"""Where several rules give all detections, lines of the code that give them are told with them."""

from dataclasses import replace
from itertools import chain
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...detector.detector import Detector
from ...detector.n_of_m import Int8Votes
from ...detector.rule import Int8Rule
from . import deciding, detection_findings
from .detections import Rule, explaining_rule, together, usual_rules
from .evidence import MORE_THAN_FILE, Before
from .fakes_views import cells, file_of, piece_of
from .finding import NEUTRAL
from .test_detections import RIGHT, file_with, moved
from .test_findings import Told, told, with_changes

__all__ = ["told"]


def test_where_several_rules_fit_lines_of_the_code_that_fit_are_told_with_them(
    bundle: Bundle, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [Rule(f"a.c line {line}", f"as line {line}", "", lambda _, __: []) for line in (3, 5)]
    monkeypatch.setattr(detection_findings, "changed_rules", lambda *_: lines)
    (finding,) = told(with_changes(bundle, lambda found: [replace(c, window=c.window + 2) for c in found]))
    assert "several rules give all its detections" in finding.explanation
    assert finding.explanation.endswith("; or: as line 3; or: as line 5")
    monkeypatch.setattr(
        detection_findings, "explaining_rule", lambda *_: Rule("one", "alone", "", lines[0].decide)
    )
    (finding,) = told(with_changes(bundle, lambda found: [*found[1:], found[-1]]))
    assert finding.cause == "one" and finding.explanation.startswith(
        "alone; the same comes of one change of the code: as line 3, or as line 5; applied to the device's own scores"
    )
    assert finding.cure.startswith("Look at firmware/core/a.c, lines 3, 5; where that is as it must be, ")
    # of fewer than eight that came a line of the code may be it as well
    (finding,) = told(with_changes(bundle, lambda found: found[1:]))
    assert "several rules give all its detections" in finding.explanation
    assert finding.explanation.endswith("alone; or: as line 3; or: as line 5") and finding.cause == "one"
    assert (
        finding.cure
        == f"Look at firmware/core/a.c, lines 3, 5; where that is as it must be, l{detection_findings.SEVERAL[1:]}"
    )
    monkeypatch.setattr(detection_findings, "explaining_rule", lambda *_: None)
    (finding,) = told(with_changes(bundle, lambda found: found[1:]))
    assert finding.cause == "a.c line 3" and "as line 5" in finding.explanation
    assert (
        finding.cure
        == f"Look at firmware/core/a.c, lines 3, 5; where that is as it must be, l{detection_findings.SEVERAL[1:]}"
    )
    monkeypatch.setattr(
        detection_findings, "changed_rules", lambda *_: [replace(lines[0], cure="Look there")]
    )
    (finding,) = told(with_changes(bundle, lambda found: found[1:]))
    assert finding.explanation.startswith("as line 3; applied") and finding.cure == "Look there"


@pytest.mark.parametrize(
    ("late", "begin", "without"),
    [
        (-1, "detections are told with a window number that is +1", "late"),
        (0, "detections are reported 1 window late", "+1"),
    ],
)
def test_behind_which_window_a_detection_came_tells_what_is_late(late: int, begin: str, without: str) -> None:
    file = file_with(moved(1), detections_late=late)
    found = explaining_rule(RIGHT, [file], deciding.more_rules(RIGHT))
    assert found is not None and found.explanation.startswith(begin) and without not in found.explanation


@pytest.mark.parametrize(
    ("again", "varies"),
    [
        (f"streamed again, a.wav is right: {MORE_THAN_FILE}", True),
        ("streamed again, a.wav differs in the same values", False),
        ("", False),
    ],
)
def test_a_rule_that_gives_all_detections_is_not_told_as_the_only_one(again: str, varies: bool) -> None:
    files: Any = [SimpleNamespace(device_changes=[0] * 20, expected_changes=[0] * 60)]
    record: Any = SimpleNamespace(asked=[], again=again)
    for deployed, more in (
        (0, ""),
        (1, ", and those of 1 bundle that was deployed"),
        (2, ", and those of 2 bundles that were deployed"),
    ):
        rule = Rule("so", "it does so", "", lambda _, __: [], deployed=deployed)
        assert detection_findings._rule_told(rule, record, cast(Any, None), files) == (
            f"it does so; applied to the device's own scores, this gives all its detections{more}, and a rule that was "
            "not tried may, too" + f"; {again}" * varies
        )


@pytest.mark.parametrize(
    ("again", "values", "over_streams", "varies"),
    [
        (MORE_THAN_FILE, (0, 0), False, True),
        ("differs in the same values", (0, 0), False, False),
        *((MORE_THAN_FILE, values, False, False) for values in ((0, 1), (1, 0), (1, 1))),
        (MORE_THAN_FILE, (0, 0), True, False),
    ],
)
def test_a_rule_on_scores_alone_does_not_explain_what_comes_otherwise_once_more(
    again: str, values: tuple[int, int], over_streams: bool, varies: bool
) -> None:
    features, outputs = (SimpleNamespace(different=different) for different in values)
    record: Any = SimpleNamespace(again=again, features=features, outputs=outputs)
    rule = Rule("so", "a line of all streams does so before", "", lambda _, __: [], over_streams=over_streams)
    assert detection_findings._varies(record, rule) == varies
    if varies:
        files: Any = [SimpleNamespace(name=name) for name in ("a.wav", "b.wav")]
        common = {"stage": "detections", "place": "", "pattern": ""}
        finding = detection_findings._by_rule(record, files, rule, [], common)
        assert (finding.cause, finding.share, finding.files) == (NEUTRAL, 0.0, ("a.wav",))
        assert (
            finding.explanation == f"{again}; what came at first another rule would give: {rule.explanation}"
        )


def test_rules_of_which_one_depends_on_the_streams_before_do_together() -> None:
    one = Rule("one", "one", "", lambda _, __: [])
    other = replace(one, over_streams=True)
    for rules, expected in (([one, one], False), ([one, other], True), ([other], True)):
        rule = together(rules)
        assert rule is not None and rule.over_streams == expected


def rules_with_and_without_a_stream_before(right: Int8Rule) -> list[tuple[Rule, bool]]:
    """All rules, each with whether it decides a file's scores otherwise behind another file."""
    rng = np.random.default_rng(11)
    scores = rng.integers(-128, 128, (60, len(right.on)), dtype=np.int8)
    scores[-3:] = 120  # so that all are active at the end
    piece = piece_of(cells(0, 1), cells(0, 1), outputs=(scores, scores))
    changes = Detector(right).update(scores)
    alone = file_of(piece, scores=scores, expected_changes=changes, device_changes=changes)
    state = right.start()
    Detector(right, state).update(scores)
    behind = replace(alone, before=Before("b.wav", 0, piece, state), changes_before=7)
    other = replace(alone, device_changes=[])  # so that none is held to be right by chance
    rules = chain(usual_rules(right, [alone, other]), deciding.more_rules(right, [alone, other]))
    return [
        (rule, sorted(rule.decide(alone, scores)) != sorted(rule.decide(behind, scores))) for rule in rules
    ]


@pytest.mark.parametrize(
    "right",
    [RIGHT, Int8Votes((60, 60), (40, 40), (True, True), 2, 3, 2, 2)],
    ids=["thresholds", "n of m"],
)
def test_rules_say_whether_they_depend_on_the_streams_before(right: Int8Rule) -> None:
    rules = rules_with_and_without_a_stream_before(right)
    assert [rule.explanation for rule, differs in rules if differs and not rule.over_streams] == []
    unlike = [rule for rule, differs in rules if differs]
    assert len(unlike) >= sum(rule.over_streams for rule, _ in rules) / 2 > 0
