"""The host's bounds that hold on any computer, and that the benchmark runs. Processor time: others may work beside."""

import importlib.util
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from host.bundle.load import load_bundle
from host.errors import HilError

pytestmark = pytest.mark.slow


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_host", Path(__file__).with_name("bench_host.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


bench_host = _load()


def test_help_comes_at_once() -> None:
    command = [sys.executable, "-m", "host", "--help"]
    assert min(bench_host.measure(command)["cpu"] for _ in range(3)) < bench_host.STARTUP_MOST_S
    assert min(bench_host.bench_startup().values()) > 0


def test_an_hour_of_features_takes_seconds() -> None:
    figures = bench_host.bench_features(load_bundle(bench_host.DEFAULT_BUNDLE), 10.0, time.process_time)
    assert figures["an hour of audio, firmware's front end, s"] < 5.0
    assert figures["times faster than librosa"] > 1.0, "even without AVX2, where five times is out of reach"


def test_a_command_that_fails_is_named() -> None:
    with pytest.raises(HilError, match="no-such-command"):
        bench_host.measure([sys.executable, "-m", "host", "no-such-command"])


def test_growth_is_measured() -> None:
    figures = bench_host.bench_growth(load_bundle(bench_host.DEFAULT_BUNDLE), [1])
    assert set(figures) == {
        "1 min, features, s",
        "1 min, features, peak MB",
        "1 min, with inference, s",
        "1 min, with inference, peak MB",
    }
    assert all(value > 0 for value in figures.values())
