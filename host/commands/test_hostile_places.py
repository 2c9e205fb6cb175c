"""Disks that refuse, on every command that writes: the documented exit code, what and why, and what to do."""

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from ..checkout import DEFAULT_BUNDLE
from ..cli import main
from ..errors import ExitCode
from ..model.verify import Verification
from ..model.worker import ModelWorker

pytestmark = pytest.mark.slow

Refuse = Callable[[Path, pytest.MonkeyPatch], Path]


@pytest.fixture(autouse=True)
def no_model_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading TensorFlow takes seconds, and where a bundle goes does not depend on it."""
    verified = Verification(4, "nothing", None, "not while testing", 0, 0, None, None, 9)
    monkeypatch.setattr(ModelWorker, "verify", lambda *_, **__: verified)


def _recordings(folder: Path) -> Path:
    (folder / "in" / "wren").mkdir(parents=True, exist_ok=True)
    for index in range(2):
        noise = np.random.default_rng(index).integers(-900, 900, 9000).astype(np.int16)
        soundfile.write(folder / "in" / "wren" / f"{index}.wav", noise, 8000)
    return folder / "in"


# What writes without a network and without training; arguments of (folder for inputs, place to write to).
WRITING: dict[str, Callable[[Path, Path], list[str]]] = {
    "hil": lambda d, out: [str(_recordings(d)), "--features-only", "--report", str(out)],
    "import": lambda _, out: [
        *(str(DEFAULT_BUNDLE / "model.tflite"), "--settings", str(DEFAULT_BUNDLE / "bundle.json")),
        *("--out", str(out)),
    ],
    "collect": lambda d, out: ["--folder", str(_recordings(d)), "--out", str(out)],
    "corpus": lambda _, out: ["--out", str(out), "--seconds", "2", "--file-seconds", "2"],
    "generate": lambda _, out: ["--bundle", str(DEFAULT_BUNDLE), "--out", str(out)],
}


def _too_long(folder: Path, _: pytest.MonkeyPatch) -> Path:
    return folder / ("x" * 300)


def _below_a_file(folder: Path, _: pytest.MonkeyPatch) -> Path:
    (folder / "file").write_text("")
    return folder / "file" / "out"


class _Full(io.FileIO):
    """A file on a disk without room."""

    def write(self, _data: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _disk(folder: Path, monkeypatch: pytest.MonkeyPatch, opened: Callable[[Path, str], Any]) -> Path:
    """Let `opened` open all files that are written below a folder."""
    out = folder / "out"
    real = io.open

    def opening(file: Any, mode: str = "r", *more: Any, **named: Any) -> Any:
        inside = isinstance(file, str | Path) and str(file).startswith(str(out))
        return (
            opened(Path(file), mode)
            if inside and set(mode) & set("wxa")
            else real(file, mode, *more, **named)
        )

    monkeypatch.setattr(io, "open", opening)
    monkeypatch.setattr("builtins.open", opening)
    return out


def _full(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return _disk(
        folder, monkeypatch, lambda path, mode: io.BufferedWriter(_Full(path, mode.replace("b", "")))
    )


def _read_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def refuse(path: Path, _mode: str) -> Any:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    return _disk(folder, monkeypatch, refuse)


@pytest.mark.parametrize(
    "refuse", [_too_long, _below_a_file, _full, _read_only], ids=lambda each: each.__name__
)
@pytest.mark.parametrize("command", WRITING)
def test_a_place_that_refuses_is_named(
    command: str,
    refuse: Refuse,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = refuse(tmp_path, monkeypatch)
    code = main([command, *WRITING[command](tmp_path, out)])
    said = capfd.readouterr().err
    assert code == ExitCode.BROKE_OFF, said
    assert "error: " in said and "→" in said and str(out)[:80] in said.replace("\n", "")
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("command", WRITING)
def test_files_have_the_rights_that_the_user_leaves(command: str, tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        assert main([command, *WRITING[command](tmp_path, tmp_path / "out")]) == ExitCode.DONE
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert modes == {0o640}
