"""What bytes, or a number, that a device tells have to do with the right ones: cut off, moved, in another order."""

LEAST_COUNT_BITS = 15  # of a count of samples, which may end early by a round number of them
NARROW_BITS = range(7, 25)  # of a number that has more
LEAST = 4  # bytes, below which anything may be so by chance
GROUPS = (2, 4, 8)
BITS_8 = 256
FARTHEST = 8  # bytes that they may have moved by


def narrow(told: int, right: int, least: int = 0) -> str:
    """That a number is kept in fewer bits than it has, `least` or more, in words behind a colon; empty: it is not."""
    alike = [
        bits for bits in NARROW_BITS if bits >= least and right >> bits and told == right & ((1 << bits) - 1)
    ]
    return f": it is told in at most {alike[-1]} bits" if alike else ""


def how_bytes(told: bytes, right: bytes) -> str:
    """What gives `told` where `right` is right, in words behind a colon; empty: nothing plain.

    Args:
        told: the bytes of the device.
        right: those that they should be.
    """
    if len(right) < LEAST or told == right or not told:
        return ""
    return _cut(told, right) or _moved(told, right) or _ordered(told, right) or _another(told, right)


def _cut(told: bytes, right: bytes) -> str:
    alike = next((at for at, pair in enumerate(zip(told, right, strict=False)) if len(set(pair)) > 1), None)
    alike = min(len(told), len(right)) if alike is None else alike
    rest = told[alike:]
    if not alike or any(rest) or len(told) > len(right):
        return ""
    why = ", up to its first zero" if right[alike] == 0 and right.find(0) == alike else ""
    zeros = ", and zeros behind them" if rest else ""
    if not rest and len(told) == len(right) % BITS_8:
        why = ", so its length is kept in 8 bits"
    return f": its first {alike:,} of {len(right):,} bytes alone{why}{zeros}"


def _moved(told: bytes, right: bytes) -> str:
    for by in range(1, min(FARTHEST, len(right) - LEAST) + 1):
        if told == right[by:]:
            return f": its first {'byte is' if by == 1 else f'{by} bytes are'} left out"
        if len(told) == len(right):
            for way, ours, theirs in (("late", told[by:], right[:-by]), ("early", told[:-by], right[by:])):
                if ours == theirs:
                    return f": its bytes come {by} {way}"
    return ""


def _ordered(told: bytes, right: bytes) -> str:
    if told == right[::-1]:
        return ": its bytes come in reverse order"
    for size in GROUPS:
        groups = [right[at : at + size] for at in range(0, len(right), size)]
        if told == b"".join(group[::-1] for group in groups):
            return f": of each {size} bytes the order is reversed"
    return ""


def _another(told: bytes, right: bytes) -> str:
    if len(told) != len(right):
        return ""
    wrong = [at for at, (theirs, ours) in enumerate(zip(told, right, strict=True)) if theirs != ours]
    if len(wrong) == 1:
        at = wrong[0]
        return f": byte {at:,} is {told[at]:#04x} instead of {right[at]:#04x}"
    masks = {theirs ^ ours for theirs, ours in zip(told, right, strict=True)}
    return f": in each byte the bits {masks.pop():#04x} are inverted" if len(masks) == 1 else ""
