"""What a number that a device tells has to do with the right one: another field's, reversed bytes, another unit."""

from collections.abc import Mapping

NARROW_BITS = range(7, 25)  # of a number that has more
LEAST_ALIKE = 10  # below it two fields are equal by chance
UNITS = (1000, 1_000_000, 8)
LEAST_UNITS = 4  # of a number in a larger unit; fewer are so by chance
POINTERS = (4, 8)  # bytes


def how(told: int, right: int, others: Mapping[str, int] | None = None, least: int = LEAST_ALIKE) -> str:
    """What gives `told` where `right` is right, in words behind a colon; empty: nothing plain.

    Args:
        told: the number of the device.
        right: the one it should be.
        others: right numbers of fields beside it, by name.
        least: of one of them, for it to be no chance that it is the same.
    """
    for name, other in (others or {}).items():
        if told == other and other >= least:
            return f": that is {name}"
    alike = [bits for bits in NARROW_BITS if right >> bits and told == right & ((1 << bits) - 1)]
    if alike:
        return f": it is told in at most {alike[-1]} bits"
    if right > 0:
        for size in (2, 4):
            if right < 1 << 8 * size and told == int.from_bytes(right.to_bytes(size, "little"), "big"):
                return f": its {size} bytes come in the other order"
        for unit in UNITS:
            if told == right * unit:
                return f": it is told in another unit, {unit:,} times less"
            if right >= LEAST_UNITS * unit and told == right // unit:
                return f": it is told in another unit, {unit:,} times more"
    return ""


def size_told(told: int) -> str:
    """That a size is a pointer's, where it is."""
    return (
        f": that is the size of a pointer ({told} bytes), not of what it points to"
        if told in POINTERS
        else ""
    )
