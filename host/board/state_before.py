"""An answer that tells another number than was asked for: whether it is that of the request before."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from ..errors import HilError
from ..link import messages as m

MOST = 0xFFFF  # of the narrowest of those numbers
COLUMN, STREAM = "column", "stream"
OTHER = 0xA5C3  # no number that is asked for
NUMBERS = (STREAM, "id", "nonce", "window", COLUMN)  # what a request is told from others by


def numbered(requests: Sequence[m.Payload], answer: m.Payload) -> tuple[str, int] | None:
    """A number that an answer tells otherwise than the requests have it, and theirs; None: there is none."""
    for name in NUMBERS:
        asked = [getattr(request, name) for request in requests if hasattr(request, name)]
        if asked and hasattr(answer, name) and getattr(answer, name) != asked[-1]:
            return name, asked[-1]
    return None


def of_state_before(
    requests: Sequence[m.Payload], answer: m.Payload, again: Callable[[Sequence[m.Payload]], m.Payload | None]
) -> tuple[str, bool]:
    """Which number is right, behind what an answer tells, and whether it tells that of the request before.

    Args:
        requests: that were asked.
        answer: to them, of which a number is another one.
        again: sends requests, and gives the answer of that kind.
    """
    found = numbered(requests, answer)
    if found is None:
        return "", False
    name, asked = found
    other = asked + 1 if asked < MOST else asked - 1
    later = [replace(request, **{name: other}) if hasattr(request, name) else request for request in requests]  # type: ignore[type-var]
    with contextlib.suppress(HilError):
        second = again(later)
        if second is not None and getattr(second, name) == asked:
            return (
                f", {name} {asked:,} is right; asked next for {name} {other:,}, it tells {asked:,}: the {name} of the "
                "request before, as if it were told before the new one is stored"
            ), True
    if name != STREAM:
        with contextlib.suppress(HilError):
            behind = again([m.StreamStart(stream=OTHER), m.StreamEnd(stream=OTHER), *requests])
            if behind is not None and getattr(behind, name) == OTHER:
                return (
                    f", {name} {asked:,} is right; behind a stream with number {OTHER:,} it tells that: the number of "
                    "the last stream"
                ), False
    return f", {name} {asked:,} is right", False
