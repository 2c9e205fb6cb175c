"""firmware/README.md tells how kinds of front ends and detectors are added: here it is done, in a copy of all."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..checkout import DEFAULT_BUNDLE, ROOT

README = (ROOT / "firmware" / "README.md").read_text(encoding="utf-8")
GUIDE = README.partition("## Adding a front end")[2]
DETECTOR_GUIDE = README.partition("## Adding a detector")[2].partition("\n## ")[0]
COPIED = ("host", "firmware", "models", "platformio.ini", "pyproject.toml", "requirements.txt")
BUILT = ROOT / "firmware" / "esp32"  # where builds of ESP-IDF may lie


def left_out(folder: str, names: list[str]) -> set[str]:
    built = {"build", "managed_components"} if Path(folder) == BUILT else set()
    return ({"__pycache__", "wav"} | built) & set(names)


def files_of(guide: str) -> dict[str, str]:
    """The guide's files by path: each block of code names its own in its first line."""
    blocks = re.findall(r"^```(?:c|python)\n(.*?)^```$", guide, re.DOTALL | re.MULTILINE)
    paths = [re.search(r"(firmware|host)/[\w/]+\.(c|py)", block.splitlines()[0]) for block in blocks]
    assert all(paths)
    return {path[0]: block for path, block in zip(paths, blocks, strict=True) if path}


def insert(path: Path, after: str, line: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(after) == 1, f"{path.name} no longer holds {after!r}"
    path.write_text(text.replace(after, after + line), encoding="utf-8")


def follow(guide: str, copy: Path) -> None:
    for name, text in files_of(guide).items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text(text, encoding="utf-8")
    kinds = copy / "host" / "frontend" / "kinds.py"
    lines = re.findall(r"`(from \.level\S* import KIND as LEVEL|LEVEL,|KIND\(level\))`", guide)
    assert sorted(lines) == ["KIND(level)", "LEVEL,", "from .level.kind import KIND as LEVEL"]
    insert(kinds, "from .log_mel.kind import KIND as LOG_MEL\n", "from .level.kind import KIND as LEVEL\n")
    insert(kinds, "        LOG_MEL,\n", "        LEVEL,\n")
    header = copy / "firmware" / "core" / "frontend" / "kinds.h"
    text = header.read_text(encoding="utf-8")
    assert text.count("KIND(log_mel)") == 1
    header.write_text(text.replace("KIND(log_mel)", "KIND(log_mel) KIND(level)"), encoding="utf-8")


def follow_for_a_detector(guide: str, copy: Path) -> None:
    for name, text in files_of(guide).items():
        (copy / name).write_text(text, encoding="utf-8")
    assert all(f"`{line}`" in guide for line in ("KIND(pulse)", "from .pulse import Pulse", "Pulse,"))
    kinds = copy / "host" / "detector" / "kinds.py"
    insert(kinds, "from .n_of_m import NOfM\n", "from .pulse import Pulse\n")
    insert(kinds, "        NOfM,\n", "        Pulse,\n")
    insert(copy / "firmware" / "core" / "detect" / "kinds.h", "    KIND(argmax)", " KIND(pulse)")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_kind_added_as_the_guide_says_passes_hil(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=left_out)
        else:
            shutil.copy(source, copy / name)
    follow(GUIDE, copy)
    follow_for_a_detector(DETECTOR_GUIDE, copy)
    (copy / "settings.json").write_text(
        json.dumps({"kind": "level", "sample_rate": 8000, "hop": 120, "bands": 40})
    )
    detector = {"kind": "pulse", "threshold": 0.01, "windows": 3, "ignore": []}
    (copy / "detector.json").write_text(json.dumps(detector))
    wav = next(iter(sorted((DEFAULT_BUNDLE / "wav").rglob("*.wav"))))
    environment = {name: value for name, value in os.environ.items() if name != "HIL_CORE_LIBRARY"}

    def host(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "host", *arguments],
            cwd=copy,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    host(
        "import",
        "models/default/model.tflite",
        "--settings",
        "settings.json",
        "--detector",
        "detector.json",
        "--out",
        "models/level",
        "--labels",
        "x",
    )
    told = host("hil", "--bundle", "models/level", "--report", str(tmp_path / "report"), str(wav))
    assert "PASS" in told
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert report["bundle"]["frontend"] == {"kind": "level", "sample_rate": 8000, "hop": 120, "bands": 40}
    assert report["bundle"]["detector"].items() >= detector.items()
    assert report["files"][0]["detections"]["device"], "nothing was decided"
