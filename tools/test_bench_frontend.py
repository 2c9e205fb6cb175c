"""The front end on the Xtensa: every byte as on this computer, and no slower than it was."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from host.errors import HilError
from host.frontend.kinds import KINDS
from host.frontend.log_mel.settings import LogMelSettings
from host.frontend.log_mel.tables import build_tables
from tools import bench_frontend
from tools.frontend_bench.emulated import Measurement, Target, lx106, measure
from tools.frontend_bench.kinds import KindMeasurement, cells_of, measure_kind
from tools.frontend_bench.public import find_sources

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def target() -> Target:
    try:
        return lx106()
    except HilError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def samples() -> NDArray[Any]:
    return bench_frontend.read_audio(bench_frontend.AUDIO, bench_frontend.SETTINGS, 124)


@pytest.fixture(scope="module")
def measurement(
    target: Target, samples: NDArray[Any], tmp_path_factory: pytest.TempPathFactory
) -> Measurement:
    tables = build_tables(
        bench_frontend.SETTINGS, bench_frontend.INPUT_SCALE, bench_frontend.INPUT_ZERO_POINT
    )
    folder = tmp_path_factory.mktemp("bench")
    return measure(target, tables, samples, bench_frontend.WINDOW_COLUMNS, folder)


def expected(settings: LogMelSettings, samples: NDArray[Any]) -> NDArray[Any]:
    tables = build_tables(settings, bench_frontend.INPUT_SCALE, bench_frontend.INPUT_ZERO_POINT)
    return bench_frontend.expected_cells(
        tables, bench_frontend.INPUT_SCALE, bench_frontend.INPUT_ZERO_POINT, samples
    )


def test_every_feature_byte_equals_this_computers(measurement: Measurement, samples: NDArray[Any]) -> None:
    cells = expected(bench_frontend.SETTINGS, samples)
    assert len(cells) == 124
    np.testing.assert_array_equal(measurement.cells, cells)


@pytest.mark.parametrize(
    "settings",
    [
        LogMelSettings(8000, 128, 64, 128, 16, 0.0, 4000.0, -100.0),
        LogMelSettings(16000, 400, 160, 512, 64, 20.0, 8000.0, -80.0),
        LogMelSettings(16000, 1024, 512, 1024, 128, 0.0, 8000.0, -100.0),
    ],
    ids=lambda s: f"fft{s.fft}",
)
def test_other_lengths_of_fft_too_at_full_scale(
    target: Target, settings: LogMelSettings, tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    n = settings.samples_for(6)
    t = np.arange(n)
    # What strains the 16-bit products most: extreme samples in step with a bin, and at random.
    signs = np.where(np.cos(2 * np.pi * t * 5 / settings.fft + 0.7) >= 0, 32767, -32768)
    noise = rng.choice([-32768, 32767], n)
    tone = np.round(32767 * np.sin(0.9 * t))
    samples = np.concatenate([signs, noise, tone]).astype(np.int16)
    tables = build_tables(settings, bench_frontend.INPUT_SCALE, bench_frontend.INPUT_ZERO_POINT)
    result = measure(target, tables, samples, 2, tmp_path)
    np.testing.assert_array_equal(result.cells, expected(settings, samples))


def test_the_dense_way_computes_the_same_features(measurement: Measurement, samples: NDArray[Any]) -> None:
    from host.core.c_frontend import FrontEnd

    ours = FrontEnd(bench_frontend.SETTINGS).values(samples)[: measurement.dense_columns] / 65536
    loud = ours > -60
    assert loud.any()
    assert np.abs(measurement.dense_db - ours)[loud].max() < 0.1


def test_no_figure_is_worse_than_before_and_the_target_holds(measurement: Measurement) -> None:
    figures = bench_frontend.figures_of(measurement)
    assert bench_frontend.complaints(figures, bench_frontend.read_baseline()) == []


def test_a_figure_two_percent_worse_is_a_complaint() -> None:
    baseline = bench_frontend.read_baseline()
    for name, figure in baseline.items():
        worse = {**baseline, name: figure * 1.021}
        found = bench_frontend.complaints(worse, baseline)
        assert any(complaint.startswith(f"{name}:") for complaint in found)
        assert bench_frontend.complaints({**baseline, name: figure * 1.019}, baseline) == []
    assert bench_frontend.complaints({**baseline, "bytes new": 1.0}, baseline) == ["bytes new: no baseline"]
    gone = {name: figure for name, figure in baseline.items() if name != "bytes code"}
    assert bench_frontend.complaints(gone, baseline) == ["bytes code: not measured any more"]


def test_missing_tools_are_named_with_their_packages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tools.frontend_bench.emulated.shutil.which", lambda _name: None)
    assert bench_frontend.main([]) == 2
    out, err = capsys.readouterr()
    assert "an hour of audio in" in out  # what needs no Xtensa tools is shown
    assert "xtensa-lx106-elf-gcc" in err and "gcc-xtensa-lx106" in err


def test_a_recording_that_is_too_short_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import wave

    path = tmp_path / "short.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2000))
    assert bench_frontend.main(["--wav", str(path)]) == 2
    assert "too short" in capsys.readouterr().err


@pytest.mark.timeout(300)
def test_every_kinds_cells_are_this_computers_and_no_kind_got_slower(target: Target) -> None:
    figures, different = bench_frontend.measure_kinds(target, bench_frontend.AUDIO)
    assert different == []
    assert {name for name in KINDS if f"instructions {name}" in figures} == set(KINDS)
    baseline = bench_frontend.read_baseline(part=bench_frontend.KINDS_PART)
    assert bench_frontend.grown(figures, baseline) == []
    told = bench_frontend.report_kinds(target, figures, baseline)
    assert all(name in told for name in KINDS)


@pytest.mark.parametrize("fft", [400, 486])
def test_ffts_of_other_lengths_give_this_computers_cells(target: Target, fft: int, tmp_path: Path) -> None:
    settings = LogMelSettings(16000, fft, 200, fft, 64, 0.0, 8000.0, -100.0)
    rng = np.random.default_rng(5)
    samples = rng.choice(np.array([-32768, 0, 32767], np.int16), settings.samples_for(12))
    measured = measure_kind(target, settings, samples, tmp_path)
    np.testing.assert_array_equal(measured.cells, cells_of(settings, samples))


def test_public_sources_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(HilError, match=r"no frontend\.c in") as raised:
        find_sources([tmp_path], tmp_path / "out")
    assert "kiss_fft.c" in raised.value.cure
    (tmp_path / "frontend.c").touch()
    with pytest.raises(HilError, match=r"no frontend\.h in"):
        find_sources([tmp_path], tmp_path / "out")


@pytest.mark.parametrize(
    ("theirs", "change", "complaint"),
    [
        (1000.0, 0, ""),
        (800.0 / 0.8, 0, ""),
        (990.0, 0, "takes 80.8% of"),
        (1000.0, 1, "differ from the public"),
    ],
)
def test_what_is_said_of_the_public_implementation(
    monkeypatch: pytest.MonkeyPatch, theirs: float, change: int, complaint: str
) -> None:
    values = np.arange(80, dtype=np.uint16).reshape(2, 40)
    ours = KindMeasurement(800.0, 0.0, 0, values.astype(np.int8), values)
    monkeypatch.setattr(bench_frontend, "measure_kind", lambda *_: ours)
    monkeypatch.setattr(bench_frontend, "find_sources", lambda *_: None)
    monkeypatch.setattr(bench_frontend, "measure_public", lambda *_: (theirs, values + np.uint16(change)))
    line, found = bench_frontend.against_public(Target("LX0", "", "", ""), [], bench_frontend.AUDIO)
    assert f"{800 / theirs:.1%} of it" in line
    assert (complaint in found[0]) if complaint else found == []
