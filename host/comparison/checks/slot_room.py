"""How large an image a slot takes, where that is not what INFO tells."""

from collections.abc import Callable

from ...link import messages as m
from ...link.codec import Payload
from .slot_causes import BEYOND, FITTING


def room_of(begin: Callable[[int], list[Payload]], told: int) -> tuple[list[Payload], list[Payload], str]:
    """Begin with an image as large as the slot, and with one of a byte more.

    Args:
        begin: asks for an image of so many bytes.
        told: what INFO says of the slot.

    Returns:
        The answers to both, and why they are others than they must be, behind what was seen; empty: they are not.
    """

    def takes(length: int) -> bool:
        return _brings(begin(length), m.DeployState.RECEIVING)

    fitting, beyond = begin(told), begin(told + 1)
    if _brings(fitting, m.DeployState.RECEIVING) and _brings(beyond, m.DeployState.REFUSED):
        return fitting, beyond, ""
    return fitting, beyond, room_told(most_taken(takes, told), told)


def most_taken(takes: Callable[[int], bool], told: int) -> int:
    """The largest length that is taken, found by halving; 0: none is, twice `told`: there seems to be no limit.

    Args:
        takes: whether an image of such a length may be begun; of a longer one than that is not, none is.
        told: what INFO says of the slot.
    """
    least, most = 0, 2 * told
    if takes(most):
        return most
    while most - least > 1:
        middle = (least + most) // 2
        if takes(middle):
            least = middle
        else:
            most = middle
    return least


def room_told(most: int, told: int) -> str:
    """Why the slot takes another length than INFO tells, behind what was seen."""
    if most == told - 1:
        return FITTING
    if most in (told + 1, 2 * told):
        return BEYOND
    apart = abs(most - told)
    return (
        f": {most:,} bytes are taken at most, and INFO tells {told:,}, {apart:,} {'more' if told > most else 'fewer'}; "
        "look at what tells it (slot_size in firmware/core/session/info.c), and at what lengths are compared with "
        "(slot_begin in firmware/core/bundle/slot.c)"
    )


def _brings(answers: list[Payload], state: m.DeployState) -> bool:
    """Whether a request brought one answer, with this state."""
    return [getattr(answer, "state", None) for answer in answers] == [int(state)]
