"""Learning from a teacher: what it says is learned, what it is is not lost, and a wrong one is refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from . import architectures, produce, recipe
from .errors import TrainingError
from .fit import Material, Plan, fit, predict
from .metrics import roc_auc
from .networks import Network, save_model
from .recipe import Recipe, Teaching
from .teacher import Teacher
from .tensorflow_loading import seed_everything
from .toy_sets import BANDS, FRAMES, striped_windows

pytestmark = pytest.mark.slow


def _recipe(share: float = 0.8) -> Recipe:
    plan = Plan(epochs=3, windows_per_epoch=256, batch=32, learning_rate=5e-3, seed=5)
    return Recipe(
        name="test",
        architecture="strided",
        float_plan=plan,
        qat_plan=plan,
        teacher=Teaching(share=share, plan=plan),
    )


POOLING = Network("separable-pooling", FRAMES, BANDS, 1)
SETS = {"train": striped_windows(1), "validation": striped_windows(2, 48)}


@pytest.mark.timeout(280)
def test_a_pupil_learns_what_the_teacher_says_against_wrong_labels(tmp_path: Path) -> None:
    plan = _recipe()
    teacher = produce.train_teacher(plan, SETS, tmp_path, lambda _row: None)
    assert teacher is not None
    wrong = {
        "train": striped_windows(3, label_noise=0.5),
        "validation": SETS["validation"],
    }  # labels that say nothing
    reached = []
    for share in (1.0, 0.0):
        seed_everything(4)
        pupil = architectures.build("strided", FRAMES, BANDS, 1)
        fit(
            pupil,
            dataclasses.replace(plan.float_plan, patience=9),
            Material(
                wrong["train"],
                wrong["validation"],
                plan.units,
                plan.quantisation,
                Teacher(teacher.path, share, teacher.network),
            ),
        )
        fresh = striped_windows(6, 64)
        reached.append(roc_auc(predict(pupil, fresh, plan.quantisation)[:, 0], fresh.labels[:, 0] > 0.5))
    assert reached[0] > 0.95 > reached[1]


@pytest.mark.timeout(280)
def test_the_int8_model_answers_as_the_float_model_does(tmp_path: Path) -> None:
    longer = dataclasses.replace(_recipe().float_plan, windows_per_epoch=1024, patience=9)
    plan = dataclasses.replace(_recipe(), teacher=None, float_plan=longer, qat_plan=longer)
    model = produce.train_float(plan, SETS, tmp_path, lambda _row: None)
    wrong = {
        "train": striped_windows(3, label_noise=1.0),
        "validation": striped_windows(7, 48, label_noise=1.0),
    }
    distances = []
    for share in (1.0, 0.0):
        taught = dataclasses.replace(plan, qat_share=share)
        quantised = produce.train_quantised(taught, wrong, tmp_path, lambda _row: None)
        fresh = striped_windows(6, 64)
        scores = [predict(each, fresh, plan.quantisation) for each in (model, quantised)]
        distances.append(float(np.mean(np.abs(scores[0] - scores[1]))))
    assert distances[0] < 0.05 and distances[1] > 0.5


@pytest.mark.timeout(280)
def test_a_finished_teacher_is_kept_and_another_one_is_trained_anew(tmp_path: Path) -> None:
    epochs: list[dict[str, float]] = []
    plan = _recipe()
    produce.train_teacher(plan, SETS, tmp_path, epochs.append)
    before = (tmp_path / produce.TEACHER).read_bytes()
    assert len(epochs) == 3 and (tmp_path / "history_teacher.csv").is_file()
    produce.train_teacher(plan, SETS, tmp_path, epochs.append)
    assert len(epochs) == 3 and (tmp_path / produce.TEACHER).read_bytes() == before
    changed = dataclasses.replace(plan.float_plan, epochs=1)
    produce.train_teacher(
        dataclasses.replace(plan, teacher=Teaching(plan=changed)), SETS, tmp_path, epochs.append
    )
    assert len(epochs) == 4 and (tmp_path / produce.TEACHER).read_bytes() != before
    (tmp_path / produce.TEACHER).write_bytes(before[:1000])  # damaged: not taken for the finished one
    produce.train_teacher(
        dataclasses.replace(plan, teacher=Teaching(plan=changed)), SETS, tmp_path, epochs.append
    )
    assert len(epochs) == 5


def test_without_a_teacher_nothing_is_trained(tmp_path: Path) -> None:
    plan = dataclasses.replace(_recipe(), teacher=None)
    assert produce.train_teacher(plan, SETS, tmp_path, lambda _row: None) is None
    assert not list(tmp_path.iterdir())


def test_a_missing_or_unfit_teacher_is_named(tmp_path: Path) -> None:
    labels, features = np.zeros((2, 1), np.float32), np.zeros((2, FRAMES, BANDS, 1), np.float32)
    save_model(architectures.build("separable-pooling", FRAMES, BANDS, 3), tmp_path / "three.h5")
    with pytest.raises(TrainingError, match="knows 3 classes, the data has 1"):
        Teacher(tmp_path / "three.h5", 0.5, Network("separable-pooling", FRAMES, BANDS, 3)).targets(
            features, labels
        )
    save_model(architectures.build("separable-flatten", 40, 30, 1), tmp_path / "other.h5")
    with pytest.raises(TrainingError, match="does not take windows of 61×40"):
        Teacher(tmp_path / "other.h5", 0.5, Network("separable-flatten", 40, 30, 1)).targets(features, labels)
    (tmp_path / "damaged.h5").write_bytes(b"no model")
    with pytest.raises(TrainingError, match="not a model this program saved"):
        Teacher(tmp_path / "damaged.h5", 0.5, POOLING).targets(features, labels)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_beyond_all_or_nothing_is_refused(tmp_path: Path, share: float) -> None:
    with pytest.raises(TrainingError, match="share from 0 to 1"):
        Teacher(tmp_path / "teacher.h5", share, POOLING)


def test_targets_mix_scores_and_labels(tmp_path: Path) -> None:
    seed_everything(2)
    model = architectures.build("separable-pooling", FRAMES, BANDS, 1)
    save_model(model, tmp_path / "teacher.h5")
    features = np.random.default_rng(1).normal(0.0, 1.0, (3, FRAMES, BANDS, 1)).astype(np.float32)
    scores = 1.0 / (1.0 + np.exp(-np.asarray(model(features, training=False))))
    labels = np.array([[1.0], [0.0], [1.0]], np.float32)
    mixed = Teacher(tmp_path / "teacher.h5", 0.25, POOLING).targets(features, labels)
    assert mixed == pytest.approx(0.25 * scores + 0.75 * labels, abs=1e-6)
    assert mixed.dtype == np.float32


def test_several_members_differ_and_their_mean_logit_teaches(tmp_path: Path) -> None:
    short = dataclasses.replace(_recipe().float_plan, epochs=1, windows_per_epoch=64)
    teaching = Teaching(architecture="separable-pooling", share=1.0, plan=short, members=2)
    epochs: list[dict[str, float]] = []
    plan = dataclasses.replace(_recipe(), teacher=teaching)
    teacher = produce.train_teacher(plan, SETS, tmp_path, epochs.append)
    assert teacher is not None and len(epochs) == 2
    paths = [tmp_path / "teacher.h5", tmp_path / "teacher-2.h5"]
    assert [teacher.path, *teacher.others] == paths
    features = SETS["train"].take(np.arange(4)).astype(np.float32)[..., np.newaxis] / 64.0
    labels = np.zeros((4, 1), np.float32)
    alone = [Teacher(path, 1.0, teacher.network).targets(features, labels) for path in paths]
    assert np.abs(alone[0] - alone[1]).max() > 1e-4
    logit = np.mean([np.log(each / (1.0 - each)) for each in alone], axis=0)
    assert teacher.targets(features, labels) == pytest.approx(1.0 / (1.0 + np.exp(-logit)), abs=1e-5)
    digest = teacher.digest
    paths[1].write_bytes(paths[0].read_bytes())  # another second member: another teacher, and no finished one
    assert teacher.digest not in (digest, "")
    produce.train_teacher(plan, SETS, tmp_path, epochs.append)
    assert len(epochs) == 3 and teacher.digest == digest
    paths[1].unlink()
    assert teacher.digest == ""


def test_a_recipe_with_a_teacher_survives_its_file(tmp_path: Path) -> None:
    plan = _recipe(0.3)
    recipe.save(plan, tmp_path / "recipe.json")
    assert recipe.load(tmp_path / "recipe.json") == plan
