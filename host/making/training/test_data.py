"""What a recipe may be trained on, and the commands from a recipe to a bundle."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import numpy as np
import pytest

from ...bundle.load import load_bundle
from ...commands import compare, convert, qat, train
from ...detector.n_of_m import NOfM
from ..corpus.wav_files import wav_bytes
from ..dataset.heard import load_listener
from ..dataset.mixture import MixturePlan
from ..dataset.mixtures import mix
from ..dataset.split import Options, make_dataset
from ..dataset.store import load_dataset
from ..dataset.test_mixtures import listener_in
from ..recordings.catalogue import Catalogue, Recording
from . import recipe
from .data import BACKGROUND_SET, load_data
from .errors import TrainingError
from .votes import Votes

pytestmark = pytest.mark.slow

TINY = recipe.preset("tiny")


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A data set of the class bird."""
    catalogue = Catalogue(tmp_path / "base")
    for index in range(8):
        rng = np.random.default_rng(index)
        sound = rng.normal(0.0, 50.0 + 3000.0 * (index % 2), 20_000)
        label = "nonbird" if index % 2 else "bird"
        if label == "bird":
            sound[8000:12_000] += 8000.0 * np.sin(np.arange(4000) * 1.9)
        values = {"source": "open" if index < 6 else "kept", "group": f"g{index}", "licence": "CC0"}
        wav = wav_bytes(np.rint(sound).astype(np.int16), 8000)
        catalogue.add(Recording(label, f"r{index}", title=f"title {index}", **values), wav)  # type: ignore[arg-type]
    options = Options(shares=(0.4, 0.3, 0.3), left_out={"source": ("kept",)})
    make_dataset([tmp_path / "base"], TINY.features, options, tmp_path / "set", tmp_path / "cache", 1)
    return tmp_path / "set"


def test_synthetic_sound_and_recordings_are_joined_for_training_only(dataset: Path, tmp_path: Path) -> None:
    data = load_data(TINY, [dataset], tmp_path / "cache", 1)
    assert set(data.sets) == {"train", "validation", "synthetic test", "set left-out", "set test"}
    assert set(data.sets["train"].domains.tolist()) == {0, 1}
    assert {row["title"] for row in data.sources}.isdisjoint(
        {"title 6", "title 7"}
    )  # left out: not trained on
    assert len(data.sources) == 4 and all(row["licence"] == "CC0" for row in data.sources)


def test_mixtures_take_the_place_of_recordings(dataset: Path, tmp_path: Path) -> None:
    listener_in(tmp_path)
    about = load_listener(tmp_path / "listener.json")
    plan = MixturePlan(40, seed=2)
    mixed = mix(
        load_dataset(dataset), [tmp_path / "base"], plan, about, tmp_path, tmp_path / "mixed", workers=1
    )
    data = load_data(TINY, [dataset, mixed.path], tmp_path / "cache", 1)
    alone = load_data(TINY, [dataset], tmp_path / "cache", 1)
    train = data.sets["train"]
    assert (train.labels[train.domains == 0] == 0.0).all()  # synthetic sound without a bird
    scored = np.sort(mixed.windows("train").labels[:, 0])
    np.testing.assert_array_equal(np.sort(train.labels[train.domains == 1][:, 0]), scored)
    mixtures = train.select(train.domains == 1)
    assert len(set(mixtures.recordings.tolist())) == len(mixtures) == 40  # all are drawn alike
    assert {mixtures.names[number] for number in mixtures.recordings} <= {f"bird/r{n}" for n in range(8)} | {
        f"nonbird/r{n}" for n in range(8)
    }
    assert set(data.sets) == set(alone.sets)
    for name in set(data.sets) - {"train"}:
        np.testing.assert_array_equal(data.sets[name].labels, alone.sets[name].labels)
    files = [row["file"] for row in data.sources]
    assert len(files) == len(set(files)) and set(files) == {row["file"] for row in alone.sources} | {
        "listener/Hearing"
    }


def test_synthetic_sets_are_made_once(tmp_path: Path) -> None:
    first = load_data(TINY, [], tmp_path, 1).sets["train"]
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npz")}
    again = load_data(TINY, [], tmp_path, 1).sets["train"]
    assert len(stamps) == 3 and stamps == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npz")}
    assert np.array_equal(first.stores[0], again.stores[0]) and np.array_equal(first.labels, again.labels)


def test_background_for_the_threshold_has_no_bird_and_is_trained_on_by_nobody(tmp_path: Path) -> None:
    quiet = dataclasses.replace(TINY, background_scenes=3)
    sets = load_data(quiet, [], tmp_path, 1).sets
    assert len(sets[BACKGROUND_SET]) == 3 * 3 and not sets[BACKGROUND_SET].labels.any()
    assert len(sets["train"]) == len(load_data(TINY, [], tmp_path, 1).sets["train"])


def test_what_does_not_fit_is_refused(dataset: Path, tmp_path: Path) -> None:
    alone = dataclasses.replace(TINY, synthetic=None)
    with pytest.raises(TrainingError, match="no train data"):
        load_data(alone, [], tmp_path, 1)
    with pytest.raises(TrainingError, match="classes bird, the recipe wren"):
        load_data(dataclasses.replace(alone, labels=("wren",)), [dataset], tmp_path, 1)
    with pytest.raises(TrainingError, match="knows the class bird only"):
        load_data(dataclasses.replace(TINY, labels=("wren",)), [dataset], tmp_path, 1)
    other = dataclasses.replace(alone, frontend=dataclasses.replace(TINY.frontend, fmin=300.0))  # type: ignore[type-var]
    with pytest.raises(TrainingError, match="another front end"):
        load_data(other, [dataset], tmp_path, 1)


@pytest.mark.timeout(280)
def test_the_commands_from_a_recipe_to_a_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--cache", str(tmp_path / "cache"), "--workers", "1"]
    run, bundle = str(tmp_path / "run"), str(tmp_path / "bundle")

    def call(module, *words: str) -> int:  # type: ignore[no-untyped-def]
        parser = argparse.ArgumentParser()
        module.add_arguments(parser)
        return int(module.run(parser.parse_args([*words, *common])))

    assert call(train, "--preset", "tiny", "--out", run, "--architecture", "strided", "--seed", "5") == 0
    assert recipe.load(Path(run) / "recipe.json").architecture == "strided"
    with pytest.raises(TrainingError, match=r"no model_qat\.h5"):
        call(convert, "--run", run, "--bundle", bundle)
    chosen_on_more = dataclasses.replace(
        recipe.load(Path(run) / "recipe.json"), background_scenes=40, false_an_hour=0.0
    )
    recipe.save(chosen_on_more, Path(run) / "recipe.json")
    assert call(convert, "--run", run, "--bundle", bundle, "--post-training") == 0
    made = load_bundle(Path(bundle))
    background = made.metrics["sets"][BACKGROUND_SET]["int8"]["bird"]["per_window"]
    assert background["windows"] == 120 and background["confusion"]["false_positives"] == 0
    recipe.save(dataclasses.replace(chosen_on_more, votes=Votes(2, 3, 0.0)), Path(run) / "recipe.json")
    assert call(convert, "--run", run, "--bundle", bundle, "--post-training") == 0
    over_time = load_bundle(Path(bundle))
    assert isinstance(over_time.detector, NOfM) and (over_time.detector.n, over_time.detector.m) == (2, 3)
    assert over_time.detector.threshold >= made.detector.threshold
    assert over_time.metrics["threshold"] == over_time.detector.threshold
    begun = over_time.metrics["background"]
    # 40 scenes of three seconds, and half of the eight of the validation set.
    assert begun["starts"] == 0 and 40 * 2.8 < begun["hours"] * 3600 < 48 * 3
    assert made.model.input.zero_point == TINY.quantisation.zero_point
    assert made.provenance["packages"]["tf-keras"].startswith("2.")
    assert "synthetic test" in made.metrics["sets"]
    said = capsys.readouterr().out
    assert "accuracy" in said and "0 detections begin in 0.0" in said
    table = str(tmp_path / "table")
    assert (
        call(compare, "--preset", "tiny", "--architectures", "strided", "--epochs", "1", "--out", table) == 0
    )
    assert "| strided | 7465 |" in (tmp_path / "table" / "compare.md").read_text()
    with pytest.raises(TrainingError, match="no set 'moon'"):
        call(compare, "--preset", "tiny", "--architectures", "strided", "--judge", "moon")
    with pytest.raises(TrainingError, match=r"recipe\.json cannot be read"):
        call(qat, "--run", str(tmp_path / "nowhere"), "--bundle", bundle)
    with pytest.raises(SystemExit):
        call(train, "--preset", "tiny", "--epochs", "0")
