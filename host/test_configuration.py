"""Who says what holds: option, environment, `hil.toml`, default; and nobody may say nothing."""

from pathlib import Path

import pytest

from .board.options import bundle_from
from .checkout import DEFAULT_BUNDLE
from .cli import main
from .configuration import DEFAULT, ENVIRONMENT, FILE, FROM_FILE, OPTION, ConfigurationError, held


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("HIL_BOARD", "HIL_PORT", "HIL_BUNDLE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / FILE


def test_the_first_that_says_something_holds(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (held("port", None).value, held("port", None).rank) == (None, DEFAULT)
    file.write_text('port = "COM1"', encoding="utf-8")
    assert (held("port", None).value, held("port", None).rank) == ("COM1", FROM_FILE)
    monkeypatch.setenv("HIL_PORT", "COM2")
    assert (held("port", None).value, held("port", None).rank) == ("COM2", ENVIRONMENT)
    assert (held("port", "COM3").value, held("port", "COM3").rank) == ("COM3", OPTION)


def test_the_bundle_goes_the_same_way(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bundle_from(None) == DEFAULT_BUNDLE
    file.write_text('bundle = "wrens"', encoding="utf-8")
    assert bundle_from(None) == Path("wrens")
    monkeypatch.setenv("HIL_BUNDLE", "owls")
    assert bundle_from(None) == Path("owls") and bundle_from(Path("x")) == Path("x")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ('port = ""', "port in hil.toml is empty"),
        ('board = " "', "board in hil.toml is empty"),
        ("port = 3", "hil.toml: port: a text in quotes is wanted, not 3"),
        ("baud = true", "hil.toml: baud: a whole number"),
        ("baud = 1e6", "hil.toml: baud: a whole number"),
        ("baud = -1", "hil.toml: baud: a whole number"),
        ('prot = "COM1"', "hil.toml has a setting 'prot'"),
        ("port =", "hil.toml is no TOML file"),
        ("[" * 100_000, "hil.toml is no TOML file"),
        ("port = '\x00'", "hil.toml is no TOML file"),
    ],
)
def test_a_file_that_says_nonsense_is_refused(file: Path, text: str, cause: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        held("board", None)
    assert caught.value.cause.startswith(cause) and caught.value.cure
    assert "unset" not in caught.value.cure, "that is a variable's cure"


def test_a_mistyped_setting_is_told_what_was_meant(file: Path) -> None:
    file.write_text('prot = "COM1"', encoding="utf-8")
    with pytest.raises(ConfigurationError, match="did you mean 'port'"):
        held("board", None)


def test_a_file_that_is_none_is_refused(file: Path) -> None:
    file.mkdir()
    with pytest.raises(ConfigurationError, match=r"hil\.toml cannot be read"):
        held("board", None)
    file.rmdir()
    file.write_bytes(b"port = '\xff'")
    with pytest.raises(ConfigurationError, match="no TOML file"):
        held("board", None)
    file.write_bytes(b"#" * (1 << 20) + b"#")
    with pytest.raises(ConfigurationError, match="larger than 1 MB"):
        held("board", None)


@pytest.mark.parametrize("variable", ["HIL_BOARD", "HIL_PORT", "HIL_BUNDLE"])
def test_an_empty_variable_is_an_error(
    variable: str, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not file.exists()
    monkeypatch.setenv(variable, "")
    assert main(["config"]) == 2
    assert f"{variable} is empty" in capsys.readouterr().err
    monkeypatch.delenv(variable)
    assert main(["config"]) == 0


def test_an_empty_option_is_an_error(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not file.exists()
    for command, *words in (
        ["config", "--bundle="],
        ["run", "--report="],
        ["run", ""],
        ["deploy", "--flash="],
    ):
        with pytest.raises(SystemExit) as left:
            main([command, *words])
        assert left.value.code == 2 and "empty" in capsys.readouterr().err


def test_what_holds_is_shown_with_who_says_it(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text('port = "COM1"\nbaud = 2000000\n', encoding="utf-8")
    monkeypatch.setenv("HIL_BUNDLE", "owls")
    assert main(["config", "--board", "esp32"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["board", "esp32", "option", "--board"] in rows
    assert ["port", "COM1", "hil.toml"] in rows
    assert ["baud", "2000000", "hil.toml"] in rows
    assert ["bundle", "owls", "variable", "HIL_BUNDLE"] in rows
