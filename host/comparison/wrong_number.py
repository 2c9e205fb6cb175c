"""What a number that a device tells has to do with the right one: another field's, reversed bytes, another unit."""

from collections.abc import Mapping, Sequence
from itertools import accumulate, product

from ..board.wrong_bytes import narrow
from ..link.codec import Payload

LEAST_ALIKE = 10  # below it two fields are equal by chance
UNITS = (1000, 1_000_000, 8)
LEAST_UNITS = 4  # of a number in a larger unit; fewer are so by chance
POINTERS = (4, 8)  # bytes
TIMES = range(2, 17)
FEW_TIMES = range(1, 4)
LEAST_COUNTS = 3  # of one thing, so that what they have in common is no chance
LEAST_OWN = 2  # counts that are another thing's and not 0
LEAST_ADDED = 2  # of another thing, for one more or fewer to be no chance
LEAST_PARTED = 8  # that a large factor leaves of the right number


def how(
    told: int,
    right: int,
    others: Mapping[str, int] | None = None,
    least: int = LEAST_ALIKE,
    *,
    factors: Mapping[str, int] | None = None,
    addends: Mapping[str, int] | None = None,
) -> str:
    """What gives `told` where `right` is right, in words behind a colon; empty: nothing plain.

    Args:
        told: the number of the device.
        right: the one it should be.
        others: right numbers of fields beside it, by name.
        least: of one of them, for it to be no chance that it is the same.
        factors: large sizes that it may be told in, by name.
        addends: right numbers that may be counted in, or left out, by name.
    """
    for name, other in (others or {}).items():
        if told == other and other >= least:
            return f": that is {name}"
    if in_bits := narrow(told, right):
        return in_bits
    if right > 0:
        for size in (2, 4):
            swapped = int.from_bytes(right.to_bytes(size, "little"), "big") if right < 1 << 8 * size else None
            if told == swapped and told > LEAST_ALIKE:
                return f": its {size} bytes come in the other order"
        for unit in UNITS:
            if told == right * unit:
                return f": it is told in another unit, {unit:,} times less"
            if right >= LEAST_UNITS * unit and told == right // unit:
                return f": it is told in another unit, {unit:,} times more"
    return _parted(told, right, factors or {}) or _added(told, right, addends or {})


def _parted(told: int, right: int, factors: Mapping[str, int]) -> str:
    """A number in units of something."""
    for name, factor in factors.items():
        if told >= LEAST_PARTED and told * factor == right:
            return f": it is told in {name} of {factor:,}"
    return ""


def _added(told: int, right: int, addends: Mapping[str, int]) -> str:
    """A number with another one in it, or without one; empty where several may be meant."""
    found = [
        f": {name} ({number:,}) are {'counted in' if told == right + number else 'left out'}"
        for name, number in addends.items()
        if number >= LEAST_ADDED and abs(told - right) == number
    ]
    return found[0] if len(found) == 1 else ""


def whose(told: int, others: Mapping[str, int], least: int = LEAST_ALIKE) -> str:
    """Which one of other fields has the number that is told, in words behind a colon; empty: none, or several.

    Args:
        told: the number of the device.
        others: numbers of other fields that may be right, by name.
        least: of a number that two fields have by no chance.
    """
    same = [name for name, number in others.items() if number == told >= least]
    return f": that is {same[0]}" if len(same) == 1 else ""


def numbers_beside(message: Payload, field: str, its: str = "its") -> dict[str, int]:
    """The numbers of a message besides one, by name."""
    told = {layout.name: getattr(message, layout.name) for layout in message.LAYOUT if layout.name != field}
    return {f"{its} {name}": int(value) for name, value in told.items() if isinstance(value, int)}


def size_told(told: int) -> str:
    """That a size is a pointer's, where it is."""
    return (
        f": that is the size of a pointer ({told} bytes), not of what it points to"
        if told in POINTERS
        else ""
    )


def of_all(
    told: Sequence[int], right: Sequence[int], others: Mapping[str, Sequence[int]] | None = None
) -> str:
    """What gives all counts of one thing, one after the other, in words behind a colon; empty: nothing plain.

    Args:
        told: by the device, one for each file, say.
        right: those that they should be, as many.
        others: right counts of other things, as many, by name.
    """
    for name, counts in (others or {}).items():
        if list(told) == list(counts) != list(right) and sum(map(bool, counts)) >= LEAST_OWN:
            return f": those are {name}"
    if len(told) < LEAST_COUNTS or list(told) == list(right) or not any(right):
        return ""
    if not any(told):
        return ": it is not counted"
    off = {theirs - ours for theirs, ours in zip(told, right, strict=True)}
    if len(off) == 1:
        by = off.pop()
        return f": it is always {by:+,}" + (
            ", as the last one's number is, counted from 0" if by == -1 else ""
        )
    of_others = _of_others(list(told), list(right)) if len(set(right)) > 1 else ""
    return of_others or _several(told, right) or _with_others(told, right, others or {})


def _of_others(told: list[int], right: list[int]) -> str:
    """Counts that are made of those before."""
    if told == list(accumulate(right)):
        return ": it goes on from one to the next, and is not set back"
    if told[1:] == right[:-1]:
        return ": it is that of the one before"
    return ": it is the most so far" if told == list(accumulate(right, max)) else ""


def _with_others(told: Sequence[int], right: Sequence[int], others: Mapping[str, Sequence[int]]) -> str:
    """Each counted once or several times, and something else besides, of which there is some and not always as much."""
    for times, (name, counts) in product(FEW_TIMES, others.items()):
        if (
            len(set(counts)) > 1
            and len(counts) == len(told)
            and list(told) == [times * ours + other for ours, other in zip(right, counts, strict=True)]
        ):
            return f": {f'each is counted {times} times, and ' if times > 1 else ''}{name} are counted in"
    return ""


def _several(told: Sequence[int], right: Sequence[int]) -> str:
    """Each counted several times, or one in several."""
    for times in TIMES:
        if all(theirs == times * ours for theirs, ours in zip(told, right, strict=True)):
            return f": each is counted {times} times"
        if all(abs(times * theirs - ours) < times for theirs, ours in zip(told, right, strict=True)):
            return f": one in {times} is counted"
    return ""
