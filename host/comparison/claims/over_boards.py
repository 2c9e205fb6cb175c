"""A claim about a board, in a run on several: it holds when it holds on each."""

from collections.abc import Sequence

from ..record import RunRecord, Share
from .conduct import UNREACHED
from .finding import ClaimKind, Finding, Status, judged, not_examined, shown
from .values import NO_FILE

MOST_SHOWN = 8


def over_boards(kind: ClaimKind, shares: Sequence[Share]) -> tuple[bool, Finding]:
    """Whether the verdict depends on a claim, and what became of it over all boards.

    A board that was lost is named as such, and one that was given no file says nothing of files: where such a board
    leaves a claim unexamined, the others decide.
    """
    asked = [share for share in shares if kind.required(share.record)]
    found = [(share, kind.find(share.record)) for share in asked or shares]
    telling = [each for each in found if not _excused(*each)] or found
    statuses = {finding.status for _, finding in telling}
    status = next(each for each in (Status.BROKEN, Status.NOT_EXAMINED, Status.HELD) if each in statuses)
    reasons = _together(
        [
            (share.name, reason)
            for share, finding in telling
            if finding.status == status
            for reason in finding.reasons
        ],
        len(shares),
    )
    evidence = _together(
        [(share.name, finding.evidence) for share, finding in telling if finding.evidence], len(shares)
    )
    return bool(asked), Finding(
        status, "; ".join(shown(evidence, MOST_SHOWN)), tuple(shown(reasons, MOST_SHOWN))
    )


def _excused(share: Share, finding: Finding) -> bool:
    if finding.status != Status.NOT_EXAMINED:
        return False
    return bool(share.lost) or finding.reasons == (NO_FILE,)


def _together(told: Sequence[tuple[str, str]], boards: int) -> list[str]:
    """What several boards say alike, once, with their names."""
    names: dict[str, list[str]] = {}
    for name, text in told:
        names.setdefault(text, []).append(name)
    return [f"{_who(who, boards)}: {text}" for text, who in names.items()]


def _who(names: Sequence[str], boards: int) -> str:
    return f"{boards} boards" if len(names) == boards > 1 else ", ".join(names)


def find_alike(run: RunRecord) -> Finding:
    """What is compared on one board is what is compared on the others."""
    records = [(share.name, share.record) for share in run.shares if share.record.info.protocol]
    if not records:
        return not_examined(UNREACHED)
    first_name, first = records[0]
    reasons = []
    builds: dict[tuple[str, str], tuple[str, tuple[str, str]]] = {}
    for name, record in records:
        for what in ("model_hash", "frontend_hash", "settings_hash"):
            if getattr(record.info, what) != getattr(first.info, what):
                reasons.append(f"{name} has another {what} than {first_name}")
        build = record.info.firmware_version, record.built_with.get("elf", "")
        other, known = builds.setdefault((record.info.board, record.info.chip), (name, build))
        if known[0] != build[0] or (known[1] != build[1] and known[1] and build[1]):  # not all tell the hash
            reasons.append(f"{name} runs firmware {_build(build)}, {other} {_build(known)}")
    kinds = ", ".join(f"{board} ({chip})" for board, chip in builds)
    return judged(f"{len(records)} boards: {kinds}", shown(reasons))


def _build(build: tuple[str, str]) -> str:
    return " ".join(part for part in build if part)
