"""The table of hypotheses: what each says may be wrong, and which of them a kind of front end has."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from ...bundle.load import Bundle
from . import kinds
from .inputs import Model
from .kinds import COLUMNS, INPUTS, NEVER_WRITTEN, OUTPUTS, Kind, column_hypotheses, output_hypotheses


def _documented() -> None:
    """What it is about,
    in two lines.

    More of it.
    """


def _bare() -> None:
    pass


def test_the_text_of_a_kind_is_the_first_paragraph_of_its_docstring() -> None:
    assert Kind(_documented, _documented).text == "What it is about,     in two lines."
    assert Kind(_bare, _bare).text == ""
    assert all(kind.text.endswith(".") for kind in (*COLUMNS, *OUTPUTS, *INPUTS, NEVER_WRITTEN))


@pytest.mark.parametrize("log_mel", [True, False])
def test_log_mels_steps_are_varied_where_there_are_some(
    monkeypatch: pytest.MonkeyPatch, log_mel: bool
) -> None:
    monkeypatch.setattr(kinds, "Sources", lambda _: SimpleNamespace(is_log_mel=log_mel))
    table = tuple(
        Kind(_bare, lambda _, number=number: number, own) for number, own in enumerate((False, True, False))
    )
    monkeypatch.setattr(kinds, "COLUMNS", table)
    found: list[Any] = list(column_hypotheses(cast(Bundle, None)))
    assert found == ([0, 1, 2] if log_mel else [0, 2])


def test_of_a_models_input_something_is_said_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "OUTPUTS", (Kind(_bare, lambda bundle: ("output", bundle)),))
    monkeypatch.setattr(kinds, "INPUTS", (Kind(_bare, lambda model: ("input", model)),))
    monkeypatch.setattr(kinds, "NEVER_WRITTEN", Kind(_bare, lambda model: ("never", model)))
    plain: list[Any] = list(output_hypotheses(cast(Bundle, "b"), None))
    assert plain == [("output", "b")]
    found: list[Any] = list(output_hypotheses(cast(Bundle, "b"), cast(Model, "m")))
    assert found == [("never", "m"), ("output", "b"), ("input", "m")]
