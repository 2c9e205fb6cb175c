"""The detector's bench reads its tables rightly and tells trained from untrained."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from host.bundle.load import load_bundle
from host.errors import HilError
from host.making.corpus.wav_files import wav_bytes
from host.making.dataset.test_mixtures import listener_in
from tools.bench_detector import ROOT, name_of, recording_streams
from tools.detector_bench.streams import Listener
from tools.detector_bench.tables import Window, read_windows

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("bench_detector.py")


def _folder(folder: Path) -> Path:
    names = {"bird/A b.wav": "bird", "nonbird/c.wav": "nonbird"}
    tables: dict[str, list[dict[str, object]]] = {"SOURCES.csv": [], "windows.csv": []}
    for name, label in names.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            wav_bytes(np.random.default_rng(1).integers(-900, 900, 24_000).astype(np.int16), 8000)
        )
        tables["SOURCES.csv"].append({"file": name, "label": label, "group": name, "repo": "somewhere"})
        for start, silent, level in ((0.0, 0, 20.0), (1.0, 0, 2.0), (2.0, 1, 20.0)):
            tables["windows.csv"].append(
                {
                    "file": name,
                    "label": label,
                    "start_s": start,
                    "digital_silence": silent,
                    "band_p95_over_floor_db": level,
                }
            )
    for name, rows in tables.items():
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


def test_silent_and_quiet_windows_do_not_count(tmp_path: Path) -> None:
    windows = read_windows(_folder(tmp_path))
    assert [(window.file, window.start_s) for window in windows] == [
        ("bird/A b.wav", 0.0),
        ("nonbird/c.wav", 0.0),
        ("nonbird/c.wav", 1.0),
    ]
    assert name_of(windows[0]) == "bird/a-b"


def test_missing_tables_are_named(tmp_path: Path) -> None:
    with pytest.raises(HilError, match="cannot be read"):
        read_windows(tmp_path)


def test_the_script_prints_figures_for_each_kind(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--audio", str(_folder(tmp_path))]
    listener_in(tmp_path)
    command += ["--background-hours", "0.006", "--rules", "--listener", str(tmp_path / "listener.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("| sources left wholly out | 1 / 3 | 2 |") == 2
    assert "what listener.json describes, on the same windows, at 0.5:" in done.stdout
    assert "  somewhere (not trained on): found " in done.stdout and " of 2, ROC-AUC " in done.stdout
    assert "instructions on an ESP32" in done.stdout
    threshold = load_bundle(ROOT / "models" / "default").detector.threshold
    assert f"  at {threshold:.4f}:\n    left-out recordings: 0 of 2 s, " in done.stdout
    assert (
        "    synthetic background: " in done.stdout and " of 20 s, " in done.stdout
    )  # two scenes of ten seconds
    assert "    found at this threshold: 0.0 % (sources left wholly out)" in done.stdout
    assert "  of these, used to choose: 0 starts in 0.00 h without birds, 0.0 an hour" in done.stdout
    assert "; found 0.0 % of 1 seconds with a bird" in done.stdout
    assert "  2 of 3 from " in done.stdout or "  2 of 3: more starts" in done.stdout


def test_a_stream_has_the_scores_of_its_windows() -> None:
    listener = Listener(load_bundle(ROOT / "models" / "default"))
    sound = np.random.default_rng(4).integers(-3000, 3000, 3 * listener.rate).astype(np.int16)
    stream = listener.stream(sound, birds=(1.0,))
    step = round(stream.step_s * listener.rate)
    assert (step, stream.seconds, stream.birds) == (2048, 3.0, (1.0,))
    assert len(stream.scores) == (len(sound) - listener.span) // step + 1
    cells = np.array([listener.cells(sound[first * step :]) for first in range(len(stream.scores))])
    assert np.array_equal(listener.scores(cells), (stream.scores[:, 0].astype(float) + 128.0) / 256.0)
    assert len(listener.stream(sound[:100]).scores) == 1


def test_a_bird_clip_without_a_heard_bird_is_no_background() -> None:
    listener = Listener(load_bundle(ROOT / "models" / "default"))
    wavs = ROOT / "models" / "default" / "wav"
    windows = [
        Window("clear-thrush.wav", "g", "s", "k", 0.0, False, True),
        Window("crickets.wav", "g", "s", "k", 0.0, False),
        Window("low-coo.wav", "g", "s", "k", 2.0, True, True),
    ]
    assert [stream.birds for stream in recording_streams(listener, wavs, windows)] == [(), (2.0,)]


def test_names_are_those_of_collect() -> None:
    assert name_of(Window("bird/X Y.wav", "g", "s", "k", 0.0, True)) == "bird/x-y"
