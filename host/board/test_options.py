"""Options that choose a board, and the kinds behind them."""

import argparse
from pathlib import Path

import pytest

from ..errors import HilError
from .choice import BoardChoice
from .discovery import BRIDGES, FoundPort, likely_kind
from .interface import EMULATOR_PATIENCE_S
from .kinds.registry import AT_A_PORT, DEFAULT, KINDS, kind_named
from .options import add_board_options, choice_from, make_board, names_a_board

NOWHERE = Path("no-bundle-needed")


def _choice(*words: str) -> BoardChoice:
    return choice_from(parsed(*words))


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_board_options(parser)
    return parser.parse_args(words)


def test_nothing_said_is_the_virtual_board_and_a_port_alone_any_board() -> None:
    assert _choice().kind == DEFAULT.name == "virtual"
    assert _choice("--port", "/dev/ttyUSB0").kind == AT_A_PORT.name


def test_who_says_it_with_more_weight_settles_it_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "hil.toml"
    file.write_text('port = "/dev/ttyUSB5"\nbaud = 115200\n', encoding="utf-8")
    assert (_choice().kind, _choice().port, _choice().baud) == ("serial", "/dev/ttyUSB5", 115200)
    virtual = _choice("--board", "virtual")
    assert (virtual.kind, virtual.port, virtual.baud) == ("virtual", None, None), "its line is not throttled"
    assert _choice("--board", "virtual", "--baud", "9600").baud == 9600
    monkeypatch.setenv("HIL_BOARD", "esp32")
    assert (_choice().kind, _choice().port) == ("esp32", "/dev/ttyUSB5")
    monkeypatch.setenv("HIL_BOARD", "virtual")
    assert (_choice().kind, _choice().port) == ("virtual", None)
    assert (_choice("-p", "COM3").kind, _choice("-p", "COM3").port) == ("serial", "COM3")
    monkeypatch.setenv("HIL_PORT", "COM4")
    with pytest.raises(HilError, match="variable HIL_PORT names a board elsewhere, and variable HIL_BOARD"):
        _choice()
    monkeypatch.setenv("HIL_BOARD", "quark")
    with pytest.raises(HilError, match="no kind of board is called 'quark'"):
        _choice()


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ((), False),
        (("--baud", "9600"), False),
        (("--board", "esp32"), True),
        (("-p", "COM3"), True),
        (("--damage", "0"), True),
        (("--tcp",), True),
    ],
)
def test_an_option_that_only_the_virtual_board_has_names_it(words: tuple[str, ...], names: bool) -> None:
    assert names_a_board(parsed(*words)) == names


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_port_is_no_port_at_all(empty: str) -> None:
    """An unset variable must not choose the virtual board, which passes."""
    for board in ((), ("--board", "esp32"), ("--board", "virtual")):
        with pytest.raises(HilError, match="--port is empty") as caught:
            _choice("--port", empty, *board)
        assert "variable" in caught.value.cure


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("--board", "virtual", "--port", "COM3"), "starts one here"),
        (("--image", "build"), "another board is named"),
        (("--board", "qemu", "--port", "socket://h:1", "--image", "build"), "another board is named"),
        (("--tcp", "--port", "COM3"), "--tcp is for the virtual board"),
        (("--damage", "0.01", "--port", "COM3"), "--damage is for the virtual board"),
        (("--seed", "0", "--board", "esp32"), "--seed is for the virtual board"),
        (("--qemu", "q", "--board", "virtual"), "--qemu is for the emulator"),
        (("--port", "socket://[::1"), "not an address: Invalid IPv6"),
        (("--port", "socket://host:99999"), "not an address: Port out of range"),
        (("--port", "socket://host"), "a host and a port number"),
        (("--port", "rfc2217://:12"), "a host and a port number"),
        (("--port", "hwgrep://["), "not an address: unterminated character set"),
    ],
)
def test_what_does_not_go_together_is_refused(words: tuple[str, ...], cause: str) -> None:
    with pytest.raises(HilError, match=cause):
        _choice(*words)


def test_every_kind_is_offered_once_and_none_shares_a_usb_identity() -> None:
    names = [kind.name for kind in KINDS]
    assert len(set(names)) == len(names) and AT_A_PORT.name not in names
    assert all(kind_named(name).name == name for name in names)
    identities = [identity for kind in KINDS for identity in kind.usb]
    assert len(set(identities)) == len(identities) and not set(identities) & set(BRIDGES)
    with pytest.raises(HilError, match="no kind of board"):
        kind_named("quark")


@pytest.mark.parametrize("name", ["esp32", "esp32s3", "qemu"])
def test_a_named_port_is_taken_as_the_kind_that_is_named(name: str) -> None:
    board = make_board(BoardChoice(name, "/dev/ttyUSB7"), NOWHERE)
    assert (board.kind, board.description) == (name, "/dev/ttyUSB7")
    assert board.emulated == (name == "qemu") and board.negotiates_rate


def test_who_may_be_an_emulator_has_its_patience() -> None:
    assert make_board(BoardChoice("serial", "socket://h:1"), NOWHERE).patience_s == EMULATOR_PATIENCE_S
    assert make_board(BoardChoice("qemu", "/dev/ttyUSB7"), NOWHERE).patience_s == EMULATOR_PATIENCE_S
    assert make_board(BoardChoice("serial", "/dev/ttyUSB7"), NOWHERE).patience_s < EMULATOR_PATIENCE_S


def test_the_chip_is_guessed_by_its_own_usb_port() -> None:
    native = FoundPort("/dev/ttyACM0", "Espressif USB Serial/JTAG", "303A:1001", "", "")
    bridge = FoundPort("/dev/ttyUSB0", "Silicon Labs CP210x", "10C4:EA60", "", "")
    unknown = FoundPort("/dev/ttyUSB1", "", "1234:5678", "", "")
    assert [likely_kind(port).name for port in (native, bridge, unknown)] == ["esp32s3", "esp32", "esp32"]
