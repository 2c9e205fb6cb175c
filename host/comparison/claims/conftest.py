"""Runs on fakes, and records made by hand, for one claim at a time."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...model.interpreter import Interpreter
from ..conftest import bundle, samples
from ..fakes import FakeBoard, FakeDevice, FakeInterpreter, bundle_info, settle
from ..file import FileComparison
from ..record import RunRecord
from ..result import RunComparison
from ..run import Run
from ..stimuli.kit import Kit, keep, kept_as
from ..wishes import Wishes
from .finding import Finding, Status

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
        thorough: bool = False,
        **device: Any,
    ) -> RunComparison:
        rate = bundle.settings.sample_rate
        soundfile.write(tmp_path / "a.wav", samples[: 5 * rate], rate)
        soundfile.write(tmp_path / "b.wav", samples[3 * rate :], rate)
        model = interpreter or FakeInterpreter(bundle)
        second = FakeInterpreter(bundle, 1) if flawed_witness else model
        if thorough:
            keep(_small_kit(bundle), kept_as(bundle, model, tmp_path))
            wishes = Wishes(thorough=True, stimuli=tmp_path)
        board = FakeBoard(FakeDevice(bundle, model, quick=True, **device), kind, logs)
        return Run(
            [tmp_path], board, bundle, wishes, lambda _: (model, second if witness else None)
        ).execute()

    return run


def _small_kit(bundle: Bundle) -> Kit:
    """Some windows, and no search."""
    windows = np.random.default_rng(1).integers(-128, 128, (5, bundle.frames, bundle.settings.bands), np.int8)
    return Kit(windows, {}, 0, np.zeros(bundle.settings.fft, np.int16), (0, 0), (0, 0))


Make = Callable[..., RunRecord]


@pytest.fixture
def record(bundle: Bundle) -> Make:
    """A record of a run in which nothing is wrong; `files` have no content but what a test gives them."""

    def make(files: int = 0, **values: Any) -> RunRecord:
        run = RunRecord(values.pop("board", "virtual"), bundle, bundle_info(bundle))
        run.files = [FileComparison(f"{number}.wav", bundle) for number in range(files)]
        for file in run.files:
            file.finished = True
        settle(run)
        for name, value in values.items():
            assert hasattr(run, name)
            setattr(run, name, value)
        return run

    return make


# What a claim's function returns.


def held(evidence: str) -> Finding:
    return Finding(Status.HELD, evidence)


def broken(evidence: str, *reasons: str) -> Finding:
    return Finding(Status.BROKEN, evidence, reasons)


def unexamined(reason: str, evidence: str = "") -> Finding:
    return Finding(Status.NOT_EXAMINED, evidence, (reason,))


def with_info(run: RunRecord, **values: Any) -> RunRecord:
    run.info = replace(run.info, **values)
    return run
