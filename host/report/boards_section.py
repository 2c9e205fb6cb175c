"""The boards of a run: what each of them did, and what that took."""

from typing import Any

from ..comparison.record import RunRecord
from ..comparison.result import RunComparison


def boards_of(run: RunComparison) -> list[dict[str, Any]]:
    """A row a board, as report.json has it; of a run on one board that one."""
    if not run.shares:
        return [_board(run.board, run, "")]
    return [_board(share.name, share.record, share.lost) for share in run.shares]


def _board(name: str, record: RunRecord, lost: str) -> dict[str, Any]:
    info, cost = record.info, record.cost
    total = record.latencies.summary().get("total")
    return {
        "name": name,
        "kind": record.board,
        "chip": info.chip,
        "firmware_version": info.firmware_version,
        "reached": record.reached,
        "files": len(record.files),
        "audio_s": round(sum(file.audio_s for file in record.files), 3),
        "windows": sum(file.windows for file in record.files),
        "busy_s": round(cost.busy_s, 3),
        "cpu_s": round(cost.cpu_s, 2),
        "memory_bytes": cost.memory_bytes,
        "total_p99_us": None if total is None else round(total.p99, 3),
        "lost": lost,
    }


def speed(run: RunComparison) -> str:
    """How many times as fast as one of them the boards were, in words; empty where that cannot be told."""
    wall_s = run.seconds.get("stream", 0.0)
    busy_s = sum(share.record.cost.busy_s for share in run.shares)
    if not wall_s or not busy_s:
        return ""
    return f"{busy_s:,.1f} s of streaming on {len(run.shares)} boards in {wall_s:,.1f} s"
