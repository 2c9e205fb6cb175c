"""What is counted as noise in the place of the bytes that were no frame."""

from itertools import combinations

from ...board.disturbing import Disturbed

NOISE = "noise"  # a cause by this name is one of all that is told of noise
# Acknowledgements and the last request, which nobody counted here; each takes no more bytes than that.
MOST_BESIDES, LONGEST_BESIDES = 10, 24


def how_noise(done: Disturbed, counted: int) -> str:
    """What gives a wrong count of noise, in words behind a colon; empty: nothing plain."""
    return of_valid_frames(done) or _alone(done, counted) or _otherwise(done, counted)


def of_valid_frames(done: Disturbed) -> str:
    """That the bytes of right frames are counted as noise, too, in words behind a colon; empty: they are not."""
    beyond = (done.after.noise_bytes - done.before.noise_bytes) % (1 << 32) - done.noise_bytes
    if not 0 < done.valid_bytes <= beyond <= done.valid_bytes + MOST_BESIDES * LONGEST_BESIDES:
        return ""
    return (
        f": the bytes of right frames are counted, too ({done.valid_bytes:,} in the {done.valid:,} that were written "
        "meanwhile, their zeros apart; link_input in firmware/core/link/receive.c)"
    )


def _alone(done: Disturbed, counted: int) -> str:
    """Which kinds of noise alone give a count of bytes, in words behind a colon; empty where none, or several, do."""
    found = [
        [words for words, _ in kinds]
        for size in range(1, len(done.noise))
        for kinds in combinations(done.noise, size)
        if sum(count for _, count in kinds) == counted
    ]
    if len(found) != 1:
        return ""
    others = [words for words, _ in done.noise if words not in found[0]]
    return f": it is that {' and '.join(found[0])} alone; bytes {' and '.join(others)} are left out"


def _otherwise(done: Disturbed, counted: int) -> str:
    """In which one way noise is counted, in words behind a colon; empty where none, or several, give the count."""
    found = [words for words, count in done.noise_otherwise if count == counted]
    return f": {found[0]} (link_input in firmware/core/link/receive.c)" if len(found) == 1 else ""
