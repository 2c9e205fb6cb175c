"""Recipes: everything that decides what a training run makes, as values that can be kept beside its result."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ...files import atomic_write
from ...frontend.kinds import settings_from, values_of
from ...frontend.log_mel.settings import LogMelSettings
from ...frontend.settings import FrontEndSettings
from ..dataset.feature_spec import FeatureSpec, Quantisation
from ..dataset.synthetic import TEST, TRAIN, VALIDATION, SyntheticPlan
from .augment import NONE, Augmentation, Units
from .errors import TrainingError
from .fit import Plan
from .networks import Network

FRONT_END = LogMelSettings(
    sample_rate=8000,
    window=256,
    hop=128,
    fft=256,
    bands=40,
    fmin=150.0,
    fmax=4000.0,
    log_floor_db=-100.0,
    scale=0.05,
    offset=2.0,
)
"""dB / 20 + 2: -100 to +10 dB become -3 to 2.5, values a network trains on well; one int8 step is 0.43 dB.

The noise of 16-bit samples lies at about -96 dB per band: a higher floor would hide faint birds of quiet recordings."""


@dataclass(frozen=True)
class Teaching:
    """A teacher for the network (see `host.making.training.teacher`).

    Attributes:
        architecture: of the teacher, a name in `architectures.ARCHITECTURES`; no device has to hold it.
        share: of the teacher's scores in what the network should answer, 0 to 1; the rest is the labels'.
        plan: the teacher's own training.
    """

    architecture: str = "teacher"
    share: float = 0.8
    plan: Plan = field(default_factory=Plan)


@dataclass(frozen=True)
class Recipe:
    """One training run.

    Attributes:
        name: of the bundle.
        description: for people.
        frontend: the front end's settings.
        frames, stride: columns per window, columns between two inferences on the device.
        lowest, highest: feature values of int8 -128 and 127.
        labels: classes beside background, in the order of the outputs.
        architecture: a name in `architectures.ARCHITECTURES`.
        synthetic: what to generate for training, None for recordings only; validation and test sets get a twelfth.
        float_plan, qat_plan: the two trainings.
        teacher: what teaches the float model, None for labels only.
        qat_share: of the float model's scores in what the int8 model should answer, 0 to 1; the rest is the labels'.
    """

    name: str = "detector"
    description: str = ""
    frontend: FrontEndSettings = FRONT_END
    frames: int = 61
    stride: int = 16
    lowest: float = -3.0
    highest: float = 2.5
    labels: tuple[str, ...] = ("bird",)
    architecture: str = "strided"
    synthetic: SyntheticPlan | None = None
    float_plan: Plan = field(default_factory=Plan)
    qat_plan: Plan = field(default_factory=lambda: Plan(epochs=8, learning_rate=5e-4))
    teacher: Teaching | None = None
    qat_share: float = 1.0

    @property
    def quantisation(self) -> Quantisation:
        """Of the model's input."""
        return Quantisation.of_range(self.lowest, self.highest)

    @property
    def features(self) -> FeatureSpec:
        """The features that the recipe's data must have."""
        return FeatureSpec(self.frontend, self.quantisation, self.frames)

    @property
    def network(self) -> Network:
        """The network to train."""
        return Network(self.architecture, self.frames, self.frontend.bands, len(self.labels))

    @property
    def units(self) -> Units:
        """Meaning and limits of features."""
        return Units(
            self.frontend.features_per_unit, self.frontend.feature_at_zero, self.lowest, self.highest
        )

    def synthetic_sets(self) -> dict[str, SyntheticPlan]:
        """Plans of the training, validation and test set, with nothing in common; empty without synthetic sound."""
        if self.synthetic is None:
            return {}
        fewer = max(8, self.synthetic.scenes // 12)
        return {
            "train": dataclasses.replace(self.synthetic, stream=TRAIN),
            "validation": dataclasses.replace(self.synthetic, stream=VALIDATION, scenes=fewer),
            "test": dataclasses.replace(self.synthetic, stream=TEST, scenes=fewer),
        }


_DEFAULT_SYNTHETIC = SyntheticPlan(scenes=4000, seed=20)

PRESETS: dict[str, Recipe] = {
    "default": Recipe(
        name="default",
        description="Any bird against everything else, 8 kHz; trained on synthetic sound.",
        architecture="strided",
        synthetic=_DEFAULT_SYNTHETIC,
        float_plan=Plan(
            epochs=48, windows_per_epoch=16384, batch=128, learning_rate=4e-3, patience=24, seed=20
        ),
        qat_plan=Plan(epochs=10, windows_per_epoch=16384, batch=128, learning_rate=3e-4, seed=21),
        teacher=Teaching(
            plan=Plan(epochs=20, windows_per_epoch=16384, batch=128, learning_rate=2e-3, patience=12, seed=20)
        ),
    ),
    "tiny": Recipe(
        name="tiny",
        description="Seconds of training, for tests of the machinery only.",
        architecture="separable-pooling",
        synthetic=SyntheticPlan(scenes=16, seconds=3.0, seed=3),
        float_plan=Plan(epochs=1, windows_per_epoch=128, batch=32, seed=3, augmentation=NONE),
        qat_plan=Plan(epochs=1, windows_per_epoch=64, batch=32, seed=4, augmentation=NONE),
    ),
}


def preset(name: str) -> Recipe:
    """The preset `name`.

    Raises:
        TrainingError: there is none.
    """
    try:
        return PRESETS[name]
    except KeyError:
        raise TrainingError(
            f"There is no preset {name!r}.", f"Choose one of: {', '.join(PRESETS)}."
        ) from None


def to_dict(recipe: Recipe) -> dict[str, Any]:
    """Plain values for JSON."""
    return {**asdict(recipe), "frontend": values_of(recipe.frontend)}


def from_dict(values: dict[str, Any]) -> Recipe:
    """The recipe of `to_dict`'s values; missing names take their defaults.

    Raises:
        TrainingError: a name is unknown.
    """
    result: Recipe = _build(Recipe, values, "recipe")
    return result


def _build(kind: type[Any], values: Any, where: str) -> Any:
    if not isinstance(values, dict):
        raise TrainingError(f"`{where}` of the recipe is not an object.", 'Make it {"name": value, ...}.')
    known = {each.name for each in dataclasses.fields(kind)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise TrainingError(
            f"`{where}` has no setting {unknown[0]!r}.", f"Known are: {', '.join(sorted(known))}."
        )
    nested = {
        "synthetic": SyntheticPlan,
        "float_plan": Plan,
        "qat_plan": Plan,
        "teacher": Teaching,
        "plan": Plan,
        "augmentation": Augmentation,
    }
    ready: dict[str, Any] = {}
    for name, value in values.items():
        if kind is Recipe and name == "frontend":
            ready[name] = settings_from(value)
        elif name in nested and value is not None:
            ready[name] = _build(nested[name], value, f"{where}.{name}")
        else:
            ready[name] = tuple(value) if isinstance(value, list) else value
    try:
        return kind(**ready)
    except TypeError as error:
        raise TrainingError(
            f"`{where}` cannot be read: {error}.", "Compare it with the recipe.json of a run."
        ) from None


def save(recipe: Recipe, path: Path) -> None:
    """Write a recipe as JSON."""
    atomic_write(path, json.dumps(to_dict(recipe), indent=2) + "\n")


def load(path: Path) -> Recipe:
    """Read a recipe written by `save`.

    Raises:
        TrainingError: the file is missing or is no recipe.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"The recipe {path} cannot be read: {error}.", "Name a folder made by `python -m host train`."
        ) from error
    return from_dict(values)
