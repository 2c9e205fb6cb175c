"""Which checks a run makes, of which device, and what becomes of a board that fails in one."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ...board.crash import Crash, FirmwareCrashedError
from ...board.interface import BoardFacts
from ...bundle.image import bundle_image
from ...bundle.load import Bundle
from ...errors import HilError
from ...line.connection import DeviceResetError
from ...link import messages as m
from ..fakes import FakeInterpreter, bundle_info
from ..record import RunRecord, UptimeRecord
from . import examine
from .answers import Request, all_requests
from .checked import (
    ANSWERS,
    LINE,
    MOST_TOLD,
    RESTART,
    SLOT,
    STREAMS,
    TAKEOVER,
    TRACES,
    WINDOWS,
    Checked,
    shown,
)
from .conftest import SlotFake
from .examine import MOST_SOUND_S, SOUND_STRIDES, Examination
from .sent_windows import made_window
from .slot import SlotCheck
from .slot_size import slot_may_be_tried

pytestmark = pytest.mark.native
Log = list[str]


class Bare:
    """A device that can none of it."""


def a_record(bundle: Bundle, exact_line: bool = True, **info: Any) -> RunRecord:
    said = replace(bundle_info(bundle), **({"slot_size": 1 << 20} | info))
    return SimpleNamespace(  # type: ignore[return-value]
        uptime=UptimeRecord(),
        status=None,
        bundle=bundle,
        info=said,
        exact_line=exact_line,
        checks={},
        sent_windows=None,
        further_probes=[],
        facts=BoardFacts(throwaway=True),
        files=[],
    )


def examination(
    bundle: Bundle, device: Any = None, model: bool = True, **record: Any
) -> tuple[Examination, RunRecord, Log]:
    """With what it recovered from."""
    made = a_record(bundle, **record)
    log: Log = []
    device = device or SlotFake(bundle, [])
    interpreter = FakeInterpreter(bundle) if model else None
    return Examination(device, made, interpreter, lambda: log.append("recovered")), made, log


@pytest.fixture(autouse=True)
def nobody_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """The made-up slot knows nothing of it; `test_takeover.py` does."""
    monkeypatch.setattr(examine, "TakenOver", type("Nobody", (), {}))


def failing(error: HilError) -> Callable[..., Checked]:
    def check(*_: Any, **__: Any) -> Checked:
        raise error

    return check


def columns(bundle: Bundle) -> NDArray[np.int8]:
    return np.zeros((bundle.frames, bundle.settings.bands), np.int8)


def test_what_changes_nothing(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examine, "ask_answers", lambda *_: Checked("asked"))
    monkeypatch.setattr(examine, "ask_streams", lambda *_: (Checked("streamed"), []))
    checks, record, log = examination(bundle)
    checks.harmless(columns(bundle), lambda sent: 100 * sent)
    assert list(record.checks) == [ANSWERS, STREAMS, WINDOWS] and record.checks[ANSWERS].what == "asked"
    assert record.sent_windows is not None
    counted, sent = record.sent_windows
    assert counted == 100 * sent > 600 and record.checks[WINDOWS].what.startswith(f"{sent} windows")
    checks, record, log = examination(bundle, model=False)
    checks.harmless(columns(bundle), lambda sent: sent)
    assert list(record.checks) == [ANSWERS, STREAMS] and record.sent_windows is None
    checks, record, log = examination(bundle, Bare(), model=False)
    checks.harmless(columns(bundle), lambda sent: sent)
    assert not record.checks and not log


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("prompt", [True, False], ids=["a board", "an emulator"])
def test_the_line_is_exact_where_nothing_damages_it(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, whole: bool, prompt: bool
) -> None:
    def asked_line(_: Any, exact: bool, sent: list[Request], *__: bool, prompt: bool) -> Checked:
        return Checked(f"exact: {exact}, {len(sent)} requests, prompt: {prompt}")

    monkeypatch.setattr(examine, "ask_line", asked_line)
    capabilities = m.Capability.INFERENCE | (0 if prompt else m.Capability.EMULATED)
    checks, record, _ = examination(bundle, exact_line=whole, slot_size=0, capabilities=capabilities)
    checks.after_all(lambda: np.zeros(1, np.int16))
    asked = len(all_requests(bundle, record.info, 1024))
    assert asked and record.checks == {LINE: Checked(f"exact: {whole}, {asked} requests, prompt: {prompt}")}


def test_the_slot_is_tried_where_nothing_outlives_the_run(
    bundle: Bundle, samples: NDArray[np.int16], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examine, "ask_line", lambda *_, **__: Checked("line"))
    checks, record, _ = examination(bundle)
    checks.after_all(lambda: samples)
    assert list(record.checks) == [LINE, SLOT, RESTART]
    assert record.checks[SLOT].wrong, "this device does not know the bundles that it is sent"
    assert record.checks[RESTART].what == "4 restarts on request"
    checks, record, _ = examination(bundle, slot_size=100)
    checks.after_all(lambda: samples)
    assert list(record.checks) == [LINE]
    checks, record, _ = examination(bundle, Bare())
    checks.after_all(lambda: samples)
    assert not record.checks


def test_an_image_and_what_pads_it_fit_into_the_slot(bundle: Bundle) -> None:
    length = len(bundle_image(bundle))
    for size, may in ((length + 63, False), (length + 64, True), (length + 65, True)):
        record = a_record(bundle, slot_size=size)
        assert slot_may_be_tried(record) == may
        record.facts = BoardFacts(throwaway=False)
        assert not slot_may_be_tried(record)


@pytest.mark.parametrize("error", [DeviceResetError(7, ""), FirmwareCrashedError(Crash("gone", (), ""))])
def test_a_restart_in_a_harmless_check_is_the_runs(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, error: HilError
) -> None:
    monkeypatch.setattr(examine, "ask_answers", failing(error))
    monkeypatch.setattr(examine, "ask_line", failing(error))
    checks, record, log = examination(bundle, slot_size=0)
    with pytest.raises(type(error)):
        checks.harmless(columns(bundle), lambda sent: sent)
    assert not record.checks and not log
    checks.after_all(lambda: np.zeros(1, np.int16))
    assert record.checks == {LINE: Checked("", [error.cause])} and log == ["recovered"]


def test_a_board_that_fails_in_a_check_fails_the_claim(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examine, "ask_answers", failing(HilError("deaf", "?")))
    checks, record, log = examination(bundle)
    checks.harmless(columns(bundle), lambda sent: sent)
    assert record.checks[ANSWERS] == Checked("", ["deaf"]) and log == ["recovered"]
    assert record.checks[WINDOWS].what, "the next check is made"

    class Mute(SlotFake):
        def info(self) -> m.Info:
            raise HilError("mute", "?")

    monkeypatch.setattr(examine, "ask_line", lambda *_, **__: Checked())
    checks, record, log = examination(bundle, Mute(bundle, []))
    checks.after_all(lambda: np.zeros(20_000, np.int16))
    wrong = record.checks[SLOT].wrong
    assert wrong[-1] == "mute" and len(wrong) > 1, "what was found before stays"
    assert log == ["recovered"]


@pytest.mark.parametrize(("understated", "told"), [(0, ""), (2, "last")])
def test_which_column_is_told_as_the_slowest_is_asked_where_times_contradict_each_other(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, understated: int, told: str
) -> None:
    for name in ("ask_answers", "ask_traced"):
        monkeypatch.setattr(examine, name, lambda *_: Checked())
    monkeypatch.setattr(examine, "ask_streams", lambda *_: (Checked(), []))
    monkeypatch.setattr(examine, "ask_slow_columns", lambda *_: "last")
    checks, record, log = examination(bundle, model=False)
    times: Any = SimpleNamespace(understated=understated)
    record.slowest_told = ""
    record.files = [SimpleNamespace(times=times, agreed=True, windows=0)]  # type: ignore[list-item]
    checks.harmless(columns(bundle), lambda sent: sent)
    assert record.slowest_told == told and not log
    monkeypatch.setattr(examine, "ask_slow_columns", failing(HilError("mute", "?")))
    checks.harmless(columns(bundle), lambda sent: sent)
    assert log == ["recovered"] * bool(told)
    monkeypatch.setattr(examine, "ask_slow_columns", failing(DeviceResetError(7, "")))
    with pytest.raises(DeviceResetError) if told else contextlib.nullcontext():
        checks.harmless(columns(bundle), lambda sent: sent)


@pytest.mark.parametrize(
    ("counted", "windows", "wall_s", "more"),
    [
        (0, 100, 0.0, True),
        (259, 100, 0.0, True),
        (260, 100, 0.0, False),
        (0, 100, 3.0, False),
        (248, 2, 0.5, True),
        (248, 2, 0.51, False),
        (248, 1, 0.25, True),
        (248, 1, 0.26, False),
    ],
)
def test_the_count_of_inferences_passes_a_byte_where_that_takes_no_time(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, counted: int, windows: int, wall_s: float, more: bool
) -> None:
    monkeypatch.setattr(examine, "ask_windows", lambda *_: (Checked("windows"), 0))
    device = SlotFake(bundle, [])
    checks, record, _ = examination(bundle, device)
    device._inferences = counted
    record.files = [SimpleNamespace(windows=windows, wall_s=wall_s)]  # type: ignore[list-item]
    record.counted_on = (0, 0)
    checks._windows(columns(bundle), lambda sent: sent + 1)
    sent = 260 - counted if more else 0
    assert record.counted_on == ((sent + 1, sent) if more else (0, 0))
    assert device.status().inferences == counted + sent
    # their times are looked at, too
    assert len(record.further_probes) == sent
    assert all(probe.round_trip_s >= 0 and probe.echo_s == 0 for probe in record.further_probes)


def test_a_restart_that_fails_is_told_once(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stubborn(SlotFake):
        def reset(self, _: float | None = None) -> m.Info:
            raise HilError("it did not", "?")

    monkeypatch.setattr(examine, "ask_line", lambda *_, **__: Checked())
    monkeypatch.setattr(SlotCheck, "_expect", lambda _, __, bundle, ___: bundle)
    monkeypatch.setattr(SlotCheck, "_compare", lambda *_: None)
    checks, record, log = examination(bundle, Stubborn(bundle, []))
    checks.after_all(lambda: np.zeros(20_000, np.int16))
    slot, restart = record.checks[SLOT], record.checks[RESTART]
    assert restart.wrong == ["it did not"] and "it did not" not in slot.wrong
    assert slot.ended == "it did not" and log == ["recovered"]
    for known, cause in ((["it did not"], "it did not"), ([], "gone")):
        checks._recover = failing(HilError("gone", "?"))
        record.checks = {RESTART: Checked(wrong=known)}
        with pytest.raises(HilError, match=cause):
            checks._check(SLOT, failing(HilError("it did not", "?")), raising=())


def test_how_much_sound_a_deployed_bundle_is_tried_on() -> None:
    assert (SOUND_STRIDES, MOST_SOUND_S) == (10, 30.0)


def test_a_check_keeps_twenty_sentences_and_shows_six_bytes() -> None:
    assert MOST_TOLD == 20
    assert shown(bytes(range(6))) == "0x000102030405"
    assert shown(bytes(range(7))) == "000102030405… (7 bytes)"


@pytest.mark.parametrize("model", [True, False])
def test_what_traces_ran_is_no_window_of_the_run(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, model: bool
) -> None:
    asked: list[Any] = []

    def traced(_: Any, __: Any, ___: Any, window: Any) -> tuple[Checked, int]:
        asked.append(window)
        return Checked("traced"), 5

    monkeypatch.setattr(examine, "ask_answers", lambda *_: Checked("asked"))
    monkeypatch.setattr(examine, "ask_streams", lambda *_: (Checked("streamed"), []))
    monkeypatch.setattr(examine, "ask_traced", traced)
    monkeypatch.setattr(examine, "ask_windows", lambda *_: (Checked("windows"), 9))
    monkeypatch.setattr(examine, "Traceable", SlotFake)
    checks, record, _ = examination(bundle, model=model)
    monkeypatch.setattr(examine, "BYTE", -9)
    counts: list[int] = []

    def count(sent: int) -> int:
        counts.append(sent)
        return 100

    checks.harmless(columns(bundle), count)
    assert list(record.checks) == [ANSWERS, STREAMS, TRACES, *[WINDOWS] * model]
    assert record.checks[TRACES].what == "traced"
    assert counts == [0, 5, *[9] * model]
    (window,) = asked
    assert np.array_equal(window, made_window(bundle)) if model else window is None
    record.checks.clear()
    record.facts = BoardFacts(throwaway=False)
    checks.harmless(columns(bundle), lambda sent: sent)
    assert TRACES not in record.checks and len(asked) == 1


@pytest.mark.parametrize(
    ("agreed", "kept"), [((True, True), []), ((True, False), [0, 1]), ((False, True), [0, 1])]
)
def test_streams_that_differ_are_kept_with_those_before_them(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, agreed: tuple[bool, ...], kept: list[int]
) -> None:
    files: list[Any] = [SimpleNamespace(agreed=each) for each in agreed]
    monkeypatch.setattr(examine, "ask_answers", lambda *_: Checked("asked"))
    monkeypatch.setattr(examine, "ask_streams", lambda *_: (Checked("streamed"), files))
    given: list[Any] = []
    checks = Examination(SlotFake(bundle, []), a_record(bundle), None, lambda: None, given.append)
    checks.harmless(columns(bundle), lambda sent: sent)
    assert given == [files[at] for at in kept]


@pytest.mark.parametrize("differ", [True, False])
def test_the_board_is_taken_over_where_files_agree(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, differ: bool
) -> None:
    asked: list[Any] = []

    def taken_over(*given: Any) -> Checked:
        asked.append(given)
        return Checked("taken over")

    monkeypatch.setattr(examine, "TakenOver", SlotFake)
    monkeypatch.setattr(examine, "ask_takeover", taken_over)
    monkeypatch.setattr(examine, "ask_line", lambda *_, **__: Checked("line"))
    monkeypatch.setattr(examine, "files_differ", lambda _: differ)
    checks, record, _ = examination(bundle, slot_size=0)
    record.checks[STREAMS] = Checked("streamed", ["wrong"])
    checks.after_all(lambda: np.zeros(1, np.int16))
    assert list(record.checks) == [STREAMS, LINE, *([] if differ else [TAKEOVER])]
    if not differ:
        ((device, of, info, interpreter, deploy, known, whole),) = asked
        assert whole is True is record.exact_line
        assert isinstance(device, SlotFake) and isinstance(interpreter, FakeInterpreter)
        assert (of, info, deploy, known) == (bundle, record.info, False, ["wrong"])


def test_streams_of_deployed_bundles_are_kept(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Any] = []
    pair: Any = (bundle, "a stream")
    check = SimpleNamespace(slot=Checked("tried"), restart=Checked(), streamed=[pair], run=lambda: None)
    monkeypatch.setattr(examine, "SlotCheck", lambda *_, **__: check)
    made = a_record(bundle)
    checks = Examination(SlotFake(bundle, []), made, None, lambda: None, deployed=kept.append)
    device: Any = None
    assert checks._slot(device, np.zeros(9, np.int16)).what == "tried"
    assert kept == [[pair]]


@pytest.mark.parametrize(("wall_s", "windows"), [(0.1, 80), (1.25, 80), (2.5, 40), (1000.0, 0)])
def test_of_a_slow_board_the_sound_of_many_changes_is_shorter(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, wall_s: float, windows: int
) -> None:
    asked: list[int] = []

    def ask(*given: Any) -> tuple[Checked, list[Any]]:
        asked.append(given[-1])
        return Checked("streamed"), []

    monkeypatch.setattr(examine, "ask_streams", ask)
    checks, record, _ = examination(bundle)
    file: Any = SimpleNamespace(windows=10, wall_s=wall_s)
    none: Any = SimpleNamespace(windows=0, wall_s=50.0)
    record.files = [file, none]
    checks._streams(checks._device)  # type: ignore[arg-type]
    assert asked == [windows]


@pytest.mark.parametrize("sounds", [(), ("until active", "many changes")])
def test_a_deployed_bundle_is_tried_on_a_sound_of_many_changes_where_one_can_be_made(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, sounds: tuple[str, ...]
) -> None:
    made: list[Any] = []

    def check(*given: Any, **_: Any) -> SimpleNamespace:
        made.append(given[-1])
        return SimpleNamespace(slot=Checked(), restart=Checked(), streamed=[], run=lambda: None)

    monkeypatch.setattr(examine, "SlotCheck", check)
    monkeypatch.setattr(examine, "many_changes", lambda *given: sounds if given[-1] == 80 else ())
    checks, _, _ = examination(bundle)
    device: Any = None
    sound: Any = "of the run"
    checks._slot(device, sound)
    assert made == [sounds[-1] if sounds else sound]
