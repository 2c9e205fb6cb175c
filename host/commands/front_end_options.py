"""The front end of an imported model: from a preset, a file, single options, the model and defaults."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..bundle.errors import BundleError
from ..bundle.load import read_json
from ..bundle.model_ends import BANDS_FIRST, FRAMES_FIRST, longer_axes
from ..bundle.schema import ModelInfo
from ..declared import shown
from ..frontend.kinds import DEFAULT, settings_from, values_of
from ..frontend.log_mel.settings import FFT_SIZES
from ..frontend.presets import Preset, preset, presets
from ..frontend.settings import FrontEndSettings, SettingsError
from ..given import COLUMNS, Number, Whole

DEFAULT_LOG_FLOOR_DB = -80.0
_HELP = {
    "sample_rate": "sample rate, Hz",
    "window": "length of the analysis window, samples",
    "hop": "samples from one column to the next",
    "fft": "FFT points (default: the power of two that holds the window)",
    "bands": "mel bands (default: what the model's input has)",
    "fmin": "lower edge of the lowest band, Hz (default: 0)",
    "fmax": "upper edge of the highest band, Hz (default: half the sample rate)",
    "log_floor_db": f"smallest log-mel value, dB (default: {DEFAULT_LOG_FLOOR_DB:g})",
    "scale": "feature = scale * dB + offset, as the model was trained (default: 1)",
    "offset": "see --scale (default: 0)",
}
_SETTINGS_CURE = "give a JSON file with the front end's settings, or another bundle's bundle.json"
_WHOLE = ("sample_rate", "window", "hop", "fft", "bands")


@dataclass
class Assumed:
    """What nobody said and was filled in, for the summary."""

    items: list[str]

    def note(self, name: str, value: object) -> None:
        """Remember that `name` got `value`."""
        self.items.append(f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}")


@dataclass(frozen=True)
class ImportedFrontEnd:
    """A front end, and where it comes from.

    Attributes:
        settings: the settings.
        frames: columns of a window as the file or the options say, None when they do not.
        preset: None without one.
    """

    settings: FrontEndSettings
    frames: object
    preset: Preset | None

    def lines(self) -> list[str]:
        """Return what the summary says of the preset."""
        if self.preset is None:
            return []
        values = values_of(self.settings)
        same = [
            f"{name} {shown(values[name])}"
            for name, value in self.preset.frontend.items()
            if values[name] == value
        ]
        other = [name for name, value in self.preset.frontend.items() if values[name] != value]
        return [
            f"  preset     {self.preset.name}: {self.preset.description}",
            f"             took {', '.join(same)}",
            *([f"             not {', '.join(other)}, which was given"] if other else []),
            *(f"             {note}" for note in self.preset.notes),
        ]


def add_front_end_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    group = parser.add_argument_group(
        "front end", "from a preset, a file, single options, or all of them (options win, then the file)"
    )
    group.add_argument(
        "--preset", metavar="NAME", help=f"as models were published with it: {', '.join(presets())}"
    )
    group.add_argument(
        "--settings", type=Path, metavar="FILE", help="JSON with these names, or another bundle's bundle.json"
    )
    for name, text in _HELP.items():
        kind = Whole(1, 1 << 20) if name in _WHOLE else Number(-1e6, 1e6)
        group.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar="N", help=text)
    group.add_argument(
        "--frames", type=COLUMNS, metavar="N", help="columns of a window, checked against the model's input"
    )
    group.add_argument(
        "--layout",
        choices=(FRAMES_FIRST, BANDS_FIRST),
        help="order of the model's input (default: what the number of bands says, else frames first)",
    )


def front_end_of(args: argparse.Namespace, model: ModelInfo, assumed: Assumed) -> ImportedFrontEnd:
    """Put the settings together: an option wins over the file, that over the preset, the model and the defaults.

    Raises:
        BundleError: the file cannot be read, a setting without a default is missing, or the preset does not fit the
            model.
        SettingsError: a value is wrong, or is none of the front end's kind.
    """
    chosen = preset(args.preset) if args.preset else None
    file: dict[str, Any] = read_json(args.settings, _SETTINGS_CURE) if args.settings else {}
    file = file["frontend"] if isinstance(file.get("frontend"), dict) else file
    frames = file.pop("frames", None)
    values: dict[str, Any] = {**(chosen.frontend if chosen else {}), **file}
    if chosen and file.get("kind", chosen.frontend["kind"]) != chosen.frontend["kind"]:
        raise SettingsError(
            f"preset {chosen.name} is of the kind {chosen.frontend['kind']}, the file's settings are of another: "
            f"{shown(file['kind'])}",
            "leave one of the two out",
        )
    values.update({name: getattr(args, name) for name in _HELP if getattr(args, name) is not None})
    if args.frames is not None:
        frames = args.frames
    _check_complete(values, model)
    if values.get("kind", DEFAULT) == DEFAULT:
        _fill_log_mel(values, model, args.layout, assumed)
    settings = settings_from(values)
    if chosen:
        _check_fit(chosen, settings, model)
    return ImportedFrontEnd(settings, frames, chosen)


def _check_complete(values: dict[str, Any], model: ModelInfo) -> None:
    missing = [name for name in ("sample_rate", "window", "hop") if name not in values]
    if not missing or values.get("kind", DEFAULT) != DEFAULT:  # a kind knows itself what it needs
        return
    options = " ".join(f"--{name.replace('_', '-')} N" for name in missing)
    fitting = [each.name for each in presets().values() if each.fits(model.input.shape)]
    shape = list(model.input.shape)
    fit = (
        f"presets that fit its input {shape}: {', '.join(fitting)}; --preset NAME if one of them was its front end"
        if fitting
        else f"no preset fits its input {shape}"
    )
    raise BundleError(
        f"front-end settings that have no default are missing: {', '.join(missing)}",
        f"give them as the model was trained: {options}, or a file with --settings; {fit}",
    )


def _fill_log_mel(values: dict[str, Any], model: ModelInfo, layout: str | None, assumed: Assumed) -> None:
    defaults: dict[str, Any] = {
        "fft": next((size for size in FFT_SIZES if size >= _number(values["window"])), FFT_SIZES[-1]),
        "fmin": 0.0,
        "fmax": _number(values["sample_rate"]) / 2,
        "log_floor_db": DEFAULT_LOG_FLOOR_DB,
    }
    axes = longer_axes(model.input.shape)
    if len(axes) > 1:
        defaults["bands"] = axes[0 if layout == BANDS_FIRST else 1]
    for name, value in defaults.items():
        if name not in values:
            values[name] = value
            if name != "bands":
                assumed.note(name, value)


def _check_fit(chosen: Preset, settings: FrontEndSettings, model: ModelInfo) -> None:
    if settings.bands != chosen.bands or chosen.fits(model.input.shape):
        return  # with other bands it is the user's own
    window = f"{chosen.frames} columns" if chosen.frames else "any number of columns"
    raise BundleError(
        f"preset {chosen.name} gives windows of {window} of {chosen.bands} bands, but the model's input is "
        f"{list(model.input.shape)}",
        "use the preset that the model was trained with, or give its settings",
    )


def _number(value: object) -> float:
    """A value from a file, for a default that depends on it; what is not a number is refused later, by name."""
    return float(value) if isinstance(value, (int, float)) else 0.0
