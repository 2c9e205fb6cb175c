"""Percentiles of latencies."""

import numpy as np
import pytest

from .latency import Latencies


def test_percentiles_in_microseconds() -> None:
    latencies = Latencies()
    for i in range(1, 101):
        latencies.add(1000 * i, 500, 2000 * i, 4_294_967_295)
    summary = latencies.summary()
    assert summary["frontend"].p50 == pytest.approx(50.5)
    assert summary["inference"].p95 == pytest.approx(2 * np.percentile(np.arange(1, 101), 95))
    assert summary["frontend"].max == 100
    assert summary["frontend"].jitter == pytest.approx(np.std(np.arange(1, 101)))
    assert summary["frontend_max"].jitter == 0
    assert summary["total"].max == pytest.approx(4_294_967.295)
    assert summary["total"].count == 100


def test_figures_for_json_are_whole_nanoseconds() -> None:
    latencies, ns = Latencies(), (1000, 1001, 1004, 1016)
    for each in ns:
        latencies.add(each, each, each, each)
    found = latencies.summary()["total"]
    assert found.p99 == pytest.approx(np.percentile(ns, 99) / 1000)
    told = found.as_dict()
    assert told.pop("p50") in (1.002, 1.003)  # a half
    assert told == {"count": 4, "p95": 1.014, "p99": 1.016, "max": 1.016, "jitter": 0.006}


def test_nothing_measured_gives_nothing() -> None:
    assert Latencies().summary() == {}


def test_files_are_put_together() -> None:
    one, other = Latencies(), Latencies()
    one.add(1, 1, 1, 1000)
    other.add(1, 1, 1, 3000)
    one.extend(other)
    assert one.summary()["total"].max == 3
    assert one.summary()["total"].p50 == 2
    assert other.summary()["total"].count == 1
