"""A stage that no cell shows is explained by the line that gives it, or by nothing."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...trace.stages import ColumnTrace, Stage
from . import stage_findings as module
from .figures import Cause
from .stage_findings import stage_findings

VALUES = np.arange(4, dtype="<i4")
MEL = Stage("mel", VALUES.tobytes(), (VALUES + 1).tobytes(), different=4, values=4)
SPECTRUM = Stage("spectrum", VALUES.tobytes(), VALUES.tobytes())
TRACE = ColumnTrace(1, (SPECTRUM, MEL))
BUNDLE: Any = SimpleNamespace()


def test_the_line_that_gives_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def giving(*arguments: Any) -> Cause:
        asked.append(arguments)
        return Cause("it rounds down", "look there", True)

    monkeypatch.setattr(module, "line_giving", giving)
    (told,) = stage_findings(BUNDLE, TRACE)
    assert asked == [(TRACE, MEL, BUNDLE, ())]
    assert (told.stage, told.cause, told.cure) == ("stages", "stage mel by a line of the code", "look there")
    assert told.explanation.startswith("it rounds down; this gives all that is told of its stage mel")
    assert told.share == 1.0
    assert told.pattern == "4 of 4 values differ" and told.place.startswith("column 1 ")


def test_nothing_is_told_where_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "line_giving", lambda *_: None)
    assert stage_findings(BUNDLE, TRACE) == []
    monkeypatch.setattr(module, "line_giving", lambda *_: Cause("it", "there", True))
    assert stage_findings(BUNDLE, None) == []
    assert stage_findings(BUNDLE, ColumnTrace(1, (SPECTRUM,))) == []
    few = replace(MEL, different=1)
    assert stage_findings(BUNDLE, ColumnTrace(1, (SPECTRUM, few))) == []
    assert stage_findings(BUNDLE, ColumnTrace(1, (SPECTRUM, replace(MEL, different=2))))
