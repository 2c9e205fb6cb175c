"""Runs to report on."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..comparison.conftest import bundle, samples
from ..comparison.expected import Expected
from ..comparison.fakes import FakeDevice, FakeInterpreter, Tamper, bundle_info, sample_status, settle
from ..comparison.file import FileComparison
from ..comparison.result import RunComparison
from ..link import messages as m

__all__ = ["bundle", "compared", "make_run", "samples"]

Compare = Callable[..., FileComparison]
MakeRun = Callable[..., RunComparison]


@pytest.fixture(scope="session")
def compared(bundle: Bundle, samples: NDArray[Any]) -> Compare:
    """Compare some samples under a name, on a device that `tamper` spoils."""

    def compare(
        name: str = "a.wav",
        tamper: Tamper | None = None,
        audio: NDArray[np.int16] = samples,
        inference: bool = True,
        finish: bool = True,
    ) -> FileComparison:
        interpreter = FakeInterpreter(bundle)
        file = FileComparison(name, bundle, inference)
        model = interpreter if inference else None
        file.add_host(Expected(bundle, model, model).push(audio), len(audio))
        file.end_audio()
        for result in FakeDevice(bundle, interpreter, tamper).stream([audio], inference=inference):
            if finish or not isinstance(result, m.StreamDone):
                file.add_device(result)
        return file

    return compare


@pytest.fixture
def make_run(bundle: Bundle) -> MakeRun:
    """A run of some files on a virtual board."""

    def make(*files: FileComparison, virtual: bool = True, inference: bool = True) -> RunComparison:
        info = bundle_info(bundle)
        if not virtual:
            info = replace(info, capabilities=info.capabilities & ~m.Capability.VIRTUAL_TIME)
        run = RunComparison("virtual", bundle, info, inference, versions={"numpy": "1.26.4"})
        run.recorded.interpreter = lambda: FakeInterpreter(bundle)
        for file in files:
            run.add(file)
        settle(run)
        run.status = replace(sample_status(), rx_frames=12, stack_free=0, heap_free=0, heap_min_free=0)
        if not virtual:
            run.status = replace(run.status, stack_free=900, heap_free=2000, heap_min_free=1000)
        run.host_link = {"damaged_frames": 0}
        return run

    return make


@pytest.fixture(scope="session")
def wrong_cell() -> Tamper:
    """Spoils one cell of column 70."""

    def spoil(message: Any) -> list[Any]:
        if isinstance(message, m.Features) and message.first_column == 70:
            cells = bytearray(message.cells)
            cells[5] = (cells[5] + 3) % 256
            return [m.Features(first_column=70, cells=bytes(cells))]
        return [message]

    return spoil
