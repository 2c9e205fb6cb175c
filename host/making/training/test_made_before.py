"""Recipes and data sets that an earlier version wrote still load, and mean what they meant."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ..dataset.cache import front_end_fingerprint
from ..dataset.leaks import check_leaks
from ..dataset.store import load_dataset, write_dataset
from . import recipe
from .data import load_data
from .errors import TrainingError

BEFORE = Path(__file__).with_name("made_before")


def test_a_recipe_is_read_and_written_alike(tmp_path: Path) -> None:
    path = BEFORE / "run" / "recipe.json"
    read = recipe.load(path)
    assert read == recipe.preset("tiny")
    recipe.save(read, tmp_path / "recipe.json")
    before = json.loads(path.read_text(encoding="utf-8"))
    assert with_keys_of(json.loads((tmp_path / "recipe.json").read_text(encoding="utf-8")), before) == before


def with_keys_of(now: Any, before: Any) -> Any:
    """What there is now of what was there before, as deep as that goes."""
    if not isinstance(before, dict):
        return now
    return {name: with_keys_of(value, before[name]) for name, value in now.items() if name in before}


def test_a_data_set_is_read_and_written_alike(tmp_path: Path) -> None:
    before = load_dataset(BEFORE / "dataset")
    check_leaks(before)
    columns = np.load(BEFORE / "dataset" / "columns.npy")
    with np.load(BEFORE / "dataset" / "windows.npz") as data:
        windows = dict(data)
    parts = np.split(columns, [entry.first_column for entry in before.entries][1:])
    write_dataset(tmp_path, before.about, before.entries, parts, windows)
    for name in ("columns.npy", "dataset.json", "ATTRIBUTION.md"):
        assert (tmp_path / name).read_bytes() == (BEFORE / "dataset" / name).read_bytes()


def test_a_data_set_fits_the_recipe_it_was_made_by(tmp_path: Path) -> None:
    plan = dataclasses.replace(recipe.preset("tiny"), synthetic=None)
    before = load_dataset(BEFORE / "dataset")
    assert before.features == plan.features
    assert before.about.fingerprint == front_end_fingerprint(plan.features)
    data = load_data(plan, [BEFORE / "dataset"], tmp_path, 1)
    assert [len(data.sets[name]) for name in ("train", "validation", "dataset test")] == [2, 2, 2]
    assert data.sets["train"].labels.sum() == 1.0
    longer = dataclasses.replace(plan, frames=62)
    with pytest.raises(TrainingError, match="another window"):
        load_data(longer, [BEFORE / "dataset"], tmp_path, 1)


def test_a_recipe_keeps_its_keys() -> None:
    values = json.loads((BEFORE / "run" / "recipe.json").read_text(encoding="utf-8"))
    now = recipe.to_dict(recipe.preset("default"))
    assert [name for name in now if name in values] == list(values)
    assert list(now["frontend"]) == list(values["frontend"])
