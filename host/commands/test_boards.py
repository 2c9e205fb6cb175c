"""`boards`: the table of what is attached."""

import json
from argparse import Namespace

import pytest

from ..board.choosing import choose_board
from ..board.discovery import BoardNotFoundError, FoundPort
from ..cli import main
from ..errors import HilError
from ..line.port import PortError
from ..link import messages as m

BRIDGE = FoundPort("/dev/ttyUSB0", "WCH CH340", "1A86:7523", "", "USB Serial")
UNKNOWN = FoundPort("/dev/ttyACM3", "", "1234:5678", "77", "A modem")
BUILT_IN = FoundPort("/dev/ttyS0", "", "", "", "n/a")


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> list[FoundPort]:
    found: list[FoundPort] = []
    monkeypatch.setattr("host.commands.boards.list_ports", lambda: found)
    return found


def test_known_adapters_and_the_one_that_commands_use(
    ports: list[FoundPort], capsys: pytest.CaptureFixture[str]
) -> None:
    ports += [BRIDGE, UNKNOWN, BUILT_IN]
    assert main(["boards"]) == 0
    out = capsys.readouterr().out
    assert "WCH CH340" in out and "1A86:7523" in out and "unknown (A modem)" in out
    assert "ttyS0" not in out
    assert "Commands use /dev/ttyUSB0" not in out, "that it is one of ours is not known unless it was asked"
    assert "boards --probe`" in out
    main(["boards", "--all"])
    assert "/dev/ttyS0" in capsys.readouterr().out


def test_nothing_attached_says_what_was_looked_for(
    ports: list[FoundPort], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["boards"]) == 2
    out = capsys.readouterr().out
    assert "There is no serial port with a USB identity" in out
    assert main(["boards", "--probe"]) == 2
    assert "No board answers" in (out := capsys.readouterr().out) and "→" in out
    ports += [BUILT_IN]
    assert main(["boards"]) == 2


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        (m.Info(board="esp32", chip="esp32 x2", bundle_name=b"wrens"), "bundle 'wrens'"),
        (None, "no firmware of this project answers"),
        (PortError("/dev/ttyUSB0 is in use by another program", "close it"), "in use by another program"),
    ],
)
def test_probing(
    ports: list[FoundPort],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    found: m.Info | HilError | None,
    shown: str,
) -> None:
    asked: list[str] = []

    def probe(url: str) -> m.Info | None:
        asked.append(url)
        if isinstance(found, HilError):
            raise found
        return found

    monkeypatch.setattr("host.board.attached.probe", probe)
    ports += [BRIDGE, UNKNOWN]
    assert main(["boards", "--probe"]) == 0
    out = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert asked == ["/dev/ttyUSB0"], "a modem is not to be disturbed"
    assert "not asked" in out
    for word in shown.split():  # the table may break the line between them
        assert word in out
    assert ("Commands use /dev/ttyUSB0 unless" in out) == isinstance(found, m.Info)


@pytest.mark.parametrize("answering", [0, 1, 2])
def test_it_promises_the_port_that_the_other_commands_take(
    ports: list[FoundPort],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answering: int,
) -> None:
    other = FoundPort("/dev/ttyUSB1", "FTDI FT232R", "0403:6001", "", "")
    ports += [BRIDGE, other]
    there = [port.device for port in (BRIDGE, other)][:answering]
    monkeypatch.setattr(
        "host.board.attached.probe", lambda url: m.Info(board="esp32") if url in there else None
    )
    monkeypatch.setattr("host.board.choosing.list_ports", lambda: ports)
    assert main(["boards", "--probe", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["answers"] for row in told["ports"]] == [row["port"] in there for row in told["ports"]]
    args = Namespace(
        board=None, port=None, place=None, baud=None, damage=None, seed=None, tcp=False, qemu=None, image=None
    )
    try:
        taken = choose_board(args, "deploy", lambda _: None).port
    except BoardNotFoundError:
        taken = None
    assert told["used"] == taken == (BRIDGE.device if answering == 1 else None)


def test_what_the_environment_says_is_what_it_promises(
    ports: list[FoundPort], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ports += [BRIDGE]
    monkeypatch.setenv("HIL_PORT", "/dev/ttyUSB7")
    main(["boards"])
    assert "Commands use /dev/ttyUSB7, as variable HIL_PORT says." in capsys.readouterr().out
