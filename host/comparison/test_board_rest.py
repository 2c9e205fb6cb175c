"""One board's part of a run beside the files: what is traced, which stimuli it gets, what it is asked at the end."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from ..board.client import RequestRefusedError
from ..bundle.load import Bundle
from ..errors import HilError
from ..link import messages as m
from . import board_share as sharing
from . import events as e
from .fake_part import Int16, Retaken, broken_off, make_part, sound_of, wrong_score
from .fakes import FakeDevice, Tamper
from .result import RunComparison
from .stimuli import thorough
from .stimuli.kit import Kit
from .stimuli.thorough import MadeSound
from .wishes import Wishes

pytestmark = pytest.mark.native


# ---- traces


class Traceable(FakeDevice):
    """A `TracedDevice` by its methods, which nobody calls: `trace_run` is replaced."""

    trace_arm = trace_ops = trace_bytes = stage_names = stage_arm = cast(Any, "nobody calls it")


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[list[str], int]]]:
    """Replaces `trace_run`: (names of the sounds that it is given, step) of each call."""

    def replaced(error: HilError | None = None, inferences: int = 0) -> list[tuple[list[str], int]]:
        calls: list[tuple[list[str], int]] = []

        def run(tracing: Any, result: RunComparison, sources: dict[str, Any], step: int) -> None:
            calls.append((list(sources), step))
            tracing._progress("a.wav: window", 2, 5)
            window = np.zeros((result.bundle.frames, result.bundle.settings.bands), np.int8)
            for _ in range(inferences):
                tracing._device.infer(window)
            if error is not None:
                raise error

        monkeypatch.setattr(sharing, "trace_run", run)
        return calls

    return replaced


Traces = Callable[..., list[tuple[list[str], int]]]


@pytest.mark.parametrize(
    ("kind", "tamper", "step", "traced"),
    [
        (Traceable, wrong_score, 0, True),
        (Traceable, None, 3, True),
        (Traceable, None, 0, False),
        (FakeDevice, wrong_score, 3, False),
    ],
)
def test_what_differs_is_traced_where_the_board_can(
    bundle: Bundle,
    short: Int16,
    traces: Traces,
    kind: type[FakeDevice],
    tamper: Tamper | None,
    step: int,
    traced: bool,
) -> None:
    calls = traces()
    part = make_part(bundle, tamper, kind, wishes=Wishes(trace_every=step))
    result = part.run(sound_of("a\t.wav", short))
    assert calls == ([([r"a\t.wav"], step)] if traced else [])
    assert part.of(e.Traced) == ([e.Traced("a.wav: window", 2, 5)] if traced else [])
    assert ("trace" in result.seconds) == traced


def test_a_trace_that_fails_is_noted_and_ends_no_run(
    bundle: Bundle, short: Int16, traces: Traces, retaken: Retaken
) -> None:
    traces(HilError("it cannot tell", "flash it"))
    result = make_part(bundle, wrong_score, Traceable).run(sound_of("a.wav", short))
    assert result.notes[-1] == "a trace was not possible: it cannot tell"
    assert result.complete and retaken == [(10.0, False)]


def test_a_window_that_is_not_there_follows_from_what_is_wrong(
    bundle: Bundle, short: Int16, traces: Traces, retaken: Retaken
) -> None:
    del retaken
    for code, follows in ((m.ErrorCode.NO_STREAM, True), (m.ErrorCode.NOT_SUPPORTED, False)):
        traces(RequestRefusedError(m.Error(1, code, 0, 0, b"none")))
        part = make_part(bundle, wrong_score, Traceable)
        result = part.run(sound_of("a.wav", short))
        assert result.notes[-1].startswith("a trace was not possible: the board refused ")
        assert ("; this follows from what is wrong: " in result.notes[-1]) is follows


# ---- more detections


@pytest.mark.parametrize(
    ("wrong", "features_only", "asked"), [(True, False, True), (False, False, False), (True, True, False)]
)
def test_more_detections_are_asked_for_where_some_are_wrong(
    bundle: Bundle,
    short: Int16,
    monkeypatch: pytest.MonkeyPatch,
    wrong: bool,
    features_only: bool,
    asked: bool,
) -> None:
    given: list[list[str]] = []

    def ask(_: Any, __: Any, sources: dict[str, Any], ___: Any) -> None:
        given.append(list(sources))

    monkeypatch.setattr(sharing, "wrongly_decided", lambda _: wrong)
    monkeypatch.setattr(sharing, "ask_for_changes", ask)
    part = make_part(bundle, wishes=Wishes(features_only=features_only))
    result = part.run(sound_of("a\t.wav", short))
    assert given == ([[r"a\t.wav"]] if asked else []) and ("changes" in result.seconds) == asked


def test_more_detections_that_cannot_be_asked_for_are_noted(
    bundle: Bundle, short: Int16, monkeypatch: pytest.MonkeyPatch, retaken: Retaken
) -> None:
    def ask(*_: Any) -> None:
        raise HilError("it is mute", "reset it")

    monkeypatch.setattr(sharing, "wrongly_decided", lambda _: True)
    monkeypatch.setattr(sharing, "ask_for_changes", ask)
    result = make_part(bundle).run(sound_of("a.wav", short))
    assert result.notes[-1] == "more detections could not be asked for: it is mute"
    assert result.complete and retaken == [(10.0, False)]


# ---- stimuli


@pytest.fixture
def kit(bundle: Bundle, short: Int16, monkeypatch: pytest.MonkeyPatch) -> Kit:
    """Two windows, one stream at a threshold, and sound for the tables; the long stream is as short as can be."""
    windows = np.zeros((2, bundle.frames, bundle.settings.bands), np.int8)
    made = Kit(windows, {"at a threshold": short}, 3, short, (1, 2), (3, 4))
    monkeypatch.setattr(sharing, "kit_for", lambda *_: made)
    monkeypatch.setattr(thorough, "LONG_COLUMNS", 20)
    return made


@pytest.mark.parametrize(("name", "where"), [("", ""), ("left", " on left")])
def test_stimuli_come_after_the_files(bundle: Bundle, short: Int16, kit: Kit, name: str, where: str) -> None:
    part = make_part(bundle, wishes=Wishes(thorough=True), name=name)
    result = part.run(sound_of("a.wav", short))
    made = [f"stimuli: {each}{where}" for each in ("at a threshold", "front-end tables", "long stream")]
    assert [file.name for file in result.files] == ["a.wav", *made]
    assert [event.name for event in part.of(e.FileStarted)] == ["a.wav", *made]
    assert [file.inference for file in result.files] == [True, True, False, False]
    record = result.stimuli
    assert record is not None and record.complete
    assert (record.decisions, record.sent, record.inferences) == (1, len(kit.tensors), len(kit.tensors))
    assert {"make stimuli", "stimuli"} <= set(result.seconds)


@pytest.mark.usefixtures("kit")
def test_what_a_trace_ran_is_counted_for_nothing_else(bundle: Bundle, short: Int16, traces: Traces) -> None:
    traces(inferences=5)
    wishes = Wishes(trace_every=1, thorough=True)
    result = make_part(bundle, kind=Traceable, wishes=wishes).run(sound_of("a.wav", short))
    counted, sent = result.sent_windows
    assert counted == sent > 0
    assert [file.inferences for file in result.files if file.inference] == [3, 3]


@pytest.mark.usefixtures("kit")
def test_what_was_asked_for_is_counted_for_nothing_else(
    bundle: Bundle, short: Int16, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(device: Any, *_: Any) -> None:
        device.infer(np.zeros((bundle.frames, bundle.settings.bands), np.int8))

    monkeypatch.setattr(sharing, "wrongly_decided", lambda _: True)
    monkeypatch.setattr(sharing, "ask_for_changes", ask)
    result = make_part(bundle, wishes=Wishes(thorough=True)).run(sound_of("a.wav", short))
    assert [file.inferences for file in result.files if file.inference] == [3, 3]


@pytest.mark.usefixtures("kit")
def test_without_a_model_only_tables_are_stimulated(bundle: Bundle) -> None:
    result = make_part(bundle, wishes=Wishes(thorough=True, features_only=True)).run()
    assert [file.name for file in result.files] == ["stimuli: front-end tables", "stimuli: long stream"]


@pytest.mark.usefixtures("kit")
def test_what_was_shortened_is_noted(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thorough, "TENSORS_S", 0.0)
    result = make_part(bundle, wishes=Wishes(thorough=True)).run()
    assert "shortened: 1 of 2 windows: no time for more" in result.notes


# ---- what is asked at the end, and of which sound


class Examined:
    """Stands in for `Examination`: asks for the sound, and takes the board over anew."""

    sounds: list[Int16]

    def __init__(
        self, _device: Any, _record: Any, _reference: Any, recover: Callable[[], Any], *_: Any
    ) -> None:
        self._recover = recover

    def harmless(self, columns: NDArray[np.int8], count: Callable[[int], int]) -> None:
        """Nothing."""

    def after_all(self, sound: Callable[[], Int16]) -> None:
        """See above."""
        self.sounds.append(sound())
        self._recover()


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[Int16]:
    """The sounds that were asked for."""
    monkeypatch.setattr(Examined, "sounds", [], raising=False)
    monkeypatch.setattr(sharing, "Examination", Examined)
    return Examined.sounds


def _most(bundle: Bundle) -> int:
    """A window's samples, and those of ten strides more."""
    return bundle.window_samples + 10 * bundle.stride * bundle.settings.hop


def test_the_slot_is_tried_with_the_file_in_which_most_is_heard(
    bundle: Bundle, samples: Int16, examined: list[Int16], retaken: Retaken
) -> None:
    silence = np.zeros(len(samples), np.int16)
    part = make_part(bundle)
    result = part.run(sound_of("a.wav", silence), sound_of("b\t.wav", samples), sound_of("c.wav", silence))
    assert len(result.files[1].host_changes) > 0 == len(result.files[0].host_changes)
    assert np.array_equal(examined[0], samples[: _most(bundle)])
    assert retaken == [(10.0, False)]


def test_of_that_sound_not_more_is_read_than_is_needed(
    bundle: Bundle, samples: Int16, examined: list[Int16], monkeypatch: pytest.MonkeyPatch
) -> None:
    most = _most(bundle)
    read = 0

    def blocks() -> Iterator[Int16]:
        """In one buffer, which is used again."""
        nonlocal read
        read, buffer = 0, np.empty(most // 2, np.int16)
        for at in range(0, 2 * len(buffer) + 1, len(buffer)):
            buffer[:] = samples[at : at + len(buffer)]
            read += 1
            yield buffer

    part = make_part(bundle)
    part.run(MadeSound("a.wav", blocks))
    assert np.array_equal(examined[0], samples[: 2 * (most // 2)]) and read == 2 + most % 2
    monkeypatch.setattr(sharing, "MOST_SOUND_S", 1.0)  # where strides are long
    make_part(bundle).run(sound_of("a.wav", samples))
    assert np.array_equal(examined[1], samples[: bundle.settings.sample_rate])


def test_half_a_minute_of_it_will_do_where_strides_are_long(bundle: Bundle, examined: list[Int16]) -> None:
    rate = bundle.settings.sample_rate
    slow = replace(bundle, stride=200)
    make_part(slow).run(sound_of("a.wav", np.zeros(31 * rate, np.int16)))
    assert len(examined[0]) == 30 * rate


def test_what_can_be_read_of_that_sound_will_do(bundle: Bundle, short: Int16, examined: list[Int16]) -> None:
    make_part(bundle).run(broken_off(short[:4000]))
    assert np.array_equal(examined[0], short[:4000])
    make_part(bundle).run(MadeSound("empty.wav", list))
    make_part(bundle).run(sound_of("quiet.wav", 0 * short), broken_off(short))
    assert not examined.pop().any(), "of a file that was left out nothing is known"
    make_part(bundle).run()  # others had taken all files
    assert [len(sound) for sound in examined[1:]] == [0, 0]
    assert {sound.dtype for sound in examined} == {np.dtype(np.int16)}
