"""Recipes survive JSON, and say what is wrong with one that does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
        ("{", "cannot be read: it is not valid JSON"),
        ("[]", "not hold a JSON object"),
        ('{"framez": 3}', "`framez`.*\n.*did you mean `frames`"),
        ('{"float_plan": {"epoch": 3}}', "`float_plan.epoch`.*\n.*did you mean `epochs`"),
        ('{"synthetic": {}}', "`synthetic.scenes` is missing"),
        ('{"frontend": {"bands": 40}}', "`frontend.sample_rate` is missing"),
        (
            '{"qat_plan": {"augmentation": {"mix_snr_db": [1]}}}',
            r"`qat_plan.augmentation.mix_snr_db` is \[1\]",
        ),
        ('{"float_plan": {"epochs": 1e999}}', "beyond what a number can hold"),
        ('{"float_plan": {"seed": 18446744073709551615}}', "`float_plan.seed`.*\n.*whole number from 0"),
        ('{"lowest": 3}', "`highest` is 2.5"),
        ('{"labels": ["é", "e\u0301"]}', "class twice"),
        ('{"architecture": "stridet"}', "`architecture`.*\n.*did you mean `strided`"),
        ('{"teacher": {"architecture": "x"}}', "`teacher.architecture` is 'x'"),
    ],
)
def test_a_wrong_recipe_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TrainingError, match=message):
        recipe.load(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ["a", ""]}, r"`labels\[1\]` is empty"),
        ({"labels": ["é", "e\u0301"]}, "class twice"),
        ({"labels": ["a\u202e"]}, "printable"),
        ({"architecture": "stridet"}, "did you mean `strided`"),
    ],
)
def test_options_are_held_to_the_rules_of_files(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        recipe.changed(recipe.preset("tiny"), **changes)
    assert recipe.changed(recipe.preset("tiny"), labels=["a"]).labels == ("a",)


def test_unknown_presets_name_the_known_ones() -> None:
    with pytest.raises(TrainingError, match="default"):
        recipe.preset("nightingale")
