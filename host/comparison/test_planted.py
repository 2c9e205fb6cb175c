"""Each board of the table of planted faults breaks one of the claims that the table names."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
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
from ..bundle.write import write_bundle
from ..checkout import DEFAULT_BUNDLE
from ..link import messages as m
from ..model.interpreter import Interpreter
from ..model.samples import sample_values
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
    """What all boards of a bundle share."""

    bundle: Bundle
    sound: Path
    folder: Path
    interpreters: tuple[Interpreter, Interpreter | None]


@dataclass
class Benches:
    """A bench for each bundle, made when it is first asked for."""

    folder: Path
    made: dict[str, Bench] = field(default_factory=dict)

    def of(self, planted: Planted) -> Bench:
        """That of a fault's bundle."""
        if planted.model not in self.made:
            name = planted.model
            folder = self.folder / (name or "default")  # its own: the bundle is compiled into objects
            folder.mkdir()
            bundle = (
                write_bundle(folder / "bundle", sample_values(name)) if name else load_bundle(DEFAULT_BUNDLE)
            )
            sound = folder / "sound.wav"
            _write_sound(sound, bundle)
            self.made[name] = Bench(bundle, sound, folder, load_interpreters(bundle))
        return self.made[planted.model]


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


def _write_sound(path: Path, bundle: Bundle) -> None:
    """A sound that ends with a window's last sample, in which a class comes and goes."""
    recorded, rate = soundfile.read(sorted((DEFAULT_BUNDLE / "wav").glob("*.wav"))[0], dtype="int16")
    settings = bundle.settings
    assert rate == settings.sample_rate
    columns = bundle.frames + (WINDOWS - 1) * bundle.stride
    count = settings.span + (columns - 1) * settings.hop
    soundfile.write(path, np.resize(recorded, count), rate)


@pytest.fixture(scope="module")
def benches(tmp_path_factory: pytest.TempPathFactory) -> Benches:
    """One for each bundle of the table."""
    return Benches(tmp_path_factory.mktemp("planted"))


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


@pytest.mark.parametrize("model", sorted({planted.model for planted in planted_faults()}))
def test_a_board_without_a_fault_breaks_nothing(benches: Benches, model: str) -> None:
    none = Planted("none", (), {}, model=model)
    run = _run(benches.of(none), _board(benches.of(none), none))
    assert _broken(run) == {} and run.recorded.traced == []


# By bundle: the processes in which a diagnosis tries changes of the code are kept for one at a time.
BY_BUNDLE = sorted(planted_faults(), key=lambda planted: planted.model)


@pytest.mark.parametrize("planted", BY_BUNDLE, ids=[planted.name for planted in BY_BUNDLE])
def test_a_planted_fault_breaks_a_claim_that_the_table_names_and_is_located(
    benches: Benches, planted: Planted
) -> None:
    bench = benches.of(planted)
    run = _run(bench, _board(bench, planted))
    broken = _broken(run)
    assert set(broken) & set(planted.claims), broken
    if {"op", "stage"} & set(planted.where) or planted.where["step"] in TRACED:
        assert planted.where in _located(run), [finding.sentence for finding in run.diagnosis]
        if planted.where == {"step": "memory"}:
            assert any("each 7 behind the one before" in each.explanation for each in run.diagnosis)
    else:
        assert set(broken) <= set(planted.claims), "more than the step that is wrong is named"


INFO, SESSION = "firmware/core/session/info.c", "firmware/core/session/session.c"
FIELDS = (
    "        .frames = b->frames,\n        .stride = b->stride,",
    "        .frames = b->stride,\n        .stride = b->frames,",
)
ABANDON = ("    session_abandon_deploy(s);\n    s->slot.received", "    s->slot.received")


@pytest.mark.explains_answers
@pytest.mark.parametrize(
    ("file", "change", "told"),
    [
        (INFO, FIELDS, "with `.frames = b->stride, .stride = b->frames` instead of"),
        (SESSION, ABANDON, "without `session_abandon_deploy(s)`"),
    ],
    ids=["fields exchanged", "a trial outlives its host"],
)
def test_the_code_that_answers_wrongly_is_found(
    benches: Benches, file: str, change: tuple[str, str], told: str
) -> None:
    planted = Planted(told, (), {}, file=file, old=change[0], new=change[1])
    bench = benches.of(planted)
    run = _run(bench, _board(bench, planted))
    (finding,) = run.diagnosis
    assert (finding.stage, finding.share) == ("answers", 1.0)
    name = file.removeprefix("firmware/core/")
    assert finding.cause.startswith(f"{name} line ") and told in finding.explanation
    assert finding.explanation.endswith("this gives all answers that came")


def test_there_are_as_many_as_promised() -> None:
    assert len(planted_faults()) >= 30
    assert len({planted.name for planted in planted_faults()}) == len(planted_faults())
