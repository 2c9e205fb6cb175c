"""Which boards a run takes."""

import argparse
from pathlib import Path

import pytest

from ..errors import HilError
from ..link.messages import Info
from . import choosing_several
from .attached import Asked
from .choosing_several import choose_boards
from .connecting import WrongKindError, check_kind
from .discovery import BoardNotFoundError, FoundPort
from .options import add_board_options

pytestmark = pytest.mark.native

FARM = """
[[board]]
name = "one"
kind = "esp32"
url = "/dev/ttyUSB0"
tags = ["lab"]
[[board]]
name = "two"
kind = "virtual"
"""


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_board_options(parser, several=True)
    return parser.parse_args(words)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a farm and without hil.toml; nothing attached, nothing in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("HIL_BOARD", "HIL_PORT", "HIL_BOARDS"):
        monkeypatch.delenv(name, raising=False)
    Path("farm.toml").write_text(FARM, encoding="utf-8")
    monkeypatch.setattr(choosing_several, "list_ports", list)


def names(*words: str) -> list[str]:
    return [board.name for board in choose_boards(parsed(*words), "run", lambda _: None)]


def test_one_board_is_one_board() -> None:
    (board,) = choose_boards(parsed("--board", "virtual"), "run", lambda _: None)
    assert (board.name, board.choice.kind) == ("virtual", "virtual")
    assert names("--port", "/dev/x") == ["/dev/x"]


def test_jobs_are_virtual_boards() -> None:
    boards = choose_boards(
        parsed("--board", "virtual", "--jobs", "3", "--damage", "0.1"), "run", lambda _: None
    )
    assert [board.name for board in boards] == ["virtual-1", "virtual-2", "virtual-3"]
    assert [board.choice.seed for board in boards] == [1, 2, 3]
    assert {board.choice.damage for board in boards} == {0.1}
    assert names("--board", "virtual", "--jobs", "1") == ["virtual"]


@pytest.mark.parametrize("words", [[], ["--port", "/dev/x"], ["--board", "esp32"], ["--boards", "farm.toml"]])
def test_jobs_need_the_virtual_board(words: list[str]) -> None:
    with pytest.raises(HilError, match="--jobs says how many virtual boards"):
        names("--jobs", "2", *words)


def test_a_farm_gives_its_boards(monkeypatch: pytest.MonkeyPatch) -> None:
    assert names("--boards", "farm.toml") == ["one", "two"]
    assert names("--boards", "farm.toml", "--tag", "lab") == ["one"]
    monkeypatch.setenv("HIL_BOARDS", "farm.toml")
    assert names() == ["one", "two"]
    assert names("--board", "virtual") == ["virtual"]  # an option has more weight
    monkeypatch.delenv("HIL_BOARDS")
    Path("hil.toml").write_text('boards = "farm.toml"', encoding="utf-8")
    assert names() == ["one", "two"]
    monkeypatch.setenv("HIL_PORT", "/dev/y")
    assert names() == ["/dev/y"]  # and so has the environment


def test_a_line_speed_is_that_of_all() -> None:
    boards = choose_boards(parsed("--boards", "farm.toml", "--baud", "115200"), "run", lambda _: None)
    assert [board.choice.baud for board in boards] == [115200, 115200]


@pytest.mark.parametrize(
    ("other", "value"), [("board", "virtual"), ("board", "all"), ("port", "/dev/x"), ("place", "lab/x")]
)
def test_ways_exclude_each_other(other: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HilError, match=f"option --boards and option --{other} each say which board") as error:
        names("--boards", "farm.toml", f"--{other}", value)
    assert error.value.cure == "leave one of the two out"
    monkeypatch.setenv("HIL_BOARDS", "farm.toml")
    monkeypatch.setenv(f"HIL_{other.upper()}", value)
    with pytest.raises(HilError, match=f"variable HIL_BOARDS and variable HIL_{other.upper()}"):
        names()


@pytest.mark.parametrize(
    "words", [["--damage", "0.1"], ["--seed", "3"], ["--tcp"], ["--qemu", "x"], ["--image", "x"]]
)
@pytest.mark.parametrize("several", [["--boards", "farm.toml"], ["--board", "all"]])
def test_options_of_one_board_are_refused(several: list[str], words: list[str]) -> None:
    with pytest.raises(HilError, match=f"{words[0]} is for one board"):
        names(*several, *words)


def test_a_tag_needs_a_farm() -> None:
    with pytest.raises(HilError, match="--tag chooses among the boards of a farm file"):
        names("--tag", "lab", "--board", "virtual")


def test_an_empty_name_of_a_farm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIL_BOARDS", " ")
    with pytest.raises(HilError, match="HIL_BOARDS is empty"):
        names()


def attached(monkeypatch: pytest.MonkeyPatch, **boards: str | None) -> None:
    ports = [FoundPort(f"/dev/{name}", "CP210x", "10C4:EA60", "", "") for name in boards]
    monkeypatch.setattr(choosing_several, "list_ports", lambda: ports)
    answers = [
        Asked(port, None if board is None else Info(board=board), "silent")
        for port, board in zip(ports, boards.values(), strict=True)
    ]
    monkeypatch.setattr(choosing_several, "ask_all", lambda _ports: answers)


def test_all_is_every_board_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    attached(monkeypatch, a="esp32", b=None, c="mine")
    said: list[str] = []
    boards = choose_boards(parsed("--board", "all", "--baud", "0"), "run", said.append)
    assert [(board.name, board.choice.kind, board.choice.port) for board in boards] == [
        ("/dev/a", "esp32", "/dev/a"),
        ("/dev/c", "serial", "/dev/c"),
    ]
    assert {board.choice.baud for board in boards} == {0}
    assert len(said) == 2


def test_all_of_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BoardNotFoundError, match="no board is attached") as error:
        names("--board", "all")
    assert "--jobs 2" in error.value.cure
    attached(monkeypatch, a=None)
    with pytest.raises(BoardNotFoundError, match=r"that answers; /dev/a \(CP210x\): silent"):
        names("--board", "all")


def test_a_board_of_another_kind_than_written_names_the_file() -> None:
    one = choose_boards(parsed("--boards", "farm.toml"), "run", lambda _: None)[0]
    with pytest.raises(WrongKindError) as error:
        check_kind(one.choice, Info(board="esp32s3", chip="ESP32-S3"), "/dev/ttyUSB0")
    assert error.value.cause == (
        "farm.toml, board 'one', says esp32, and what answers at /dev/ttyUSB0 is 'esp32s3' (ESP32-S3)"
    )
    assert error.value.cure == "correct the kind there, or the address"
