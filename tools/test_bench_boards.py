"""Several boards beside one, on little sound."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import bench_boards
from tools.bench_boards import Measured, least_speed_up, main


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[int], Measured]], None]:
    """Runs are not made, but told."""

    def tell(of: Callable[[int], Measured]) -> None:
        monkeypatch.setattr(bench_boards, "measure", lambda _paths, boards, _baud, _folder: of(boards))
        monkeypatch.setattr(bench_boards, "make_files", lambda _folder, _minutes, _rate: [])
        monkeypatch.setattr(bench_boards.os, "cpu_count", lambda: 2)

    return tell


def run(boards: int, stream_s: float, cpu_s: float = 11.0, board_bytes: float = 1e8) -> Measured:
    return Measured(boards, 600.0, stream_s, cpu_s, board_bytes, 0.5)


def test_what_is_asked_for() -> None:
    assert least_speed_up(run(1, 10.0), 2, 2, 0) == pytest.approx(0.9 * 2 / 1.1)
    assert least_speed_up(run(1, 10.0, 15.0), 2, 2, 0) == 1.5
    assert least_speed_up(run(1, 100.0, 1.0), 4, 2, 921_600) == pytest.approx(3.8)
    assert least_speed_up(run(1, 10.0), 2, 1, 0) == 0.0


@pytest.mark.parametrize(
    ("words", "several_s", "code"),
    [
        (["--most", "2"], 10 / 1.7, 0),
        (["--most", "2"], 10 / 1.6, 1),
        (["--most", "4", "--baud", "921600"], 10 / 3.9, 0),
        (["--most", "4", "--baud", "921600"], 10 / 3.7, 1),
    ],
)
def test_a_speed_up_that_is_too_small_is_told(
    measured: Callable[[Callable[[int], Measured]], None],
    words: list[str],
    several_s: float,
    code: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    measured(lambda boards: run(boards, 10.0 if boards == 1 else several_s))
    assert main(words) == code
    assert "times as fast on 2 cores" in capsys.readouterr().out


def test_a_board_that_costs_more_among_others_is_told(
    measured: Callable[[Callable[[int], Measured]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    measured(lambda boards: run(boards, 10.0))
    assert main(["--growth"]) == 0
    assert "32 boards: 1.00 times the processor time" in capsys.readouterr().out
    measured(lambda boards: run(boards, 10.0, 11.0 + boards))
    assert main(["--growth"]) == 1
    measured(lambda boards: run(boards, 10.0, 11.0, 1e8 + 1e6 * boards))
    assert main(["--growth"]) == 1


@pytest.mark.slow
@pytest.mark.native
def test_two_boards_for_real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_boards, "FILE_S", 4.0)
    paths = bench_boards.make_files(tmp_path, 4, 8000)
    found = bench_boards.measure(paths, 2, 0, tmp_path)
    assert (found.boards, found.audio_s) == (2, 16.0)
    assert 0 < found.stream_s < 60
    assert found.cpu_s > 0.5
    assert 2e7 < found.board_bytes < 1e9
    report = json.loads((tmp_path / "report-2" / "report.json").read_text(encoding="utf-8"))
    assert report["verdict"] == "pass"
    assert [board["name"] for board in report["boards"]] == ["virtual-1", "virtual-2"]
    assert bench_boards.copies(paths, 3, tmp_path)[-1].exists()
