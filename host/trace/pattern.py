"""What the cells that differ have in common: one channel, a border, saturation, an offset, a step, a swap."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..model.ends import Tensor

LEAST_PERIODIC = 3  # cells, so that a step between them is no chance
MOST_PERIOD = 64
LEAST_MANY = 2  # channels that differ in all their cells, so that they are told as a group
NEVER_WRITTEN_CELLS = 8  # of one value, where the host has others

Wide = NDArray[np.int64]


@dataclass(frozen=True)
class Pattern:
    """What was found.

    Attributes:
        name: of the kind of pattern, a key of the causes that are known of it.
        words: for the sentence, e.g. "all in channel 5".
    """

    name: str
    words: str


@dataclass(frozen=True)
class Cells:
    """A tensor of both sides.

    Attributes:
        host, device: integers of one shape.
        limits: the least and the largest value of its type.
    """

    host: Wide
    device: Wide
    limits: tuple[int, int]

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Which cells differ."""
        return self.host != self.device

    @property
    def gaps(self) -> Wide:
        """Device minus host, of the cells that differ, in order."""
        return (self.device - self.host)[self.wrong]

    @property
    def places(self) -> NDArray[np.int64]:
        """Numbers of the cells that differ, counted through the tensor."""
        return np.flatnonzero(self.wrong)


def cells_of(host: Tensor, device: Tensor) -> Cells:
    """Both sides' values of a tensor, of one type and shape.

    Raises:
        ValueError: they have not.
    """
    if host.shape != device.shape or host.dtype != device.dtype:
        raise ValueError(f"{host.dtype} {list(host.shape)} beside {device.dtype} {list(device.shape)}")
    limits = (
        (0, 1) if host.dtype == np.bool_ else (int(np.iinfo(host.dtype).min), int(np.iinfo(host.dtype).max))
    )
    return Cells(host.astype(np.int64), device.astype(np.int64), limits)


def patterns(cells: Cells) -> list[Pattern]:
    """All that the differing cells have in common, what says most first; empty where all are equal."""
    if not cells.wrong.any():
        return []
    return [found for rule in RULES for found in rule(cells)]


def one_cell(cells: Cells) -> Iterator[Pattern]:
    """A single cell differs."""
    if len(cells.places) == 1 and cells.host.size > 1:
        yield Pattern("one cell", f"cell {cells.places[0]} alone{_at(cells, int(cells.places[0]))}")


def never_written(cells: Cells) -> Iterator[Pattern]:
    """The device has one and the same value everywhere, where the host has different ones."""
    values = np.unique(cells.device)
    if len(values) == 1 and cells.host.size >= NEVER_WRITTEN_CELLS and len(np.unique(cells.host)) > 1:
        yield Pattern("never written", f"the device has {values[0]} in every cell")


def swapped(cells: Cells) -> Iterator[Pattern]:
    """Two channels, or two cells, have changed places."""
    host, device = (
        side.reshape(-1, cells.host.shape[-1] if cells.host.ndim else 1)
        for side in (cells.host, cells.device)
    )
    channels = np.flatnonzero((host != device).any(axis=0))
    if len(channels) == 2:
        one, other = channels.tolist()
        if np.array_equal(device[:, one], host[:, other]) and np.array_equal(device[:, other], host[:, one]):
            yield Pattern("swapped", f"channels {one} and {other} have changed places")


def moved(cells: Cells) -> Iterator[Pattern]:
    """Everything lies some cells further on, or further back."""
    host, device = cells.host.ravel(), cells.device.ravel()
    for by in (1, -1, 2, -2, 4, -4, 8, -8, 16, -16):
        if len(host) > 2 * abs(by) and len(np.unique(host)) > 2:
            ours = host[:-by] if by > 0 else host[-by:]
            theirs = device[by:] if by > 0 else device[:by]
            if np.array_equal(ours, theirs):
                yield Pattern(
                    "moved", f"every value lies {abs(by)} cells {'further on' if by > 0 else 'too early'}"
                )
                return


def wrapped(cells: Cells) -> Iterator[Pattern]:
    """Where the host saturates, the device has wrapped around."""
    low, high = cells.limits
    at_end = (cells.host == low) | (cells.host == high)
    span = high - low + 1
    far = np.abs(cells.device - cells.host) > span // 4
    if len(cells.places) >= LEAST_PERIODIC and bool((at_end & far)[cells.wrong].all()):
        yield Pattern("wrapped", "only cells that the host saturates, and the device has them far off")


def saturated(cells: Cells) -> Iterator[Pattern]:
    """Only cells differ that one side has at an end of the range."""
    low, high = cells.limits
    ends = {low, high}
    host, device = cells.host[cells.wrong], cells.device[cells.wrong]
    on_host = all(value in ends for value in np.unique(host).tolist())
    on_device = all(value in ends for value in np.unique(device).tolist())
    usual = bool(np.isin(cells.host, list(ends)).all())
    if len(cells.places) >= LEAST_PERIODIC and (on_host or on_device) and not usual:
        yield Pattern("saturated", f"only cells that are saturated on the {'host' if on_host else 'device'}")


def other_bounds(cells: Cells) -> Iterator[Pattern]:
    """The device clamps at another value than the host."""
    for name, host_end, device_end in (
        ("from below", cells.host.min(), cells.device.min()),
        ("from above", cells.host.max(), cells.device.max()),
    ):
        if host_end == device_end or len(cells.places) < LEAST_PERIODIC:
            continue
        bound = np.maximum if name == "from below" else np.minimum
        loose, tight = (
            (cells.device, host_end) if abs(device_end) > abs(host_end) else (cells.host, device_end)
        )
        other = cells.host if loose is cells.device else cells.device
        if np.array_equal(bound(loose, tight), other):
            yield Pattern("other bounds", f"the host clamps {name} at {host_end}, the device at {device_end}")


def offset(cells: Cells) -> Iterator[Pattern]:
    """Every cell that is not saturated is off by the same."""
    gaps = np.unique(cells.gaps)
    low, high = cells.limits
    if cells.host.size < LEAST_PERIODIC:
        return
    by = int(gaps[np.argmax(np.abs(gaps))])
    if np.array_equal(np.clip(cells.host + by, low, high), cells.device):
        yield Pattern("offset", f"every cell is off by {by:+d}")


def one_channel(cells: Cells) -> Iterator[Pattern]:
    """All lie in one channel, or in few."""
    if cells.host.ndim < 2 or cells.host.shape[-1] < 2 or len(cells.places) < LEAST_MANY:
        return
    count = cells.host.shape[-1]
    per_channel = cells.host.size // count
    channels = np.unique(cells.places % count)
    if per_channel < 2:
        return
    if len(channels) == 1:
        yield Pattern("one channel", f"all in channel {channels[0]}")
    elif len(channels) <= max(LEAST_MANY, count // 4):
        named = ", ".join(map(str, channels[:4])) + (
            f" and {len(channels) - 4} more" if len(channels) > 4 else ""
        )
        yield Pattern("few channels", f"all in channels {named}")


def border(cells: Cells) -> Iterator[Pattern]:
    """All lie on the tensor's border in height or width, or at one of its ends."""
    shape = cells.host.shape
    if len(shape) != 4 or len(cells.places) < LEAST_MANY:
        return
    rows, columns = (np.argwhere(cells.wrong)[:, axis] for axis in (1, 2))
    sides = []
    for name, where, last in (("row", rows, shape[1] - 1), ("column", columns, shape[2] - 1)):
        if last < 2:
            continue
        for side, at in (("first", 0), ("last", last)):
            if (where == at).all():
                yield Pattern("border", f"all in the {side} {name}")
                return
        sides.append((where == 0) | (where == last))
    if sides and bool(np.logical_or.reduce(sides).all()):
        yield Pattern("border", "all on the border")


def every_kth(cells: Cells) -> Iterator[Pattern]:
    """Their numbers are some step apart, over all of the tensor."""
    places = cells.places
    if len(places) < LEAST_PERIODIC:
        return
    step = int(np.gcd.reduce(np.diff(places)))
    channels = cells.host.shape[-1] if cells.host.ndim else 1
    if 2 <= step <= MOST_PERIOD and step != channels and len(places) * step * 2 >= cells.host.size:
        yield Pattern("every k-th", f"every {step}th cell from cell {places[0]} on")


def tail(cells: Cells) -> Iterator[Pattern]:
    """All lie at the end, from some cell on, as what a vectorised loop leaves over."""
    places, size = cells.places, cells.host.size
    left = size - int(places[0])
    if len(places) >= LEAST_MANY and left <= max(16, size // 8) and len(places) * 2 >= left and left < size:
        yield Pattern("tail", f"all within the last {left} cells")


def stretch(cells: Cells) -> Iterator[Pattern]:
    """A stretch of cells in a row differs, and nothing else."""
    places = cells.places
    length = int(places[-1] - places[0]) + 1
    if len(places) >= 4 and len(places) * 10 >= 9 * length and length < cells.host.size:
        yield Pattern("stretch", f"cells {places[0]} to {places[-1]}")


def rounding(cells: Cells) -> Iterator[Pattern]:
    """No cell is off by more than one."""
    gaps = cells.gaps
    if len(gaps) >= LEAST_PERIODIC and int(np.abs(gaps).max()) == 1:
        ways = np.unique(gaps)
        way = f", always {ways[0]:+d}" if len(ways) == 1 else ""
        yield Pattern("rounding", f"each by one step{way}")


def _at(cells: Cells, place: int) -> str:
    """A cell's own place in a tensor of several axes."""
    if cells.host.ndim < 2:
        return ""
    where = np.unravel_index(place, cells.host.shape)
    return f" (at {', '.join(str(int(each)) for each in where)})"


Rule = Callable[[Cells], Iterator[Pattern]]
RULES: tuple[Rule, ...] = (
    one_cell,
    never_written,
    swapped,
    moved,
    offset,
    wrapped,
    saturated,
    other_bounds,
    every_kth,
    tail,
    one_channel,
    border,
    stretch,
    rounding,
)
