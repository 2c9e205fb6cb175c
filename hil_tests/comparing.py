"""Comparing samples that are in memory, for tests."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from .toolkit import Bundle, Device, Expected, FileComparison, Interpreter

Int16 = NDArray[np.int16]


def compare_blocks(
    device: Device,
    bundle: Bundle,
    blocks: Iterable[Int16],
    interpreter: Interpreter | None,
    name: str = "samples",
) -> FileComparison:
    """Stream `blocks` into device and host; `interpreter` None compares features only."""
    comparison = FileComparison(name, bundle, interpreter is not None)
    reference = Expected(bundle, interpreter)

    def fed() -> Iterator[Int16]:
        for block in blocks:
            yield block
            comparison.add_host(reference.push(block), len(block))
        comparison.end_audio()

    for result in device.stream(fed(), inference=interpreter is not None):
        comparison.add_device(result)
    return comparison


def assert_agreed(comparison: FileComparison) -> None:
    """Fail with the differences, located, and never pass on nothing."""
    found = [
        *comparison.problems,
        *(f"{mismatch.kind}: {mismatch.text}" for mismatch in comparison.mismatches),
    ]
    assert comparison.agreed, f"{comparison.name}: " + "; ".join(found or ["not finished"])
    assert comparison.features.compared > 0, f"{comparison.name}: nothing was compared"
