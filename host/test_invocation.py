"""Commands that messages name can be pasted."""

import shlex
import sys

import pytest

from .errors import HilError
from .invocation import PROGRAM_VARIABLE, command_line, keep, pasted, program


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PROGRAM_VARIABLE, raising=False)
    monkeypatch.setattr(sys, "argv", ["pytest"])
    keep({})


def test_the_program_is_named_as_it_was_called(monkeypatch: pytest.MonkeyPatch) -> None:
    assert program() == "python -m host"
    monkeypatch.setattr(sys, "argv", ["/usr/bin/hil"])
    assert program() == "hil"
    monkeypatch.setenv(PROGRAM_VARIABLE, "python3 tools/run.py")
    assert program() == "python3 tools/run.py"


def test_options_in_use_are_kept_and_those_that_are_named_win() -> None:
    keep({"flash": ["--port", "/dev/my board", "--baud", "9600"], "boards": []})
    shown = command_line("flash", "--bundle", "my models/a")
    assert shlex.split(shown)[3:] == [
        "flash", "--bundle", "my models/a", "--port", "/dev/my board", "--baud", "9600"
    ]  # fmt: skip
    assert command_line("flash", "--baud", 1).endswith("flash --baud 1 --port '/dev/my board'")
    assert command_line("boards") == "python -m host boards"


def test_a_message_names_them_so() -> None:
    keep({"deploy": ["--port", "COM3"]})
    error = HilError(
        "it failed", "run `python -m host deploy --erase`, or `python -m host boards`; `ls` helps"
    )
    assert error.cure.startswith(
        "run `python -m host deploy --erase --port COM3`, or `python -m host boards`; `ls`"
    )
    assert pasted("no command") == "no command"
