"""Real reports are what their types say, whatever happened in the run, and the schema of docs/ says the same."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from ..checkout import ROOT
from ..comparison import events as e
from ..comparison.fakes import Tamper
from ..limits.held_against import Attached
from ..limits.labels import FileLabels
from .conftest import Compare, MakeRun
from .declared_report import ReportFile
from .json_report import report_values, write_json

SCHEMA = json.loads((ROOT / "docs" / "schemas" / "report.schema.json").read_text(encoding="utf-8"))


def _holds(values: Any) -> None:
    msgspec.convert(values, ReportFile, strict=True)
    jsonschema.validate(values, SCHEMA)


@pytest.fixture
def good(compared: Compare, make_run: MakeRun, wrong_cell: Tamper, tmp_path: Path) -> dict[str, Any]:
    """A report with labels, differences and a file left out."""
    run = make_run(compared("a.wav"), compared("b.wav", wrong_cell))
    labels = {"a.wav": FileLabels(set(run.bundle.labels), set(), [], False), "b.wav": FileLabels()}
    Attached({}, labels, tmp_path)(e.RunStarted(run))
    run.left_out.append(("z.wav", "no numbers"))
    values: dict[str, Any] = json.loads(write_json(run, tmp_path).read_text(encoding="utf-8"))
    assert values["labels"] and values["diagnosis"] and values["files"][1]["differing"]["features"]
    return values


def test_reports_are_as_declared(good: dict[str, Any], compared: Compare, make_run: MakeRun) -> None:
    _holds(good)
    for run in (make_run(), make_run(compared("x.wav"), virtual=False)):
        _holds(json.loads(json.dumps(report_values(run))))
    broken = make_run(compared("x.wav", finish=False))
    broken.complete, broken.status = False, None
    broken.failures.append("port lost")
    _holds(json.loads(json.dumps(report_values(broken))))


def test_the_schema_allows_nothing_else(good: dict[str, Any]) -> None:
    for place, value in {
        ("verdict",): "fine", ("files", 0, "windows"): "3", ("claims", 0, "status"): "x", ("date",): "today",
        ("totals", "news"): 1, ("labels", "recordings"): -1, ("files", 1, "differing", "features", 0): [1, 2],
    }.items():  # fmt: skip
        wrong = copy.deepcopy(good)
        inside: Any = wrong
        for step in place[:-1]:
            inside = inside[step]
        inside[place[-1]] = value
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, SCHEMA)
    for name in good:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({key: each for key, each in good.items() if key != name}, SCHEMA)
