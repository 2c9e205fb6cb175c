"""A board that labgrid manages, in a laboratory of processes on loopback."""

import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ... import PACKAGE
from ...checkout import ROOT
from ...cli import main
from ...errors import ExitCode
from ..choice import BoardChoice
from ..connecting import connect
from ..kinds.serial_line import SerialBoard
from ..kinds.virtual import PSEUDO_TERMINALS, VirtualBoard
from .conftest import Lab, Relay, serial_resource
from .held_place import HeldPlace, PlaceLostError
from .labgrid_client import PlaceError
from .place_board import PlaceBoard, WatchedPort
from .serial_resource import address_of, the_serial_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PLACE = "lab/esp32-3"
MakeBoard = Callable[..., VirtualBoard]


PLACES = {
    PLACE: ("bench", "board"),
    "frail": ("frail", "board"),
    "bare": (),
    "far": ("elsewhere", "board"),
    "switched": ("bench", "switched"),
    "usb": ("bench", "usb"),
}
SER2NET = shutil.which("ser2net") is not None or Path("/usr/sbin/ser2net").is_file()


@dataclass(frozen=True)
class Bench:
    """What the one exporter offers beside a board that is slow enough to be interrupted.

    Attributes:
        lab: the laboratory.
        hung: a socket that takes a connection and says nothing, until its power is off.
        device: a virtual board's pseudo-terminal, in place of a USB port; empty without ser2net.
    """

    lab: Lab
    hung: socket.socket
    device: str


@pytest.fixture(scope="module")
def bench(make_lab: Callable[..., Lab], virtual_board: MakeBoard, relay: Relay) -> Iterator[Bench]:
    """A laboratory with an exporter, and places with something wrong."""
    lab = make_lab(PLACES)
    device = virtual_board(tcp=False).start() if SER2NET and PSEUDO_TERMINALS else ""
    with socket.create_server(("127.0.0.1", 0)) as hung:
        power = f"http://127.0.0.1:{relay.server_port}/{{index}}"
        lab.export(
            "bench",
            f"board:\n{serial_resource(virtual_board(baud=115200).start())}"
            f"switched:\n{serial_resource(f'socket://127.0.0.1:{hung.getsockname()[1]}')}"
            f"  NetworkPowerPort: {{model: rest, host: '{power}', index: 3}}\n"
            + (f"usb:\n  RawSerialPort: {{port: {device}, speed: 115200}}\n" if device else ""),
        )
        yield Bench(lab, hung, device)


@pytest.fixture
def places(bench: Bench) -> Lab:
    """That laboratory."""
    return bench.lab


def _sound(folder: Path, seconds: float) -> str:
    path = folder / "noise.wav"
    soundfile.write(path, np.random.default_rng(1).integers(-3000, 3000, int(8000 * seconds), np.int16), 8000)
    return str(path)


def _hil(folder: Path, *words: str) -> list[str]:
    return ["run", *words, "--features-only", "--no-html", "--report", str(folder / "report")]


def test_a_run_acquires_its_place_and_releases_it(
    places: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(_hil(tmp_path, "--place", PLACE, _sound(tmp_path, 1.0))) == ExitCode.DONE
    told = capsys.readouterr().err
    assert f"Place {PLACE}: acquired" in told and f"Place {PLACE}: released" in told
    assert f"place {PLACE} (socket://127.0.0.1:" in (tmp_path / "report" / "report.json").read_text(
        encoding="utf-8"
    )
    assert places.holder(PLACE) == "None"


def test_a_second_user_is_told_labgrids_own_reason(
    places: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    held = HeldPlace(places.client, PLACE)
    held.acquire()
    try:
        monkeypatch.setenv("LG_USERNAME", "wren")
        assert main(_hil(tmp_path, "--place", PLACE, _sound(tmp_path, 1.0))) == ExitCode.BROKE_OFF
        told = capsys.readouterr().err
        assert f"Place {PLACE} is already acquired by" in told and "labgrid-client who" in told
        assert places.holder(PLACE) != "None", "it is still the first user's"
    finally:
        assert held.release() is None
    assert places.holder(PLACE) == "None"


def test_a_place_that_is_reserved_is_taken_by_its_token(
    places: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places.client.ask(PLACE, "set-tags", "bird=wren")
    said = places.client.ask("", "reserve", "--shell", "--wait", "bird=wren")
    token = re.findall(r"LG_TOKEN=(\w+)", said)[-1]
    try:
        assert main(_hil(tmp_path, "--place", f"+{token}", _sound(tmp_path, 1.0))) == ExitCode.DONE
        told = capsys.readouterr().err
        assert f"Place {PLACE}: acquired" in told and f"Place {PLACE}: released" in told
        assert places.holder(PLACE) == "None"
    finally:
        places.client.ask("", "cancel-reservation", token)


def _boards_told(folder: Path) -> list[dict[str, str]]:
    report = json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))
    boards: list[dict[str, str]] = report["boards"]
    return boards


def test_a_place_is_a_board_of_a_farm(places: Lab, tmp_path: Path) -> None:
    farm = tmp_path / "farm.toml"
    farm.write_text(
        f'[[board]]\nname = "shelf"\nkind = "serial"\nplace = "{PLACE}"\n'
        f'coordinator = "{places.coordinator}"\n[[board]]\nname = "here"\nkind = "virtual"\n',
        encoding="utf-8",
    )
    words = _hil(tmp_path, "--boards", str(farm), _sound(tmp_path, 1.0))
    assert main(words) == ExitCode.DONE
    boards = _boards_told(tmp_path)
    assert [(board["name"], board["lost"]) for board in boards] == [("shelf", ""), ("here", "")]
    assert places.holder(PLACE) == "None"
    held = HeldPlace(places.client, PLACE)
    held.acquire()
    try:  # somebody else has it: that board is lost, the other one goes on
        assert main(words) == ExitCode.PARTLY
    finally:
        assert held.release() is None
    assert ["already acquired" in each["lost"] for each in _boards_told(tmp_path)] == [
        True,
        False,
    ]


def test_a_run_that_is_interrupted_releases_its_place(places: Lab, tmp_path: Path) -> None:
    words = _hil(tmp_path, "--place", PLACE, _sound(tmp_path, 300.0))
    # A shell that starts something in the background leaves it deaf to Ctrl-C.
    text = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        f"from {PACKAGE}.cli import main; sys.exit(main())"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", text, *words], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert run.stderr is not None
    with run.stderr as said:
        assert any(b"acquired" in line for line in said), "it began"
        run.send_signal(signal.SIGINT)
        assert b"released" in said.read()
    assert run.wait(60) == ExitCode.INTERRUPTED
    assert places.holder(PLACE) == "None"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_program_that_is_killed_releases_its_place(places: Lab, number: signal.Signals) -> None:
    text = (
        f"import sys; from {PACKAGE}.board.places.place_board import PlaceBoard; board = PlaceBoard(*sys.argv[1:]); "
        "board.open(); print('open', flush=True); sys.stdin.read()"
    )
    program = subprocess.Popen(
        [sys.executable, "-c", text, PLACE, places.coordinator],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with program as running:
        assert running.stdout is not None and running.stdout.readline() == b"open\n"
        running.send_signal(number)
    assert program.returncode == -number
    places.wait_released(PLACE)


def test_a_run_ends_when_its_exporter_dies(
    places: Lab,
    virtual_board: MakeBoard,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    exporter = places.export("frail", "board:\n" + serial_resource(virtual_board(baud=115200).start()))

    write, writes = WatchedPort.write, itertools.count()

    def writing(port: WatchedPort, data: bytes) -> None:
        if next(writes) == 20:  # the stream has begun; the line itself goes on
            exporter.kill()
        write(port, data)

    monkeypatch.setattr(WatchedPort, "write", writing)
    # So long that a busy computer does not come to its end before it hears of the exporter.
    assert main(_hil(tmp_path, "--place", "frail", _sound(tmp_path, 1800.0))) == ExitCode.BROKE_OFF
    told = capsys.readouterr().err
    assert "the place 'frail' is lost: its exporter 'frail' is gone" in told
    assert "Place frail: released" in told and places.holder("frail") == "None"


def test_a_place_that_is_taken_away_ends_the_run(places: Lab) -> None:
    said: list[str] = []
    board = PlaceBoard(PLACE, places.coordinator, said.append)
    port = board.open()
    places.client.ask(PLACE, "release")
    deadline = time.monotonic() + 120
    with pytest.raises(PlaceLostError, match="somebody released it"):
        while time.monotonic() < deadline:
            port.read(0.1)
    board.close()
    assert not any("released" in text for text in said), said


@pytest.mark.parametrize(
    ("place", "cause", "cure"),
    [
        ("ar", "matches multiple places", "the whole name"),
        ("bare", "has no serial port; it has no resources", "add-match"),
        ("far", "Match elsewhere/board/* has no matching remote resource", "labgrid-exporter runs"),
        ("-x; $(false) \u00e9'\"", "matches nothing", "labgrid-client places"),
    ],
)
def test_a_place_that_cannot_be_used_is_told(places: Lab, place: str, cause: str, cure: str) -> None:
    board = PlaceBoard(place, places.coordinator, lambda _: None)
    with pytest.raises(PlaceError) as caught:
        board.open()
    board.close()
    assert cause in caught.value.cause and cure in caught.value.cure
    if place == "bare":
        assert places.holder(place) == "None", "it was acquired to be looked at"


@pytest.mark.usefixtures("bench")
def test_a_coordinator_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
    words = ("--place", PLACE, "--coordinator", address, _sound(tmp_path, 1.0))
    assert main(_hil(tmp_path, *words)) == ExitCode.BROKE_OFF
    told = capsys.readouterr().err
    assert (
        f"labgrid's coordinator at {address} does not answer" in told and "start labgrid-coordinator" in told
    )


def test_a_board_that_does_not_answer_is_switched_off_and_on(
    bench: Bench,
    virtual_board: MakeBoard,
    relay: Relay,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    waits = iter((2.0, 120.0))
    monkeypatch.setattr("host.board.connecting._answer", lambda device, _board: device.connect(next(waits)))
    board = virtual_board(tcp_port=bench.hung.getsockname()[1])

    def switched(value: str) -> None:
        bench.hung.close()
        if value == "1":
            board.start()

    relay.switched = switched
    found = PlaceBoard("switched", bench.lab.coordinator)
    with contextlib.closing(found):
        device, info = connect(found, BoardChoice("serial"))
        device.close()
    assert info.board == "virtual" and relay.values == ["0", "1"]
    assert (
        "Place switched: the board does not answer; its power is switched off and on"
        in capsys.readouterr().err
    )


@pytest.mark.skipif(not SER2NET, reason="ser2net is not installed (Debian: ser2net)")
@pytest.mark.skipif(not PSEUDO_TERMINALS, reason="needs a pseudo-terminal in place of a USB port")
def test_a_serial_port_behind_ser2net(bench: Bench) -> None:
    held = HeldPlace(bench.lab.client, "usb")
    held.acquire()
    try:
        assert held.address() == bench.device, "on this computer: without a server between"
        url = address_of(the_serial_port(held.state(), "usb"), "usb", here=lambda _: False)
        assert url is not None and url.startswith("rfc2217://127.0.0.1:")
        with contextlib.closing(SerialBoard(url)) as board:
            found, info = connect(board, BoardChoice("serial"))
            found.close()
        assert info.board == "virtual"
    finally:
        assert held.release() is None


def test_pytest_takes_a_place(places: Lab, tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text(
        "def test_board(hil_device):\n    assert hil_device.raw.info().board == 'virtual'\n", encoding="utf-8"
    )
    words = ["-q", "-p", "no:cacheprovider", "-p", "no:hil", "-p", f"{PACKAGE}.testing.plugin"]
    words.append(f"--hil-place={PLACE}")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "--rootdir", str(tmp_path), "-c", os.devnull, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    places.wait_released(PLACE)
