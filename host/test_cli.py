"""The command line: quick to start, clear when it fails."""

import os
import shlex
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from types import SimpleNamespace

import pytest

from . import __version__, cli
from .checkout import ROOT
from .errors import ExitCode, HilError
from .examples import EXAMPLES
from .model import spare
from .model.spare import SERVER


def python(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_exists_and_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main([name, "--help"])
    assert left.value.code == 0
    assert f"python -m host {name}" in capsys.readouterr().out


def test_help_imports_no_heavy_module() -> None:
    heavy = ("numpy", "tensorflow", "librosa", "matplotlib", "rich", "serial", "cffi")
    code = f"import sys, host.cli as c; c.build_parser(None); print([m for m in {heavy} if m in sys.modules])"
    done = python("-c", code)
    assert done.stdout.strip() == "[]", done.stderr


def run_as(monkeypatch: pytest.MonkeyPatch, outcome: BaseException | int, *more: str) -> int:
    """Run a command whose `run` ends like that."""

    def run(_args: Namespace) -> int:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def add_arguments(parser: ArgumentParser) -> None:
        parser.add_argument("--x")

    module = SimpleNamespace(add_arguments=add_arguments, run=run)
    monkeypatch.setattr(cli, "COMMANDS", {"try": cli.Command("a_module", "try it")})
    monkeypatch.setattr(cli, "import_module", lambda name, _package: {".commands.a_module": module}[name])
    return cli.main(["try", "--x", "1", *more])


def test_exit_codes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_as(monkeypatch, 0) == 0
    assert run_as(monkeypatch, 1) == 1
    assert run_as(monkeypatch, HilError("the cause", "the cure")) == 2
    assert capsys.readouterr().err == "error: the cause\n  → the cure\n"
    assert run_as(monkeypatch, KeyboardInterrupt()) == 130


@pytest.mark.parametrize("code", [0, 1, 2, 3])
def test_the_exit_code_is_the_commands_own(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    assert run_as(monkeypatch, code) == code


def test_an_internal_error_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(cli.DEBUG_VARIABLE, raising=False)
    assert run_as(monkeypatch, ValueError("odd\n\x1b[2J")) == 4
    said = capsys.readouterr().err
    assert said.startswith("internal error: ValueError: odd")
    assert "report it" in said and "Traceback" not in said and "\x1b" not in said
    assert run_as(monkeypatch, ValueError("odd"), "-v") == 4
    assert "Traceback" in capsys.readouterr().err
    monkeypatch.setenv(cli.DEBUG_VARIABLE, "1")
    assert run_as(monkeypatch, ValueError("odd")) == 4
    assert "Traceback" in capsys.readouterr().err


def test_without_a_command_it_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["no-such-command"]):
        with pytest.raises(SystemExit) as left:
            cli.main(arguments)
        assert left.value.code == 2
    assert "import" in capsys.readouterr().err


def test_generate_reports_errors_with_a_cure(tmp_path: Path) -> None:
    done = python("-m", "host", "generate", "--bundle", str(tmp_path), "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "bundle.json is missing" in done.stderr and "→" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_example_of_the_help_can_be_given(name: str) -> None:
    parser = cli.build_parser(name)
    assert EXAMPLES[name]
    for words, _ in EXAMPLES[name]:
        parser.parse_args(cli._with_main([name, *shlex.split(words)]))


def test_no_example_is_of_a_command_that_is_gone() -> None:
    assert set(EXAMPLES) == set(cli.COMMANDS)


def test_the_version_is_told_on_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    with pytest.raises(SystemExit) as left:
        cli.main(["--version"])
    assert left.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"hil {__version__} (Python {sys.version.split()[0]}") and shown.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "files"),
    [
        (["a.wav", "--bundle", "x", "b.wav"], ["a.wav", "b.wav"]),
        (
            ["--limit", "total_ms=1", "a.wav", "-v", "b.wav", "c.wav", "--limit", "stack=2"],
            ["a.wav", "b.wav", "c.wav"],
        ),
        (["a.wav", "-q", "--", "-b.wav"], ["a.wav", "-b.wav"]),
    ],
)
def test_files_may_stand_on_both_sides_of_an_option(words: list[str], files: list[str]) -> None:
    args = cli._parsed(["run", *words])
    assert [str(path) for path in args.paths] == files and args.command == "run"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["deploy", "--erasse"], ["usage: python -m host deploy", "--erasse", "did you mean --erase?"]),
        (["run", "x.wav", "--features-onyl"], ["usage: python -m host run", "did you mean --features-only?"]),
        (["run", "a.wav", "-v", "b.wav", "--bogus"], ["not understood: --bogus (did"]),
        (["trace", "a.wav", "-v", "b.wav"], ["not understood: b.wav\n"]),
        (["hil", "--port"], ["usage: python -m host run", "expected one argument"]),
        (
            ["deply"],
            ["usage: python -m host", "there is no command 'deply'", "did you mean `python -m host deploy`?"],
        ),
    ],
)
def test_a_wrong_word_gets_the_usage_of_its_own_command(
    words: list[str], told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(words)
    said = capsys.readouterr().err
    assert left.value.code == 2 and all(each in said for each in told), said
    assert "\n  → " in said


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["sounds"], ["run", "sounds"]),
        (["./boards"], ["run", "./boards"]),
        (["--board", "virtual"], ["run", "--board", "virtual"]),
        (["boards"], ["boards"]),  # though there is a folder of that name
        (["hil", "x"], ["hil", "x"]),
        (["--help"], ["--help"]),
        (["no-such"], ["no-such"]),
        ([], []),
    ],
)
def test_paths_alone_mean_the_main_job_and_command_names_win(
    words: list[str], meant: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "boards").mkdir()
    (tmp_path / "sounds").mkdir()
    assert cli._with_main(words) == meant


def test_a_shell_can_complete_commands_and_their_options() -> None:
    pytest.importorskip("argcomplete")

    def completed(line: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", "import os; os.dup2(1, 8); import host.cli; host.cli.main()"],
            cwd=ROOT,
            env=os.environ
            | {
                "_ARGCOMPLETE": "1",
                "_ARGCOMPLETE_IFS": "\n",
                "COMP_LINE": line,
                "COMP_POINT": str(len(line)),
                "_ARGCOMPLETE_STDOUT_FILENAME": "/dev/stdout",
            },
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return [word.strip() for word in done.stdout.splitlines()]

    assert {"deploy", "download"} <= set(completed("hil d"))
    assert "--erase" in completed("hil deploy --e")


@pytest.mark.parametrize(
    ("words", "started"),
    [
        (["run", "--board", "virtual"], ["ahead", "board"]),
        (["hil", "--board=virtual", "recordings"], ["ahead", "board"]),
        (["run", "--port", "x", "--board", "esp32"], ["ahead"]),
        (["run"], ["ahead"]),
        (["run", "--features-only"], []),
        (["run", "--help"], []),
        (["boards"], []),
        ([], []),
    ],
)
def test_processes_are_started_ahead_where_a_run_needs_them(
    words: list[str], started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []
    monkeypatch.setattr(cli, "start_ahead", lambda arguments, **_: found.append(arguments[len(SERVER)]))
    cli._start_ahead(words)
    assert found == started


def test_nothing_is_left_of_processes_that_nobody_took(tmp_path: Path) -> None:
    assert cli.main(["run", "--board", "virtual", "--bundle", str(tmp_path / "none")]) == ExitCode.BROKE_OFF
    assert not spare._spares
