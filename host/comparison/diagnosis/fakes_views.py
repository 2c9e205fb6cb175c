"""Views of made-up values, for tests of single hypotheses: no model, no front end."""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike

from ...detector.detector import Change
from ...model.interpreter import Outputs
from .evidence import Before, FileRecord, Int8, Int16, Piece, Spread
from .search import Candidate, Verified, View, verify
from .values import Cures, Words

NO_SAMPLES = np.empty(0, np.int16)
CURES = Cures("the order", "the shift", "the stale", "the offset")
COLUMN_WORDS = Words("column", "columns", lambda place: f"band {place}", "bands", CURES, far=(20,))
OUTPUT_WORDS = Words("window", "windows", lambda place: f"score {place}", "outputs", CURES)


def cells(rows: int, values: int, seed: int = 1, low: int = -100, high: int = 100) -> Int8:
    """Rows of which no two are alike, int8 [rows, values]."""
    return np.random.default_rng(seed).integers(low, high + 1, (rows, values)).astype(np.int8)


def piece_of(
    expected: Int8,
    device: Int8,
    present: ArrayLike | None = None,
    samples: Int16 = NO_SAMPLES,
    first: int = 0,
    outputs: tuple[Int8, Int8] | None = None,
    first_window: int = 0,
) -> Piece:
    """A piece of columns, and of `outputs`: the host's and the device's."""
    there = np.ones(len(expected), np.bool_) if present is None else np.asarray(present, np.bool_)
    ours, theirs = outputs if outputs is not None else (np.empty((0, 1), np.int8),) * 2
    flags = np.ones(len(ours), np.bool_)
    return Piece(first, expected, device, there, samples, first_window, ours, theirs, flags)


def file_of(
    piece: Piece,
    name: str = "a.wav",
    before: Before | None = None,
    *,
    rows_before: int = 0,
    scores: Int8 | None = None,
    expected_changes: Iterable[Change] = (),
    device_changes: Iterable[Change] = (),
) -> FileRecord:
    """A file; `rows_before` columns and windows of others came before it."""
    features, outputs = Spread(piece.expected.shape[1]), Spread(piece.outputs_expected.shape[1])
    features.add(piece.first_column, piece.expected, piece.device)
    outputs.add(piece.first_window, piece.outputs_expected, piece.outputs_device)
    changes = list(expected_changes), list(device_changes)
    return FileRecord(name, piece, before, features, outputs, scores, *changes, rows_before, rows_before)


def view_of(
    expected: Int8,
    device: Int8,
    *,
    name: str = "a.wav",
    first: int = 0,
    present: ArrayLike | None = None,
    before: Int8 | None = None,
    before_first: int = 0,
    samples: Int16 = NO_SAMPLES,
    rows_before: int = 0,
) -> View:
    """A file's values; `before` are the last rows of the file before it."""
    piece = piece_of(expected, device, present, samples, first)
    earlier = expected[:0] if before is None else before
    file = file_of(piece, name, rows_before=rows_before)
    return View(file, first, expected, device, piece.present, earlier, before_first)


def verified(candidates: Iterable[Candidate], views: list[View], least: int = 8) -> list[Verified]:
    """Those of some candidates that reproduce the device's values, best first; of equals the first."""
    found = [each for candidate in candidates if (each := verify(candidate, views, least)) is not None]
    return sorted(found, key=lambda each: each.harmed - each.right)


def best(
    hypothesis: Callable[[list[View]], Iterable[Candidate]], views: list[View], least: int = 8
) -> Candidate | None:
    """The candidate of a hypothesis that reproduces most, None where none does."""
    found = verified(hypothesis(views), views, least)
    return found[0].candidate if found else None


def replay_of(candidate: Candidate, view: View) -> Int8:
    """What a candidate gives for a view that it can be replayed on."""
    values = candidate.replay(view)
    assert values is not None
    return values


def verified_as(
    views: list[View], replayed: list[Int8], *, rows_alone: bool = False, explanation: str = "it is so"
) -> Verified:
    """A cause that gives `replayed`."""
    candidate = Candidate("cause", explanation, "Look there", lambda _: None, rows_alone)
    wrong = [view.wrong for view in views]
    right = sum(
        int(np.count_nonzero(differs & (values == view.device)))
        for differs, values, view in zip(wrong, replayed, views, strict=True)
    )
    different = sum(int(np.count_nonzero(differs)) for differs in wrong)
    return Verified(candidate, right, 0, different, views, replayed)


class LastColumn:
    """A model whose outputs are the last column's first two cells, so that they tell whose columns it saw."""

    name = "last column"

    def reset(self) -> None:
        """It remembers nothing."""

    def run(self, windows: Int8) -> Outputs:
        """A score and a logit of each window."""
        return Outputs(windows[:, -1, :1], windows[:, -1, 1:2])
