"""The commands in code blocks of docs/ work as they stand: run on the virtual board, or at least parsed.

A block that needs a board, a network or another program has `<!-- not run: WHY -->` above it, which readers do not
see. Its `hil` commands are parsed like all others.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from host.cli import build_parser
from tools import docs

ROOT = Path(__file__).resolve().parents[1]
BUNDLE = ROOT / "models" / "default"
PAGES = [
    *docs.pages(),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "firmware/README.md", "hil_tests/README.md")),
]
MARK = re.compile(r"<!-- not run: (.+?) -->")
INLINE = re.compile(r"`((?:hil|python -m host) [a-z][^`…]*)`")
SHELL = ("sh", "console", "bash")
MOST_MARKED = 26  # of the blocks of docs/
SECONDS = 600  # of a command on a busy computer; a few are usual


class Block(NamedTuple):
    """A code block with commands.

    Attributes:
        page: where it stands.
        line: of its first command, from 1.
        why_not: why it is not run; empty when it is.
        commands: line by line, comments taken off.
    """

    page: Path
    line: int
    why_not: str
    commands: tuple[str, ...]


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page that a reader pastes into a shell: indented ones, and fenced ones of a shell."""
    lines = page.read_text(encoding="utf-8").splitlines()
    fence, why, start = "", "", 0
    found: list[str] = []
    for number, line in enumerate([*lines, ""], 1):
        bare = line.strip()
        if bare.startswith("```"):
            fence = "" if fence else (bare[3:] or "text")
            continue
        inside = (
            fence in SHELL
            if fence
            else (line.startswith("    ") and (bool(found) or not _before(lines, number)))
        )
        if inside and bare:
            start = start or number
            found.append(bare)
        elif found and bare:
            yield Block(page, start, why, tuple(_commands(found)))
            why, found, start = "", [], 0
        if not inside and bare:
            marked = MARK.fullmatch(bare)
            why = marked[1] if marked else ""
    if found:
        yield Block(page, start, why, tuple(_commands(found)))


def _before(lines: list[str], number: int) -> str:
    """What stands on the line above: text there makes an indented line its continuation."""
    return lines[number - 2].strip() if number > 1 else ""


def _commands(lines: list[str]) -> Iterator[str]:
    joined = "\n".join(lines).replace("\\\n", " ")
    for line in joined.split("\n"):
        command = re.sub(r"\s+#\s.*$", "", line).strip()
        if command and not command.startswith("#"):
            yield command


ALL = [block for page in PAGES for block in blocks(page)]
IN_DOCS = [block for block in ALL if docs.DOCS in block.page.parents]


def named(value: object) -> str:
    return value.relative_to(ROOT).as_posix() if isinstance(value, Path) else str(value)


def test_blocks_are_found_and_few_are_marked() -> None:
    assert len(IN_DOCS) > 20
    marked = [block for block in IN_DOCS if block.why_not]
    assert len(marked) <= MOST_MARKED, "a block that could run should run"
    assert sum(bool(block.why_not) for block in IN_DOCS) < len(IN_DOCS) - 8


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_options_are_those_of_the_program(page: Path) -> None:
    lines = [command for block in ALL if block.page == page for command in block.commands]
    lines += INLINE.findall(page.read_text(encoding="utf-8"))
    for line in lines:
        for command in re.split(r"\s+(?:&&|\||&)\s*|\s+&$", line):
            words = _of_host(shlex.split(re.sub(r"^(?:[A-Z_]+=\S*\s+)+", "", command)))
            if words and not set(words) & {"--help", "--version", "COMMAND"}:
                try:
                    build_parser(words[0]).parse_args(words)
                except SystemExit:
                    pytest.fail(f"{named(page)}: {command}")


def _of_host(words: list[str]) -> list[str]:
    """The arguments of `hil`, however it is called; empty when it is another program."""
    for start in (["hil"], ["python", "-m", "host"], ["python3", "tools/run.py"]):
        if words[: len(start)] == start:
            rest = words[len(start) :]
            return [] if rest[:1] in (["test"], ["setup"]) else rest
    return []


def test_options_that_are_not_are_noticed() -> None:
    with pytest.raises(SystemExit):
        build_parser("boards").parse_args(["boards", "--moon"])


RUN = {page: [b for b in IN_DOCS if b.page == page and not b.why_not] for page in docs.pages()}


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page, found in RUN.items() if found], ids=named)
def test_commands_run(page: Path, tmp_path: Path) -> None:
    """In a folder as a user has it: recordings, a bundle in models/mine, or what a page makes one of."""
    _fill(tmp_path, page.read_text(encoding="utf-8"))
    for block in RUN[page]:
        for command in block.commands:
            done = _run(command, tmp_path)
            where = f"{named(page)}:{block.line}: {command}"
            assert done.returncode == 0, f"{where}\n{done.stdout[-2000:]}{done.stderr[-3000:]}"


def test_the_front_end_can_be_called_as_the_tutorial_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (docs.DOCS / "tutorial.md").read_text(encoding="utf-8")
    shown = text.partition("```python\n")[2].partition("```")[0]
    shutil.copytree(BUNDLE, tmp_path / "models" / "mine")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"samples": np.zeros(8000, np.int16)}
    exec(shown, names)
    assert names["cells"].shape == (61, 40)


def test_a_command_that_fails_is_noticed(tmp_path: Path) -> None:
    assert _run("hil import nowhere.tflite --out models/mine", tmp_path).returncode == 2


def _fill(folder: Path, text: str) -> None:
    (folder / "recordings").mkdir()
    for name in ("short-chirp.wav", "clear-thrush.wav"):
        shutil.copy(BUNDLE / "wav" / name, folder / "recordings")
    shutil.copytree(BUNDLE, folder / "models" / "default")
    if "--out models/mine" in text:  # the page makes it
        shutil.copy(BUNDLE / "model.tflite", folder)
        (folder / "settings.json").write_text(_settings(), encoding="utf-8")
    else:
        shutil.copytree(BUNDLE, folder / "models" / "mine", ignore=shutil.ignore_patterns("wav"))


def _settings() -> str:
    """The file that the tutorial shows."""
    tutorial = (docs.DOCS / "tutorial.md").read_text(encoding="utf-8")
    return tutorial.partition("as `settings.json`:\n\n```json\n")[2].partition("```")[0]


def _run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run one line; programs are those of this environment, and `hil` is this checkout."""
    words = shlex.split(command)
    program = words.pop(0)
    if program == "python3" and words[:1] == ["tools/run.py"]:
        program = "hil"
        del words[0]
    if program == "hil":
        words = [sys.executable, "-m", "host", *words]
    elif program in ("pytest", "python", "python3"):
        here = [
            str(ROOT / word) if word.startswith(("hil_tests", "tools/", "host/")) else word for word in words
        ]
        start = ["-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]
        words = [sys.executable, *(start if program == "pytest" else []), *here]
    else:
        assert program == "cp", f"a block with {program!r} needs a mark, or this test has to know it"
        words = [program, *words]
    return subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HIL_HISTORY": str(folder / "runs.sqlite")},
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
