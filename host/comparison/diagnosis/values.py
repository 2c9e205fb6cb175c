"""Hypotheses about values alone, the same for columns of bands and for windows of outputs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .last_ones import last_alone
from .late_rows import MOST_MOVED_IN, late_of_right, moved_in, right_before
from .search import Candidate, Int8, View, differing, largest, votes

LEAST_ALONE = 8  # values in a row, for the order of single rows to be no chance
MOST_NAMED = 4  # values of a row that are told by their names
LEAST_ORDERED = 4  # values in a row, from which on one speaks of their order
STALE_SURE = 2  # values that are those of the row before and not their own, with none left over ...
FAR_OFF = 8  # ... and this far from their own together: a small difference can have come by chance
MATCHED = 0.95  # of the differing rows in which a value must equal another one to be taken for it


@dataclass(frozen=True)
class Cures:
    """What to look at when values have changed places, rows are shifted, are old ones, or values are off."""

    order: str
    shift: str
    stale: str
    offset: str


@dataclass(frozen=True)
class Words:
    """How rows and values are called.

    Attributes:
        row, rows: "column", "columns".
        value: says which value a number is, "band 12".
        values: "bands".
        cures: what to look at.
        far: distances in rows that are tried beside the near ones, e.g. the length of a ring.
        halves: what the two halves of a row are, when they are different things.
    """

    row: str
    rows: str
    value: Callable[[int], str]
    values: str
    cures: Cures
    far: tuple[int, ...] = ()
    halves: str = ""

    def named(self, places: Sequence[int] | NDArray[np.int64]) -> str:
        """The values at some places, the first of them by name."""
        names = ", ".join(self.value(int(place)) for place in places[:MOST_NAMED])
        return names + (f" and {len(places) - MOST_NAMED} more" if len(places) > MOST_NAMED else "")


def shifted(views: list[View], words: Words) -> Iterator[Candidate]:
    """Each row is the one k earlier or later."""
    view = largest(views)
    near = (1, -1, 2, -2, 3, -3, *words.far)
    for k in dict.fromkeys((*votes(view.device, view.expected), *near)):
        if k == 0:
            continue
        name = f"{abs(k)} {words.row if abs(k) == 1 else words.rows} {'late' if k > 0 else 'early'}"
        yield Candidate(
            name,
            f"every {words.row} is right but {name}",
            words.cures.shift,
            lambda view, k=k: _shift(view, k),  # type: ignore[misc]
        )
        if 0 < k <= MOST_MOVED_IN:
            yield Candidate(
                name,
                f"every {words.row} is right but {name}",
                words.cures.shift,
                lambda view, k=k: late_of_right(view, k),  # type: ignore[misc]
                detail=lambda views, k=k: moved_in(views, k, words.row, words.rows),  # type: ignore[misc]
            )


def late_values(views: list[View], words: Words) -> Iterator[Candidate]:
    """Some values of each row are those of rows before or after, the others are right."""
    view = largest(views)
    places = np.flatnonzero(view.wrong.any(axis=0))
    if not 0 < len(places) < view.expected.shape[1]:
        return
    which = words.named(places)
    for k in (1, -1, 2, -2, 3, -3):
        name = f"{abs(k)} {words.row if abs(k) == 1 else words.rows} {'late' if k > 0 else 'early'}"
        yield Candidate(
            f"{which} {name}",
            f"{which}: {name}, the others are right",
            words.cures.shift,
            lambda view, k=k: _shifted_at(view, k, places),  # type: ignore[misc]
        )


def _shifted_at(view: View, k: int, places: NDArray[np.int64]) -> Int8:
    values = view.expected.copy()
    values[:, places] = _shift(view, k)[:, places]
    return values


def averaged(views: list[View], words: Words) -> Iterator[Candidate]:
    """Each row is the mean of itself and the one before."""
    del views
    ways: tuple[tuple[str, Callable[[NDArray[np.int16]], NDArray[np.float64]]], ...] = (
        ("rounded to 0", lambda total: np.trunc(total / 2)),
        ("rounded down", lambda total: np.floor(total / 2)),
        ("rounded", lambda total: np.floor(total / 2 + 0.5)),
    )
    for how, half in ways:
        for of_device in (False, True):
            which = f"the {words.row} {'sent ' if of_device else ''}before"
            yield Candidate(
                f"mean with {which}",
                f"every {words.row} is the mean of itself and {which} ({how})",
                words.cures.stale,
                lambda view, half=half, of_device=of_device: _mean(view, half, of_device),  # type: ignore[misc]
            )


def _mean(view: View, half: Callable[[NDArray[np.int16]], NDArray[np.float64]], of_device: bool) -> Int8:
    before = np.concatenate([view.expected[:1], (view.device if of_device else view.expected)[:-1]])
    return half(view.expected.astype(np.int16) + before).astype(np.int8)


def _shift(view: View, k: int) -> Int8:
    """Rows k before; what comes before the first row is the file before's end."""
    moved = view.expected.copy()
    source = view.expected if view.first else np.concatenate([view.before, view.expected])
    _fill_from(source, len(source) - len(moved) - k, moved)
    return moved


def _fill_from(source: Int8, first: int, rows: Int8) -> None:
    """Set row r of `rows` to row first + r of `source`, where it has one."""
    places = first + np.arange(len(rows))
    there = (places >= 0) & (places < len(source))
    rows[there] = source[places[there]]


def of_the_file_before(views: list[View], words: Words) -> Iterator[Candidate]:
    """Rows are those of the file before, at the same place or counted from its end."""
    with_before = [view for view in differing(views) if view.first == 0 and len(view.before)]
    if not with_before:
        return
    view = largest(with_before)
    # what is kept of each stream is not what was sent of it, where that came of the stream before it in turn
    for told, source in (("those", _sent_before), ("those that were right", right_before)):
        for k in votes(view.device, source(view)):
            for from_end, first in ((False, view.before_first - k), (True, -len(view.before) - k)):
                yield Candidate(
                    "of the file before",
                    f"the {words.rows} are {told} of the file before",
                    words.cures.stale,
                    lambda view, first=first, from_end=from_end, source=source: _from_before(  # type: ignore[misc]
                        view, source(view), first, from_end
                    ),
                )


def _sent_before(view: View) -> Int8:
    return view.before


def _from_before(view: View, source: Int8, first: int, from_end: bool) -> Int8 | None:
    """Row r is row first + r of the file before, or that counted from its end."""
    if view.first or not len(source):
        return None
    moved = view.expected.copy()
    _fill_from(source, first + (len(source) if from_end else -view.before_first), moved)
    return moved


def not_refreshed(views: list[View], words: Words) -> Iterator[Candidate]:
    """Single rows are the device's row before, or one that a ring held before."""
    off = sum(int(np.abs(v.device.astype(np.int16) - v.expected)[v.wrong].sum()) for v in views)
    yield Candidate(
        "stale",
        f"a {words.row} is the one before it once more",
        words.cures.stale,
        _once_more,
        rows_alone=True,
        sure=STALE_SURE if off >= FAR_OFF else None,
    )
    view = largest(views)
    for k in dict.fromkeys((*words.far, *votes(view.device, view.expected))):
        if k > 1:
            yield Candidate(
                f"stale by {k}",
                f"a {words.row} is the one {k} {words.rows} before",
                words.cures.stale,
                lambda view, k=k: _shift(view, k),  # type: ignore[misc]
                rows_alone=True,
            )


def _once_more(view: View) -> Int8:
    """Rows that are the one before it, in runs that each begin after a row that is right, or 0 before all others."""
    same = (view.device[1:] == view.device[:-1]).all(axis=1)
    right = (view.device == view.expected).all(axis=1)
    values = view.expected.copy()
    held = not view.first and not view.device[0].any() and not right[0]
    values[:1] *= not held
    for row in range(1, len(values)):
        held = bool(same[row - 1]) and (bool(right[row - 1]) or held)
        if held:
            values[row] = view.device[row]
    return values


def reordered(views: list[View], words: Words) -> Iterator[Candidate]:
    """Values within a row have changed places; which, is read from the differing rows."""
    view = largest(views)
    rows = view.wrong_rows
    count = view.device.shape[1]
    if count < 2 or len(rows) < 2:
        return
    order = np.arange(count)
    for place in range(count):
        equal = np.mean(view.device[rows, place, None] == view.expected[rows], axis=0)
        best = int(np.argmax(equal))
        if equal[best] >= MATCHED and equal[best] > equal[place]:
            order[place] = best
    for kind, found in _orders(order, bool(words.halves)):
        yield Candidate(
            kind,
            f"the {words.values} are {_order_words(kind, found, words)}",
            words.cures.order,
            lambda view, found=found: view.expected[:, found],  # type: ignore[misc]
        )
        if count < LEAST_ALONE:
            continue
        yield Candidate(
            f"{kind} in single {words.rows}",
            f"in single {words.rows} the {words.values} are {_order_words(kind, found, words)}",
            words.cures.order,
            lambda view, found=found: view.expected[:, found],  # type: ignore[misc]
            rows_alone=True,
        )
    for k, end, place in ((1, "first", 0), (-1, "last", -1)) if count >= LEAST_ORDERED else ():
        yield Candidate(
            f"moved by {k}",
            f"the {words.values} are moved by {k}, and the {end} one holds something else",
            words.cures.order,
            lambda view, k=k, place=place: _moved_in(view, k, place),  # type: ignore[misc]
        )


def _moved_in(view: View, by: int, place: int) -> Int8:
    """Rows moved by a place; the value that moves in at `place` is taken as it came."""
    values = np.roll(view.expected, by, axis=1)
    values[:, place] = view.device[:, place]
    return values


def _orders(read: NDArray[np.int64], halves: bool) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Simple orders first, then the one that was read from the values, if it is any."""
    count = len(read)
    places = np.arange(count)
    if halves and count % 2 == 0:
        yield "halves exchanged", np.roll(places, count // 2)
    if count < LEAST_ORDERED:
        if (read != places).any():
            yield "exchanged", read
        return
    yield "reversed", places[::-1]
    for k in (1, -1, 2, -2):
        yield f"rotated by {k}", np.roll(places, k)
        yield f"shifted by {k}", np.clip(places - k, 0, count - 1)
    if count % 2 == 0:
        yield "pairs exchanged", places ^ 1
        yield "halves exchanged", np.roll(places, count // 2)
    if (read != places).any():
        yield "exchanged", read


def _order_words(kind: str, order: NDArray[np.int64], words: Words) -> str:
    if kind == "halves exchanged" and words.halves:
        return f"exchanged: {words.halves}"
    if kind != "exchanged":
        return kind
    moved = [
        f"{words.value(place)} holds {words.value(int(source))}"
        for place, source in enumerate(order)
        if place != source
    ]
    more = f" and {len(moved) - 4} more" if len(moved) > 4 else ""
    what = "exchanged" if len(np.unique(order)) == len(order) else "others of the same " + words.row
    return f"{what}: {', '.join(moved[:4])}{more}"


def offset(views: list[View], words: Words) -> Iterator[Candidate]:
    """Every value, or some values of every row, are off by the same; saturated as int8 is, or wrapped around."""
    view = largest(views)
    steps = _usual_steps(view)
    known = steps[steps != 0]
    if not len(known):
        return
    if len(np.unique(view.expected[view.wrong])) == 1:
        return  # of one right value alone it is no offset but another value
    common = int(np.bincount(known + 255).argmax()) - 255
    if len(steps) > 1:
        ways = (("", _saturated), (", wrapped around at the end of int8", _wrapped))
        for how, bound in ways if abs(common) < 128 else ():  # 128 is a matter of one bit, see `bits`
            yield Candidate(
                "constant offset",
                f"all {words.values} are {common:+d}{how}",
                words.cures.offset,
                lambda view, bound=bound: bound(view.expected, np.full(view.expected.shape[1], common)),  # type: ignore[misc]
            )
    named = np.flatnonzero(steps)
    which = words.named(named)
    by = (
        f"{common:+d}"
        if (known == common).all()
        else "by a constant each, " + ", ".join(f"{k:+d}" for k in known[:4])
    )
    one = f"offset of {which}"
    for bound in (_saturated, _wrapped) if abs(common) < 128 else (_saturated,):
        yield Candidate(
            one,
            f"{which}: always {by}",
            words.cures.offset,
            lambda view, bound=bound: bound(view.expected, steps),  # type: ignore[misc]
        )


def _usual_steps(view: View) -> NDArray[np.int64]:
    """The most frequent difference of each value where it differs, 0 where differences are no constant."""
    difference = view.device.astype(np.int64) - view.expected
    steps = np.zeros(difference.shape[1], np.int64)
    for place in range(difference.shape[1]):
        present = difference[view.present, place]
        wrong = present[present != 0]
        if len(wrong) >= 3:
            counts = np.bincount(wrong + 255)
            if counts.max() >= 0.5 * len(wrong):
                steps[place] = int(counts.argmax()) - 255
    return steps


def _saturated(values: Int8, steps: NDArray[np.int64]) -> Int8:
    return np.clip(values.astype(np.int64) + steps, -128, 127).astype(np.int8)


def _wrapped(values: Int8, steps: NDArray[np.int64]) -> Int8:
    return (values.astype(np.int64) + steps).astype(np.int8)


UNWRITTEN = (
    "Look at how many of them are written or copied (where a loop ends, a length in bytes), for what lay there before "
    "is what comes"
)
SILENT = ", which digital silence gives"
MUTED = (
    "Look at what mutes or loses samples before the front end (a gate, a buffer that is not filled), then at the front "
    "end's last steps"
)


def stuck(views: list[View], words: Words, silent: Int8 | None = None) -> Iterator[Candidate]:
    """Some values are always the same."""
    view = largest(views)
    rows = view.wrong_rows
    if len(rows) < 4:
        return
    device = view.device[rows]
    held = device.max(axis=0)
    constant = (device.min(axis=0) == held) & (view.expected[rows] != device).any(axis=0)
    places = np.flatnonzero(constant)
    if not len(places):
        return
    which = f"all {words.values}" if len(places) == device.shape[1] else words.named(places)
    shown = ", ".join(str(int(held[place])) for place in places[:4])
    cure = words.cures.offset if set(held[places].tolist()) <= {-128, 127} else words.cures.stale
    muted = silent is not None and len(places) == len(silent) and np.array_equal(held, silent)
    last = _last(places, device.shape[1], words)
    yield Candidate(
        f"{which} stuck",
        f"{which}: stuck at {shown}{' …' if len(places) > 4 else ''}{SILENT if muted else ''}"
        + (f", {last}" if last else ""),
        MUTED if muted else UNWRITTEN if last else cure,
        lambda view: np.where(constant, held, view.expected).astype(np.int8),
    )


def _last(places: NDArray[np.int64], count: int, words: Words) -> str:
    """That they are the last ones of a row, or of one of its halves."""
    if not words.halves:
        return last_alone(places, count)
    half = count // 2
    within = places - (half if places[0] >= half else 0)
    return last_alone(within, half) if within[-1] < half else ""


_BITS: tuple[tuple[str, str, Callable[[Int8], Int8]], ...] = (
    ("unsigned", "have their top bit inverted (unsigned taken for signed)", lambda v: v ^ np.int8(-128)),
    (
        "sign flipped",
        "have their sign flipped",
        lambda v: np.minimum(-v.astype(np.int16), 127).astype(np.int8),
    ),
    ("sign flipped, wrapped", "have their sign flipped, -128 staying", lambda v: -v),
    ("inverted", "have all bits inverted", lambda v: ~v),
    ("magnitude", "have lost their sign", lambda v: np.abs(v.astype(np.int16)).clip(0, 127).astype(np.int8)),
    ("negatives lost", "are 0 where they should be negative", lambda v: np.maximum(v, 0)),
    ("halved", "are halved", lambda v: v >> 1),
    ("doubled", "are doubled, saturated", lambda v: (2 * v.astype(np.int16)).clip(-128, 127).astype(np.int8)),
)


def bits(views: list[View], words: Words) -> Iterator[Candidate]:
    """The same operation on the bits of every value, or of the values that differ at all."""
    count = views[0].expected.shape[1]
    places = np.unique(np.concatenate([np.flatnonzero(view.wrong.any(axis=0)) for view in views]))
    named = words.named(places)
    for some, what, where in (
        (np.arange(count), f"the {words.values}", f"all {words.values}"),
        (places, named, named),
    ):
        for name, told, change in _every_bits():
            yield Candidate(
                name,
                f"{what} {told}" if name != told else f"{name} in {where}",
                words.cures.offset,
                lambda view, change=change, some=some: _changed_at(view.expected, some, change),  # type: ignore[misc]
            )
        if len(places) == count:
            return


def _every_bits() -> Iterator[tuple[str, str, Callable[[Int8], Int8]]]:
    yield from _BITS
    for bit in range(8):
        mask = np.uint8(1 << bit).astype(np.int8)
        yield f"bit {bit} stuck at 0", f"bit {bit} stuck at 0", lambda v, mask=mask: v & ~mask  # type: ignore[misc]
        yield f"bit {bit} stuck at 1", f"bit {bit} stuck at 1", lambda v, mask=mask: v | mask  # type: ignore[misc]
    for low in range(2, 7):
        mask = np.int8(-(1 << low))
        yield (
            f"{low} low bits lost",
            f"have lost their {low} low bits",
            lambda v, mask=mask: v & mask,  # type: ignore[misc]
        )


def _changed_at(values: Int8, places: NDArray[np.int64], change: Callable[[Int8], Int8]) -> Int8:
    changed = values.copy()
    changed[:, places] = change(values[:, places])
    return changed


def held_within(views: list[View], words: Words) -> Iterator[Candidate]:
    """Values follow only where they move by more than a figure from what was told before."""
    for by in (1, 2, 3, 4):
        if not any(_holds(view, by) for view in differing(views)):
            continue  # a stream's first row alone shows nothing: it is taken as it came
        yield Candidate(
            f"held within {by}",
            f"a value that is within {by} of what was told before it is told as that",
            words.cures.stale,
            lambda view, by=by: _held_within(view, by),  # type: ignore[misc]
        )


def _holds(view: View, by: int) -> bool:
    """Whether any value behind the first row is explained."""
    return bool((view.wrong & (_held_within(view, by) == view.device))[1:].any())


def _held_within(view: View, by: int) -> Int8:
    """Held against what the device itself told before, which a stream's first row has none of."""
    before = view.device[:-1].astype(np.int16)
    near = np.abs(view.expected[1:].astype(np.int16) - before) <= by
    values = view.expected.copy()
    values[1:][near] = view.device[:-1][near]
    if not view.first:
        values[:1] = view.device[:1]
    return values
