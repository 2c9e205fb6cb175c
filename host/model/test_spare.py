"""Processes started ahead: given out once, and what a process of its own would be."""

import subprocess
from collections.abc import Iterator

import pytest

from . import spare
from .spare import AHEAD, SERVER, board_server, end_spares, start_ahead, start_server

ARGUMENTS = ("-c", "import sys; print('up', flush=True); sys.stdin.read()")


@pytest.fixture(autouse=True)
def _no_spares() -> Iterator[None]:
    end_spares()
    yield
    end_spares()


def _end(*processes: "subprocess.Popen[bytes]") -> None:
    for process in processes:
        process.kill()
        process.communicate()


def test_a_spare_is_given_out_once() -> None:
    start_ahead(ARGUMENTS)
    waiting = spare._spares[ARGUMENTS]
    start_ahead(ARGUMENTS)
    assert spare._spares == {ARGUMENTS: waiting}, "a second one has no use"
    first, second = start_server(ARGUMENTS), start_server(ARGUMENTS)
    assert first is waiting and second is not waiting
    for process in (first, second):
        assert process.stdout is not None and process.stdout.readline().strip() == b"up"
    _end(first, second)


def test_another_process_is_asked_for() -> None:
    start_ahead(board_server())
    waiting = spare._spares[board_server()]
    other = start_server(board_server(arena=1000))
    assert other is not waiting and board_server(faults=["late"]) != board_server()
    assert (*SERVER, AHEAD) != board_server()
    _end(other)


def test_one_that_died_is_not_given_out() -> None:
    start_ahead(ARGUMENTS)
    _end(spare._spares[ARGUMENTS])
    process = start_server(ARGUMENTS)
    assert process.poll() is None
    _end(process)


def test_spares_that_nobody_took_are_ended() -> None:
    start_ahead(ARGUMENTS)
    waiting = spare._spares[ARGUMENTS]
    end_spares()
    assert waiting.poll() is not None and not spare._spares
