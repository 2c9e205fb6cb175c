"""The steps from data to a bundle: float training, quantisation-aware training, conversion, figures."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...bundle.schema import Detector
from ...bundle.write import BundleValues, write_bundle
from ...disk import disk_errors
from ...files import atomic_write
from ...model.inspect import inspect_model
from ...model.reference import ReferenceInterpreter
from ...model.verify import verify_model
from ..dataset.cache import key_of
from ..dataset.windows import Windows
from ..recordings.catalogue import ATTRIBUTION, Recording, attribution_text
from . import recipe as recipes
from .architectures import build
from .checkpoint import Checkpoint
from .errors import TrainingError
from .evaluate import choose_threshold, figures, int8_scores
from .fit import Plan, Row, fit, predict, to_float
from .history import write_history
from .provenance import fingerprint, provenance
from .quantise import quantisation_aware
from .recipe import Recipe
from .size_limits import check_device_limits
from .teacher import Teacher
from .tensorflow_loading import seed_everything, tensorflow
from .to_int8 import load_model, save_model, to_int8

MODEL, QAT_MODEL, RECIPE = "model.h5", "model_qat.h5", "recipe.json"
TEACHER, TEACHER_KEY = "teacher.h5", "teacher.key"
Sets = dict[str, Windows]
Report = Callable[[Row], None]


def train_teacher(recipe: Recipe, sets: Sets, run: Path, report: Report) -> Teacher | None:
    """Train the recipe's teacher; leaves teacher.h5, teacher.key and history_teacher.csv in `run`.

    A teacher that this very training left there before is taken as it is. None when the recipe wants no teacher.
    """
    if recipe.teacher is None:
        return None
    mine = dataclasses.replace(
        recipe, architecture=recipe.teacher.architecture, float_plan=recipe.teacher.plan, teacher=None
    )
    model = _untrained(mine)
    key = _training_key(mine.float_plan, mine, sets, model)
    ready = Teacher(run / TEACHER, recipe.teacher.share)
    if _text(run / TEACHER_KEY) == f"{key} {ready.digest}":
        return ready
    with disk_errors(run, TrainingError):
        (run / TEACHER_KEY).unlink(missing_ok=True)
        _fit(model, mine.float_plan, mine, sets, report, run / "history_teacher.csv")
        save_model(model, ready.path)
        atomic_write(run / TEACHER_KEY, f"{key} {ready.digest}")
    return ready


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
    return build(recipe.architecture, recipe.frames, int(recipe.frontend["bands"]), len(recipe.labels))


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
    model = quantisation_aware(load_model(run / MODEL), recipe.lowest, recipe.highest)
    teacher = Teacher(run / MODEL, recipe.qat_share) if recipe.qat_share else None
    with disk_errors(run, TrainingError):
        _fit(model, recipe.qat_plan, recipe, sets, report, run / "history_qat.csv", teacher)
        save_model(model, run / QAT_MODEL)
    return model


def _fit(
    model: Any,
    plan: Plan,
    recipe: Recipe,
    sets: Sets,
    report: Report,
    history: Path,
    teacher: Teacher | None = None,
) -> None:
    key = _training_key(plan, recipe, sets, model, teacher)
    rows = fit(
        model,
        sets["train"],
        sets["validation"],
        plan,
        recipe.units,
        recipe.input_scale,
        recipe.input_zero_point,
        report,
        Checkpoint(history.with_suffix(".checkpoint.npz"), key),
        teacher,
    )
    write_history(rows, history)


def _training_key(plan: Plan, recipe: Recipe, sets: Sets, model: Any, teacher: Teacher | None = None) -> str:
    """What a training depends on: plan, network and its first weights, data, teacher."""
    digest = hashlib.sha256()
    if teacher:
        digest.update(f"{teacher.digest} {teacher.share}".encode())
    for weight in model.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    about = (recipe.architecture, recipe.labels, recipe.frontend, recipe.lowest, recipe.highest)
    data = (fingerprint(sets["train"]), fingerprint(sets["validation"]))
    return key_of(dataclasses.asdict(plan), about, data, digest.hexdigest())


def bundle_from(
    recipe: Recipe,
    sets: Sets,
    float_model: Any,
    quantised: Any,
    out: Path,
    sources: list[dict[str, str]],
    say: Callable[[str], None] = lambda _text: None,
    representative: NDArray[np.float32] | None = None,
) -> dict[str, Any]:
    """Convert a quantisation-aware model (or a float one with `representative`) and write the bundle `out`.

    Returns:
        The figures, as in the bundle.

    Raises:
        TrainingError: the converted model's input is not quantised as the recipe says.
    """

    say("converting to int8")
    content = to_int8(quantised, representative)
    info = inspect_model(content)
    if info.input.zero_point != recipe.input_zero_point or not np.isclose(
        info.input.scale, recipe.input_scale
    ):
        raise TrainingError(
            f"The converted model's input is quantised with {info.input.scale:g}, {info.input.zero_point}, "
            f"not with {recipe.input_scale:g}, {recipe.input_zero_point}.",
            "Keep features within the recipe's lowest and highest value.",
        )
    checked = verify_model(content, info)
    if checked.differing:
        raise TrainingError(
            f"TensorFlow Lite and TFLite Micro differ on {checked.differing} of {checked.windows} windows.",
            "Use the pinned versions of requirements.txt; if they are, report this model.",
        )
    check_device_limits(recipe.architecture, len(content), checked.arena_bytes)
    info = dataclasses.replace(info, arena_bytes=checked.arena_bytes)
    interpreter = ReferenceInterpreter(content, info)
    scale, zero = recipe.input_scale, recipe.input_zero_point
    seconds = _seconds_between(recipe, sets)

    def quantised_scores(windows: Windows) -> Any:
        return int8_scores(interpreter, windows, info.scores.scale, info.scores.zero_point)

    def float_scores(windows: Windows) -> Any:
        return predict(float_model, windows, scale, zero)

    say("choosing the threshold on the validation set")
    threshold, release = choose_threshold(quantised_scores(sets["validation"]), sets["validation"])
    # The float model is judged at a threshold of its own: training on for int8 shifts the scores.
    float_limits = choose_threshold(float_scores(sets["validation"]), sets["validation"])
    result: dict[str, Any] = {"threshold": threshold, "sets": {}}
    for name in [each for each in sets if each != "train"]:
        say(f"figures of the {name} set")
        windows = sets[name]
        result["sets"][name] = {
            "float": figures(float_scores(windows), windows, recipe.labels, *float_limits, seconds),
            "int8": figures(quantised_scores(windows), windows, recipe.labels, threshold, release, seconds),
        }
    write_bundle(
        out,
        BundleValues(
            name=recipe.name,
            description=recipe.description,
            settings=recipe.settings(),
            frames=recipe.frames,
            stride=recipe.stride,
            labels=recipe.labels,
            detector=Detector(threshold, release),
            model=info,
            model_bytes=content,
            provenance=provenance(recipe, sets, sources),
            metrics=result,
        ),
    )
    if sources:
        atomic_write(out / ATTRIBUTION, _attribution(sources))
    return result


def _attribution(sources: list[dict[str, str]]) -> str:
    """The recordings a bundle was trained on, in Markdown."""
    rows = []
    for row in sources:
        label, _, name = row["file"].partition("/")
        given = {
            "recordist": row["author"],
            "licence": row["licence"],
            "url": row["url"],
            "title": row["title"],
        }
        rows.append(Recording(label, name, "", "", **given))  # type: ignore[arg-type]
    return attribution_text(rows)


def representative(recipe: Recipe, windows: Windows, count: int = 400) -> NDArray[np.float32]:
    """Windows for post-training quantisation, float32 [count + 1, frames, bands]; the last pins the input's range."""
    rng = np.random.default_rng(recipe.float_plan.seed)
    chosen = np.sort(rng.choice(len(windows), min(count, len(windows)), replace=False))
    features = to_float(windows.take(chosen), recipe.input_scale, recipe.input_zero_point)
    extremes = np.full((1, *features.shape[1:]), recipe.lowest, dtype=np.float32)
    extremes[0, 0, 0] = recipe.highest
    return np.concatenate([features, extremes])


def _seconds_between(recipe: Recipe, sets: Sets) -> float:
    """Seconds of sound between two windows of a recording: the smallest step that occurs."""
    steps = np.diff(sets["validation"].starts)
    columns = int(steps[steps > 0].min()) if np.any(steps > 0) else recipe.stride
    return columns * int(recipe.frontend["hop"]) / int(recipe.frontend["sample_rate"])
