"""The table of hypotheses: what each says may be wrong, and which of them a kind of front end has."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...core.c_frontend import FrontEnd
from . import decibels, kinds
from .fakes_views import view_of
from .inputs import Model
from .kinds import (
    COLUMNS,
    CONVERTED,
    INPUTS,
    NEVER_WRITTEN,
    OUTPUTS,
    Kind,
    Sources,
    column_hypotheses,
    output_hypotheses,
)


def _documented() -> None:
    """What it is about,
    in two lines.

    More of it.
    """


def _bare() -> None:
    pass


def kind(of: Any, make: Any = None, **more: Any) -> Kind:
    """Of hypotheses that are none."""
    return Kind(of, make, **more)


def test_the_text_of_a_kind_is_the_first_paragraph_of_its_docstring() -> None:
    assert kind(_documented).text == "What it is about,     in two lines."
    assert kind(_bare).text == ""
    assert all(each.text.endswith(".") for each in (*COLUMNS, *OUTPUTS, *INPUTS, NEVER_WRITTEN, CONVERTED))


@pytest.mark.parametrize("log_mel", [True, False])
def test_log_mels_steps_are_varied_where_there_are_some(
    monkeypatch: pytest.MonkeyPatch, log_mel: bool
) -> None:
    altered = SimpleNamespace()
    sources = cast(Sources, SimpleNamespace(is_log_mel=log_mel, has_window=log_mel, altered=altered))
    table = (
        kind(_bare, lambda _: 0),
        kind(_bare, lambda _: 1, log_mel=True),
        kind(_bare, lambda _: 2, log_mel=False, stages=("log", "cells")),
    )
    monkeypatch.setattr(kinds, "COLUMNS", table)
    told: list[list[Any]] = [column_hypotheses(sources, stage) for stage in ("", "log", "mel", "pcan")]
    assert altered.departs == "pcan"
    assert told == ([[0, 1, 2], [0, 1, 2], [0, 1], [0, 1]] if log_mel else [[0, 2]] * 4)


def test_where_cells_depart_levels_come_last(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = cast(Sources, SimpleNamespace(is_log_mel=True, has_window=True, altered=SimpleNamespace()))
    table = (
        kind(_bare, lambda _: "levels", stages=("mel", "log", "cells")),
        kind(_bare, lambda _: "cells", stages=("log", "cells")),
        kind(_bare, lambda _: "sent", sent=True),
    )
    monkeypatch.setattr(kinds, "COLUMNS", table)
    told: list[list[Any]] = [column_hypotheses(sources, stage) for stage in ("log", "cells")]
    assert told == [["levels", "cells", "sent"], ["cells", "sent", "levels"]]
    sending: list[Any] = list(column_hypotheses(sources, sending=True))
    assert sending == ["sent"]


@pytest.mark.parametrize(
    ("departs", "computed", "tried"),
    [("", False, True), ("", True, False), ("window", False, False), ("cells", False, False)],
)
def test_sending_alone_is_nothing_where_columns_are_computed_wrongly(
    monkeypatch: pytest.MonkeyPatch, departs: str, computed: bool, tried: bool
) -> None:
    sources = cast(Sources, SimpleNamespace(is_log_mel=True, has_window=True, altered=SimpleNamespace()))
    table = (
        kind(_bare, lambda _: "both", sent=True),
        kind(_bare, lambda _: "sent", sent=True, only_sent=True),
    )
    monkeypatch.setattr(kinds, "COLUMNS", table)
    told: list[Any] = list(column_hypotheses(sources, departs, computed=computed))
    assert told == ["both", *["sent"] * tried]
    assert len(column_hypotheses(sources)) == len(table), "of a model nothing is known"


@pytest.mark.parametrize("departs", ["mel", "log", ""])
def test_where_mel_sums_depart_nothing_is_said_of_the_logarithm(
    monkeypatch: pytest.MonkeyPatch, departs: str
) -> None:
    for part in ("floors", "fractions", "entry", "beyond", "slopes", "bands"):
        monkeypatch.setattr(decibels, f"_{part}", lambda *_, part=part: iter([part]))
    [row] = [each for each in COLUMNS if each.of is decibels.decibels]
    log = SimpleNamespace(levels=lambda _: "some")
    sources = SimpleNamespace(logarithm=log, altered=SimpleNamespace(departs=departs))
    right = np.zeros((3, 2), np.int8)
    said: list[Any] = list(row.make(sources)([view_of(right, right)]))
    assert said == (
        ["bands"] if departs == "mel" else ["floors", "fractions", "bands", "entry", "beyond", "slopes"]
    )


def test_of_a_models_input_something_is_said_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "OUTPUTS", (kind(_bare, lambda bundle: ("output", bundle)),))
    monkeypatch.setattr(kinds, "INPUTS", (kind(_bare, lambda model: ("input", model)),))
    monkeypatch.setattr(kinds, "NEVER_WRITTEN", kind(_bare, lambda model: ("never", model)))
    monkeypatch.setattr(kinds, "CONVERTED", kind(_bare, lambda bundle: ("converted", bundle)))
    plain: list[Any] = list(output_hypotheses(cast(Bundle, "b"), None))
    assert plain == [("output", "b"), ("converted", "b")]
    found: list[Any] = list(output_hypotheses(cast(Bundle, "b"), cast(Model, "m")))
    assert found == [("never", "m"), ("output", "b"), ("input", "m"), ("converted", "b")]


def names(kinds: Iterable[Kind]) -> set[str]:
    """Modules and functions."""
    return {each.of.__module__.rpartition(".")[2] + "." + each.of.__name__ for each in kinds}


def test_what_varies_log_mels_tables_is_for_log_mel_alone() -> None:
    assert names(each for each in COLUMNS if each.log_mel) == {
        "quantiser.quantised",
        "quantiser.fitted",
        "variants.other_tables",
        "tapers.other_tapers",
        "coarse.coarse",
        "coarse.within",
        "smoothed.smoothed",
        "decibels.decibels",
        "entries.entries",
    }
    assert not any(each.log_mel for each in (*OUTPUTS, *INPUTS, NEVER_WRITTEN))


def test_what_sends_columns_can_move_and_change_them_and_knows_no_sound() -> None:
    """With columns that the model saw rightly, these alone are tried."""
    assert names(each for each in COLUMNS if each.sent) == {
        "wide_columns.wide_columns",
        "values.shifted",
        "values.of_the_file_before",
        "values.not_refreshed",
        "values.reordered",
        "values.offset",
        "values.stuck",
        "values.bits",
        "values.late_values",
        "values.averaged",
        "values.held_within",
        "ring_sent.sent_from_elsewhere",
        "row_sources.other_places",
        "maps.mapped",
        "rows.single_rows",
        "rows.first_row",
        "singles.single_values",
    }
    assert names(each for each in COLUMNS if each.only_sent) == {"ring_sent.sent_from_elsewhere"}


@pytest.mark.parametrize(("kind", "window"), [("waveform", False), ("mfcc", True), ("log_mel", True)])
def test_all_kinds_but_the_waveform_begin_with_a_window(kind: str, window: bool) -> None:
    sources = Sources.__new__(Sources)
    sources.bundle = cast(Bundle, SimpleNamespace(settings=SimpleNamespace(kind=kind)))
    assert sources.has_window == window


def test_silence_is_one_column_of_zeros() -> None:
    sources = Sources.__new__(Sources)
    settings: Any = SimpleNamespace(samples_for=lambda columns: 100 + 10 * columns)
    sources.bundle = cast(Bundle, SimpleNamespace(settings=settings))

    def features(samples: Any) -> Any:
        assert samples.dtype == np.int16 and not samples.any()
        return np.array([[len(samples), 5]])

    sources.front_end = cast(FrontEnd, SimpleNamespace(features=features))
    assert sources.silence.tolist() == [110, 5]
