"""What labgrid says is foreign text, a place is one way among others to name a board, and its power is tried once."""

import argparse
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ...errors import HilError
from ...line.connection import LinkError
from ...link import messages as m
from .. import connecting
from ..choice import BoardChoice
from ..choosing_several import choose_boards
from ..options import add_board_options, choice_from, make_board
from ..test_options import parsed
from .held_place import HeldPlace, PlaceLostError
from .labgrid_client import (
    PROGRAM,
    PROGRAM_VARIABLE,
    LabgridClient,
    PlaceError,
    check_coordinator,
    find_client,
    reason,
)
from .place_board import PlaceBoard
from .place_state import PlaceState, read_state
from .serial_resource import address_of, is_this_computer, the_serial_port

posix = pytest.mark.skipif(sys.platform == "win32", reason="labgrid does not run on Windows")


def _shown(*resources: str, holder: str = "vm/wren", comment: str = "") -> str:
    comment = f"  comment: {comment}\n" if comment else ""
    return f"Place 'x':\n{comment}  matches:\n    e/g/*\n  acquired: {holder}\n  changed: 2026\n" + "".join(
        resources
    )


def _resource(
    params: object, kind: str = "NetworkSerialPort", name: str = "s", available: bool = True
) -> str:
    values = {"acquired": "x", "avail": available, "cls": kind, "params": params}
    return f"Acquired resource '{name}' (e/g/{kind}/{name}):\n  {values!r}\n"


def _address(params: dict[str, Any], available: bool = True, here: bool = False) -> str | None:
    state = read_state(_shown(_resource(params, available=available)))
    return address_of(the_serial_port(state, "x"), "x", lambda _: here)


def test_a_place_is_read_as_labgrid_shows_it() -> None:
    text = _shown(_resource({"host": "h", "port": 1}), "Orphaned resource 'p' (far/g/NetworkPowerPort/p)\n")
    state = read_state(text)
    assert state.holder == "vm/wren" and [one.name for one in state.resources] == ["s", "p"]
    assert [one.exporter for one in state.orphans] == ["far"] and state.has_power
    assert read_state(_shown(holder="None")).holder is None


def test_a_comment_says_nothing_of_who_has_a_place() -> None:
    assert read_state(_shown(comment="mine\n  acquired: vm/owl")).holder == "vm/wren"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        _shown("Acquired resource 's' (e/g/NetworkSerialPort/s):\n  {'params': __import__('os').abort()}\n"),
        _shown("Acquired resource 's' (e/g/NetworkSerialPort/s):\n  " + "[" * 100_000 + "\n"),
        _shown("Acquired resource 's' (e/g/NetworkSerialPort/s):\n  {'params': 3}\n"),
        _shown("Acquired resource 's' (e/g/NetworkSerialPort/s):\n  []\n"),
        _shown("Acquired resource 's' (e/g/NetworkSerialPort/s):\n"),
        _shown("Acquired resource 's' (e/s):\n  {}\n"),
    ],
)
def test_what_cannot_be_read_is_told(text: str) -> None:
    with pytest.raises(PlaceError, match="cannot be read") as caught:
        read_state(text)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    ("params", "url"),
    [
        ({"host": "h", "port": 4000, "protocol": "raw"}, "socket://h:4000"),
        ({"host": "h", "port": 4000}, "rfc2217://h:4000?ign_set_control"),
        ({"host": "::1", "port": 4000, "protocol": "raw"}, None),
        ({"host": "[::1]", "port": 4000, "protocol": "raw"}, "socket://[::1]:4000"),
        ({"host": "h:7", "port": 4000, "protocol": "raw"}, "socket://h:7"),
        ({"host": "h", "port": None, "extra": {"path": "/dev/ttyUSB0"}}, ""),
        ({"host": "h", "port": 4000, "protocol": "spy"}, None),
        ({"host": "h/../x", "port": "4000"}, None),
        ({"host": "h x", "port": 4000}, None),
        ({"host": "h", "port": 70000}, None),
        ({"host": "h", "port": True}, None),
        ({"host": None, "port": 4000}, None),
        ({"port": 4000}, None),
        ({"host": "\x1b[31m", "port": 4000}, None),
        ({"host": "h", "port": 4000, "extra": {"broken": "start failed"}}, None),
        ({"host": "h", "port": 4000, "extra": {"proxy_required": True, "proxy": "gate"}}, None),
    ],
)
def test_the_serial_ports_address(params: dict[str, Any], url: str | None) -> None:
    """None: refused with cause and cure; empty: not yet there."""
    if url is None:
        with pytest.raises(PlaceError, match="cannot be used") as caught:
            _address(params)
        assert caught.value.cure and "\x1b" not in str(caught.value)
    else:
        assert _address(params) == (url or None)


@posix
def test_a_port_of_this_computer_is_opened_as_a_device() -> None:
    params = {"host": "h", "port": 4000, "extra": {"path": "/dev/null"}}
    assert _address(params, here=True) == "/dev/null"
    assert _address(params, here=False) == "rfc2217://h:4000?ign_set_control"
    params["extra"] = {"path": "/etc/passwd"}
    assert _address(params, here=True) == "rfc2217://h:4000?ign_set_control", "no device"


def test_an_unplugged_board_is_told() -> None:
    with pytest.raises(PlaceError, match="it is not there"):
        _address({"host": "h", "port": 1}, available=False)


@pytest.mark.parametrize(
    ("resources", "cause"),
    [
        ((), "has no serial port; it has no resources"),
        ((_resource({}, "NetworkPowerPort"),), "has no serial port; it has NetworkPowerPort"),
        (
            (_resource({}, name="a"), _resource({}, name="b'x")),
            "has 2 serial ports: 'e/g/NetworkSerialPort/a', \"e/g",
        ),
    ],
)
def test_a_place_has_one_serial_port(resources: tuple[str, ...], cause: str) -> None:
    with pytest.raises(PlaceError) as caught:
        the_serial_port(read_state(_shown(*resources)), "x")
    assert cause in caught.value.cause and "labgrid-client -p x" in caught.value.cure


def test_which_host_is_this_computer() -> None:
    assert is_this_computer("127.0.0.1") and is_this_computer("localhost")
    assert not is_this_computer("192.0.2.1") and not is_this_computer("a" * 300)


@pytest.mark.parametrize(
    "address", ["", "h:", "h:x", "h:99999", "http://h", "a b", "h/x", "u@h", "[::1", "h\n", ":1"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(PlaceError, match="no address of a labgrid coordinator"):
        check_coordinator(address)


@pytest.mark.parametrize("address", ["h", "h:20408", "127.0.0.1:1", "[::1]:20408"])
def test_an_address_is_taken(address: str) -> None:
    check_coordinator(address)


def test_a_reason_is_labgrids_own_words() -> None:
    assert reason("", "labgrid-client: Error: place x is not acquired\n") == "place x is not acquired"
    assert reason("", "ERROR              root: gone\nServer error: Error: no\n") == "gone; no"
    assert reason("", "Traceback (most recent call last):\n  x\nOSError: no way\n") == "OSError: no way"
    assert reason("", "") == "it gave no reason" and len(reason("x" * 9999, "")) == 500


# ---- options


@pytest.fixture
def nothing_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for variable in ("HIL_BOARD", "HIL_PORT", "HIL_PLACE", "LG_COORDINATOR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "hil.toml"


def _choice(*words: str) -> BoardChoice:
    return choice_from(parsed(*words))


def test_a_place_names_a_board(nothing_said: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing_said.write_text('place = "lab/a"\ncoordinator = "lab:1"\n', encoding="utf-8")
    assert (_choice().place, _choice().coordinator, _choice().kind) == ("lab/a", "lab:1", "serial")
    assert isinstance(make_board(_choice(), Path("none")), PlaceBoard)
    monkeypatch.setenv("HIL_PLACE", "lab/b")
    monkeypatch.setenv("LG_COORDINATOR", "lab:2")
    assert (_choice().place, _choice().coordinator) == ("lab/b", "lab:2")
    assert _choice("--place", "lab/c", "--coordinator", "lab:3").coordinator == "lab:3"
    assert _choice("--board", "virtual").place is None, "an option has more weight"
    assert _choice("--port", "COM3").place is None


@pytest.mark.usefixtures("nothing_said")
def test_a_run_takes_the_board_of_a_place() -> None:
    parser = argparse.ArgumentParser()
    add_board_options(parser, several=True)
    (named,) = choose_boards(parser.parse_args(["--place", "lab/a"]), "run", lambda _: None)
    assert (named.name, named.choice.place) == ("lab/a", "lab/a")


@pytest.mark.parametrize("other", [("--port", "COM3"), ("--board", "virtual"), ("--board", "esp32")])
def test_a_place_excludes_other_ways_to_name_a_board(nothing_said: Path, other: tuple[str, str]) -> None:
    assert not nothing_said.exists()
    with pytest.raises(HilError, match=f"option --place and option {other[0]} each say which board"):
        _choice("--place", "x", *other)


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("--place", ""), "--place is empty"),
        (("--place", "x\x1b[31m"), "is no name of a place"),
        (("--place", "x\x00"), "is no name of a place"),
        (("--place", "x", "--coordinator", ""), "--coordinator is empty"),
        (("--place", "x", "--coordinator", "h:h"), "is no address of a labgrid coordinator"),
        (("--place", "x", "--tcp"), "--tcp is for the virtual board"),
        (("--place", "x", "--image", "b"), "--image is for the emulator"),
    ],
)
def test_what_a_place_cannot_have_is_refused(nothing_said: Path, words: tuple[str, ...], cause: str) -> None:
    assert not nothing_said.exists()
    with pytest.raises(HilError, match=cause) as caught:
        _choice(*words)
    assert "\x1b" not in str(caught.value)


# ---- the client


@posix
def test_a_client_that_is_named_must_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for named in ("", " ", str(tmp_path), str(tmp_path / "none")):
        monkeypatch.setenv(PROGRAM_VARIABLE, named)
        with pytest.raises(PlaceError, match=f"{PROGRAM_VARIABLE} names no program"):
            find_client("h:1")


@posix
def test_a_client_on_the_path_is_taken_and_nothing_of_ours_misleads_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / PROGRAM).write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / PROGRAM).chmod(0o755)
    monkeypatch.delenv(PROGRAM_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("LG_ENV", "all-places.yaml")
    monkeypatch.setenv("LG_PLACE", "another")
    client = find_client("h:1")
    assert client.program == str(tmp_path / PROGRAM) and client.environment["LG_COORDINATOR"] == "h:1"
    assert not {"LG_ENV", "LG_PLACE"} & set(client.environment)


FAKE = """#!/bin/sh
# A labgrid-client that keeps who has the place in a file.
cd {folder}
case "$*" in
  *acquire) echo x > held; echo "acquired place x" ;;
  *release) [ -e stuck ] && {{ echo "labgrid-client: Error: no" >&2; exit 1; }}; rm -f held; echo released >> log ;;
  *show) [ -e deaf ] && sleep 60
    printf "Place 'x':\\n  acquired: %s\\n" "$(cat held || echo None)"
    cat resources ;;
  monitor) while [ ! -e changed ]; do sleep 0.05; done; cat changed; rm changed; exec sleep 60 ;;
esac
"""


@pytest.fixture
def fake(tmp_path: Path) -> LabgridClient:
    """A client that is a script, in `tmp_path`."""
    program = tmp_path / PROGRAM
    program.write_text(FAKE.format(folder=tmp_path), encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    serial = {"host": "127.0.0.1", "port": 1, "protocol": "raw"}
    (tmp_path / "resources").write_text(_resource(serial), encoding="utf-8")
    return LabgridClient(str(program), "h:1", dict(os.environ))


def _until(there: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _group_lives(number: int) -> bool:
    try:
        os.killpg(number, 0)
    except ProcessLookupError:
        return False
    return True


@posix
def test_a_place_is_released_when_what_holds_it_was_killed(fake: LabgridClient, tmp_path: Path) -> None:
    held = HeldPlace(fake, "x")
    held.acquire()
    assert held.address() == "socket://127.0.0.1:1"
    assert held._keeper is not None
    held._keeper.kill()
    _until(lambda: held.lost)
    with pytest.raises(PlaceLostError, match="the process that holds it ended"):
        held.still_ours()
    pid = held._keeper.pid
    _until(lambda: not _group_lives(pid))
    assert held.release() is None and not (tmp_path / "held").exists()
    assert held.release() is None, "once more does nothing"


@posix
def test_only_news_of_the_place_are_looked_at(fake: LabgridClient, tmp_path: Path) -> None:
    held = HeldPlace(fake, "x")
    held.acquire()
    (tmp_path / "resources").write_text("Orphaned resource 's' (e/g/NetworkSerialPort/s)\n", encoding="utf-8")
    (tmp_path / "new").write_text("Place xy changed:\nResource e/g/???/s deleted\n", encoding="utf-8")
    (tmp_path / "new").rename(tmp_path / "changed")
    _until(lambda: held.lost)
    assert "its exporter 'e' is gone" in str(held.lost)
    assert held.release() is None and (tmp_path / "log").read_text(encoding="utf-8") == "released\n"


@posix
def test_a_place_that_is_another_users_now_stays_theirs(fake: LabgridClient, tmp_path: Path) -> None:
    held = HeldPlace(fake, "x")
    held.acquire()
    (tmp_path / "held").write_text("owl", encoding="utf-8")
    (tmp_path / "new").write_text("Place x changed:\n  acquired: x -> owl\n", encoding="utf-8")
    (tmp_path / "new").rename(tmp_path / "changed")
    _until(lambda: held.lost)
    assert "it is owl's now" in str(held.lost) and held.forgotten
    assert held.release() is None and (tmp_path / "held").exists() and not (tmp_path / "log").exists()


@posix
def test_a_look_that_ends_after_the_release_finds_nothing_lost(
    fake: LabgridClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = HeldPlace(fake, "x")
    held.acquire()
    look = held.state

    def slowly() -> PlaceState:
        assert held.release() is None
        return look()

    monkeypatch.setattr(held, "state", slowly)
    held._check()
    assert not (tmp_path / "held").exists() and held.lost is None and not held.forgotten


@posix
@pytest.mark.slow
def test_a_place_that_cannot_be_released_is_told(
    fake: LabgridClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("host.board.places.place_board.SerialBoard.open", lambda _self: None)
    monkeypatch.setattr("host.board.places.place_board.WatchedPort", lambda *_: None)
    board = PlaceBoard("x", "h:1", said.append, lambda *_: fake)
    board.open()
    (tmp_path / "stuck").touch()
    board.close()
    assert said[-1].startswith("warning: place x was not released: labgrid refuses `release`")


@posix
def test_labgrid_has_a_time_limit(fake: LabgridClient, tmp_path: Path) -> None:
    (tmp_path / "deaf").touch()
    start = time.monotonic()
    with pytest.raises(PlaceError, match=r"does not answer within 1 s .*show"):
        fake.ask("x", "show", limit_s=1.0)
    assert time.monotonic() - start < 45  # it sleeps for a minute
    with pytest.raises(PlaceError, match="does not start"):
        fake.ask("x\x00", "show")


@posix
def test_the_keeper_releases_when_its_run_is_gone(fake: LabgridClient, tmp_path: Path) -> None:
    """Also where the run was killed while labgrid still acquired: the end of the input is the end of the run."""
    asked = {
        "program": fake.program,
        "coordinator": "h:1",
        "environment": dict(fake.environment),
        "place": "x",
    }
    done = subprocess.run(
        [sys.executable, "-m", "host.board.places.place_keeper"],
        input=json.dumps(asked) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert [json.loads(line) for line in done.stdout.splitlines()] == [{"acquired": "x"}, {"released": "x"}]
    assert not (tmp_path / "held").exists()


# ---- power


class Hung:
    """A board that answers after its power was off `useful` times."""

    def __init__(self, useful: int, has_power: bool = True) -> None:
        self.cycles, self.asked, self._useful, self._has_power = 0, 0, useful, has_power

    def power_cycle(self) -> bool:
        if not self._has_power or self.cycles:
            return False
        self.cycles += 1
        return True


@pytest.mark.parametrize(
    ("board", "answers", "asked"), [(Hung(1), True, 2), (Hung(2), False, 2), (Hung(1, False), False, 1)]
)
def test_the_power_is_tried_once(
    board: Hung, answers: bool, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take_over(*_: object) -> tuple[str, m.Info]:
        board.asked += 1
        if board.cycles < board._useful:
            raise LinkError("no answer", "look at the cable")
        return "device", m.Info()

    monkeypatch.setattr(connecting, "_take_over", take_over)
    if answers:
        assert connecting.connect(board, BoardChoice("serial"))[0] == "device"  # type: ignore[arg-type, comparison-overlap]
    else:
        with pytest.raises(LinkError, match="no answer"):
            connecting.connect(board, BoardChoice("serial"))  # type: ignore[arg-type]
    assert board.asked == asked


@posix
def test_a_place_switches_its_power_once(
    fake: LabgridClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host.board.places.place_board.SerialBoard.open", lambda _self: None)
    monkeypatch.setattr("host.board.places.place_board.WatchedPort", lambda *_: None)
    said: list[str] = []
    board = PlaceBoard("x", "h:1", said.append, lambda *_: fake)
    assert not board.power_cycle(), "it is not acquired"
    board.open()
    assert not board.power_cycle(), "nothing switches it"
    with (tmp_path / "resources").open("a", encoding="utf-8") as file:
        file.write(_resource({"index": 1}, "NetworkPowerPort", "p"))
    assert board.power_cycle() and not board.power_cycle()
    board.close()
    assert sum("switched off and on" in text for text in said) == 1
