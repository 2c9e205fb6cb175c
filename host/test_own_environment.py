"""Environments of their own: made once, made anew when they were not finished, and a failure is told."""

import subprocess
import sys
from pathlib import Path

import pytest

from . import own_environment as module
from .own_environment import NotInstalledError, OwnEnvironment


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What was installed; nothing is."""
    words: list[list[str]] = []
    monkeypatch.setattr(
        module.venv, "create", lambda folder, **_: Path(folder).mkdir(parents=True, exist_ok=True)
    )
    monkeypatch.setattr(module.subprocess, "run", lambda line, **_: words.append(line))
    return words


def test_an_environment_is_made_once(tmp_path: Path, installed: list[list[str]]) -> None:
    said: list[str] = []
    environment = OwnEnvironment("owl==1.2", tmp_path / "e", said.append)
    assert environment.program("owl-hoots") == OwnEnvironment("owl==1.2", tmp_path / "e").program("owl-hoots")
    assert [line[1:] for line in installed] == [["-m", "pip", "install", "--quiet", "owl==1.2"]]
    assert installed[0][0] == str(environment.program("python")), "into the environment, not into ours"
    assert len(said) == 1 and "owl==1.2" in said[0]


def test_one_that_was_not_finished_is_made_anew(tmp_path: Path, installed: list[list[str]]) -> None:
    (tmp_path / "e" / "bin").mkdir(parents=True)
    OwnEnvironment("owl==1.2", tmp_path / "e").program("python")
    assert len(installed) == 1


def test_one_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(words: list[str], **_: object) -> None:
        raise subprocess.CalledProcessError(1, words, stderr="ERROR: trying\nERROR: no index answers")

    monkeypatch.setattr(module.venv, "create", lambda *_args, **_more: None)
    monkeypatch.setattr(module.subprocess, "run", refuses)
    with pytest.raises(NotInstalledError, match=r"owl==1.2 cannot be .*: ERROR: no index answers") as caught:
        OwnEnvironment("owl==1.2", tmp_path / "e", without="do without owls").program("python")
    assert caught.value.cure == "connect to a package index once, or do without owls"
    assert not (tmp_path / "e" / "ready").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="its folder is called otherwise")
def test_it_lies_in_the_users_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tmp_path in OwnEnvironment("owl==1.2").folder.parents
    assert OwnEnvironment("owl==1.2").folder.name == "owl-1.2"
