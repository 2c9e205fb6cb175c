"""The pipeline's configuration, a JSON file.

    {
      "workspace": "build/pipeline/birds",          where base folder, data set and run go
      "preset": "default",                          recipe to start from
      "recipe": {"architecture": "…", "float_plan": {"epochs": 40}},   changes to it, optional
      "download": [{"query": "sp:\\"turdus merula\\" q:A", "label": "bird", "most": 50}],
      "collect": [{"manifest": "list.csv", "where": {"licence_class": "open"}, "label": {"*": "bird"}}],
      "split": {"shares": [0.7, 0.15, 0.15], "left_out": {"source": ["…"]}},
      "bundle": "models/birds"
    }

Every part but `bundle` may be left out; without download and collect the recipe's synthetic sound alone is used. Paths
are taken from the configuration's folder, `workspace` and `bundle` from the current one. The server of a download is
xeno-canto; another `api` is asked only when `--allow-api HOST` names it, and needs a `key_file`. A key file lies in the
configuration's own folder.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ...errors import HilError
from ..dataset.split import Options
from ..training import recipe as recipes
from ..training.recipe import Recipe


class PipelineError(HilError):
    """The pipeline cannot be run as configured."""


@dataclass(frozen=True)
class Download:
    """One query of `python -m host download`."""

    query: str
    label: str = ""
    most: int = 0
    allow_nd: bool = False
    key_file: str = ""
    api: str = ""
    interval: float = 4.0


@dataclass(frozen=True)
class Collect:
    """One source of `python -m host collect`: exactly one of folder, esc50 and manifest."""

    folder: str = ""
    esc50: str = ""
    manifest: str = ""
    where: dict[str, str] | None = None
    label: dict[str, str] | None = None
    window_scores: str = ""
    score_column: str = "teacher_score"


@dataclass(frozen=True)
class Config:
    """A pipeline.

    Attributes:
        folder: of the configuration file.
        workspace: for everything made on the way.
        recipe, downloads, collects, split, bundle: see the module.
    """

    folder: Path
    workspace: Path
    recipe: Recipe
    downloads: tuple[Download, ...]
    collects: tuple[Collect, ...]
    split: Options
    bundle: Path


def load_config(path: Path) -> Config:
    """Read and check a configuration.

    Raises:
        PipelineError: it cannot be read, or a name or value in it is wrong.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PipelineError(
            f"The configuration {path} cannot be read: {error}.", "Give a JSON file."
        ) from error
    known = ("workspace", "preset", "recipe", "download", "collect", "split", "bundle")
    _only(values, known, "the configuration")
    if not isinstance(values.get("bundle"), str):
        raise PipelineError(
            "The configuration has no `bundle`.", 'Name the folder to write, "bundle": "models/mine".'
        )
    recipe = _recipe(values.get("preset", "default"), values.get("recipe", {}))
    config = Config(
        folder=path.resolve().parent,
        workspace=Path(values.get("workspace", f"build/pipeline/{path.stem}")),
        recipe=recipe,
        downloads=tuple(_make(Download, each, "download") for each in _list(values, "download")),
        collects=tuple(_make(Collect, each, "collect") for each in _list(values, "collect")),
        split=_make(Options, values.get("split", {}), "split"),
        bundle=Path(values["bundle"]),
    )
    for each in config.collects:
        if sum(map(bool, (each.folder, each.esc50, each.manifest))) != 1:
            raise PipelineError(
                "An entry of `collect` names no source or several.",
                "Give exactly one of folder, esc50 and manifest.",
            )
    if not config.downloads and not config.collects and recipe.synthetic is None:
        raise PipelineError(
            "The configuration has no data.", "Add `download`, `collect`, or a recipe with synthetic sound."
        )
    return config


def _recipe(preset: Any, changes: Any) -> Recipe:
    merged = recipes.to_dict(recipes.preset(str(preset)))
    if not isinstance(changes, dict):
        raise PipelineError("`recipe` is not an object.", 'Make it {"name": value, ...}.')
    for name, value in changes.items():
        if isinstance(value, dict) and isinstance(merged.get(name), dict):
            merged[name] = merged[name] | value
        else:
            merged[name] = value
    return recipes.from_dict(json.loads(json.dumps(merged)))


def _only(values: Any, known: tuple[str, ...], where: str) -> None:
    if not isinstance(values, dict):
        raise PipelineError(f"{where} is not an object.", 'Make it {"name": value, ...}.')
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise PipelineError(f"{where} has no setting {unknown[0]!r}.", f"Known are: {', '.join(known)}.")


def _list(values: dict[str, Any], name: str) -> list[Any]:
    found = values.get(name, [])
    if not isinstance(found, list):
        raise PipelineError(f"`{name}` is not a list.", "Make it [ {...}, ... ].")
    return found


def _make(kind: type[Any], values: Any, where: str) -> Any:
    _only(values, tuple(field.name for field in fields(kind)), f"`{where}`")
    ready: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    if kind is Options and "left_out" in ready:
        _only(
            ready["left_out"],
            ("source", "group", "recordist", "licence", "label", "name"),
            "`split.left_out`",
        )
        ready["left_out"] = {name: tuple(value) for name, value in ready["left_out"].items()}
    try:
        return kind(**ready)
    except TypeError as error:
        raise PipelineError(
            f"`{where}` is not complete: {error}.", "See host/making/pipeline/config.py for an example."
        ) from None
