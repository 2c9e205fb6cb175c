"""Numbers and places in the sentences of a finding."""

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...frontend.place_name import place_name
from ...model.interpreter import output_parts
from ...printable import counted
from .evidence import DiagnosisRecord, Spread
from .places import regular
from .search import Candidate, Verified, View
from .values import Cures, Words

LEAST_BEHIND = 9  # rows behind its end that show that a cause has one
AT_ONCE = 3  # rows into a file, within which something that concerns all of it has shown

COLUMN_CURES = Cures(
    order="Look at the order of the bands in fe_mel and where a column's cells are copied",
    shift="Look at the ring's index and at first_column in what is sent",
    stale="Look at what writes a column into the ring before it is sent, and at the resets at a stream's start",
    offset="Look at the front end's last steps (band_db_q16 in fe_log, bias and zero point in fe_quantise)",
)
OUTPUT_CURES = Cures(
    order="Look at which output tensor is copied where: scores, then logits, in the bundle's order",
    shift="Look at what is out of step: the input, to be written before the invoke of its own window, or the outputs, "
    "to be copied after it and under its index",
    stale="Look at whether every window invokes the model, and whether its outputs are copied afterwards",
    offset="Look at what copies and converts the output tensors (type, zero point)",
)


def column_words(bundle: Bundle) -> Words:
    """How columns and bands are called."""
    return Words(
        "column",
        "columns",
        lambda place: place_name(bundle.settings, place),
        "bands",
        COLUMN_CURES,
        far=(bundle.frames,),
    )


def output_words(bundle: Bundle) -> Words:
    """How windows and outputs are called."""
    return Words(
        "window",
        "windows",
        lambda value: output_name(bundle, value),
        "outputs",
        OUTPUT_CURES,
        halves=_halves(bundle),
    )


def _halves(bundle: Bundle) -> str:
    return "" if bundle.model.logits is None else "scores are told as logits and logits as scores"


def output_name(bundle: Bundle, value: int) -> str:
    """The name of an output value: scores, logits, then the low bytes of both."""
    kind, label = divmod(value, len(bundle.labels))
    return f"{output_parts(bundle.model)[kind][0]} of {bundle.labels[label]!r}"


def first_place(
    record: DiagnosisRecord, stage: str, views: list[View], masks: list[NDArray[np.bool_]]
) -> str:
    """Where the first of the marked values is."""
    settings = record.bundle.settings
    for view, mask in zip(views, masks, strict=True):
        if not mask.any():
            continue
        row, value = (int(place) for place in np.argwhere(mask)[0])
        number = view.first + row
        if stage == "features":
            time_s = number * settings.hop / settings.sample_rate
            return f"{view.file.name}, column {number}, {place_name(settings, value)} ({time_s:.2f} s)"
        end = number * record.bundle.stride * settings.hop + record.bundle.window_samples
        name = output_name(record.bundle, value)
        return f"{view.file.name}, window {number}, {name} ({end / settings.sample_rate:.2f} s)"
    return views[0].file.name


def extent(found: Verified, rows: str) -> str:
    """From where to where a cause goes, the same for all files if it is."""
    spans = []
    for view, mask in zip(found.views, found.explained, strict=True):
        places = np.flatnonzero(mask.any(axis=1))
        if len(places):
            wrong = view.wrong_rows
            spans.append((view, int(places[0]), int(places[-1]), int(wrong[-1])))
    ended = [span for span in spans if _ends(found.candidate, span[0], span[2])]
    if not spans:
        return ""
    files = f" in {len(spans)} files" if len(spans) > 1 else ""
    if found.candidate.rows_alone:
        count = sum(int(mask.any(axis=1).sum()) for mask in found.explained)
        if count == 1:
            return f"one of the {rows}"
        where = regular(found.views, found.explained, rows[:-1])
        return f"{count} {rows}{files}" + (f", {where}" if where else "")
    stretches = {(span[0].first + span[1], span[0].first + span[2]) for span in ended}
    if len(ended) == len(spans) > 1 and len(stretches) == 1:
        ((begin, end),) = stretches
        return f"{rows} {begin} to {end}{files}"
    if len(spans) > 1:
        return _of_files(spans, rows[:-1])
    view, first, last, last_wrong = spans[0]
    if last >= last_wrong and _equal_before(view, first) and not ended:
        return f"from {rows[:-1]} {view.first + first} on"
    return f"{rows} {view.first + first} to {view.first + last}"


def _ends(candidate: Candidate, view: View, last: int) -> bool:
    """Whether a cause comes to an end: rows behind its last one are right, which it would have changed."""
    behind = slice(last + 1, None)
    if view.wrong[behind].any(axis=1).sum() > AT_ONCE:
        return False
    values = candidate.replay(view)
    if values is None:
        return False
    changes = (values[behind] != view.expected[behind]).any(axis=1)
    return bool(changes[AT_ONCE:].sum() >= LEAST_BEHIND)


def _of_files(spans: list[tuple[View, int, int, int]], row: str) -> str:
    """The same of several files: where it begins in all of them, or in the run."""
    view, first, *_ = spans[0]
    firsts = {other.first + start for other, start, *_ in spans}
    if len(firsts) == 1:
        alone = all(start == end for _, start, end, *_ in spans)
        where = f"{row} {firsts.pop()}"
        return (
            f"{where} alone, {counted(len(spans), 'file')}"
            if alone
            else f"from {where} on, {counted(len(spans), 'file')}"
        )
    later = view.first + first > AT_ONCE and _equal_before(view, first)
    if later and all(other.first + start <= AT_ONCE for other, start, *_ in spans[1:]):
        return f"from {row} {view.first + first} of {view.file.name} on, and in all files after it"
    return counted(len(spans), "file")


def _equal_before(view: View, row: int) -> bool:
    return not view.wrong[:row].any()


def spread_words(spread: Spread, names: list[str], rows: str, many: str) -> str:
    """How many values of the whole run differ, which ones and by how much."""
    places = np.flatnonzero(spread.count)
    if not len(places):
        return f"all {spread.compared:,} are equal"
    low, high = int(spread.low[places].min()), int(spread.high[places].max())
    by = f"always {low:+d}" if low == high else f"{low:+d} to {high:+d}"
    if len(places) == spread.values and spread.values > 1:
        which = f"all {spread.values} {many}"
    elif len(places) == 1:
        which = names[int(places[0])]
    elif len(places) == places[-1] - places[0] + 1 and many == "bands":
        which = f"bands {places[0]} to {places[-1]}"
    elif len(places) <= 3:
        which = ", ".join(names[int(place)] for place in places)
    else:
        which = f"{len(places)} of {spread.values} {many}"
    value = "cells" if many == "bands" else "values"
    return f"{_how_many(spread, spread.rows * len(places), value, rows)}: {which}, {by}"


def _how_many(spread: Spread, most: int, value: str, rows: str) -> str:
    """All values of the bands or outputs that differ at all, or how many of them."""
    if spread.different == most:
        return f"all {most:,} {value} differ"
    verb = "differs" if spread.different == 1 else "differ"
    count = f"{spread.different:,} of {most:,} {value}"
    if spread.differing_rows == spread.rows:
        return f"{count} {verb}, in all {spread.rows:,} {rows}"
    return f"{count} {verb}, in {spread.differing_rows:,} of {spread.rows:,} {rows}"


def column_pattern(record: DiagnosisRecord) -> str:
    """How many cells of the whole run differ."""
    settings = record.bundle.settings
    names = [place_name(settings, place) for place in range(settings.bands)]
    return spread_words(record.features, names, "columns", "bands")


def share_words(found: Verified, spread: Spread) -> str:
    """How many of the differing values a cause reproduces."""
    kept = "" if found.different == spread.different else " that were kept and not explained yet"
    if found.right == found.different:
        return f"all {found.right:,}{kept} are reproduced"
    return f"{found.right:,} of {found.different:,}{kept} are reproduced"
