"""All kinds of board. A new one is a file beside this one, and its line in KINDS."""

from ...errors import HilError
from ..choice import BoardChoice
from ..interface import BoardKind
from . import esp32, esp32s3, qemu, serial_line, virtual

KINDS: tuple[BoardKind, ...] = (
    virtual.KIND,  # the first is what commands use when nothing is said
    esp32.KIND,  # the first that can be flashed is the chip expected behind a USB bridge
    esp32s3.KIND,
    qemu.KIND,
)
AT_A_PORT = serial_line.KIND  # when the user names a port and no kind
DEFAULT = KINDS[0]


def kind_named(name: str) -> BoardKind:
    """The kind called `name`.

    Raises:
        HilError: there is none.
    """
    for kind in (*KINDS, AT_A_PORT):
        if kind.name == name:
            return kind
    names = ", ".join(kind.name for kind in KINDS)
    raise HilError(f"no kind of board is called {name!r}", f"use one of {names}")


def kind_of(choice: BoardChoice) -> BoardKind:
    """The kind that a choice names."""
    return kind_named(choice.kind)


def flashable() -> dict[str, BoardKind]:
    """The kinds that `flash` uploads to, by name."""
    return {kind.name: kind for kind in KINDS if kind.environment}
