"""Each board of the table of planted faults breaks one of the claims that the table names."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ..board.choice import BoardChoice
from ..board.connecting import ChosenBoard, connect
from ..board.device import Device
from ..board.kinds.virtual import VirtualBoard, VirtualOptions
from ..build.planted import Planted, planted_faults, planted_program
from ..bundle.load import Bundle, load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..errors import HilError
from ..link import messages as m
from ..model.interpreter import Interpreter
from .claims.finding import Status
from .interpreters import load_interpreters
from .result import RunComparison
from .run import Run
from .wishes import Wishes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the boards are compiled as POSIX programs"),
]
WINDOWS = 30
TRACED = ("memory", "input", "outputs")  # steps that a trace names where every op is right


@dataclass
class Bench:
    """What all boards share."""

    bundle: Bundle
    sound: Path
    folder: Path
    interpreters: tuple[Interpreter, Interpreter | None]


class PlantedBoard(ChosenBoard):
    """A board that is there already.

    Args:
        board: which.
        bundle: what it runs.
    """

    def __init__(self, board: VirtualBoard, bundle: Bundle) -> None:
        super().__init__(BoardChoice("virtual"), bundle.path)
        self._planted = board

    def connect(self, on_log: Callable[[int, str], None] | None = None) -> tuple[Device, m.Info]:
        """See `ChosenBoard.connect`."""
        self.close()
        self._board = self._planted
        return connect(self._board, self._choice, on_log)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A sound that ends with a window's last sample, in which a class comes and goes."""
    bundle = load_bundle(DEFAULT_BUNDLE)
    folder = tmp_path_factory.mktemp("planted")
    recorded, rate = soundfile.read(sorted((DEFAULT_BUNDLE / "wav").glob("*.wav"))[0], dtype="int16")
    settings = bundle.settings
    columns = bundle.frames + (WINDOWS - 1) * bundle.stride
    count = settings.span + (columns - 1) * settings.hop
    sound = folder / "sound.wav"
    soundfile.write(sound, np.resize(recorded, count), rate)
    yield Bench(bundle, sound, folder, load_interpreters(bundle))


def _run(bench: Bench, board: VirtualBoard) -> RunComparison:
    try:
        chosen = PlantedBoard(board, bench.bundle)
        return Run([bench.sound], chosen, bench.bundle, Wishes(), lambda _: bench.interpreters).execute()
    finally:
        board.close()


def _broken(run: RunComparison) -> dict[str, str]:
    return {claim.name: claim.reason for claim in run.claims if claim.status == Status.BROKEN}


def _located(run: RunComparison) -> list[dict[str, str | int]]:
    """Ops and stages at which the run's traces depart."""
    found: list[dict[str, str | int]] = []
    for traced in run.recorded.traced:
        if traced.column is not None and traced.column.departs is not None:
            found.append({"stage": traced.column.departs.name})
        if traced.window is not None and traced.window.tensors.departure is not None:
            found.append({"op": traced.window.tensors.departure.row.record.op})
        elif traced.window is not None and (traced.step or traced.again is not None):
            found.append({"step": traced.step or "memory"})
    return found


def _board(bench: Bench, planted: Planted) -> VirtualBoard:
    faults = (planted.fault,) if planted.fault else ()
    return VirtualBoard(planted_program(planted, bench.bundle, bench.folder), VirtualOptions(faults=faults))


def test_a_board_without_a_fault_breaks_nothing(bench: Bench) -> None:
    run = _run(bench, _board(bench, Planted("none", (), {})))
    assert _broken(run) == {} and run.recorded.traced == []


@pytest.mark.parametrize("planted", planted_faults(), ids=[planted.name for planted in planted_faults()])
def test_a_planted_fault_breaks_a_claim_that_the_table_names_and_is_located(
    bench: Bench, planted: Planted
) -> None:
    if planted.ends:
        with pytest.raises(HilError, match=planted.ends):
            _run(bench, _board(bench, planted))
        return
    run = _run(bench, _board(bench, planted))
    broken = _broken(run)
    assert set(broken) & set(planted.claims), broken
    if {"op", "stage"} & set(planted.where) or planted.where["step"] in TRACED:
        assert planted.where in _located(run), [finding.sentence for finding in run.diagnosis]
    else:
        assert set(broken) <= set(planted.claims), "more than the step that is wrong is named"


def test_there_are_as_many_as_promised() -> None:
    assert len(planted_faults()) >= 30
    assert len({planted.name for planted in planted_faults()}) == len(planted_faults())
