"""What a build server reads: JUnit's three outcomes, Markdown, annotations."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from ..comparison import events as e
from ..comparison.claims.finding import ClaimKind, Finding, Status
from ..comparison.fakes import Tamper
from ..comparison.result import RunComparison
from .conftest import Compare, MakeRun
from .for_ci import CiReports, annotations, junit, markdown


def _suite(run: RunComparison) -> tuple[dict[str, str], dict[str, str]]:
    """Counts, and what is wrong by case."""
    (suite,) = ElementTree.fromstring(junit(run))
    counts = {name: suite.get(name, "") for name in ("tests", "failures", "errors", "skipped")}
    assert counts["tests"] == str(len(suite))
    return counts, {case.get("name", ""): case[0].tag for case in suite if len(case)}


def test_a_run_that_passes_has_no_failure(compared: Compare, make_run: MakeRun) -> None:
    counts, wrong = _suite(make_run(compared()))
    assert (counts["failures"], counts["errors"]) == ("0", "0") and set(wrong.values()) <= {"skipped"}


def test_a_broken_claim_is_a_failure(compared: Compare, make_run: MakeRun, wrong_cell: Tamper) -> None:
    run = make_run(compared("bad.wav", wrong_cell))
    counts, wrong = _suite(run)
    assert wrong["features"] == "failure" and int(counts["failures"]) >= 1 and counts["errors"] == "0"
    told = annotations(run)
    assert any(line.startswith("::error title=features::") for line in told)
    assert "FAIL" in markdown(run)


def test_what_breaks_the_rig_is_an_error(compared: Compare, make_run: MakeRun) -> None:
    run = make_run(compared())
    run.failures.append("the port is gone: 50 %\nreally \x00")
    counts, wrong = _suite(run)
    assert counts["errors"] == "1" and wrong["run"] == "error"
    assert annotations(run)[0] == "::error title=run::the port is gone: 50 %25%0Areally \x00"


def test_a_claim_that_was_not_examined_is_skipped(compared: Compare, make_run: MakeRun) -> None:
    run = make_run(compared())
    finding = Finding(Status.NOT_EXAMINED, "", ("no recording has | labels",))
    run.further.append(ClaimKind("limit.x,y", "x is at most 1", lambda _run: finding, lambda _run: True))
    counts, wrong = _suite(run)
    assert wrong["limit.x,y"] == "skipped" and counts["failures"] == "0"
    assert annotations(run) == ["::warning title=limit.x%2Cy::no recording has | labels"]
    assert "| `limit.x,y` | not-examined | no recording has \\| labels |" in markdown(run)


def test_files_are_written_at_the_end_and_githubs_own_is_added_to(
    compared: Compare, make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    step = tmp_path / "step.md"
    step.write_text("before\n")
    run = make_run(compared())
    run.failures.append("gone")
    reports = CiReports(
        tmp_path / "j.xml",
        tmp_path / "s.md",
        {"GITHUB_STEP_SUMMARY": str(step), "GITHUB_ACTIONS": "true"},
    )
    reports(e.RunStarted(run))
    assert not (tmp_path / "j.xml").exists()
    reports(e.RunEnded(run))
    assert ElementTree.parse(tmp_path / "j.xml").getroot().tag == "testsuites"
    assert step.read_text() == "before\n" + (tmp_path / "s.md").read_text() + "\n"
    assert "::error title=run::gone" in capsys.readouterr().out and not reports.failed


def test_a_file_that_cannot_be_written_is_told(make_run: MakeRun, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    reports = CiReports(tmp_path / "x" / "j.xml", None, {})
    reports(e.RunEnded(make_run()))
    assert "cannot be written" in str(reports.failed[0])
