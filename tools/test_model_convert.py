"""`tools/model_convert.py` as a user runs it. What is in the header: host/build/test_headers.py."""

import subprocess
import sys
from pathlib import Path

import pytest

from host.build.model_header import model_header
from host.model.samples import sample_model

SCRIPT = Path(__file__).with_name("model_convert.py")


def convert(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    # -I -S: from any folder, without the user's packages
    command = [sys.executable, "-I", "-S", str(SCRIPT), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "m.tflite"
    path.write_bytes(sample_model("float"))  # any model will do, also one that no bundle would take
    return path


def test_a_header_beside_the_model_the_same_every_time(tmp_path: Path, model: Path) -> None:
    assert convert(tmp_path, "m.tflite").returncode == 0
    header = tmp_path / "model.h"
    assert header.read_text(encoding="utf-8") == model_header(sample_model("float"), source="m.tflite")
    before = header.stat().st_mtime_ns
    again = convert(tmp_path, str(model))
    assert "no change" in again.stdout
    assert header.stat().st_mtime_ns == before
    assert convert(tmp_path, "m.tflite", "--out", "-").stdout == header.read_text(encoding="utf-8")


def test_another_name_and_place(tmp_path: Path, model: Path) -> None:
    assert convert(tmp_path, str(model), "--name", "bird", "--out", "sub/b.h").returncode == 0
    assert "unsigned char bird[" in (tmp_path / "sub" / "b.h").read_text(encoding="utf-8")


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["gone.tflite"], "cannot be read"),
        (["empty"], "is empty"),
        (["text"], "is not a .tflite file"),
        (["m.tflite", "--name", "2birds"], "not a C identifier"),
        (["m.tflite", "--out", "m.tflite/x.h"], "cannot be written"),
    ],
)
def test_errors_name_cause_and_cure(tmp_path: Path, arguments: list[str], named: str) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("a text of some length")
    done = convert(tmp_path, *arguments)
    assert done.returncode == 2
    assert named in done.stderr and "→" in done.stderr
    assert not (tmp_path / "model.h").exists()
