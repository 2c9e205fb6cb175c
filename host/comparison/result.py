"""All files of a run together, and the verdict."""

from dataclasses import dataclass, field
from typing import Any

from ..bundle.load import Bundle
from ..errors import ExitCode
from ..link import messages as m
from .diagnosis.diagnose import diagnose
from .diagnosis.finding import Finding
from .diagnosis.record import RunRecord
from .file import FileComparison
from .latency import Latencies

PASS = "pass"
FAIL = "fail"
PICTURED_FILES = 40  # more would make a report that no browser likes, and take memory


@dataclass
class RunComparison:
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
        seconds: how long the stages of the run took.
        failures: why the run could not be completed.
        record: what the diagnosis needs of the files.
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
    seconds: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.record = RunRecord(self.bundle, inference=self.inference)
        self._diagnosis: tuple[int, list[Finding]] = (0, [])  # of how many files, and what was found

    def add(self, file: FileComparison) -> None:
        """Add a finished file, and give up pictures when there are too many: last those of files that differ."""
        self.files.append(file)
        self.record.add(file.recorder, file.host_changes, file.device_changes)
        pictured = [known for known in self.files if not known.traces.dropped]
        if len(pictured) > PICTURED_FILES:
            agreeing = [known for known in pictured if known.agreed]
            (agreeing or pictured)[-1].traces.drop()

    @property
    def diagnosis(self) -> list[Finding]:
        """The causes of all differences so far, found by replay; computed once."""
        if self._diagnosis[0] != len(self.files):
            self._diagnosis = (len(self.files), diagnose(self.record))
        return self._diagnosis[1]

    def diagnosis_of(self, file: FileComparison) -> list[str]:
        """What the diagnosis says of one file, in sentences."""
        return [finding.sentence for finding in self.diagnosis if file.name in finding.files]

    @property
    def latencies(self) -> Latencies:
        """Of all files."""
        every = Latencies()
        for file in self.files:
            every.extend(file.latencies)
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
            "max_output_difference": max((count.largest for count in outputs), default=0),
            "detections_host": sum(len(file.host_changes) for file in files),
            "detections_device": sum(len(file.device_changes) for file in files),
            "detection_mismatches": sum(file.detection_mismatches for file in files),
            "witness_differences": sum(file.witness_differences for file in files),
        }

    @property
    def reasons(self) -> list[str]:
        """Why the verdict is not pass; empty when it is."""
        totals = self.totals
        reasons = list(self.failures)
        for key, one, many in (
            ("feature_mismatches", "feature cell differs", "feature cells differ"),
            ("output_mismatches", "output differs", "outputs differ"),
            ("detection_mismatches", "detection differs", "detections differ"),
            ("witness_differences", "output of the reference", "outputs of the reference"),
        ):
            if totals[key]:
                reasons.append(f"{totals[key]:,.0f} {one if totals[key] == 1 else many}")
        if totals["witness_differences"]:
            reasons[-1] += (
                " and of TFLite Micro on this computer are not the same: the reference cannot be trusted here"
            )
        reasons += [f"{file.name}: {problem}" for file in self.files for problem in file.problems[:3]]
        reasons += [f"{file.name}: not finished" for file in self.files if not file.finished]
        if not totals["feature_cells"]:
            reasons.append("no feature cell was compared")
        if self.inference and not totals["outputs"]:
            reasons.append("no output was compared: every file is shorter than one window")
        return reasons

    @property
    def verdict(self) -> str:
        """ "pass" only when something was compared and all of it agreed."""
        return FAIL if self.reasons else PASS

    @property
    def exit_code(self) -> ExitCode:
        """What the command returns."""
        return ExitCode.DONE if self.verdict == PASS else ExitCode.BROKEN

    def link_counters(self) -> dict[str, Any]:
        """Both ends' counters."""
        device = {} if self.status is None else {field: getattr(self.status, field) for field in _LINK_FIELDS}
        return {"device": device, "host": self.host_link}

    def memory(self) -> dict[str, int]:
        """Bytes; 0 where the board cannot tell."""
        memory = {
            "core_ram": self.info.core_ram,
            "arena_size": self.info.arena_size,
            "arena_used": self.info.arena_used,
        }
        if self.status is not None:
            memory |= {
                name: getattr(self.status, name) for name in ("stack_free", "heap_free", "heap_min_free")
            }
        return memory


_LINK_FIELDS = tuple(
    layout.name
    for layout in m.Status.LAYOUT
    if layout.name
    not in {"stack_free", "heap_free", "heap_min_free", "columns", "windows", "inferences", "uptime_ms"}
)
