"""Detections of host and device held against each other."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from ..detector.detector import Change

SHIFT_WINDOWS = (
    20  # the same change this many windows apart at most counts as shifted, not as missing and extra
)


@dataclass(frozen=True)
class ChangePair:
    """A change that is not the same on both sides.

    Attributes:
        host: what the host found, None when the device alone found it.
        device: what the device found, None when it is missing there.
    """

    host: Change | None
    device: Change | None

    @property
    def first(self) -> Change:
        """The host's change if there is one, else the device's."""
        change = self.host or self.device
        assert change is not None
        return change

    @property
    def kind(self) -> str:
        """ "missing" or "extra" on the device, "shifted" by some windows, or "score" when only that differs."""
        if self.device is None:
            return "missing"
        if self.host is None:
            return "extra"
        return "score" if self.host.window == self.device.window else "shifted"


def differing_changes(host: Iterable[Change], device: Iterable[Change]) -> list[ChangePair]:
    """Return what differs, by window. A change of one side belongs to the nearest alike of the other, each once."""
    ours, theirs = Counter(host), Counter(device)
    left = defaultdict[tuple[int, bool], list[Change]](list)
    for change in sorted((theirs - ours).elements()):
        left[change.label, change.active].append(change)
    pairs = []
    for change in sorted((ours - theirs).elements()):
        pairs.append(ChangePair(change, _take_nearest(left[change.label, change.active], change.window)))
    pairs += [ChangePair(None, change) for changes in left.values() for change in changes]
    return sorted(pairs, key=lambda pair: pair.first)


def _take_nearest(changes: list[Change], window: int) -> Change | None:
    """Take the change nearest to `window` out of `changes`, which are sorted; None when all are too far away."""
    place = bisect_left(changes, window, key=lambda change: change.window)
    near = [i for i in (place - 1, place) if 0 <= i < len(changes)]
    best = min(near, key=lambda i: abs(changes[i].window - window), default=None)
    if best is None or abs(changes[best].window - window) > SHIFT_WINDOWS:
        return None
    return changes.pop(best)
