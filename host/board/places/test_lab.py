"""A board that labgrid manages, in a laboratory of processes on loopback."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
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
from .place_board import PlaceBoard
from .serial_resource import address_of, the_serial_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PLACE = "lab/esp32-3"
MakeBoard = Callable[..., VirtualBoard]


@pytest.fixture(scope="module")
def places(lab: Lab, virtual_board: MakeBoard) -> Iterator[Lab]:
    """A laboratory with a board that is slow enough to be interrupted, and places with something wrong."""
    plug = serial_resource(virtual_board(baud=115200).start())
    lab.export(
        "bench",
        f"board:\n{plug}"
        "nothing:\n  NetworkPowerPort: {model: rest, host: 'http://127.0.0.1:9/{index}', index: 1}\n"
        "two:\n  a: {cls: NetworkSerialPort, host: 127.0.0.1, port: 1, protocol: raw}\n"
        "  b: {cls: NetworkSerialPort, host: 127.0.0.1, port: 2, protocol: raw}\n",
    )
    lab.place(PLACE, "bench/board/*")
    lab.place("bare")
    lab.place("powered", "bench/nothing/*")
    lab.place("two", "bench/two/*")
    lab.place("far", "elsewhere/board/*")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LG_COORDINATOR", lab.coordinator)
        yield lab


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_releases_its_place(places: Lab, tmp_path: Path, number: signal.Signals) -> None:
    words = _hil(tmp_path, "--place", PLACE, _sound(tmp_path, 120.0))
    run = subprocess.Popen(
        [sys.executable, "-m", PACKAGE, *words], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert run.stderr is not None
    with run.stderr as said:
        assert any(b"acquired" in line for line in said), "it began"
        assert places.holder(PLACE) != "None"
        run.send_signal(number)
        said.read()
    assert run.wait(60) == (ExitCode.INTERRUPTED if number == signal.SIGINT else -number)
    places.wait_released(PLACE)


def test_a_run_ends_when_its_exporter_dies(
    places: Lab, virtual_board: MakeBoard, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exporter = places.export("frail", "board:\n" + serial_resource(virtual_board(baud=115200).start()))
    place = places.place("frail", "frail/board/*")

    def kill() -> None:
        while places.holder(place) == "None":
            time.sleep(0.2)
        time.sleep(2.0)
        exporter.kill()

    threading.Thread(target=kill, daemon=True).start()
    code = main(_hil(tmp_path, "--place", place, _sound(tmp_path, 120.0)))
    assert code == ExitCode.BROKE_OFF
    told = capsys.readouterr().err
    assert "the place 'frail' is lost: its exporter 'frail' is gone" in told
    assert "Place frail: released" in told and places.holder(place) == "None"


def test_a_place_that_is_taken_away_is_not_released_for_its_new_owner(places: Lab) -> None:
    said: list[str] = []
    board = PlaceBoard(PLACE, places.coordinator, said.append)
    port = board.open()
    places.client.ask(PLACE, "release")
    other = {**places.client.environment, "LG_USERNAME": "owl"}
    subprocess.run(places.client.words(PLACE, "acquire"), env=other, check=True, capture_output=True)
    try:
        deadline = time.monotonic() + 30
        with pytest.raises(PlaceLostError, match=r"somebody released it|owl's now"):
            while time.monotonic() < deadline:
                port.read(0.1)
        board.close()
        assert not any("released" in text for text in said), said
        assert places.holder(PLACE).endswith("/owl")
    finally:
        subprocess.run(places.client.words(PLACE, "release"), env=other, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("place", "cause", "cure"),
    [
        ("nowhere", "place pattern nowhere matches nothing", "labgrid-client places"),
        ("ar", "matches multiple places", "the whole name"),
        ("bare", "has no serial port; it has no resources", "add-match"),
        ("powered", "has no serial port; it has NetworkPowerPort", "add-match"),
        ("two", "has 2 serial ports: 'bench/two/NetworkSerialPort/a', 'bench/two", "a place of its own"),
        ("far", "Match elsewhere/board/* has no matching remote resource", "labgrid-exporter runs"),
        ("-x; $(false) \u00e9'\"", "matches nothing", "labgrid-client places"),
        ("+", "matches nothing", "labgrid-client places"),
    ],
)
def test_a_place_that_cannot_be_used_is_told(places: Lab, place: str, cause: str, cure: str) -> None:
    board = PlaceBoard(place, places.coordinator, lambda _: None)
    with pytest.raises(PlaceError) as caught:
        board.open()
    board.close()
    assert cause in caught.value.cause and cure in caught.value.cure
    if place in ("bare", "powered", "two"):
        assert places.holder(place) == "None", "it was acquired to be looked at"


@pytest.mark.usefixtures("places")
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
    places: Lab,
    virtual_board: MakeBoard,
    relay: Relay,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("host.board.connecting._answer", lambda device, _board: device.connect(2.0))
    hung = socket.create_server(("127.0.0.1", 0))  # takes a connection and says nothing
    port = hung.getsockname()[1]
    board = virtual_board(tcp_port=port)

    def switched(value: str) -> None:
        hung.close()
        if value == "1":
            board.start()

    relay.switched = switched
    power = f"  NetworkPowerPort: {{model: rest, host: 'http://127.0.0.1:{relay.server_port}/{{index}}', index: 3}}\n"
    places.export("switched", "board:\n" + serial_resource(f"socket://127.0.0.1:{port}") + power)
    found = PlaceBoard(places.place("switched", "switched/board/*"), places.coordinator)
    device, info = connect(found, BoardChoice("serial"))
    device.close()
    found.close()
    assert info.board == "virtual" and relay.values == ["0", "1"]
    assert (
        "Place switched: the board does not answer; its power is switched off and on"
        in capsys.readouterr().err
    )


@pytest.mark.skipif(shutil.which("ser2net") is None, reason="ser2net is not installed (Debian: ser2net)")
@pytest.mark.skipif(not PSEUDO_TERMINALS, reason="needs a pseudo-terminal in place of a USB port")
def test_a_serial_port_behind_ser2net(places: Lab, virtual_board: MakeBoard) -> None:
    device = virtual_board(tcp=False).start()
    places.export("usb", f"board:\n  RawSerialPort: {{port: {device}, speed: 115200}}\n")
    held = HeldPlace(places.client, places.place("usb", "usb/board/*"))
    held.acquire()
    try:
        assert held.address() == device, "on this computer: without a server between"
        url = address_of(the_serial_port(held.state(), "usb"), "usb", here=lambda _: False)
        assert url is not None and url.startswith("rfc2217://127.0.0.1:")
        board = SerialBoard(url)
        found, info = connect(board, BoardChoice("serial"))
        found.close()
        board.close()
        assert info.board == "virtual"
    finally:
        assert held.release() is None


def test_pytest_takes_a_place(places: Lab, tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text(
        "def test_board(hil_device):\n    assert hil_device.raw.info().board == 'virtual'\n", encoding="utf-8"
    )
    words = ["-q", "-p", "no:cacheprovider", "-p", f"{PACKAGE}.testing.plugin", f"--hil-place={PLACE}"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "--rootdir", str(tmp_path), "-c", os.devnull, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    places.wait_released(PLACE)
