"""What is told where every op is right: by whether the same sound gives the wrong result again."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...frontend.log_mel.settings import LogMelSettings
from ...frontend.normalised.settings import NormalisedSettings
from ...trace.host_tensors import HostTensors
from ...trace.op_by_op import Departure, TensorTrace
from ...trace.pattern import Pattern
from ...trace.stages import ColumnTrace, Stage
from ...trace.window import Passage, WindowTrace
from . import tensor_causes
from .again import Again, Recurrence
from .diagnose import _by_line
from .evidence import TracedFile
from .figures import Cause
from .finding import NEUTRAL, Finding
from .tensor_causes import STATE, WRITTEN_OVER, WRONG_OUTPUTS, cause_of, trace_findings, usual_cause


def _right(window: int = 3) -> WindowTrace:
    """A window whose ops are all right."""
    nothing = np.zeros((0, 4), np.int8)
    tensors = TensorTrace(window, "reference", "", (), 0, None)
    passage = Passage(np.zeros(0, np.int16), window, window, nothing)
    return WindowTrace(passage, tensors, nothing, None, 0, cast(HostTensors, None))


@pytest.mark.parametrize(
    ("wrong", "told", "not_told", "words"),
    [
        (3, ("each time", "a stream does and a trace does not"), ("two tasks", "chance"), "wrong each time"),
        (0, ("what came before it", "a count", "on chance"), ("each time:",), "right each time"),
        (2, ("now and then", "every so many windows", "two tasks"), ("what came before",), "wrong 2 times"),
    ],
)
def test_a_window_whose_ops_are_right_is_told_by_whether_it_is_wrong_again(
    wrong: int, told: tuple[str, ...], not_told: tuple[str, ...], words: str
) -> None:
    """None of the three says what only one of the others shows."""
    (finding,) = trace_findings([TracedFile("a.wav", _right(), again=Again(3, wrong))])
    assert finding.explanation.endswith(f"streamed 3 times more, the window was {words}")
    assert all(each in finding.explanation for each in told)
    assert not any(each in finding.explanation for each in not_told)
    assert (finding.stage, finding.place) == ("tensors", "a.wav, window 3")
    assert finding.cause == "beside the ops"


def test_what_was_right_again_may_be_a_count_or_chance_and_how_to_tell_is_said() -> None:
    (finding,) = trace_findings([TracedFile("a.wav", _right(), again=Again(3, 0))])
    assert finding.cure.startswith("Restart the board and run the same files again")
    assert "count" in finding.cure and "interrupts" in finding.cure


@pytest.mark.parametrize(("step", "subject"), [("input", "the model's input"), ("outputs", "what is sent")])
def test_a_step_beside_the_ops_is_named(step: str, subject: str) -> None:
    (finding,) = trace_findings([TracedFile("a.wav", _right(), about="4 cells", step=step)])
    assert finding.cause.startswith(subject) and finding.explanation.endswith("; 4 cells")


def test_a_window_of_which_nothing_is_to_be_said_is_no_finding() -> None:
    assert trace_findings([TracedFile("a.wav", _right())]) == []


@pytest.mark.parametrize(
    ("wrong", "told", "words"),
    [
        (
            (249, 749, 1249),
            "something counts",
            "of 1,300 windows after that 3 were wrong, each 500 behind the one before",
        ),
        (
            (7, 8, 9),
            "something counts",
            "of 1,300 windows after that 3 were wrong, each 1 behind the one before",
        ),
        (
            (10, 110, 310),
            "something counts",
            "of 1,300 windows after that 3 were wrong, each a multiple of 100 behind the one before",
        ),
        ((249, 749, 1000), "by chance", "of 1,300 windows after that 3 were wrong"),
        ((249, 749), "what came before it", "of 1,300 windows after that 2 were wrong"),
        ((249,), "what came before it", "of 1,300 windows after that 1 was wrong"),
        ((), "what came before it", "of 1,300 windows after that none was wrong"),
    ],
)
def test_a_count_and_chance_are_told_apart_by_the_distances(
    wrong: tuple[int, ...], told: str, words: str
) -> None:
    (finding,) = trace_findings([TracedFile("a.wav", _right(), again=Again(3, 0, Recurrence(1300, wrong)))])
    assert told in finding.explanation and finding.explanation.endswith(words)
    (finding,) = trace_findings([TracedFile("a.wav", _right(), again=Again(3, 2, Recurrence(1300, wrong)))])
    assert (told if len(wrong) > 2 else "now and then") in finding.explanation


def _departure(op: str, *names: str) -> Departure:
    found = tuple(Pattern(name, "") for name in names)
    return cast(Departure, SimpleNamespace(row=SimpleNamespace(op=op), found=found))


@pytest.mark.parametrize(
    ("op", "names", "pattern"),
    [
        ("CONV_2D", ("one channel",), "one channel"),
        ("RESHAPE", ("one channel",), None),
        ("RESHAPE", ("one channel", "stretch"), "stretch"),
        ("RESHAPE", ("wrapped",), "wrapped"),
        ("RESHAPE", ("stretch", "wrapped"), "wrapped"),
        ("CONV_2D", ("wrapped", "one channel"), "one channel"),
        ("MAX_POOL_2D", ("border",), "border"),
        ("FULLY_CONNECTED", ("border",), None),
        ("CONV_2D", (), None),
        ("CONV_2D", ("unheard of",), None),
    ],
)
def test_the_first_cause_that_fits_the_pattern_and_the_op(
    op: str, names: tuple[str, ...], pattern: str | None
) -> None:
    departure = _departure(op, *names)
    cause = cause_of(departure)
    assert (cause.pattern if cause else None) == pattern
    assert usual_cause(_trace(departure=departure)) == cause


@pytest.mark.parametrize("names", [(), ("one channel",), ("at the bounds",)])
def test_of_an_op_that_copies_the_state_the_state_is_wrong(names: tuple[str, ...]) -> None:
    assert cause_of(_departure("READ_VARIABLE", *names)) == STATE
    assert cause_of(_departure("ASSIGN_VARIABLE", *names)) != STATE


def _trace(departure: Departure | None = None, written_over: tuple[bool, ...] = ()) -> TensorTrace:
    overwritten: Any = tuple(SimpleNamespace(written_over=each) for each in written_over)
    return TensorTrace(0, "reference", "", (), 0, departure, overwritten)


@pytest.mark.parametrize(
    ("written_over", "cause"),
    [((), None), ((True,), WRITTEN_OVER), ((False, True), WRITTEN_OVER), ((False,), WRONG_OUTPUTS)],
)
def test_where_no_op_departs_an_output_may_be_written_over(
    written_over: tuple[bool, ...], cause: Any
) -> None:
    assert usual_cause(_trace(written_over=written_over)) == cause


@pytest.mark.parametrize(
    ("found", "told", "cure", "evidence"),
    [
        (
            ("wrapped",),
            "S; usually the sum or the result wraps around",
            "Look at the width",
            "0 ops traced: wrapped",
        ),
        (("wrapped", "stretch"), "S; usually the sum", "Look at the width", "0 ops traced: wrapped"),
        (("stretch", "wrapped"), "S; usually the sum", "Look at the width", "0 ops traced: stretch"),
        ((), "S", "Look at the op's kernel on the device", "0 ops traced"),
    ],
)
@pytest.mark.parametrize("about", ["", "4 cells"])
def test_an_op_that_departs(
    monkeypatch: pytest.MonkeyPatch, found: tuple[str, ...], told: str, cure: str, evidence: str, about: str
) -> None:
    monkeypatch.setattr(tensor_causes, "trace_sentence", lambda _: "S")
    record = SimpleNamespace(op=7)
    departure: Any = SimpleNamespace(
        row=SimpleNamespace(op="ADD", record=record), found=tuple(Pattern(name, "") for name in found)
    )
    tensors = TensorTrace(3, "reference", "", (), 0, departure)
    window = WindowTrace(
        _right().passage, tensors, np.zeros((0, 4), np.int8), None, 0, cast(HostTensors, None)
    )
    (finding,) = trace_findings([TracedFile("a.wav", window, about=about)])
    assert finding.explanation.startswith(told) and finding.explanation.endswith(
        f"; {about}" if about else ""
    )
    assert finding.cure.startswith(cure) and finding.pattern == evidence
    assert (finding.cause, finding.place) == ("op 7, ADD", "a.wav, window 3")
    assert (finding.share, finding.files) == (1.0, ("a.wav",))


def test_wrong_once_of_some_times_is_now_and_then() -> None:
    (finding,) = trace_findings([TracedFile("a.wav", _right(), again=Again(3, 1))])
    assert "now and then" in finding.explanation


@pytest.mark.parametrize(
    ("ops", "again", "told"),
    [
        (("CONV_2D", "SVDF"), Again(3, 2), "the model remembers"),
        (("CONV_2D", "SVDF"), Again(3, 2, Recurrence(1300, (249, 749, 1000))), "the model remembers"),
        (("CONV_2D", "SVDF"), Again(3, 2, Recurrence(1300, (249, 749, 1249))), "something counts"),
        (("CONV_2D", "SVDF"), Again(3, 3), "each time"),
        (("CONV_2D",), Again(3, 2), "or by chance"),
    ],
)
def test_what_comes_now_and_then_is_no_chance_where_a_model_remembers(
    ops: tuple[str, ...], again: Again, told: str
) -> None:
    bundle: Any = SimpleNamespace(model=SimpleNamespace(ops=ops))
    (finding,) = trace_findings([TracedFile("a.wav", _right(), again=again)], bundle)
    assert told in finding.explanation
    assert ("variables" in finding.cure) is ("remembers" in told)


def test_a_window_without_a_departure_explains_no_share() -> None:
    (finding,) = trace_findings([TracedFile("a.wav", _right(), again=Again(3, 3))])
    assert (finding.share, finding.pattern) == (0.0, "0 ops traced")


@pytest.mark.parametrize("about", ["", "it is told"])
@pytest.mark.parametrize("equal_before", [0, 2])
def test_a_stage_that_departs(about: str, equal_before: int) -> None:
    right = Stage("window", b"ab", b"ab")
    wrong = Stage("mel", b"ab", b"ac", "band 12", 3, 40)
    trace = ColumnTrace(4, (*[right] * equal_before, wrong))
    (finding,) = trace_findings([TracedFile("a.wav", column=trace, about=about)])
    assert finding.explanation == trace.sentence + (f"; {about}" if about else "")
    assert (finding.stage, finding.cause, finding.place) == ("stages", "stage mel", "a.wav, column 4")
    assert (finding.share, finding.files) == (1.0, ("a.wav",))
    assert finding.cure == (
        "Look at what computes the stage mel of the front end, and at its tables"
        if equal_before
        else "Look at the samples that reach the front end, then at what computes its stage mel"
    )
    assert finding.pattern == ("3 stages traced" if equal_before else "1 stage traced")
    assert trace_findings([TracedFile("a.wav", column=ColumnTrace(4, (right,)), about=about)]) == []


@pytest.mark.parametrize("computed", [False, True])
def test_what_a_stage_did_is_told_with_whether_it_gives_all_values(
    computed: bool, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    cause = Cause("sums are off", "Look at the sums", computed)
    monkeypatch.setattr(tensor_causes, "stage_cause", lambda *_: cause)
    trace = ColumnTrace(4, (Stage("mel", b"ab", b"ac", "band 12", 3, 40),))
    (finding,) = trace_findings([TracedFile("a.wav", column=trace)], bundle)
    told = f"{trace.sentence}: sums are off"
    assert finding.explanation == told + "; computed so, all of the device's values come out" * computed
    assert finding.cure == "Look at the sums"


def test_a_later_stage_that_departs_by_itself_is_told_too(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = (
        ColumnTrace(4, (Stage(name, b"ab", b"ac", f"band {band}", 3, 40),))
        for band, name in enumerate(("mel", "log", "cells"))
    )
    causes = {
        "mel": Cause("sums are off", "Look at the sums", True),
        "log": Cause("levels are off", "Look at levels"),
    }
    monkeypatch.setattr(tensor_causes, "stage_cause", lambda trace, *_: causes.get(trace.departs.name))
    (finding,) = trace_findings([TracedFile("a.wav", column=first, later=(second, third))], bundle)
    assert finding.explanation == (
        f"{first.sentence}: sums are off; computed so, all of the device's values come out; stage log is wrong, too: "
        "in band 1 it is not what the device's own values before it give (3 of 40 values differ): levels are off; "
        "stage cells is wrong, too: in band 2 it is not what the device's own values before it give (3 of 40 values "
        "differ)"
    )
    assert finding.cure.startswith("Look at the sums. Look at levels. Look at what computes the stage cells")


def test_an_input_that_is_never_the_same_says_nothing_of_the_ops() -> None:
    trace: Any = SimpleNamespace(rows=(), window=7, agreed=False, departure=SimpleNamespace(found=()))
    window: Any = SimpleNamespace(tensors=trace)
    (found,) = trace_findings([TracedFile("a.wav", window, step="unsteady")])
    assert (found.cause, found.place, found.share) == ("the model's input", "a.wav, window 7", 0.0)
    assert "of the ops nothing is known" in found.explanation and "kernel" not in found.cure


LINE = Finding("outputs", "stream.c line 9", "", "", "Look there", "", 1.0, ())


@pytest.mark.parametrize(("stage", "cause", "share", "kept"), [
    ("outputs", LINE.cause, 1.0, False),
    ("outputs", LINE.cause, 0.9, True),
    ("features", LINE.cause, 1.0, True),
    ("outputs", "stale", 1.0, False),
    ("outputs", "stale", 0.99, True),
    ("features", "stale", 1.0, True),
])  # fmt: skip
def test_beside_a_line_that_gives_all_outputs_what_is_usual_is_not_told(
    stage: str, cause: str, share: float, kept: bool
) -> None:
    usual = Finding("tensors", "op 7, ADD", "", "S; usually it wraps", "Look at it", "", 1.0, (), seen="S")
    [told] = _by_line([usual], [replace(LINE, stage=stage, cause=cause, share=share)])
    assert told == (usual if kept else replace(usual, cure=LINE.cure, explanation="S"))


@pytest.mark.parametrize(
    ("cause", "share", "op", "count", "kept"),
    [
        ("shifted by 1", 0.9, 0.0, 1, False),
        ("shifted by 1", 0.89, 0.0, 1, True),
        ("shifted by 1", 0.99, 1.0, 1, True),
        ("shifted by 1", 0.99, 0.0, 2, True),
        (NEUTRAL, 0.99, 0.0, 1, True),
    ],
)
def test_where_no_op_is_wrong_what_is_usual_gives_way_to_what_gives_most_outputs(
    cause: str, share: float, op: float, count: int, kept: bool
) -> None:
    """A stream's first window may hold what is not known."""
    usual = Finding("tensors", "beside the ops", "", "S: by chance", "Look at it", "", op, (), seen="S")
    [told] = _by_line([usual], [replace(LINE, cause=cause, share=share)] * count)
    assert told == (usual if kept else replace(usual, cure=LINE.cure, explanation="S"))


@pytest.mark.parametrize(
    ("seen", "share", "cause", "count", "kept"),
    [
        ("S", 1.0, "gain ×2, wrapped", 1, False),
        ("S", 0.98, "gain ×2, wrapped", 1, False),
        ("S", 0.979, "gain ×2, wrapped", 1, True),
        ("S", 1.0, "gain ×2, wrapped", 2, True),
        ("", 1.0, "gain ×2, wrapped", 1, True),
        ("", 1.0, "hann.c line 9", 1, False),
    ],
)
def test_what_is_nearly_so_gives_way_to_what_gives_all_columns(
    seen: str, share: float, cause: str, count: int, kept: bool
) -> None:
    nearly = Finding("stages", "stage window", "", "S: about 2 times", "Look at it", "", 1.0, (), seen=seen)
    exact = replace(LINE, stage="features", cause=cause, share=share)
    [told] = _by_line([nearly], [exact] * count)
    said = "S" if seen else nearly.explanation
    assert told == (nearly if kept else replace(nearly, cure=LINE.cure, explanation=said))


@pytest.mark.parametrize("step", ["", "input", "outputs"])
def test_what_was_seen_is_told_beside_a_line_too(step: str) -> None:
    [usual] = trace_findings([TracedFile("a.wav", _right(), about="4 cells", step=step)])
    [told] = _by_line([usual], [LINE])
    assert told.cure == LINE.cure
    if (
        step == "outputs"
    ):  # the line says whether what is sent is wrong, or what the model was given at that time
        assert "what is sent" not in told.explanation
        assert told.explanation.endswith("as it is written once more behind the window, is right, too")
    else:
        assert told.explanation.endswith("; 4 cells")
        assert (told.explanation == usual.explanation) is bool(step)


def test_where_a_window_relates_its_columns_to_one_another_that_is_looked_at_first() -> None:
    of = {"kind": "log-mel", **LogMelSettings(8000, 256, 128, 256, 16, 100.0, 4000.0, -80.0).to_dict()}
    traced = [TracedFile("a.wav", window=_right(), about="4 cells", step="input")]
    cures = []
    for settings in (NormalisedSettings(of, "mean-std"), None):
        bundle: Any = SimpleNamespace(settings=settings, model=SimpleNamespace(ops=()))
        (finding,) = trace_findings(traced, bundle, ())
        cures.append(finding.cure)
    assert "window_measure" in cures[0] and "copies columns from the ring" in cures[0]
    assert cures[1].startswith("Look at what copies columns from the ring")
