"""The trainings of a run: teacher, float model, quantisation-aware model."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ...disk import disk_errors
from ...files import atomic_write
from ..dataset.cache import key_of
from ..dataset.windows import Windows
from . import recipe as recipes
from .checkpoint import Checkpoint
from .errors import TrainingError
from .fit import Material, Plan, Row, fit
from .history import write_history
from .networks import load_float, load_quantised, save_model
from .provenance import fingerprint
from .quantise import quantisation_aware
from .recipe import Recipe
from .teacher import Teacher
from .tensorflow_loading import seed_everything, tensorflow

MODEL, QAT_MODEL, RECIPE = "model.h5", "model_qat.h5", "recipe.json"
TEACHER = "teacher.h5"
SEED_STEP = 1000
"""Between the seeds of two members; those of the other trainings lie closer together."""
Sets = dict[str, Windows]
Report = Callable[[Row], None]


def train_teacher(recipe: Recipe, sets: Sets, run: Path, report: Report) -> Teacher | None:
    """Train the recipe's teacher, all members; leaves teacher.h5, teacher.key and history_teacher.csv in `run`.

    The second member's files are named teacher-2.h5 and so on. What this very training left there before is taken as
    it is. None when the recipe wants no teacher.
    """
    if recipe.teacher is None:
        return None
    paths = []
    for number in range(1, recipe.teacher.members + 1):
        mine = dataclasses.replace(
            recipe,
            architecture=recipe.teacher.architecture,
            float_plan=dataclasses.replace(
                recipe.teacher.plan, seed=(recipe.teacher.plan.seed + SEED_STEP * (number - 1)) % (1 << 31)
            ),
            teacher=None,
        )
        paths.append(run / (TEACHER if number == 1 else TEACHER.replace(".", f"-{number}.")))
        _train_member(mine, sets, paths[-1], report)
    return Teacher(paths[0], recipe.teacher.share, mine.network, tuple(paths[1:]))


def _train_member(mine: Recipe, sets: Sets, path: Path, report: Report) -> None:
    model = _untrained(mine)
    key = _training_key(mine.float_plan, mine, sets, model)
    ready, key_file = Teacher(path, 1.0, mine.network), path.with_suffix(".key")
    if _text(key_file) == f"{key} {ready.digest}":
        return
    with disk_errors(path.parent, TrainingError):
        key_file.unlink(missing_ok=True)
        _fit(model, mine.float_plan, mine, sets, report, path.parent / f"history_{path.stem}.csv")
        save_model(model, path)
        atomic_write(key_file, f"{key} {ready.digest}")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def train_float(recipe: Recipe, sets: Sets, run: Path, report: Report, teacher: Teacher | None = None) -> Any:
    """Train the recipe's float model; leaves model.h5, recipe.json, history.csv and its picture in `run`."""
    model = _untrained(recipe)
    with disk_errors(run, TrainingError):
        _fit(model, recipe.float_plan, recipe, sets, report, run / "history.csv", teacher)
        save_model(model, run / MODEL)
        recipes.save(recipe, run / RECIPE)
    return model


def _untrained(recipe: Recipe) -> Any:
    # Layer names, and so the model's bytes, must not depend on what ran before.
    tensorflow().keras.backend.clear_session()
    seed_everything(recipe.float_plan.seed)
    return recipe.network.build()


def train_quantised(recipe: Recipe, sets: Sets, run: Path, report: Report) -> Any:
    """Quantisation-aware training of the run's model.h5; leaves model_qat.h5 and history_qat.csv.

    The float model teaches: the int8 model is to answer as it does, not to become another one.
    """
    if not (run / MODEL).is_file():
        raise TrainingError(
            f"There is no {MODEL} in {run}.", "Run `python -m host train` with this folder first."
        )
    tensorflow().keras.backend.clear_session()
    seed_everything(recipe.qat_plan.seed)
    model = quantisation_aware(load_float(run / MODEL, recipe.network), recipe.lowest, recipe.highest)
    teacher = Teacher(run / MODEL, recipe.qat_share, recipe.network) if recipe.qat_share else None
    with disk_errors(run, TrainingError):
        _fit(model, recipe.qat_plan, recipe, sets, report, run / "history_qat.csv", teacher)
        save_model(model, run / QAT_MODEL)
    return model


def trained(recipe: Recipe, run: Path) -> Any:
    """The run's float model.

    Raises:
        TrainingError: its file is no such model.
    """
    tensorflow().keras.backend.clear_session()  # layer names as in the training
    return load_float(run / MODEL, recipe.network)


def quantised(recipe: Recipe, run: Path) -> Any:
    """The run's quantisation-aware model.

    Raises:
        TrainingError: its file is no such model.
    """
    tensorflow().keras.backend.clear_session()
    return load_quantised(run / QAT_MODEL, recipe.network, recipe.lowest, recipe.highest)


def _fit(
    model: Any,
    plan: Plan,
    recipe: Recipe,
    sets: Sets,
    report: Report,
    history: Path,
    teacher: Teacher | None = None,
) -> None:
    # Threads decide how sums are rounded: weights of so many are not gone on from with others.
    threads = tensorflow().config.threading.get_intra_op_parallelism_threads()
    key = key_of(_training_key(plan, recipe, sets, model, teacher), threads)
    material = Material(sets["train"], sets["validation"], recipe.units, recipe.quantisation, teacher)
    rows = fit(model, plan, material, report, Checkpoint(history.with_suffix(".checkpoint.npz"), key))
    write_history(rows, history)


def _training_key(plan: Plan, recipe: Recipe, sets: Sets, model: Any, teacher: Teacher | None = None) -> str:
    """What a training depends on: plan, network and its first weights, data, teacher."""
    digest = hashlib.sha256()
    if teacher:
        digest.update(f"{teacher.digest} {teacher.share}".encode())
    for weight in model.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    about = (recipe.architecture, recipe.labels, recipe.frontend.to_dict(), recipe.lowest, recipe.highest)
    data = (fingerprint(sets["train"]), fingerprint(sets["validation"]))
    return key_of(dataclasses.asdict(plan), about, data, digest.hexdigest())
