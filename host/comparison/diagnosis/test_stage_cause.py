"""Which reading a departing stage gets, and what is told of stages that have none of their own."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...frontend.log_mel.settings import LogMelSettings
from ...frontend.log_mel.tables import LogMelTables
from ...frontend.mfcc.settings import MfccSettings
from ...trace.stages import ColumnTrace, Stage
from . import stage_cause as module
from .figures import OR_ELSE, Cause
from .stage_cause import stage_cause, traced_samples

TABLES = LogMelTables.__new__(LogMelTables)
LOG_MEL: Any = SimpleNamespace(tables=TABLES, settings=None)
OTHER: Any = SimpleNamespace(tables=None, settings=None)
RIGHT = [5, 6, 7, 8]


@pytest.fixture(autouse=True)
def lines(monkeypatch: pytest.MonkeyPatch) -> list[Cause | None]:
    """The line that is found, none at first."""
    found: list[Cause | None] = [None]
    monkeypatch.setattr(module, "line_cause", lambda *_: found[0])
    return found


def stage(name: str, device: list[int] | None = None, host: list[int] | None = None) -> Stage:
    ours, theirs = (np.array(values, "<i4").tobytes() for values in (host or RIGHT, device or host or RIGHT))
    return Stage(name, ours, theirs)


def trace(*stages: Stage) -> ColumnTrace:
    return ColumnTrace(3, stages, samples=np.arange(4, dtype=np.int16))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What each reading was given; each finds what is set in `found`."""
    calls: dict[str, Any] = {"found": Cause("read", "cure")}

    def reading(name: str) -> Any:
        def read(*given: Any) -> Any:
            calls[name] = given
            return calls["found"]

        return read

    for name in ("window_cause", "spectrum_cause", "mel_cause"):
        monkeypatch.setattr(module, name, reading(name))

    def log(*given: Any) -> tuple[str, str] | None:
        calls["log_cause"] = given
        return ("told", "cure") if calls["found"] else None

    monkeypatch.setattr(module, "log_cause", log)
    for name in ("log_entry_cause", "entry_cause", "compared_cause"):
        monkeypatch.setattr(module, name, lambda *_: None)
    return calls


def test_each_stage_has_its_reading(asked: dict[str, Any]) -> None:
    other = [9, 9, 1, 2]
    window, spectrum, mel, log = (stage(name, other) for name in ("window", "spectrum", "mel", "log"))
    whole = stage("spectrum")
    column = trace(window)
    assert stage_cause(column, LOG_MEL) == asked["found"]
    assert asked["window_cause"] == (window, TABLES, column.samples)
    assert stage_cause(trace(stage("window"), spectrum), LOG_MEL) == asked["found"]
    assert asked["spectrum_cause"] == (spectrum, TABLES)
    assert stage_cause(trace(stage("window"), whole, mel), LOG_MEL) == asked["found"]
    assert asked["mel_cause"] == (mel, whole, TABLES)
    assert stage_cause(trace(stage("window"), mel), LOG_MEL) == asked["found"]
    assert asked["mel_cause"] == (mel, None, TABLES)
    column = trace(log)
    assert stage_cause(column, LOG_MEL) == Cause("told", "cure", computed=True)
    assert asked["log_cause"] == (column, LOG_MEL)


def test_other_front_ends_and_stages_have_none(asked: dict[str, Any]) -> None:
    del asked["found"]
    for name in ("window", "spectrum", "mel", "log"):
        assert stage_cause(trace(stage(name, [10, 12, 14, 16])), OTHER) is None
    assert stage_cause(trace(stage("cepstrum", [9, 9, 1, 2])), LOG_MEL) is None
    assert not asked


def test_an_equal_column_has_no_cause() -> None:
    assert stage_cause(trace(stage("window")), LOG_MEL) is None


def test_segments_are_not_told_plainly(asked: dict[str, Any]) -> None:
    asked["found"] = None
    plain = stage("mel", [5, 6, 0, 0])
    assert stage_cause(trace(plain), LOG_MEL) is not None
    assert stage_cause(trace(replace(plain, segments=True)), LOG_MEL) is None


def told(name: str, device: list[int], host: list[int] | None = None, bundle: Any = OTHER) -> str:
    cause = stage_cause(trace(stage(name, device, host)), bundle)
    assert cause is None or f"the stage {name} of" in cause.cure
    return "" if cause is None else cause.told


def test_what_is_told_plainly() -> None:
    assert told("power", [5, 6, 0, 0]) == "values 2 to 3 of the stage: 0"
    assert told("power", [6, 7, 8, 9]) == "all 4 values of the stage: off by +1"
    assert told("power", [5, 3, 3, 3]) == "values 1 to 3 of the stage: all 3"
    assert told("power", [5, 60, 1, 2]) == ""
    assert told("power", [5, 6, 7]) == ""
    assert told("power", [5, 6, 9, 8]) == "value 2 of the stage: 9 instead of 7"


@pytest.mark.parametrize("settings", [LogMelSettings, MfccSettings])
def test_decibels_are_told_of_the_front_ends_that_have_them(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "words_cause", lambda *_: None)
    bundle: Any = SimpleNamespace(tables=None, settings=settings.__new__(settings))
    host = [655360, 1310720, 1966080, 0]
    louder = [655360, 1310720 - 98304, 1966080 - 98304, 0]
    assert told("log", louder, host, bundle) == "values 1 to 2 of the stage: -1.5 dB off"
    assert told("log", louder, host) == "values 1 to 2 of the stage: off by -98,304"
    alike = [655360, 131072, 131072, 131072]
    assert told("log", alike, host, bundle) == "values 1 to 3 of the stage: all 2.00 dB"
    assert told("log", alike, host) == "values 1 to 3 of the stage: all 131,072"
    assert told("log", [655360, 1310720, 1966080, 7], host, bundle) == "value 3 of the stage: 7 instead of 0"
    # +1.235 dB and a little more, which another divisor would round down
    assert told("log", [80937, 80937], [0, 0], bundle) == "all 2 values of the stage: +1.24 dB off"
    precise = [0, 100 * 65536 + 400, 100 * 65536 + 400, 100 * 65536 + 400]
    assert told("log", precise, [0, 1, 2, 3], bundle) == "values 1 to 3 of the stage: all 100.01 dB"


def test_only_what_can_be_done_to_any_samples_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    causes = {
        "a": None,
        "b": Cause("b", "cure"),
        "c": Cause("told", "cure", True, lambda x: x),
    }
    monkeypatch.setattr(module, "stage_cause", lambda column, *_: causes[column])
    monkeypatch.setattr(module, "changed", lambda front_end, *given: (front_end, *given))
    files: Any = [SimpleNamespace(column=column) for column in ("a", None, "b", "c")]
    front_end: Any = "front end"
    tried = traced_samples(files, front_end, LOG_MEL)
    assert [list(each([])) for each in tried] == [
        [("front end", "told", "told", "cure", causes["c"].change, 512)]  # type: ignore[union-attr]
    ]


def test_one_operation_on_all_values_is_sure() -> None:
    host = [10, -20, 30, -40, 50, -60, 70]
    cause = stage_cause(trace(stage("power", [abs(value) for value in host], host)), OTHER)
    assert cause is not None and cause.computed
    assert cause.told == "all values of the stage are without their sign"
    other = stage_cause(trace(stage("power", [value + 1 for value in host], host)), OTHER)
    assert other is not None and not other.computed


def test_what_is_done_to_each_column_by_itself_is_tried_first() -> None:
    """Of samples a hop apart, as many as a column has; what else the front end makes of them is no column's."""
    front_end: Any = SimpleNamespace(
        settings=SimpleNamespace(hop=3, span=5),
        features=lambda samples: np.array([[samples[0], samples[-1], len(samples)], [0, 0, 0]], np.int8),
    )
    told = "one thing; or, which gives the same here: another"
    cause = Cause(told, "cure; then look there", of_column=(lambda samples: samples + 50,))
    view: Any = SimpleNamespace(
        expected=np.zeros((3, 3), np.int8),
        file=SimpleNamespace(piece=SimpleNamespace(samples=np.arange(11, dtype=np.int16))),
    )
    [first, *_] = module._of_samples(front_end, cause)([])
    assert (first.cause, first.explanation, first.cure) == ("one thing", "one thing", "cure")
    found = first.replay(view)
    assert found is not None and found.tolist() == [[50, 54, 5], [53, 57, 5], [56, 60, 5]]


def columns_of(value: int) -> Any:
    """As a wrong entry gives them: one cell for each sample."""
    return lambda samples: np.full((len(samples), 1), value, np.int8)


def recorded(device: list[int], present: list[bool] | None = None) -> Any:
    cells = np.array(device, np.int8)[:, None]
    piece = SimpleNamespace(
        expected=np.zeros_like(cells),
        device=cells,
        present=np.array(present or [True] * len(cells)),
        samples=np.arange(len(cells), dtype=np.int16),
    )
    return SimpleNamespace(piece=piece)


def test_a_wrong_entry_must_give_the_columns_of_all_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first wrong one on; of several entries those that do are told."""
    cause = Cause("a; or b", "cure", True, tables=(("a", columns_of(7)), ("b", columns_of(8))))
    monkeypatch.setattr(module, "log_entry_cause", lambda *_: None)
    monkeypatch.setattr(module, "entry_cause", lambda *_: cause)

    def found(*files: Any, different: int = 2) -> str:
        departing = trace(replace(stage("power", [9, 9, 1, 2]), different=different))
        found = stage_cause(departing, OTHER, files)
        return "" if found is None else found.told

    assert found(recorded([0, 7, 7, 7])) == "a" and found(recorded([8, 8])) == "b"
    assert found(recorded([0, 7, 7]), recorded([0, 0])) == "a"
    assert found(recorded([0, 7, 7]), recorded([8, 8])) == ""
    assert found(recorded([0, 7, 1, 7], [True, True, False, True])) == "a"
    assert found(recorded([7, 1, 7])) == ""
    # without files, what one number tells is no proof
    assert found() == f"a{OR_ELSE}b" and found(different=1) == ""
    assert found(recorded([7]), different=1) == "a"


def test_more_entries_than_are_worth_telling_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    several = tuple((str(number), columns_of(7)) for number in range(5))
    monkeypatch.setattr(module, "log_entry_cause", lambda *_: Cause("several", "cure", True, tables=several))
    assert stage_cause(trace(stage("power", [9, 9, 1, 2])), OTHER, [recorded([7])]) is None


def test_a_trace_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(module, "entry_cause", lambda *_: calls.append(1))
    departing = trace(stage("power", [9, 9, 1, 2]))
    for _ in range(3):
        stage_cause(departing, OTHER)
    assert len(calls) == 1
    stage_cause(trace(stage("power", [9, 9, 1, 2])), OTHER)
    assert len(calls) == 2


def test_another_table_is_tried_on_all_columns() -> None:
    cause = Cause("told", "cure", True, tables=(("a", columns_of(7)), ("b", columns_of(8))))
    front_end: Any = None
    view: Any = SimpleNamespace(expected=np.zeros((3, 1), np.int8), file=recorded([1, 2, 3]))
    first, second = module._of_samples(front_end, cause)([])
    assert (first.cause, first.explanation, second.cause) == ("a", "a", "b")
    replayed = second.replay(view)
    assert replayed is not None and replayed.tolist() == [[8], [8], [8]]
    longer: Any = SimpleNamespace(expected=np.zeros((4, 1), np.int8), file=view.file)
    assert first.replay(longer) is None


def test_a_line_comes_before_what_numbers_have_in_common_and_behind_what_was_computed(
    asked: dict[str, Any], lines: list[Cause | None]
) -> None:
    lines[0] = line = Cause("a line", "cure", True)
    plain = [value + 1 for value in RIGHT]
    assert stage_cause(trace(stage("power", plain)), OTHER) == line
    assert stage_cause(trace(stage("mel", plain)), LOG_MEL) == line
    asked["found"] = Cause("computed", "cure", True)
    assert stage_cause(trace(stage("mel", plain)), LOG_MEL) == asked["found"]
