"""The verdict, and what a run of many files keeps."""

import copy
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from ..board.interface import BoardFacts
from ..bundle.load import Bundle
from ..errors import ExitCode
from ..link import messages as m
from ..trace.host_tensors import HostTensors
from ..trace.op_by_op import Row, TensorTrace
from ..trace.window import Passage, WindowTrace
from .cause import with_cause
from .checks.checked import SLOT, Checked
from .diagnosis import diagnose as diagnosing
from .diagnosis.evidence import TracedFile
from .diagnosis.finding import Finding
from .fakes import bundle_info, settle
from .faults import Faults
from .file import FileComparison
from .mismatch import Count
from .record import PICTURED_FILES, Share
from .result import RunComparison
from .test_file import compare

MakeFile = Callable[..., FileComparison]


@pytest.fixture(scope="module")
def make_file(bundle: Bundle, samples: NDArray[Any]) -> MakeFile:
    """A file on which all agreed, except for `values`."""
    agreed = compare(bundle, samples[: 3 * bundle.settings.sample_rate])
    assert agreed.agreed

    def make(name: str = "a.wav", **values: Any) -> FileComparison:
        file = copy.deepcopy(agreed)
        file.name = name
        for key, value in values.items():
            setattr(file, key, value)
        return file

    return make


def _faulty(claim: str, text: str) -> Faults:
    faults = Faults()
    faults.add(claim, text)
    return faults


def _run(bundle: Bundle, *files: FileComparison, inference: bool = True) -> RunComparison:
    run = RunComparison("virtual", bundle, m.Info(), inference)
    for file in files:
        run.add(file)
    settle(run)
    return run


def test_agreement_passes(bundle: Bundle, make_file: MakeFile) -> None:
    run = _run(bundle, make_file(), make_file("b.wav"))
    assert (run.verdict, run.reasons, run.exit_code) == ("pass", [], ExitCode.DONE)
    assert run.totals["feature_cells"] == 2 * run.files[0].features.compared > 0
    assert run.totals["outputs"] == 2 * run.files[0].outputs.compared > 0


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"features": Count(1000, 1, 1)}, "1 feature cell differs"),
        ({"features": Count(1000, 1234, 7)}, "1,234 feature cells differ"),
        ({"scores": Count(10, 2, 1)}, "2 scores differ"),
        ({"logits": Count(10, 1, 1)}, "1 logit differs"),
        ({"witness_differences": 3}, "TFLite Micro"),
        (
            {"faults": _faulty("completeness", "7 feature columns missing on the device")},
            "a.wav: 7 feature columns missing on the device",
        ),
        ({"faults": _faulty("window-layout", "window 3 is odd")}, "a.wav: window 3 is odd"),
        ({"faults": _faulty("detections", "too late")}, "a.wav: too late"),
        ({"faults": _faulty("stage-times", "too long")}, "a.wav: too long"),
        ({"finished": False}, "a.wav: not finished"),
    ],
)
def test_each_disagreement_fails_and_is_named(
    bundle: Bundle, make_file: MakeFile, values: dict[str, Any], reason: str
) -> None:
    run = _run(bundle, make_file("b.wav"), make_file(**values))
    assert (run.verdict, run.exit_code) == ("fail", ExitCode.BROKEN)
    assert any(reason in text for text in run.reasons), run.reasons
    assert len(run.reasons) == 1


def test_nothing_compared_is_no_pass(bundle: Bundle, samples: NDArray[Any]) -> None:
    assert _run(bundle).verdict == "incomplete"
    short = samples[: bundle.window_samples - 1]
    run = _run(bundle, compare(bundle, short))
    assert (run.verdict, run.exit_code) == ("incomplete", ExitCode.PARTLY)
    assert any("every file is shorter than one window" in reason for reason in run.reasons)
    assert _run(bundle, compare(bundle, short, inference=False), inference=False).verdict == "pass"
    silent = _run(bundle, compare(bundle, short[:10], inference=False), inference=False)
    assert silent.reasons == ["not examined (features): no feature cell was compared"]
    assert silent.exit_code == ExitCode.PARTLY


def test_a_short_file_beside_a_long_one_passes(
    bundle: Bundle, samples: NDArray[Any], make_file: MakeFile
) -> None:
    assert _run(bundle, compare(bundle, samples[:10]), make_file()).verdict == "pass"


def test_a_run_that_broke_off_is_not_finished(bundle: Bundle, make_file: MakeFile) -> None:
    run = _run(bundle, make_file(features=Count(1000, 1, 1)))
    run.failures.append("the board vanished")
    assert (run.verdict, run.exit_code) == ("not finished", ExitCode.BROKE_OFF)
    assert run.reasons == ["the board vanished", "1 feature cell differs"]
    run.interrupted = True
    assert (run.verdict, run.exit_code) == ("not finished", ExitCode.INTERRUPTED)


def test_a_run_under_way_is_not_finished(bundle: Bundle, make_file: MakeFile) -> None:
    run = _run(bundle, make_file())
    run.complete = False
    assert (run.verdict, run.reasons) == ("not finished", ["the run has not come to its end"])


def test_a_file_left_out_is_no_pass(bundle: Bundle, make_file: MakeFile) -> None:
    run = _run(bundle, make_file())
    run.left_out.append(("z.wav", "it holds a NaN"))
    assert (run.verdict, run.exit_code) == ("incomplete", ExitCode.PARTLY)
    assert run.reasons == ["z.wav: left out, because it holds a NaN"]
    run.files[0].features = Count(1000, 1, 1)
    assert run.exit_code == ExitCode.BROKEN


def test_a_board_that_was_lost_is_no_pass_and_is_named(bundle: Bundle, make_file: MakeFile) -> None:
    run = _run(bundle, make_file())
    run.shares = [Share("a", run), Share("b", run, lost="its line was silent")]
    assert "board b was lost: its line was silent" in run.reasons
    assert not any("board a" in reason for reason in run.reasons)
    assert run.exit_code == ExitCode.PARTLY


def test_pictures_are_bounded_and_those_of_differences_kept(bundle: Bundle, make_file: MakeFile) -> None:
    files = [make_file(f"{i}.wav", features=Count(1000, int(i % 10 == 9), 1)) for i in range(100)]
    run = _run(bundle, *files)
    pictured = [file for file in run.files if not file.traces.dropped]
    assert len(pictured) == PICTURED_FILES
    assert sum(not file.agreed for file in pictured) == 10
    assert run.files == files
    all_wrong = _run(bundle, *(make_file(features=Count(1000, 1, 1)) for _ in range(60)))
    assert [file.traces.dropped for file in all_wrong.files] == [False] * PICTURED_FILES + [True] * 20


def test_link_and_memory_without_and_with_a_status(bundle: Bundle, make_file: MakeFile) -> None:
    run = _run(bundle, make_file())
    run.status = None
    assert run.link_counters()["device"] == {}
    assert run.memory() == {"core_ram": 18000, "arena_size": 65536, "arena_used": 40000}
    run.status = m.Status(crc_errors=3, stack_free=5, windows=9)
    assert run.link_counters()["device"]["crc_errors"] == 3
    assert "windows" not in run.link_counters()["device"]
    assert run.memory()["stack_free"] == 5
    assert run.memory()["heap_free"] is None, "0 would be a stack that is used up"


def test_what_a_diagnosis_needs_of_a_file_is_kept(bundle: Bundle, make_file: MakeFile) -> None:
    run = RunComparison("virtual", bundle, m.Info())
    file = make_file()
    seen: list[Any] = []
    recorder = file.recorder
    run.recorded = cast(Any, SimpleNamespace(add=lambda *given: seen.append(given)))
    run.add(file)
    assert seen == [(recorder, file.host_changes, file.device_changes)]
    assert not hasattr(file, "recorder"), "of thousands of files even the empty ones take memory"


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ([], "an op departs: {}"),
        ([("tensors", 1.0)], "an op departs: {}"),
        ([("outputs", 0.99)], "an op departs: {}"),
        ([("tensors", 1.0), ("outputs", 1.0)], "the state stays; the op that departs first by that: {}"),
    ],
)
def test_an_op_that_departs_fails_where_no_output_shows_it(
    bundle: Bundle,
    make_file: MakeFile,
    monkeypatch: pytest.MonkeyPatch,
    found: list[tuple[str, float]],
    reason: str,
) -> None:
    """It is told behind the cause that gives all outputs, where that is known."""
    explained = "the state stays; their columns are equal"
    made = [SimpleNamespace(stage=stage, share=share, explanation=explained) for stage, share in found]
    monkeypatch.setattr(diagnosing, "diagnose", lambda _: made)
    run = _run(bundle, make_file())
    nothing = np.zeros((0, 4), np.int8)
    passage = Passage(np.zeros(0, np.int16), 3, 3, nothing)
    for equal in (True, False):
        rows = (cast(Row, SimpleNamespace(equal=equal)),)
        tensors = TensorTrace(3, "reference", "", rows, 0, None)
        traced = WindowTrace(passage, tensors, nothing, None, 0, cast(HostTensors, None))
        run.recorded.traced = [TracedFile("a.wav", traced), TracedFile("b.wav")]
        assert (run.verdict == "pass") == equal
    assert run.reasons == [
        reason.format("a.wav, window 3: tensors differ, and their bytes could not be compared")
    ]


def test_a_diagnosis_is_made_once_for_what_there_is_and_told_by_file(
    bundle: Bundle, make_file: MakeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def diagnose(record: Any) -> list[Any]:
        made.append(len(record.files) + 10 * len(record.traced))
        return [
            SimpleNamespace(files=("a.wav",), sentence="late"),
            SimpleNamespace(files=("b.wav",), sentence="loud"),
        ]

    monkeypatch.setattr(diagnosing, "diagnose", diagnose)
    run = RunComparison("virtual", bundle, bundle_info(bundle))
    assert run.diagnosis == [] and made == []
    run.files = [make_file()]
    run.recorded = cast(
        Any,
        SimpleNamespace(
            files=[1], traced=[], heard=[], in_pieces=None, deployed=None, seen_window=None, seen_stage=None
        ),
    )
    assert run.diagnosis is run.diagnosis and made == [1]
    run.files = []
    run.recorded = cast(
        Any,
        SimpleNamespace(
            files=[], traced=[1], heard=[], in_pieces=None, deployed=None, seen_window=None, seen_stage=None
        ),
    )
    assert run.diagnosis is run.diagnosis and made == [1, 10]
    assert run.diagnosis_of(make_file("b.wav")) == ["loud"] and run.diagnosis_of(make_file("c.wav")) == []


def test_of_a_first_trace_or_of_messages_alone_a_diagnosis_is_made(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnosing, "diagnose", lambda _: ["found"])
    run = RunComparison("virtual", bundle, bundle_info(bundle))
    run.recorded = cast(
        Any,
        SimpleNamespace(
            files=[], traced=[1], heard=[], in_pieces=None, deployed=None, seen_window=None, seen_stage=None
        ),
    )
    assert cast(Any, run.diagnosis) == ["found"]
    run = RunComparison("virtual", bundle, bundle_info(bundle))
    run.files = cast(Any, ["one"])
    run.recorded = cast(
        Any,
        SimpleNamespace(
            files=[],
            traced=[],
            spoken=[1],
            heard=[],
            in_pieces=None,
            deployed=None,
            seen_window=None,
            seen_stage=None,
        ),
    )
    assert cast(Any, run.diagnosis) == ["found"], "its messages alone are wrong"
    run.recorded.heard = cast(Any, [1])
    monkeypatch.setattr(diagnosing, "diagnose", lambda _: ["more"])
    assert cast(Any, run.diagnosis) == ["more"], "what was answered is known now, too"


@pytest.mark.parametrize("name", ["in_pieces", "deployed"])
def test_of_what_shows_in_pieces_or_in_a_deployed_bundle_alone_a_diagnosis_is_made(
    bundle: Bundle, make_file: MakeFile, name: str
) -> None:
    run = _run(bundle, make_file())
    assert not run.explainable
    setattr(run.recorded, name, object())
    assert run.explainable


def test_where_one_line_gives_all_answers_no_other_place_is_told(bundle: Bundle) -> None:
    advised = with_cause("it is refused", ": look at what writes (slot_write in firmware/core/bundle/slot.c)")
    run = _run(bundle)
    run.checks[SLOT] = Checked("tried", [advised])
    run.facts = BoardFacts(throwaway=True)
    run.info = replace(run.info, slot_size=1 << 20)
    assert any(advised in claim.reasons for claim in run.claims)
    line = Finding(
        "answers", "bundle/slot.c line 9", "the slot", "", "", "", 1.0, (), functions=("slot_init",)
    )
    for found, left in ((line, False), (replace(line, functions=("slot_write",)), True)):
        run._diagnosis = ((), [found])
        reasons = [reason for claim in run.claims for reason in claim.reasons]
        told = "it is refused: firmware/core/bundle/slot.c line 9 gives this, too"
        assert (advised in reasons, told in reasons) == (left, not left)
