"""`report.json`: a run for programs."""

from collections import Counter
from pathlib import Path
from typing import Any

from ..board.identity import timing_note
from ..bundle.load import Bundle
from ..comparison.cells import KEPT, pattern
from ..comparison.file import FileComparison
from ..comparison.result import RunComparison
from ..errors import HilError
from ..files import atomic_write
from ..frontend.kinds import values_of
from ..printable import counted
from ..strict_json import json_text, read_json_object
from .boards_section import boards_of
from .trace_section import trace_of_file

JSON_NAME = "report.json"
KEPT_OF_RUN = 20_000  # differing values that are written as numbers, of all files together
SCHEMA_VERSION = 1
"""Of report.json: raised when a key changes its meaning or goes; new keys leave it as it is."""


def report_values(run: RunComparison, between: bool = False) -> dict[str, Any]:
    """The report as plain values. Every key is always there.

    Args:
        run: all of it.
        between: files are still to come, so that recordings need not be judged, nor differences explained, yet: that
            takes seconds, and the board waits.
    """
    info = run.info
    total_ns = sum(op.ns for op in run.op_times)
    return {
        "schema": SCHEMA_VERSION,
        "date": run.date,
        "id": run.run_id,
        "verdict": run.verdict,
        "reasons": run.reasons,
        "claims": _claims(run),
        "left_out": [{"name": name, "reason": why} for name, why in run.left_out],
        "board": {
            "kind": run.board,
            "name": info.board,
            "chip": info.chip,
            "firmware_version": info.firmware_version,
            "clock_hz": info.clock_hz,
            "timing": timing_note(info) or "on the device",
            "reached": run.reached,
            "built_with": run.built_with,
        },
        "boards": boards_of(run),
        "bundle": _bundle(run.bundle),
        "totals": run.totals,
        "latency_us": {stage: summary.as_dict() for stage, summary in run.latencies.summary().items()},
        "stride_us": round(run.bundle.stride_seconds * 1e6, 1),
        "link": run.link_counters(),
        "noise": noise_explained(run),
        "memory": run.memory(),
        "versions": run.versions,
        "seconds": {stage: round(value, 3) for stage, value in run.seconds.items()},
        "notes": run.notes,
        "labels": None if between else _labels(run),
        "traces": [trace_of_file(traced) for traced in run.recorded.traced],
        "ops": [op.as_dict(total_ns) for op in run.op_times],
        "diagnosis": [] if between else [finding.as_dict() for finding in run.diagnosis],
        "patterns": patterns(run),
        "differing_limits": {"file": KEPT, "run": KEPT_OF_RUN},
        "files": _files(run, between),
    }


def _bundle(bundle: Bundle) -> dict[str, Any]:
    return {
        "name": bundle.name,
        "model_sha256": bundle.model_hash.hex(),
        "frontend_sha256": bundle.frontend_hash.hex(),
        "settings_sha256": bundle.settings_hash.hex(),
        "frontend": values_of(bundle.settings),
        "frames": bundle.frames,
        "stride": bundle.stride,
        "labels": list(bundle.labels),
        "threshold": bundle.detector.threshold,
        "release": bundle.detector.release,
        "detector": {
            "kind": bundle.detector.kind,
            **bundle.detector.to_dict(),
            "rule": bundle.detector.described(bundle.thresholds),
        },
    }


def patterns(run: RunComparison) -> list[str]:
    """What all differing values have in common, across files: a line for features, and one for outputs."""
    found = (
        pattern([file.feature_cells for file in run.files], "cells", "band"),
        pattern([file.output_cells for file in run.files], "scores", "output"),
    )
    return [text for text in found if text]


def noise_explained(run: RunComparison) -> str:
    """What the bytes that belong to no frame are, and which of them came before the run; empty when there are none."""
    noise, damaged = (run.host_link.get(name, 0) for name in ("noise_bytes", "damaged_frames"))
    if not noise and not damaged:
        return ""
    before = run.host_at_start.get("noise_bytes", 0)
    text = f"Of the host's {counted(noise, 'noise byte')} and {counted(damaged, 'damaged frame')}"
    first = f"{counted(before, 'byte')} and {counted(run.damaged_at_start, 'frame')}"
    came = (
        f"{text}, {first} came before the run: text that a board prints as it boots, which is read as a frame and is "
        "none, or the end of what it sent to an earlier connection. They cost nothing."
    )
    if noise <= before and damaged <= run.damaged_at_start:
        return came
    if run.damaged_as:
        return f"{came} The others were sent so: {run.damaged_as}."
    return f"{came} The others were damaged by the line, or by what sends them, and sent again."


def _files(run: RunComparison, between: bool) -> list[dict[str, Any]]:
    room = KEPT_OF_RUN
    files = []
    for file in run.files:
        values = _file_values(run, file, between)
        values["differing"] = differing = _differing(file, room)
        room -= len(differing["features"]) + len(differing["outputs"])
        files.append(values)
    return files


def _differing(file: FileComparison, room: int) -> dict[str, Any]:
    """The differing values as numbers, up to the limits, and how many these leave out."""
    features = file.feature_cells.kept[:room].tolist()
    outputs = file.output_cells.kept[: room - len(features)].tolist()
    return {
        "features": features,  # column, band, host, device
        "features_left_out": file.feature_cells.different - len(features),
        "outputs": outputs,  # window, output, host, device
        "outputs_left_out": file.output_cells.different - len(outputs),
    }


def _claims(run: RunComparison) -> list[dict[str, Any]]:
    return [
        {
            "name": claim.name,
            "claim": claim.text,
            "required": claim.required,
            "status": claim.status.value,
            "evidence": claim.evidence,
            "reason": claim.reason,
        }
        for claim in run.claims
    ]


def _labels(run: RunComparison) -> dict[str, Any] | None:
    """What the device reaches on labelled recordings; None when there are none."""
    judgement = run.judgement() if run.judgement is not None else None
    found: dict[str, Any] | None = judgement.as_dict() if judgement is not None else None
    return found


def _file_values(run: RunComparison, file: FileComparison, between: bool) -> dict[str, Any]:
    outputs = file.outputs
    labels = file.bundle.labels
    return {
        "name": file.name,
        "board": file.board,
        "agreed": file.agreed,
        "audio_s": round(file.audio_s, 3),
        "windows": file.windows,
        "feature_cells": file.features.compared,
        "feature_mismatches": file.features.different,
        "max_feature_difference": file.features.largest,
        "outputs": outputs.compared,
        "output_mismatches": outputs.different,
        "max_output_difference": outputs.largest,
        "detection_mismatches": file.detection_mismatches,
        "detections_wrong": detections_wrong(file),
        "detections": {
            side: [
                {
                    "window": change.window,
                    "time_s": round(change.window * file.bundle.stride_seconds, 3),
                    "label": labels[change.label] if change.label < len(labels) else change.label,
                    "active": change.active,
                    "score": change.score,
                }
                for change in changes
            ]
            for side, changes in (("host", file.host_changes), ("device", file.device_changes))
        },
        "latency_us": {stage: summary.as_dict() for stage, summary in file.latencies.summary().items()},
        "mismatches": [
            {
                "kind": found.kind,
                "time_s": round(found.time_s, 4),
                "where": found.where,
                "host": found.host,
                "device": found.device,
            }
            for found in file.mismatches
        ],
        "problems": file.problems,
        "diagnosis": [] if between else run.diagnosis_of(file),
        "notes": file.notes,
    }


def detections_wrong(file: FileComparison) -> str:
    """What is wrong with the detections, in a few words: equal counts can hide one too early and one too late."""
    kinds = Counter(pair.kind for pair in file.change_pairs)
    names = {"score": "with another score"}
    return ", ".join(f"{count:,} {names.get(kind, kind)}" for kind, count in kinds.items())


def earlier_build(folder: Path) -> dict[str, str]:
    """What the firmware of the report in `folder` was built with; empty when there is none that tells."""
    try:
        board = read_json_object(folder / JSON_NAME, "")["board"]
        return {str(name): str(value) for name, value in board["built_with"].items()}
    except (HilError, KeyError, TypeError, AttributeError):
        return {}


def write_json(run: RunComparison, folder: Path, values: dict[str, Any] | None = None) -> Path:
    """Write `report.json` into `folder`, whole or not at all; returns its path.

    Args:
        run: all of it.
        folder: where to.
        values: its `report_values`, when they are known already.
    """
    path = folder / JSON_NAME
    atomic_write(path, json_text(report_values(run) if values is None else values))
    return path
