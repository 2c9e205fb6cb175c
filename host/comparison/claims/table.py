"""The table: what every run claims, and which of it the verdict depends on."""

from ..checks.slot_size import slot_may_be_tried
from ..checks.worth_asking import files_differ, traces_may_be_tried
from ..record import RunRecord
from .asked import (
    find_answers,
    find_link_counts,
    find_restart,
    find_slot,
    find_streams,
    find_takeover,
    find_tensors,
    find_traces,
)
from .breadth import find_coverage
from .conduct import find_device_log, find_uninterrupted
from .counters import find_counters, find_line
from .finding import Claim, ClaimKind
from .identity import find_identity, find_proof
from .memory import find_arena, find_core_ram, find_stack_and_heap, is_real
from .over_boards import find_alike, over_boards
from .timing import find_host_clock, find_stage_times, may_be_emulated
from .values import (
    find_completeness,
    find_detections,
    find_features,
    find_layout,
    find_logits,
    find_scores,
    find_witness,
)


def _always(_run: RunRecord) -> bool:
    return True


def _never(_run: RunRecord) -> bool:
    return False


def _inference(run: RunRecord) -> bool:
    return run.inference


def _logits(run: RunRecord) -> bool:
    return run.inference and run.bundle.model.logits is not None


def _witness(run: RunRecord) -> bool:
    return run.inference and run.witness


def _windows(run: RunRecord) -> bool:
    """By the host's own count of the audio's windows. Without the model, short files have nothing to say here."""
    return run.inference or any(file.due_windows for file in run.files)


def _times(run: RunRecord) -> bool:
    return _windows(run) and not may_be_emulated(run)


def _files_agree(run: RunRecord) -> bool:
    """Where they do not, a claim about them is broken, and what is beyond them comes later."""
    return not files_differ(run)


CLAIMS: tuple[ClaimKind, ...] = (
    ClaimKind(
        "identity", "every field of INFO that the bundle knows is the bundle's", find_identity, _always
    ),
    # A firmware without the request is not examined, however right it may be: flash it.
    ClaimKind("proof", "the bytes in use on the board are the bundle's", find_proof, _always),
    ClaimKind(
        "completeness",
        "all samples were sent and counted by both; all columns and windows came",
        find_completeness,
        _always,
        per_board=False,
    ),
    ClaimKind("features", "feature cells are equal", find_features, _always, per_board=False),
    ClaimKind("scores", "scores are equal", find_scores, _inference, per_board=False),
    ClaimKind("logits", "logits are equal", find_logits, _logits, per_board=False),
    ClaimKind(
        "window-layout",
        "each window says rightly what it is and what it holds",
        find_layout,
        _windows,
        per_board=False,
    ),
    ClaimKind(
        "detections",
        "detections are equal, each between its window and the next",
        find_detections,
        _inference,
        per_board=False,
    ),
    ClaimKind("tensors", "windows sent as they are give equal outputs", find_tensors, _inference),
    ClaimKind(
        "witness",
        "TFLite Micro on this computer equals the reference",
        find_witness,
        _witness,
        per_board=False,
    ),
    ClaimKind(
        "streams", "streams unlike any recording are computed as any other", find_streams, _files_agree
    ),
    ClaimKind("answers", "requests are answered or refused as they must be", find_answers, _always),
    ClaimKind("takeover", "nothing that a host before had begun goes on", find_takeover, _files_agree),
    ClaimKind(
        "traces",
        "what is told of a window's ops and a column's stages is what was computed",
        find_traces,
        traces_may_be_tried,
    ),
    ClaimKind("uninterrupted", "the board did not restart", find_uninterrupted, _always),
    ClaimKind("device-log", "the firmware logged no error", find_device_log, _always),
    ClaimKind("stage-times", "the board's times agree with each other", find_stage_times, _times),
    ClaimKind("host-clock", "the board's times fit the host's clock", find_host_clock, _times),
    ClaimKind("counters", "STATUS counts what arrived", find_counters, _always),
    ClaimKind("line", "no overrun, and no more damage than the line explains", find_line, _always),
    ClaimKind("link-counts", "what the line was made to suffer is counted", find_link_counts, _always),
    ClaimKind(
        "slot", "the model slot takes, tries, refuses and forgets bundles", find_slot, slot_may_be_tried
    ),
    ClaimKind("restart", "the board restarts on request and says so", find_restart, slot_may_be_tried),
    ClaimKind("arena", "the model's arena holds what it uses", find_arena, _inference),
    ClaimKind("core-ram", "the core's memory holds its parts", find_core_ram, _always),
    ClaimKind("stack-heap", "stack and heap were never used up", find_stack_and_heap, is_real),
    ClaimKind("coverage", "the audio moves the model", find_coverage, _never, per_board=False),
)

# Of a run on several boards.
ALIKE = ClaimKind(
    "alike",
    "all boards have the same hashes, those of one chip the same firmware",
    find_alike,
    _always,
    per_board=False,
)


def judge(run: RunRecord) -> list[Claim]:
    """Every claim of the table and the run's own, as they stand for `run`."""
    claims = []
    kinds = (*CLAIMS, ALIKE) if run.shares else CLAIMS
    for kind in kinds:
        if run.shares and kind.per_board:
            required, finding = over_boards(kind, run.shares)
        else:
            required, finding = kind.required(run), kind.find(run)
        claims.append(
            Claim(kind.name, kind.text, required, finding.status, finding.evidence, finding.reasons)
        )
    for kind in run.further:
        finding = kind.find(run)
        claims.append(
            Claim(kind.name, kind.text, kind.required(run), finding.status, finding.evidence, finding.reasons)
        )
    return claims
