"""Which board is taken when none is named, and what is said of it."""

import argparse
from pathlib import Path

import pytest

from ..errors import HilError
from ..invocation import command_line
from ..line.port import PortError
from ..link import messages as m
from .choice import BoardChoice
from .choosing import choose_board
from .connecting import WrongKindError, check_kind
from .discovery import BoardNotFoundError, FoundPort
from .options import add_board_options

ONE = FoundPort("/dev/ttyUSB0", "WCH CH340", "1A86:7523", "", "")
TWO = FoundPort("/dev/ttyUSB1", "FTDI FT232R", "0403:6001", "", "")
MODEM = FoundPort("/dev/ttyACM3", "", "1234:5678", "", "")
ESP32 = m.Info(board="esp32", chip="esp32 x2")


class Attached:
    """What is attached, and what answers where."""

    def __init__(self) -> None:
        self.ports: list[FoundPort] = []
        self.answers: dict[str, m.Info | HilError] = {}
        self.asked: list[str] = []

    def probe(self, url: str) -> m.Info | None:
        self.asked.append(url)
        answer = self.answers.get(url)
        if isinstance(answer, HilError):
            raise answer
        return answer


@pytest.fixture
def attached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Attached:
    monkeypatch.chdir(tmp_path)  # no hil.toml
    it = Attached()
    monkeypatch.setattr("host.board.choosing.list_ports", lambda: it.ports)
    monkeypatch.setattr("host.board.attached.probe", it.probe)
    return it


def _choose(*words: str, or_virtual: bool = False, said: list[str] | None = None) -> BoardChoice:
    parser = argparse.ArgumentParser()
    add_board_options(parser)
    say = (lambda _: None) if said is None else said.append
    return choose_board(parser.parse_args(words), "deploy", say, or_virtual)


def test_the_one_that_answers_is_taken_and_named(attached: Attached) -> None:
    attached.ports, attached.answers = [ONE, TWO, MODEM], {TWO.device: ESP32}
    said: list[str] = []
    choice = _choose(said=said, or_virtual=True)
    assert (choice.kind, choice.port) == ("esp32", TWO.device)
    assert sorted(attached.asked) == [ONE.device, TWO.device], "a modem is left alone"
    assert TWO.device in said[0] and "esp32" in said[0]


def test_another_firmware_of_ours_is_a_board_too(attached: Attached) -> None:
    attached.ports, attached.answers = [ONE], {ONE.device: m.Info(board="esp32c3")}
    assert (_choose().kind, _choose().port) == ("serial", ONE.device)


def test_none_is_the_virtual_board_where_that_makes_sense_and_refused_elsewhere(attached: Attached) -> None:
    attached.ports, attached.answers = [ONE], {ONE.device: PortError("busy as a bee", "wait")}
    said: list[str] = []
    assert _choose(or_virtual=True, said=said).kind == "virtual"
    assert "virtual board is used" in said[0] and "busy as a bee" in said[0]
    with pytest.raises(BoardNotFoundError) as caught:
        _choose("--baud", "9600")
    assert "busy as a bee" in caught.value.cause
    assert "deploy --port /dev/ttyUSB0 --baud 9600`" in caught.value.cure
    assert "deploy --board virtual --baud 9600`" in caught.value.cure
    attached.ports = [MODEM]
    with pytest.raises(BoardNotFoundError, match="no board is attached"):
        _choose()


def test_several_are_listed_and_none_is_taken(attached: Attached) -> None:
    attached.ports = [ONE, TWO]
    attached.answers = {ONE.device: ESP32, TWO.device: ESP32}
    for or_virtual in (True, False):
        with pytest.raises(BoardNotFoundError) as caught:
            _choose(or_virtual=or_virtual)
        assert ONE.device in caught.value.cause and TWO.device in caught.value.cause
        assert "deploy --port /dev/ttyUSB0`" in caught.value.cure and "HIL_PORT" in caught.value.cure


def test_a_board_that_is_named_is_not_looked_for(attached: Attached, monkeypatch: pytest.MonkeyPatch) -> None:
    attached.ports, attached.answers = [ONE], {ONE.device: ESP32}
    assert _choose("--board", "virtual").port is None
    assert _choose("--tcp").kind == "virtual"
    assert _choose("--port", "COM9").port == "COM9"
    monkeypatch.setenv("HIL_PORT", "COM8")
    assert _choose().port == "COM8"
    assert attached.asked == []


def test_a_kind_alone_finds_its_port_among_several(attached: Attached) -> None:
    attached.ports, attached.answers = [ONE], {}
    assert _choose("--board", "esp32").port == ONE.device, (
        "the only adapter: what is wrong there is told later"
    )
    attached.ports = [ONE, TWO]
    attached.answers = {ONE.device: m.Info(board="esp32s3"), TWO.device: ESP32}
    assert _choose("--board", "esp32").port == TWO.device
    attached.answers = {}
    with pytest.raises(BoardNotFoundError, match="several boards"):
        _choose("--board", "esp32")


def test_cures_keep_the_options_in_use(attached: Attached) -> None:
    attached.ports = []
    _choose("--board", "esp32", "--port", "/dev/x", "--baud", "9600")
    assert command_line("flash").endswith("flash --board esp32 --port /dev/x --baud 9600")
    assert command_line("boards").endswith("boards --port /dev/x")
    _choose("--board", "virtual")
    assert command_line("flash").endswith(" flash"), "a virtual board cannot be flashed"
    assert command_line("run").endswith("run --board virtual")


@pytest.mark.parametrize(
    ("kind", "board", "refused"),
    [
        ("esp32", "virtual", True),
        ("esp32", "esp32s3", True),
        ("esp32s3", "esp32", True),
        ("qemu", "virtual", True),
        ("qemu", "esp32", False),
        ("esp32", "esp32", False),
        ("serial", "virtual", False),
    ],
)
def test_a_kind_that_does_not_match_what_answers_is_an_error(kind: str, board: str, refused: bool) -> None:
    choice, info = BoardChoice(kind, "/dev/x"), m.Info(board=board)
    if not refused:
        check_kind(choice, info, "/dev/x")
        return
    with pytest.raises(WrongKindError, match=f"says {kind}, and what answers at /dev/x is '{board}'"):
        check_kind(choice, info, "/dev/x")
