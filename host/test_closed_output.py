"""A command whose reader has gone ends as it would have."""

import os
import subprocess
import sys

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
