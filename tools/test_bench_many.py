"""The figures of a run of many files, on fewer of them."""

import shutil

import pytest

from tools import bench_many

pytestmark = pytest.mark.slow


@pytest.mark.timeout(300)
def test_a_hundred_files(capsys: pytest.CaptureFixture[str]) -> None:
    bench_many.main(["--files", "100"])  # its exit code is a matter of the computer's speed
    figures = {line[:16].strip(): float(line[16:26]) for line in capsys.readouterr().out.splitlines()}
    assert {"seconds", "peak MB", "report MB"} <= set(figures)
    assert 0.1 < figures["report MB"] < 10 and figures["peak MB"] < 100
    assert ("opened in s" in figures) == any(map(shutil.which, bench_many.BROWSERS))
    assert figures["seconds"] < 60


def test_a_limit_that_is_exceeded_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = {"seconds": 59.0, "peak MB": 99.0, "report MB": 9.0, "opened in s": 1.0, "with browser, s": 9.0}
    for name in bench_many.MOST:
        monkeypatch.setattr(bench_many, "bench", lambda *_, worse=name: figures | {worse: 1000.0})
        assert bench_many.main([]) == 1
    monkeypatch.setattr(bench_many, "bench", lambda *_: figures)
    assert bench_many.main([]) == 0
    assert "at most 100" in capsys.readouterr().out
