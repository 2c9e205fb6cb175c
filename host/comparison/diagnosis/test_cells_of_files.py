"""A rounding that gives a traced column's cells is told only where it gives all columns of the files, too."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...core.c_frontend import FrontEnd
from ...frontend.kinds import kind_of
from ...frontend.log_mel.settings import LogMelSettings
from ...trace.stages import ColumnTrace, Stage
from . import stage_cause as module
from .fakes_views import file_of, piece_of
from .quantiser import _half_towards_zero
from .search import Int8
from .stage_cause import stage_cause

pytestmark = pytest.mark.native

SETTINGS = LogMelSettings(8000, 256, 128, 256, 40, 125.0, 4000.0, -10.0)
FRONT = FrontEnd(SETTINGS, 0.4, 11)
TABLES: Any = kind_of(SETTINGS).tables(SETTINGS, 0.4, 11)


@pytest.fixture(autouse=True)
def no_other_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("log_entry_cause", "entry_cause", "compared_cause", "words_cause", "line_cause"):
        monkeypatch.setattr(module, name, lambda *_: None)


def _noise(scale: float) -> Any:
    return (np.random.default_rng(4).normal(size=SETTINGS.span + 40 * SETTINGS.hop) * scale).astype(np.int16)


def _cells(levels: Any) -> Int8:
    return np.clip(_half_towards_zero(levels.astype(np.int64), TABLES), -128, 127).astype(np.int8)


@pytest.mark.parametrize("all_so", [True, False])
def test_the_rounding_must_give_all_columns(all_so: bool) -> None:
    samples = _noise(900.0)
    right, levels = FRONT.features(samples), FRONT.values(samples)
    device = _cells(levels)
    (row, *_) = np.flatnonzero((device != right).any(axis=1))
    if not all_so:
        device[row + 1 :] = right[row + 1 :]
        device[-1, 0] += 1
    stages = (
        Stage("log", levels[row].astype("<i4").tobytes(), levels[row].astype("<i4").tobytes()),
        Stage("cells", right[row].tobytes(), device[row].tobytes()),
    )
    trace = ColumnTrace(int(row), stages, samples=samples[:1])
    bundle: Any = SimpleNamespace(tables=TABLES, settings=SETTINGS)
    alone = stage_cause(trace, bundle)
    assert alone is not None and alone.computed and not alone.tables
    cause = stage_cause(trace, bundle, [file_of(piece_of(right, device, samples=samples))])
    assert (cause is not None and cause.computed) == all_so
    if all_so:
        assert cause == alone and "negative ones alone differ" in alone.told
