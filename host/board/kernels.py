"""Which kernels a board computes a model with, as far as it says, and what is known of them."""

from collections.abc import Iterable, Mapping

from ..bundle.load import Bundle
from ..errors import HilError
from ..link import messages as m
from ..model.kernel_faults import ESP_NN, REFERENCE, DeviceKernels, KnownFault, known_faults
from .kinds.registry import KINDS

KERNELS = "kernels"  # the line of BUILD that names them where they are not ESP-NN as it comes
UNKNOWN = "?"


class KernelCrashError(HilError):
    """The board's kernels are known to crash on the model."""


def kernels_of(info: m.Info, build: Mapping[str, str] | None = None) -> DeviceKernels:
    """The kernels of a connected board.

    Args:
        info: what it says of itself.
        build: what it was built with, such as "1.2.3 O2" by name; a version that it does not tell is not known.
    """
    first = {name: words[0] for name, text in (build or {}).items() if (words := text.split())}
    versions = {name: version for name, version in first.items() if version != UNKNOWN}
    if info.capabilities & m.Capability.VIRTUAL_TIME:
        return DeviceKernels(REFERENCE, "", versions, "the virtual board")
    return DeviceKernels(versions.get(KERNELS, ESP_NN), info.board, versions, f"this {info.board}")


def chip_kernels(chip: str) -> DeviceKernels:
    """The kernels of a firmware for a chip, before it is built: ESP-NN in a version that is not known."""
    return DeviceKernels(ESP_NN, chip, {}, f"an {chip}")


def every_chip() -> list[DeviceKernels]:
    """Of all kinds of board that `flash` knows."""
    return [chip_kernels(kind.name) for kind in KINDS if kind.environment]


def refuse_crashes(bundle: Bundle, device: DeviceKernels) -> list[KnownFault]:
    """The faults that the bundle's model meets there and that a person should be told of.

    Raises:
        KernelCrashError: one of them crashes the board whatever it computes.
        ModelError: the model cannot be read.
    """
    found = told(known_faults(bundle.model_bytes, device))
    crashes = [known for known in found if known.crashes]
    if crashes:
        raise KernelCrashError(
            f"bundle {bundle.name!r} is not put onto {device.name}: {crashes[0].sentence}",
            f"{crashes[0].fault.cure} ({crashes[0].fault.source}); --force does it all the same",
        )
    return found


def told(found: Iterable[KnownFault]) -> list[KnownFault]:
    """Those that show by themselves; the others explain a mismatch when there is one."""
    return [known for known in found if known.expected]
