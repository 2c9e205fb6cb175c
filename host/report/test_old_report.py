"""report.json keeps its names: whoever reads reports of an earlier version finds everything in one of today."""

import json
from pathlib import Path
from typing import Any

from ..link import messages as m
from ..link.counters import LinkCounters
from .conftest import Compare, MakeRun
from .json_report import report_values

# What version 0.1.0 wrote before its packages were put in order; this file stays as it is.
BEFORE = Path(__file__).with_name("testdata") / "written_before.json"
# Objects whose names are data: versions of packages, steps of a run.
FREE = {"versions", "seconds"}


def missing(before: Any, now: Any, where: str = "") -> list[str]:
    """The places that were in the report before and are not now, or hold another kind of value."""
    if isinstance(before, dict):
        if not isinstance(now, dict):
            return [where]
        return [
            place
            for name, value in before.items()
            if name not in FREE
            for place in (
                missing(value, now[name], f"{where}.{name}") if name in now else [f"{where}.{name}"]
            )
        ]
    if isinstance(before, list) and before and isinstance(now, list) and now:
        return missing(before[0], now[0], f"{where}[0]")
    same = type(before) is type(now) or {type(before), type(now)} <= {int, float} or None in (before, now)
    return [] if same else [where]


def test_every_name_is_still_there(make_run: MakeRun, compared: Compare) -> None:
    before = json.loads(BEFORE.read_text(encoding="utf-8"))
    run = make_run(compared())
    run.status, run.host_link = m.Status(), LinkCounters().as_dict()
    now = json.loads(json.dumps(report_values(run)))
    assert missing(before, now) == []


def test_a_missing_name_would_be_noticed() -> None:
    before = {"a": {"b": [{"c": 1}]}, "versions": {"x": "1"}}
    assert missing(before, before) == []
    assert missing(before, {"a": {"b": [{"c": 2.5}]}, "versions": {}}) == []
    assert missing(before, {"a": {"b": [{}]}}) == [".a.b[0].c"]
    assert missing(before, {"a": 3}) == [".a"]
    assert missing({"a": "text"}, {"a": 3}) == [".a"]
