"""Which kernels a board computes a model with, as far as it says, and what is known of them."""

from collections.abc import Iterable, Mapping

from ..bundle.load import Bundle
from ..errors import HilError
from ..link import messages as m
from ..model.kernel_faults import DeviceKernels, KnownFault, known_faults
from ..model.kernel_names import ESP_NN, REFERENCE
from .kinds.registry import KINDS

KERNELS = "kernels"  # the line of BUILD that names them; firmwares of before this line run ESP-NN as it comes
SKIP_NUDGE = "CONFIG_NN_SKIP_NUDGE"
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


def rounding_note(build: Mapping[str, str]) -> str:
    """What a person should know of a build whose kernels are not bit-exact; empty for others."""
    if SKIP_NUDGE not in build.get(KERNELS, ""):
        return ""
    return (
        f"the firmware was built with {SKIP_NUDGE}: ESP-NN rounds another way there and is not bit-exact, so "
        "differences of 1 LSB are its own; remove the option from the firmware's sdkconfig and flash again"
    )


def chip_kernels(chip: str, kernels: str = "") -> DeviceKernels:
    """The kernels of a firmware for a chip, before it is built, in a version that is not known; unnamed: ESP-NN."""
    return DeviceKernels(kernels or ESP_NN, chip, {}, f"an {chip}")


def check_kernels(info: m.Info, build: Mapping[str, str], kernels: str) -> None:
    """See that a board runs the kernels that it was built for.

    Raises:
        HilError: it runs others, or does not tell.
    """
    told = build.get(KERNELS, "").partition(" ")[0]
    if told != kernels:
        said = told or "nothing of its kernels"
        raise HilError(
            f"the {info.board} was to run the kernels {kernels}, and its firmware says {said}",
            "remove the build's folder (.pio/build) and flash again",
        )


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
