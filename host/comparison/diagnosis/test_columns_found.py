"""When other causes are looked for: a second one of columns, and a line of code; nothing is compiled."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from ...bundle.load import Bundle
from . import column_findings as module
from . import output_findings
from .column_findings import _of_data_path, _where_it_arises, column_findings
from .evidence import DiagnosisRecord
from .finding import Finding
from .search import Candidate, Verified, View
from .stages import FRONT_END, SENDING
from .test_causes_told import wrong_in
from .test_findings import RIGHT, changed, outputs_of, record_of
from .words import column_words


def cause(name: str, cure: str = "Look") -> Any:
    view = wrong_in(100)
    return Verified(
        Candidate(name, f"{name} is so", cure, lambda _: None), 100, 0, 100, [view], [view.device]
    )


class Searches:
    """Finds what it is told to, one after the other, and writes down whether a line of code was looked for.

    Args:
        monkeypatch: puts it in the place of the search.
        found: names of the causes that each search finds, and how many values they leave.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *found: tuple[str, int]) -> None:
        self.asked: list[str] = []
        self._found = iter(found)
        monkeypatch.setattr(module, "column_hypotheses", lambda *_, **__: ["usual"])
        monkeypatch.setattr(module, "traced_samples", lambda *_: [])
        monkeypatch.setattr(module, "changed_columns", lambda *_: "line")
        monkeypatch.setattr(output_findings, "output_hypotheses", lambda *_: ["usual"])
        monkeypatch.setattr(output_findings, "at_told_places", lambda *_: None)
        monkeypatch.setattr(output_findings, "changed_outputs", lambda *_: "line")
        for each in (module, output_findings):
            monkeypatch.setattr(each, "search", self._search)

    def _search(self, _: list[View], hypotheses: list[Any], __: int) -> Any:
        self.asked += hypotheses
        names, left = next(self._found)
        return [cause(name) for name in names], [wrong_in(left)]


STAGES: Any = SimpleNamespace(verdict="")


@pytest.mark.parametrize(
    ("found", "asked", "told"),
    [
        ([("a", 0)], ["usual"], ["a"]),
        ([("", 100), ("", 100)], ["usual", "line"], ["not known"]),
        ([("", 100), ("l", 0)], ["usual", "line"], ["l"]),
        ([("a", 50), ("b", 0), ("", 100)], ["usual", "usual", "line"], ["a", "b"]),
        ([("a", 50), ("b", 0), ("l", 0)], ["usual", "usual", "line"], ["l"]),
        ([("ab", 0), ("l", 9)], ["usual", "line"], ["a", "b"]),
        ([("a", 50), ("", 50), ("", 100)], ["usual", "usual", "line"], ["not known"]),
    ],
)
def test_a_line_is_looked_for_where_no_cause_alone_gives_all(
    monkeypatch: pytest.MonkeyPatch,
    bundle: Bundle,
    found: list[tuple[str, int]],
    asked: list[str],
    told: list[str],
) -> None:
    searches = Searches(monkeypatch, *found)
    findings = column_findings(record_of(bundle, changed(3, 12)), STAGES)
    assert searches.asked == asked and [each.cause for each in findings] == told


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ([("a", 0)], ["a"]),
        ([("", 100), ("", 100)], ["not known"]),
        ([("", 100), ("l", 0)], ["l"]),
        ([("ab", 0), ("", 100)], ["a", "b"]),
        ([("ab", 0), ("l", 9)], ["a", "b"]),
        ([("ab", 0), ("l", 0)], ["l"]),
    ],
)
def test_so_it_is_with_outputs(
    monkeypatch: pytest.MonkeyPatch, bundle: Bundle, found: list[tuple[str, int]], told: list[str]
) -> None:
    searches = Searches(monkeypatch, *found)
    stages: Any = SimpleNamespace(model="model", own_columns=False, replayed=[], sure=True)
    record = record_of(bundle, answered=outputs_of(RIGHT) + np.int8(2))
    assert [each.cause for each in output_findings.output_findings(record, stages)] == told
    assert searches.asked == ["usual", "line"][: len(found)]


@pytest.mark.parametrize(("verdict", "told"), [("", "placed"), (SENDING, "a")])
def test_a_cause_is_placed_in_the_front_end_where_it_is_not_the_sending(
    monkeypatch: pytest.MonkeyPatch, bundle: Bundle, verdict: str, told: str
) -> None:
    Searches(monkeypatch, ("a", 0))
    monkeypatch.setattr(module, "_where_it_arises", lambda _, found, __: replace(found, cause="placed"))
    stages: Any = SimpleNamespace(verdict=verdict)
    (found,) = column_findings(record_of(bundle, changed(3, 12)), stages)
    assert found.cause == told


@pytest.mark.parametrize(("past", "told"), [("past it", "l"), ("", "a")])
def test_of_columns_behind_the_rings_end_the_line_is_told(
    monkeypatch: pytest.MonkeyPatch, bundle: Bundle, past: str, told: str
) -> None:
    Searches(monkeypatch, ("a", 0), ("l", 0))
    monkeypatch.setattr(module, "past_ring", lambda *_: past)
    stages: Any = SimpleNamespace(verdict=SENDING)
    (found,) = column_findings(record_of(bundle, changed(3, 12)), stages)
    assert found.cause == told and found.explanation.endswith(past)


def test_right_columns_need_no_cause(monkeypatch: pytest.MonkeyPatch, bundle: Bundle) -> None:
    searches = Searches(monkeypatch)
    assert column_findings(record_of(bundle, RIGHT), STAGES) == [] and searches.asked == []


@pytest.mark.parametrize(
    ("sending", "departs", "asked"),
    [(False, "", True), (False, "window", True), (False, "mel", False), (True, "mel", True)],
)
def test_the_data_path_is_what_lies_before_the_front_end_and_behind_it(
    monkeypatch: pytest.MonkeyPatch, sending: bool, departs: str, asked: bool
) -> None:
    searches = Searches(monkeypatch, ("l", 0))
    monkeypatch.setattr(module, "_departing", lambda _: departs)
    record = cast(DiagnosisRecord, SimpleNamespace(bundle=None, inference=True, traced=[]))
    assert len(_of_data_path(record, [], sending)) == asked and searches.asked == ["line"] * asked


@pytest.mark.parametrize(
    ("pattern", "where", "look", "cure"),
    [
        (True, "they arise in the stage mel", "Look at mel", "Look at mel"),
        (True, "they arise in the stage mel", "", module._COLUMNS_CURE),
        (True, "", "", "own"),
        (False, "they arise in the stage mel", "Look at mel", "own"),
    ],
)
def test_a_pattern_of_cells_has_the_cure_of_the_stage_in_which_it_arises(
    monkeypatch: pytest.MonkeyPatch, bundle: Bundle, pattern: bool, where: str, look: str, cure: str
) -> None:
    monkeypatch.setattr(module, "_traced_stage", lambda _: (where, look))
    own = column_words(bundle).cures.offset if pattern else "Look at samples"
    finding = Finding("features", "offset", "a.wav", "it is so", own, "all", 1.0, ("a.wav",))
    found = _where_it_arises(record_of(bundle), finding, None)
    assert found.cure == (own if cure == "own" else cure)
    assert "it is so" in found.explanation and (where in found.explanation) == (cure != "own" or not where)


@pytest.mark.parametrize(
    ("share", "departs", "told"),
    [
        (1.0, "cells", "column 4 departs in band 2"),
        (0.9, "cells", "column 4 departs in band 2: all are higher"),
        (1.0, "mel", "column 4 departs in band 2: all are higher"),
        (0.9, "mel", "column 4 departs in band 2: all are higher"),
    ],
)
def test_of_cells_that_are_known_whole_the_traced_columns_are_not_told_again(
    monkeypatch: pytest.MonkeyPatch, bundle: Bundle, share: float, departs: str, told: str
) -> None:
    monkeypatch.setattr(module, "_traced_stage", lambda _: ("column 4 departs in band 2: all are higher", ""))
    monkeypatch.setattr(module, "_departing", lambda _: departs)
    cure = column_words(bundle).cures.offset
    finding = Finding("features", "offset", "a.wav", "it is so", cure, "all", share, ("a.wav",))
    found = _where_it_arises(record_of(bundle), finding, None)
    assert found.explanation == f"{told}; what comes of it: it is so"


@pytest.mark.parametrize(
    ("share", "departs", "of_pattern", "left", "line"),
    [
        (1.0, "cells", True, 0, True),
        (0.9, "cells", True, 0, False),
        (1.0, "log", True, 0, False),
        (1.0, "cells", False, 0, False),
        (1.0, "cells", True, 9, False),
    ],
)
def test_a_pattern_of_log_mels_own_cells_has_the_line_that_gives_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
    bundle: Bundle,
    share: float,
    departs: str,
    of_pattern: bool,
    left: int,
    line: bool,
) -> None:
    Searches(monkeypatch, ("l", left))
    monkeypatch.setattr(module, "_traced_stage", lambda _: ("they arise in the stage", ""))
    monkeypatch.setattr(module, "_departing", lambda _: departs)
    cure = column_words(bundle).cures.offset if of_pattern else "Look at samples"
    finding = Finding("features", "offset", "a.wav", "it is so", cure, "all", share, ("a.wav",))
    record = record_of(bundle)
    verified = module._line_of_pattern(record, module.Sources(bundle), [], [finding])
    assert (verified is not None) == line
    found = _where_it_arises(record, finding, verified)
    assert (found.cause == "l") == line and ("it is so" in found.explanation)
    assert (": l is so; what comes of it: it is so" in found.explanation) == line
    assert module._line_of_pattern(record, module.Sources(bundle), [], [finding, finding]) is None


@pytest.mark.parametrize(
    ("verdict", "sending", "computed"),
    [("", False, False), (SENDING, True, False), (FRONT_END, False, True)],
)
def test_what_the_outputs_say_of_the_columns_chooses_what_is_tried(
    monkeypatch: pytest.MonkeyPatch, bundle: Bundle, verdict: str, sending: bool, computed: bool
) -> None:
    """At first and of what that leaves."""
    Searches(monkeypatch, ("a", 30), ("b", 0), ("", 0))
    asked: list[tuple[bool, bool]] = []

    def hypotheses(_: Any, __: str = "", sending: bool = False, computed: bool = False) -> list[str]:
        asked.append((sending, computed))
        return ["usual"]

    monkeypatch.setattr(module, "column_hypotheses", hypotheses)
    stages: Any = SimpleNamespace(verdict=verdict)
    column_findings(record_of(bundle, changed(3, 12)), stages)
    assert asked == [(sending, computed)] * 2


@pytest.mark.parametrize(
    ("departs", "cure"),
    [
        ("mel", "Look at what computes the stage mel of the front end, and at its tables"),
        ("", module._COLUMNS_CURE),
    ],
)
def test_where_nothing_but_the_stage_is_known_it_is_where_to_look(
    monkeypatch: pytest.MonkeyPatch, bundle: Bundle, departs: str, cure: str
) -> None:
    monkeypatch.setattr(module, "_departing", lambda _: departs)
    assert module._where_computed(record_of(bundle)) == cure
