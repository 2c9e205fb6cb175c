"""Which other figure of the board's a wrong count is: one of the same message, INFO's, or two of them together."""

from collections.abc import Mapping
from itertools import combinations

from ...link import messages as m
from ..record import RunRecord
from ..wrong_number import LEAST_ALIKE, numbers_beside, whose

LEAST_EXACT = 1000  # of a count that is another one, to the last digit, by no chance
# A count of n is one of k sums and differences by chance in about k / n: it has to be so many times as large.
PAIRS_SPARE = 50
LEAST_SPARES = 20  # as many times what is under way is another figure that is counted in by no chance
MOST_ZEROS = 2  # between two frames


def of_exact_figures(run: RunRecord, status: m.Status, name: str) -> str:
    """Which figure, or which two together, a large count of STATUS is to the last digit, in words behind a colon."""
    told = getattr(status, name)
    if told < LEAST_EXACT:
        return ""
    beside = numbers_beside(status, name)
    return (
        whose(told, beside)
        or whose(told, numbers_beside(run.info, "", "INFO's"))
        or two_together(told, beside)
    )


def two_together(told: int, others: Mapping[str, int]) -> str:
    """Of which two figures a number is the sum or the difference, in words behind a colon; empty: none, or several.

    Args:
        told: the number of the device.
        others: numbers of other fields, by name.
    """
    found: list[str] = []
    values: set[int] = set()
    large = {name: number for name, number in others.items() if number >= LEAST_ALIKE}
    for (one, first), (other, second) in combinations(large.items(), 2):
        more, less = (one, other) if first >= second else (other, one)
        values |= {first + second, abs(first - second)}
        if told == first + second:
            found.append(f": that is {one} and {other.removeprefix('its ')} together")
        elif told == abs(first - second):
            found.append(f": that is {more} less {less}")
    return found[0] if len(found) == 1 and told >= PAIRS_SPARE * len(values) else ""


def counted_in(status: m.Status, name: str, beyond: int, spare: int) -> str:
    """Which other figure is about what a count is too large by, in words behind a colon; empty: none, or several."""
    kind = name.rpartition("_")[2]
    found = [
        other
        for other, number in numbers_beside(status, name).items()
        if other.endswith(kind) and number >= LEAST_SPARES * spare and abs(number - beyond) <= spare
    ]
    return f": {found[0]} are counted in" if len(found) == 1 else ""


def noise_of_frames(status: m.Status) -> str:
    """That nearly all bytes that came are counted as noise, in words behind a colon: frames end with a zero or two."""
    rest, frames = status.rx_bytes - status.noise_bytes, status.rx_frames
    if status.noise_bytes < LEAST_EXACT or not frames <= rest <= MOST_ZEROS * frames:
        return ""
    return (
        f": those are all {status.rx_bytes:,} that came but {rest:,}, about the zeros that {frames:,} valid frames end "
        "with: the bytes of valid frames are counted as well (link_input in firmware/core/link/receive.c)"
    )
