"""Where a file differs first is looked at on its board: what of it, how often, and what is known besides."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..errors import HilError
from ..frontend.kinds import values_of
from ..frontend.normalised.settings import NormalisedSettings
from ..link import messages as m
from ..link.codec import Payload
from ..model.interpreter import Outputs, joined
from ..model.worker import RemoteInterpreter
from . import traced_run
from .diagnosis.again import Again, Recurrence
from .diagnosis.evidence import TracedFile
from .fake_part import Int16, sound_of, wrong_score
from .fakes import FakeDevice, FakeInterpreter, bundle_info
from .record import RunRecord
from .traced_run import (
    Differing,
    Tracing,
    first_of,
    op_times_of,
    read_up_to,
    repeated,
    trace_run,
    tracing_worker,
)

C = m.Capability
STREAMED = 4096  # samples that are sent at a time


class Places:
    """Replaces what looks at a column or a window: gives what a test says, and writes down what it was asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.columns: dict[bool, bool] = {
            False: False,
            True: False,
        }  # by whether from the beginning: whether right
        self.tensors = SimpleNamespace(agreed=True, departure=None, overwritten=(), input_different=0)
        self.outputs: NDArray[np.int8] | None = None
        self.steady = True
        self.inputs: tuple[NDArray[np.int8], NDArray[np.int8]] | None = None
        self.asked: list[tuple[Any, ...]] = []
        self.kept: NDArray[np.int8] = np.empty(0, np.int8)
        monkeypatch.setattr(traced_run, "trace_column", self._column)
        monkeypatch.setattr(traced_run, "later_departures", lambda _, __, column: (column, "later"))
        monkeypatch.setattr(traced_run, "trace_window", self._window)
        monkeypatch.setattr(traced_run, "passage_of", lambda _, samples, window: (len(samples), window))

    def _column(self, _device: Any, _bundle: Any, samples: Int16, column: int, whole: bool = False) -> Any:
        self.asked.append(("column", len(samples), column, whole))
        return SimpleNamespace(agreed=self.columns[whole], whole=whole)

    def _window(self, _device: Any, _bundle: Any, passage: Any, _worker: Any, progress: Any) -> Any:
        self.asked.append(("window", *passage))
        progress("streaming", 1, 2)
        return SimpleNamespace(
            tensors=self.tensors,
            outputs=self.outputs,
            columns=self.kept,
            inputs=self.inputs,
            steady=self.steady,
        )


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> Places:
    return Places(monkeypatch)


def _tracing(bundle: Bundle, capabilities: m.Capability = C.STAGES | C.TRACE, model: bool = True) -> Tracing:
    device: Any = SimpleNamespace(info=lambda: m.Info(capabilities=capabilities))
    interpreter = FakeInterpreter(bundle) if model else None
    return Tracing(device, bundle, cast(Any, "worker"), interpreter)


def _traced(
    bundle: Bundle, samples: Int16, column: int | None, window: int | None, **more: Any
) -> list[TracedFile]:
    return list(
        _tracing(bundle, **more).differing(sound_of("a.wav", samples), Differing("a.wav", column, window))
    )


@pytest.mark.parametrize(
    ("column", "window", "capabilities", "model", "looked_at"),
    [
        (3, 2, C.STAGES | C.TRACE, True, "column window"),
        (3, 2, C.STAGES, True, "column"),
        (3, 2, C.TRACE, True, "window"),
        (3, 2, C.TRACE, False, ""),
        (3, None, C.STAGES | C.TRACE, True, "column"),
        (None, 2, C.STAGES | C.TRACE, True, "window"),
        (0, 0, C.STAGES | C.TRACE, True, "column window"),
    ],
)
def test_the_first_column_and_the_first_window_are_looked_at(
    bundle: Bundle,
    samples: Int16,
    places: Places,
    column: int | None,
    window: int | None,
    capabilities: m.Capability,
    model: bool,
    looked_at: str,
) -> None:
    places.tensors.agreed = False
    found = _traced(bundle, samples, column, window, capabilities=capabilities, model=model)
    assert [each[0] for each in places.asked] == looked_at.split()
    assert [each.name for each in found] == ["a.wav"] * len(places.asked)
    settings = bundle.settings
    for kind, count, place, *_ in places.asked:
        columns = place + 1 if kind == "column" else place * bundle.stride + bundle.frames
        assert count == settings.samples_for(columns) and place == (column if kind == "column" else window)


WITHOUT = "the stages of that column are right when it is streamed without what comes before it"
RIGHT = "the stages of that column are right when it is streamed again"


@pytest.mark.parametrize(
    ("alone", "whole", "asked", "about"),
    [(False, False, [False], ""), (True, False, [False, True], WITHOUT), (True, True, [False, True], RIGHT)],
)
def test_a_column_that_is_right_by_itself_is_looked_at_behind_all_before_it(
    bundle: Bundle, samples: Int16, places: Places, alone: bool, whole: bool, asked: list[bool], about: str
) -> None:
    places.columns = {False: alone, True: whole}
    (found,) = _traced(bundle, samples, 7, None)
    assert [each[3] for each in places.asked] == asked
    assert found.about == about and cast(Any, found.column).whole is asked[-1]
    assert cast(Any, found.later) == (found.column, "later")  # of what departs at last


@pytest.mark.parametrize(
    ("departs", "written_over", "step"),
    [(False, [False], "outputs"), (False, [False, True], ""), (False, [], ""), (True, [False], "")],
)
def test_a_window_that_departs_is_told_as_it_is(
    bundle: Bundle, samples: Int16, places: Places, departs: bool, written_over: list[bool], step: str
) -> None:
    """Where every op is right and nothing was written over, the outputs were spoilt behind them."""
    outputs = [SimpleNamespace(written_over=each) for each in written_over]
    places.tensors = SimpleNamespace(agreed=False, departure="op 3" if departs else None, overwritten=outputs)
    (found,) = _traced(bundle, samples, None, 1)
    assert (found.step, found.about, found.again) == (step, "", None)


def test_of_an_input_that_is_never_the_same_nothing_more_is_known(
    bundle: Bundle, samples: Int16, places: Places
) -> None:
    places.steady = False
    places.tensors = SimpleNamespace(agreed=False, departure="op 3", overwritten=())
    (found,) = _traced(bundle, samples, None, 1)
    assert (found.step, found.about, found.again) == ("unsteady", "", None)


def test_a_window_behind_wrong_columns_is_not_looked_at_further(
    bundle: Bundle, samples: Int16, places: Places
) -> None:
    (found,) = _traced(bundle, samples, 3, 1, capabilities=C.TRACE)
    assert (found.step, found.about, found.again) == ("", "", None) and len(places.asked) == 1


def test_a_column_that_was_looked_at_stays_where_the_window_fails(
    bundle: Bundle, samples: Int16, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> Any:
        raise HilError("there is no window", "end a stream")

    monkeypatch.setattr(traced_run, "trace_window", fails)
    recorded = SimpleNamespace(files=[SimpleNamespace(name="a.wav")], traced=[])
    result: Any = SimpleNamespace(recorded=recorded, inference=True)
    monkeypatch.setattr(traced_run, "first_of", lambda file: Differing(file.name, 3, 2))
    with pytest.raises(HilError, match="no window"):
        traced_run.trace_run(_tracing(bundle), result, {"a.wav": sound_of("a.wav", samples)}, 0)
    assert [found.name for found in recorded.traced] == ["a.wav"]
    assert [asked[0] for asked in places.asked] == ["column"]


def _last(bundle: Bundle, columns: NDArray[np.int8]) -> NDArray[np.int8]:
    return joined(FakeInterpreter(bundle).run(columns[None, -bundle.frames :]))[0]


def test_another_input_than_the_columns_is_named(bundle: Bundle, samples: Int16, places: Places) -> None:
    places.tensors.input_different = 1234
    (found,) = _traced(bundle, samples, None, 1)
    assert found.step == "input"
    assert found.about == "1,234 cells of the model's input are not those of the columns that were sent"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            [[1, 2], [3, 4], [9, 9], [9, 9]],
            "cells 4 to 7, its last ones, of it: all 9",
        ),
        ([[1, 2], [3, 4], [6, 7], [8, 9]], "cells 4 to 7, its last ones, of it: off by +1"),
        ([[1, 2], [9, 4], [5, 3], [7, 8]], "cells 2, 5 of it"),
    ],
)
def test_which_cells_of_the_input_are_others_is_told(
    bundle: Bundle, samples: Int16, places: Places, given: list[list[int]], words: str
) -> None:
    places.tensors.input_different = 4
    right = np.array([[1, 2], [3, 4], [5, 6], [7, 8]], np.int8)
    places.inputs = (right, np.array(given, np.int8))
    (found,) = _traced(bundle, samples, None, 1)
    assert found.about.endswith(f"are not those of the columns that were sent ({words})")


def test_cells_on_a_straight_line_are_told_of_windows_that_are_related_to_their_own_figures(
    bundle: Bundle,
) -> None:
    right = np.tile(np.arange(-60, 60, dtype=np.int8), 3)
    traced: Any = SimpleNamespace(
        tensors=SimpleNamespace(input_different=300),
        columns=right[:1, None],
        inputs=(right, right + np.int8(5)),
    )
    settings = NormalisedSettings(values_of(bundle.settings), "min-max", scale=80.0, offset=-80.0)
    for of, words in ((settings, "and all lie on a straight line"), (bundle.settings, "(cells all over it")):
        made = replace(bundle, settings=of)
        _, told = traced_run._beside_the_ops(made, traced, FakeInterpreter(bundle))
        assert words in told


def test_other_outputs_than_those_of_the_last_ops_are_named(
    bundle: Bundle, samples: Int16, places: Places
) -> None:
    places.kept = np.zeros((bundle.frames, bundle.settings.bands), np.int8)
    places.outputs = _last(bundle, places.kept) ^ 1
    (found,) = _traced(bundle, samples, None, 1)
    assert found.step == "outputs"
    assert found.about == "what was sent of the window is not what its last ops gave, in the trace, too"


@pytest.mark.parametrize(("remembers", "step"), [(False, "outputs"), (True, "")])
def test_other_outputs_of_a_model_that_remembers_may_be_those_of_another_state(
    bundle: Bundle, remembers: bool, step: str
) -> None:
    columns = np.zeros((bundle.frames, bundle.settings.bands), np.int8)
    ops = (*bundle.model.ops, *["VAR_HANDLE"] * remembers)
    made = replace(bundle, model=replace(bundle.model, ops=ops))
    traced: Any = SimpleNamespace(
        tensors=SimpleNamespace(input_different=0), columns=columns, outputs=_last(bundle, columns) ^ 1
    )
    found, about = traced_run._beside_the_ops(made, traced, FakeInterpreter(bundle))
    assert found == step and about


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(("wrong", "recurs"), [(3, False), (2, True), (0, True)])
def test_a_window_that_is_right_in_the_trace_is_streamed_again(
    bundle: Bundle,
    samples: Int16,
    places: Places,
    monkeypatch: pytest.MonkeyPatch,
    wrong: int,
    recurs: bool,
    told: bool,
) -> None:
    """And on and on, where it was not wrong each time."""
    places.kept = np.zeros((bundle.frames, bundle.settings.bands), np.int8)
    places.outputs = _last(bundle, places.kept) if told else None
    on = Recurrence(9, (1, 2))
    lengths: list[int] = []

    def streamed_on(_device: Any, _bundle: Any, sound: Int16, _interpreter: Any) -> Recurrence:
        lengths.append(len(sound))
        return on

    monkeypatch.setattr(traced_run, "repeated", lambda *_: Again(3, wrong))
    monkeypatch.setattr(traced_run, "recurrence", streamed_on)
    (found,) = _traced(bundle, samples, None, 1)
    assert (found.step, found.about) == ("", "")
    assert found.again == Again(3, wrong, on if recurs else None)
    assert lengths == ([len(samples)] if recurs else [])


class Flaky:
    """A device's fault that comes in some of its streams."""

    def __init__(self, *streams: int) -> None:
        self._wrong, self._stream = streams, 0

    def __call__(self, message: Payload) -> list[Payload]:
        wrong = self._stream in self._wrong
        self._stream += isinstance(message, m.StreamDone)
        return wrong_score(message) if wrong else [message]


@pytest.mark.native
@pytest.mark.parametrize(
    ("streams", "window", "wrong"), [((), 1, 0), ((1,), 1, 1), ((0, 1, 2), 1, 3), ((0, 1), 0, 0)]
)
def test_how_often_a_window_is_wrong_again(
    bundle: Bundle, short: Int16, streams: tuple[int, ...], window: int, wrong: int
) -> None:
    """Of three times; other windows do not count."""
    sizes: list[int] = []

    class Watched(FakeDevice):
        def stream(self, blocks: Iterable[Int16], *more: Any, **options: Any) -> Iterator[Payload]:
            every = list(blocks)
            sizes.extend(map(len, every))
            return super().stream(every, *more, **options)

    device: Any = Watched(bundle, FakeInterpreter(bundle), Flaky(*streams))
    samples = short[: bundle.settings.samples_for(window * bundle.stride + bundle.frames)]
    assert repeated(device, bundle, samples, window, FakeInterpreter(bundle)) == Again(3, wrong)
    assert sum(sizes) == 3 * len(samples) and max(sizes) == STREAMED


@pytest.mark.native
@pytest.mark.parametrize("stateful", [True, False])
def test_a_model_that_remembers_is_given_all_windows_before(
    bundle: Bundle, short: Int16, stateful: bool
) -> None:
    class Counting(FakeInterpreter):
        seen: tuple[int, ...] = ()

        def reset(self) -> None:
            self.seen = ()

        def run(self, windows: NDArray[np.int8]) -> Outputs:
            self.seen += (len(windows),)
            return super().run(windows)

    model = bundle.model
    ops = (*model.ops, "VAR_HANDLE") if stateful else model.ops
    made = replace(bundle, model=replace(model, ops=ops))
    assert made.model.stateful is stateful
    counting = Counting(bundle)
    counting.seen = (7,)  # of another sound
    found = repeated(cast(Any, FakeDevice(bundle, FakeInterpreter(bundle))), made, short, 2, counting)
    assert counting.seen == ((3,) if stateful else (1,))
    assert found == Again(3, 0)


def test_a_place_too_far_into_a_sound_is_left_to_be_traced_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(traced_run, "MOST_SAMPLES", 5)
    sound = sound_of("a.wav", np.arange(9, dtype=np.int16))
    assert read_up_to(sound, 5).tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(HilError, match="6 samples into the sound") as error:
        read_up_to(sound, 6)
    assert "trace FILE --window N" in error.value.cure


def test_four_minutes_are_streamed_again() -> None:
    samples = np.zeros((1 << 22) + 1, np.int16)
    assert len(read_up_to(sound_of("a.wav", samples), 1 << 22)) == 1 << 22
    with pytest.raises(HilError):
        read_up_to(sound_of("a.wav", samples), (1 << 22) + 1)


def test_the_process_of_the_reference_serves_a_trace_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    class Remote(RemoteInterpreter):
        def __init__(self) -> None:
            self._worker = cast(Any, "its worker")

    monkeypatch.setattr(traced_run, "ModelWorker", lambda: "another")
    assert tracing_worker(cast(Any, "no process")) == "another"  # type: ignore[comparison-overlap]
    with tracing_worker(Remote()) as worker:
        assert worker == "its worker"  # type: ignore[comparison-overlap]


def _run(*names: str, inference: bool = True) -> Any:
    spread = SimpleNamespace(first=3)
    files = [
        SimpleNamespace(name=name, features=spread, outputs=SimpleNamespace(first=None)) for name in names
    ]
    return SimpleNamespace(recorded=SimpleNamespace(files=files, traced=[]), inference=inference, notes=[])


def test_of_the_files_that_differ_the_first_that_is_here_is_looked_at(
    bundle: Bundle, samples: Int16, places: Places
) -> None:
    """Stimuli differ too, and are no file."""
    run = _run("stimuli: loud", "b.wav", "c.wav")
    sounds = {name: sound_of(name, samples) for name in ("a.wav", "b.wav", "c.wav")}
    trace_run(_tracing(bundle), run, sounds, 0)
    assert [each.name for each in run.recorded.traced] == ["b.wav"] and run.notes == []
    assert places.asked[0][2] == 3
    nothing = _run("stimuli: loud")
    trace_run(_tracing(bundle), nothing, sounds, 0)
    assert nothing.recorded.traced == []
    assert first_of(run.recorded.files[1]) == Differing("b.wav", 3, None)


@pytest.mark.parametrize(
    ("inference", "step", "every"), [(True, 4, True), (True, 0, False), (False, 4, False)]
)
def test_windows_are_looked_at_where_that_was_asked_for_and_a_model_runs(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, inference: bool, step: int, every: bool
) -> None:
    asked: list[tuple[str, int]] = []
    tracing = _tracing(bundle)
    monkeypatch.setattr(tracing, "every", lambda name, _, step: asked.append((name, step)))
    run = _run(inference=inference)
    trace_run(tracing, run, {"a": cast(Any, 1), "b": cast(Any, 2)}, step)
    assert asked == ([("a", 4), ("b", 4)] if every else []) and run.notes == ([tracing.said] if every else [])


@pytest.mark.parametrize(
    ("inference", "capabilities", "windows", "profiles", "asked"),
    [
        (True, C.PROFILE, 3, True, True),
        (False, C.PROFILE, 3, True, False),
        (True, C.INFERENCE, 3, True, False),
        (True, C.PROFILE, 0, True, False),
        (True, C.PROFILE, 3, False, False),
    ],
)
def test_the_time_of_ops_is_asked_for_where_there_is_one(
    bundle: Bundle,
    monkeypatch: pytest.MonkeyPatch,
    inference: bool,
    capabilities: m.Capability,
    windows: int,
    profiles: bool,
    asked: bool,
) -> None:
    class Profiled:
        def profile(self) -> str:
            return "a profile"

    monkeypatch.setattr(traced_run, "op_times", lambda model, profile: [(model, profile)])
    run = RunRecord("virtual", bundle, replace(bundle_info(bundle), capabilities=capabilities), inference)
    run.files = [cast(Any, SimpleNamespace(windows=count)) for count in (0, windows)]
    found = op_times_of(Profiled() if profiles else object(), run)
    assert cast(Any, found) == ([(bundle.model_bytes, "a profile")] if asked else [])
