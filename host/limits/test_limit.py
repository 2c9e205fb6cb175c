"""Limits: read, judged, and what they make of a verdict."""

import json
from collections.abc import Mapping
from dataclasses import replace

import jsonschema
import pytest

from ..checkout import ROOT
from ..comparison.claims.finding import Claim, Status
from ..comparison.result import RunComparison
from ..errors import ExitCode
from .conftest import Compare, MakeRun
from .figures import FIGURES, figures_of
from .limit import LimitError, attach, read_limits, split_limits


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("total.p99=50ms", "total.p99", 50_000.0),
        ("inference.p50 = 3 µs", "inference.p50", 3.0),
        ("frontend.max=1.5s", "frontend.max", 1.5e6),
        ("arena=20KB", "arena", 20_480.0),
        ("arena=20kB", "arena", 20_000.0),
        ("stack=1KiB", "stack-free", 1024.0),
        ("heap=7", "heap-least", 7.0),
        ("image=1MB", "image", 1_048_576.0),
        ("accuracy=0.94", "accuracy", 0.94),
        ("accuracy=94%", "accuracy", 0.94),
        ("real-time=80%", "load.p99", 0.8),
        ("false-alarms=2/h", "false-alarms-per-hour", 2.0),
        ("regression=5%", "regression", 0.05),
        ("cells.different=0", "cells.different", 0.0),
    ],
)
def test_limits_are_read_with_their_units(text: str, name: str, value: float) -> None:
    (limit,) = read_limits(split_limits([text]), "--limit").values()
    assert (limit.name, limit.source) == (name, "--limit") and limit.value == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("total.p98=5ms", "did you mean `total.p9"),
        ("windows=5", "no figure 'windows'"),
        ("arena=20ms", "unit of B"),
        ("total.p99=50", "unit of us"),
        ("arena=nan", "number"),
        ("arena=-1", "0 or more"),
        ("arena=1e999", "finite"),
        ("arena=1 KB KB", "unit"),
        ("arena", "write it as"),
        ("=5", "write it as"),
        ("arena=", "write it as"),
    ],
)
def test_wrong_limits_are_named(text: str, said: str) -> None:
    with pytest.raises(LimitError, match=said):
        read_limits(split_limits([text]), "--limit")


def test_a_limit_twice() -> None:
    with pytest.raises(LimitError, match="twice"):
        split_limits(["arena=1KB", "arena=2KB"])


def _limited(
    run: RunComparison,
    before: Mapping[str, float] | None = None,
    more: Mapping[str, float] | None = None,
    **limits: str,
) -> Claim:
    texts = {name.replace("__", ".").replace("_", "-"): text for name, text in limits.items()}
    figures = figures_of(run) | dict(more or {})
    attach(run, read_limits(texts, "--limit"), lambda: figures, lambda: before)
    return run.claims[-1]


@pytest.fixture
def run(compared: Compare, make_run: MakeRun) -> RunComparison:
    return make_run(compared())


def test_held_and_broken_at_the_limit_itself(run: RunComparison) -> None:
    arena = run.info.arena_used
    assert _limited(run, arena=str(arena)).status == Status.HELD
    assert int(run.exit_code) == ExitCode.DONE
    claim = _limited(run, arena=str(arena - 1))
    assert (claim.name, claim.status, claim.required) == ("limit.arena", Status.BROKEN, True)
    assert f"arena is {arena:,} bytes: 1 bytes" in claim.reason and "over the limit" in claim.reason
    assert int(run.exit_code) == ExitCode.BROKEN and claim.reason in run.reasons


def test_what_must_be_at_least(run: RunComparison) -> None:
    assert _limited(run, more={"accuracy": 0.94}, accuracy="0.94").status == Status.HELD
    claim = _limited(run, more={"accuracy": 0.9}, accuracy="0.94")
    assert claim.status == Status.BROKEN and "4 % (4.3 %) under the limit of 94 %" in claim.reason


def test_too_few_windows_for_a_quantile(run: RunComparison) -> None:
    windows = int(run.totals["windows"])
    assert 20 <= windows < 100
    assert _limited(run, total__p95="10s").status == Status.HELD
    claim = _limited(run, total__p99="10s")
    assert claim.status == Status.NOT_EXAMINED
    assert claim.reason == f"total.p99 takes at least 100 windows, the run has {windows}"
    assert int(run.exit_code) == ExitCode.PARTLY


def test_broken_counts_for_more_than_not_judged(run: RunComparison) -> None:
    _limited(run, accuracy="0.5")
    assert int(run.exit_code) == ExitCode.PARTLY
    _limited(run, total__max="0.001us")
    assert int(run.exit_code) == ExitCode.BROKEN


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ({"accuracy": "0.9"}, "no recording has labels"),
        ({"stack_free": "1KB"}, "the board cannot tell"),
        ({"image": "1MB"}, "image is not here"),
        ({"regression": "5%"}, "no earlier run"),
    ],
)
def test_what_could_not_be_judged_says_why(run: RunComparison, limit: dict[str, str], said: str) -> None:
    claim = _limited(run, None, None, **limit)
    assert (
        claim.status == Status.NOT_EXAMINED and said in claim.reason and int(run.exit_code) == ExitCode.PARTLY
    )


def test_an_emulator_is_not_asked_for_times(run: RunComparison) -> None:
    run.board = "qemu"
    assert "emulator" in _limited(run, total__p50="1s").reason
    assert "emulator" in _limited(run, real_time="90%").reason
    assert _limited(run, arena="1MB").status == Status.HELD


def test_worsening_against_the_run_before(run: RunComparison) -> None:
    figures = figures_of(run)
    assert _limited(run, before=figures, regression="0%").status == Status.HELD
    better = {
        name: value * (2 if FIGURES[name].better == "less" else 0.5)
        for name, value in figures.items()
        if name in FIGURES
    }
    assert _limited(run, before=better, regression="0%").status == Status.HELD
    worse = figures | {"arena": figures["arena"] / 1.06}
    claim = _limited(run, before=worse, regression="5%")
    assert (
        claim.status == Status.BROKEN and "arena went from" in claim.reason and "6.0 % worse" in claim.reason
    )
    assert _limited(run, before=worse, regression="7%").status == Status.HELD
    claim = _limited(run, before=figures | {"accuracy": 0.9}, more={"accuracy": 0.8}, regression="5%")
    assert "accuracy went from 90 % to 80 %" in claim.reason
    other = figures | {"accuracy": 0.9, "audio": figures["audio"] + 1}
    assert _limited(run, before=other, more={"accuracy": 0.8}, regression="5%").status == Status.HELD
    assert "no figure in common" in _limited(run, before={}, regression="5%").reason


def test_a_run_on_a_board_knows_its_stack(compared: Compare, make_run: MakeRun) -> None:
    run = make_run(compared(), virtual=False)
    run.board = "esp32"
    assert run.status is not None
    run.status = replace(run.status, stack_free=900)
    assert _limited(run, stack_free="900").status == Status.HELD
    assert "1 bytes" in _limited(run, stack_free="901").reason


def test_files_hold_limits_as_declared() -> None:
    schema = json.loads((ROOT / "docs" / "schemas" / "limits.schema.json").read_text(encoding="utf-8"))
    good = {"total.p99": "50ms", "arena": "20 KB", "real-time": "80%", "regression": "5 %"}
    jsonschema.validate({"limits": good}, schema)
    assert read_limits(good, "hil.toml").keys() == {"total.p99", "arena", "load.p99", "regression"}
    for wrong, said in (
        ({"total.p98": "5ms"}, "did you mean `total.p9"),
        ({"windows": "5"}, "`limits.windows`"),
        ({"arena": "x"}, "'x' is no limit on arena"),
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"limits": wrong}, schema)
        with pytest.raises(LimitError, match=r"(?s)^hil.toml.*" + said):
            read_limits(wrong, "hil.toml")
