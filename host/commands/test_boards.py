"""`boards`: the table of what is attached."""

import pytest

from ..board.discovery import FoundPort
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
    assert "Commands use /dev/ttyUSB0" in out and "ttyS0" not in out
    main(["boards", "--all"])
    assert "/dev/ttyS0" in capsys.readouterr().out


def test_nothing_attached_says_what_was_looked_for(
    ports: list[FoundPort], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["boards"]) == 2
    out = capsys.readouterr().out
    assert "there is no serial port at all" in out and "→" in out
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

    monkeypatch.setattr("host.commands.boards.probe", probe)
    ports += [BRIDGE, UNKNOWN]
    assert main(["boards", "--probe"]) == 0
    out = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert asked == ["/dev/ttyUSB0"], "a modem is not to be disturbed"
    assert "not asked" in out
    for word in shown.split():  # the table may break the line between them
        assert word in out
