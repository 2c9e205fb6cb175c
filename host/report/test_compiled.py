"""Compiled templates are kept in the user's cache folder, and what cannot be kept is no fault."""

from pathlib import Path

import pytest
from jinja2.bccache import FileSystemBytecodeCache

from . import compiled
from .compiled import kept_templates
from .templates import environment


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(compiled.platformdirs, "user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    return tmp_path / "cache"


def _page(folder: Path, text: str) -> str:
    (folder / "page.j2").write_text(text, encoding="utf-8")
    return environment(folder).get_template("page.j2").render(name="<b>")


def test_a_template_is_compiled_once_and_again_when_it_changes(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _page(tmp_path, "one {{ name }}") == "one &lt;b&gt;"
    assert [path.parent.name[:10] for path in cache.glob("*/*")] == ["templates-"]
    with monkeypatch.context() as patch:
        patch.setattr("jinja2.Environment.compile", lambda *_, **__: pytest.fail("compiled again"))
        assert _page(tmp_path, "one {{ name }}") == "one &lt;b&gt;"
    assert _page(tmp_path, "two {{ name }}") == "two &lt;b&gt;"


def test_other_options_are_another_folder(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_templates()
    (tmp_path / "templates.py").write_text("another")
    monkeypatch.setattr(compiled, "OPTIONS", tmp_path / "templates.py")
    kept_templates()
    assert len(list(cache.iterdir())) == 2


def test_a_folder_that_cannot_be_made(tmp_path: Path, cache: Path) -> None:
    cache.write_text("a file")
    assert kept_templates() is None
    assert _page(tmp_path, "{{ name }}") == "&lt;b&gt;"


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileSystemBytecodeCache, "dump_bytecode", full)
    assert _page(tmp_path, "{{ name }}") == "&lt;b&gt;"
