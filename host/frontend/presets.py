"""Front ends that models were published with, by name: a JSON file each in presets/, with the source of every number.

A preset says how samples become cells. It is chosen by its name alone: a model's hash or file name tells nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..strict_json import read_json_object
from .kinds import settings_from
from .settings import FrontEndSettings, SettingsError

FOLDER = Path(__file__).with_suffix("")
LEAST_SHARE = 0.005  # of what a front end can give, that an input must hold; coefficients have wide bounds
WHOLE_WINDOW = "window"
_CURE = "restore the file from the repository"


@dataclass(frozen=True)
class Preset:
    """A front end by name.

    Attributes:
        name: the file's, without its ending.
        description: one line.
        frontend: values of bundle.json's `frontend`. A None is asked for, but for fmax: half of the sample rate.
        frames: columns of a window, None where models differ.
        stride: columns from one inference to the next, "window" for as many as a window has, None for the usual choice.
        notes: what whoever imports should know.
        sources: where each number comes from.
        adapts: what is taken from the model, where nobody says it.
        samples: what recordings are scaled to, as bundle.json's `samples`.
    """

    name: str
    description: str
    frontend: Mapping[str, Any]
    frames: int | None
    stride: int | str | None
    notes: tuple[str, ...]
    sources: Mapping[str, str]
    adapts: tuple[str, ...] = ()
    samples: str = "full-scale"

    @property
    def bands(self) -> int | None:
        """Cells of a column, None where models differ."""
        return inner_values(self.frontend).get("bands")

    @property
    def open(self) -> list[str]:
        """What must be given."""
        return [
            name for name, value in inner_values(self.frontend).items() if value is None and name != "fmax"
        ]

    def settings(self) -> FrontEndSettings:
        """Return the settings, where the preset has all of them.

        Raises:
            SettingsError: some are `open`.
        """
        values = copied(self.frontend)
        fill_fmax(inner_values(values))
        return settings_from(values)

    def holds(self, lowest: float, highest: float) -> bool:
        """Return whether a model's input that holds these features can have been trained with it.

        Most of them must lie within what the front end gives, and be more than a trace of it.
        """
        if self.open:
            return True
        low, high = self.settings().feature_range
        shared = min(high, highest) - max(low, lowest)
        return shared >= (highest - lowest) / 2 and shared >= (high - low) * LEAST_SHARE

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Return whether a model's input of this shape can be a window of it."""
        cells = 1
        for size in shape:
            cells *= size
        if self.bands is None:
            return False  # of any shape: nothing that would tell it from others
        axes = [size for size in shape if size != 1]
        axes_fit = len(axes) < 2 or self.bands in axes
        frames_fit = self.frames is None or cells == self.frames * self.bands
        return cells % self.bands == 0 and axes_fit and frames_fit


def inner_values(frontend: Any) -> Any:
    """Return the values that say how columns are computed: those of the kind within, where there is one."""
    return frontend["of"] if isinstance(frontend.get("of"), dict) else frontend


def copied(frontend: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy that can be changed, the values within included."""
    return {name: dict(value) if isinstance(value, dict) else value for name, value in frontend.items()}


def fill_fmax(values: dict[str, Any]) -> None:
    """Put half of the sample rate in for an upper edge that is left open."""
    rate = values.get("sample_rate")
    if values.get("fmax", 0.0) is None and isinstance(rate, int | float):
        values["fmax"] = rate / 2


@cache
def presets() -> dict[str, Preset]:
    """Return all presets by name."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.json"), key=lambda path: path.stem)}


def preset(name: str) -> Preset:
    """Return a preset.

    Raises:
        SettingsError: there is none of this name.
    """
    if name not in presets():
        raise SettingsError(f"there is no preset {name!r}", f"known are {', '.join(presets())}")
    return presets()[name]


def _read(path: Path) -> Preset:
    values = read_json_object(path, _CURE)
    tuples = {name: tuple(values.get(name, ())) for name in ("notes", "adapts")}
    return Preset(path.stem, **{**values, **tuples})
