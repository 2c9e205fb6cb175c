"""What a run asks the board besides streaming, so that claims can be judged."""

import math
import secrets
import time
from dataclasses import replace

import numpy as np

from ..board.audio_stream import as_it_came
from ..link import messages as m
from .device import Damaging, DeviceUnderTest, Limiting, Linked, Telling
from .file import FileComparison
from .proof import Proving
from .record import U32, Probe, RunRecord

PROBES = 12
PROBES_LEAST = 3
PROBE_LIMIT_S = 3.0  # a model that says it takes long is asked less often
PROBE_PATIENCE_S = 30.0  # and so is one whose answers take long
SETTLING_S = 2.5  # for a clock that hardly went to show how far it goes
PIECE_BYTES = 1016  # of a tensor: what one frame carries of it
QUESTIONS = "questions besides the files"  # what a restart fell into, in place of a file's name


class Questions:
    """Keeps what the board said before, so that differences can be told.

    Args:
        device: connected.
        record: takes the answers.
    """

    def __init__(self, device: DeviceUnderTest, record: RunRecord) -> None:
        self._device = device
        self._record = record
        self._before: m.Status | None = None
        self._before_s = self._before_asked_s = 0.0
        self._earlier_links: dict[str, int] = {}

    def begin(self) -> None:
        """Before the first file: counters start anew."""
        self._device.status(clear=True)
        if isinstance(self._device, Limiting):
            self._record.told_limits = self._device.told_limits
        if isinstance(self._device, Linked):
            connection = self._device.connection
            self._record.boot_ids = connection.boot_id, connection.nonce
        self._record.host_at_start = dict(self._device.link_counters)
        self._record.damaged_at_start = self._record.host_at_start.get("damaged_frames", 0)
        self._take()

    def after_file(self, file: FileComparison) -> None:
        """The counters that belong to a file which was streamed without a restart."""
        before = self._before
        status = self._take()
        file.status = status
        file.inferences = None if before is None else (status.inferences - before.inferences) % U32

    def after_windows(self, sent: int) -> int:
        """How many inferences the device counted for windows that were sent; they are no file's."""
        before = self._before
        status = self._take()
        return sent if before is None else (status.inferences - before.inferences) % U32

    def count_anew(self) -> None:
        """What the device ran since it was last asked is no file's, and nobody's."""
        self._take()

    def reconnect(self, timeout_s: float, restarted: bool) -> m.Info:
        """Take the board over anew: after a restart, or to end a stream that nobody wants any more."""
        record = self._record
        self._keep_link()
        record.reconnected += 1
        info = self._device.connect(timeout_s)
        if restarted:
            self._before = None
        self._take()
        return info

    def end(self) -> None:
        """After the last file."""
        record, device = self._record, self._device
        if record.inference:
            record.probes = probe_inference(device, record.bundle.frames * record.bundle.settings.bands)
            bundle = record.bundle
            record.bare_window, record.first_inference_ns, record.second_inference_ns = first_inferences(
                device, bundle.window_samples, bundle.stride * bundle.settings.hop
            )
        if record.uptime.unsure:
            time.sleep(SETTLING_S)
        record.status = self._take()
        record.last_info = device.info()
        if isinstance(device, Limiting):  # once more: of the last connection, at its end
            record.told_limits = device.told_limits
        if record.proof is not None:  # with another nonce: a stored answer shows, and what changed meanwhile
            record.last_nonce, record.last_proof = self._proof()
        self._keep_link()  # last, and so once: a restart before asks all of this again
        record.host_link = self._earlier_links

    def prove(self) -> None:
        """Ask for a checksum of the bytes in use."""
        self._record.nonce, self._record.proof = self._proof()

    def _proof(self) -> tuple[int, m.Proof | None]:
        nonce = secrets.randbits(32)
        return nonce, self._device.prove(nonce) if isinstance(self._device, Proving) else None

    def ask_build(self) -> None:
        """Ask what the firmware was built with."""
        if isinstance(self._device, Telling):
            self._record.built_with = self._device.build()

    def _keep_link(self) -> None:
        """A new connection counts from 0: add up what the one before counted."""
        if isinstance(self._device, Damaging):
            self._record.damaged_as = self._device.damaged_as or self._record.damaged_as
        for name, value in self._device.link_counters.items():
            self._earlier_links[name] = self._earlier_links.get(name, 0) + value

    def _take(self) -> m.Status:
        """STATUS, and how the board's clock went since the one before."""
        asked_s = time.monotonic()
        status = self._device.status()
        now_s = time.monotonic()
        uptime = self._record.uptime
        self._record.log.count_dropped(status, self._before)
        uptime.times += 1
        uptime.step_ms = math.gcd(uptime.step_ms, status.uptime_ms)
        if self._before is not None:
            went_ms = (status.uptime_ms - self._before.uptime_ms) % U32
            if went_ms >= U32 // 2:
                uptime.fell = True
                back_s = (self._before.uptime_ms - status.uptime_ms) / 1000
                uptime.round_s = back_s + asked_s - self._before_s, back_s + now_s - self._before_asked_s
            else:
                uptime.host_s += now_s - self._before_s
                uptime.device_s += went_ms / 1000
                uptime.most_s += now_s - self._before_asked_s
                uptime.between(went_ms / 1000, asked_s - self._before_s)
                uptime.pairs.add(went_ms / 1000, asked_s - self._before_s, now_s - self._before_asked_s)
        self._before, self._before_s, self._before_asked_s = status, now_s, asked_s
        return status


def probe_inference(device: DeviceUnderTest, cells: int) -> list[Probe]:
    """Single inferences and, beside each, an echo of as many bytes as lie in its last piece, or more.

    What is left of the last piece's round trip is the inference.
    """
    window = np.zeros(cells, np.int8)
    probes: list[Probe] = []
    began, worked_s = time.monotonic(), 0.0
    while len(probes) < PROBES_LEAST or (
        len(probes) < PROBES and worked_s < PROBE_LIMIT_S and time.monotonic() - began < PROBE_PATIENCE_S
    ):
        began_at: list[float] = []
        # From here on: before it a board loads a model that remembers, and cells travel; it reports neither.
        result = device.infer(window, lambda: began_at.append(time.perf_counter()))  # noqa: B023
        between = time.perf_counter()
        device.echo(bytes(min(PIECE_BYTES, cells)))
        trip_s, echo_s = between - began_at[-1], time.perf_counter() - between
        probes.append(Probe(trip_s, echo_s, result.inference_ns, result.total_ns))
        worked_s += (
            result.inference_ns / 1e9
        )  # not what passed here: a busy computer needs more of them, not fewer
    return probes


def first_inferences(
    device: DeviceUnderTest, window_samples: int, more: int
) -> tuple[m.WindowResult | None, int | None, int | None]:
    """A window without the model, and what the first two inferences behind it are said to take.

    A time told one window late shows in the first of them, the least of all so far in both, a time that counts more
    than the inference in the window without one.

    Args:
        device: connected.
        window_samples: of a stream's first window.
        more: samples from one window to the next.
    """
    bare, with_model = (
        [
            result
            for result in list(as_it_came(device.stream([silence], features=False, inference=inference)))
            if isinstance(result, m.WindowResult)
        ]
        for silence, inference in (
            (np.zeros(window_samples, np.int16), False),
            (np.zeros(window_samples + more, np.int16), True),
        )
    )
    times = [window.inference_ns for window in with_model]
    first, second = (times[place] if place < len(times) else None for place in (0, 1))
    return bare[0] if bare else None, first, second


def marked_emulated(info: m.Info, kind: str) -> m.Info:
    """INFO of a board that is an emulator by its kind, which its firmware need not notice."""
    if kind != "qemu":
        return info
    return replace(info, capabilities=info.capabilities | m.Capability.EMULATED)
