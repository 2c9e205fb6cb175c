"""Recipes survive JSON, and say what is wrong with one that does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ...frontend.log_mel.settings import LogMelSettings
from . import recipe
from .errors import TrainingError


@pytest.mark.parametrize("name", recipe.PRESETS)
def test_presets_survive_a_file(name: str, tmp_path: Path) -> None:
    recipe.save(recipe.preset(name), tmp_path / "recipe.json")
    assert recipe.load(tmp_path / "recipe.json") == recipe.preset(name)


def test_the_quantiser_covers_the_range() -> None:
    one = recipe.preset("default")
    scale = one.quantisation.scale
    ends = one.quantisation.to_float(np.array([-128, 127], np.int8))
    assert ends.tolist() == pytest.approx([one.lowest, one.highest], abs=scale / 2)
    assert float(np.float32(scale)) == scale
    assert isinstance(one.frontend, LogMelSettings)
    floor = one.frontend.scale * one.frontend.log_floor_db + one.frontend.offset
    assert one.lowest == pytest.approx(floor)


def test_the_three_sets_share_nothing() -> None:
    sets = recipe.preset("default").synthetic_sets()
    assert len({(plan.seed, plan.stream) for plan in sets.values()}) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "not an object"),
        ('{"framez": 3}', "framez"),
        ('{"float_plan": {"epoch": 3}}', "float_plan.*epoch"),
        ('{"synthetic": {}}', "synthetic"),
    ],
)
def test_a_wrong_recipe_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(text)
    with pytest.raises(TrainingError, match=message):
        recipe.load(path)


def test_unknown_presets_name_the_known_ones() -> None:
    with pytest.raises(TrainingError, match="default"):
        recipe.preset("nightingale")
