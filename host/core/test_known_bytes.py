"""A front end that departs from what is known of it is told with the stage, and with no other kind's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..errors import HilError
from . import known_bytes as module
from .front_end_bytes import SHAPES, checksums
from .known_bytes import departed

pytestmark = pytest.mark.native

CEPSTRAL, PLAIN = "cepstral", "256 points"


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    module._departed.cache_clear()
    yield
    module._departed.cache_clear()


@pytest.mark.parametrize("name", SHAPES)
def test_every_kind_gives_what_is_known(name: str) -> None:
    assert departed(SHAPES[name][0]) == ""


def _change(monkeypatch: pytest.MonkeyPatch, *stages: str, names: int = 99) -> None:
    changed: list[str] = []

    def wrong(settings: Any, scale: float, zero: int) -> dict[str, str]:
        found = checksums(settings, scale, zero)
        if settings.kind == SHAPES[CEPSTRAL][0].kind and len(changed) < names:
            changed.append("one")
            found |= dict.fromkeys(stages, "00000000")
        return found

    monkeypatch.setattr(module, "checksums", wrong)


def test_the_first_stage_that_departs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    _change(monkeypatch, "cells", "mel", "columns")
    told = departed(SHAPES[CEPSTRAL][0])
    assert told.startswith(
        "this checkout's front end of the kind 'mfcc' gives other bytes than it is known to give, from its mel on "
        "(cepstral, and 1 more): host and virtual board are both made of it"
    )
    assert departed(SHAPES[PLAIN][0]) == "", "another kind"


def test_one_shape_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    _change(monkeypatch, "tables", names=1)
    assert "from its tables on (cepstral): host" in departed(SHAPES[CEPSTRAL][0])


def test_memory_depends_on_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    _change(monkeypatch, "memory")
    assert departed(SHAPES[CEPSTRAL][0]) == ""


@pytest.mark.parametrize("text", ["", "no JSON", "{}", None])
def test_where_nothing_is_known_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str | None
) -> None:
    file = tmp_path / "known.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    monkeypatch.setattr(module, "FILE", file)
    assert departed(SHAPES[CEPSTRAL][0]) == ""


def test_where_the_core_cannot_be_built_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> dict[str, str]:
        raise HilError("no compiler", "install one")

    monkeypatch.setattr(module, "checksums", fails)
    assert departed(SHAPES[CEPSTRAL][0]) == ""
