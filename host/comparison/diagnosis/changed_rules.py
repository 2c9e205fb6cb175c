"""The hypothesis that one expression of the code that decides, or tells detections, is another one."""

import contextlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from ...bundle.load import Bundle
from ...core.altered_session import AlteredSession, changes_with, raw_outputs
from ...core.changed_process import NONE, Change
from ...core.conversation import Stream
from ...detector.detector import Change as Detected
from ...errors import HilError
from .altered import change_told, look_at
from .data_path import CODE_FOLDER, FIRMWARE, all_changes, session_of
from .detections import Rule
from .evidence import FileRecord
from .search import Int8

LEAST_TOLD = 4  # detections expected and told
MOST_LINES = 8  # of which one may be the wrong one; of more, nothing is told
MOST_TOLD = 3  # changes that are named
DECIDES = ("detect/", "session/", "bundle/")  # what is run of windows whose outputs are given
NO_SCORES = np.empty((0, 0), np.int8)
NO_SAMPLES = np.empty(0, np.int16)


def changed_rules(
    bundle: Bundle, files: list[FileRecord], elsewhere: Sequence[tuple[Bundle, FileRecord]] = ()
) -> list[Rule]:
    """One expression of the code that decides, or tells detections, is not the right one.

    Args:
        bundle: the bundle in use.
        files: all of them with the device's scores.
        elsewhere: what bundles that were deployed decided, which leaves fewer lines.

    Returns:
        The lines of which one may be wrong, statements that stand elsewhere first; empty where none or many may be.
    """
    files = sorted((file for file in files if file.scores is not None), key=lambda file: file.outputs.rows)
    told = sum(len(file.device_changes) for file in files) + sum(len(file.expected_changes) for file in files)
    if told < LEAST_TOLD:
        return []
    with contextlib.suppress(HilError):
        session = session_of(bundle)
        left = [
            change for change in all_changes(session) if session.alteration(change).file.startswith(DECIDES)
        ]
        for file in files:
            left = _giving(bundle, session, file, left)
            if not left:
                return []
        narrowed = left
        for other, there in elsewhere:
            narrowed = narrowed and _giving(other, session_of(other), there, narrowed)
        named, count = _of_lines(session, narrowed or left)
        if count <= MOST_LINES:
            return _likeliest([_rule(bundle, session, change, files) for change in named])
    return []


def _likeliest(rules: list[Rule]) -> list[Rule]:
    """Where the stream before shows, what is set back when a stream begins comes first."""
    if any(rule.over_streams for rule in rules):
        return sorted(rules, key=lambda rule: not (rule.over_streams and rule.of_reset))
    return rules


def _giving(bundle: Bundle, session: AlteredSession, file: FileRecord, changes: list[Change]) -> list[Change]:
    """Those of some changes that give a file's detections."""
    streams = _windows(bundle, file)
    given = session.differing(changes, streams)
    if (right := session.records(NONE, streams)) is not None:
        given = {change: given.get(change, right) for change in changes}
    return changes_with(given, partial(_fits, session, file))


def _of_lines(session: AlteredSession, changes: list[Change]) -> tuple[list[Change], int]:
    """Of each line the first change, and before all of these what stands elsewhere; how many lines these are."""
    first: dict[tuple[bool, str, int], Change] = {}
    for change in changes:
        what = session.alteration(change)
        first.setdefault((not what.moves, what.file, what.line), change)
    order = sorted(first, key=lambda of_line: (of_line[0], first[of_line]))
    return [first[of_line] for of_line in order], len({of_line[1:] for of_line in order})


def places_of(rules: Sequence[Rule]) -> str:
    """Where the lines stand, a sentence without its full stop."""
    lines: dict[str, set[int]] = defaultdict(set)
    for rule in rules:
        file, _, line = rule.cause.rpartition(" line ")
        lines[file].add(int(line))
    every = (
        f"{CODE_FOLDER}/{file}, line{'s' * (len(numbers) > 1)} {', '.join(map(str, sorted(numbers)))}"
        for file, numbers in lines.items()
    )
    return f"Look at {'; at '.join(every)}"


def changes_named(rules: Sequence[Rule], between: str) -> str:
    """What some lines do."""
    named = between.join(rule.explanation for rule in rules[:MOST_TOLD])
    return named + f"{between.rstrip(': ')} others" * (len(rules) > MOST_TOLD)


def _fits(session: AlteredSession, file: FileRecord, records: bytes) -> bool:
    """Whether a session tells a file's detections, each behind its window, and the windows with the device's scores."""
    told = session.told(records)
    return (
        sorted(told.changes) == sorted(file.device_changes)
        and told.late == file.detections_late
        and [number for number, _, _ in told.windows] == list(range(len(told.windows)))
        and all(_has_scores(file, number, outputs) for number, _, outputs in told.windows)
    )


def _has_scores(file: FileRecord, number: int, outputs: Int8) -> bool:
    """Whether a window is told with the scores that the device told of it."""
    assert file.scores is not None
    scores = file.scores[number : number + 1]
    return not len(scores) or np.array_equal(outputs[: scores.shape[1]], scores[0])


def _rule(bundle: Bundle, session: AlteredSession, change: Change, files: list[FileRecord]) -> Rule:
    what = session.alteration(change)
    cause, told = change_told(what, change, FIRMWARE)

    def decide(file: FileRecord, scores: Int8) -> list[Detected]:
        del scores
        records = session.records(change, _windows(bundle, file))
        return [] if records is None else session.told(records).changes

    return Rule(
        cause,
        told,
        look_at(what, CODE_FOLDER),
        decide,
        over_streams=any(
            file.before is not None
            and decide(file, NO_SCORES) != decide(replace(file, before=None), NO_SCORES)
            for file in files
        ),
        of_reset="reset" in what.function,
    )


def _windows(bundle: Bundle, file: FileRecord) -> list[Stream]:
    """The device's own scores of a file, behind those of the end of the file before."""
    before = [] if file.before is None else [file.before.piece.outputs_device]
    assert file.scores is not None
    rows = np.zeros((len(file.scores), bundle.model.values), np.int8)
    rows[:, : file.scores.shape[1]] = file.scores
    kept = file.piece.outputs_device  # with logits, where they were kept from the stream's beginning
    if not file.piece.first_window:
        rows[: len(kept)] = kept[: len(rows)]
    kind = bundle.model.scores.type
    return [
        Stream(NO_SAMPLES, raw=raw_outputs(kind, values), heard=False, deaf=True)
        for values in (*before, rows)
    ]
