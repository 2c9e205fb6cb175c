"""A port has one user at a time, and the second one hears who it is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..checkout import ROOT
from .port import PortError
from .port_lock import PortLock

URL = "socket://127.0.0.1:4000"


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_a_second_run_is_told_who_is_there(tmp_path: Path) -> None:
    code = (
        "import sys, tempfile; tempfile.tempdir = sys.argv[1]\n"
        f"from host.line.port_lock import PortLock; lock = PortLock({URL!r}); print('held', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(PortError, match=f"{URL} is in use by process {process.pid} ") as caught:
            PortLock(URL)
        assert "stop it" in caught.value.cure
        process.kill()
        process.wait()
    PortLock(URL).release()


def test_other_ports_and_later_runs_are_free() -> None:
    first = PortLock(URL)
    PortLock("socket://127.0.0.1:4001").release()
    with pytest.raises(PortError, match=f"process {os.getpid()}"):
        PortLock(URL)
    first.release()
    first.release()
    PortLock(URL).release()


def test_names_of_one_device_count_as_one(tmp_path: Path) -> None:
    device, link = tmp_path / "ttyUSB0", tmp_path / "by-id"
    device.touch()
    link.symlink_to(device)
    lock = PortLock(str(device))
    with pytest.raises(PortError, match="in use"):
        PortLock(str(link))
    lock.release()


def test_where_no_lock_can_be_written_the_port_is_tried(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))
    PortLock(URL).release()
