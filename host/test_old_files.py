"""Bundles, recipes and data sets that an earlier version wrote can still be read, and say the same.

testdata/written_before holds what version 0.1.0 wrote before its packages were put in order. Those files stay as they
are.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from .bundle.load import load_bundle
from .making.dataset.store import load_dataset
from .making.training import recipe

BEFORE = Path(__file__).with_name("testdata") / "written_before"


def test_a_bundle() -> None:
    written = json.loads((BEFORE / "bundle" / "bundle.json").read_text(encoding="utf-8"))
    bundle = load_bundle(BEFORE / "bundle")
    assert bundle.name == written["name"]
    assert bundle.settings.to_dict() == written["frontend"]
    assert (bundle.frames, bundle.stride) == (written["frames"], written["stride"])
    assert list(bundle.labels) == written["labels"]


def test_a_recipe() -> None:
    """Every value that was written is read, and what is written today still has its name and value."""
    written = json.loads((BEFORE / "recipe.json").read_text(encoding="utf-8"))
    now = json.loads(json.dumps(recipe.to_dict(recipe.load(BEFORE / "recipe.json"))))
    assert _as_far_as(now, written) == written


def _as_far_as(now: Any, written: Any) -> Any:
    """What `now` has under the names in `written`, at every depth: objects may have got more."""
    if isinstance(written, dict):
        return {name: _as_far_as(now[name], each) for name, each in written.items()}
    return now


def test_a_data_set() -> None:
    written = json.loads((BEFORE / "dataset" / "dataset.json").read_text(encoding="utf-8"))
    dataset = load_dataset(BEFORE / "dataset")
    assert list(dataset.labels) == written["labels"]
    assert dataset.features.frames == written["frames"]
    assert dataset.features.settings.to_dict() == written["frontend"]
    assert [entry.sha256 for entry in dataset.entries] == [entry["sha256"] for entry in written["entries"]]
    windows = {split: dataset.windows(split) for split in ("train", "validation", "test")}
    assert {split: len(found) for split, found in windows.items()} == {
        "train": 16,
        "validation": 4,
        "test": 4,
    }
    cells = windows["train"].take(np.arange(16))
    assert cells.shape == (16, 61, 40) and cells.dtype == np.int8 and len(np.unique(cells)) > 50
    assert sorted(windows["train"].labels[:, 0]) == [0.0] * 8 + [1.0] * 8
