"""Clipped input: what the front end computes beyond the model's range is told, what lies at its ends is not."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..bundle.model_info import MeasuredInput
from ..checkout import ROOT
from ..core.c_frontend import FrontEnd
from ..frontend.biodcase_2026.settings import Biodcase2026Settings
from ..frontend.kinds import KINDS as FRONT_ENDS
from ..frontend.log_mel.settings import LogMelSettings
from ..frontend.mfcc.settings import MfccSettings
from ..frontend.microfrontend.settings import MicrofrontendSettings
from ..frontend.normalised.settings import NormalisedSettings
from ..frontend.normalised.windows import cells_of
from ..frontend.presets import preset
from ..frontend.settings import FrontEndSettings
from ..frontend.signals import Int16, all_signals
from ..frontend.waveform.settings import WaveformSettings
from ..model.ends import before_int8
from .clipping import ClippedFiles, Clipping
from .expected import Expected
from .fakes import FakeInterpreter

pytestmark = pytest.mark.native
GOLDEN = ROOT.parent / "shared" / "models" / "golden"

KINDS: list[tuple[FrontEndSettings, float, int]] = [
    (LogMelSettings(8000, 256, 128, 256, 16, 100.0, 4000.0, -80.0), 0.2, 60),
    (LogMelSettings(8000, 256, 128, 256, 16, 100.0, 4000.0, -80.0, 0.1, 2.0, "ln"), 0.01, -20),
    (LogMelSettings(8000, 256, 128, 256, 16, 0.0, 4000.0, -90.0, spectrum="magnitude"), 0.2, 60),
    (MfccSettings(16000, 480, 320, 512, 40, 10, 20.0, 4000.0, -120.0), 0.9, 80),
    (MicrofrontendSettings(16000, 480, 160), 0.05, -100),
    (MicrofrontendSettings(16000, 480, 160, quantisation="esphome"), 0.05, -100),
    (WaveformSettings(16000, 40, 2.0, 0.25), 0.007, 10),
    (Biodcase2026Settings(24000, 4096, 512, scale=0.5), 0.9, -110),
]


def clipping_of(settings: FrontEndSettings, scale: float, zero_point: int, samples: Int16) -> Clipping:
    unclamped = settings.unclamped(FrontEnd(settings, scale, zero_point).values(samples), scale, zero_point)
    found = Clipping()
    found.add(unclamped)
    return found


@pytest.mark.parametrize(("settings", "scale", "zero_point"), KINDS)
def test_what_a_kind_says_of_its_cells_is_what_it_computes(
    settings: FrontEndSettings, scale: float, zero_point: int
) -> None:
    front_end = FrontEnd(settings, scale, zero_point)
    clipped = 0
    for name, samples in all_signals(settings.sample_rate, settings.sample_rate).items():
        before = settings.unclamped(front_end.values(samples), scale, zero_point)
        off = np.abs(np.clip(before, -128, 127) - front_end.features(samples))
        assert off.max() < 1.01 and np.mean(off < 0.51) > 0.97, name
        clipped += int(np.count_nonzero((before < -128.5) | (before > 127.5)))
    assert clipped or getattr(settings, "quantisation", "") == "esphome"


def test_cells_at_the_ends_are_not_clipped_and_beyond_them_are() -> None:
    found = Clipping()
    found.add(np.array([[-128.0, 127.0, 0.0], [-128.5, 127.5, 3.0]]))
    assert found.share == 0 and found.warning is None
    found.add(np.array([[-128.6, 127.0, 127.6], [-300.0, 0.0, 0.0]]))
    assert found.share == 3 / 12
    text = found.warning
    assert text is not None
    assert "25 % of the input's cells" in text and "17 % lie below" in text and "8.3 % above" in text
    assert "(band 0 50 %, band 2 25 %)" in text


def test_five_percent_are_let_pass() -> None:
    found = Clipping()
    columns = np.zeros((20, 1))
    columns[0] = 200
    found.add(columns)
    assert found.share == 0.05 and found.warning is None
    found.add(columns[:1])
    assert found.warning is not None and "9.5 %" in found.warning


def test_many_bands_are_not_all_told() -> None:
    found = Clipping()
    found.add(np.full((2, 40), -200.0))
    assert found.warning is not None and "band 7 100 % and 32 more bands" in found.warning


@pytest.mark.parametrize(("clipped", "told"), [(8, "band 7 100 %)"), (9, "band 7 100 % and 1 more bands)")])
def test_bands_without_a_clipped_cell_are_not_told(clipped: int, told: str) -> None:
    found = Clipping()
    found.add(np.where(np.arange(40) < clipped, 200.0, 0.0)[None])
    assert found.warning is not None and told in found.warning and "10 % lie below" not in found.warning


def test_a_stream_without_columns_has_no_share() -> None:
    found = Clipping()
    assert (found.share, found.warning) == (0.0, None) and len(found.below) == len(found.above) == 0
    found.add(np.empty((0, 4)))
    assert (found.share, found.warning) == (0.0, None)
    found.add(np.array([[200.0]]))
    assert found.share == 1.0


def test_shares_are_told_in_whole_percent_from_ten_on() -> None:
    found = Clipping()
    found.add(np.where(np.arange(10) < 1, 200.0, 0.0)[:, None])
    assert found.warning is not None and found.warning.startswith("10 % of the input's cells")


@pytest.mark.parametrize(
    ("rule", "scale", "zero_point", "beyond"),
    [
        ("mean-std", 1 / 127, 0, True),
        ("mean-std", 12 / 255, 0, False),
        ("min-max", 1 / 255, -128, False),
        ("min-max", 0.5 / 255, -128, True),
        ("peak", 5 / 255, 127, True),
        ("peak", 80 / 255, 127, False),
        ("top", 0.7, 127, False),
        ("top", 0.1, 127, True),
    ],
)
def test_windows_of_their_own_range_are_told_too(
    bundle: Bundle, rule: str, scale: float, zero_point: int, beyond: bool
) -> None:
    """What a window's cells were before they were held within int8 is seen once the window is complete."""
    inner = LogMelSettings(8000, 256, 128, 256, 40, 100.0, 4000.0, -80.0)
    settings = NormalisedSettings({"kind": inner.kind, **inner.to_dict()}, rule)
    plain = replace(bundle.model.input, scale=scale, zero_point=zero_point)
    made = replace(bundle, settings=settings, model=replace(bundle.model, input=plain))
    assert made.kind.normaliser is not None
    measured = MeasuredInput(**vars(plain), normaliser=made.kind.normaliser(made.tables))
    made = replace(made, model=replace(made.model, input=measured))
    samples = all_signals(8000, 12_000)["noise -20 dBFS"]
    stream = Expected(made, FakeInterpreter(made))
    stream.push(samples)
    assert stream.clipping.cells >= made.frames * 40 and len(stream.clipping.below) == 40
    assert (stream.clipping.share > 0) is beyond
    columns = FrontEnd(settings, scale, zero_point).features(samples)[None, : made.frames]
    before, cells = before_int8(measured, columns), cells_of(measured.normaliser, columns)
    assert before is not None
    off = np.abs(np.clip(before, -128, 127) - cells)
    assert off.max() <= 0.5 and off.max() > 0.4


def test_a_run_tells_the_worst_of_its_files_once() -> None:
    files, fine, some, most = ClippedFiles(), Clipping(), Clipping(), Clipping()
    fine.add(np.zeros((4, 2)))
    some.add(np.array([[200.0, 0.0]]))
    most.add(np.full((4, 2), -999.0))
    for name, found in (("a", fine), ("b", some), ("c", most), ("d", some)):
        files.add(name, found)
    assert files.note is not None and files.note.startswith("c (the most of 3 such files): 100 %")
    assert ClippedFiles().note is None
    assert files.files == 3


def test_one_clipped_file_is_told_by_itself_and_of_equal_ones_the_first() -> None:
    files, most, other = ClippedFiles(), Clipping(), Clipping()
    most.add(np.full((4, 2), -999.0))
    other.add(np.full((4, 2), 999.0))
    files.add("a", most)
    assert files.note is not None and files.note.startswith("a: 100 %")
    files.add("b", other)
    assert files.note.startswith("a (the most of 2 such files): 100 %") and "100 % lie below" in files.note


def test_a_stream_counts_what_it_saw(bundle: Bundle, samples: NDArray[np.int16]) -> None:
    narrow = replace(bundle, model=replace(bundle.model, input=replace(bundle.model.input, scale=0.05)))
    for each, clipped in ((bundle, False), (narrow, True)):
        stream = Expected(each, None)
        for piece in np.array_split(samples, 9):
            stream.push(piece)
        q = each.model.input
        assert stream.clipping.share == clipping_of(each.settings, q.scale, q.zero_point, samples).share
        assert (stream.clipping.warning is not None) is clipped


def golden(name: str) -> Iterator[tuple[str, Int16]]:
    path = GOLDEN / name
    if not path.is_file():
        pytest.skip(f"the published models' signals are not at {GOLDEN}")
    with np.load(path) as data:
        for key in data:
            if key.endswith("_pcm"):
                yield key.removesuffix("_pcm"), data[key].astype(np.int16)


@pytest.mark.parametrize("quantisation", ["microwakeword", "esphome"])
@pytest.mark.parametrize(("file", "hop"), [("microfrontend.npz", 160), ("micro_speech.npz", 320)])
def test_no_golden_signal_is_told_to_be_clipped(file: str, hop: int, quantisation: str) -> None:
    settings = MicrofrontendSettings(16000, 480, hop, quantisation=quantisation)
    for name, samples in golden(file):
        found = clipping_of(settings, 0.10196078568696976, -128, samples)
        assert found.warning is None, f"{name}: {found.warning}"
        assert found.cells > 1000


def test_every_kind_tells_or_says_nothing() -> None:
    """A new kind that tells of its cells belongs into the list above."""
    tested = {settings.kind for settings, _, _ in KINDS}
    for name, kind in FRONT_ENDS.items():
        overridden = kind.settings.unclamped is not FrontEndSettings.unclamped
        assert overridden is (name in tested), name
        assert overridden or kind.normaliser is not None  # these are told window by window


def test_of_the_keyword_models_signals_silence_alone_is_clipped() -> None:
    """ln(1e-6) in all bands is far below what the model was calibrated on."""
    told = set()
    for name, samples in golden("mlperf_kws.npz"):
        found = clipping_of(preset("mlperf-kws").settings(), 0.5847029089927673, 83, samples)
        told |= {name} if found.warning else set()
    assert told <= {"silence"}
