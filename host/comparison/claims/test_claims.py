"""For each claim a device that breaks it and no other."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...errors import ExitCode
from ...link import messages as m
from ...link.codec import Payload
from ...model.interpreter import Outputs
from ..checks.cut_streams import FIRST_STREAM
from ..checks.worth_asking import files_differ
from ..fakes import FakeInterpreter, bundle_info
from ..record import Probe
from ..result import RunComparison
from ..stimuli.outcome import StimuliRecord
from ..wishes import Wishes
from .conftest import Execute
from .finding import Status
from .table import CLAIMS

pytestmark = pytest.mark.native

NEVER_BROKEN = {"coverage"}
ON_THROWAWAY_BOARDS = {"slot", "restart", "traces"}
NAMES = [claim.name for claim in CLAIMS]


def broken(run: RunComparison) -> set[str]:
    return {claim.name for claim in run.claims if claim.status == Status.BROKEN}


def not_examined(run: RunComparison) -> set[str]:
    """Without what only a board can be asked that keeps nothing; `checks/` does, and what differing files leave."""
    found = {claim.name for claim in run.claims if claim.status == Status.NOT_EXAMINED}
    assert found >= ON_THROWAWAY_BOARDS
    beyond = {"streams", "takeover"} if files_differ(run) else set()
    assert found >= beyond
    return found - ON_THROWAWAY_BOARDS - beyond


def window(
    change: Callable[[m.WindowResult], m.WindowResult], index: int = 4
) -> Callable[[Payload], list[Payload]]:
    """Changes one window, or every one when `index` is negative."""

    def tamper(message: Payload) -> list[Payload]:
        if isinstance(message, m.WindowResult) and index in (message.index, -1):
            return [change(message)]
        return [message]

    return tamper


def output(place: int) -> Callable[[Payload], list[Payload]]:
    """Changes one output of window 4 by one."""

    def change(message: m.WindowResult) -> m.WindowResult:
        values = np.frombuffer(message.outputs, np.int8).copy()
        values[place] += 1 if values[place] < 127 else -1
        return replace(message, outputs=values.tobytes())

    return window(change)


def stream_done(change: Callable[[m.StreamDone], m.StreamDone]) -> Callable[[Payload], list[Payload]]:
    """Changes what the device says at a stream's end."""
    return lambda message: [change(message) if isinstance(message, m.StreamDone) else message]


def wrong_cell(message: Payload) -> list[Payload]:
    if isinstance(message, m.Features) and message.first_column == 70:
        return [replace(message, cells=bytes([message.cells[0] ^ 1]) + message.cells[1:])]
    return [message]


def first_column_lost(answers: list[Payload]) -> list[Payload]:
    """Of the first stream, not of those after another host."""
    lost = [a for a in answers if not (isinstance(a, m.Features) and a.first_column == 0)]
    return (
        lost
        if any(isinstance(a, m.StreamDone) and a.stream == FIRST_STREAM + 1 for a in answers)
        else answers
    )


def lost_columns(message: Payload) -> list[Payload]:
    return [] if isinstance(message, m.Features) and message.first_column == 70 else [message]


def other_score(message: Payload) -> list[Payload]:
    return [replace(message, score=message.score ^ 1)] if isinstance(message, m.Detection) else [message]


class LateDetections:
    """Holds each detection back until the next window was sent."""

    def __init__(self) -> None:
        self._held: list[Payload] = []

    def __call__(self, message: Payload) -> list[Payload]:
        if isinstance(message, m.Detection):
            self._held.append(message)
            return []
        if isinstance(message, m.WindowResult | m.StreamDone) and self._held:
            held, self._held = self._held, []
            return [message, *held] if isinstance(message, m.WindowResult) else [*held, message]
        return [message]


def times(factor: float) -> Callable[[m.WindowResult], m.WindowResult]:
    """Another unit for every time."""
    return lambda w: replace(
        w,
        frontend_ns=int(w.frontend_ns * factor),
        frontend_max_ns=int(w.frontend_max_ns * factor),
        inference_ns=int(w.inference_ns * factor),
        total_ns=int(w.frontend_ns * factor) + int(w.inference_ns * factor),
    )


def constant_front_end(w: m.WindowResult) -> m.WindowResult:
    """The same front-end time, however many columns."""
    return replace(w, frontend_ns=20_000, frontend_max_ns=20_000, total_ns=20_000 + w.inference_ns)


def rising_front_end(w: m.WindowResult) -> m.WindowResult:
    """Always a little more than in the window before."""
    slowest = 2_000 + 3 * w.index
    front_end = slowest * w.columns
    return replace(w, frontend_ns=front_end, frontend_max_ns=slowest, total_ns=front_end + w.inference_ns)


def impossible_front_end(w: m.WindowResult) -> m.WindowResult:
    """Microseconds where nanoseconds are due, in all but the inference."""
    front_end = w.frontend_ns // 1000
    return replace(
        w,
        frontend_ns=front_end,
        frontend_max_ns=w.frontend_max_ns // 1000,
        total_ns=front_end + w.inference_ns,
    )


def inference_times(factor: float) -> Callable[[m.WindowResult], m.WindowResult]:
    """Another unit, or a lie, for the inference alone."""
    return lambda w: replace(
        w, inference_ns=int(w.inference_ns * factor), total_ns=w.frontend_ns + int(w.inference_ns * factor)
    )


def front_end_by(power: float) -> Callable[[m.WindowResult], m.WindowResult]:
    """A front end whose time grows as its columns to the power."""

    def change(w: m.WindowResult) -> m.WindowResult:
        took = int(2_000 * w.columns**power)
        slowest = took * 2 // (w.columns + 1)
        return replace(w, frontend_ns=took, frontend_max_ns=slowest, total_ns=took + w.inference_ns)

    return change


WINDOWS = itertools.count()


class Stored:
    """Answers every nonce as the first one."""

    def __init__(self) -> None:
        self._first: m.Proof | None = None

    def __call__(self, proof: m.Proof) -> m.Proof:
        self._first = self._first or proof
        return replace(self._first, nonce=proof.nonce)


def wrong_third(result: m.TensorResult) -> m.TensorResult:
    """One output of the third window sent is wrong."""
    return (
        replace(result, outputs=bytes([result.outputs[0] ^ 1]) + result.outputs[1:])
        if next(WINDOWS) == 2
        else result
    )


@dataclass
class Breaker:
    """Options of a run that breaks one claim."""

    claim: str
    options: dict[str, Any] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)


def took(result: m.TensorResult, ns: int) -> m.TensorResult:
    """A window sent by itself that is said to take so long."""
    return replace(result, inference_ns=ns, total_ns=ns)


BREAKERS = [
    Breaker("identity", info={"sample_rate": 8001}),
    Breaker("identity", info={"hop": 1}),
    Breaker("identity", info={"window": 1}),
    Breaker("identity", info={"fft": 1}),
    Breaker("identity", info={"bands": 1}),
    Breaker("identity", info={"frames": 1}),
    Breaker("identity", info={"stride": 1}),
    Breaker("identity", info={"classes": 1}),
    Breaker("identity", info={"has_logits": 0}),
    Breaker("identity", info={"bundle_name": b"another"}),
    Breaker("identity", info={"capabilities": m.Capability.VIRTUAL_TIME}),
    Breaker("identity", info={"max_cells": 100}),
    Breaker("identity", info={"max_fft": 64}),
    Breaker("identity", info={"max_bands": 1}),
    Breaker("identity", info={"board": "esp32"}),
    Breaker("proof", {"proof": Stored()}),
    Breaker("proof", {"proof": lambda proof: replace(proof, model=proof.model ^ 1)}),
    Breaker("proof", {"proof": lambda proof: replace(proof, frontend=proof.frontend ^ 1)}),
    Breaker("proof", {"proof": lambda proof: replace(proof, settings=proof.settings ^ 1)}),
    Breaker("completeness", {"tamper": lost_columns}),
    Breaker(
        "completeness",
        {"tamper": stream_done(lambda d: replace(d, samples=d.samples - 1))},
    ),
    Breaker(
        "completeness",
        {"tamper": stream_done(lambda d: replace(d, columns=d.columns + 1))},
    ),
    Breaker(
        "completeness",
        {"tamper": stream_done(lambda d: replace(d, windows=d.windows + 1))},
    ),
    Breaker(
        "completeness",
        {"tamper": stream_done(lambda d: replace(d, detections=99))},
    ),
    Breaker("features", {"tamper": wrong_cell}),
    Breaker("scores", {"tamper": output(0)}),
    Breaker("logits", {"tamper": output(-1)}),
    Breaker("window-layout", {"tamper": window(lambda w: replace(w, classes=w.classes + 1))}),
    Breaker("window-layout", {"tamper": window(lambda w: replace(w, has_logits=0))}),
    Breaker("window-layout", {"tamper": window(lambda w: replace(w, first_column=w.first_column + 1))}),
    Breaker("window-layout", {"tamper": window(lambda w: replace(w, columns=w.columns + 1))}),
    Breaker("window-layout", {"tamper": window(lambda w: replace(w, outputs=w.outputs[:-1]))}),
    Breaker("detections", {"tamper": other_score}),
    Breaker("detections", {"tamper": LateDetections()}),
    Breaker("tensors", {"thorough": True, "probe": wrong_third}),
    Breaker("streams", {"streamed": first_column_lost}),
    Breaker("streams", {"streamed": lambda answers: [a for a in answers if not isinstance(a, m.Echo)]}),
    Breaker("takeover", {"taken_over": lambda answers: answers[:-1]}),
    Breaker("answers", {"answers": lambda answers: answers[1:]}),
    Breaker("link-counts", {"disturbed": lambda done: replace(done, after=done.before)}),
    Breaker("link-counts", {"disturbed": lambda done: replace(done, cleared=done.after)}),
    Breaker("witness", {"flawed_witness": True}),
    Breaker("uninterrupted", {"restarts": 1}),
    Breaker("device-log", {"logs": ((m.LogLevel.INFO, "fine"), (m.LogLevel.ERROR, "not fine"))}),
    Breaker("device-log", {"logs": ((9, "of no level"),)}),
    Breaker("stage-times", {"tamper": window(lambda w: replace(w, total_ns=w.total_ns + 2500))}),
    Breaker("stage-times", {"tamper": window(lambda w: replace(w, frontend_max_ns=w.frontend_ns + 2500))}),
    Breaker("stage-times", {"tamper": window(lambda w: replace(w, frontend_max_ns=10))}),
    Breaker("stage-times", {"tamper": window(constant_front_end, -1)}),
    Breaker("stage-times", {"tamper": window(front_end_by(0.5), -1)}),
    Breaker("stage-times", {"tamper": window(front_end_by(0.7), -1)}),
    Breaker("stage-times", {"tamper": window(impossible_front_end, -1)}),
    Breaker("stage-times", {"tamper": window(rising_front_end, -1)}),
    Breaker("stage-times", info={"clock_hz": 240}),
    Breaker("stage-times", info={"clock_hz": 0}),
    Breaker("host-clock", {"tamper": window(times(10_000), -1)}),
    Breaker("host-clock", {"tamper": window(inference_times(0.001), -1)}),
    Breaker("host-clock", {"tamper": window(inference_times(0.05), -1)}),
    Breaker("host-clock", {"tamper": window(inference_times(5.0), -1)}),
    Breaker("host-clock", {"probe": lambda r: took(r, r.inference_ns * 10_000)}),
    Breaker("host-clock", {"probe": lambda r: took(r, r.inference_ns // 1000)}),
    Breaker("stage-times", {"probe": lambda r: replace(r, total_ns=0)}),
    Breaker("counters", {"status": lambda s: replace(s, windows=s.windows + 1)}),
    Breaker("counters", {"status": lambda s: replace(s, columns=s.columns + 1)}),
    Breaker("counters", {"status": lambda s: replace(s, inferences=2 * s.inferences)}),
    Breaker("line", {"status": lambda s: replace(s, crc_errors=1)}),
    Breaker("line", {"status": lambda s: replace(s, overruns=1)}),
    Breaker("line", {"status": lambda s: replace(s, rx_frames=0)}),
    Breaker("line", {"status": lambda s: replace(s, gaps=3)}),
    Breaker("line", {"status": lambda s: replace(s, noise_bytes=9)}),
    Breaker("line", {"status": lambda s: replace(s, rx_frames=20_000)}),
    Breaker("line", {"status": lambda s: replace(s, tx_frames=20)}),
    Breaker("line", {"status": lambda s: replace(s, rx_frames=s.rx_frames + 80)}),
    Breaker("line", {"status": lambda s: replace(s, rx_bytes=400)}),
    Breaker("line", {"status": lambda s: replace(s, tx_bytes=0)}),
    Breaker("line", {"kind": "serial", "status": lambda s: replace(s, crc_errors=100)}),
    Breaker("arena", info={"arena_used": 0}),
    Breaker("arena", info={"arena_used": 65537}),
    Breaker("core-ram", info={"core_ram": 100}),
    Breaker("core-ram", info={"core_ram": 1 << 30}),
    Breaker("core-ram", {"status": lambda s: replace(s, rx_high_water=s.rx_size + 1)}),
    Breaker("stack-heap", {"kind": "esp32", "status": lambda s: replace(s, heap_free=5, heap_min_free=5)}),
    Breaker("core-ram", {"status": lambda s: replace(s, stack_free=9, heap_free=100_000, heap_min_free=5)}),
    Breaker(
        "stack-heap",
        {"kind": "esp32", "status": lambda s: replace(s, stack_free=9, heap_free=5, heap_min_free=6)},
    ),
]


@pytest.mark.parametrize("breaker", BREAKERS, ids=lambda breaker: breaker.claim)
def test_a_device_breaks_one_claim_and_no_other(execute: Execute, bundle: Bundle, breaker: Breaker) -> None:
    info = replace(bundle_info(bundle), **breaker.info)
    run = execute(info=info, **breaker.options)
    assert broken(run) == {breaker.claim}
    (claim,) = (claim for claim in run.claims if claim.name == breaker.claim)
    assert claim.reason and claim.evidence
    assert run.verdict == ("fail" if claim.required else "pass")
    assert run.exit_code == (ExitCode.BROKEN if claim.required else ExitCode.DONE)
    if claim.required:
        assert run.reasons == list(claim.reasons)


def test_every_claim_can_be_broken() -> None:
    assert {breaker.claim for breaker in BREAKERS} | NEVER_BROKEN | ON_THROWAWAY_BOARDS == set(NAMES)
    assert len(set(NAMES)) == len(NAMES)


def test_an_honest_device_breaks_none(execute: Execute) -> None:
    run = execute()
    assert (broken(run), not_examined(run)) == (set(), {"stack-heap"})
    assert all(claim.evidence for claim in run.claims)
    assert (run.verdict, run.exit_code) == ("pass", ExitCode.DONE)


def test_stimuli_that_were_asked_for_are_required(execute: Execute) -> None:
    run = execute(thorough=True)
    (tensors,) = (claim for claim in run.claims if claim.name == "tensors")
    assert tensors.required and tensors.status == Status.HELD
    assert run.verdict == "pass"
    run.stimuli = StimuliRecord()
    assert (run.verdict, run.exit_code) == ("incomplete", ExitCode.PARTLY)


def test_features_only_leaves_out_what_the_model_does(execute: Execute) -> None:
    run = execute(wishes=Wishes(features_only=True))
    model = {"scores", "logits", "detections", "witness", "arena", "tensors"}
    assert not_examined(run) == model | {"stack-heap"}
    assert not any(claim.required for claim in run.claims if claim.name in model)
    assert run.verdict == "pass"


def test_a_board_that_tells_nothing_does_not_pass(execute: Execute) -> None:
    """What a real board can know is required of it, whether it reports it or not."""
    run = execute(kind="esp32")
    assert not_examined(run) == {"stack-heap"}
    assert (run.verdict, run.exit_code) == ("incomplete", ExitCode.PARTLY)
    assert run.reasons == ["not examined (stack-heap): the board cannot tell"]


def test_an_older_firmware_is_named_and_does_not_pass(execute: Execute) -> None:
    run = execute(proof=lambda _: None)
    assert (run.verdict, run.exit_code) == ("incomplete", ExitCode.PARTLY)
    (proof,) = (claim for claim in run.claims if claim.name == "proof")
    assert proof.status == Status.NOT_EXAMINED
    assert "flash it" in proof.reason


def test_without_a_witness_the_verdict_is_unaffected(execute: Execute) -> None:
    run = execute(witness=False)
    assert not_examined(run) == {"stack-heap", "witness"}
    assert run.verdict == "pass"


def test_an_emulators_times_are_not_examined(execute: Execute) -> None:
    run = execute(kind="qemu", tamper=window(times(10_000), -1), status=lambda s: replace(s, stack_free=1))
    assert {"stage-times", "host-clock"} <= not_examined(run)
    assert "stage-times" not in broken(run)


def test_a_virtual_board_that_says_it_is_an_emulator_does_not_pass(execute: Execute, bundle: Bundle) -> None:
    info = bundle_info(bundle)
    run = execute(info=replace(info, capabilities=info.capabilities | m.Capability.EMULATED))
    assert run.verdict == "incomplete"


def test_outputs_that_are_all_the_same_claim_little(execute: Execute, bundle: Bundle) -> None:
    class Still(FakeInterpreter):
        def run(self, windows: Any) -> Outputs:
            moved = super().run(windows)
            assert moved.logits is not None
            return Outputs(np.zeros_like(moved.scores), np.zeros_like(moved.logits))

    run = execute(interpreter=Still(bundle))
    assert not_examined(run) == {"stack-heap", "coverage"}
    (coverage,) = (claim for claim in run.claims if claim.name == "coverage")
    assert "1 distinct scores" in coverage.evidence and "same value" in coverage.reason
    assert run.verdict == "pass"


def test_lost_log_lines_are_not_examined(execute: Execute) -> None:
    lost = iter(range(1000))
    run = execute(status=lambda s: replace(s, log_dropped=next(lost)))
    assert not_examined(run) == {"stack-heap", "device-log"}
    assert run.exit_code == ExitCode.PARTLY
    (log,) = (claim for claim in run.claims if claim.name == "device-log")
    assert "lines of the log were lost" in log.reason and "--baud" in log.reason


def test_a_restart_that_nobody_saw(execute: Execute) -> None:
    times_asked = iter(range(1000))
    run = execute(status=lambda s: replace(s, uptime_ms=9_000 - 1000 * next(times_asked)))
    assert broken(run) == {"uninterrupted"}


@pytest.mark.parametrize("factor", [0.3, 3.0])
def test_an_inference_that_a_busy_computer_may_show_breaks_nothing(execute: Execute, factor: float) -> None:
    assert broken(execute(tamper=window(inference_times(factor), -1))) == set()


def test_a_front_end_that_grows_with_its_columns_breaks_nothing(execute: Execute) -> None:
    assert broken(execute(tamper=window(front_end_by(1.0), -1))) == set()


def test_few_inferences_are_held_against_each_other_with_much_to_spare(execute: Execute) -> None:
    """Where the least of many is not known, a first inference in cold memory must break nothing."""
    run = execute()
    quickest = run.probes[0].reported_ns
    for probes, factor, wrong in ((3, 25.0, set()), (3, 40.0, {"host-clock"}), (12, 25.0, {"host-clock"})):
        reported = int(quickest * factor)
        run.probes = [Probe(reported / 1e9, 0.0, reported)] * probes
        assert broken(run) == wrong, (probes, factor)


def test_no_board_works_longer_than_time_passed(execute: Execute) -> None:
    run = execute()
    total_s = sum(file.times.total_ns for file in run.files) / 1e9
    for share, wrong in ((1.9, set()), (2.1, {"host-clock"})):
        for file in run.files:
            file.wall_s = total_s / share / len(run.files)
        assert broken(run) == wrong, share


def test_the_hosts_clock_bounds_from_both_sides(execute: Execute) -> None:
    run = execute()
    for device_s, wrong in ((39.0, set()), (41.0, {"host-clock"}), (2.6, set()), (2.4, {"host-clock"})):
        run.uptime.host_s, run.uptime.device_s, run.uptime.most_s = 10.0, device_s, 10.0
        assert broken(run) == wrong, device_s
    run.uptime.device_s = 10.0
    slow = Probe(round_trip_s=0.010, echo_s=0.002, reported_ns=2_000_000)
    for reported_ns, wrong in ((2_000_000, set()), (1_900_000, {"host-clock"})):
        run.probes = [replace(slow, reported_ns=reported_ns)]
        for file in run.files:
            file.latencies.add(1, 1, 2_000_000, 2_000_000)  # of the same unit as the probe's
        assert broken(run) == wrong, reported_ns


@pytest.mark.parametrize(
    ("kind", "used", "wrong"),
    [
        ("virtual", 39, {"arena"}),
        ("virtual", 9_999, {"arena"}),
        ("virtual", 10_000, set()),
        ("virtual", 41_000, set()),
        ("serial", 39, {"arena"}),
        ("serial", 60_000, set()),
    ],
)
def test_the_arena_is_about_the_bundles_figure(
    execute: Execute, bundle: Bundle, kind: str, used: int, wrong: set[str]
) -> None:
    """Another unit shows; other kernels and other pointers do not."""
    run = execute(kind=kind)
    run.bundle = replace(bundle, model=replace(bundle.model, arena_bytes=40_000))
    run.info = replace(run.info, arena_used=used)
    assert broken(run) == wrong
