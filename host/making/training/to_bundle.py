"""From a trained network to a bundle: conversion, checks, threshold, figures, files."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...bundle.model_info import ModelInfo
from ...bundle.write import BundleValues, write_bundle
from ...detector.n_of_m import NOfM
from ...detector.settings import Window
from ...detector.threshold import Threshold
from ...files import atomic_write
from ...model.inspect import inspect_model
from ...model.reference import ReferenceInterpreter
from ...model.verify import verify_model
from ..dataset.windows import Windows
from ..recordings.catalogue import ATTRIBUTION, Recording, attribution_text
from .data import BACKGROUND_SET, Data
from .errors import TrainingError
from .evaluate import Judged, figures, int8_scores, strictest, trade
from .fit import predict
from .provenance import provenance
from .recipe import Recipe
from .size_limits import check_device_limits
from .to_int8 import to_int8
from .votes import Background, background, choose_votes

Say = Callable[[str], None]


def make_bundle(
    recipe: Recipe,
    data: Data,
    float_model: Any,
    quantised: Any,
    out: Path,
    say: Say = lambda _text: None,
    representative: NDArray[np.float32] | None = None,
) -> dict[str, Any]:
    """Convert a quantisation-aware model (or a float one with `representative`) and write the bundle `out`.

    Returns:
        The figures, as in the bundle.

    Raises:
        TrainingError: the converted model's input is not quantised as the recipe says, or TensorFlow Lite and TFLite
            Micro differ on it.
    """
    say("converting to int8")
    content = to_int8(quantised, representative)
    info = _checked(content, recipe)
    detector, metrics = _judged(content, info, recipe, data.sets, float_model, say)
    write_bundle(
        out,
        BundleValues(
            name=recipe.name,
            description=recipe.description,
            settings=recipe.frontend,
            frames=recipe.frames,
            stride=recipe.stride,
            labels=recipe.labels,
            detector=detector,
            model=info,
            model_bytes=content,
            provenance=provenance(recipe, data.sets, data.sources),
            metrics=metrics,
        ),
    )
    if data.sources:
        atomic_write(out / ATTRIBUTION, _attribution(data.sources))
    return metrics


def _checked(content: bytes, recipe: Recipe) -> ModelInfo:
    """What the converted model is, with the arena it needs.

    Raises:
        TrainingError: see `make_bundle`; or a device cannot hold it.
    """
    info = inspect_model(content)
    wanted = recipe.quantisation
    if info.input.zero_point != wanted.zero_point or not np.isclose(info.input.scale, wanted.scale):
        raise TrainingError(
            f"The converted model's input is quantised with {info.input.scale:g}, {info.input.zero_point}, "
            f"not with {wanted.scale:g}, {wanted.zero_point}.",
            "Keep features within the recipe's lowest and highest value.",
        )
    checked = verify_model(content, info)
    if checked.differing:
        raise TrainingError(
            f"TensorFlow Lite and TFLite Micro differ on {checked.differing} of {checked.windows} windows.",
            "Use the pinned versions of requirements.txt; if they are, report this model.",
        )
    check_device_limits(recipe.architecture, len(content), checked.arena_bytes)
    return dataclasses.replace(info, arena_bytes=checked.arena_bytes)


def _judged(
    content: bytes, info: ModelInfo, recipe: Recipe, sets: dict[str, Windows], float_model: Any, say: Say
) -> tuple[Threshold | NOfM, dict[str, Any]]:
    """The detector from validation set and background, and the figures of all sets but the training set."""
    interpreter = ReferenceInterpreter(content, info)
    seconds = _seconds_between(recipe, sets)

    def quantised_scores(windows: Windows) -> Any:
        return int8_scores(interpreter, windows, info.scores.scale, info.scores.zero_point)

    def float_scores(windows: Windows) -> Any:
        return predict(float_model, windows, recipe.quantisation)

    chosen_on = [sets[name] for name in ("validation", BACKGROUND_SET) if name in sets]
    say("choosing the threshold on the validation set" + (" and background" if len(chosen_on) > 1 else ""))
    quantised = [(quantised_scores(windows), windows) for windows in chosen_on]
    detector, begun = _detector(info, recipe, quantised)
    threshold, release = detector.threshold, detector.release
    # The float model is judged at a threshold of its own: training on for int8 shifts the scores.
    float_limits = strictest([(float_scores(windows), windows) for windows in chosen_on], recipe.false_share)
    result: dict[str, Any] = {"threshold": threshold, "sets": {}}
    judged: dict[str, Judged] = {}
    for name in [each for each in sets if each != "train"]:
        say(f"figures of the {name} set")
        windows = sets[name]
        judged[name] = quantised_scores(windows), windows
        result["sets"][name] = {
            "float": figures(float_scores(windows), windows, recipe.labels, *float_limits, seconds),
            "int8": figures(*judged[name], recipe.labels, threshold, release, seconds),
        }
    result["trade"] = trade(quantised, judged, recipe.window_s)
    if begun:
        result["background"] = begun
    return detector, result


def _detector(
    info: ModelInfo, recipe: Recipe, chosen_on: list[Judged]
) -> tuple[Threshold | NOfM, dict[str, float]]:
    """What the bundle calls heard; with a rule over time also the `starts` and `hours` that it was chosen on."""
    threshold, release = strictest(chosen_on, recipe.false_share)
    if not recipe.votes:
        return Threshold(threshold, release), {}
    column_s = recipe.frontend.hop / recipe.frontend.sample_rate
    step, quiet = Window(recipe.frames, recipe.stride), Background((), 0.0)
    for scores, windows in chosen_on:
        cells = np.rint(scores / info.scores.scale + info.scores.zero_point).astype(np.int8)
        quiet += background(cells, windows, step, column_s)
    return choose_votes(recipe.votes, quiet, recipe.labels, info.scores, step, threshold)


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
    # A cell at a rail stands for a little more than the limit, which would widen the quantiser.
    features = np.clip(recipe.quantisation.to_float(windows.take(chosen)), recipe.lowest, recipe.highest)
    extremes = np.full((1, *features.shape[1:]), recipe.lowest, dtype=np.float32)
    extremes[0, 0, 0] = recipe.highest
    return np.concatenate([features, extremes])


def _seconds_between(recipe: Recipe, sets: dict[str, Windows]) -> float:
    """Seconds of sound between two windows of a recording: the smallest step that occurs."""
    steps = np.diff(sets["validation"].starts)
    columns = int(steps[steps > 0].min()) if np.any(steps > 0) else recipe.stride
    return columns * recipe.frontend.hop / recipe.frontend.sample_rate
