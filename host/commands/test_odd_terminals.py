"""Terminals and logs that hold little: no character and no file name ends a command, and nothing steers a reader."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ..checkout import DEFAULT_BUNDLE, ROOT

pytestmark = pytest.mark.slow

ENVIRONMENTS = {
    "ascii": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "posix": {"LANG": "C"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "dumb": {"TERM": "dumb", "COLUMNS": "20", "FORCE_COLOR": "", "PYTHONIOENCODING": "latin-1"},
}
NO_UTF8 = b"w\xffren\xe9\x1b[2J"


def _recordings(folder: Path) -> Path:
    """A folder with a label and a file that are no UTF-8, where the disk takes such names."""
    inside = Path(os.fsdecode(os.fsencode(folder / "in") + b"/" + NO_UTF8))
    try:
        inside.mkdir(parents=True)
    except OSError:
        pytest.skip("this disk takes UTF-8 names only")
    path = Path(os.fsdecode(os.fsencode(inside) + b"/" + NO_UTF8 + b".wav"))
    soundfile.write(folder / "plain.wav", np.arange(9000, dtype=np.int16), 8000)
    (folder / "plain.wav").rename(path)
    return folder / "in"


COMMANDS: dict[str, Callable[[Path], list[str]]] = {
    "collect": lambda d: ["--folder", str(_recordings(d)), "--out", str(d / "base 麻雀")],
    "generate": lambda d: ["--bundle", str(DEFAULT_BUNDLE), "--out", str(_recordings(d) / "out")],
    "hil": lambda d: [str(_recordings(d)), "--features-only", "--report", str(d / "Bericht é")],
}


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are text there")
@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("command", COMMANDS)
def test_names_of_any_bytes_on_any_terminal(command: str, environment: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "host", command, *COMMANDS[command](tmp_path)],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENTS[environment]},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"\x1b" not in done.stdout + done.stderr and done.stdout.strip()
