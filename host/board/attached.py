"""Which board is attached: the one that answers. A USB identity alone is anybody's board."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ..errors import HilError
from ..invocation import command_line
from ..link.messages import Info
from .discovery import BoardNotFoundError, FoundPort
from .identity import describe
from .probe import probe

AT_ONCE = 16
NOBODY = "no firmware of this project answers"
Probe = Callable[[str], Info | None]


@dataclass(frozen=True)
class Asked:
    """A port, and what answered there.

    Attributes:
        port: which.
        info: what the firmware says of itself; None when none of ours answers.
        said: that, or why not, in words.
    """

    port: FoundPort
    info: Info | None
    said: str


def ask(port: FoundPort, probe_one: Probe | None = None) -> Asked:
    """Ask what runs behind `port`."""
    try:
        info = (probe_one or probe)(port.device)
    except HilError as error:
        return Asked(port, None, error.cause)
    return Asked(port, info, describe(info) if info is not None else NOBODY)


def ask_all(ports: Sequence[FoundPort], probe_one: Probe | None = None) -> list[Asked]:
    """Ask behind every known adapter, all at once; others are left alone."""
    known = [port for port in ports if port.adapter]
    if not known:
        return []
    with ThreadPoolExecutor(min(len(known), AT_ONCE)) as several:
        return list(several.map(lambda port: ask(port, probe_one), known))


def the_one(asked: Sequence[Asked], command: str, firmware: str = "") -> Asked | None:
    """The one board that answers; None when none does.

    Args:
        asked: what answered where.
        command: for which command one is wanted; its message names it.
        firmware: only boards that call themselves so count; empty: all.

    Raises:
        BoardNotFoundError: several answer; says which, and how to name one.
    """
    answering = [
        each for each in asked if each.info is not None and (not firmware or each.info.board == firmware)
    ]
    if len(answering) > 1:
        listing = "; ".join(f"{each.port.device}: {each.said}" for each in answering)
        raise BoardNotFoundError(
            f"several boards are attached: {listing}",
            f"name one: `{command_line(command, '--port', answering[0].port.device)}`, or set HIL_PORT, "
            'or write port = "…" into hil.toml',
        )
    return answering[0] if answering else None


def silent(asked: Sequence[Asked]) -> str:
    """The known adapters behind which nothing of ours answers, in words; empty when there are none."""
    return "; ".join(
        f"{each.port.device} ({each.port.adapter}): {each.said}" for each in asked if each.info is None
    )
