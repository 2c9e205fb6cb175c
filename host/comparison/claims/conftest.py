"""Runs on fakes, for one claim at a time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...model.interpreter import Interpreter
from ..conftest import bundle, samples
from ..fakes import FakeBoard, FakeDevice, FakeInterpreter
from ..result import RunComparison
from ..run import Run, Wishes

__all__ = ["bundle", "execute", "samples"]

Execute = Callable[..., RunComparison]


@pytest.fixture
def execute(bundle: Bundle, samples: NDArray[Any], tmp_path: Path) -> Execute:
    """Stream two files into a device that `options` spoil; a window needs some of them."""

    def run(
        kind: str = "virtual",
        flawed_witness: bool = False,
        witness: bool = True,
        logs: tuple[tuple[int, str], ...] = (),
        interpreter: Interpreter | None = None,
        wishes: Wishes | None = None,
        **device: Any,
    ) -> RunComparison:
        rate = bundle.settings.sample_rate
        soundfile.write(tmp_path / "a.wav", samples[: 5 * rate], rate)
        soundfile.write(tmp_path / "b.wav", samples[3 * rate :], rate)
        model = interpreter or FakeInterpreter(bundle)
        second = FakeInterpreter(bundle, 1) if flawed_witness else model
        board = FakeBoard(FakeDevice(bundle, model, quick=True, **device), kind, logs)
        return Run(
            [tmp_path], board, bundle, wishes, lambda _: (model, second if witness else None)
        ).execute()

    return run
