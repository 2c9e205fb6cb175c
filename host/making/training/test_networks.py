"""A file gives weights and nothing else: no code in it runs, and another network is told."""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ...commands import convert, qat
from . import produce, recipe
from .errors import TrainingError
from .networks import Network, load_float, load_quantised, save_model
from .teacher import Teacher
from .tensorflow_loading import seed_everything, tensorflow
from .to_int8 import to_int8
from .toy_sets import BANDS, FRAMES

pytestmark = pytest.mark.slow

TINY = dataclasses.replace(recipe.preset("tiny"), qat_share=1.0)
Evil = Callable[..., tuple[Path, Path]]
BEFORE = Path(__file__).with_name("made_before") / "run"


def _weights(model: Any) -> list[Any]:
    return [weight.tolist() for weight in model.get_weights()]


@pytest.mark.parametrize(
    "architecture", ["strided", "strided-wide", "separable-pooling", "standard-flatten", "teacher"]
)
def test_weights_come_back(tmp_path: Path, architecture: str) -> None:
    network = Network(architecture, FRAMES, BANDS, 2)
    seed_everything(5)
    model = network.build()
    save_model(model, tmp_path / "model.h5")
    model.save(tmp_path / "model.keras", save_format="keras")
    for name in ("model.h5", "model.keras"):
        assert _weights(load_float(tmp_path / name, network)) == _weights(model)


def test_models_of_an_earlier_version_load() -> None:
    keras = tensorflow().keras
    import tensorflow_model_optimization as tfmot  # after TensorFlow, which has to be loaded in a way of its own

    features = np.random.default_rng(1).normal(0.0, 1.0, (4, FRAMES, BANDS, 1)).astype(np.float32)
    whole = keras.models.load_model(BEFORE / "model.h5", compile=False)
    assert np.array_equal(whole(features), produce.trained(TINY, BEFORE)(features))
    keras.backend.clear_session()
    with tfmot.quantization.keras.quantize_scope():
        whole = keras.models.load_model(BEFORE / "model_qat.h5", compile=False)
    assert to_int8(whole) == to_int8(produce.quantised(TINY, BEFORE))


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (Network("strided", FRAMES, BANDS, 1), "where the recipe's network has"),
        (Network("separable-pooling", FRAMES, BANDS, 3), "units"),
        (Network("separable-flatten", FRAMES, BANDS, 1), "Flatten"),
    ],
)
def test_another_network_is_told(network: Network, message: str) -> None:
    with pytest.raises(TrainingError, match=f"not a model this program saved.*{message}"):
        load_float(BEFORE / "model.h5", network)
    with pytest.raises(TrainingError, match="not a model this program saved"):
        load_quantised(BEFORE / "model.h5", TINY.network, TINY.lowest, TINY.highest)


@pytest.mark.parametrize("content", [b"", b"no model", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"])
@pytest.mark.parametrize("name", ["model.h5", "model.keras", "model.pb"])
def test_what_is_no_model_is_told(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TrainingError, match="not a model this program saved"):
        load_float(tmp_path / name, TINY.network)


@pytest.mark.parametrize("config", ["[" * 100_000, "{}", '{"config": {"layers": [7]}}', "null", "\x00"])
def test_a_damaged_description_is_told(tmp_path: Path, config: str) -> None:
    import h5py

    path = shutil.copy(BEFORE / "model.h5", tmp_path)
    with h5py.File(path, "r+") as file:
        del file.attrs["model_config"]
        file.attrs["model_config"] = np.bytes_(config) if len(config) < 60_000 else np.bytes_(config[:60_000])
    with pytest.raises(TrainingError, match="not a model this program saved"):
        load_float(Path(path), TINY.network)


# Evil files: a good network with a layer that writes a file when it is made or run.


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Evil:
    """A good network with a layer that writes a file when it is made or run: it and the file, which is not there."""
    folder = tmp_path_factory.mktemp("evil")

    @cache
    def made(suffix: str = ".h5", quantised: bool = False) -> tuple[Path, Path]:
        path = folder / f"{quantised}{suffix}"
        mark = path.with_suffix(".was-here")
        evil_file(path, mark, quantised)
        return path, mark

    def fresh(*which: Any) -> tuple[Path, Path]:
        path, mark = made(*which)
        mark.unlink(missing_ok=True)
        return path, mark

    return fresh


def evil_file(path: Path, mark: Path, quantised: bool = False) -> None:
    """Leave at `path` a good network with a layer that writes `mark` when it is made or run."""
    keras = tensorflow().keras
    keras.backend.clear_session()
    model = produce.quantised(TINY, BEFORE) if quantised else produce.trained(TINY, BEFORE)
    place = str(mark)
    write = keras.layers.Lambda(lambda x: (open(place, "w"), x)[1])  # noqa: PTH123, SIM115
    model = keras.Model(model.inputs, write(model.outputs[0]))
    path.parent.mkdir(parents=True, exist_ok=True)
    model.save(path, save_format="keras" if path.suffix == ".keras" else "h5")
    mark.unlink()  # making it ran it


def _args(module: Any, *words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    return parser.parse_args(words)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run whose data need not be made."""
    shutil.copytree(BEFORE, tmp_path / "run")
    for module in (convert, qat):
        monkeypatch.setattr(module, "load_data", lambda *_: None)
    return tmp_path / "run"


def _convert(run: Path) -> None:
    convert.run(_args(convert, "--run", str(run), "--bundle", str(run / "bundle")))


def _post_training(run: Path) -> None:
    convert.run(_args(convert, "--run", str(run), "--bundle", str(run / "bundle"), "--post-training"))


def _qat(run: Path) -> None:
    qat.run(_args(qat, "--run", str(run), "--bundle", str(run / "bundle")))


def _trained_on(run: Path) -> None:
    produce.train_quantised(TINY, {}, run, lambda _row: None)


def _taught(run: Path) -> None:
    teacher = Teacher(run / "model.h5", 0.5, TINY.network)
    teacher.targets(np.zeros((2, FRAMES, BANDS, 1), np.float32), np.zeros((2, 1), np.float32))


@pytest.mark.parametrize("way", [_convert, _post_training, _qat, _trained_on, _taught])
def test_no_code_of_a_file_runs(run: Path, evil: Evil, way: Callable[[Path], None]) -> None:
    path, mark = evil()
    shutil.copy(path, run / "model.h5")
    with pytest.raises(TrainingError, match="layers, the recipe"):
        way(run)
    assert not mark.exists()


def test_no_code_of_a_quantised_file_runs(run: Path, evil: Evil) -> None:
    path, mark = evil(".h5", True)
    shutil.copy(path, run / "model_qat.h5")
    with pytest.raises(TrainingError, match="layers, the recipe"):
        _convert(run)
    assert not mark.exists()


def test_no_code_of_a_keras_file_runs(evil: Evil) -> None:
    path, mark = evil(".keras")
    with pytest.raises(TrainingError, match="layers, the recipe"):
        load_float(path, TINY.network)
    assert not mark.exists()


def test_a_damaged_keras_file_is_told(tmp_path: Path) -> None:
    """Whatever the parsers raise; damage to what is not read, such as a date, may pass."""
    network = Network("strided", FRAMES, BANDS, 1)
    network.build().save(tmp_path / "whole.keras", save_format="keras")
    whole = (tmp_path / "whole.keras").read_bytes()
    path, refused = tmp_path / "model.keras", 0
    for place in range(0, len(whole), len(whole) // 12):
        path.write_bytes(
            whole[:place] + bytes(byte ^ 0x5A for byte in whole[place : place + 40]) + whole[place + 40 :]
        )
        try:
            load_float(path, network)
        except TrainingError as error:
            refused += 1
            assert "not a model this program saved" in error.cause and len(error.cause) < 1000
    assert refused > 6


def test_a_keras_file_that_unpacks_to_a_flood_is_refused(tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(tmp_path / "model.keras", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("config.json", "w", force_zip64=True) as file,
    ):
        for _ in range(260):
            file.write(b" " * (1 << 20))
    with pytest.raises(TrainingError, match="claims to hold 272,629,760 bytes"):
        load_float(tmp_path / "model.keras", TINY.network)


def test_the_evil_file_is_evil(evil: Evil) -> None:
    """Loaded as a model it does write: the tests above can fail."""
    path, mark = evil()
    model = tensorflow().keras.models.load_model(path, compile=False, safe_mode=False)
    model(np.zeros((1, FRAMES, BANDS, 1), np.float32))
    assert mark.exists()


def test_layers_named_in_a_description_are_not_made(tmp_path: Path) -> None:
    """A description that names modules and functions is read as text."""
    import h5py

    path = Path(shutil.copy(BEFORE / "model.h5", tmp_path))
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        for layer in config["config"]["layers"]:
            layer["module"], layer["registered_name"] = "os", "system"
            layer["config"]["activation"] = {"module": "os", "class_name": "function", "config": "system"}
        file.attrs["model_config"] = np.bytes_(json.dumps(config))
    assert _weights(load_float(path, TINY.network)) == _weights(load_float(BEFORE / "model.h5", TINY.network))
