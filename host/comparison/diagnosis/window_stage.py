"""Where a traced column departs in its first stage: of which samples, or by which weights, the values come."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ...frontend.log_mel.settings import LogMelSettings
from ...frontend.log_mel.tables import LogMelTables
from ...trace.stages import Stage
from .figures import OR_ELSE, THEN, Cause, places_told, related
from .group_order import CURE as ORDER_CURE
from .group_order import group_order_cause
from .operations import operation
from .seen_samples import samples_cause
from .tapers import CURE, other_windows, weights_order

Int64 = NDArray[np.int64]
Int16 = NDArray[np.int16]

FOUR = 4  # samples, a quarter of the window apart, that one group of values is made of
SURE_WEIGHT = 1 << 17  # of a weight: a product tells its sample exactly
NTH = ("first", "second", "third", "fourth")
MOST_GROUPS = 4  # of four samples that are taken from elsewhere
NEAR = 1  # step by which a product may be off whose weight was rounded otherwise
MOSTLY = 0.98  # of the products that must be those of int16 samples

_TAPER = "Look at fe_hann: which weight goes to which sample, and the products' rounding"
_BEFORE = "Look at what fills the samples before a stream's first one (mirror, and what fe_reset sets back)"
_GROUPS = "Look at fe_hann's loop over groups of four samples: where it begins and ends, and what it adds"


@dataclass(frozen=True)
class Products:
    """A column's samples times their weights, taken out of the window stage's values.

    Attributes:
        weights: int64 [n], in the samples' order.
        host, device: int64 [n], the products.
        whole: bool [n], whether the device's four values of the group go together.
    """

    weights: Int64
    host: Int64
    device: Int64
    whole: NDArray[np.bool_]


def window_cause(
    stage: Stage, tables: LogMelTables, samples: NDArray[np.int16] | None = None
) -> Cause | None:
    """What is wrong in the window stage, and where to look; None where nothing can be read.

    Args:
        stage: it departs.
        tables: the bundle's.
        samples: int16, those streamed, up to the last that the column needs; None: host's values tell them.
    """
    host, device = stage.numbers()
    count = len(host)
    settings = tables.settings
    if settings.is_mixed or settings.pre_emphasis or count != settings.fft or len(tables.weights) != count:
        return None
    wrong = np.flatnonzero(host != device)
    groups = np.unique(wrong // FOUR)
    if len(groups) > 1:
        found = _of_parts(host, device)
        if found is not None:
            return found
    p = _products(host, device, tables)
    sent, exact = _samples(p.host, p.weights)
    before = np.empty(0, np.int64)
    missing = 0
    if samples is not None:
        before, given, missing = _own(samples.astype(np.int64), settings)
        sent[missing : missing + len(given)] = given
        exact[missing : missing + len(given)] = True
    seen, whole = _samples(p.device, p.weights)
    sure = exact & (p.weights >= SURE_WEIGHT)
    known = sure & whole & p.whole
    if known.sum() >= MOSTLY * sure.sum() and (seen != sent)[known].any():
        if (order := group_order_cause(sent, seen, known)) is not None:
            return order
        found = samples_cause(sent, seen, known, before)
        if np.flatnonzero((seen != sent) & known)[-1] < missing:
            return found._replace(told=f"{found.told}; {_before_stream(missing, settings)}", cure=_BEFORE)
        return _or_by_groups(found, seen, sent, known)
    done = operation(host, device) or operation(p.host, p.device)
    if done:
        return Cause(f"the tapered values are {done}", _TAPER, True)
    return _of_weights(p, sent, exact) or _of_places(wrong, count)


def _own(samples: Int64, settings: LogMelSettings) -> tuple[Int64, Int64, int]:
    """What was streamed before a column's own samples, these, and how many of them are from before the stream."""
    count = settings.fft if settings.window_placement == "centre" else settings.window
    end = len(samples) - (settings.padding == "reflect")  # which reads one sample more
    begin = max(0, end - count)
    if end < count and settings.padding == "none":  # then not all of them are known
        return samples[:0], samples[:0], 0
    return samples[:begin], samples[begin:end], max(0, count - end)


def _before_stream(count: int, settings: LogMelSettings) -> str:
    how = "mirrors" if settings.padding == "reflect" else "sets to 0"
    return f"they are among the {count} before the stream's first one, which the front end {how}"


def _or_by_groups(found: Cause | None, seen: Int64, sent: Int64, known: NDArray[np.bool_]) -> Cause | None:
    """A few groups of four samples that are taken from elsewhere, where samples of the column would show the same."""
    ours, theirs, sure = (values.reshape(FOUR, -1) for values in (sent, seen, known))
    wrong = np.flatnonzero(((ours != theirs) & sure).any(axis=0))
    if found is None or not 0 < len(wrong) <= MOST_GROUPS:
        return found
    sources = [
        [
            other
            for other in range(ours.shape[1])
            if (ours[:, other] == theirs[:, group])[sure[:, group]].all()
        ]
        for group in wrong.tolist()
    ]
    if not all(sources):
        return found
    taken = dict(zip(wrong.tolist(), (each[0] for each in sources), strict=True))
    told = ", ".join(f"in the place of {group} those of {other}" for group, other in taken.items())
    of_groups = np.arange(ours.shape[1])
    of_groups[list(taken)] = list(taken.values())
    places = (np.arange(FOUR)[:, None] * ours.shape[1] + of_groups).ravel()
    return found._replace(
        told=f"fe_hann takes other samples for a group of four: {told}{OR_ELSE}{found.told}",
        cure=f"{ORDER_CURE}{THEN}{found.cure[:1].lower()}{found.cure[1:]}",
        of_column=(lambda column: _read(column, places),),
    )


def _read(column: Int16, places: Int64) -> Int16:
    """A column's samples in other places, with zeros behind them."""
    return np.pad(column, (0, max(0, len(places) - len(column))))[places][: len(column)]


def _products(host: Int64, device: Int64, tables: LogMelTables) -> Products:
    order = weights_order(len(host))
    weights = np.empty(len(host), np.int64)
    weights[order] = tables.weights
    parts, whole = [], np.ones(len(host), np.bool_)
    for values in (host, device):
        apart, fits = _apart(values.reshape(-1, FOUR))
        products = np.empty(len(values), np.int64)
        products[order] = apart.ravel()
        whole[order] &= np.repeat(fits, FOUR)
        parts.append(products)
    return Products(weights, parts[0], parts[1], whole)


def _apart(groups: Int64) -> tuple[Int64, NDArray[np.bool_]]:
    """The four products that each group of sums and differences is made of, and whether they are whole numbers."""
    first, second, third, fourth = groups.T
    even, odd = first + third, first - third
    fits = even % 2 == 0  # then `odd` is, too
    even, odd = even // 2, odd // 2
    fits &= ((even + second) % 2 == 0) & ((odd + fourth) % 2 == 0)
    a, b = (even + second) // 2, (even - second) // 2
    d, c = (odd + fourth) // 2, (odd - fourth) // 2
    return np.stack([a, b, c, d], axis=1), fits


def _samples(products: Int64, weights: Int64) -> tuple[Int64, NDArray[np.bool_]]:
    """The int16 samples that give these products, and where there are such."""
    safe = np.maximum(weights, 1)
    samples = -((-products << 16) // safe)
    exact = (weights > 0) & (samples >= -32768) & (samples <= 32767) & (samples * weights >> 16 == products)
    return samples, exact


def _of_parts(host: Int64, device: Int64) -> Cause | None:
    """One of the four values of each group is what another one should be, or its negative."""
    ours, theirs = host.reshape(-1, FOUR), device.reshape(-1, FOUR)
    told = []
    for part in range(FOUR):
        if np.array_equal(ours[:, part], theirs[:, part]):
            continue
        found = [
            (other, word)
            for other in range(FOUR)
            for sign, word in ((1, ""), (-1, "the negative of "))
            if np.array_equal(sign * ours[:, other], theirs[:, part])
        ]
        if not found:
            return None
        other, word = found[0]
        what = "itself" if other == part else f"the {NTH[other]}"
        told.append(f"of each four values the {NTH[part]} is {word}{what}")
    return Cause("; ".join(told), _GROUPS, True) if told else None


def _of_weights(p: Products, sent: Int64, exact: NDArray[np.bool_]) -> Cause | None:
    """The samples are right, and other weights, or another rounding, give the products."""
    wrong = (p.host != p.device) & exact & p.whole
    if not wrong.any():
        return None
    count, places = len(sent), np.arange(len(sent))
    top = int(p.weights.max())
    for told, weights in (
        ("no weight: the window is rectangular", np.full(count, top)),
        ("the weight of the next sample", np.roll(p.weights, -1)),
        ("the weight of the sample before", np.roll(p.weights, 1)),
        ("the weight of the sample a quarter of the window on", np.roll(p.weights, -count // FOUR)),
        ("the weight of the sample half a window on", np.roll(p.weights, count // 2)),
        ("the upper 16 bits of its weight", p.weights >> 16 << 16),
        ("the square of its weight", p.weights * p.weights // top),
    ):
        if np.array_equal((sent * weights >> 16)[wrong], p.device[wrong]):
            return Cause(f"{_which(places[wrong], count)} multiplied by {told}", _TAPER, True)
    if (found := _of_table(p, sent, wrong)) is not None:
        return found
    up = ((sent * p.weights + (1 << 15)) >> 16, -(-sent * p.weights >> 16))
    for told, products in zip(("to the nearest", "up"), up, strict=True):
        if np.array_equal(products[wrong], p.device[wrong]):
            return Cause(f"products of samples and weights are rounded {told} instead of down", _TAPER, True)
    relation = related(p.host[wrong], p.device[wrong])
    if not relation:
        return None
    return Cause(f"{_which(places[wrong], count)} tapered wrongly: the products are {relation}", _TAPER)


def _of_table(p: Products, sent: Int64, wrong: NDArray[np.bool_]) -> Cause | None:
    """Weights from other places of the table, or of another window."""
    count = len(sent)
    for words, weights in _other_places(p.weights):
        if np.array_equal((sent * weights >> 16)[wrong], p.device[wrong]):
            return Cause(f"{_which(np.flatnonzero(wrong), count)} multiplied by {words}", _TAPER, True)
    for words, weights in other_windows(count, int(p.weights.max())):
        if np.abs((sent * weights >> 16) - p.device)[wrong].max() <= NEAR:
            return Cause(f"samples are tapered by {words} instead of a Hann window", CURE, True)
    return None


def _other_places(weights: Int64) -> Iterator[tuple[str, Int64]]:
    """Weights that are read from other places of the table than their own."""
    count = len(weights)
    order = weights_order(count)
    table, at = weights[order], np.arange(count)
    ways = [
        (f"weights that are read anew from the table's beginning every {period}", at % period)
        for period in (count // 2, count // 4, count // 8, count // 16)
    ]
    ways += [
        (f"the weight {abs(by)} {'further on' if by > 0 else 'before it'} in the table", (at + by) % count)
        for by in (1, -1, 2, -2, 4, -4)
    ]
    maps = sorted(product(range(FOUR), repeat=FOUR), key=_moved)  # those first that exchange fewer
    ways += [
        (_of_others(each), at // FOUR * FOUR + np.array(each)[at % FOUR]) for each in maps if _moved(each)
    ]
    for words, source in ways:
        other = np.empty(count, np.int64)
        other[order] = table[source]
        yield words, other


def _moved(source: tuple[int, ...]) -> int:
    return sum(place != other for place, other in enumerate(source))


def _of_others(source: tuple[int, ...]) -> str:
    """Of each four samples that are tapered together, which takes which one's weight."""
    told = ", ".join(
        f"the {NTH[place]} by the {NTH[other]}'s weight"
        for place, other in enumerate(source)
        if place != other
    )
    return (
        "weights of others of the four that are tapered together (at 0, a half, a quarter and three quarters of the "
        f"window): {told}"
    )


def _which(places: Int64, count: int) -> str:
    told = places_told(places, count, "sample", "samples")
    return f"{told} of the window {'is' if len(places) == 1 else 'are'}"


def _of_places(wrong: Int64, count: int) -> Cause | None:
    """Whole groups alone are others."""
    groups = np.unique(wrong // FOUR)
    if len(groups) * FOUR > count // 2:
        return None
    where = places_told(groups, count // FOUR, "group", "groups")
    end = ""
    if groups[0] == count // FOUR - 1:
        end = ", the last one: the loop ends too early"
    elif groups[-1] == 0:
        end = ", the first one: the loop begins too late"
    told = (
        f"only {where} of four values {'is' if len(groups) == 1 else 'are'} wrong{end}; no sample of the column gives "
        "these values, so they are not written, and what lay there before stays"
    )
    return Cause(told, _GROUPS)
