"""The pipeline does what has to be done, once, and goes on where it stopped."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ...bundle.load import load_bundle
from ...cli import main
from ...commands import pipeline as command
from ...errors import HilError
from ...lock import try_lock
from ..corpus.wav_files import wav_bytes
from ..dataset.errors import DatasetError
from ..dataset.mixtures import TABLE
from ..dataset.test_mixtures import describe, listener_in
from ..recordings.errors import RecordingsError
from ..recordings.fake_server import KEY, FakeXenoCanto
from ..training.architectures import ARCHITECTURES
from ..training.tensorflow_loading import tensorflow
from ..training.test_networks import evil_file
from . import workspace as run_module
from .config import PipelineError, load_config
from .workspace import Machine, run_pipeline

pytestmark = pytest.mark.slow

ALL = ["collect", "split", "train", "qat"]
# Settings, and the features that become -128 and 127.
OTHER_KINDS: dict[str, tuple[dict[str, Any], float, float]] = {
    "mfcc": (
        {
            "sample_rate": 8000,
            "window": 256,
            "hop": 128,
            "fft": 256,
            "mel_bands": 40,
            "bands": 13,
            "fmin": 0.0,
            "fmax": 4000.0,
            "log_floor_db": -80.0,
        },
        -500.0,
        150.0,
    ),
    "microfrontend": ({"sample_rate": 8000, "window": 240, "hop": 80, "fmax": 3800.0}, 0.0, 26.0),
}


def _recordings(folder: Path, count: int = 4) -> Path:
    """Label folders of noise, with chirps in those of birds."""
    for index in range(2 * count):
        bird = index % 2 == 0
        rng = np.random.default_rng(index)
        sound = rng.normal(0.0, 80.0, 24_000)
        if bird:
            time = np.arange(12_000) / 8000
            sound[6000:18_000] += (
                9000 * np.sin(2 * np.pi * (2000 + 60 * index) * time) * (np.sin(50 * time) > 0)
            )
        path = folder / ("bird" if bird else "nonbird") / f"r{index}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wav_bytes(np.rint(sound).astype(np.int16), 8000))
    return folder


def _config(tmp_path: Path, **changes: Any) -> Path:
    values = {
        "workspace": str(tmp_path / "work"),
        "preset": "tiny",
        "recipe": {"synthetic": None, "float_plan": {"epochs": 1}},
        "collect": [{"folder": "recordings"}],
        "split": {"shares": [0.5, 0.25, 0.25], "seed": 1},
        "bundle": str(tmp_path / "bundle"),
    }
    path = tmp_path / "config.json"
    path.write_text(json.dumps(values | changes))
    return path


@pytest.fixture
def without_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training and quantisation that only leave files whose content follows from their inputs."""

    def train(self: Any) -> None:
        self.run.mkdir(parents=True, exist_ok=True)
        (self.run / "model.h5").write_text(self._data_digest())

    def qat(self: Any) -> None:
        self.config.bundle.mkdir(parents=True, exist_ok=True)
        for name in ("model.tflite", "bundle.json"):
            (self.config.bundle / name).write_text(self.config.recipe.name)

    monkeypatch.setattr(run_module._Workspace, "_train", train)
    monkeypatch.setattr(run_module._Workspace, "_qat", qat)


@pytest.fixture
def go(tmp_path: Path) -> Callable[..., list[str]]:
    _recordings(tmp_path / "recordings")

    def run(until: str | None = None, allowed: tuple[str, ...] = (), **changes: Any) -> list[str]:
        machine = Machine(tmp_path / "cache", 1, 1, frozenset(allowed))
        return run_pipeline(load_config(_config(tmp_path, **changes)), machine, until)

    return run


@pytest.mark.usefixtures("without_training")
def test_only_what_changed_is_done_again(go: Callable[..., list[str]], tmp_path: Path) -> None:
    assert go() == ALL
    assert go() == []
    assert go(split={"shares": [0.5, 0.25, 0.25], "seed": 2}) == ["split", "train", "qat"]
    assert go(split={"shares": [0.5, 0.25, 0.25], "seed": 2}) == []
    (tmp_path / "bundle" / "model.tflite").unlink()
    assert go(split={"shares": [0.5, 0.25, 0.25], "seed": 2}) == ["qat"]
    (tmp_path / "bundle" / "bundle.json").write_text("edited by hand")
    assert go(split={"shares": [0.5, 0.25, 0.25], "seed": 2}) == ["qat"]


@pytest.mark.usefixtures("without_training")
def test_new_recordings_and_other_plans_reach_the_steps_they_concern(
    go: Callable[..., list[str]], tmp_path: Path
) -> None:
    go()
    path = tmp_path / "recordings" / "bird" / "new.wav"
    path.write_bytes(wav_bytes(np.random.default_rng(9).integers(-999, 999, 16_000).astype(np.int16), 8000))
    assert go() == ALL
    quantised: dict[str, Any] = {"synthetic": None, "float_plan": {"epochs": 1}, "qat_plan": {"epochs": 2}}
    assert go(recipe=quantised) == ["qat"]
    quantised["votes"] = {"n": 2, "m": 3}
    assert go(recipe=quantised) == ["qat"]
    quantised["float_plan"] = {"epochs": 2}
    assert go(recipe=quantised)[0] == "train"


@pytest.mark.usefixtures("without_training")
def test_mixtures_are_made_between_split_and_training(go: Callable[..., list[str]], tmp_path: Path) -> None:
    listener_in(tmp_path)
    mixed: dict[str, Any] = {"listener": "listener.json", "windows": 30}
    assert go(mix=mixed) == ["collect", "split", "mix", "train", "qat"]
    assert go(mix=mixed) == []
    told = (tmp_path / "work" / "mixtures" / "ATTRIBUTION.md").read_text()
    assert "Hearing" in told and "bird/" in told
    assert go(mix=mixed | {"seed": 2}) == ["mix", "train", "qat"]
    # What was heard is kept: the classifier itself need not be there again.
    shutil.copy(tmp_path / "work" / "mixtures" / TABLE, tmp_path / "heard.npz")
    (tmp_path / "hearing.tflite").unlink()
    before = (tmp_path / "work" / "mixtures" / "windows.npz").read_bytes()
    assert go(mix=mixed | {"seed": 2, "heard": "heard.npz"}) == [
        "mix"
    ]  # the same data: nothing to train anew
    assert (tmp_path / "work" / "mixtures" / "windows.npz").read_bytes() == before
    with pytest.raises(DatasetError, match="sound otherwise"):
        go(mix=mixed | {"seed": 3, "heard": "heard.npz"})


@pytest.mark.usefixtures("without_training")
def test_recordings_are_kept_as_wide_as_the_listener_hears(
    go: Callable[..., list[str]], tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "recordings")
    for path in _recordings(tmp_path / "recordings").glob("*/*.wav"):
        samples = np.frombuffer(path.read_bytes()[44:], "<i2")
        path.write_bytes(wav_bytes(samples, 44_100))

    def rates() -> set[int]:
        kept = (tmp_path / "work" / "recordings").glob("*/*.wav")
        return {int.from_bytes(path.read_bytes()[24:28], "little") for path in kept}

    assert go("collect") == ["collect"] and rates() == {8000}
    listener_in(tmp_path)
    for rate, kept in ((16_000, 16_000), (4000, 8000)):
        describe(tmp_path / "listener.json", rate=rate)
        assert go("collect", mix={"listener": "listener.json", "windows": 30}) == ["collect"]
        assert rates() == {kept}


@pytest.mark.usefixtures("without_training")
def test_it_goes_on_after_a_failure(
    go: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as patch:

        def broken(_self: Any) -> None:
            raise KeyboardInterrupt

        patch.setattr(run_module._Workspace, "_train", broken)
        with pytest.raises(KeyboardInterrupt):
            go()
    assert not (tmp_path / "bundle").exists()
    assert go() == ["train", "qat"]


@pytest.mark.usefixtures("without_training")
def test_it_stops_where_it_is_told(go: Callable[..., list[str]]) -> None:
    assert go("split") == ["collect", "split"]
    assert go() == ["train", "qat"]
    with pytest.raises(PipelineError, match="no step 'brew'"):
        go("brew")


@pytest.mark.usefixtures("without_training")
def test_downloads_are_a_step(go: Callable[..., list[str]], tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    with FakeXenoCanto() as server:
        query = {"query": "q:A", "label": "bird", "key_file": "key", "api": server.url, "interval": 0}
        with pytest.raises(RecordingsError, match="--allow-api 127"):
            go(download=[query])
        for wrong, message in ({"key_file": "../key"}, "outside its own"), ({"key_file": ""}, "no key file"):
            with pytest.raises(HilError, match=message):
                go(allowed=("127.0.0.1",), download=[query | wrong])
        assert server.requests.total() == 0
        assert go(allowed=("127.0.0.1",), download=[query]) == ["download", *ALL]
        asked = server.requests.total()
        assert go(download=[query]) == []
        assert server.requests.total() == asked


@pytest.fixture
def one_layer(monkeypatch: pytest.MonkeyPatch) -> str:
    """An architecture that is built, quantised and converted in a third of the time: layers cost it, not windows."""

    def build(frames: int, bands: int, outputs: int) -> Any:
        keras = tensorflow().keras
        features = keras.Input((frames, bands, 1), name="features")
        hidden = keras.layers.Conv2D(8, 3, 2, use_bias=False)(features)
        hidden = keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.95)(hidden))
        hidden = keras.layers.GlobalAveragePooling2D()(hidden)
        return keras.Model(features, keras.layers.Dense(outputs, name="logits")(hidden), name="network")

    monkeypatch.setitem(ARCHITECTURES, "one-layer", build)
    return "one-layer"


@pytest.mark.timeout(280)
def test_a_real_run_ends_in_a_bundle(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], one_layer: str
) -> None:
    _recordings(tmp_path / "recordings")
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    recipe = {"synthetic": None, "float_plan": {"epochs": 1}, "architecture": one_layer}
    words = [str(_config(tmp_path, recipe=recipe)), "--cache", str(tmp_path / "cache"), "--workers", "1"]
    assert command.run(parser.parse_args(words)) == 0
    bundle = load_bundle(tmp_path / "bundle")
    assert bundle.labels == ("bird",) and bundle.model.logits is not None
    assert bundle.metrics["sets"]["dataset test"]["int8"]["bird"]["per_window"]["windows"] > 0
    sources = bundle.provenance["attribution"]
    assert {row["title"] for row in sources} <= {f"r{i}" for i in range(8)} and sources
    assert command.run(parser.parse_args(words)) == 0
    assert capsys.readouterr().out.count("nothing has changed") == 4


@pytest.mark.timeout(280)
@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_a_real_run_on_features_of_another_kind(tmp_path: Path, kind: str, one_layer: str) -> None:
    """The kind in the configuration is all that has to be said; a board then computes what was trained on."""
    recordings = _recordings(tmp_path / "recordings")
    frontend, lowest, highest = OTHER_KINDS[kind]
    recipe = {
        "synthetic": None,
        "float_plan": {"epochs": 1},
        "architecture": one_layer,
        "frontend": {"kind": kind, **frontend},
        "lowest": lowest,
        "highest": highest,
    }
    words = [str(_config(tmp_path, recipe=recipe)), "--cache", str(tmp_path / "cache"), "--workers", "1"]
    assert main(["pipeline", *words]) == 0
    bundle = load_bundle(tmp_path / "bundle")
    assert bundle.settings.kind == kind and bundle.settings.bands == bundle.model.input.shape[2]
    sounds = [str(recordings / "bird" / "r0.wav"), str(recordings / "nonbird" / "r1.wav")]
    report = tmp_path / "report"
    assert main(["hil", *sounds, "--bundle", str(bundle.path), "--report", str(report)]) == 0
    totals = json.loads((report / "report.json").read_text(encoding="utf-8"))["totals"]
    assert totals["windows"] > 10 and totals["feature_mismatches"] == totals["output_mismatches"] == 0


def test_no_code_of_a_model_in_the_workspace_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two runs of the pipeline somebody puts another file in the model's place."""
    mark = tmp_path / "evil-was-here"
    evil_file(tmp_path / "work" / "run" / "model.h5", mark)
    work = run_module._Workspace(load_config(_config(tmp_path)), Machine(tmp_path / "cache", 1, 1))
    monkeypatch.setattr(work, "_data", lambda: None)
    with pytest.raises(HilError, match="layers, the recipe"):
        work._qat()
    assert not mark.exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bundel": "x"}, "bundel"),
        ({"bundle": None}, "`bundle` is None.*\n.*name the folder to write"),
        ({"collect": [{}]}, "names no source"),
        ({"collect": [{"folder": "x", "window_scores": "w.csv"}]}, "window_scores` belongs to a manifest"),
        ({"split": {"heard": 0.1}}, "`split.unheard` is 0.2"),
        ({"split": {"heard": 1.1}}, "`split.heard` is 1.1"),
        ({"mix": {}}, "`mix.listener` is missing"),
        ({"mix": {"listener": "l.json", "windows": 0}}, "`mix.windows` is 0"),
        ({"mix": {"listener": "l.json"}, "collect": []}, "`mix` has no recordings to mix"),
        ({"collect": {}}, "`collect` is {}.*\n.*a list of entries: an object"),
        ({"collect": []}, "no data"),
        ({"download": [{"label": "x"}]}, r"`download\[0\].query` is missing"),
        ({"workspace": 5}, "`workspace` is 5.*\n.*text"),
        ({"recipe": {"frontend": {"bands": 0}}}, "`recipe.frontend.bands` is 0"),
        ({"recipe": {"float_plan": {"epochs": 0}}}, "`recipe.float_plan.epochs` is 0"),
        ({"split": {"left_out": {"source": None}}}, "`split.left_out.source` is None"),
        ({"split": {"shares": [1, 1, 1]}}, "`split.shares`.*\n.*sum to 1"),
        ({"collect": [{"folder": "x", "label": {"*": 1}}]}, r"`collect\[0\].label.\*` is 1"),
        ({"split": {"sead": 1}}, "`split.sead`.*\n.*did you mean `seed`"),
        ({"split": {"left_out": {"colour": ["x"]}}}, "colour"),
        ({"preset": "huge"}, "huge"),
    ],
)
def test_wrong_configurations_are_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(HilError, match=message):
        load_config(_config(tmp_path, **changes))


def test_a_missing_configuration_is_named(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"none\.json"):
        load_config(tmp_path / "none.json")


def test_two_pipelines_in_one_workspace_do_not_meet(tmp_path: Path) -> None:
    config = load_config(_config(tmp_path))
    config.workspace.mkdir(parents=True, exist_ok=True)
    with (config.workspace / "pipeline.lock").open("a+b") as held:
        assert try_lock(held)
        with pytest.raises(PipelineError, match="Another pipeline is at work"):
            run_pipeline(config, Machine(tmp_path / "cache", 1, 1), "collect")


def test_all_that_is_missing_is_told_before_the_first_step(
    go: Callable[..., list[str]], tmp_path: Path
) -> None:
    (tmp_path / "list.csv").write_text("file,label\n")
    sources = [
        {"folder": "recordings"},
        {"manifest": "far/../none.csv", "window_scores": "scores.csv"},
        {"manifest": "list.csv"},
    ]
    mixed = {"listener": "ear.json", "heard": "heard.npz"}
    gone = [str(tmp_path / name) for name in ("none.csv", "scores.csv", "ear.json", "heard.npz")]
    with pytest.raises(PipelineError) as told:
        go(collect=sources, mix=mixed)
    assert str(told.value).startswith(f"The configuration names what is not there: {', '.join(gone)}.")
    assert not (tmp_path / "work" / "recordings").exists()
    assert go("split", mix=mixed) == ["collect", "split"]  # what mixes is needed by mixing only
    for step in ("mix", None):
        with pytest.raises(PipelineError, match=r"ear\.json"):
            go(step, mix=mixed)
