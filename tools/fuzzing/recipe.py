"""Damaged recipes: each is one that can be trained with and kept, or refused with the place that is wrong."""

from __future__ import annotations

import contextlib
import json
import random
from pathlib import Path

from host.errors import HilError
from host.making.training import recipe as recipes
from host.making.training.recipe import Recipe

from .kinds import front_ends
from .mutate_json import mutated_json
from .target import Target, check_refusal


class RecipeFuzz(Target):
    """Mutations of `recipe.json`: of every preset, and of one with all that a recipe may have."""

    def __init__(self) -> None:
        whole = everything()
        kinds = [
            recipes.changed(whole, frontend=settings)
            for settings in front_ends(whole.frontend.bands)
            if settings.kind in recipes.TRAINABLE
        ]
        made = [*recipes.PRESETS.values(), whole, *kinds]
        corpus = [json.dumps(recipes.to_dict(each), indent=2).encode() for each in made]
        super().__init__("recipe", corpus, mutated_json)

    def take(self, data: bytes, rng: random.Random, folder: Path) -> str:  # noqa: ARG002
        """See `Target.take`."""
        path = folder / "recipe.json"
        path.write_bytes(data)
        try:
            use_recipe(recipes.load(path), path)
        except HilError as error:
            return check_refusal(error, str(path))
        finally:
            path.unlink(missing_ok=True)
        return "loaded"


def everything() -> Recipe:
    """A recipe that leaves nothing out."""
    base = recipes.PRESETS["default"]
    return recipes.changed(
        base, name="räksmörgås", labels=("麻雀", "Сова", "bird"), frames=33, qat_share=0.25
    )


def use_recipe(recipe: Recipe, path: Path) -> None:
    """What a training does with a recipe before it trains; `path` is where it may be written.

    Raises:
        AssertionError: it is not the same when it is read again.
    """
    recipes.save(recipe, path)
    if recipes.load(path) != recipe:
        raise AssertionError(f"written and read again it is another recipe: {recipe}")
    _ = recipe.units, recipe.network, recipe.synthetic_sets(), recipe.quantisation
    if not recipe.features.window_samples > 0:
        raise AssertionError("a window without samples")
    with contextlib.suppress(
        HilError
    ):  # settings that the firmware has no room for are told when it is built
        recipe.features.front_end()


def make() -> RecipeFuzz:
    """The target."""
    return RecipeFuzz()
