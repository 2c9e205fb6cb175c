"""Tests on the boards of a farm file: a worker a board."""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ..board.choice import BoardChoice
from ..board.named import NamedBoard
from ..checkout import ROOT
from ..errors import HilError
from .farm_workers import GIVEN, FarmWorkers, farm_of, given_board

pytestmark = pytest.mark.native
PATIENCE_S = 90.0
# An installed copy would be a second plugin; the others are for one test alone, and one of them shuffles.
BY_THEMSELVES = ("-p", "no:hil", "-p", "no:randomly", "-p", "no:pytest_embedded")

FARM = """
[[board]]
name = "one"
kind = "esp32"
url = "/dev/nowhere0"
tags = ["lab", "esp32"]
[[board]]
name = "two"
kind = "esp32"
url = "/dev/nowhere1"
tags = ["esp32"]
[[board]]
name = "three"
kind = "serial"
url = "socket://127.0.0.1:9"
"""
TESTS = """
import os, time
import pytest

@pytest.mark.parametrize("turn", range(12))
def test_board(hil_named, hil_choice, turn, tmp_path_factory):
    assert hil_choice is hil_named.choice
    with open({log!r}, "a", encoding="utf-8") as file:
        file.write(f"{{hil_named.name}} {{hil_choice.port}} {{os.environ.get('PYTEST_XDIST_WORKER', '-')}}\\n")
    time.sleep(0.05)
    if turn == {crash}:
        os._exit(3)
"""


@pytest.fixture
def boards() -> list[NamedBoard]:
    return [NamedBoard(name, BoardChoice("esp32", f"/dev/{name}")) for name in ("a", "b")]


def node(name: str) -> Any:
    return SimpleNamespace(gateway=SimpleNamespace(id=name), workerinput={})


def test_a_worker_in_place_of_another_gets_its_board(boards: list[NamedBoard]) -> None:
    workers = FarmWorkers(boards)
    first, second, third = node("gw0"), node("gw1"), node("gw2")
    workers.pytest_configure_node(first)
    workers.pytest_configure_node(second)
    workers.pytest_testnodedown(first, "crashed")
    workers.pytest_configure_node(third)
    assert [each.workerinput[GIVEN] for each in (first, second, third)] == [0, 1, 0]
    config: Any = SimpleNamespace(workerinput=second.workerinput)
    assert given_board(config, boards).name == "b"
    assert given_board(SimpleNamespace(), boards).name == "a"  # type: ignore[arg-type]


def test_no_more_workers_than_boards(boards: list[NamedBoard]) -> None:
    workers = FarmWorkers(boards)
    workers.check(2)
    workers.check(1)
    with pytest.raises(pytest.UsageError, match="3 workers were asked for, and the boards are 2: a, b"):
        workers.check(3)
    with pytest.raises(pytest.UsageError, match="one process tests one: a, b"):
        workers.check(0)
    FarmWorkers(boards[:1]).check(0)


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """Run tests that tell their board, in a process; gives it and what they told."""
    (tmp_path / "farm.toml").write_text(FARM, encoding="utf-8")
    log = tmp_path / "log"

    def run_them(*words: str, crash: int = -1, **environment: str) -> tuple[Any, list[list[str]]]:
        (tmp_path / "test_it.py").write_text(TESTS.format(log=str(log), crash=crash), encoding="utf-8")
        unset = {"HIL_BOARD", "HIL_PORT", "HIL_BOARDS", "PYTEST_XDIST_WORKER", "PYTEST_ADDOPTS"}
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                *BY_THEMSELVES,
                "-p",
                "host.testing.plugin",
                "-p",
                "no:cacheprovider",
                *words,
            ],
            cwd=tmp_path,
            env={n: v for n, v in os.environ.items() if n not in unset}
            | {"PYTHONPATH": str(ROOT)}
            | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
            stdin=subprocess.DEVNULL,
        )
        lines = log.read_text(encoding="utf-8").split("\n")[:-1] if log.exists() else []
        return done, [line.split() for line in lines]

    return run_them


@pytest.mark.slow
def test_auto_is_one_worker_a_board(run: Any) -> None:
    done, told = run("--hil-boards", "farm.toml", "--hil-tag", "esp32", "-n", "auto")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(told) == 12
    assert {(name, port) for name, port, _ in told} == {("one", "/dev/nowhere0"), ("two", "/dev/nowhere1")}
    assert len({worker for _, _, worker in told}) == 2
    assert len({(name, worker) for name, _, worker in told}) == 2


@pytest.mark.slow
def test_a_worker_that_crashes_leaves_its_board_to_the_next(run: Any) -> None:
    done, told = run("--hil-boards", "farm.toml", "-n", "auto", crash=3)
    assert "11 passed" in done.stdout, done.stdout + done.stderr
    assert {name for name, _, _ in told} == {"one", "two", "three"}
    assert len({worker for _, _, worker in told}) >= 3


@pytest.mark.slow
def test_what_cannot_be_is_one_message(run: Any) -> None:
    done, told = run("-n", "4", HIL_BOARDS="farm.toml")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "4 workers were asked for, and the boards are 3: one, two, three" in done.stderr
    assert "Traceback" not in done.stderr
    assert not told


@pytest.mark.parametrize(
    ("boards", "tag", "port", "message"),
    [
        ("farm.toml", ["lap"], None, "no board with the tag 'lap'"),
        ("none.toml", [], None, "none.toml cannot be read"),
        (None, ["lab"], None, "--hil-tag chooses among the boards of a farm file"),
        ("farm.toml", [], "/dev/x", "each say which board"),
    ],
)
def test_a_farm_that_cannot_be_used(
    boards: str | None,
    tag: list[str],
    port: str | None,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("HIL_BOARD", "HIL_PORT", "HIL_BOARDS"):
        monkeypatch.delenv(name, raising=False)
    Path("farm.toml").write_text(FARM, encoding="utf-8")
    with pytest.raises(HilError, match=message):
        farm_of(argparse.Namespace(boards=boards, tag=tag, port=port, board=None))


@pytest.mark.slow
def test_one_board_of_a_farm_needs_no_workers(run: Any) -> None:
    done, told = run("--hil-boards", "farm.toml", "--hil-tag", "lab")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {tuple(line) for line in told} == {("one", "/dev/nowhere0", "-")}
