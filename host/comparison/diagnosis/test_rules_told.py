"""Where several rules give all detections, lines of the code that give them are told with them."""

from dataclasses import replace

import pytest

from ...bundle.load import Bundle
from . import detection_findings
from .detections import Rule
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
    (finding,) = told(with_changes(bundle, lambda found: found[1:]))
    assert "as line" not in finding.explanation and finding.cause == "one"
    monkeypatch.setattr(detection_findings, "explaining_rule", lambda *_: None)
    (finding,) = told(with_changes(bundle, lambda found: found[1:]))
    assert finding.cause == "a.c line 3" and "as line 5" in finding.explanation
