"""Hypotheses about the samples: which input explains the columns? Each is replayed through the C front end."""

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ...core.c_frontend import FrontEnd
from ...frontend.settings import FrontEndSettings
from .evidence import Int16
from .figures import PIECE
from .sample_ways import BY_PIECES, LEVEL, LOST, PLAIN, ROUNDINGS, Change, limited, scaled, wrapped
from .search import Candidate, Int8, View, largest

FARTHEST = 2048  # samples lost or repeated that are looked for
PROBES = 3  # columns that a number of lost samples must explain before all are computed
LOOKED_AT = 12  # wrong columns that a gain or a level is read from
FOLLOWING = 32  # wrong columns after the first changed one that say whether a change explains any
GAP = 8  # columns between wrong ones that a change leaves as they are, in silence
RESET = "Look at what is set back when a stream begins: the front end's samples and their count (fe_reset, fe_init)"
ALIKE = 0.9  # of a probe's bands; the rest is room for a second cause
COARSE = 8  # samples between places that are tried first
LIKELY = 0.5  # the same, before a candidate is computed in full


# Where a column holds one sample more than its window, before it, for emphasis
EARLY = "; or, which gives the same, each column's window begins a sample early, on the one that only emphasis reads"
EARLY_CURE = "then at where a column's window begins (samples + 1 in the front end's kind)"
# Name, what is told, cure, and the change.
_CHANGES = tuple((way.cause, way.told, way.cure, way.change) for way in (*PLAIN, *BY_PIECES))


def reread(front_end: FrontEnd, input_scale: float) -> Callable[[list[View]], Iterator[Candidate]]:
    """Samples changed one by one, from some sample on or everywhere."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        for name, told, cure, change in _CHANGES:
            yield changed(front_end, name, told, cure, change)
        for how, factor in _guessed_gains(
            front_end, front_end.settings.features_per_unit / input_scale, largest(views)
        ):
            for beyond, change in (("saturated", scaled(factor, how)), ("wrapped", wrapped(factor, how))):
                told = f"samples are amplified by {factor:g} ({how}, {beyond})"
                yield changed(front_end, f"gain ×{factor:g}", told, LEVEL, change)

    return hypothesis


def changed(
    front_end: FrontEnd, name: str, told: str, cure: str, change: Change, period: int = PIECE
) -> Candidate:
    """Samples changed one by one, everywhere or from the sample on that reproduces the device best.

    The change repeats itself every `period` samples.
    """
    firsts: dict[str, int] = {}

    def replay(view: View) -> Int8 | None:
        samples = view.file.piece.samples
        phase = (
            view.first * front_end.settings.hop % period
        )  # pieces are counted from the stream's first sample
        other = change(np.concatenate([np.zeros(phase, np.int16), samples]))[phase:]
        return spliced(front_end, view, samples, other, firsts) if worth(front_end, view, other) else None

    return Candidate(name, told, cure, replay, detail=lambda views: _from_sample(views, firsts))


def _from_sample(views: list[View], firsts: dict[str, int]) -> str:
    """The sample from which on something was found to be so, by file."""
    found = [(view.file.name, firsts[view.file.name]) for view in views if view.file.name in firsts]
    if not found:
        return ""
    if len({sample for _, sample in found}) == 1:
        return f"from sample {found[0][1]:,} on"
    return f"from sample {found[0][1]:,} of {found[0][0]} on"


def worth(front_end: FrontEnd, view: View, samples: Int16) -> bool:
    """Whether `samples` explain any of some wrong columns: most candidates fail here, at little cost."""
    rows = view.wrong_rows
    for share in (1, 2, 3, 4):
        row = int(rows[(len(rows) - 1) * share // 4])
        already = float(np.mean(view.expected[row] == view.device[row]))
        if _alike(front_end, view, samples, row, 0, max(LIKELY, already + 1e-6)):
            return True
    return False


def _guessed_gains(front_end: FrontEnd, steps_per_db: float, view: View) -> list[tuple[str, float]]:
    """The gain near the usual difference that reproduces most of some columns, with its rounding."""
    difference = view.device.astype(np.int16) - view.expected
    inner = view.wrong & (np.abs(view.device.astype(np.int16)) < 127) & (view.expected > -128)
    if not inner.any():
        return []
    low, high = np.percentile(difference[inner], (20, 80))
    middle = difference[inner & (difference >= low) & (difference <= high)]
    if not middle.size:  # two values, and what lies between them is neither
        return []
    gain = 10 ** (float(np.mean(middle)) / steps_per_db / 20)
    rows = _some(view.wrong_rows)
    samples = view.file.piece.samples

    def errors(choice: tuple[str, float]) -> int:
        return _wrong_cells(front_end, view, rows, scaled(choice[1], choice[0])(samples))

    near = sorted({round(gain + k / 100, 2) for k in range(-8, 9)})
    choices = [(how, factor) for factor in near if factor > 0 for how in ROUNDINGS]
    return [min(choices, key=errors)]


def _some(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of wrong columns as many as a parameter is read from, from all over the file."""
    return rows[np.linspace(0, len(rows) - 1, min(LOOKED_AT, len(rows))).astype(np.int64)]


def _wrong_cells(front_end: FrontEnd, view: View, rows: NDArray[np.int64], samples: Int16) -> int:
    """How many cells of some columns `samples` do not explain."""
    return sum(
        int(np.count_nonzero(front_end.features(samples[place])[0] != view.device[row]))
        for row, place in zip(rows, _columns_of(front_end.settings, rows), strict=True)
    )


def clipped(front_end: FrontEnd) -> Callable[[list[View]], Iterator[Candidate]]:
    """Samples are limited to a level, which the columns that are right and wrong enclose."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        view = largest(views)
        for level in _levels(front_end, view):
            yield changed(
                front_end,
                f"clipped at {level}",
                f"samples are clipped at ±{level:,}",
                LEVEL,
                limited(level),
            )

    return hypothesis


def _levels(front_end: FrontEnd, view: View) -> list[int]:
    """Round levels, then the one that reproduces most of the wrong columns."""
    settings = front_end.settings
    peaks = _peaks(view.file.piece.samples, settings, len(view.expected))
    wrong = view.wrong.any(axis=1)
    if not wrong.any():
        return []
    high = int(peaks[wrong].min())
    if not high:
        return []  # a silent column cannot be clipped
    rows = _some(view.wrong_rows)
    samples = view.file.piece.samples

    def errors(level: int) -> int:
        return _wrong_cells(front_end, view, rows, np.clip(samples, -level, level))

    step = max(1, high // 48)
    best = min(range(step, high + 1, step), key=errors)
    while step > 1:
        step = max(1, step // 6)
        best = min((best + step * k for k in range(-6, 7) if 0 < best + step * k <= 32767), key=errors)
    round_ones = [2**k - 1 for k in range(8, 16)] + [2**k for k in range(8, 15)]
    return list(
        dict.fromkeys([best, *(level for level in round_ones if level < high and errors(level) == 0)])
    )


def _peaks(samples: Int16, settings: FrontEndSettings, count: int) -> NDArray[np.int32]:
    size = np.abs(samples.astype(np.int32))
    return np.array([size[i * settings.hop : i * settings.hop + settings.span].max() for i in range(count)])


def _columns_of(settings: FrontEndSettings, rows: NDArray[np.int64]) -> list[slice]:
    return [slice(int(row) * settings.hop, int(row) * settings.hop + settings.span) for row in rows]


def lost_or_repeated(front_end: FrontEnd) -> Callable[[list[View]], Iterator[Candidate]]:
    """From some sample on, the device is some samples ahead (they were lost) or behind (they came twice)."""

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        view = largest(views)
        for shift in _shifts(front_end, view):
            count = abs(shift)
            what = f"{count} sample{'s' * (count > 1)}"
            firsts: dict[str, int] = {}
            told = f"{what} {'lost' if shift > 0 else 'too many, repeated or inserted,'} and all that follows right"
            reads_one_before = shift == -1 and front_end.settings.lead == 1
            yield Candidate(
                f"{what} {'lost' if shift > 0 else 'repeated'}",
                f"{told}{EARLY}" if reads_one_before else told,
                f"{LOST}; {EARLY_CURE}" if reads_one_before else LOST,
                lambda view, shift=shift, firsts=firsts: _moved(front_end, view, shift, firsts),  # type: ignore[misc]
                detail=lambda views, firsts=firsts: _from_sample(views, firsts),  # type: ignore[misc]
            )

    return hypothesis


def _shifts(front_end: FrontEnd, view: View) -> list[int]:
    """Distances that explain the last wrong columns, nearest first."""
    samples = view.file.piece.samples
    rows = view.wrong_rows
    if len(rows) < PROBES:
        return []
    rows = rows[[len(rows) * share // 10 for share in (4, 6, 8)]]
    left = sorted(range(-FARTHEST, FARTHEST + 1), key=abs)
    for row in rows.tolist():
        left = [shift for shift in left if shift and _alike(front_end, view, samples, row, shift)]
    return sorted(left, key=lambda shift: _wrong_when_moved(front_end, view, rows, shift))[:3]


def _wrong_when_moved(front_end: FrontEnd, view: View, rows: NDArray[np.int64], shift: int) -> int:
    samples = view.file.piece.samples
    moved = samples[shift:] if shift > 0 else np.concatenate([np.zeros(-shift, np.int16), samples])
    return _wrong_cells(front_end, view, rows, moved)


def _alike(
    front_end: FrontEnd, view: View, samples: Int16, row: int, shift: int, least: float = ALIKE
) -> bool:
    settings = front_end.settings
    start = row * settings.hop + shift
    if start < 0 or start + settings.span > len(samples):
        return False
    cells = front_end.features(samples[start : start + settings.span])[0]
    return float(np.mean(cells == view.device[row])) >= least


def _moved(front_end: FrontEnd, view: View, shift: int, firsts: dict[str, int]) -> Int8 | None:
    samples = view.file.piece.samples
    if shift > 0:
        other = np.concatenate([samples[shift:], samples[len(samples) - shift :]])
        return spliced(front_end, view, samples, other, firsts)
    # what is repeated is what came just before, or silence at the very beginning
    head = np.zeros(-shift, np.int16)
    return spliced(front_end, view, samples, np.concatenate([head, samples[:shift]]), firsts)


def spliced(
    front_end: FrontEnd, view: View, before: Int16, after: Int16, firsts: dict[str, int]
) -> Int8 | None:
    """Columns of `after`, from the sample on that reproduces the device best; before it those of `before`.

    That sample's number goes into `firsts` by file, where it is not the first one.
    """
    firsts.pop(view.file.name, None)
    count = len(view.expected)
    changed = _features(front_end, after, count)
    right = (changed == view.device).sum(axis=1).astype(np.int64)
    right -= (view.expected == view.device).sum(axis=1)
    after_it = np.cumsum(right[::-1])[::-1]
    first = int(np.argmax(after_it))  # columns from here on are better with the change
    if first == 0:
        return changed
    following = view.wrong_rows[view.wrong_rows >= first][:FOLLOWING]
    if not len(following) or np.mean(changed[following] == view.device[following]) < LIKELY:
        return changed  # explains little, so that its very beginning is not worth looking for
    best = _first_changed(front_end, view, before, after, first)
    firsts[view.file.name] = view.first * front_end.settings.hop + best
    return _features(front_end, np.concatenate([before[:best], after[best:]]), count)


def _first_changed(front_end: FrontEnd, view: View, before: Int16, after: Int16, row: int) -> int:
    """The sample from which on `after` must be taken, given the column from which on it explains more.

    Each sample is tried: a wrong place is heard as a click, however near to the right one it is.
    """
    settings = front_end.settings
    span = -(-settings.span // settings.hop) + 1
    first = row  # goes back to the first column that the change reaches
    for wrong in view.wrong_rows[view.wrong_rows < row][::-1].tolist():
        if wrong < max(first - GAP, row - 2 * GAP) - span:
            break
        first = wrong
    after_it = view.wrong_rows[view.wrong_rows >= row]
    last = min(int(after_it[0]), row + GAP) if len(after_it) else row
    low, high = max(0, first - 1), min(len(view.expected), last + span)
    base, size = low * settings.hop, settings.samples_for(high - low)
    device = view.device[low:high]

    @cache
    def missed(sample: int) -> int:
        mixed = np.concatenate([before[base:sample], after[sample : base + size]])
        return int(np.count_nonzero(front_end.features(mixed) != device))

    end = last * settings.hop + settings.span - 1
    # every few samples, and then all around the best: as many columns are wrong from a column's beginning to its end
    coarse = min(range(end, base, -COARSE), key=missed)
    around = settings.hop + COARSE
    return min(range(min(end, coarse + around), max(base, coarse - around), -1), key=missed)


def _features(front_end: FrontEnd, samples: Int16, count: int) -> Int8:
    return front_end.features(samples)[:count]


def not_reset(front_end: FrontEnd) -> Callable[[list[View]], Iterator[Candidate]]:
    """The front end still holds samples of the file before when a stream begins."""
    settings = front_end.settings

    def with_held(view: View, silent: bool) -> Int8 | None:
        before = view.file.before
        if before is None or view.first:
            return None
        held = before.samples - settings.columns(before.samples) * settings.hop
        kept = before.piece.samples
        if held > len(kept):
            return None
        earlier = np.zeros(held, np.int16) if silent else kept[len(kept) - held :]
        samples = np.concatenate([earlier, view.file.piece.samples])
        columns = _features(front_end, samples, len(view.expected))
        return columns if len(columns) == len(view.expected) else None

    def hypothesis(views: list[View]) -> Iterator[Candidate]:
        for silent in (False, True):
            if silent and any(view.file.before is None and view.wrong.any() for view in views):
                return  # nothing came before that one, which samples of 0 may have been repeated in
            which = "as many as it held, but all 0" if silent else "the last ones of the file before"
            yield Candidate(
                f"front end not reset{', its samples 0' if silent else ''}",
                "before a stream's first sample the front end has those that it still held when the one before ended "
                f"({which}): their count is not set back when a stream begins",
                RESET,
                lambda view, silent=silent: with_held(view, silent),  # type: ignore[misc]
                detail=_held_before,
            )

    def _held_before(views: list[View]) -> str:
        counts = {
            before.samples - settings.columns(before.samples) * settings.hop
            for view in views
            if (before := view.file.before) is not None and view.wrong.any()
        }
        least, most = min(counts), max(counts)
        return f"{least} samples" if least == most else f"{least} to {most} samples"

    return hypothesis
