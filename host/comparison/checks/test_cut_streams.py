"""Streams unlike any recording: an honest device holds them, and each loss is noted with its place."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...link import messages as m
from ...link.codec import Payload
from ..diagnosis.dialogue import Dialogue
from ..fakes import FakeDevice, FakeInterpreter
from . import cut_streams
from .answers import Exchanging, Request
from .checked import Checked
from .cut_streams import FIRST_STREAM, PIECES, TAILS, ask_streams, made_sound, streams

pytestmark = pytest.mark.native


def _device(bundle: Bundle, **options: Any) -> FakeDevice:
    return FakeDevice(bundle, FakeInterpreter(bundle), **options)


CUT, CHANGING = 2 + len(TAILS), 2  # streams


@pytest.mark.parametrize(
    ("model", "changing", "count"),
    [(True, 80, CUT + CHANGING), (True, 4, CUT + CHANGING), (True, 3, CUT), (True, 0, CUT), (False, 80, CUT)],
)
def test_an_honest_board_holds(bundle: Bundle, model: bool, changing: int, count: int) -> None:
    device = _device(bundle)
    assert isinstance(device, Exchanging)
    found, files = ask_streams(device, bundle, FakeInterpreter(bundle) if model else None, changing)
    assert not found.wrong and all(file.agreed for file in files) and len(files) == count - CUT
    assert found.what.startswith(f"{count} streams, ")
    assert changing or found.what.endswith(" 3 windows")
    assert max((file.windows for file in files), default=0) <= changing


def test_of_a_long_stride_the_sound_has_fewer_windows(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A board may send each column by itself, and an exchange takes so many messages."""
    asked: list[int] = []
    cut_streams._MADE.clear()
    monkeypatch.setattr(cut_streams, "changing_sounds", lambda *given: asked.append(given[-1]))
    for stride in (1, 100, 1000):
        assert not list(
            cut_streams._changing(replace(bundle, stride=stride), 512, FakeInterpreter(bundle), 80)
        )
    assert asked == [80, 1 + (1500 - bundle.frames) // 100, 4]
    cut_streams._MADE.clear()


def test_the_sounds_of_a_bundle_are_made_once(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    cut_streams._MADE.clear()
    monkeypatch.setattr(cut_streams, "changing_sounds", lambda *given: made.append(given[-1]))
    for each, windows in ((bundle, 80), (bundle, 80), (bundle, 40), (replace(bundle, name="other"), 80)):
        assert not list(cut_streams._changing(each, 512, FakeInterpreter(bundle), windows))
    assert made == [80, 40, 80]
    cut_streams._MADE.clear()


def test_what_many_changes_alone_show_is_told_and_kept(bundle: Bundle) -> None:
    """The board tells a stream's first change alone: of the streams that are cut none has more."""

    def first_alone(answers: list[Payload]) -> list[Payload]:
        told = [each for each in answers if isinstance(each, m.Detection)]
        return [each for each in answers if each not in told[1:]]

    found, files = ask_streams(_device(bundle, streamed=first_alone), bundle, FakeInterpreter(bundle))
    assert [file.name for file in files] == ["streams: until a class is active", "streams: many changes"]
    named = {text.split(":")[0] for text in found.wrong}
    assert "many changes" in named <= {"many changes", "until a class is active"}
    assert len(files[1].host_changes) > 4 > len(files[1].device_changes)


def test_every_size_is_sent_and_the_last_sample_completes_a_column(bundle: Bundle) -> None:
    odd, *short, less = streams(bundle, 512, True)
    assert set(PIECES) <= set(odd.pieces) and odd.asked and odd.inference
    for stream in (odd, *short, less):
        assert sum(stream.pieces) == len(stream.samples)
    settings = bundle.settings
    for stream in (odd, *short):
        assert settings.columns(len(stream.samples)) == settings.columns(len(stream.samples) - 1) + 1
    assert [stream.pieces[-1] for stream in short] == list(TAILS)
    assert settings.columns(len(less.samples) + 1) == settings.columns(len(less.samples)) + 1
    assert max(size for stream in streams(bundle, 100, True) for size in stream.pieces) == 100


def test_the_sound_is_silent_clipped_and_quiet_by_turns() -> None:
    sound = made_sound(40_000, 8000)
    assert (sound.min(), sound.max(), len(sound)) == (-32768, 32767, 40_000)
    quiet = (sound != 0).astype(int)
    edges = np.flatnonzero(np.diff(np.concatenate([[1], quiet, [1]])))
    assert max(np.diff(edges)[::2]) >= 2400, "0.3 s of digital silence"
    np.testing.assert_array_equal(sound, made_sound(40_000, 8000))


def _results(change: Callable[[Payload], list[Payload]]) -> dict[str, Any]:
    return {"streamed": lambda answers: [each for answer in answers for each in change(answer)]}


def _other_cell(answer: Payload) -> list[Payload]:
    if isinstance(answer, m.Features):
        return [replace(answer, cells=bytes([answer.cells[0] ^ 1]) + answer.cells[1:])]
    return [answer]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_other_cell, "cells differ, first column 0, "),
        (lambda a: [] if isinstance(a, m.Features) else [a], "feature columns missing on the device"),
        (lambda a: [] if isinstance(a, m.StreamDone) else [a], "the stream's end is not told"),
        (lambda a: [] if isinstance(a, m.Status) else [a], "besides results come"),
        (
            lambda a: [m.Error()] if isinstance(a, m.Info) else [a],
            "odd pieces: besides results come ERROR where INFO is owed",
        ),
        (
            lambda a: [replace(a, samples=a.samples - 1)] if isinstance(a, m.StreamDone) else [a],
            "samples of",
        ),
        (
            lambda a: [replace(a, stream=1)] if isinstance(a, m.StreamDone) else [a],
            f"1 sample in the last message: the stream that is said to be done is 1, {FIRST_STREAM + 1:,} is right",
        ),
    ],
)
def test_what_is_not_as_it_must_be_is_noted(
    bundle: Bundle, change: Callable[[Payload], list[Payload]], words: str
) -> None:
    found, _ = ask_streams(_device(bundle, **_results(change)), bundle, FakeInterpreter(bundle))
    assert any(words in text for text in found.wrong), found.wrong


class Cut(FakeDevice):
    """Loses the last samples of messages that are no multiple of some number, or all that follows a request."""

    multiple, upset, level = 1, False, 32768

    def exchange(self, requests: list[Request]) -> list[Payload]:
        spoilt = []
        upset = False
        for kind, payload in requests:
            samples = np.frombuffer(payload, "<i2") if kind == m.Audio.TYPE else np.zeros(0, np.int16)
            upset = upset or (self.upset and kind == m.EchoRequest.TYPE)
            heard = samples[: len(samples) - len(samples) % self.multiple] * (not upset)
            heard = np.where(heard >= self.level, 0, heard).astype("<i2")
            spoilt.append((kind, heard.tobytes() if kind == m.Audio.TYPE else payload))
        return super().exchange(spoilt)


@pytest.mark.parametrize(
    ("fault", "words", "diagnosed"),
    [
        (
            {"multiple": 8},
            "the same sound is right in messages of 512 samples, and wrong in messages of 1, 2, 3, 5, 7, 9, 15, ",
            False,
        ),
        ({"upset": True}, "the same sound is right without other requests in between", False),
        ({"level": 32767}, "the same sound is wrong in whole messages too", True),
    ],
)
def test_what_decides_is_found_out(
    bundle: Bundle, fault: dict[str, Any], words: str, diagnosed: bool
) -> None:
    device = Cut(bundle, FakeInterpreter(bundle))
    for name, value in fault.items():
        setattr(device, name, value)
    found, files = ask_streams(device, bundle, FakeInterpreter(bundle))
    assert found.wrong[0].startswith(words), found.wrong[0]
    assert [file.name for file in files] == (["streams: in whole messages"] if diagnosed else [])


@pytest.mark.parametrize(
    ("whole", "sizes", "unasked", "words", "kept"),
    [
        ((True, False), [], True, "in the same messages is right in one stream and wrong in the next", [1]),
        ((False, True), [], True, "in the same messages is right in one stream and wrong in the next", [0]),
        ((False, False), [], True, "is wrong in whole messages too", [0]),
        ((True, True), [], True, "is right without other requests in between", []),
        (
            (True, True),
            [3, 5],
            True,
            "is right in messages of 512 samples, and wrong in messages of 3, 5 ",
            [],
        ),
        ((True, True), [3], False, "is right in messages of 512 samples, and wrong in messages of 3 ", []),
        ((True, True), [], False, "is right in messages of 512 samples, and wrong where sizes change", []),
    ],
)
def test_the_first_of_what_decides_is_told(
    bundle: Bundle,
    monkeypatch: pytest.MonkeyPatch,
    whole: tuple[bool, bool],
    sizes: list[int],
    unasked: bool,
    words: str,
    kept: list[int],
) -> None:
    files: list[Any] = [SimpleNamespace(agreed=agreed) for agreed in (*whole, unasked)]
    sent: list[tuple[bool, int, int]] = []
    interpreter = FakeInterpreter(bundle) if unasked else None

    def compare(said: Any, __: Any, ___: Any, stream: Any, reference: Any, number: int) -> Any:
        if said.heard is not None:
            assert reference is None and not stream.inference and stream.asked
            said.heard.brought([], [])
            return None
        assert reference is interpreter and stream.inference == unasked
        sent.append((stream.asked, max(stream.pieces), number))
        return files[len(sent) - 1]

    monkeypatch.setattr(cut_streams, "_compare", compare)
    monkeypatch.setattr(cut_streams, "_wrong_sizes", lambda *_: sizes)
    device: Any = None
    heard = Dialogue("sound")
    told, left = cut_streams._narrowed(device, bundle, interpreter, 512, heard)
    assert len(heard.steps) == (whole == (True, True) and not sizes)
    assert told.startswith(f"the same sound {words}") and left == [files[at] for at in kept]
    assert sent[:2] == [(False, 512, 65_000)] * 2
    assert sent[2:] == [(False, 511, 65_000)] * (whole == (True, True) and not sizes)


def test_each_size_is_tried_on_a_few_columns(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = bundle.settings
    sound = np.arange(settings.samples_for(9), dtype=np.int16)
    tried: list[int] = []

    def compare(_: Any, __: Any, ___: Any, stream: Any, interpreter: Any, number: int) -> Any:
        (size,) = set(stream.pieces)
        tried.append(size)
        assert interpreter is None and number == 65_000 and not stream.asked
        assert 0 <= len(stream.samples) - settings.samples_for(3) < size
        assert len(stream.samples) == size * len(stream.pieces)
        np.testing.assert_array_equal(stream.samples, sound[: len(stream.samples)])
        return SimpleNamespace(agreed=size not in (5, 64))

    monkeypatch.setattr(cut_streams, "_compare", compare)
    device: Any = None
    assert cut_streams._wrong_sizes(Checked(), device, bundle, sound, 64) == [5, 64]
    assert tried == [1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64]
    tried.clear()
    just = settings.samples_for(3)
    assert cut_streams._wrong_sizes(Checked(), device, bundle, sound[:just], 512) == [
        size for size in (5, 64) if just % size == 0
    ]
    assert tried == [size for size in PIECES if just % size == 0], "the sound has to reach"
