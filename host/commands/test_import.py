"""`python -m host import`: from a model and settings to a bundle, or a reason why not."""

import contextlib
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from ..build.core_limits import core_limits
from ..bundle.load import load_bundle
from ..cli import main
from ..frontend.log_mel.settings import LogMelSettings
from ..model import micro
from ..model.interpreter import Int8, Outputs
from ..model.samples import TESTDATA, sample_values
from ..model.verify import verify_model
from ..model.worker import ModelWorker
from . import import_

pytestmark = pytest.mark.slow

SOFTMAX = str(TESTDATA / "softmax.tflite")
FRONT_END = {
    "sample-rate": 16000,
    "window": 640,
    "hop": 320,
    "fft": 1024,
    "fmin": 60,
    "fmax": 7800,
    "log-floor-db": -80,
}
FLAGS = [word for name, value in FRONT_END.items() for word in (f"--{name}", str(value))]
LABELS = ["--labels", "woodpecker, robin,dog,background,wren"]


@pytest.fixture(scope="module")
def worker() -> Iterator[ModelWorker]:
    with ModelWorker() as made:
        yield made


@pytest.fixture(autouse=True)
def one_worker(worker: ModelWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    """One process for all tests: starting it, with TensorFlow in it, takes seconds."""
    monkeypatch.setattr("host.commands.import_.ModelWorker", lambda: contextlib.nullcontext(worker))


def imported(out: Path, *arguments: str) -> int:
    return main(["import", "--out", str(out), *arguments])


def test_single_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = [
        "--ignore",
        "background",
        "--threshold",
        "0.7",
        "--release",
        "0.5",
        "--stride",
        "5",
        "--name",
        "foreign",
    ]
    assert imported(tmp_path / "b", SOFTMAX, *FLAGS, "--bands", "64", *LABELS, *options) == 0
    bundle = load_bundle(tmp_path / "b")
    expected = sample_values("softmax")
    assert bundle.settings == expected.settings
    assert (bundle.name, bundle.frames, bundle.stride) == ("foreign", 49, 5)
    assert bundle.labels == ("woodpecker", "robin", "dog", "background", "wren")
    assert (bundle.detector.threshold, bundle.detector.release) == (0.7, 0.5)
    assert bundle.thresholds.detect == (True, True, True, False, True)
    assert bundle.provenance["imported_from"] == "softmax.tflite"
    out = capsys.readouterr().out
    assert (
        "windows, random and of sound, equal" in out and "assumed" not in out and str(tmp_path / "b") in out
    )
    if micro.available():
        assert bundle.model.arena_bytes and str(bundle.model.arena_bytes) in out


def test_a_settings_file_defaults_and_what_was_assumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "s.json"
    settings.write_text(
        json.dumps({"sample_rate": 16000, "window": 640, "hop": 320, "log_floor_db": -90, "frames": 49})
    )
    assert imported(tmp_path / "b", SOFTMAX, "--settings", str(settings), "--hop", "300") == 0
    bundle = load_bundle(tmp_path / "b")
    s = bundle.settings
    assert isinstance(s, LogMelSettings)
    assert (s.hop, s.fft, s.bands, s.fmin, s.fmax, s.log_floor_db) == (300, 1024, 64, 0.0, 8000.0, -90)
    assert (bundle.name, bundle.stride, bundle.labels[4]) == ("softmax", 12, "class 4")
    assumed = next(line for line in capsys.readouterr().out.splitlines() if "assumed" in line)
    for name in (
        "fft 1024",
        "fmin 0",
        "fmax 8000",
        "stride 12",
        "labels class 0",
        "threshold 0.5",
        "release 0.33",
    ):
        assert name in assumed
    assert "hop" not in assumed and "log_floor" not in assumed


def test_another_bundles_settings(tmp_path: Path) -> None:
    assert imported(tmp_path / "a", SOFTMAX, *FLAGS) == 0
    assert imported(tmp_path / "b", SOFTMAX, "--settings", str(tmp_path / "a" / "bundle.json")) == 0
    assert load_bundle(tmp_path / "a").frontend_hash == load_bundle(tmp_path / "b").frontend_hash


def test_a_flat_input_needs_bands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flat = [str(TESTDATA / "flat.tflite"), "--sample-rate", "8000", "--window", "128", "--hop", "128"]
    assert imported(tmp_path / "b", *flat) == 2
    assert "bands" in capsys.readouterr().err
    assert imported(tmp_path / "b", *flat, "--bands", "20") == 0
    assert load_bundle(tmp_path / "b").frames == 16


REFUSED = [
    ([str(TESTDATA / "float.tflite"), *FLAGS], "not quantised"),
    ([str(TESTDATA / "gone.tflite"), *FLAGS], "cannot be read"),
    ([__file__, *FLAGS], "not a .tflite file"),
    ([SOFTMAX], "--sample-rate N --window N --hop N"),
    ([SOFTMAX, *FLAGS, "--bands", "40"], "64 bands, but the settings have 40"),
    ([SOFTMAX, *FLAGS, "--frames", "61"], "has 49 frames, not 61"),
    ([SOFTMAX, *FLAGS, "--labels", "a,b"], "names 2 classes"),
    ([SOFTMAX, *FLAGS, "--labels", "a,b,c,d,a"], "a second time"),
    ([SOFTMAX, *FLAGS, *LABELS, "--ignore", "cat"], "'cat'"),
    ([SOFTMAX, *FLAGS, "--threshold", "1.5"], "highest score"),
    ([SOFTMAX, *FLAGS, "--threshold", "0.4", "--release", "0.6"], "above the threshold"),
    ([SOFTMAX, *FLAGS, "--fft", "1001"], "fft is 1001"),
    ([SOFTMAX, *FLAGS, "--name", "n" * 40], "40 bytes"),
    ([SOFTMAX, "--settings", str(TESTDATA / "gone.json")], "gone.json is missing"),
    ([SOFTMAX, "--settings", SOFTMAX], "not valid JSON"),
]


def test_long_file_names_give_bundles_of_different_names() -> None:
    names = {import_._name_of(Path(f"/models/{'detector-' * 5}{version}.tflite")) for version in range(9)}
    assert len(names) == 9 and all(len(name.encode()) <= 31 for name in names)
    assert import_._name_of(Path("short.tflite")) == "short"


@pytest.mark.parametrize(("arguments", "named"), REFUSED, ids=[named for _, named in REFUSED])
def test_what_cannot_be_is_refused_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], named: str
) -> None:
    assert imported(tmp_path / "b", *arguments) == 2
    error = capsys.readouterr().err
    assert named in error and "→" in error
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_is_replaced_only_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert imported(tmp_path / "b", SOFTMAX, *FLAGS) == 0
    assert imported(tmp_path / "b", SOFTMAX, *FLAGS, "--stride", "3") == 2
    assert "--replace" in capsys.readouterr().err
    assert imported(tmp_path / "b", SOFTMAX, *FLAGS, "--stride", "3", "--replace") == 0
    assert load_bundle(tmp_path / "b").stride == 3


def test_a_model_beyond_the_firmwares_limits_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    smaller = {**core_limits(), "CORE_MAX_CLASSES": 4}
    monkeypatch.setattr("host.build.core_limits.core_limits", lambda: smaller)
    assert imported(tmp_path / "b", SOFTMAX, *FLAGS) == 2
    assert "CORE_MAX_CLASSES" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()


@pytest.mark.skipif(not micro.available(), reason=str(micro.unavailable()))
def test_a_difference_between_the_interpreters_is_no_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real_run = micro.MicroInterpreter.run

    def off_by_two(self: micro.MicroInterpreter, windows: Int8) -> Outputs:
        outputs = real_run(self, windows)
        outputs.scores[:4] ^= 2
        return outputs

    monkeypatch.setattr(micro.MicroInterpreter, "run", off_by_two)
    in_process = SimpleNamespace(verify=verify_model, start=lambda: None)
    monkeypatch.setattr("host.commands.import_.ModelWorker", lambda: contextlib.nullcontext(in_process))
    assert imported(tmp_path / "b", SOFTMAX, *FLAGS) == 0
    assert re.search(r"differ in 4 of \d+ windows, by up to 2", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("name", "said"), [("fullyconv", "gives wrong values"), ("grouped", "crashes the board")]
)
def test_known_faults_of_boards_kernels_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    front_end = ["--sample-rate", "8000", "--window", "256", "--hop", "128"]
    model = str(TESTDATA / f"{name}.tflite")
    assert imported(tmp_path / name, model, *front_end, "--threshold", "0.3") == 0
    err = capsys.readouterr().err
    assert f"{said} on an esp32 " in err and err.count("warning:") == 1


EIGHT_KHZ = ["--sample-rate", "8000", "--window", "256", "--hop", "128"]


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("uint8", ["--bands", "16"], "bands first, [bands, frames] = [16, 10]"),
        ("uint8", ["--layout", "bands-first"], "uint8, 3 classes uint8"),
        ("int16", [], "int16, fed from int8 in steps of 128"),
        ("stream", [], "remembers: built anew at each stream's start"),
        (
            "float_ends",
            ["--bands", "20"],
            "float ends taken off (QUANTIZE of its input, DEQUANTIZE of an output)",
        ),
    ],
)
def test_models_as_they_come(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, options: list[str], said: str
) -> None:
    model = TESTDATA / f"{name}.tflite"
    assert imported(tmp_path / "b", str(model), *EIGHT_KHZ, *options) == 0
    out = capsys.readouterr().out
    assert said in out and "random and of sound, equal" in out
    bundle = load_bundle(tmp_path / "b")
    if name == "stream":
        assert bundle.stride == bundle.frames == 3
    elif name == "float_ends":
        original = hashlib.sha256(model.read_bytes()).hexdigest()
        assert bundle.provenance["original_model"]["sha256"] == original
        assert bundle.model_bytes != model.read_bytes()
    else:
        assert bundle.model.input == sample_values(name).model.input


CURVED = ["--sample-rate", "8000", "--window", "256", "--hop", "128", "--bands", "16"]


@pytest.mark.skipif(not micro.available(), reason=str(micro.unavailable()))
def test_a_model_that_only_tflite_micro_runs_is_imported_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert imported(tmp_path / "b", str(TESTDATA / "elu.tflite"), *CURVED) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "TensorFlow's reference kernels refuse the model, TFLite Micro runs it" in told
    assert "ELU int8: TensorFlow's reference kernels refuse it" in told
    expected = load_bundle(tmp_path / "b").model.expected
    assert expected is not None and (expected.side, expected.off) == ("tflite_micro", "refused")


@pytest.mark.skipif(not micro.available(), reason=str(micro.unavailable()))
def test_a_model_that_only_the_reference_runs_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert imported(tmp_path / "b", str(TESTDATA / "exp.tflite"), *CURVED) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "TFLite Micro cannot run the model" in told and "exp.cc" in told
    assert not (tmp_path / "b").exists()
