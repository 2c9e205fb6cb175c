"""Names from anywhere, on every command that shows one: nothing steers the terminal, nothing is markup or a fault."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ..board.discovery import FoundPort
from ..bundle.write import write_bundle
from ..cli import COMMANDS, main
from ..errors import ExitCode
from ..model.samples import TESTDATA, sample_values

pytestmark = pytest.mark.slow

EVIL = "\x1b[31m[/x]\u202e[red]:smile:"
Arguments = Callable[[Path], list[str]]


def _sound(folder: Path) -> Path:
    (folder / EVIL.replace("/", "")).mkdir(parents=True, exist_ok=True)
    path = folder / EVIL.replace("/", "") / f"{EVIL.replace('/', '')}.wav"
    soundfile.write(path, np.zeros(9000, np.int16), 8000)
    return path


def _model(folder: Path) -> Path:
    path = folder / f"{EVIL.replace('/', '')}.tflite"
    shutil.copy(TESTDATA / "flat.tflite", path)
    return path


def _bundle(folder: Path) -> Path:
    return write_bundle(folder / "[x] bundle", replace(sample_values("sigmoid"), name="[/x][red]")).path


SHOWING: dict[str, Arguments] = {
    "run": lambda d: [
        "--board",
        "virtual",
        "--bundle",
        str(d / EVIL),
        str(_sound(d)),
        "--report",
        str(d / "a[/b]"),
    ],
    "history": lambda d: ["--history", str(d / EVIL), "--bundle", EVIL],
    "trace": lambda d: ["--board", "virtual", "--bundle", str(d / EVIL), str(_sound(d))],
    "test": lambda d: ["--board", "virtual", "--bundle", str(d / EVIL)],
    "boards": lambda _: ["--all"],
    "flash": lambda d: ["--port", f"/dev/{EVIL}", "--bundle", str(d / EVIL)],
    "deploy": lambda d: ["--board", "virtual", "--bundle", str(d / EVIL)],
    "monitor": lambda d: ["--board", "virtual", "--bundle", str(d / EVIL)],
    "board": lambda d: ["--bundle", str(d / EVIL)],
    "config": lambda d: ["--bundle", str(d / EVIL)],
    "import": lambda d: [str(_model(d)), "--out", str(d / "[x]"), "--labels", f"{EVIL},b"],
    "download": lambda d: [EVIL, "--out", str(d / "base"), "--key-file", str(d / EVIL)],
    "collect": lambda d: ["--folder", str(_sound(d).parent.parent), "--out", str(d / "base")],
    "split": lambda d: [str(d / EVIL), "--out", str(d / "set")],
    "mix": lambda d: [
        str(d / "set"),
        "--base",
        str(d),
        "--listener",
        str(d / EVIL),
        "--out",
        str(d / "mixed"),
    ],
    "corpus": lambda d: ["--out", str(d / EVIL.replace("/", "")), "--seconds", "2", "--file-seconds", "2"],
    "train": lambda d: ["--recipe", str(d / EVIL)],
    "qat": lambda d: ["--run", str(d / EVIL), "--bundle", str(d / "b")],
    "convert": lambda d: ["--run", str(d / EVIL), "--bundle", str(d / "b")],
    "compare": lambda _: ["--architectures", EVIL],
    "pipeline": lambda d: [str(d / EVIL)],
    "listen": lambda d: ["--bundle", str(d / EVIL)],
    "generate": lambda d: ["--bundle", str(_bundle(d)), "--out", str(d / "out")],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_hostile_name_is_only_shown(
    command: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    port = FoundPort("/dev/ttyUSB0", "", "1234:5678", EVIL, EVIL)
    monkeypatch.setattr("host.commands.boards.list_ports", lambda: [port])
    try:
        code = main([command, *SHOWING[command](tmp_path)])
    except SystemExit as refused:  # argparse's own
        code = int(refused.code or 0)
    shown = "".join(capfd.readouterr())
    assert code in (ExitCode.DONE, ExitCode.BROKE_OFF, ExitCode.PARTLY), shown
    assert "\x1b" not in shown and "\u202e" not in shown
    assert shown.strip()
