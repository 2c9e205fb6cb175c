"""What a run has seen and heard: its files, and everything else that claims are judged by."""

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import psutil

from ..board.interface import BoardFacts
from ..bundle.load import Bundle
from ..link import messages as m
from ..printable import printable
from .checks.checked import Checked
from .clock_pairs import ClockPairs
from .coverage import Coverage
from .file import FileComparison
from .latency import Latencies
from .op_times import OpTime
from .stimuli.outcome import StimuliRecord

U32 = 1 << 32

PICTURED_FILES = 40  # more would make a report that no browser likes, and take memory


def utc_now() -> str:
    """The time, UTC, to the millisecond, as texts that sort: 2026-11-26T08:15:00.000Z."""
    now = datetime.now(timezone.utc)
    return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z"


_LEVELS = {level.value for level in m.LogLevel}


@dataclass
class LogRecord:
    """The firmware's log lines.

    Attributes:
        lines: how many came.
        errors: how many of them were of level error.
        first_errors: the first of those.
        warnings: how many were of level warning.
        first_warning: the first of those.
        unknown: levels that the protocol does not know.
        dropped: how many the board could not send, None when it was not asked.
        counts: what it told of them, each number once.
        fell: whether it told fewer than before.
        alike: the other fields of STATUS that had the same number whenever it was asked; None: it was not.
    """

    KEPT = 5

    lines: int = 0
    errors: int = 0
    first_errors: list[str] = field(default_factory=list)
    dropped: int | None = None
    unknown: set[int] = field(default_factory=set)
    warnings: int = 0
    first_warning: str = ""
    counts: set[int] = field(default_factory=set)
    fell: bool = False
    alike: set[str] | None = None

    def count_dropped(self, status: m.Status, before: m.Status | None) -> None:
        """What STATUS says of lines that were lost, and what it said before; None: nothing, or the board restarted."""
        self.counts.add(status.log_dropped)
        alike = {name for name, value in vars(status).items() if value == status.log_dropped} - {
            "log_dropped"
        }
        self.alike = alike if self.alike is None else self.alike & alike
        if before is not None:
            more = (status.log_dropped - before.log_dropped) % U32
            self.fell = self.fell or more >= U32 // 2
            self.dropped = (self.dropped or 0) + more

    def add(self, level: int, text: str) -> None:
        """A line."""
        self.lines += 1
        if level not in _LEVELS:
            self.unknown.add(level)
        if level == m.LogLevel.WARNING:
            self.first_warning = self.first_warning or printable(text)
            self.warnings += 1
        if level <= m.LogLevel.ERROR:
            self.errors += 1
            if len(self.first_errors) < self.KEPT:
                self.first_errors.append(printable(text))


UNSURE_S, UNSURE_TIMES = 0.005, 3  # of which each millisecond is a large part
LEAST_BETWEEN_S = 0.3  # a shorter time between two uptimes says little of a clock


@dataclass
class UptimeRecord:
    """How far the device's clock moved while the host's did, without a restart in between.

    Attributes:
        host_s: by the host's clock.
        device_s: by the device's.
        most_s: the most that passed on the host's meanwhile, from each request to the answer of the next one.
        fell: whether the device's clock ever went back.
        round_s: after how long it began anew then, at least and at most, if that is what it did.
        times: how often the device told its uptime.
        step_ms: what all that it told are multiples of, at most.
        slowest: of two uptimes in a row, seconds by the device's clock, and what passed on the host's at least, from
            the answer of the first to the request of the second. Those with the least share of the two.
        pairs: all pairs of uptimes in a row.
    """

    host_s: float = 0.0
    device_s: float = 0.0
    most_s: float = 0.0
    fell: bool = False
    round_s: tuple[float, float] | None = None
    times: int = 0
    step_ms: int = 0
    slowest: tuple[float, float] | None = None
    pairs: ClockPairs = field(default_factory=ClockPairs)

    @property
    def unsure(self) -> bool:
        """Whether a clock went so little that its rate cannot be told."""
        told = self.times >= UNSURE_TIMES and self.host_s >= LEAST_BETWEEN_S
        return told and self.device_s <= UNSURE_S

    @property
    def rate(self) -> float:
        """How many times as fast as the host's clock the device's goes, 1 where that is not known."""
        return self.device_s / self.host_s if self.host_s >= LEAST_BETWEEN_S else 1.0

    def between(self, device_s: float, least_s: float) -> None:
        """Take note of two uptimes in a row."""
        if least_s < LEAST_BETWEEN_S:
            return
        if self.slowest is None or device_s * self.slowest[1] < self.slowest[0] * least_s:
            self.slowest = device_s, least_s


@dataclass(frozen=True)
class Probe:
    """One inference on request, and an echo of at least as many bytes as its last piece beside it.

    Attributes:
        round_trip_s: of the inference's last piece, by the host's clock: the inference lies within it.
        echo_s: of the echo.
        reported_ns: what the device says the inference took.
        total_ns: what it says all of it took; None: not kept.
    """

    round_trip_s: float
    echo_s: float
    reported_ns: int
    total_ns: int | None = None


@dataclass
class Cost:
    """What a board's part of a run took of this computer.

    Attributes:
        busy_s: how long files were streamed.
        cpu_s: of this process and all that it started, by their end; 0 when not known.
        memory_bytes: that nobody shares with them (USS), by their end; 0 when not known.
    """

    busy_s: float = 0.0
    cpu_s: float = 0.0
    memory_bytes: int = 0


class Meter:
    """Measures processor time from now on."""

    def __init__(self) -> None:
        self._before_s = sum(map(_cpu_s, _processes()))

    def read(self, busy_s: float) -> Cost:
        """The cost up to now; processes that were started must still run."""
        processes = _processes()
        used_s = sum(map(_cpu_s, processes)) - self._before_s
        return Cost(busy_s, max(0.0, used_s), sum(map(_own_bytes, processes)))


def _processes() -> list[psutil.Process]:
    """The process itself and all that it started."""
    own = psutil.Process()
    with contextlib.suppress(psutil.Error, OSError):
        return [own, *own.children(recursive=True)]
    return [own]


def _cpu_s(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error, OSError):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def _own_bytes(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error, OSError):
        return int(process.memory_full_info().uss)
    return 0


@dataclass
class RunRecord:
    """A run: one board, one bundle, some files.

    Attributes:
        board: which kind, and what it says of itself.
        bundle: the bundle in use.
        info: the device's INFO.
        files: finished comparisons.
        status: the device's counters after the last file.
        host_link: the host's link counters.
        notes: what a reader should know.
        versions: of the packages that computed the reference.
        reached: how the board was reached, in words; the emulator and its version, where it is one.
        damaged_as: what the board does to frames of its own that came damaged, in words; empty: nothing that is known.
        told_limits: bytes of the longest payload and of the receive buffer, as the answer to SYNC says, and the most
            that any frame let come over the last connection; None: not kept.
        boot_ids: the boot id as the first answer to SYNC says, and the 32 bits that were asked for beside the number of
            that connection; None: not kept.
        built_with: versions and optimisation levels that the firmware was built with; empty when it does not tell.
        seconds: how long the stages of the run took.
        failures: why the run could not be completed.
        interrupted: whether the user broke it off.
        complete: whether every file had its turn.
        damage: share of frames that the line damages on purpose.
        left_out: (name, why) of files that could not be read.
        restarts: (name, cause) of files in which the board restarted; they were streamed again.
        log: what the firmware logged.
        last_info: INFO at the end of the run.
        uptime: the device's clock beside the host's.
        nonce: what the proof was asked with, and the answer; None when it was not asked for.
        proof: the answer, None when the firmware does not know the request.
        last_nonce, last_proof: the same at the end of the run, when it came to its end.
        slowest_told: in which place of a window a column's time is told as the slowest one's; empty: not asked, or the
            slowest one's.
        probes: round trips of single inferences.
        further_probes: those of windows that are sent to be counted; the echo is not known.
        first_inference_ns: what the first inference behind a stream without the model is said to take, None: not asked.
        second_inference_ns: the same of the one behind it.
        bare_window: a window in which the model did not run, None: not asked for.
        witness: whether a second interpreter exists on this computer.
        witness_arena, witness_arena_size: bytes that it takes of its arena, and how many that has; 0 when unknown.
        damaged_at_start: damaged frames that the host counted before the first file: a line may begin in mid-frame.
        host_at_start: all that the host's end of the link had counted by then.
        reconnected: how often the device was taken over anew.
        stimuli: what was sent besides files, None when that was not asked for.
        pictured: files whose pictures are kept.
        facts: what is known of the board beforehand.
        sent_windows: inferences that the board counted for windows sent by themselves, and how many these were.
        counted_on: the same of windows sent so that the count passes 8 bits.
        checks: what was asked besides the files, by name (`checks.examine`).
        further: claims (`claims.finding.ClaimKind`) besides those that every run makes: limits.
        judgement: gives what the device reaches on labelled recordings (`limits.judging`); None: nobody asked.
        date: when the run began, as `utc_now` has it.
        run_id: of its own, 16 hexadecimal digits.
        op_times: how long each op of the model took at last; empty where the board keeps no profile.
        cost: what the board's part took of this computer.
        shares: of a run on several boards, what each of them did; empty in a run on one.
    """

    board: str
    bundle: Bundle
    info: m.Info
    inference: bool = True
    files: list[FileComparison] = field(default_factory=list)
    status: m.Status | None = None
    host_link: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    reached: str = ""
    built_with: dict[str, str] = field(default_factory=dict)
    told_limits: tuple[int, int, int] | None = None
    boot_ids: tuple[int | None, int] | None = None
    damaged_as: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    interrupted: bool = False
    complete: bool = False
    damage: float = 0.0
    left_out: list[tuple[str, str]] = field(default_factory=list)
    restarts: list[tuple[str, str]] = field(default_factory=list)
    log: LogRecord = field(default_factory=LogRecord)
    last_info: m.Info | None = None
    uptime: UptimeRecord = field(default_factory=UptimeRecord)
    nonce: int | None = None
    proof: m.Proof | None = None
    last_nonce: int | None = None
    last_proof: m.Proof | None = None
    slowest_told: str = ""
    probes: list[Probe] = field(default_factory=list)
    further_probes: list[Probe] = field(default_factory=list)
    first_inference_ns: int | None = None
    second_inference_ns: int | None = None
    bare_window: m.WindowResult | None = None
    witness: bool = True
    witness_arena: int = 0
    witness_arena_size: int = 0
    damaged_at_start: int = 0
    host_at_start: dict[str, int] = field(default_factory=dict)
    reconnected: int = 0
    stimuli: StimuliRecord | None = None
    pictured: list[FileComparison] = field(default_factory=list)
    facts: BoardFacts = field(default_factory=BoardFacts)
    sent_windows: tuple[int, int] = (0, 0)
    counted_on: tuple[int, int] = (0, 0)
    checks: dict[str, Checked] = field(default_factory=dict)
    further: list[Any] = field(default_factory=list)
    judgement: Callable[[], Any] | None = None
    date: str = field(default_factory=utc_now)
    run_id: str = field(default_factory=lambda: secrets.token_hex(8))
    op_times: list[OpTime] = field(default_factory=list)
    cost: Cost = field(default_factory=Cost)
    shares: list["Share"] = field(default_factory=list)

    def add(self, file: FileComparison) -> None:
        """Add a finished file, and give up pictures when there are too many: last those of files that differ."""
        self.files.append(file)
        self.pictured.append(file)
        self._limit_pictures()

    def _limit_pictures(self) -> None:
        """Give up one file's, where there is one too many."""
        if len(self.pictured) > PICTURED_FILES:
            agreeing = [known for known in self.pictured if known.agreed]
            dropped = (agreeing or self.pictured)[-1]
            dropped.traces.drop()
            self.pictured = [known for known in self.pictured if known is not dropped]

    @property
    def exact_line(self) -> bool:
        """Whether nothing between both ends damages, loses or doubles a byte: what is counted of it is exact then."""
        return self.facts.exact_line and not self.damage

    @property
    def lost(self) -> list[tuple[str, str]]:
        """(name, why) of boards that could not go on."""
        return [(share.name, share.lost) for share in self.shares if share.lost]

    @property
    def latencies(self) -> Latencies:
        """Of all files in which the device did all that the run asks of it."""
        every = Latencies()
        for file in self.files:
            if file.inference == self.inference:
                every.extend(file.latencies)
        return every

    @property
    def coverage(self) -> Coverage:
        """Of all files."""
        every = Coverage()
        for file in self.files:
            every.add(file.coverage)
        return every

    @property
    def totals(self) -> dict[str, float]:
        """Sums over all files."""
        files = self.files
        outputs = [file.outputs for file in files]
        return {
            "audio_s": round(sum(file.audio_s for file in files), 3),
            "windows": sum(file.windows for file in files),
            "feature_cells": sum(file.features.compared for file in files),
            "feature_mismatches": sum(file.features.different for file in files),
            "max_feature_difference": max((file.features.largest for file in files), default=0),
            "outputs": sum(count.compared for count in outputs),
            "output_mismatches": sum(count.different for count in outputs),
            "outputs_allowed": sum(count.allowed for count in outputs),
            "max_output_difference": max((count.largest for count in outputs), default=0),
            "detections_host": sum(len(file.host_changes) for file in files),
            "detections_device": sum(len(file.device_changes) for file in files),
            "detection_mismatches": sum(file.detection_mismatches for file in files),
            "witness_differences": sum(file.witness_differences for file in files),
        }

    def link_counters(self) -> dict[str, Any]:
        """Both ends' counters."""
        device = {} if self.status is None else {field: getattr(self.status, field) for field in _LINK_FIELDS}
        return {"device": device, "host": self.host_link}

    def memory(self) -> dict[str, int | None]:
        """Bytes; of stack and heap None where the board cannot tell."""
        memory: dict[str, int | None] = {
            "core_ram": self.info.core_ram,
            "arena_size": self.info.arena_size,
            "arena_used": self.info.arena_used,
        }
        if self.status is not None:
            memory |= {
                name: getattr(self.status, name) or None
                for name in ("stack_free", "heap_free", "heap_min_free")
            }
        return memory


@dataclass
class Share:
    """One board's part of a run on several.

    Attributes:
        name: of the board.
        record: what was found on it; its files among it.
        lost: why it could not go on; empty while it can.
        cure: what can be done about that.
        left: whether its part has ended, well or not.
    """

    name: str
    record: RunRecord
    lost: str = ""
    cure: str = ""
    left: bool = False


_LINK_FIELDS = tuple(
    layout.name
    for layout in m.Status.LAYOUT
    if layout.name
    not in {"stack_free", "heap_free", "heap_min_free", "columns", "windows", "inferences", "uptime_ms"}
)
