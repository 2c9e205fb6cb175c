"""Where in the front end differences arise that no cause reproduces, on one short sound by the real front end."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...core.c_frontend import FrontEnd
from ...frontend.log_mel.tables import LogMelTables
from . import origin as o
from .decibels import DB, DEEP_FLOOR, Logarithm
from .evidence import Int16
from .fakes_device import sound
from .fakes_front_end import SCALE, SETTINGS, ZERO, tables_of
from .fakes_views import view_of
from .origin import BEFORE_LOG, IN_LOG, IN_MEL, NOT_MEL, origin
from .search import Int8, View

pytestmark = pytest.mark.native


@pytest.fixture(scope="module")
def right() -> Int16:
    """Noise whose bands are loud in turn, so that equal levels of a band lie far apart in time."""
    rng = np.random.default_rng(2)
    x = rng.normal(0, 900, 48_000) + sound(8000, 1, 6)[:48_000] * 0.2
    return np.clip(x * (1.2 + np.sin(np.arange(48_000) / 900)), -32000, 32000).astype(np.int16)


@pytest.fixture(scope="module")
def tables() -> LogMelTables:
    return tables_of(SETTINGS)


def scrambled(tables: LogMelTables, field: str) -> LogMelTables:
    values = np.asarray(getattr(tables, field))
    order = np.random.default_rng(5).permutation(len(values))
    changed: dict[str, Any] = {field: tuple(values[order].tolist())}
    return replace(tables, **changed)


def view_on(front_end: FrontEnd, right: Int16, device: Int8) -> View:
    return view_of(front_end.features(right), device, samples=right)


def said(front_end: FrontEnd, tables: LogMelTables, *views: View) -> str:
    return origin(Logarithm(front_end, tables, SCALE, ZERO), list(views), SETTINGS)


@pytest.mark.parametrize(("field", "told"), [("shares_q16", IN_MEL), ("weights", f"{BEFORE_LOG}; {NOT_MEL}")])
def test_before_the_logarithm(
    front_end: FrontEnd, tables: LogMelTables, right: Int16, field: str, told: str
) -> None:
    other = FrontEnd(SETTINGS, SCALE, ZERO, scrambled(tables, field))
    assert said(front_end, tables, view_on(front_end, right, other.features(right))) == told


def test_in_the_logarithm(front_end: FrontEnd, tables: LogMelTables, right: Int16) -> None:
    """Levels off by what the level itself says."""
    log = Logarithm(front_end, tables, SCALE, ZERO)
    levels = log.levels(view_on(front_end, right, front_end.features(right)))
    assert levels is not None

    def wavy(raw: Any) -> Any:
        return np.where(raw > DEEP_FLOOR, raw + np.rint(3 * DB * np.sin(raw / DB / 3)).astype(np.int64), raw)

    view = view_on(front_end, right, log.cells(wavy(levels.raw)).astype(np.int8))
    assert said(front_end, tables, view) == IN_LOG


def test_too_few_differences_say_nothing(front_end: FrontEnd, tables: LogMelTables, right: Int16) -> None:
    expected = front_end.features(right)
    device = expected.copy()
    device[40, 5] += 9
    assert said(front_end, tables, view_on(front_end, right, device)) == ""
    assert said(front_end, tables, view_on(front_end, right, expected)) == ""
    short = view_of(expected, device, samples=right[:1000])
    assert said(front_end, tables, short) == ""
    assert said(front_end, tables) == ""


def test_where_no_band_has_enough_cells_its_weights_cannot_be_told(
    front_end: FrontEnd, tables: LogMelTables, right: Int16
) -> None:
    some = right[:6000]
    other = FrontEnd(SETTINGS, SCALE, ZERO, scrambled(tables, "weights"))
    told = said(front_end, tables, view_on(front_end, some, other.features(some)))
    assert told in (BEFORE_LOG, "", f"{BEFORE_LOG}; {NOT_MEL}")


@pytest.mark.parametrize(("apart", "pairs", "told"), [(2, 200, True), (3, 200, False), (19, 200, False)])
def test_equal_levels_come_out_alike_but_for_one_in_a_hundred(
    front_end: FrontEnd,
    tables: LogMelTables,
    right: Int16,
    monkeypatch: pytest.MonkeyPatch,
    apart: int,
    pairs: int,
    told: bool,
) -> None:
    monkeypatch.setattr(o, "_pairs", lambda *_: (pairs, apart))
    view = view_on(front_end, right, front_end.features(right))
    assert said(front_end, tables, view) == (IN_LOG if told else "")


def test_a_tenth_of_the_pairs_and_twenty_of_them_are_enough(
    front_end: FrontEnd, tables: LogMelTables, right: Int16, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = view_on(front_end, right, front_end.features(right))
    told: Callable[[], str] = lambda: said(front_end, tables, view)  # noqa: E731
    monkeypatch.setattr(o, "_pairs", lambda *_: (20, 2))
    assert told() == BEFORE_LOG  # no band differs, so that no weights can be told
    monkeypatch.setattr(o, "_pairs", lambda *_: (19, 2))
    assert told() == ""
    monkeypatch.setattr(o, "_pairs", lambda *_: (20, 0))
    assert told() == IN_LOG
