"""The lock holds between processes and goes with its holder."""

import subprocess
import sys
import time
from pathlib import Path

from .lock import file_lock

HOLD = """
import sys, time
from pathlib import Path
from host.lock import file_lock
with file_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(path: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_waits_for_the_holder(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "lock"
    with holder(path) as first:
        second = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        )
        try:
            time.sleep(0.3)
            assert second.poll() is None, "the second must wait"
        finally:
            first.communicate()
            output, _ = second.communicate(timeout=20)
    assert output == "held\n"


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with holder(path) as process:
        process.kill()
    with file_lock(path), path.open("rb"):
        pass


def test_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(2):
        with file_lock(tmp_path / "lock"):
            pass
