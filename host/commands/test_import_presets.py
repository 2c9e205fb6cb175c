"""`python -m host import` with presets and manifests."""

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..bundle.errors import BundleError
from ..bundle.load import load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..cli import main
from ..frontend.microfrontend.settings import MicrofrontendSettings
from ..model.samples import TESTDATA
from ..model.worker import ModelWorker
from .manifest import read_manifest

MODEL = str(DEFAULT_BUNDLE / "model.tflite")  # [1, 61, 40, 1]
MANIFEST: dict[str, Any] = {
    "type": "micro",
    "wake_word": "Hey You",
    "model": "word.tflite",
    "micro": {"probability_cutoff": 0.9, "feature_step_size": 20, "sliding_window_size": 5},
}


@pytest.fixture(scope="module")
def worker() -> Iterator[ModelWorker]:
    with ModelWorker() as made:
        yield made


@pytest.fixture
def one_worker(worker: ModelWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host.commands.import_.ModelWorker", lambda: contextlib.nullcontext(worker))


def imported(out: Path, *arguments: str) -> int:
    return main(["import", "--out", str(out), *arguments])


def manifest(folder: Path, values: object = MANIFEST) -> Path:
    path = folder / "word.json"
    path.write_text(json.dumps(values), encoding="utf-8")
    shutil.copy(MODEL, folder / "word.tflite")
    return path


@pytest.mark.slow
@pytest.mark.usefixtures("one_worker")
def test_a_preset_and_what_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert imported(tmp_path / "b", MODEL, "--preset", "esphome", "--labels", "word", "--fmax", "7000") == 0
    bundle, told = load_bundle(tmp_path / "b"), capsys.readouterr().out
    assert bundle.settings == MicrofrontendSettings(16000, 480, 160, fmax=7000.0, quantisation="esphome")
    assert json.loads((tmp_path / "b" / "bundle.json").read_text())["frontend"]["kind"] == "microfrontend"
    assert bundle.stride == bundle.frames == 61
    for text in ("preset", "esphome", "hop 160", "not fmax", "--preset microwakeword"):
        assert text in told


@pytest.mark.slow
@pytest.mark.usefixtures("one_worker")
def test_a_manifest_gives_cutoff_step_and_label(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert imported(tmp_path / "b", str(manifest(tmp_path))) == 0
    bundle = load_bundle(tmp_path / "b")
    assert (bundle.labels, bundle.detector.threshold, bundle.settings.hop) == (("Hey You",), 0.9, 320)
    assert bundle.settings.kind == "microfrontend"
    assert "mean of the last 5" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "presets that fit its input [1, 61, 40, 1]: esphome, microwakeword"),
        (["--preset", "micro-speech"], "49 columns of 40 bands, but the model's input is [1, 61, 40, 1]"),
        (["--preset", "nabu"], "no preset 'nabu'"),
        (["--preset", "esphome", "--log-floor-db", "-80"], "unknown front-end setting 'log_floor_db'"),
        (["--preset", "esphome", "--fmax", "9000"], "fmax is 9000"),
    ],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], named: str
) -> None:
    assert imported(tmp_path / "b", MODEL, *arguments) == 2
    assert named in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "b").exists()


def test_a_model_that_no_preset_fits_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert imported(tmp_path / "b", str(TESTDATA / "softmax.tflite")) == 2
    assert "no preset fits its input [1, 49, 64, 1]" in " ".join(capsys.readouterr().err.split())


def test_a_file_of_another_kind_than_the_presets_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "s.json").write_text('{"kind": "log-mel", "sample_rate": 8000}')
    assert imported(tmp_path / "b", MODEL, "--preset", "esphome", "--settings", str(tmp_path / "s.json")) == 2
    assert "preset esphome is of the kind microfrontend" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"type": "macro"}, "no microWakeWord manifest"),
        ({"micro": 3}, "no microWakeWord manifest"),
        ({"model": "../word.tflite"}, "not a plain file name"),
        ({"model": "/etc/passwd"}, "not a plain file name"),
        ({"model": "C:word.tflite"}, "not a plain file name"),
        ({"model": "..\\word.tflite"}, "not a plain file name"),
        ({"model": ".."}, "not a plain file name"),
        ({"model": "gone.tflite"}, "not beside it"),
        ({"model": None}, "`model` is None"),
        ({"wake_word": "\x1b[2J"}, "`wake_word`"),
        ({"micro": {"probability_cutoff": 1.5}}, "probability_cutoff"),
        ({"micro": {"probability_cutoff": True}}, "probability_cutoff"),
        ({"micro": {"probability_cutoff": 0.5, "feature_step_size": 0}}, "feature_step_size"),
        ({"micro": {"probability_cutoff": 0.5, "feature_step_size": 10.5}}, "feature_step_size"),
    ],
)
def test_manifests_that_make_no_sense_are_refused(
    tmp_path: Path, changes: dict[str, Any], named: str
) -> None:
    path = manifest(tmp_path, {**MANIFEST, **changes})
    with pytest.raises(BundleError) as raised:
        read_manifest(path)
    assert named in raised.value.cause and raised.value.cure
