"""report.json as declared types: which keys it has, always all of them, and what stands in each."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from msgspec import Meta

Count = Annotated[int, Meta(ge=0)]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Utc = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
Cells = tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True)
class ClaimEntry:
    """A line of the verdict's table."""

    name: str
    claim: str
    required: bool
    status: Literal["held", "broken", "not-examined"]
    evidence: str
    reason: str


@dataclass(frozen=True)
class LeftOut:
    """A file that could not be read, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class BoardEntry:
    """The board, as it calls itself."""

    kind: str
    name: str
    chip: str
    firmware_version: str
    clock_hz: Count
    timing: str
    reached: str
    built_with: dict[str, str]


@dataclass(frozen=True)
class ShareEntry:
    """What one board did of the run, and what it took of this computer.

    Attributes:
        lost: why it dropped out; empty when it did not.
        total_p99_us: null where it measured nothing.
    """

    name: str
    kind: str
    chip: str
    firmware_version: str
    reached: str
    files: Count
    audio_s: float
    windows: Count
    busy_s: float
    cpu_s: float
    memory_bytes: Count
    total_p99_us: float | None
    lost: str


@dataclass(frozen=True)
class BundleEntry:
    """The bundle in use; `detector` and `frontend` have the keys of their kinds."""

    name: str
    model_sha256: Sha256
    frontend_sha256: Sha256
    settings_sha256: Sha256
    frontend: dict[str, Any]
    frames: Count
    stride: Count
    labels: tuple[str, ...]
    threshold: Any
    release: Any
    detector: dict[str, Any]


@dataclass(frozen=True)
class Totals:
    """Sums over all files."""

    audio_s: float
    windows: Count
    feature_cells: Count
    feature_mismatches: Count
    max_feature_difference: Count
    outputs: Count
    output_mismatches: Count
    outputs_allowed: Count
    max_output_difference: Count
    detections_host: Count
    detections_device: Count
    detection_mismatches: Count
    witness_differences: Count


@dataclass(frozen=True)
class LatencyEntry:
    """A stage's times, µs."""

    count: Count
    p50: float
    p95: float
    p99: float
    max: float
    jitter: float


@dataclass(frozen=True)
class LinkEntry:
    """The counters of both ends of the line."""

    device: dict[str, int | None]
    host: dict[str, int | None]


@dataclass(frozen=True)
class JudgedFigure:
    """What labels tell; the interval is empty where there are too few recordings."""

    value: float
    interval_95: tuple[float, ...]


@dataclass(frozen=True)
class ConfusionEntry:
    """Recordings: heard rightly, heard falsely, missed, rightly not heard.

    Attributes:
        hit, false, missed, rest: how many.
    """

    hit: Count
    false: Count
    missed: Count
    rest: Count


@dataclass(frozen=True)
class MomentEntry:
    """Something to listen to; a miss has no score."""

    file: str
    time_s: float
    label: str
    score: int | None = None


@dataclass(frozen=True)
class LabelsEntry:
    """What the device reaches on labelled recordings."""

    recordings: Count
    tolerance_s: float
    figures: dict[str, JudgedFigure]
    confusion: dict[str, ConfusionEntry]
    misses: tuple[MomentEntry, ...]
    false_alarms: tuple[MomentEntry, ...]


@dataclass(frozen=True)
class TraceEntry:
    """One window or column looked at step by step; what it holds is as `trace` prints it."""

    file: str
    about: str
    window: dict[str, Any] | None
    column: dict[str, Any] | None


@dataclass(frozen=True)
class OpEntry:
    """An op of the last inference."""

    op: Count
    type: str
    layer: str
    ns: Count
    share: float
    macs: Count


@dataclass(frozen=True)
class FindingEntry:
    """A cause of differences, and whether a replay verified it."""

    stage: str
    cause: str
    verified: bool
    place: str
    explanation: str
    pattern: str
    cure: str
    share: float
    files: tuple[str, ...]


@dataclass(frozen=True)
class DifferingLimits:
    """How many differing values are written as numbers."""

    file: Count
    run: Count


@dataclass(frozen=True)
class DetectionEntry:
    """A class that became active or inactive."""

    window: Count
    time_s: float
    label: str | int
    active: bool
    score: int


@dataclass(frozen=True)
class Detections:
    """Those of both sides."""

    host: tuple[DetectionEntry, ...]
    device: tuple[DetectionEntry, ...]


@dataclass(frozen=True)
class MismatchEntry:
    """A difference, in words."""

    kind: str
    time_s: float
    where: str
    host: Any
    device: Any


@dataclass(frozen=True)
class Differing:
    """Differing values: column, band, host, device; window, output, host, device."""

    features: Cells
    features_left_out: Count
    outputs: Cells
    outputs_left_out: Count


@dataclass(frozen=True)
class FileEntry:
    """One file."""

    name: str
    board: str
    agreed: bool
    audio_s: float
    windows: Count
    feature_cells: Count
    feature_mismatches: Count
    max_feature_difference: Count
    outputs: Count
    output_mismatches: Count
    max_output_difference: Count
    detection_mismatches: Count
    detections_wrong: str
    detections: Detections
    latency_us: dict[str, LatencyEntry]
    mismatches: tuple[MismatchEntry, ...]
    problems: tuple[str, ...]
    diagnosis: tuple[str, ...]
    notes: tuple[str, ...]
    differing: Differing


@dataclass(frozen=True)
class ReportFile:
    """report.json.

    Attributes:
        schema: its version; new keys leave it as it is.
        date: when the run began, UTC.
        id: of the run.
        stride_us: time between two windows.
        noise: what the bytes are that belong to no frame; empty when there are none.
        labels: null where there are none.
        seconds: how long the run's steps took.
    """

    schema: Literal[1]
    date: Utc
    id: Annotated[str, Meta(pattern="^[0-9a-f]+$")]
    verdict: Literal["pass", "fail", "incomplete", "not finished"]
    reasons: tuple[str, ...]
    claims: tuple[ClaimEntry, ...]
    left_out: tuple[LeftOut, ...]
    board: BoardEntry
    boards: tuple[ShareEntry, ...]
    bundle: BundleEntry
    totals: Totals
    latency_us: dict[str, LatencyEntry]
    stride_us: float
    link: LinkEntry
    noise: str
    memory: dict[str, int | None]
    versions: dict[str, str]
    seconds: dict[str, float]
    notes: tuple[str, ...]
    labels: LabelsEntry | None
    traces: tuple[TraceEntry, ...]
    ops: tuple[OpEntry, ...]
    diagnosis: tuple[FindingEntry, ...]
    patterns: tuple[str, ...]
    differing_limits: DifferingLimits
    files: tuple[FileEntry, ...]
