"""A command whose reader has gone ends as it would have."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from .checkout import ROOT

CODE = """
import sys
from host.closed_output import survive_closed_output
survive_closed_output()
for line in range({lines}):
    print("x" * 100)
sys.exit(3)
"""


@pytest.mark.parametrize("lines", [0, 1, 20_000])
def test_a_reader_that_has_gone(lines: int) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as output:
        done = subprocess.run(
            [sys.executable, "-c", CODE.format(lines=lines)],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (3, b"")


def test_a_reader_that_stays_gets_everything() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(lines=500)], cwd=ROOT, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (3, (b"x" * 100 + os.linesep.encode()) * 500)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("arguments", [["--help"], ["hil", "--help"], ["boards", "--port", ""]])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_full_disk_behind_an_output_is_told_where_it_can_be(arguments: list[str], stream: str) -> None:
    with Path("/dev/full").open("wb") as full:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: full}
        done = subprocess.run([sys.executable, "-m", "host", *arguments], cwd=ROOT, **streams, check=False)  # type: ignore[call-overload]
    expected = 2 if stream == "stdout" or "boards" in arguments else 0
    assert done.returncode == expected
    if stream == "stdout" and "boards" not in arguments:
        assert b"standard output cannot be written" in done.stderr and b"Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a shell's way to close a stream")
@pytest.mark.parametrize("closing", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_are_none_of_the_files_opened_later(closing: str, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "host", "generate", "--bundle", "models/default", "--out", str(tmp_path)]
    done = subprocess.run(
        ["sh", "-c", f"{shlex.join(words)} {closing}"], cwd=ROOT, check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    assert all(b"wrote" not in path.read_bytes()[:200] for path in tmp_path.iterdir())
    assert b"Traceback" not in done.stderr
