"""Rows and histories for tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ..comparison.conftest import bundle, samples
from ..report.conftest import compared, make_run, wrong_cell
from .database import History
from .location import history_url
from .row import RunRow

__all__ = ["bundle", "compared", "history", "make_row", "make_run", "samples", "wrong_cell"]

MakeRow = Callable[..., RunRow]


@pytest.fixture
def history(tmp_path: Path) -> History:
    url = history_url(str(tmp_path / "history.sqlite"))
    assert url is not None
    return History(url, busy_s=0.05)


@pytest.fixture
def make_row() -> MakeRow:
    """A row; what is given is another than usual."""
    number = iter(range(1_000_000))

    def make(**other: object) -> RunRow:
        at = next(number)
        values: dict[str, object] = {
            "time": f"2026-11-{1 + at // 1440 % 28:02d}T{at // 60 % 24:02d}:{at % 60:02d}:00.000Z",
            "run_id": f"{at:016x}",
            "source": "hil",
            "host": "bench",
            "command": "hil --board virtual",
            "commit": f"{at + 1:040x}",
            "dirty": False,
            "tool_version": "0.1.0",
            "board": "virtual",
            "board_name": "virtual",
            "chip": "computer",
            "reached": "a process",
            "firmware": "0.1.0",
            "firmware_hash": "",
            "built_with": {"compiler": "GCC 14.2.0"},
            "bundle": "birds",
            "model_sha256": "aa" * 32,
            "frontend_sha256": "bb" * 32,
            "settings_sha256": "cc" * 32,
            "verdict": "pass",
            "exit_code": 0,
            "reasons": (),
            "report": "/nowhere",
            "figures": {"total.p50": 1500.0, "total.p99": 1800.5, "arena": 12000.0, "detections": 4.0},
            "histograms": {"total": ((1448.15, 3), (1579.0, 1))},
            "versions": {"numpy": "1.26.4"},
        }
        return RunRow(**(values | other))  # type: ignore[arg-type]

    return make
