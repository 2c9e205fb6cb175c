"""docs/troubleshooting.md quotes messages that the program has."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "troubleshooting.md"
QUOTED = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)
LEAST = 6  # letters of a piece between two `…`: shorter ones are found anywhere
HOLE = "\0"


def quoted() -> list[str]:
    """The messages in the first column of the page's tables."""
    return QUOTED.findall(PAGE.read_text(encoding="utf-8"))


@cache
def sentences() -> tuple[str, ...]:
    """All texts of the program, with HOLE where a value goes."""
    files = [*(ROOT / "host").rglob("*.py"), ROOT / "tools" / "run.py"]
    found: set[str] = set()
    for path in files:
        if not path.name.startswith(("test_", "conftest")):
            found.update(constants(ast.parse(path.read_text(encoding="utf-8"))))
    return tuple(sorted(found))


def constants(tree: ast.AST) -> Iterator[str]:
    """The texts of a module but its docstrings."""
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            yield re.sub(r"%\w", HOLE, node.value)


def is_said(message: str) -> bool:
    """Whether one text of the program holds the pieces of `message`, in their order; anything may stand at its `…`."""
    pieces = re.compile(".*?".join(map(re.escape, message.split("…"))), re.DOTALL)
    return any(pieces.search(text) for text in sentences())


@pytest.mark.parametrize("message", quoted())
def test_the_message_is_one_of_the_program(message: str) -> None:
    assert max(len(piece.strip()) for piece in message.split("…")) >= LEAST
    assert is_said(message), f"nothing in host/ or tools/run.py says {message!r}"


def test_what_nobody_says_is_noticed() -> None:
    assert len(quoted()) > 30
    assert not is_said("the board is made of cheese")
    assert not is_said("the firmware cannot hold … made of cheese")
