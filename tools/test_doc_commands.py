"""Commands in the code blocks of the documentation can be given: options that are gone, or mistyped, are found."""

import re
import shlex
from pathlib import Path

import pytest

from host.cli import ALIASES, COMMANDS, build_parser

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*/README.md")]
)
STARTS = re.compile(r"(?:python3? -m host|python3? tools/run\.py|hil) (.+)")
OWN = ("test", "setup", "help")  # of tools/run.py
STANDS_FOR = {"PORT": "1", "N": "1"}


def commands(text: str) -> list[list[str]]:
    """The words of every command of ours in indented or fenced code, and in backticks."""
    lines = re.findall(r"^(?: {4,}|\t)(\S.*)$", text, re.MULTILINE)
    lines += [
        line.strip()
        for block in re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
    ]
    lines += [each for each in re.findall(r"`([^`\n]+)`", text) if STARTS.match(each)]
    found = []
    for line in lines:
        words = STARTS.match(line.removeprefix("$ "))
        if words is not None and "…" not in line and "..." not in line:
            found.append(shlex.split(re.split(r" (?:&&|\||;|>) ", words[1])[0], comments=True))
    return found


GIVEN = [
    pytest.param(words, id=f"{page.relative_to(ROOT).as_posix()}: {' '.join(words)}")
    for page in PAGES
    for words in commands(page.read_text(encoding="utf-8"))
    if words and words[0] not in OWN and words[0] in {*COMMANDS, *ALIASES}
]


def test_commands_are_found() -> None:
    assert len(GIVEN) > 40
    assert commands("    python -m host run a.wav  # why\n\n`hil boards --probe`\n") == [
        ["run", "a.wav"], ["boards", "--probe"]
    ]  # fmt: skip


@pytest.mark.parametrize("words", GIVEN)
def test_a_command_of_the_documentation_can_be_given(words: list[str]) -> None:
    words = [word.replace("127.0.0.1:PORT", "127.0.0.1:4000") for word in words]
    if len(words) == 1:
        return  # named, not given: its required options are left out
    parser = build_parser(words[0])
    for each in next(action for action in parser._actions if action.dest == "command").choices.values():  # type: ignore[union-attr]
        for option in each._actions:
            option.required = False  # a text may name some options of a command alone
    try:
        _, unknown = parser.parse_known_args(words)
    except SystemExit as refused:
        assert refused.code == 0, words
        return
    assert unknown == []
