"""The sets a recipe trains and is judged on: synthetic sound, split recordings, or both together."""

from __future__ import annotations

from pathlib import Path

from host.training.cache import cached_synthetic
from host.training.legacy import TrainingError
from host.training.progress import bar
from host.training.recipe import Recipe
from host.training.windows import Windows


def load_sets(recipe: Recipe, cache: Path, workers: int) -> dict[str, Windows]:
    """Training, validation and test set of a recipe.

    Raises:
        TrainingError: the recipe has no data.
    """
    sets: dict[str, Windows] = {}
    for name, plan in recipe.synthetic_sets().items():
        with bar(f"synthetic scenes for the {name} set", plan.scenes) as report:
            sets[name] = cached_synthetic(plan, recipe, cache, workers, report)
    if not sets:
        raise TrainingError(
            "There is nothing to train on.", "Use a preset with synthetic sound, or give --data."
        )
    return sets
