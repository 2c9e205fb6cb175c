"""What a search found, as findings: whether it is all that differs, how near it comes, and in which sentences."""

import numpy as np

from .evidence import MORE_THAN_FILE, DiagnosisRecord, Spread
from .finding import NEUTRAL, Finding
from .heard_in import heard_in
from .places import in_common, where_told
from .search import CODE, Verified, View, differing
from .stages import NO_EFFECT, SENDING
from .while_active import while_active
from .words import extent, first_place, output_name, share_words

MOST_OTHERS = 2  # causes that are named beside the first one because the model does not tell them apart
MOST_AT_EDGES = 0.02  # of the differing values: what is left by a bound that was read from them
MOST_MOVED_IN = 3  # rows of a stream's beginning, where something moved in that nobody knows
MOST_ROUNDED = 0.05  # of the differing values: what is off by one step beside a cause that was fitted
NEARLY = 0.1  # of the differing values: of causes that leave more, nothing is told

SENDS = "stream_features"  # what sends columns
SENDING_CURE = f"Look at what sends columns ({SENDS}, FEATURES) between the ring and the line"


def leaves_some(found: list[Verified], left: list[View]) -> bool:
    """Whether there are values that no cause reproduces.

    A level or a bound that was read from cells may be off by the last bit of one, and what moved in at a stream's
    beginning is not known. A line of code gives all of them, or is not the wrong one.
    """
    code = any(cause.candidate.family == CODE for cause in found)
    if found and 2 * sum(int(view.wrong.sum()) for view in left) > found[0].different:
        return True  # what gives the lesser part of them is not what is wrong
    known = [view.wrong[MOST_MOVED_IN if found and not code and not view.first else 0 :] for view in left]
    rest = sum(int(wrong.sum()) for wrong in known)
    if not rest or not found or code:
        return rest > 0 or (code and len(found) > 1)  # one line and something else besides: by chance
    off = max(
        int(np.abs(view.device.astype(np.int16) - view.expected)[view.wrong].max())
        for view in differing(left)
    )
    return rest > (MOST_ROUNDED if off <= 1 else MOST_AT_EDGES) * found[0].different


def nearest_told(found: list[Verified], views: list[View], left: list[View]) -> str:
    """What comes nearest of causes that do not reproduce all values, in words; empty: nothing near.

    A board computes the same thing each time: what leaves some values is not what it does, or not all of it.
    """
    different, rest = (sum(int(view.wrong.sum()) for view in each) for each in (views, left))
    code = any(cause.candidate.family == CODE for cause in found)
    if not found or rest > NEARLY * different or (code and len(found) > 1):
        return ""
    causes = " and ".join(cause.candidate.explanation for cause in found)
    return (
        f"nearly as if {causes}: that gives {different - rest:,} of {different:,} values, and not the others"
    )


def with_others(found: Verified) -> str:
    """A cause with those that give the same; a line once, however many of its changes do, and once with a width."""
    lines: dict[str, dict[bool, str]] = {}
    for candidate in (found.candidate, *found.others):
        lines.setdefault(candidate.cause, {}).setdefault(candidate.width, candidate.explanation)
    first, *others = (told for line in [*lines.values()][: 1 + MOST_OTHERS] for told in line.values())
    more = f"; or, which gives the same outputs: {'; or: '.join(others)}"
    return f"{first}{more if others else ''}"


def verified_finding(
    record: DiagnosisRecord,
    stage: str,
    found: Verified,
    spread: Spread,
    pattern: str,
    about: str,
    alone: bool,
) -> Finding:
    """A cause that reproduces the values, with its places and its share."""
    candidate = found.candidate
    files = tuple(
        view.file.name for view, mask in zip(found.views, found.explained, strict=True) if mask.any()
    )
    where = extent(found, "columns" if stage == "features" else "windows")
    if candidate.rows_alone and stage == "outputs":
        bound = where_told(found.views, found.explained, lambda value: output_name(record.bundle, value))
        active = while_active(found.views, found.explained, record.bundle.labels)
        heard = "" if bound or active else heard_in(found, record.bundle)
        where = ", ".join(part for part in (where, bound, active, heard) if part)
    where = ", ".join(part for part in (candidate.detail(found.views), where) if part)
    told = with_others(found)
    cure = candidate.cure
    if about == SENDING and SENDS not in cure:
        cure = SENDING_CURE
    about = "" if about == NO_EFFECT else about
    if MORE_THAN_FILE in record.again:
        about = "; ".join(part for part in (about, record.again) if part)
    return Finding(
        stage,
        candidate.cause,
        first_place(
            record, stage, found.views, [view.wrong for view in found.views] if alone else found.explained
        ),
        f"{told} [{where}]" + (f"; {about}" if about else ""),
        cure,
        f"{pattern}; {share_words(found, spread)}",
        found.right / found.different,
        files,
    )


def neutral_finding(
    record: DiagnosisRecord,
    stage: str,
    views: list[View],
    pattern: str,
    about: str,
    cure: str,
    known: bool = False,
) -> Finding:
    """What was established where no cause reproduces the values; `known`: `about` says what is wrong all the same."""
    what = "columns" if stage == "features" else "outputs"
    told = f"{what} differ" if known else f"{what} differ as none of the known causes would have it"
    common = in_common(views, "column" if stage == "features" else "window")
    if stage == "outputs":
        active = while_active(views, [view.wrong for view in views], record.bundle.labels)
        common = ", ".join(part for part in (common, active) if part)
    told += f" ({common})" if common else ""
    about = "; ".join(part for part in (about, record.again) if part)
    return Finding(
        stage,
        NEUTRAL,
        first_place(record, stage, views, [view.wrong for view in views]),
        f"{told}; {about}" if about else told,
        cure,
        pattern,
        0.0,
        tuple(view.file.name for view in views if view.wrong.any()),
        known,
    )
