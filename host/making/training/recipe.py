"""Recipes: all settings that determine the result of a training run. A run keeps its recipe beside the result."""

from __future__ import annotations

import dataclasses
import json
import unicodedata
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from ...bundle.model_info import MAX_CLASSES
from ...bundle.schema import FRONT_ENDS, MAX_FRAMES, MAX_NAME_BYTES
from ...declared import File, Share, by_kind, declared, nearest, read_declared, text
from ...detector.settings import Label
from ...files import atomic_write
from ...frontend.kinds import KINDS, values_of
from ...frontend.log_mel.settings import LogMelSettings
from ...frontend.settings import FrontEndSettings
from ..dataset.feature_spec import FeatureSpec, Quantisation
from ..dataset.synthetic import TEST, TRAIN, VALIDATION, SyntheticPlan
from .architectures import ARCHITECTURES
from .augment import NONE, Units
from .errors import TrainingError
from .fit import Plan
from .networks import Network
from .votes import Votes

Feature = Annotated[float, Meta(ge=-1e6, le=1e6)]
# Where a cell depends on all of a window, columns are no features yet, and data sets hold columns.
TRAINABLE = {name: kind for name, kind in FRONT_ENDS.items() if KINDS[name].normaliser is None}
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
"""dB / 20 + 2: -100 to +10 dB become -3 to 2.5, a range that networks train well on. One int8 step is 0.43 dB.

16-bit samples have about -96 dB of noise per band. A higher floor would hide faint birds in quiet recordings."""

BACKGROUND = TEST + 1
"""The random stream of the scenes that the threshold is chosen on."""


@dataclass(frozen=True)
class Teaching:
    """A teacher for the network (see `host.making.training.teacher`).

    Attributes:
        architecture: the teacher's, a name in `architectures.ARCHITECTURES`; it need not fit a device.
        share: weight of the teacher's scores in the training targets, 0 to 1; the labels have the rest.
        plan: how the teacher is trained.
        members: trained so many times, each with a seed of its own; the mean of their logits teaches.
    """

    architecture: Annotated[str, text(63)] = "teacher"
    share: Share = 0.8
    plan: Plan = field(default_factory=Plan)
    members: Annotated[int, Meta(ge=1, le=64)] = 1


@dataclass(frozen=True)
class Recipe:
    """One training run.

    Attributes:
        name: of the bundle.
        description: for people.
        frontend: the front end's settings.
        frames, stride: columns per window, columns between two inferences on the device.
        lowest, highest: the features that become -128 and 127 in int8.
        labels: classes other than background, in the order of the outputs.
        architecture: a name in `architectures.ARCHITECTURES`.
        synthetic: sound to generate for training, None for recordings only; validation and test get a twelfth each.
        float_plan, qat_plan: the two trainings.
        teacher: teaches the float model; None trains on labels only.
        qat_share: weight of the float model's scores in the int8 model's targets, 0 to 1; the labels have the rest.
        false_an_hour: the threshold lets at most this many windows of background through in an hour of windows that do
            not overlap.
        background_scenes: synthetic scenes without a bird that the threshold is chosen on beside the validation set,
            which has minutes of background only: ten an hour are one window there.
        votes: the bundle's rule over time; None: a detection begins with one window that reaches the threshold.
    """

    name: Annotated[str, text(MAX_NAME_BYTES)] = "detector"
    description: Annotated[str, text(1000, least=0)] = ""
    frontend: Annotated[FrontEndSettings, by_kind(TRAINABLE, "log-mel")] = FRONT_END
    frames: Annotated[int, Meta(ge=1, le=MAX_FRAMES)] = 61
    stride: Annotated[int, Meta(ge=1, le=MAX_FRAMES)] = 16
    lowest: Feature = -3.0
    highest: Feature = 2.5
    labels: Annotated[tuple[Label, ...], Meta(min_length=1, max_length=MAX_CLASSES)] = ("bird",)
    architecture: Annotated[str, text(63)] = "strided"
    synthetic: SyntheticPlan | None = None
    float_plan: Plan = field(default_factory=Plan)
    qat_plan: Plan = field(default_factory=lambda: Plan(epochs=8, learning_rate=5e-4))
    teacher: Teaching | None = None
    qat_share: Share = 1.0
    false_an_hour: Annotated[float, Meta(ge=0, le=3600)] = 10.0
    background_scenes: Annotated[int, Meta(ge=0, le=10_000_000)] = 0
    votes: Votes | None = None

    @property
    def quantisation(self) -> Quantisation:
        """Quantisation of the model's input."""
        return Quantisation.of_range(self.lowest, self.highest)

    @property
    def features(self) -> FeatureSpec:
        """The features that the data must have."""
        return FeatureSpec(self.frontend, self.quantisation, self.frames)

    @property
    def window_s(self) -> float:
        """Seconds of sound in a window."""
        return self.features.window_samples / self.frontend.sample_rate

    @property
    def false_share(self) -> float:
        """Share of windows of background that may reach the threshold."""
        return min(1.0, self.false_an_hour * self.window_s / 3600.0)

    @property
    def network(self) -> Network:
        """The network to train."""
        return Network(self.architecture, self.frames, self.frontend.bands, len(self.labels))

    @property
    def units(self) -> Units:
        """What a feature value means, and its limits."""
        return Units(
            self.frontend.features_per_unit, self.frontend.feature_at_zero, self.lowest, self.highest
        )

    def synthetic_sets(self) -> dict[str, SyntheticPlan]:
        """Plans for the training, validation and test sets, and for the background that the threshold is chosen on.

        They share no sound. Empty without synthetic sound.
        """
        if self.synthetic is None:
            return {}
        fewer = max(8, self.synthetic.scenes // 12)
        plans = {
            "train": dataclasses.replace(self.synthetic, stream=TRAIN),
            "validation": dataclasses.replace(self.synthetic, stream=VALIDATION, scenes=fewer),
            "test": dataclasses.replace(self.synthetic, stream=TEST, scenes=fewer),
        }
        if self.background_scenes:
            plans["background"] = dataclasses.replace(
                self.synthetic,
                stream=BACKGROUND,
                scenes=self.background_scenes,
                bird_share=0.0,
                # A rule over time needs the windows that a device looks at; a threshold alone does with fewer.
                stride=self.stride if self.votes else self.frames,
            )
        return plans


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


def from_dict(values: object, file: File, place: str = "") -> Recipe:
    """The recipe of `to_dict`'s values; missing names take their defaults.

    Args:
        values: as `json` gives them.
        file: where they come from.
        place: of the recipe in that file.

    Raises:
        HilError: `file.error`: a name or a value is wrong.
    """
    return _checked(declared(values, Recipe, file, place), file, place)


def changed(recipe: Recipe, **changes: Any) -> Recipe:
    """The recipe with other values, held to the same rules as one from a file.

    Raises:
        TrainingError: a value is wrong.
    """
    values = to_dict(dataclasses.replace(recipe, **changes))
    return from_dict(json.loads(json.dumps(values)), File("the recipe with these options", TrainingError))


def _checked(recipe: Recipe, file: File, place: str) -> Recipe:
    """A recipe whose values fit each other."""
    at = f"{place}." if place else ""
    if recipe.highest - recipe.lowest < 1e-3:
        raise file.wrong(
            f"{at}highest", f"is {recipe.highest:g}", f"set it above `lowest`, {recipe.lowest:g}"
        )
    if recipe.votes and recipe.votes.n > recipe.votes.m:
        raise file.wrong(
            f"{at}votes.n",
            f"is {recipe.votes.n}, above m, {recipe.votes.m}",
            f"set it to {recipe.votes.m} or lower",
        )
    composed = [unicodedata.normalize("NFC", label) for label in recipe.labels]
    if len(set(composed)) != len(composed):
        raise file.wrong(f"{at}labels", "names a class twice", "give every class a name of its own")
    networks = {"architecture": recipe.architecture}
    if recipe.teacher:
        networks["teacher.architecture"] = recipe.teacher.architecture
    for name, network in networks.items():
        if network not in ARCHITECTURES:
            raise file.wrong(f"{at}{name}", f"is {network!r}", nearest(network, sorted(ARCHITECTURES)))
    return recipe


def save(recipe: Recipe, path: Path) -> None:
    """Write a recipe as JSON."""
    atomic_write(path, json.dumps(to_dict(recipe), indent=2) + "\n")


def load(path: Path) -> Recipe:
    """Read a recipe written by `save`.

    Raises:
        TrainingError: the file is missing or is no recipe.
    """
    file = File(str(path), TrainingError, "compare it with the recipe.json of a run")
    cure = "name a recipe.json, as `python -m host train` leaves it in a run's folder"
    return _checked(read_declared(path, Recipe, file, cure), file, "")
