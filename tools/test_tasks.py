"""A newcomer's tasks (docs/tasks.md), done in a copy: the files named there are enough, and the result works."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "tasks.md"
MOST_FILES = 3
NOT_COPIED = shutil.ignore_patterns(
    ".git",
    ".venv",
    ".pio",
    ".*_cache",
    ".hypothesis",
    "__pycache__",
    "build",
    "managed_components",
    "report",
    "cache",
)


def tasks() -> dict[str, list[str]]:
    """Title of each task and the files to touch."""
    found = {}
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        line = re.search(r"^Files: (.+)$", body, re.MULTILINE)
        assert line, f"the task {title!r} names no files"
        found[title] = re.findall(r"`([^`]+)`", line.group(1))
    return found


def test_ten_tasks_of_at_most_three_files_that_exist() -> None:
    assert len(tasks()) == 10
    for title, files in tasks().items():
        assert 1 <= len(files) <= MOST_FILES, title
        for name in files:
            known = (ROOT / name).parent if "NAME" in name else ROOT / name
            assert known.exists(), f"{title}: {name}"


class Copy:
    """A copy of the repository in which one task is done; only the task's files can be edited."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self.task = ""

    def edit(self, name: str, *changes: tuple[str, str]) -> None:
        """Replace text that must be there exactly once."""
        self._may_touch(name)
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            assert text.count(old) == 1, f"{name} has {old!r} {text.count(old)} times"
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")

    def add(self, name: str, text: str) -> None:
        """A new file."""
        self._may_touch(name)
        (self.root / name).write_text(text, encoding="utf-8")

    def _may_touch(self, name: str) -> None:
        allowed = [re.escape(file).replace("NAME", r"\w+") for file in tasks()[self.task]]
        assert any(re.fullmatch(pattern, name) for pattern in allowed), f"{self.task}: {name} is not named"

    def python(self, *arguments: str) -> str:
        """What the copy's Python prints."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env={
                **os.environ,
                "PYTHONPATH": str(self.root),
                "PLATFORMIO_CORE_DIR": str(self.root / ".pio" / "home"),
            },
            capture_output=True,
            encoding="utf-8",
            timeout=280,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Copy]:
    yield Copy(shutil.copytree(ROOT, tmp_path / "copy", ignore=_ignore))


def _ignore(folder: str, names: list[str]) -> set[str]:
    """What is built or fetched; host/build, host/report and their like are sources."""
    ignored = set(NOT_COPIED(folder, names))
    return ignored - {"build", "report", "cache"} if Path(folder) == ROOT / "host" else ignored


@pytest.mark.slow
def test_add_a_command(copy: Copy) -> None:
    copy.task = "Add a command"
    copy.edit(
        "host/cli.py",
        (
            "COMMANDS = {\n",
            'COMMANDS = {\n    "bands": Command("bands", "print how many bands a bundle has"),\n',
        ),
    )
    copy.add(
        "host/commands/bands.py",
        '''"""`python -m host bands`."""

import argparse

from ..board.options import add_bundle_option
from ..bundle.load import load_bundle


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_bundle_option(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    print(load_bundle(args.bundle).settings.bands)
    return 0
''',
    )
    assert "print how many bands" in copy.python("-m", "host", "--help")
    assert copy.python("-m", "host", "bands", "--bundle", "models/default") == "40\n"
    copy.python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "host/test_order.py", "-k", "not architecture"
    )


def test_add_an_op(copy: Copy) -> None:
    copy.task = "Add an op"
    copy.edit(
        "host/bundle/op_table.py",
        ('    "FLOOR": "AddFloor",\n', '    "FLOOR": "AddFloor",\n    "BRAND_NEW": "AddBrandNew",\n'),
        ('    "FULLY_CONNECTED",\n', '    "BRAND_NEW",\n    "FULLY_CONNECTED",\n'),
    )
    before = subprocess.run(
        [
            sys.executable,
            "-m",
            "host",
            "generate",
            "--bundle",
            "models/default",
            "--out",
            str(copy.root / "before"),
        ],
        cwd=ROOT,
        check=True,
    )
    assert before.returncode == 0
    copy.python("-m", "host", "generate", "--bundle", "models/default", "--out", "after")
    counts = [_op_count(copy.root / name / "op_resolver.h") for name in ("before", "after")]
    assert counts[1] == counts[0] + 1
    assert "(resolver).AddBrandNew() == kTfLiteOk" in (copy.root / "after" / "op_resolver.h").read_text(
        "utf-8"
    )


def _op_count(header: Path) -> int:
    found = re.search(r"#define FIRMWARE_OP_COUNT (\d+)", header.read_text(encoding="utf-8"))
    assert found
    return int(found.group(1))


@pytest.mark.slow
def test_change_the_baud_default(copy: Copy) -> None:
    copy.task = "Change the baud default"
    copy.edit("host/link/rates.py", ("FAST_BAUD = 921_600", "FAST_BAUD = 460_800"))
    assert "hil.toml, 460800)" in " ".join(copy.python("-m", "host", "hil", "--help").split())
    # What is asked of a device when nothing was said.
    asked = copy.python(
        "-c",
        "from types import SimpleNamespace as N\n"
        "from host.board import connecting\n"
        "from host.board.choice import BoardChoice\n"
        "from host.link.messages import Capability, Info\n"
        "class Device:\n"
        "    def __init__(self, *_): pass\n"
        "    def connect(self, *_): return Info(capabilities=Capability.BAUD)\n"
        "    def negotiate_baud(self, rates): print(rates)\n"
        "connecting.Device = Device\n"
        "board = N(open=lambda: None, description='a board', kind='esp32', patience_s=1,"
        " elf=None, emulated=False, negotiates_rate=True)\n"
        "connecting.check_kind = lambda *_: None\n"
        "connecting.connect(board, BoardChoice('esp32'))\n",
    )
    assert asked == "[460800]\n"


@pytest.mark.slow
def test_add_a_decoy_sound(copy: Copy) -> None:
    copy.task = "Add a decoy sound"
    copy.edit(
        "host/making/corpus/decoys.py",
        (
            "KINDS: dict[",
            'def humming(rng: Rng, n: int, rate: int) -> Signal:\n    """Mains."""\n'
            "    return oscillator(np.full(n, 100.0 + rng.random()), rate, (1.0, 0.5, 0.3))\n\n\nKINDS: dict[",
        ),
        ('    "beeps": (1.5, beeps),\n', '    "beeps": (1.5, beeps),\n    "humming": (1000.0, humming),\n'),
    )
    copy.python(
        "-m", "host", "corpus", "--out", "wavs", "--seconds", "60", "--file-seconds", "5", "--seed", "3"
    )
    copy.python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "host/making/corpus/test_corpus.py", "-k", "humming"
    )
    found = copy.python(
        "-c",
        "import numpy as np\n"
        "from host.making.corpus.scene import make_scene\n"
        "rng = np.random.default_rng(1)\n"
        "print([make_scene(rng, 1.0, 8000, False, True).parts for _ in range(5)])\n",
    )
    assert "decoy:humming" in found


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(os.name != "posix", reason="the copy's virtual board is started behind a pseudo-terminal")
def test_add_a_field_to_info(copy: Copy) -> None:
    """From the declaration to the board's answer: the copy's firmware is built and asked."""
    copy.task = "Add a field to INFO"
    copy.edit(
        "host/link/messages.py",
        (
            '    core_ram: U32 = 0\n    bundle_name: Rest = b""\n',
            '    core_ram: U32 = 0\n    lucky: U16 = 0\n    bundle_name: Rest = b""\n',
        ),
    )
    copy.edit(
        "firmware/core/session/info.c",
        ("        .core_ram = sizeof *s,\n", "        .core_ram = sizeof *s,\n        .lucky = 777,\n"),
    )
    answered = copy.python(
        "-c",
        "from host.board.choice import BoardChoice\n"
        "from host.board.connecting import ChosenBoard\n"
        "from host.checkout import DEFAULT_BUNDLE\n"
        "board = ChosenBoard(BoardChoice('virtual'), DEFAULT_BUNDLE)\n"
        "device, info = board.connect()\n"
        "print(info.lucky, info.bundle_name.decode())\n"
        "device.close()\n"
        "board.close()\n",
    )
    assert answered.split() == ["777", "default"]
