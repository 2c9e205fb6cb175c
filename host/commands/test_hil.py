"""The command: options to a run, its result to the exit code."""

import argparse
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ..checkout import DEFAULT_BUNDLE
from ..errors import ExitCode, HilError
from . import hil


def _parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    hil.add_arguments(parser)
    parser.add_argument("--verbose", action="store_true")
    parser.set_defaults(quiet=False)
    return parser.parse_args(words)


@pytest.mark.parametrize("code", [ExitCode.DONE, ExitCode.BROKEN, ExitCode.PARTLY])
def test_the_exit_code_is_the_results(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: ExitCode
) -> None:
    asked: list[Any] = []

    class Ran:
        def __init__(self, paths: Any, board: Any, bundle: Any, wishes: Any, **_: Any) -> None:
            asked.append((paths, board.kind, bundle.path, wishes.features_only))

        def execute(self) -> SimpleNamespace:
            return SimpleNamespace(exit_code=code)

    monkeypatch.setattr(hil, "Run", Ran)
    assert hil.run(_parsed("--report", str(tmp_path), "--board", "virtual")) == code
    assert hil.run(_parsed("--port", "socket://h:1", "--features-only", "x.wav")) == code
    assert asked == [
        ([DEFAULT_BUNDLE / "wav"], "virtual", DEFAULT_BUNDLE, False),
        ([Path("x.wav")], "serial", DEFAULT_BUNDLE, True),
    ]


def test_an_empty_port_is_no_virtual_board(tmp_path: Path) -> None:
    """A variable of a script that was not set must not pass by testing another board."""
    for words in (["--port", ""], ["--port", " ", "--board", "esp32"]):
        with pytest.raises(HilError, match="--port is empty"):
            hil.run(_parsed("--report", str(tmp_path), *words))
