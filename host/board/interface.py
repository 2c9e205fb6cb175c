"""What the rest of the program knows of a board, and of a kind of board."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from ..line.port import BytePort
from ..link.messages import Capability
from .choice import BoardChoice

BOARD_PATIENCE_S = 5.0
EMULATOR_PATIENCE_S = 30.0
UsbId = tuple[int, int | None]  # vendor, product; None stands for any product of the vendor


class Board(Protocol):
    """A board that can be plugged in. Tests and commands know no more of it than this.

    Attributes:
        kind: name of its kind, for reports.
        description: how it is reached, in words.
        patience_s: how long it may acknowledge nothing before it counts as dead.
        emulated: whether its latencies are an emulator's, whatever the firmware says.
        negotiates_rate: whether its line can be made faster after connecting.
        elf: the firmware on it, so that a crash's backtrace can be decoded; None when not known.
    """

    kind: str
    description: str
    patience_s: float
    emulated: bool
    negotiates_rate: bool
    elf: Path | None

    def open(self) -> BytePort:
        """Return a new byte stream to the board, starting the board first when it is one that starts.

        Raises:
            HilError: there is no such board, or it cannot be opened.
        """
        ...

    def press_reset(self) -> None:
        """Reset the board as its button would.

        Raises:
            HilError: this board has no such button.
        """
        ...

    def close(self) -> None:
        """Stop what `open` started."""
        ...


@runtime_checkable
class Booting(Protocol):
    """A board that can tell whether it is still on its way: an emulator may take a minute for a second."""

    def still_boots(self) -> bool:
        """Whether waiting on makes sense. Asked every few seconds; says now and then what is waited for.

        Raises:
            HilError: it hangs, or has ended.
        """
        ...


@runtime_checkable
class Switchable(Protocol):
    """A board whose power can be switched from here."""

    def power_cycle(self) -> bool:
        """Switch the power off and on, once in a board's life; False where that cannot be done, or was done before.

        Raises:
            HilError: what switches it failed.
        """
        ...


@dataclass(frozen=True)
class BoardFacts:
    """What is known beforehand of a board that was made and started here.

    Attributes:
        info: fields of INFO, by name, that it must tell.
        capabilities: it has these; those that follow from the bundle, and states, apart.
        throwaway: nothing on it outlives it, so that its model slot may be written and it may be restarted.
        exact_line: nothing on the way to it damages, loses or doubles a byte, unless that is asked for (`--damage`):
            both ends are programs of this computer, and neither drops what the other one is too slow for.
    """

    info: Mapping[str, object] = field(default_factory=dict)
    capabilities: Capability | None = None
    throwaway: bool = False
    exact_line: bool = False


@runtime_checkable
class Known(Protocol):
    """A board of which something is known beforehand."""

    @property
    def facts(self) -> BoardFacts:
        """What it is, as it was started."""
        ...


@dataclass(frozen=True)
class BoardKind:
    """All that tells one kind of board from the others. `kinds/` holds one file a kind, `kinds/registry.py` lists them.

    Attributes:
        name: what `--board` calls it; for a chip also what its firmware calls itself in INFO.
        make: makes the board that a choice names, built for the bundle in a folder where that is needed. The choice
            has a port when `needs_port`.
        environment: of platformio.ini, for a kind that `flash` uploads to; empty for the others.
        usb: the chip's own USB identities and their names. A USB bridge can have any chip behind it and is not listed.
        takes_port: whether --port can name one that runs elsewhere.
        needs_port: whether it is found at a serial port, so that one is looked for when none is named.
        made_here: whether it is a program of this computer, with files as its microphone and model slot.
        runs_images: whether --image can name a firmware that was built elsewhere.
        microphone_cure: what to do when it has no microphone.
        firmwares: what the firmware at such a board's port calls itself in INFO; empty: anything.
    """

    name: str
    make: Callable[[BoardChoice, Path], Board]
    environment: str = ""
    usb: Mapping[UsbId, str] = field(default_factory=dict)
    takes_port: bool = True
    needs_port: bool = True
    made_here: bool = False
    runs_images: bool = False
    microphone_cure: str = "wire an INMP441 as in firmware/README.md, or use a board that has a microphone"
    firmwares: tuple[str, ...] = ()
