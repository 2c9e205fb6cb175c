"""What a user chose: one value for commands and pytest alike."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class BoardChoice:
    """A user's choice of board.

    Attributes:
        kind: name of a kind in `kinds.registry`.
        port: pyserial URL, or None to look for it.
        baud: line speed: what a real board negotiates (0: stay at the boot rate), a virtual one is throttled to.
        damage: share of frames that a virtual board's line damages.
        seed: of the damage.
        tcp: whether a virtual board's plug is a TCP port.
        microphone: raw samples for a virtual board's microphone.
        flash: file behind a virtual board's model slot.
        qemu: the emulator's path, or None to look for it.
        place: of labgrid's, whose board is used; None: none.
        coordinator: labgrid's address.
        said_by: who says the kind, for messages.
        image: what it runs: a build folder or a merged image; None: the bundle's firmware, built first.
    """

    kind: str
    port: str | None = None
    baud: int | None = None
    damage: float = 0.0
    seed: int = 1
    tcp: bool = False
    microphone: Path | None = None
    flash: Path | None = None
    qemu: str | None = None
    image: Path | None = None
    place: str | None = None
    coordinator: str = ""
    said_by: str = "--board"
