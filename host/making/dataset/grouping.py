"""Which recordings go where: whole groups, shared recordists kept together, every label on every side."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .errors import DatasetError

SPLITS = ("train", "validation", "test")
LEFT_OUT = "left-out"


@dataclass(frozen=True)
class Item:
    """One recording as the split sees it.

    Attributes:
        label: its class or background label.
        keys: what ties recordings together: original, recordist, content. Items that share a key stay together.
        weight: how much it counts for the balance, for instance its windows.
    """

    label: str
    keys: tuple[str, ...]
    weight: float


def components(items: Sequence[Item]) -> list[list[int]]:
    """Sets of items tied together by shared keys, directly or through others, in order of their first item."""
    parent = list(range(len(items)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    owner: dict[str, int] = {}
    for index, item in enumerate(items):
        for key in item.keys:
            other = owner.setdefault(key, index)
            low, high = sorted((root(index), root(other)))
            parent[high] = low
    found: dict[int, list[int]] = defaultdict(list)
    for index in range(len(items)):
        found[root(index)].append(index)
    return list(found.values())


def split_items(items: Sequence[Item], shares: Sequence[float], seed: int) -> list[str]:
    """A split for every item, by whole components, each label's weight shared out as `shares` says.

    Large components are placed first, each where its labels lack most; about equal ones in an order drawn from
    the seed.

    Args:
        shares: of training, validation and test; a share of 0 leaves that split empty.

    Raises:
        DatasetError: a label has fewer components than splits to fill.
    """
    used = [name for name, share in zip(SPLITS, shares, strict=True) if share > 0.0]
    wanted = dict(zip(SPLITS, np.asarray(shares, dtype=float) / sum(shares), strict=True))
    groups = components(items)
    _check_enough(items, groups, len(used))
    totals: dict[str, float] = defaultdict(float)
    for item in items:
        totals[item.label] += item.weight
    order = np.random.default_rng(seed).permutation(len(groups))
    size = [sum(items[i].weight / totals[items[i].label] for i in group) for group in groups]
    # Sizes count by powers of two: what is about equal keeps the drawn order, so that another seed is another split.
    heaviest_first = sorted(order, key=lambda g: -math.floor(math.log2(max(size[g], 1e-9))))
    have: dict[tuple[str, str], float] = defaultdict(float)
    result = [""] * len(items)
    for group in heaviest_first:
        members = groups[group]
        labels = {items[i].label for i in members}

        def lack(split: str, labels: set[str] = labels) -> float:
            empty = sum(have[split, label] == 0.0 for label in labels)  # no label may stay without a split
            score: float = 10.0 * empty * wanted[split] + sum(
                wanted[split] - have[split, label] / totals[label] for label in labels
            )
            return score

        best = max(used, key=lack)
        for i in members:
            result[i] = best
            have[best, items[i].label] += items[i].weight
    for label in totals:
        for split in used:
            if have[split, label] == 0.0:
                raise DatasetError(
                    f"The label {label!r} has no recording in the {split} split.",
                    "Add recordings of other originals or recordists, or try another --seed.",
                )
    return result


def _check_enough(items: Sequence[Item], groups: list[list[int]], splits: int) -> None:
    for label in sorted({item.label for item in items}):
        count = sum(any(items[i].label == label for i in group) for group in groups)
        if count < splits:
            recordings = sum(item.label == label for item in items)
            raise DatasetError(
                f"The label {label!r} has {recordings} recording{'s' * (recordings != 1)} in {count} independent "
                f"group{'s' * (count != 1)}: too few for {splits} splits without a leak.",
                f"Add recordings of {splits - count} or more other originals or recordists.",
            )
