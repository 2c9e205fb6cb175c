"""The link's share of a simulated line must not shrink unnoticed."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from host.core.utilisation import LINES
from host.errors import HilError

pytestmark = pytest.mark.slow


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_link", Path(__file__).with_name("bench_link.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


bench_link = _load()


def test_no_line_is_used_less_than_before_and_the_targets_hold() -> None:
    assert bench_link.complaints(bench_link.simulate(), bench_link.read_baseline()) == []


def test_a_figure_two_percent_worse_is_a_complaint() -> None:
    baseline = bench_link.read_baseline()
    with_target = {line.name for line in bench_link.TARGETS}
    for name, figure in baseline.items():
        if name in with_target:
            continue
        worse = {**baseline, name: figure * 0.979}
        assert [complaint.partition(":")[0] for complaint in bench_link.complaints(worse, baseline)] == [name]
        assert bench_link.complaints({**baseline, name: figure * 0.981}, baseline) == []


def test_a_missed_target_is_a_complaint_even_when_the_baseline_missed_it_too() -> None:
    low = {line.name: 0.5 for line in LINES}
    assert len(bench_link.complaints(low, low)) == len(bench_link.TARGETS)


def test_lines_must_be_in_the_baseline_and_measured() -> None:
    baseline = bench_link.read_baseline()
    name = LINES[-1].name
    fewer = {key: figure for key, figure in baseline.items() if key != name}
    assert bench_link.complaints(baseline, fewer) == [f"{name}: no baseline"]
    assert bench_link.complaints(fewer, baseline) == [f"{name}: not measured any more"]


def test_a_baseline_survives_the_file(tmp_path: Path) -> None:
    figures = {line.name: 0.9123 for line in LINES}
    bench_link.write_baseline(figures, tmp_path / "link.json")
    assert bench_link.read_baseline(tmp_path / "link.json") == figures


@pytest.mark.parametrize("content", [None, "", "[]", '{"simulated": [1]}', '{"simulated": {"x": "y"}}'])
def test_a_missing_or_damaged_baseline_says_what_to_do(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "link.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(HilError, match="--update-baseline"):
        bench_link.read_baseline(path)
