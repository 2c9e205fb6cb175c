"""A virtual board is a process, which a busy computer may leave alone for long."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from . import virtual
from .virtual import VirtualBoard


def test_a_starved_board_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import of an interpreter, for which the firmware waits, took more than ten seconds beside other jobs."""
    asked: dict[str, Any] = {}

    def open_port(url: str, **how: Any) -> Any:
        asked.update(how, url=url)
        return SimpleNamespace(has_rate=True, close=lambda: None)

    monkeypatch.setattr(virtual, "open_port", open_port)
    monkeypatch.setattr(VirtualBoard, "start", lambda _: "/dev/pts/99")
    port = VirtualBoard(Path("program")).open()
    assert asked["url"] == "/dev/pts/99" and asked["write_s"] >= 60 and not port.has_rate
