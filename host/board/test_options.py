"""Options that choose a board, and the kinds behind them."""

import argparse
from pathlib import Path

import pytest

from ..errors import HilError
from .choice import BoardChoice
from .discovery import BRIDGES, FoundPort, likely_kind
from .interface import EMULATOR_PATIENCE_S
from .kinds.registry import AT_A_PORT, DEFAULT, KINDS, kind_named
from .options import add_board_options, choice_from, make_board

NOWHERE = Path("no-bundle-needed")


def _choice(*words: str) -> BoardChoice:
    parser = argparse.ArgumentParser()
    add_board_options(parser)
    return choice_from(parser.parse_args(words))


def test_nothing_said_is_the_virtual_board_and_a_port_alone_any_board() -> None:
    assert _choice().kind == DEFAULT.name == "virtual"
    assert _choice("--port", "/dev/ttyUSB0").kind == AT_A_PORT.name


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
