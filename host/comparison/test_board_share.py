"""One board's part of a run: what it is given and asked, in which order, and what of it is told and kept."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from ..board.identity import StaleFirmwareError
from ..board.interface import BoardFacts
from ..bundle.expectation import Expectation
from ..bundle.load import Bundle
from ..link import messages as m
from ..link.codec import Payload
from ..model.interpreter import Interpreter
from ..model.worker import RemoteInterpreter
from . import board_share as sharing
from . import events as e
from .fake_part import Int16, Part, Retaken, broken_off, make_part, sound_of, wrong_score
from .fakes import FakeDevice, FakeInterpreter
from .file import FileComparison
from .questions import QUESTIONS, Questions
from .stimuli.thorough import MadeSound
from .wishes import Wishes

pytestmark = pytest.mark.native

# ---- how a part goes


def test_a_part_from_the_connection_to_the_last_question(bundle: Bundle, short: Int16) -> None:
    part = make_part(bundle, facts=BoardFacts(throwaway=True))
    result = part.run(sound_of("a.wav", short), sound_of("b.wav", short))
    steps = [event.name for event in part.of(e.StepStarted)]
    assert steps == ["connect", "load reference", "stream", "examine"]
    assert [event.name for event in part.of(e.StepEnded)] == steps and set(steps) == set(result.seconds)
    (found,) = part.of(e.BoardFound)
    assert found == e.BoardFound(part.device.device_info, "a fake", "compiler GCC 14.2.0, esp-nn 1.2.3 O2")
    assert [event.name for event in part.of(e.FileStarted)] == ["a.wav", "b.wav"]
    assert [event.count for event in part.of(e.SamplesSent)] == [len(short)] * 2
    assert [(file.name, file.windows, file.agreed) for file in result.files] == [
        ("a.wav", 3, True),
        ("b.wav", 3, True),
    ]
    assert (result.complete, result.reached, result.facts.throwaway) == (True, "a fake", True)
    assert result.built_with["esp-nn"] == "1.2.3 O2"
    assert result.notes == ["Latencies are this computer's, not a board's."]
    assert result.proof is not None and result.last_proof is not None
    assert result.files[0].inferences == 3, "counted from the beginning"
    assert result.recorded.interpreter is not None
    assert isinstance(result.recorded.interpreter(), FakeInterpreter)
    assert part.of(e.DeviceLog) == [e.DeviceLog(m.LogLevel.WARNING, "warm")] and result.log.warnings == 1
    assert (part.board.closed, part.device.closed) == (True, True)
    assert (part.device.connected, result.reconnected, result.restarts) == (1, 0, [])


def test_only_streaming_counts_as_busy(bundle: Bundle, short: Int16, monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 500.0

    def streamed(*arguments: Any) -> FileComparison:
        nonlocal now_s
        now_s += 7.0
        return original(*arguments)

    class Slow(Part):
        def taken(self, file: FileComparison) -> None:
            nonlocal now_s
            now_s += 100.0
            super().taken(file)

    original = sharing.compare_file
    monkeypatch.setattr(sharing, "compare_file", streamed)
    monkeypatch.setattr(sharing, "time", SimpleNamespace(monotonic=lambda: now_s))
    part = Slow(bundle, FakeDevice(bundle, FakeInterpreter(bundle), quick=True))
    result = part.run(sound_of("a.wav", short), sound_of("b.wav", short))
    assert result.cost.busy_s == 14.0


@pytest.mark.parametrize(
    ("inference", "own", "starts"), [(True, True, 1), (True, False, 0), (False, True, 0)]
)
def test_the_process_of_the_reference_is_started_ahead_where_one_is_needed(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, inference: bool, own: bool, starts: int
) -> None:
    started: list[Any] = []
    loaded: list[tuple[Bundle, Any]] = []

    class Worker:
        def start(self) -> None:
            started.append(self)

    def load(bundle: Bundle, worker: Any) -> tuple[Interpreter, Interpreter | None]:
        loaded.append((bundle, worker))
        return FakeInterpreter(bundle), None

    monkeypatch.setattr(sharing, "ModelWorker", Worker)
    monkeypatch.setattr(sharing, "load_interpreters", load)
    part = make_part(bundle, wishes=Wishes(features_only=not inference))
    if own:
        cast(Any, part.share)._interpreters = load
    part.share.start()
    assert len(started) == starts
    part.run()
    assert loaded == ([(bundle, started[0])] if starts else [])


RECORDED = Expectation("reference", "CONV_2D", 3, "tflite_micro")
NO_WITNESS = "TFLite Micro's wheel does not exist for this computer: no second witness"


@pytest.mark.parametrize(
    ("features_only", "recorded", "witness", "rounds", "is_witness", "note"),
    [
        (False, None, True, False, True, ""),
        (False, None, True, True, False, ""),  # what may round another way proves nothing
        (False, None, False, False, False, NO_WITNESS),
        (False, RECORDED, False, False, False, RECORDED.sentence),
        (False, RECORDED, True, False, True, RECORDED.sentence),
        (True, RECORDED, False, False, False, ""),
        (True, None, False, False, False, ""),
    ],
)
def test_what_is_expected_of_the_board_is_said(
    bundle: Bundle,
    monkeypatch: pytest.MonkeyPatch,
    features_only: bool,
    recorded: Expectation | None,
    witness: bool,
    rounds: bool,
    is_witness: bool,
    note: str,
) -> None:
    monkeypatch.setattr(sharing, "rounding_ops", lambda _: ("an op",) if rounds else ())
    parting = replace(bundle, model=replace(bundle.model, expected=recorded))
    pair = FakeInterpreter(bundle), FakeInterpreter(bundle) if witness else None
    part = make_part(parting, wishes=Wishes(features_only=features_only), interpreters=pair)
    result = part.run()
    assert result.witness is is_witness
    assert result.notes[1:] == ([note] if note else [])
    assert (result.witness_arena, result.witness_arena_size) == (0, 0)


def test_the_larger_arena_of_the_hosts_interpreters_is_kept(bundle: Bundle) -> None:
    class Remote(RemoteInterpreter):
        def __init__(self, used: int, size: int) -> None:
            self.arena_used, self.arena_size = used, size

    part = make_part(bundle, interpreters=(Remote(300, 4000), Remote(700, 900)))
    cast(Any, part.share)._meet(part.device.device_info, Questions(part.device, part.result))
    assert (part.result.witness_arena, part.result.witness_arena_size) == (700, 900)


# ---- files that do not come to their end, and boards that restart


def test_a_file_that_cannot_be_read_to_its_end_is_left_out(
    bundle: Bundle, short: Int16, retaken: Retaken
) -> None:
    part = make_part(bundle)
    result = part.run(broken_off(short), sound_of("b.wav", short))
    assert [file.name for file in result.files] == ["b.wav"]
    assert result.left_out == [("broken.wav", "the card was pulled")]
    assert part.of(e.FileLeftOut) == [e.FileLeftOut("broken.wav", "the card was pulled")]
    assert retaken == [(10.0, False)]
    assert result.cost.busy_s > 0


@pytest.mark.parametrize(("patience_s", "waited_s"), [(1.0, 10.0), (90.0, 90.0)])
def test_a_board_that_restarts_gets_the_file_once_more(
    bundle: Bundle, short: Int16, retaken: Retaken, patience_s: float, waited_s: float
) -> None:
    part = make_part(bundle, restarts=1)
    part.board.patience_s = patience_s
    result = part.run(MadeSound("a.wav", lambda: np.array_split(short, 40)))
    assert [(file.name, file.agreed) for file in result.files] == [("a.wav", True)]
    assert retaken == [(waited_s, True)]
    ((name, cause),) = result.restarts
    assert name == "a.wav" and "restarted" in cause and cause.endswith("(power on)")
    assert part.of(e.FileAgain) == [e.FileAgain("a.wav", cause)]
    assert f"a.wav: streamed again from its beginning, because {cause}" in result.notes
    sent = sum(event.count for event in part.of(e.SamplesSent))
    assert 0 < sent <= len(short), "what comes again is no progress"


@pytest.mark.parametrize("boot", [1, 2])
def test_a_board_with_another_bundle_is_refused(bundle: Bundle, short: Int16, boot: int) -> None:
    """Also one that comes back with it after a restart."""

    class Another(FakeDevice):
        def connect(self, timeout_s: float | None = None) -> m.Info:
            info = super().connect(timeout_s)
            return replace(info, model_hash=bytes(32)) if self.connected == boot else info

    part = make_part(bundle, kind=Another, restarts=1)
    with pytest.raises(StaleFirmwareError):
        part.run(sound_of("a.wav", short))
    assert part.device.connected == boot and not part.result.files and not part.result.complete
    assert bool(part.of(e.BoardFound)) == (boot == 2)


def test_a_board_that_restarts_in_a_question_is_asked_again(
    bundle: Bundle, short: Int16, retaken: Retaken
) -> None:
    class Late(FakeDevice):
        """The first stream of the run is the file's, the second one a question."""

        RESULTS_BEFORE_RESTART = 0
        streams = 0

        def stream(self, *arguments: Any, **options: Any) -> Iterator[Payload]:
            self.streams += 1
            self._restarts = int(self.streams == 2)
            return super().stream(*arguments, **options)

    part = make_part(bundle, kind=Late)
    result = part.run(sound_of("a.wav", short))
    ((name, cause),) = result.restarts
    assert name == QUESTIONS and f"{QUESTIONS}: asked again, because {cause}" in result.notes
    assert retaken == [(10.0, True)] and result.status is not None


def test_a_stream_that_the_board_ends_early_is_cleared_away(
    bundle: Bundle, short: Int16, retaken: Retaken
) -> None:
    class Hasty(FakeDevice):
        def stream(self, blocks: Any, features: bool = True, inference: bool = True) -> Any:
            yield from super().stream([next(iter(blocks))], features, inference)

    part = make_part(bundle, kind=Hasty)
    result = part.run(MadeSound("a.wav", lambda: [short[:1500], short[1500:]]))
    (file,) = result.files
    assert not file.audio_ended and file.status is not None
    assert set(retaken) == {(10.0, False)}
    assert result.recorded.again == "", "what breaks off the same way again says nothing"


# ---- the first file that differs, once more


@pytest.mark.parametrize(("wall_s", "again"), [(0.1, True), (30.0, True), (30.1, False)])
def test_a_long_file_that_differs_is_not_streamed_again(
    bundle: Bundle, short: Int16, monkeypatch: pytest.MonkeyPatch, wall_s: float, again: bool
) -> None:
    def took(*arguments: Any) -> FileComparison:
        file = original(*arguments)
        file.wall_s = wall_s
        return file

    original = sharing.compare_file
    monkeypatch.setattr(sharing, "compare_file", took)
    part = make_part(bundle, wrong_score)
    result = part.run(sound_of("a.wav", short), sound_of("b.wav", short))
    assert result.recorded.again == ("streamed again, a.wav differs in the same values" if again else "")
    assert sum(event.count for event in part.of(e.SamplesSent)) == 2 * len(short)
    assert [event.name for event in part.of(e.FileStarted)] == ["a.wav", "b.wav"]


def test_the_first_file_that_differs_is_found_by_what_is_shown_of_its_name(
    bundle: Bundle, short: Int16
) -> None:
    """A file before it agrees, and its own name has a character that is not shown."""
    streams = 0

    def second(message: Payload) -> list[Payload]:
        nonlocal streams
        wrong = streams == 1
        streams += isinstance(message, m.StreamDone)
        return wrong_score(message) if wrong else [message]

    part = make_part(bundle, second)
    result = part.run(sound_of("a.wav", short), sound_of("b\n.wav", short))
    assert result.recorded.again.startswith(r"streamed again, b\n.wav is right")


def test_detections_that_differ_another_way_are_not_alike(bundle: Bundle, short: Int16) -> None:
    """The same values, and a detection more the first time only."""
    streams = 0

    def more(message: Payload) -> list[Payload]:
        nonlocal streams
        first = streams == 0
        streams += isinstance(message, m.StreamDone)
        extra = m.Detection(label=1, active=1, window=1, score=3)
        is_window = isinstance(message, m.WindowResult) and message.index == 1
        return [*wrong_score(message), *([extra] if first and is_window else [])]

    result = make_part(bundle, more).run(sound_of("a.wav", short))
    assert result.recorded.again.startswith("streamed again, a.wav differs in other values")
