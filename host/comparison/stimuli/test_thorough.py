"""Devices that recordings let pass and stimuli do not."""

import functools
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ...audio.find import find_audio
from ...audio.source import AudioSource
from ...build.inputs import c_compiler
from ...bundle.load import Bundle, load_bundle
from ...checkout import CORE, DEFAULT_BUNDLE, FIRMWARE
from ...core.c_frontend import FrontEnd, library, octave_table
from ...detector.detector import Detector
from ...link import messages as m
from ...link.codec import Payload
from ...model.interpreter import Outputs
from ..claims.finding import Status
from ..fakes import FakeBoard, FakeDevice, FakeInterpreter
from ..result import RunComparison
from ..run import Run
from ..wishes import Wishes
from . import kit as kit_module
from .kit import Kit, kit_for, long_stream, make_kit
from .outcome import StimuliRecord
from .seeds import front_end
from .thorough import LONG_COLUMNS, MadeSound, Thorough

Int8 = NDArray[np.int8]
MakeFrontEnd = Callable[[], FrontEnd]

pytestmark = [pytest.mark.native, pytest.mark.slow]


class FineInterpreter(FakeInterpreter):
    """Scores of every value: those of the fake's logits leave gaps, and a threshold may lie in one."""

    name = "fine fake interpreter"

    def run(self, windows: Int8) -> Outputs:
        """See `Interpreter`."""
        return Outputs(_fine_scores(windows, _steepness()), super().run(windows).logits)


def _fine_scores(windows: Int8, steepness: float) -> Int8:
    loud = windows.mean(axis=(1, 2))[:, None] * steepness
    scores = np.rint(256 / (1 + np.exp(-loud / 16)) - 128)
    return np.clip(scores, -128, 127).astype(np.int8)


@functools.cache
def _steepness() -> float:
    """With which no recording's score is a limit of the bundle: that would show what only stimuli should."""
    bundle = load_bundle(DEFAULT_BUNDLE)
    limits = np.array([*bundle.thresholds.on, *bundle.thresholds.off])
    near = np.concatenate([limits, limits + 1])
    windows = np.concatenate([_windows(bundle, path) for path in find_audio([bundle.path / "wav"])])
    for steepness in np.arange(5.5, 6.5, 0.05).tolist():
        if not np.isin(_fine_scores(windows, steepness), near).any():
            return float(steepness)
    raise AssertionError("recordings hit the limits whatever the scores are")


def _windows(bundle: Bundle, path: Path) -> Int8:
    sound = np.concatenate(list(AudioSource(path, bundle.settings.sample_rate).blocks()))
    cells = front_end(bundle).features(sound)
    last = len(cells) - bundle.frames
    return np.stack([cells[at : at + bundle.frames] for at in range(0, last + 1, bundle.stride)])


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    """The bundle that the project comes with: its recordings are what stimuli go beyond."""
    return load_bundle(DEFAULT_BUNDLE)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory, bundle: Bundle) -> Path:
    folder: Path = tmp_path_factory.mktemp("stimuli")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            kit_module, "TABLES_S", 3600.0
        )  # it takes seconds, and on a busy computer more than a minute
        kit_for(bundle, FineInterpreter(bundle), folder)
    return folder


@pytest.fixture(scope="module")
def kit(bundle: Bundle, cache: Path) -> Kit:
    return kit_for(bundle, FineInterpreter(bundle), cache)


@pytest.fixture
def execute(bundle: Bundle, cache: Path) -> Callable[..., RunComparison]:
    """The bundle's recordings, and stimuli when asked for, on a device with a fault."""

    def run(thorough: bool, **device: Any) -> RunComparison:
        interpreter = FineInterpreter(bundle)
        board = FakeBoard(FakeDevice(bundle, interpreter, quick=True, **device))
        wishes = Wishes(thorough=thorough, stimuli=cache)
        return Run(
            [bundle.path / "wav"], board, bundle, wishes, lambda _: (interpreter, FineInterpreter(bundle))
        ).execute()

    return run


def _broken(run: RunComparison) -> set[str]:
    return {claim.name for claim in run.claims if claim.status == Status.BROKEN}


def _unnoticed(bundle: Bundle, wrong: Iterable[MakeFrontEnd]) -> MakeFrontEnd:
    """The first of some wrong front ends that makes no cell of the recordings differ."""
    rate = bundle.settings.sample_rate
    sounds = [
        np.concatenate(list(AudioSource(path, rate).blocks())) for path in find_audio([bundle.path / "wav"])
    ]
    right = front_end(bundle)
    for make in wrong:
        faulty = make()
        if all(np.array_equal(faulty.features(sound), right.features(sound)) for sound in sounds):
            return make
    raise AssertionError("the recordings notice every fault")


def _wrong_shares(bundle: Bundle) -> Iterator[MakeFrontEnd]:
    """Front ends with one mel share one more."""
    shares = bundle.tables.shares_q16
    for place in range(len(shares) // 2, len(shares)):
        wrong = (*shares[:place], shares[place] + 1, *shares[place + 1 :])
        yield functools.partial(FrontEnd, bundle.settings, tables=replace(bundle.tables, shares_q16=wrong))


def _wrong_entries(bundle: Bundle, folder: Path) -> Iterator[MakeFrontEnd]:
    """C front ends with one entry of the table of logarithms one more."""
    quantisation = bundle.model.input
    for entry in range(20, 30):
        library = _with_wrong_entry(folder / str(entry), entry)
        yield functools.partial(
            FrontEnd, bundle.settings, quantisation.scale, quantisation.zero_point, path=library
        )


def _with_wrong_entry(folder: Path, entry: int) -> Path:
    """A shared library of the front end."""
    right = f" {octave_table()[entry]},"
    return _with_logarithm(folder, right, f" {octave_table()[entry] + 1},")


def _with_logarithm(folder: Path, right: str, wrong: str) -> Path:
    """A shared library of the front end in which one word of log.c is another."""
    folder.mkdir(exist_ok=True)
    original = CORE / "frontend" / "log_mel" / "log.c"
    text = original.read_text(encoding="utf-8")
    assert text.count(right) == 1
    patched, made = folder / "log.c", folder / "faulty.so"
    patched.write_text(text.replace(right, wrong), encoding="utf-8")
    sources = [path for path in (CORE / "frontend").rglob("*.c") if path != original]
    sources += [FIRMWARE / "x86" / "run.c", FIRMWARE / "x86" / "batch.c", patched]
    options = ["-std=c11", "-O2", "-shared", "-fPIC", f"-I{folder}", f"-I{CORE}", f"-I{FIRMWARE / 'x86'}"]
    command = [str(c_compiler()), *options, "-o", str(made), *map(str, sorted(sources))]
    subprocess.run(command, check=True)
    return made


def _greater_than(bundle: Bundle, edge: str) -> dict[str, Any]:
    """A board that compares with > where >= is right."""
    limits = bundle.thresholds
    wrong = replace(limits, **{edge: tuple(value + 1 for value in getattr(limits, edge))})
    return {"detector": lambda: Detector(wrong)}


def _short_counters(message: Payload) -> Iterator[Payload]:
    """Columns counted in 16 bits."""
    if isinstance(message, m.Features | m.WindowResult):
        yield replace(message, first_column=message.first_column % 65536)
    elif isinstance(message, m.StreamDone):
        yield replace(message, columns=message.columns % 65536)
    else:
        yield message


def test_an_honest_device_passes(execute: Callable[..., RunComparison]) -> None:
    run = execute(True)
    assert run.verdict == "pass", run.reasons
    assert run.stimuli is not None and run.stimuli.complete and not run.stimuli.shortened
    (coverage,) = (claim for claim in run.claims if claim.name == "coverage")
    assert run.stimuli.reached in coverage.evidence
    assert run.coverage.longest == LONG_COLUMNS > 65536
    assert [file.name for file in run.files][-2:] == ["stimuli: front-end tables", "stimuli: long stream"]


@pytest.mark.parametrize("fault", ["share", "entry", "on", "off", "counters"])
def test_a_fault_that_recordings_let_pass(
    execute: Callable[..., RunComparison], bundle: Bundle, tmp_path: Path, fault: str
) -> None:
    broken = {"features"}
    if fault == "share":
        device: dict[str, Any] = {"front_end": _unnoticed(bundle, _wrong_shares(bundle))}
    elif fault == "entry":
        device = {"front_end": _unnoticed(bundle, _wrong_entries(bundle, tmp_path))}
    elif fault == "counters":
        device, broken = {"tamper": _short_counters}, {"completeness"}
    else:
        device, broken = _greater_than(bundle, fault), {"detections"}
    assert execute(False, **device).verdict == "pass"
    run = execute(True, **device)
    assert run.verdict == "fail"
    assert broken <= _broken(run)


def test_a_wrong_output_of_a_sent_window_is_located(execute: Callable[..., RunComparison]) -> None:
    count = iter(range(10_000))

    def wrong(result: m.TensorResult) -> m.TensorResult:
        outputs = np.frombuffer(result.outputs, np.int8).copy()
        if next(count) == 3:
            outputs[0] += 1 if outputs[0] < 127 else -1
        return replace(result, outputs=outputs.tobytes())

    run = execute(True, probe=wrong)
    assert _broken(run) == {"tensors"}
    assert any("window 3, score of 'bird'" in reason for reason in run.reasons)


def test_the_kit_reaches_what_it_says(kit: Kit, bundle: Bundle) -> None:
    assert kit.shares[0] == kit.shares[1] > 200
    assert kit.entries == (130, 130)
    assert kit.decisions_of == 6 == len(kit.streams)
    outputs = FineInterpreter(bundle).run(kit.tensors)
    assert outputs.logits is not None
    assert len(np.unique(outputs.logits)) > 150 < len(kit.tensors)


def test_every_step_of_the_logarithms_table_changes_a_cell(kit: Kit, bundle: Bundle, tmp_path: Path) -> None:
    """By the C core itself, with a table that can be written."""
    header = (CORE / "frontend" / "log_mel" / "log.h").read_text(encoding="utf-8")
    (tmp_path / "frontend" / "log_mel").mkdir(parents=True)
    (tmp_path / "frontend" / "log_mel" / "log.h").write_text(
        header.replace("extern const int32_t", "extern int32_t"), encoding="utf-8"
    )
    path = _with_logarithm(tmp_path, "const int32_t fe_octave_db_q16", "int32_t fe_octave_db_q16")
    quantisation = bundle.model.input
    patched = FrontEnd(bundle.settings, quantisation.scale, quantisation.zero_point, path=path)
    ffi, core = library(path)
    table = ffi.cast("int32_t *", ffi.addressof(core, "fe_octave_db_q16"))
    right = front_end(bundle).features(kit.tables)
    assert np.array_equal(patched.features(kit.tables), right)
    for entry in range(len(octave_table())):
        for step in (1, -1):
            table[entry] += step
            assert not np.array_equal(patched.features(kit.tables), right), (entry, step)
            table[entry] -= step


def test_a_kit_is_made_once(bundle: Bundle, kit: Kit, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit_module, "make_kit", None)
    again = kit_for(bundle, FineInterpreter(bundle), cache)
    assert np.array_equal(again.tensors, kit.tensors) and list(again.streams) == list(kit.streams)
    assert (again.shares, again.entries, again.decisions_of) == (kit.shares, kit.entries, kit.decisions_of)


def test_a_damaged_kit_is_made_anew(
    bundle: Bundle, kit: Kit, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (name,) = (path.name for path in cache.glob("*.npz"))
    (tmp_path / name).write_bytes(b"no archive")
    monkeypatch.setattr(kit_module, "make_kit", lambda *_: kit)
    assert kit_for(bundle, FineInterpreter(bundle), tmp_path) is kit
    assert (tmp_path / name).stat().st_size > 1000


def test_the_long_stream_has_the_columns_asked_for(bundle: Bundle) -> None:
    samples = sum(len(block) for block in long_stream(bundle, 1000))
    assert bundle.settings.columns(samples) == 1000


def test_a_slow_board_gets_less_and_the_record_says_so(bundle: Bundle, kit: Kit) -> None:
    record, sent = StimuliRecord(), []

    def compare(sound: MadeSound, inference: bool) -> Any:
        samples = sum(len(block) for block in sound.blocks())
        sent.append((sound.name, bundle.settings.columns(samples), inference))
        return type("File", (), {"columns_received": sent[-1][1], "wall_s": sent[-1][1] / 50})

    Thorough(bundle, kit, record, compare).tables()
    assert sent[0][0] == "front-end tables" and sent[1][0] == "long stream"
    assert 50 * 500 < sent[1][1] <= 50 * 540 < LONG_COLUMNS
    assert record.shortened == [
        f"long stream: {sent[1][1]:,} of {LONG_COLUMNS:,} columns, this board and its line do 50 a second"
    ]


def test_without_a_model_only_the_front_end_is_searched_for(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kit_module, "TABLES_S", 0.0)
    kit = make_kit(bundle, None)
    assert (len(kit.tensors), kit.streams, kit.decisions_of) == (0, {}, 0)
