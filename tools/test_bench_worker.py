"""What a process of their own for models costs is told by pairs of runs."""

from pathlib import Path

import pytest

from tools import bench_worker

pytestmark = pytest.mark.slow


@pytest.mark.timeout(300)
def test_both_kinds_of_runs_can_be_measured(tmp_path: Path) -> None:
    for program in (bench_worker.WORKER, bench_worker.HERE):
        result = bench_worker.run_once(program, ["hil", "--report", str(tmp_path)])
        assert result["wall"] > 0 and result["cpu"] > 0.5 and "PASS" in result["said"]


def test_pairs_alternate_and_the_first_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    order = []

    def run_once(program: str, _arguments: list[str]) -> dict[str, float]:
        order.append(program)
        return {"wall": 3.0, "cpu": 4.0 if program == bench_worker.WORKER else 2.0 if len(order) > 2 else 1.0}

    monkeypatch.setattr(bench_worker, "run_once", run_once)
    assert bench_worker.ratios([], 2) == {"cpu": [2.0, 2.0], "wall": [1.0, 1.0]}
    worker, here = bench_worker.WORKER, bench_worker.HERE
    assert order == [here, worker, worker, here, here, worker]


@pytest.mark.parametrize(("ratio", "code"), [(1.04, 0), (1.2, 1)])
def test_the_limit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ratio: float, code: int
) -> None:
    monkeypatch.setattr(bench_worker, "bench", lambda *_: {"cpu": [0.5, ratio, 9.0]})
    assert bench_worker.main([]) == code
    assert "at most 1.05" in capsys.readouterr().out
