"""Reports of earlier runs: moved aside, found again, and the newest kept."""

import json
import os
from pathlib import Path

import pytest

from .kept import keep_earlier, report_of

NAMES = ("report.json", "report.html")


def _write(folder: Path, run_id: str, date: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "report.json").write_text(json.dumps({"id": run_id, "date": date}), encoding="utf-8")
    (folder / "report.html").write_text(run_id, encoding="utf-8")


def test_earlier_runs_lie_by_their_time_and_number(tmp_path: Path) -> None:
    for run_id, date in (("a", "2026-11-26T08:15:00.123Z"), ("b", "2026-11-26T08:15:00.999Z"), ("c", "bad")):
        _write(tmp_path, run_id, date)
        os.utime(tmp_path / "report.json", (0, 0))
        made = keep_earlier(tmp_path, NAMES)
        assert made is not None and (made / "report.html").read_text() == run_id
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == [
        *("19700101T000000Z-1", "20261126T081500Z-1", "20261126T081500Z-2"),
    ]
    assert keep_earlier(tmp_path, NAMES) is None


def test_a_report_is_found_wherever_it_lies_by_now(tmp_path: Path) -> None:
    date = "2026-11-26T08:15:00.123Z"
    _write(tmp_path, "a", date)
    assert report_of(tmp_path, "a", date, "report.html") == tmp_path / "report.html"
    keep_earlier(tmp_path, NAMES)
    _write(tmp_path, "b", date)
    assert report_of(tmp_path, "a", date, "report.html") == tmp_path / "runs/20261126T081500Z-1/report.html"
    assert report_of(tmp_path, "c", date, "report.html") is None


@pytest.mark.parametrize("most", [0, 2])
def test_the_newest_stay_and_nothing_of_others_goes(tmp_path: Path, most: int) -> None:
    foreign = tmp_path / "runs" / "mine"
    foreign.mkdir(parents=True)
    for second in (3, 11, 2):  # by time, not by when they were moved
        _write(tmp_path, "x", f"2026-11-26T08:15:{second:02d}.000Z")
        keep_earlier(tmp_path, NAMES, most)
    _write(tmp_path, "x", "2026-11-26T08:15:20.000Z")
    keep_earlier(tmp_path, NAMES, most)
    kept = sorted(path.name for path in (tmp_path / "runs").iterdir())
    assert kept == [*["20261126T081511Z-1", "20261126T081520Z-1"][:most], "mine"]
    assert not (tmp_path / "report.json").exists()
