"""A laboratory on loopback: labgrid's coordinator and exporters as processes, virtual boards behind them."""

import contextlib
import http.server
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from ...checkout import DEFAULT_BUNDLE
from ...own_environment import NotInstalledError, OwnEnvironment
from ..kinds.virtual import VirtualBoard, VirtualOptions, virtual_program
from .labgrid_client import PACKAGE, PROGRAM, PROGRAM_VARIABLE, LabgridClient, find_client

READY_S = 120.0
LISTENING = re.compile(rb"listening on 127\.0\.0\.1:(\d+)")
CONNECTED = re.compile(rb"(connected to coordinator)")


class Lab:
    """Coordinator and exporters.

    Attributes:
        coordinator: its address.
        client: labgrid's client for it.
        folder: for their files.
    """

    def __init__(self, folder: Path, programs: Path, places: Mapping[str, tuple[str, ...]]) -> None:
        self.folder = folder
        (folder / "places.yaml").write_text(
            _places(places), encoding="utf-8"
        )  # the coordinator keeps them there
        self._programs = programs
        self._processes: list[subprocess.Popen[bytes]] = []
        port = self._start("coordinator", LISTENING, "-l", "127.0.0.1:0")[1]
        self.coordinator = f"127.0.0.1:{port}"
        self.client: LabgridClient = find_client(self.coordinator)

    def export(self, name: str, resources: str) -> "subprocess.Popen[bytes]":
        """Start an exporter with what `resources` says, as YAML, and wait until the coordinator knows them."""
        path = self.folder / f"{name}.yaml"
        path.write_text(resources, encoding="utf-8")
        words = ("-c", self.coordinator, "-n", name, "--hostname", "127.0.0.1", str(path))
        exporter = self._start("exporter", CONNECTED, *words)[0]
        deadline = time.monotonic() + READY_S
        while f"{name}/" not in self.client.ask("", "resources"):
            assert time.monotonic() < deadline, "the coordinator does not know the exporter"
            time.sleep(0.2)
        return exporter

    def holder(self, place: str) -> str:
        """Host and user that have a place; "None": nobody."""
        shown = self.client.ask(place, "show")
        return re.findall(r"^  acquired: (.*)$", shown, re.MULTILINE)[-1]

    def wait_released(self, place: str, limit_s: float = 30.0) -> None:
        """Fail unless the place is released in time."""
        deadline = time.monotonic() + limit_s
        while (holder := self.holder(place)) != "None":
            assert time.monotonic() < deadline, f"{holder} still has {place}"
            time.sleep(0.2)

    def _start(
        self, what: str, ready: "re.Pattern[bytes]", *words: str
    ) -> tuple["subprocess.Popen[bytes]", str]:
        said = self.folder / f"{what}-{len(self._processes)}.txt"
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        environment.pop("PYTHONPATH", None)
        with said.open("wb") as file:
            process = subprocess.Popen(
                [str(self._programs / f"labgrid-{what}"), *words],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=environment,
            )
        self._processes.append(process)
        deadline = time.monotonic() + READY_S
        while not (found := ready.search(said.read_bytes())):
            assert process.poll() is None and time.monotonic() < deadline, said.read_text()
            time.sleep(0.1)
        return process, found[1].decode()

    def close(self) -> None:
        """End all, exporters first: they end their servers."""
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _places(places: Mapping[str, tuple[str, ...]]) -> str:
    """Places as the coordinator keeps them: to tell it with its client takes a second each."""
    lines = []
    for name, match in places.items():
        exporter, group = match or ("", "")
        matches = (
            f"[{{exporter: {exporter}, group: {group}, cls: '*', name: null, rename: null}}]"
            if match
            else "[]"
        )
        lines.append(f"{name}: {{created: 1.0, changed: 1.0, matches: {matches}}}\n")
    return "".join(lines)


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder of labgrid's programs; tests skip where it cannot be installed."""
    named = os.environ.get(PROGRAM_VARIABLE)
    if named:
        return Path(named).parent
    try:
        return OwnEnvironment(PACKAGE).program(PROGRAM).parent
    except NotInstalledError as error:
        pytest.skip(f"labgrid cannot be installed here: {error.cause}")


@pytest.fixture(scope="module")
def make_lab(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Lab]]:
    """Makes a laboratory without exporters, with these places: exporter and group by name."""
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        patch.setenv(PROGRAM_VARIABLE, str(programs / PROGRAM))

        def make(places: Mapping[str, tuple[str, ...]]) -> Lab:
            lab = Lab(tmp_path_factory.mktemp("lab"), programs, places)
            stack.callback(lab.close)
            patch.setenv("LG_COORDINATOR", lab.coordinator)
            return lab

        yield make


@pytest.fixture(scope="module")
def virtual_board() -> Iterator[Callable[..., VirtualBoard]]:
    """Makes virtual boards behind TCP ports; `start` gives a URL."""
    made: list[VirtualBoard] = []

    def make(**options: object) -> VirtualBoard:
        made.append(VirtualBoard(virtual_program(DEFAULT_BUNDLE), VirtualOptions(**{"tcp": True, **options})))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for board in made:
        board.close()


class Relay(http.server.ThreadingHTTPServer):
    """A switch as labgrid's power driver `rest` drives it.

    Attributes:
        values: what it was set to, in turn.
        switched: called with each.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Switch)
        self.values: list[str] = []
        self.switched: Callable[[str], None] = lambda _value: None
        self.daemon_threads = True
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Switch(http.server.BaseHTTPRequestHandler):
    server: Relay

    def do_PUT(self) -> None:
        value = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.values.append(value)
        self.server.switched(value)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def relay() -> Iterator[Relay]:
    """Such a switch."""
    server = Relay()
    yield server
    server.shutdown()
    server.server_close()


def serial_resource(url: str) -> str:
    """A virtual board's plug as a resource, in YAML, indented as one of a group."""
    host, port = re.fullmatch(r"socket://(.*):(\d+)", url).groups()  # type: ignore[union-attr]
    return f"  NetworkSerialPort: {{host: {host}, port: {port}, protocol: raw}}\n"
