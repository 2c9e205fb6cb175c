"""Findings of a window whose columns are known, and of which a board told what its model was given."""

import contextlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...core.altered_session import AlteredSession, AlteredTensors, changes_with
from ...core.changed_process import Change
from ...core.conversation import Asked, Step, Stream
from ...errors import HilError
from .altered import change_told, look_at
from .data_path import CODE_FOLDER, all_changes, session_of
from .evidence import TracedFile
from .finding import IN_PLACE, Finding
from .seen_window import SeenWindow

MOST_LINES = 3  # that give the window; of more, nothing is told
# What makes a window of columns that are right: below these folders
OF_WINDOWS = (
    "detect/stream.c",
    "bundle/model_ends.c",
    "frontend/normalised/",
    "frontend/mfcc_top/",
    "frontend/mfcc/",
    "session/tensor.c",
)
SEED, LEVEL = 67, 5000.0  # of noise, which fills the ring
LEAST_CELLS = 8  # that differ, so that no change gives them by chance


def traced_window(traced: Iterable[TracedFile]) -> SeenWindow | None:
    """The first window that a trace fetched of which every op is right and the input is not; None: there is none."""
    for file in (each for each in traced if each.step == "input"):
        window = file.window
        if window is not None and window.inputs is not None:
            right, given = (np.ascontiguousarray(each).tobytes() for each in window.inputs)
            name = f"{file.name}, window {window.passage.window}"
            passage = window.passage
            return SeenWindow(name, passage.samples, passage.streamed, right, given, columns_right=True)
    return None


def window_findings(bundle: Bundle, seen: SeenWindow | None) -> list[Finding]:
    """One expression of the code that makes a window of columns is not the right one."""
    if seen is None or _different(seen) < LEAST_CELLS:
        return []
    with contextlib.suppress(HilError):
        session = session_of(bundle, AlteredTensors if seen.requests else None)
        tried = [
            change
            for change in all_changes(session)
            if not seen.columns_right or session.alteration(change).file.startswith(OF_WINDOWS)
        ]
        giving = _giving_sent if seen.requests else _giving
        changes = giving(session, tried, seen, bundle)
        lines: dict[tuple[str, int], Change] = {}
        for change in changes:
            what = session.alteration(change)
            lines.setdefault((what.file, what.line), change)
        if 0 < len(lines) <= MOST_LINES:
            return [_finding(session, list(lines.values()), seen)]
    return []


def _giving(session: AlteredSession, tried: list[Change], seen: SeenWindow, bundle: Bundle) -> list[Change]:
    """Changes with which a stream's window is what was seen."""
    windows = np.zeros((seen.number + 1, bundle.model.values), np.int8)

    def fits(records: bytes) -> bool:
        inputs = session.told(records).inputs
        return len(inputs) > seen.number and inputs[seen.number] == seen.given

    return changes_with(session.differing(tried, [Stream(seen.samples, 0, windows)]), fits)


def _giving_sent(
    session: AlteredSession, tried: list[Change], seen: SeenWindow, bundle: Bundle
) -> list[Change]:
    """The same of a window that was sent by itself, but for what lies in it from before, which is not known."""
    settings = bundle.settings
    noise = np.random.default_rng(SEED).standard_normal(settings.samples_for(bundle.frames + 1))
    before = Stream((LEVEL * noise).astype(np.int16), 0, np.zeros((2, bundle.model.values), np.int8))
    sent = Asked(seen.requests)

    def inputs(changes: list[Change], steps: list[Step]) -> dict[Change, NDArray[np.int8]]:
        found = {}
        for change, records in session.differing(changes, steps).items():
            told = [each for each in session.told(records).inputs if each]  # an empty one ends a step
            if told and len(told[-1]) == len(seen.given):
                found[change] = np.frombuffer(told[-1], np.int8)
        return found

    right, given = (np.frombuffer(each, np.int8) for each in (seen.right, seen.given))
    fresh = inputs(tried, [sent])
    some = [
        change for change, cells in fresh.items() if (cells[given != right] == given[given != right]).any()
    ]
    behind = inputs(some, [before, sent])

    def fits(change: Change) -> bool:
        cells = fresh[change]
        known = cells == behind.get(change, right)
        enough = np.count_nonzero(known & (given != right)) >= LEAST_CELLS
        return bool(enough and (cells == given)[known].all())

    return [change for change in some if fits(change)]


def _different(seen: SeenWindow) -> int:
    if len(seen.right) != len(seen.given):
        return 0
    right, given = (np.frombuffer(each, np.int8) for each in (seen.right, seen.given))
    return int(np.count_nonzero(right != given))


def _finding(session: AlteredSession, changes: list[Change], seen: SeenWindow) -> Finding:
    told = [change_told(session.alteration(change), change, "the firmware") for change in changes]
    others = "".join(f"; or, which gives the same: {other}" for _, other in told[1:])
    return Finding(
        "outputs",
        told[0][0],
        seen.name,
        f"{told[0][1]}{others}; this gives all cells of the model's input there",
        _cure(session, changes),
        f"{_different(seen):,} of {len(seen.right):,} bytes of it differ",
        1.0,
        (),
    )


def _cure(session: AlteredSession, changes: list[Change]) -> str:
    """Each line is as likely."""
    if len(changes) == 1:
        return look_at(session.alteration(changes[0]), CODE_FOLDER)
    whats = [session.alteration(change) for change in changes]
    places = "; at ".join(f"{CODE_FOLDER}/{what.file}, line {what.line}" for what in whats)
    return f"Look at {places}; {IN_PLACE}"
