"""The command: options to a run, its result to the exit code."""

import argparse
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ..bundle.write import write_bundle
from ..checkout import DEFAULT_BUNDLE
from ..cli import main
from ..errors import ExitCode, HilError
from ..model.samples import sample_values
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


def test_an_imported_bundle_without_recordings_says_what_to_name(
    tmp_path: Path,
) -> None:
    bundle = write_bundle(tmp_path / "imported", sample_values("flat")).path
    with pytest.raises(HilError, match="no recordings were named") as caught:
        hil.run(_parsed("--board", "virtual", "--bundle", str(bundle), "--report", str(tmp_path / "r")))
    assert f"run RECORDINGS --board virtual --bundle {bundle}`" in caught.value.cure
    assert not (tmp_path / "r").exists()


@pytest.mark.slow
@pytest.mark.parametrize("where", ["-", "file"])
def test_the_report_goes_where_programs_want_it(
    where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = "-" if where == "-" else str(tmp_path / "out.json")
    code = main(
        ["run", "--board", "virtual", "--features-only", "--no-html", "--report", str(tmp_path / "report"),
         "--json", target, str(DEFAULT_BUNDLE / "wav" / "silence.wav")]
    )  # fmt: skip
    said = capsys.readouterr()
    text = said.out if where == "-" else Path(target).read_text(encoding="utf-8")
    assert code == 0 and json.loads(text)["verdict"] == "pass"
    assert ("PASS" in said.err) == (where == "-") and ("PASS" in said.out) == (where != "-")
