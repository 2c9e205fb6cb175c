"""A virtual board without the tool that started it."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from ...checkout import DEFAULT_BUNDLE
from ...line.port import PortError
from .virtual import VirtualBoard, VirtualOptions, virtual_program

ROOT = Path(__file__).resolve().parents[3]
STARTER = """
import sys, time
from pathlib import Path
from {package}.board.kinds.virtual import VirtualBoard, VirtualOptions

board = VirtualBoard(Path(sys.argv[1]), VirtualOptions(inference=sys.argv[2] == "yes"))
board.start()
print(board._firmware.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("inference", ["yes", "no"])
def test_a_board_ends_with_the_tool_that_started_it(inference: str) -> None:
    """The tool is killed at the first moment, when the board may not have looked at it yet."""
    starter = STARTER.format(package=__name__.split(".", maxsplit=1)[0])
    command = [sys.executable, "-c", starter, str(virtual_program(DEFAULT_BUNDLE)), inference]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as tool:
        assert tool.stdout is not None
        board = psutil.Process(int(tool.stdout.readline()))
        tool.kill()
    with contextlib.suppress(psutil.NoSuchProcess):
        board.wait(timeout=60)
    assert not board.is_running()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals that end a process")
@pytest.mark.parametrize(
    ("number", "told"),
    [
        (signal.SIGSEGV, "ended by signal SIGSEGV: it read or wrote memory that is not its own"),
        (signal.SIGKILL, "ended by signal SIGKILL"),
    ],
)
def test_how_a_board_ended_is_told(number: int, told: str) -> None:
    board = VirtualBoard(virtual_program(DEFAULT_BUNDLE), VirtualOptions(inference=False))
    try:
        port = board.open()
        assert board._firmware is not None
        os.kill(board._firmware.pid, number)
        with pytest.raises(PortError) as caught:
            while True:  # what it says as it boots may come first
                port.read(60.0)
        told = f"the board at {board.url} vanished: its program was {told}"
        assert caught.value.cause.partition(", in ")[0] == told
    finally:
        board.close()
