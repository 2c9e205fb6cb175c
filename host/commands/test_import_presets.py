"""`python -m host import` with presets and manifests."""

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from ..bundle.errors import BundleError
from ..bundle.load import load_bundle
from ..checkout import DEFAULT_BUNDLE
from ..cli import main
from ..detector.mean_window import MeanWindow
from ..detector.n_of_m import NOfM
from ..frontend.kinds import values_of
from ..frontend.mfcc.settings import MfccSettings
from ..frontend.microfrontend.settings import MicrofrontendSettings
from ..frontend.normalised.settings import NormalisedSettings
from ..model.inspect import inspect_model
from ..model.samples import TESTDATA
from ..model.worker import ModelWorker
from .front_end_options import ImportedFrontEnd
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
    assert (bundle.labels, bundle.detector, bundle.settings.hop) == (("Hey You",), MeanWindow(0.9, 5), 320)
    assert bundle.thresholds.on == (int(0.9 * 255) - 128,)  # as ESPHome quantises it
    assert bundle.settings.kind == "microfrontend"
    assert "mean of the last 5 above 0.9 (uint8 229), then 100 columns at rest" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.usefixtures("one_worker")
def test_recordings_scaled_to_their_own_peak(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On either side, and after another import with the bundle's own settings."""
    given = ["--settings", str(DEFAULT_BUNDLE / "bundle.json"), "--samples", "clip-peak"]
    assert imported(tmp_path / "b", MODEL, *given, "--labels", "x") == 0
    assert "divided by its own peak before it is sent" in capsys.readouterr().out
    assert imported(tmp_path / "c", MODEL, "--settings", str(tmp_path / "b" / "bundle.json")) == 0
    assert load_bundle(tmp_path / "b").to_peak and load_bundle(tmp_path / "c").to_peak
    assert imported(tmp_path / "d", MODEL, *given[:2]) == 0
    assert not load_bundle(tmp_path / "d").to_peak
    quiet = np.random.default_rng(1).integers(-9, 10, 20_000).astype(np.int16)
    soundfile.write(tmp_path / "quiet.wav", quiet, 8000, "PCM_16")
    report = tmp_path / "report"
    assert main(
        ["hil", str(tmp_path / "quiet.wav"), "--bundle", str(tmp_path / "b"), "--report", str(report)]
    ) in (0, 3)
    [file] = json.loads((report / "report.json").read_text(encoding="utf-8"))["files"]
    assert any("samples times 3641" in note for note in file["notes"])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--settings", "SAMPLES"], "`samples` is 'loud'"),
        ([], "no preset fits its int8 input [1, 61, 40, 1] for features from -2.998 to 2.502"),
        (
            ["--preset", "torchaudio", "--fft", "441"],
            "fft is 441, which the firmware has no FFT for: it is odd → use 432 or 450;",
        ),
        (
            ["--preset", "torchaudio", "--fft", "406"],
            "no FFT for: it has the factor 7, and FFTs are made of 2, 3 and 5 → use 400 or 432;",
        ),
        (["--preset", "mlperf-kws"], "49 columns of 10 bands, but the model's input is [1, 61, 40, 1]"),
        (["--preset", "mlperf-kws", "--normalise", "peak"], "peak of mfcc, which is no dB"),
        (["--preset", "mlperf-kws", "--normalise", "peak"], "use top, which limits log-mel before the DCT"),
        (["--preset", "micro-speech"], "49 columns of 40 bands, but the model's input is [1, 61, 40, 1]"),
        (["--preset", "nabu"], "no preset 'nabu'"),
        (["--preset", "esphome", "--log-floor-db", "-80"], "unknown front-end setting 'log_floor_db'"),
        (["--preset", "esphome", "--fmax", "9000"], "fmax is 9000"),
    ],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], named: str
) -> None:
    odd = tmp_path / "odd.json"
    values = json.loads((DEFAULT_BUNDLE / "bundle.json").read_text(encoding="utf-8"))
    odd.write_text(json.dumps({**values, "samples": "loud"}), encoding="utf-8")
    arguments = [str(odd) if each == "SAMPLES" else each for each in arguments]
    assert imported(tmp_path / "b", MODEL, *arguments) == 2
    assert named in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("logarithm", ["db", "ln"])
def test_coefficients_of_decibels_are_told_from_those_of_libraries_that_limit_them(
    logarithm: str, within: bool
) -> None:
    cepstral = MfccSettings(8000, 256, 128, 256, 40, 13, 0.0, 4000.0, -80.0, logarithm=logarithm)
    settings = NormalisedSettings(values_of(cepstral), "mean-std") if within else cepstral
    told = " ".join(ImportedFrontEnd(settings, None, None).lines())
    assert ("80 dB below a clip's loudest cell before the DCT" in told) == (logarithm == "db")
    limited = NormalisedSettings(values_of(cepstral), "top")
    assert "before the DCT" not in " ".join(ImportedFrontEnd(limited, None, None).lines())


def test_a_model_that_no_preset_fits_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert imported(tmp_path / "b", str(TESTDATA / "softmax.tflite")) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "no preset fits its int8 input [1, 49, 64, 1] for features from -80 to 0" in told
    assert "with other bands: librosa, librosa-max" in told


def test_a_model_that_presets_fit_is_told_which(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = inspect_model(Path(MODEL).read_bytes())
    word = replace(model, input=replace(model.input, shape=(1, 3, 40), scale=26 / 255, zero_point=-128))
    monkeypatch.setattr("host.model.incoming.inspect_model", lambda _: word)
    assert imported(tmp_path / "b", MODEL) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert (
        "presets that fit its int8 input [1, 3, 40] for features from 0 to 26: esphome, microwakeword" in told
    )


@pytest.mark.slow
@pytest.mark.usefixtures("one_worker")
def test_a_librarys_preset_takes_bands_from_the_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = str(TESTDATA / "softmax.tflite")
    options = ["--preset", "librosa-max", "--sample-rate", "16000", "--hop", "320"]
    assert imported(tmp_path / "b", model, *options) == 0
    settings, told = load_bundle(tmp_path / "b").settings, capsys.readouterr().out
    assert isinstance(settings, NormalisedSettings)
    assert (settings.normalisation, settings.top_db, settings.model_bands) == ("peak", 80.0, 64)
    assert settings.of["fmax"] == 8000.0 and settings.of["padding"] == "zero" and settings.hop == 320
    for text in ("assumed    bands 64", "fft 2048", "not sample_rate, hop, bands, fmax", "64 bands"):
        assert text in told


@pytest.mark.slow
@pytest.mark.usefixtures("one_worker")
def test_librosas_mfcc_is_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = [
        "--preset",
        "librosa-mfcc",
        "--sample-rate",
        "16000",
        "--window",
        "512",
        "--fft",
        "512",
        "--hop",
        "256",
    ]
    assert imported(tmp_path / "b", str(TESTDATA / "softmax.tflite"), *options, "--mel-bands", "80") == 0
    told, settings = capsys.readouterr().out, load_bundle(tmp_path / "b").settings
    assert "80 dB deep before the DCT" in told
    assert (settings.bands, settings.model_bands) == (160, 64)


@pytest.mark.slow
@pytest.mark.usefixtures("one_worker")
def test_any_front_end_can_be_normalised(tmp_path: Path) -> None:
    options = ["--sample-rate", "16000", "--window", "400", "--hop", "160", "--normalise", "min-max"]
    more = ["--scale", "80", "--offset", "-80"]
    assert imported(tmp_path / "b", str(TESTDATA / "softmax.tflite"), *options, *more) == 0
    settings = load_bundle(tmp_path / "b").settings
    assert isinstance(settings, NormalisedSettings) and settings.inner.fft == 512
    assert (settings.scale, settings.offset, settings.inner.kind) == (80.0, -80.0, "log-mel")


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


def test_a_manifest_of_the_first_version(tmp_path: Path) -> None:
    micro = {"probability_cutoff": 0.5, "sliding_window_average_size": 10}
    found = read_manifest(manifest(tmp_path, {**MANIFEST, "version": 1, "micro": micro}))
    assert (found.step_ms, found.sliding_window) == (20, 10)


@pytest.mark.slow
@pytest.mark.usefixtures("one_worker")
def test_a_manifest_with_a_detector_of_ones_own(tmp_path: Path) -> None:
    own = {"kind": "n-of-m", "threshold": 0.6, "release": 0.4, "n": 2, "m": 3}
    (tmp_path / "d.json").write_text(json.dumps(own))
    assert imported(tmp_path / "b", str(manifest(tmp_path)), "--detector", str(tmp_path / "d.json")) == 0
    assert load_bundle(tmp_path / "b").detector == NOfM(0.6, 0.4, 2, 3)
    again = ["--preset", "esphome", "--labels", "w", "--detector", str(tmp_path / "b" / "bundle.json")]
    assert imported(tmp_path / "c", MODEL, *again) == 0
    assert load_bundle(tmp_path / "c").detector == NOfM(0.6, 0.4, 2, 3)


@pytest.mark.parametrize(
    ("detector", "arguments", "named"),
    [
        (None, ["--release", "0.2"], "--release means nothing for a manifest"),
        (None, ["--threshold", "1"], "`detector.cutoff` is 1"),
        (None, ["--threshold", "0.001"], "no probability is below it"),
        ({"kind": "n-of-m"}, ["--threshold", "0.2"], "--detector and --threshold both"),
        ({"kind": "vote"}, [], "known here: threshold, mean-window, argmax, n-of-m"),
        (
            {"kind": "n-of-m", "threshold": 0.6, "release": 0.4, "n": 4, "m": 3},
            [],
            "`detector.n` is 4, above m, 3",
        ),
        ({"kind": "argmax", "threshold": 0.6, "release": 0.4}, [], "there is one class"),
        ({"kind": "mean-window", "cutoff": 0.5}, [], "`detector.windows` is missing"),
        ({"kind": "mean-window", "cutoff": 0.5, "windows": 3, "slices": 9}, [], "less than the stride of 61"),
    ],
)
def test_detectors_that_make_no_sense_are_refused(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    detector: dict[str, Any] | None,
    arguments: list[str],
    named: str,
) -> None:
    if detector is not None:
        (tmp_path / "d.json").write_text(json.dumps(detector))
        arguments = [*arguments, "--detector", str(tmp_path / "d.json")]
    assert imported(tmp_path / "b", str(manifest(tmp_path)), *arguments) == 2
    assert named in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "b").exists()
