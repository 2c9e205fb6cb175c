"""The pipeline's configuration, a JSON file.

    {
      "workspace": "build/pipeline/birds",          where base folder, data set and run go
      "preset": "default",                          recipe to start from
      "recipe": {"architecture": "…", "float_plan": {"epochs": 40}},   changes to it, optional
      "download": [{"query": "sp:\\"turdus merula\\" q:A", "label": "bird", "most": 50}],
      "collect": [{"manifest": "list.csv", "where": {"licence_class": "open"}, "label": {"*": "bird"}}],
      "split": {"shares": [0.7, 0.15, 0.15], "left_out": {"source": ["…"]}},
      "mix": {"listener": "listener.json", "heard": "heard.npz", "windows": 60000},
      "bundle": "models/birds"
    }

Every part but `bundle` may be left out; without download and collect the recipe's synthetic sound alone is used. Paths
are taken from the configuration's folder, `workspace` and `bundle` from the current one. The server of a download is
xeno-canto; another `api` is asked only when `--allow-api HOST` names it, and needs a `key_file`. A key file lies in the
configuration's own folder.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from ...declared import File, Seed, Share, nearest, read_declared, text
from ...errors import HilError
from ...frontend.kinds import DEFAULT
from ..dataset.mixture import MixturePlan
from ..dataset.split import SHARES_CURE, Options, usable_shares
from ..training import recipe as recipes
from ..training.recipe import Recipe

Place = Annotated[str, text(1000)]
_BUNDLE_CURE = 'name the folder to write, "bundle": "models/mine"'


class PipelineError(HilError):
    """The pipeline cannot be run as configured."""


@dataclass(frozen=True)
class Download:
    """One query of `python -m host download`.

    Attributes:
        query: in xeno-canto's language.
        label: of all that is found; empty takes each recording's own.
        most: at most this many, 0 for all.
        allow_nd: also take what may not be changed.
        key_file: holds the key; empty for the one in XENO_CANTO_KEY.
        api: another server.
        interval: seconds between two requests.
    """

    query: Annotated[str, text(1000)]
    label: Annotated[str, text(63, least=0)] = ""
    most: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    allow_nd: bool = False
    key_file: Annotated[str, text(1000, least=0)] = ""
    api: Annotated[str, text(1000, least=0)] = ""
    interval: Annotated[float, Meta(ge=0, le=3600)] = 4.0


@dataclass(frozen=True)
class Collect:
    """One source of `python -m host collect`: exactly one of folder, esc50 and manifest.

    Attributes:
        folder: of label folders.
        esc50: an unpacked ESC-50.
        manifest: a CSV table.
        window_scores: for a manifest: a CSV table with file, start_s and the score of each second, 0 to 1.
        score_column: its column with the scores.
        where: columns of the table and the value that a row must have there.
        label: labels of the source and what they become; `*` for all others.
    """

    folder: Annotated[str, text(1000, least=0)] = ""
    esc50: Annotated[str, text(1000, least=0)] = ""
    manifest: Annotated[str, text(1000, least=0)] = ""
    window_scores: Annotated[str, text(1000, least=0)] = ""
    score_column: Annotated[str, text(63)] = "teacher_score"
    where: dict[str, str] | None = None
    label: dict[str, str] | None = None


@dataclass(frozen=True)
class Mix:
    """What `python -m host mix` makes of the data set; what is trained on then are these mixtures.

    Attributes:
        listener: a file that describes a classifier of sound.
        heard: a table of what it heard before in these mixtures; empty: it hears them now.
        windows, class_share, seed: which mixtures.
    """

    listener: Annotated[str, text(1000)]
    heard: Annotated[str, text(1000, least=0)] = ""
    windows: Annotated[int, Meta(ge=1, le=10_000_000)] = 20_000
    class_share: Share = MixturePlan.class_share
    seed: Seed = 1

    @property
    def plan(self) -> MixturePlan:
        """Which mixtures."""
        return MixturePlan(self.windows, self.class_share, self.seed)


@dataclass(frozen=True)
class PipelineFile:
    """The configuration as it is written.

    Attributes:
        bundle: folder to write.
        workspace: for everything made on the way.
        preset: recipe to start from.
        recipe: changes to it, names and values as in a recipe.json.
        download: queries.
        collect: sources on this computer.
        split: how recordings become training, validation and test set.
        mix: what is made of the training set; None leaves it as it is.
    """

    bundle: Annotated[str, text(1000, _BUNDLE_CURE)]
    workspace: Place | None = None
    preset: Annotated[str, text(63)] = "default"
    recipe: dict[str, Any] = field(default_factory=dict)
    download: tuple[Download, ...] = ()
    collect: tuple[Collect, ...] = ()
    split: Options = field(default_factory=Options)
    mix: Mix | None = None


@dataclass(frozen=True)
class Config:
    """A pipeline.

    Attributes:
        folder: of the configuration file.
        workspace: for everything made on the way.
        recipe, downloads, collects, split, mix, bundle: see the module.
    """

    folder: Path
    workspace: Path
    recipe: Recipe
    downloads: tuple[Download, ...]
    collects: tuple[Collect, ...]
    split: Options
    bundle: Path
    mix: Mix | None = None


def load_config(path: Path) -> Config:
    """Read and check a configuration.

    Raises:
        PipelineError: it cannot be read, or a name or value in it is wrong.
    """
    source = File(str(path), PipelineError, "see `host/making/pipeline/config.py` for an example")
    file = read_declared(path, PipelineFile, source, "give a JSON file")
    recipe = _recipe(file, source)
    for i, each in enumerate(file.collect):
        if sum(map(bool, (each.folder, each.esc50, each.manifest))) != 1:
            raise source.wrong(
                f"collect[{i}]",
                "names no source or several",
                "give exactly one of folder, esc50 and manifest",
            )
        if each.window_scores and not each.manifest:
            raise source.wrong(
                f"collect[{i}].window_scores", "belongs to a manifest", "give `manifest`, or leave it out"
            )
    if file.split.unheard > file.split.heard:
        raise source.wrong(
            "split.unheard",
            f"is {file.split.unheard:g}",
            f"set it to at most `heard`, {file.split.heard:g}",
        )
    if not usable_shares(file.split.shares):
        raise source.wrong("split.shares", f"is {list(file.split.shares)}", SHARES_CURE)
    if file.mix and not file.download and not file.collect:
        raise source.wrong("mix", "has no recordings to mix", "add `download` or `collect`, or leave it out")
    if not file.download and not file.collect and recipe.synthetic is None:
        raise source.wrong("", "has no data", "add `download`, `collect`, or a recipe with synthetic sound")
    return Config(
        folder=path.resolve().parent,
        workspace=Path(file.workspace or f"build/pipeline/{path.stem}"),
        recipe=recipe,
        downloads=file.download,
        collects=file.collect,
        split=file.split,
        bundle=Path(file.bundle),
        mix=file.mix,
    )


def _recipe(file: PipelineFile, source: File) -> Recipe:
    if file.preset not in recipes.PRESETS:
        raise source.wrong("preset", f"is {file.preset!r}", nearest(file.preset, list(recipes.PRESETS)))
    return recipes.from_dict(
        _changed(recipes.to_dict(recipes.PRESETS[file.preset]), file.recipe), source, "recipe"
    )


def _changed(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The values as JSON has them, with changes to them; those to an object leave its other names alone."""
    merged = json.loads(json.dumps(values))
    for name, value in changes.items():
        both = isinstance(value, dict) and isinstance(merged.get(name), dict)
        if both and name == "frontend" and value.get("kind", DEFAULT) != merged[name].get("kind", DEFAULT):
            both = False  # settings of one kind mean nothing, or something else, to another
        merged[name] = merged[name] | value if both else value
    return merged
