"""Recipes survive JSON, and say what is wrong with one that does not."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ...frontend.kinds import settings_from, values_of
from ...frontend.log_mel.settings import LogMelSettings
from ...frontend.presets import preset
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


@pytest.mark.parametrize("name", ["mlperf-kws", "microwakeword"])
def test_a_recipe_takes_other_front_ends_by_their_kind(name: str, tmp_path: Path) -> None:
    """Its features are then that kind's: what the network and the data set are made for."""
    values = {**values_of(preset(name).settings())}
    one = dataclasses.replace(
        recipe.preset("default"), frontend=settings_from(values), lowest=-130.0, highest=30.0
    )
    recipe.save(one, tmp_path / "recipe.json")
    found = recipe.load(tmp_path / "recipe.json")
    assert found == one and found.frontend.kind == values["kind"]
    samples = np.random.default_rng(1).normal(0, 3000, 16000).astype(np.int16)
    assert found.features.cells(samples).shape == (found.frontend.columns(16000), found.frontend.bands)
    assert found.network.bands == found.frontend.bands


def test_windows_that_are_normalised_are_no_columns_to_train_on(tmp_path: Path) -> None:
    recipe.save(recipe.preset("default"), tmp_path / "recipe.json")
    values = json.loads((tmp_path / "recipe.json").read_text(encoding="utf-8"))
    values["frontend"] = {"kind": "normalised", "normalisation": "min-max", "of": values["frontend"]}
    (tmp_path / "recipe.json").write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(TrainingError, match="normalised"):
        recipe.load(tmp_path / "recipe.json")
