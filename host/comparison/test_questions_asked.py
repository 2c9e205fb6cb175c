"""What is asked of a board beside the files, and what is made of the answers: differences, clocks, link counters."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from ..bundle.load import Bundle
from ..link import messages as m
from . import questions
from .device import DeviceUnderTest
from .fakes import bundle_info
from .file import FileComparison
from .questions import Questions, marked_emulated
from .record import RunRecord

U32 = 2**32  # the wire's counters


class Asked:
    """A device that gives what it is told to, and writes down what it was asked."""

    def __init__(self) -> None:
        self.status_now = m.Status(uptime_ms=5000, inferences=10, log_dropped=2)
        self.link_counters = {"rx_frames": 7, "damaged_frames": 3}
        self.asked: list[str] = []

    def status(self, clear: bool = False) -> m.Status:
        self.asked.append("clear" if clear else "status")
        return self.status_now

    def connect(self, timeout_s: float) -> m.Info:
        self.asked.append(f"connect {timeout_s}")
        self.link_counters = {"rx_frames": 0, "damaged_frames": 0}
        return m.Info(boot_id=9)

    def info(self) -> m.Info:
        self.asked.append("info")
        return m.Info(boot_id=8)

    def infer(self, cells: Any, begun: Any) -> m.TensorResult:
        self.asked.append(f"infer {cells.size}")
        begun()
        return m.TensorResult(inference_ns=2_000_000_000)

    def echo(self, data: bytes) -> bytes:
        return data

    def stream(self, blocks: Any, features: bool, inference: bool) -> Any:
        del features, inference
        self.asked.append(f"stream {len(np.concatenate(list(blocks)))}")
        yield m.WindowResult(inference_ns=123)


class Proving(Asked):
    """One that can prove what it runs."""

    def prove(self, nonce: int) -> m.Proof:
        self.asked.append("prove")
        return m.Proof(nonce=nonce, model=1)


class Clock:
    """A clock that is set by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 100.0
        clock = SimpleNamespace(monotonic=lambda: self.now_s, perf_counter=lambda: self.now_s)
        monkeypatch.setattr(questions, "time", clock)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def _asking(bundle: Bundle, device: Asked) -> tuple[Questions, RunRecord]:
    run = RunRecord("virtual", bundle, bundle_info(bundle))
    return Questions(cast(DeviceUnderTest, device), run), run


def _moved(device: Asked, **values: int) -> None:
    now = device.status_now
    device.status_now = replace(now, **{name: (getattr(now, name) + by) % U32 for name, by in values.items()})


def test_counters_begin_anew_before_the_first_file(bundle: Bundle) -> None:
    device = Asked()
    asking, run = _asking(bundle, device)
    asking.begin()
    assert device.asked == ["clear", "status"]
    assert run.host_at_start == {"rx_frames": 7, "damaged_frames": 3} and run.damaged_at_start == 3
    device.link_counters["rx_frames"] = 99
    assert run.host_at_start["rx_frames"] == 7
    device.link_counters = {}
    asking.begin()
    assert run.damaged_at_start == 0


def test_inferences_are_counted_file_by_file(bundle: Bundle) -> None:
    device = Asked()
    asking, _ = _asking(bundle, device)
    first, second, third = (FileComparison("a.wav", bundle) for _ in range(3))
    asking.after_file(first)  # nothing was asked before: nobody knows
    assert (first.inferences, first.status) == (None, device.status_now)
    _moved(device, inferences=5)
    asking.after_file(second)
    _moved(device, inferences=U32 - 3)  # beyond 32 bits, and a board that counts backwards shows too
    asking.after_file(third)
    assert (second.inferences, third.inferences) == (5, U32 - 3)


def test_inferences_of_windows_that_were_sent(bundle: Bundle) -> None:
    device = Asked()
    asking, _ = _asking(bundle, device)
    assert asking.after_windows(4) == 4  # unknown: as many as were sent
    _moved(device, inferences=3)
    assert asking.after_windows(4) == 3
    _moved(device, inferences=U32 - 1)
    assert asking.after_windows(4) == U32 - 1


def test_what_was_run_for_nobody_is_no_files(bundle: Bundle) -> None:
    device = Asked()
    asking, _ = _asking(bundle, device)
    asking.begin()
    _moved(device, inferences=7)
    asking.count_anew()
    _moved(device, inferences=2)
    assert asking.after_windows(9) == 2


def test_clocks_are_held_against_each_other_from_one_question_to_the_next(
    bundle: Bundle, clock: Clock
) -> None:
    device = Asked()
    asking, run = _asking(bundle, device)
    asking.begin()
    assert (run.uptime.host_s, run.uptime.device_s, run.log.dropped) == (0.0, 0.0, None)
    clock.now_s += 4.0
    _moved(device, uptime_ms=3500, log_dropped=4)
    asking.after_windows(0)
    assert (run.uptime.host_s, run.uptime.device_s, run.log.dropped) == (4.0, 3.5, 4)
    clock.now_s += 1.0
    _moved(device, uptime_ms=U32 // 2 - 1, log_dropped=1)
    asking.after_windows(0)
    assert not run.uptime.fell
    assert (run.uptime.host_s, run.log.dropped) == (5.0, 5)
    assert run.uptime.device_s == pytest.approx(3.5 + (U32 // 2 - 1) / 1000)
    before = run.uptime.device_s
    clock.now_s += 1.0
    _moved(device, uptime_ms=U32 // 2, log_dropped=U32 - 1)  # it went back
    asking.after_windows(0)
    assert run.uptime.fell and (run.uptime.host_s, run.uptime.device_s) == (5.0, before)


def test_of_two_uptimes_the_time_between_answer_and_request_is_kept_that_most_is_missing_of(
    bundle: Bundle, clock: Clock
) -> None:
    class Slow(Asked):
        """Takes its time to answer: that is no time that must have passed."""

        def status(self, clear: bool = False) -> m.Status:
            clock.now_s += 0.75
            return super().status(clear)

    device = Slow()
    asking, run = _asking(bundle, device)
    asking.begin()
    for passed_s, went_ms, slowest in (
        (0.29, 1, None),  # too short to say anything
        (0.5, 450, (0.45, 0.5)),
        (2.0, 1900, (0.45, 0.5)),
        (1.25, 250, (0.25, 1.25)),
        (1.0, 300, (0.25, 1.25)),
    ):
        clock.now_s += passed_s
        _moved(device, uptime_ms=went_ms)
        asking.after_windows(0)
        assert run.uptime.slowest == (slowest and pytest.approx(slowest))
    # what passed around all answers, each of which is of two pairs but the first and the last
    assert run.uptime.host_s == pytest.approx(5.04 + 5 * 0.75)
    assert run.uptime.most_s == pytest.approx(5.04 + 5 * 0.75 + 5 * 0.75)


@pytest.mark.usefixtures("clock")
def test_what_all_uptimes_are_multiples_of_is_kept(bundle: Bundle) -> None:
    device = Asked()
    asking, run = _asking(bundle, device)
    for uptime_ms, step_ms in ((4000, 4000), (6000, 2000), (9000, 1000), (9500, 500), (9501, 1)):
        device.status_now = replace(device.status_now, uptime_ms=uptime_ms)
        asking.after_windows(0)
        assert run.uptime.step_ms == step_ms
    assert run.uptime.times == 5


@pytest.mark.parametrize("restarted", [True, False])
def test_a_new_connection_goes_on_where_the_board_did_not_restart(
    bundle: Bundle, clock: Clock, restarted: bool
) -> None:
    device = Asked()
    asking, run = _asking(bundle, device)
    asking.begin()
    clock.now_s += 2.0
    _moved(device, uptime_ms=2000, inferences=6)
    assert asking.reconnect(3.0, restarted).boot_id == 9
    assert device.asked == ["clear", "status", "connect 3.0", "status"]
    assert run.reconnected == 1
    assert run.uptime.host_s == (0.0 if restarted else 2.0), "a board that restarted has another clock"
    _moved(device, inferences=2)
    assert asking.after_windows(9) == 2
    device.link_counters = {"rx_frames": 4, "damaged_frames": 1}
    asking.reconnect(3.0, restarted)
    assert run.reconnected == 2
    device.link_counters = {"rx_frames": 100, "more": 1}
    asking.end()
    assert run.host_link == {"rx_frames": 111, "damaged_frames": 4, "more": 1}


@pytest.mark.usefixtures("clock")
def test_the_end_asks_for_times_counters_and_what_the_board_is(bundle: Bundle) -> None:
    device = Asked()
    asking, run = _asking(bundle, device)
    asking.end()
    cells = bundle.frames * bundle.settings.bands
    more = bundle.window_samples + bundle.stride * bundle.settings.hop
    windows = [f"stream {bundle.window_samples}", f"stream {more}"]
    assert device.asked == [*[f"infer {cells}"] * 3, *windows, "status", "info"]
    assert len(run.probes) == 3 and run.first_inference_ns == 123
    assert run.last_info == m.Info(boot_id=8) and run.status == device.status_now
    assert (run.last_nonce, run.last_proof) == (None, None)
    assert run.host_link == {"rx_frames": 7, "damaged_frames": 3}


def test_a_board_without_a_model_is_asked_for_no_inference(bundle: Bundle) -> None:
    device = Asked()
    asking, run = _asking(bundle, device)
    run.inference = False
    asking.end()
    assert device.asked == ["status", "info"] and (run.probes, run.first_inference_ns) == ([], None)


def test_a_proof_is_asked_for_twice_with_two_nonces(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    device = Proving()
    asking, run = _asking(bundle, device)
    run.inference = False
    monkeypatch.setattr(questions.secrets, "randbits", lambda bits: (1 << bits) - 1)
    asking.prove()
    assert run.proof is not None and run.proof.nonce == run.nonce == U32 - 1, (
        "the most that the request holds"
    )
    monkeypatch.undo()
    asking.end()
    assert run.last_proof is not None and run.last_proof.nonce == run.last_nonce != run.nonce
    assert device.asked.count("prove") == 2


def test_a_board_that_cannot_prove_or_tell_is_not_asked(bundle: Bundle) -> None:
    asking, run = _asking(bundle, Asked())
    asking.prove()
    asking.ask_build()
    assert run.proof is None and run.nonce is not None and run.built_with == {}


def test_a_board_that_tells_its_build_is_asked(bundle: Bundle) -> None:
    device = Asked()
    asking, run = _asking(bundle, device)
    device.build = lambda: {"compiler": "gcc"}  # type: ignore[attr-defined]
    asking.ask_build()
    assert run.built_with == {"compiler": "gcc"}


@pytest.mark.parametrize("kind", ["qemu", "virtual", "esp32"])
def test_an_emulator_is_marked_whatever_its_firmware_says(kind: str) -> None:
    info = marked_emulated(m.Info(capabilities=m.Capability.INFERENCE), kind)
    emulated = m.Capability.EMULATED if kind == "qemu" else 0
    assert info.capabilities == m.Capability.INFERENCE | emulated


def test_after_how_long_a_clock_begins_anew(bundle: Bundle, clock: Clock) -> None:
    device = Asked()
    asking, run = _asking(bundle, device)
    asking.begin()
    _moved(device, uptime_ms=4000)
    asking.after_windows(0)
    clock.now_s += 1.0
    _moved(device, uptime_ms=(1 << 32) - 3500)
    asking.after_windows(0)
    assert run.uptime.fell and run.uptime.round_s == pytest.approx((4.5, 4.5))


def test_what_a_connection_tells_of_its_limits_is_kept(bundle: Bundle) -> None:
    class Limiting(Asked):
        told_limits = (1024, 5632, 5000)

    class Connected(Asked):
        connection = SimpleNamespace(boot_id=77)

    for device, boot_id in ((Connected(), 77), (Asked(), None)):
        record = RunRecord("virtual", bundle, bundle_info(bundle))
        Questions(cast(DeviceUnderTest, device), record).begin()
        assert record.told_boot_id == boot_id
    for device, kept in ((Limiting(), (1024, 5632, 5000)), (Asked(), None)):
        record = RunRecord("virtual", bundle, bundle_info(bundle))
        Questions(cast(DeviceUnderTest, device), record).begin()
        assert record.told_limits == kept
