"""Every answer of a board spoilt in every way: each job ends soon, rightly or in an error that says where."""

import contextlib
import itertools
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from ..audio.source import AudioSource
from ..board import line_rate
from ..board import scripted as s
from ..board.audio_stream import SamplesLostError
from ..board.client import DeviceError
from ..board.device import Device
from ..board.limits import Limits, Stopwatch
from ..bundle.load import Bundle
from ..errors import HilError
from ..line.connection import LinkError
from ..line.port import HELD_MOST, READ_SIZE, open_port
from ..link import link as link_module
from ..link import messages as m
from ..link.codec import Payload
from ..link.rates import FAST_BAUD
from .fakes import FakeDevice, FakeInterpreter, bundle_info
from .streaming import compare_file

pytestmark = pytest.mark.slow

LIMITS = Limits(answer_s=0.4, silence_s=0.5, allowance_s=0.6, rate_try_s=0.3, restart_s=0.6)
DEAD_AFTER_S = 0.3
CONNECT_S = 0.6
MOST_S = 60.0  # for any scenario, on a computer however busy: what has no end takes all of it
MOST_MEMORY = 48 << 20
AUDIO_S = 2.5

ALL = m.Capability.SLOT | m.Capability.MICROPHONE | m.Capability.PROFILE | m.Capability.BAUD


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead board is noticed sooner than after five seconds."""
    monkeypatch.setattr(link_module, "SILENCE_US", 100_000)
    monkeypatch.setattr(link_module, "FRAME_PAUSE_US", 200_000)
    monkeypatch.setattr(line_rate, "FALL_BACK_S", 0.05)


class Bench(NamedTuple):
    """What a scenario works with."""

    bundle: Bundle
    path: Path
    firmware: Callable[[], s.HonestFirmware]


@pytest.fixture(scope="module")
def bench(bundle: Bundle, samples: NDArray[Any], tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A firmware that gives the host's own results, and a file for it."""
    rate = bundle.settings.sample_rate
    path = tmp_path_factory.mktemp("audio") / "a.wav"
    soundfile.write(path, samples[: int(AUDIO_S * rate)], rate)
    known: dict[tuple[bytes, int], list[Payload]] = {}

    def results(audio: bytes, flags: int) -> list[Payload]:
        if (audio, flags) not in known:
            device = FakeDevice(bundle, FakeInterpreter(bundle))
            wanted = bool(flags & m.StreamFlag.FEATURES), bool(flags & m.StreamFlag.INFERENCE)
            known[audio, flags] = list(device.stream([np.frombuffer(audio, "<i2").astype(np.int16)], *wanted))
        return known[audio, flags]

    info = bundle_info(bundle)
    info = replace(info, capabilities=info.capabilities | ALL)
    firmware = s.HonestFirmware
    return Bench(bundle, path, lambda: firmware(info, results))


# ---- what is asked of the board: each returns whether the answer was right


def _connect(_: Device, __: Bench) -> bool:
    return True  # done before each job


def _status(device: Device, _: Bench) -> bool:
    return device.status().uptime_ms == s.UP_MS


def _echo(device: Device, _: Bench) -> bool:
    return device.echo(b"as sent") == b"as sent"


def _baud(device: Device, _: Bench) -> bool:
    return device.negotiate_baud([FAST_BAUD]) == FAST_BAUD


def _stream(device: Device, bench: Bench) -> bool:
    interpreter = FakeInterpreter(bench.bundle)
    source = AudioSource(bench.path, bench.bundle.settings.sample_rate)
    return compare_file(device, bench.bundle, source, interpreter).agreed


def _infer(device: Device, bench: Bench) -> bool:
    cells = np.zeros(bench.bundle.frames * bench.bundle.settings.bands, np.int8)
    return len(device.infer(cells).outputs) == 2 * len(bench.bundle.labels)


def _deploy(device: Device, _: Bench) -> bool:
    return device.deploy(bytes(9000)).state == m.DeployState.ACTIVE


def _profile(device: Device, _: Bench) -> bool:
    return [op.index for op in device.profile()] == [0, 1, 2]


def _reset(device: Device, _: Bench) -> bool:
    with pytest.raises(
        HilError, match=r"did not restart|vanished|stopped answering|cannot be used|no answer"
    ):
        device.reset()
    return True


def _live(device: Device, __: Bench) -> bool:
    listening = device.live()
    for _ in range(3):
        next(listening)
    listening.close()  # type: ignore[attr-defined]
    return True


Job = Callable[[Device, Bench], bool]


class Scenario(NamedTuple):
    """A job, and the answer that is spoilt in it."""

    job: Job
    answer: type[Payload]
    request: type[Payload] | None = None


SCENARIOS = (
    Scenario(_connect, m.SyncAck),
    Scenario(_connect, m.Info),
    Scenario(_status, m.Status),
    Scenario(_echo, m.Echo),
    Scenario(_baud, m.BaudReady),
    Scenario(_baud, m.Echo),
    Scenario(_stream, m.Echo),
    Scenario(_stream, m.StreamStarted),
    Scenario(_stream, m.Features),
    Scenario(_stream, m.WindowResult),
    Scenario(_stream, m.Detection),
    Scenario(_stream, m.StreamDone),
    Scenario(_infer, m.TensorResult),
    Scenario(_deploy, m.DeployStatus, m.DeployBegin),
    Scenario(_deploy, m.DeployStatus, m.DeployCommit),
    Scenario(_profile, m.Profile),
    Scenario(_reset, m.Info),
    Scenario(_live, m.StreamStarted),
    Scenario(_live, m.StreamDone),
)
# Slow is no fault while it stays within the limits.
HARMLESS = {s.trickling}
# The content of these is not the client's to judge.
UNJUDGED = {
    (m.SyncAck, s.wrong_id),  # the boot id
    (m.SyncAck, s.repeated), (m.SyncAck, s.unasked), (m.SyncAck, s.endless),  # the link itself passes over them
    (m.Info, s.wrong_id), (m.Status, s.wrong_id), (m.StreamStarted, s.wrong_id), (m.StreamDone, s.wrong_id),
    (m.Info, s.shorter), (m.Info, s.longer),  # of its name, the rest
    (m.DeployStatus, s.shorter), (m.DeployStatus, s.longer), (m.DeployStatus, s.wrong_id),
    (m.Profile, s.shorter), (m.Profile, s.longer),
    (m.Echo, s.shorter), (m.Echo, s.longer), (m.Echo, s.empty), (m.Echo, s.wrong_id),
    (m.TensorResult, s.shorter), (m.TensorResult, s.longer),
}  # fmt: skip


def _name(value: object) -> str:
    if isinstance(value, Scenario):
        return f"{value.job.__name__}-{(value.request or value.answer).NAME.lower()}"
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize("spoil", s.FAULTS, ids=_name)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=_name)
def test_a_spoilt_answer_ends_soon_and_is_named(bench: Bench, scenario: Scenario, spoil: s.Spoil) -> None:
    fault = s.Fault(scenario.answer, spoil, scenario.request)
    port = s.ScriptedDevice(bench.firmware(), fault, has_rate=scenario.job is _baud)
    start = time.monotonic()
    tracemalloc.start()
    right = False
    error: HilError | None = None
    try:
        with Device(port, dead_after_s=DEAD_AFTER_S, limits=LIMITS) as device:
            device.connect(CONNECT_S)
            right = scenario.job(device, bench)
            device.status()
            device.info()  # what comes too much is noticed by the next request at the latest
    except HilError as caught:
        error = caught
    finally:
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert time.monotonic() - start < MOST_S
    assert most < MOST_MEMORY
    if error is not None:
        assert port.name in error.cause and "(while " in error.cause and error.cure
        assert "\x1b" not in str(error)
    elif scenario.job is not _reset and (scenario.answer, spoil) not in UNJUDGED:
        assert not right or spoil in HARMLESS


@pytest.mark.parametrize("scenario", SCENARIOS, ids=_name)
def test_nothing_spoilt_nothing_wrong(bench: Bench, scenario: Scenario) -> None:
    port = s.ScriptedDevice(bench.firmware(), has_rate=scenario.job is _baud)
    with Device(port, dead_after_s=DEAD_AFTER_S, limits=LIMITS) as device:
        device.connect(CONNECT_S)
        assert scenario.job(device, bench)


@pytest.mark.parametrize("most", [link_module.LEAST_PAYLOAD, 71, 600, m.MAX_PAYLOAD, 0xFFFF])
def test_a_board_that_takes_less_at_once_gets_smaller_pieces(bench: Bench, most: int) -> None:
    port = s.ScriptedDevice(bench.firmware(), sync_ack=m.SyncAck(1, m.PROTOCOL_VERSION, most, 0xFFFF))
    with Device(port, dead_after_s=DEAD_AFTER_S, limits=Limits()) as device:
        device.connect(CONNECT_S)
        for job in (_stream, _infer, _deploy, _echo):
            assert job(device, bench)
        with pytest.raises(HilError, match="too long for the board"):
            device.echo(bytes(min(most, m.MAX_PAYLOAD) + 1))
    assert max(port.payloads) == min(most, m.MAX_PAYLOAD)


@pytest.mark.parametrize("most", [0, 63])
def test_a_board_that_takes_too_little_is_refused_by_name(bench: Bench, most: int) -> None:
    port = s.ScriptedDevice(bench.firmware(), sync_ack=m.SyncAck(1, m.PROTOCOL_VERSION, most, 0xFFFF))
    with pytest.raises(LinkError, match=f"payloads of {most} bytes at most, and 64 is the least") as caught:
        Device(port, dead_after_s=DEAD_AFTER_S, limits=LIMITS).connect(CONNECT_S)
    assert port.name in caught.value.cause


def _done(change: Callable[[m.StreamDone], m.StreamDone]) -> s.Spoil:
    def spoil(_: s.ScriptedDevice, raw: s.Raw) -> list[s.Raw]:
        done = change(m.StreamDone.decode(raw[1]))
        return [(done.TYPE, done.encode())]

    return spoil


def test_a_stream_that_lost_a_sample_is_not_done(bench: Bench) -> None:
    fewer = _done(lambda done: replace(done, samples=done.samples - 1))
    port = s.ScriptedDevice(bench.firmware(), s.Fault(m.StreamDone, fewer))
    with Device(port, dead_after_s=DEAD_AFTER_S, limits=LIMITS) as device:
        device.connect(CONNECT_S)
        audio = np.zeros(bench.bundle.window_samples, np.int16)
        with pytest.raises(SamplesLostError, match=r"done after [\d,]+ samples, and [\d,]+ were sent"):
            list(device.stream([audio]))
        assert not _stream(device, bench), (
            "a file of which a sample is not counted is compared, and is not right"
        )


class Hasty(s.HonestFirmware):
    """Says that a stream is done after some of its audio, with counts to match."""

    def _answer_audio(self, request: m.Audio) -> s.Answers:
        super()._answer_audio(request)
        return self._answer_stream_end(m.StreamEnd()) if len(self._audio) == 32 * 1024 else []


def test_a_stream_that_is_done_before_its_end_was_sent_is_an_error(bench: Bench) -> None:
    def results(audio: bytes, _flags: int) -> list[Payload]:
        return [m.StreamDone(samples=len(audio) // 2)]

    port = s.ScriptedDevice(Hasty(bundle_info(bench.bundle), results))
    endless = itertools.repeat(np.zeros(800, np.int16))
    with Device(port, dead_after_s=DEAD_AFTER_S, limits=LIMITS) as device:
        device.connect(CONNECT_S)
        with pytest.raises(DeviceError, match="before its end was sent") as caught:
            list(device.stream(endless))
    assert port.name in caught.value.cause and "while streaming audio" in caught.value.cause


class Crawling(s.HonestFirmware):
    """Never done, and never silent for long."""

    def answers(self, request: Payload) -> s.Answers:
        """See `HonestFirmware.answers`."""
        return [] if isinstance(request, m.StreamEnd) else super().answers(request)


def test_a_stream_has_a_limit_even_when_results_keep_coming(bench: Bench) -> None:
    info = bundle_info(bench.bundle)
    port = s.ScriptedDevice(Crawling(info, lambda _audio, _flags: []))
    limits = Limits(answer_s=1.0, silence_s=0.4, factor=1.0, allowance_s=1.0)
    start = time.monotonic()

    def drip(device: s.ScriptedDevice) -> None:
        while not device.gone:
            time.sleep(0.1)
            device.say(m.Detection(window=1))

    with Device(port, dead_after_s=DEAD_AFTER_S, limits=limits) as device:
        device.connect(CONNECT_S)
        thread = threading.Thread(target=drip, args=(port,), daemon=True)
        thread.start()
        try:
            with pytest.raises(DeviceError, match=r"did not finish the stream within \d+ s .* bytes/s"):
                list(device.stream([np.zeros(8000, np.int16)]))
        finally:
            port.gone = True
            thread.join(5)
    assert 1.0 <= time.monotonic() - start < MOST_S


def test_the_limit_counts_bytes_windows_and_patience() -> None:
    assert Limits().total_s(11_520, 11_520.0) == 10 + 60
    assert Limits().total_s(0, 1.0, inferences=100, slowest_s=0.02) == pytest.approx(20 + 60)


def test_time_that_the_program_spends_itself_is_not_the_boards() -> None:
    now = [0.0]
    watch = Stopwatch(lambda: now[0])
    now[0] = 2.0
    with watch.paused():
        now[0] = 50.0
        assert watch.seconds == 2.0
    now[0] = 51.0
    assert watch.seconds == 3.0


def test_a_flood_waits_in_the_line_and_not_in_memory() -> None:
    taken = [0]
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def flood() -> None:
            connection, _ = listener.accept()
            connection.settimeout(1.0)
            with connection, contextlib.suppress(OSError):
                while True:
                    taken[0] += connection.send(bytes(range(1, 251)) * 400 + b"\0")

        thread = threading.Thread(target=flood, daemon=True)
        thread.start()
        tracemalloc.start()
        with contextlib.closing(open_port(f"socket://127.0.0.1:{listener.getsockname()[1]}")) as port:
            time.sleep(1.5)  # nobody reads
            assert tracemalloc.get_traced_memory()[1] < 8 << 20
            waiting = taken[0]
            thread.join(5)
            assert taken[0] == waiting, "the other side had to stop"
            assert HELD_MOST <= len(port.read(1.0)) < HELD_MOST + READ_SIZE
        tracemalloc.stop()


def test_a_firmware_from_before_is_not_asked_what_it_was_built_with(bench: Bench) -> None:
    """It would refuse the request, and nothing is wrong with it."""
    with Device(s.ScriptedDevice(bench.firmware())) as device:
        assert not device.connect(CONNECT_S).capabilities & m.Capability.BUILD
        assert device.build() == {}


def test_an_emulated_board_is_marked_whatever_its_firmware_says(bench: Bench) -> None:
    for emulated in (True, False):
        with Device(s.ScriptedDevice(bench.firmware()), emulated=emulated) as device:
            assert bool(device.connect(CONNECT_S).capabilities & m.Capability.EMULATED) == emulated
            assert bool(device.info().capabilities & m.Capability.EMULATED) == emulated
