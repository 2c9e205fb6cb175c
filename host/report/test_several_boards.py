"""Reports of runs on several boards, on fakes in processes of their own."""

import json
from pathlib import Path
from typing import Any

import pytest
import soundfile
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..comparison.claims.finding import Claim
from ..comparison.conftest import bundle, samples
from ..comparison.result import RunComparison
from ..comparison.run import Run
from ..comparison.several.fake_boards import SentBoard, fake_interpreters
from ..comparison.several.several_run import SeveralRun
from ..terminal import Terminal
from .html import render_html
from .json_report import report_values
from .table import print_tables

__all__ = ["bundle", "samples"]

pytestmark = [pytest.mark.native, pytest.mark.slow]


def execute(folder: Path, bundle: Bundle, *spoilt: dict[str, Any]) -> RunComparison:
    boards = [(f"b{at}", SentBoard(bundle, **each)) for at, each in enumerate(spoilt)]
    if len(boards) == 1:
        return Run([folder], boards[0][1], bundle, None, fake_interpreters).execute()
    return SeveralRun([folder], boards, bundle, None, fake_interpreters).execute()


@pytest.fixture
def folder(tmp_path: Path, bundle: Bundle, samples: NDArray[Any]) -> Path:
    """Eight files, each shorter than the one before."""
    rate = bundle.settings.sample_rate
    for at in range(8):
        soundfile.write(tmp_path / f"{at}.wav", samples[at * rate // 3 :], rate)
    return tmp_path


def claim(result: RunComparison, name: str) -> Claim:
    return next(each for each in result.claims if each.name == name)


def without_times(value: Any) -> Any:
    """A report without what may differ: times, and who did what."""
    if isinstance(value, dict):
        dropped = {"latency_us", "board", "seconds", "wall_s"}
        return {name: without_times(each) for name, each in value.items() if name not in dropped}
    return [without_times(each) for each in value] if isinstance(value, list) else value


OF_FILES = (
    "completeness",
    "features",
    "scores",
    "logits",
    "window-layout",
    "detections",
    "witness",
    "coverage",
)
SAME = ("verdict", "left_out", "bundle", "totals", "versions", "notes", "patterns", "files", "stride_us")


@pytest.mark.parametrize("way", ["", "wrong score"])
def test_results_do_not_depend_on_which_board_did_what(folder: Path, bundle: Bundle, way: str) -> None:
    one = execute(folder, bundle, {"way": way})
    four = execute(folder, bundle, *({"way": way, "pause_s": 0.2},) * 4)
    reports = [json.loads(json.dumps(report_values(each))) for each in (one, four)]
    left, right = ({name: without_times(report[name]) for name in SAME} for report in reports)
    for each in (left, right):  # of a board that differs the diagnosis tells where it was seen
        for file in each["files"]:
            file.pop("diagnosis")
    assert left == right
    assert left["verdict"] == ("fail" if way else "pass")
    for name in OF_FILES:
        assert claim(one, name).evidence == claim(four, name).evidence, name
    # these are asked of a board whose files are right, which one that was given none is as well
    left_out = {"streams", "takeover"} if way else set()
    statuses = {c.name: c.status for c in one.claims if c.name not in left_out}
    assert statuses.items() <= {c.name: c.status for c in four.claims}.items()
    assert {file.board for file in four.files} <= {"b0", "b1", "b2", "b3"}
    assert len({file.board for file in four.files}) > 1
    assert [board["name"] for board in reports[1]["boards"]] == ["b0", "b1", "b2", "b3"]
    assert sum(board["files"] for board in reports[1]["boards"]) == 8
    assert all(board["busy_s"] > 0 for board in reports[1]["boards"] if board["files"])
    assert all(board["cpu_s"] > 0 and board["memory_bytes"] > 1e6 for board in reports[1]["boards"])


def test_the_boards_of_a_run_stand_in_its_reports(folder: Path, bundle: Bundle, tmp_path: Path) -> None:
    result = execute(folder, bundle, {"way": "dies", "at": 2}, {"pause_s": 0.1})
    rows = report_values(result)["boards"]
    assert [row["lost"] for row in rows] == ["the board does not answer any more", ""]
    assert [row["kind"] for row in rows] == ["virtual", "virtual"]
    assert rows[0]["files"] + rows[1]["files"] == 8
    page = render_html(result)
    assert 'b0 <span class="bad">lost: the board does not answer any more</span>' in page
    assert "on 2 boards in" in page
    with (tmp_path / "shown").open("w+", encoding="utf-8") as file:
        print_tables(result, Terminal(file=file))
        file.seek(0)
        shown = file.read()
    assert "b0 (lost)" in shown
    assert "board b0 was lost" in shown
