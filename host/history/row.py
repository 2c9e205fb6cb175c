"""A run as the history keeps it, as declared types: the row, and beside it what two runs are compared by."""

from dataclasses import dataclass, field, fields
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ..errors import HilError

SCHEMA_VERSION = 1

Utc = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
Hex = Annotated[str, Meta(pattern=r"^[0-9a-f]*$", max_length=64)]
Count = Annotated[int, Meta(ge=0)]
Source = Literal["hil", "pytest"]


class HistoryError(HilError):
    """The history cannot be used."""


@dataclass(frozen=True)
class RunRow:
    """One run.

    Attributes:
        time: when it began, UTC.
        run_id: of its own, as in report.json.
        source: `python -m host hil`, or `pytest hil_tests`.
        host: the computer's name.
        command: the command line.
        commit: the working directory's Git commit; empty when it is in no repository.
        dirty: whether that differs from the commit.
        tool_version: of this program.
        board: its kind.
        board_name: as it calls itself.
        chip: likewise.
        reached: serial number, port or URL, in words.
        firmware: its version.
        firmware_hash: of the ELF file, as the firmware tells it; empty when it does not.
        built_with: what it was built with.
        bundle: its name.
        model_sha256: of the model file.
        frontend_sha256: of the front end's settings.
        settings_sha256: of the thresholds and all else that decides.
        verdict: as in report.json.
        exit_code: what the command returned.
        reasons: why the verdict is not pass; the first of them.
        report: the folder that it was written to.
        figures: all that has a number, by name (`host/limits/figures.py`).
        histograms: of each stage's latencies: lower bounds in µs, eight an octave, and windows.
        versions: of the packages that computed the reference.
    """

    time: Utc
    run_id: Hex
    source: Source
    host: str
    command: str
    commit: Hex
    dirty: bool
    tool_version: str
    board: str
    board_name: str
    chip: str
    reached: str
    firmware: str
    firmware_hash: str
    built_with: dict[str, str]
    bundle: str
    model_sha256: Hex
    frontend_sha256: Hex
    settings_sha256: Hex
    verdict: str
    exit_code: Count
    reasons: tuple[str, ...]
    report: str
    figures: dict[str, float] = field(default_factory=dict)
    histograms: dict[str, tuple[tuple[float, Count], ...]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DetectionRow:
    """A class that became active or inactive on the device, by window."""

    window: Count
    label: str
    active: bool
    score: int


@dataclass(frozen=True)
class FileRow:
    """What the device computed from one file.

    Attributes:
        sha256: of the samples that were sent.
        windows: how many came.
        window_s, stride_s: when the first one ended, and from one to the next.
        cells: SHA-256 of all feature cells, in order.
        outputs: SHA-256 of all outputs.
        scores: int8, windows by classes, compressed (zlib); None when there were too many to keep.
        detections: on the device.
    """

    sha256: Hex
    windows: Count
    window_s: float
    stride_s: float
    cells: Hex
    outputs: Hex
    scores: bytes | None = None
    detections: tuple[DetectionRow, ...] = ()


@dataclass(frozen=True)
class Details:
    """What two runs are compared by beyond their rows.

    Attributes:
        labels: the model's classes.
        files: by name.
        ops_us: time of each op in the last inference, by number and name, where the board keeps a profile.
        detector: kind and settings, in words.
    """

    labels: tuple[str, ...] = ()
    files: dict[str, FileRow] = field(default_factory=dict)
    ops_us: dict[str, float] = field(default_factory=dict)
    detector: str = ""


def row_from(values: dict[str, Any]) -> RunRow:
    """Return a row from the values of its columns.

    Raises:
        HistoryError: a value is not what its type allows: somebody else wrote into the table.
    """
    known = {each.name: values[each.name] for each in fields(RunRow)}
    try:
        return msgspec.convert(known, RunRow, strict=True)
    except msgspec.ValidationError as error:
        raise HistoryError(
            f"run {values.get('id', '?')} of the history is damaged: {error}",
            "remove that row, or use another history with --history",
        ) from error
