"""The front end of an imported model: from a preset, a file, single options, the model and defaults."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..bundle.errors import BundleError
from ..bundle.load import read_json
from ..bundle.model_ends import BANDS_FIRST, FRAMES_FIRST, longer_axes
from ..bundle.model_info import INT8, ModelInfo
from ..bundle.schema import SAMPLE_SCALES
from ..declared import shown
from ..frontend.kinds import DEFAULT, settings_from, values_of
from ..frontend.log_mel.settings import FFT_SIZES
from ..frontend.mfcc.settings import MfccSettings
from ..frontend.normalised.settings import DEFAULT_TOP_DB, RULES, NormalisedSettings
from ..frontend.presets import Preset, copied, fill_fmax, inner_values, preset, presets
from ..frontend.settings import FrontEndSettings, SettingsError
from ..given import COLUMNS, Number, Whole, place

DEFAULT_LOG_FLOOR_DB = -80.0
NORMALISED = NormalisedSettings.kind
MFCC_TOP_DB = (
    "librosa.feature.mfcc and torchaudio's MFCC limit log-mel to 80 dB below a clip's loudest cell before the DCT, "
    "unless they are given top_db=None: trained with that limit, the model needs --normalise top, which takes each "
    "window as a clip"
)
_HELP = {
    "sample_rate": "sample rate, Hz",
    "window": "length of the analysis window, samples",
    "hop": "samples from one column to the next",
    "fft": "FFT points (default: the power of two that holds the window)",
    "bands": "mel bands, or coefficients of the kind mfcc (default: what the model's input has)",
    "mel_bands": "mel bands before the DCT, of the kind mfcc",
    "fmin": "lower edge of the lowest band, Hz (default: 0)",
    "fmax": "upper edge of the highest band, Hz (default: half the sample rate)",
    "log_floor_db": f"smallest log-mel value, dB (default: {DEFAULT_LOG_FLOOR_DB:g})",
    "scale": "feature = scale * dB + offset, as the model was trained (default: 1)",
    "offset": "see --scale (default: 0)",
}
_SETTINGS_CURE = "give a JSON file with the front end's settings, or another bundle's bundle.json"
_WHOLE = ("sample_rate", "window", "hop", "fft", "bands", "mel_bands")
_OUTER = ("scale", "offset")  # of a normalised front end these come last


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
        samples: what recordings are scaled to, as the options, the file or the preset say.
    """

    settings: FrontEndSettings
    frames: object
    preset: Preset | None
    samples: object = SAMPLE_SCALES[0]

    def lines(self) -> list[str]:
        """Return what the summary says of the preset."""
        scaled = (
            ["  samples    each recording is divided by its own peak before it is sent; live sound is not"]
            if self.samples != SAMPLE_SCALES[0]
            else []
        )
        outer = self.settings if isinstance(self.settings, NormalisedSettings) else None
        inner, limited = (outer.inner, outer.before_dct) if outer is not None else (self.settings, False)
        if isinstance(inner, MfccSettings) and inner.logarithm == "db" and not limited:
            scaled.append(f"             {MFCC_TOP_DB}")
        if self.preset is None:
            return scaled
        values, theirs = _flat(values_of(self.settings)), _flat(self.preset.frontend)
        same = [f"{name} {shown(value)}" for name, value in theirs.items() if values.get(name) == value]
        other = [name for name, value in theirs.items() if values.get(name) != value]
        return [
            f"  preset     {self.preset.name}: {self.preset.description}",
            f"             took {', '.join(same)}",
            *([f"             not {', '.join(other)}, which was given or is the model's"] if other else []),
            *(f"             {note}" for note in self.preset.notes),
            *scaled,
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
        "--settings",
        type=place,
        metavar="FILE",
        help="JSON with these names, or another bundle's bundle.json",
    )
    for name, text in _HELP.items():
        kind = Whole(1, 1 << 20) if name in _WHOLE else Number(-1e6, 1e6)
        group.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar="N", help=text)
    group.add_argument(
        "--frames", type=COLUMNS, metavar="N", help="columns of a window, checked against the model's input"
    )
    group.add_argument(
        "--normalise",
        choices=RULES,
        help="what each window is related to: its least and largest feature, its loudest cell, its mean; or only how "
        "deep it is (top)",
    )
    group.add_argument(
        "--top-db",
        type=Number(1, 200),
        metavar="N",
        help=f"with --normalise peak or top: dB kept below the loudest cell (default: {DEFAULT_TOP_DB:g})",
    )
    group.add_argument(
        "--samples",
        choices=SAMPLE_SCALES,
        help="what a recording's samples are scaled to before they are sent: not at all, or its own peak, as whole "
        f"clips are in some trainings (default: the file's, else the preset's, else {SAMPLE_SCALES[0]})",
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
    samples = file.pop("samples", chosen.samples if chosen else SAMPLE_SCALES[0])
    file = file["frontend"] if isinstance(file.get("frontend"), dict) else file
    frames = file.pop("frames", None)
    values: dict[str, Any] = {**(copied(chosen.frontend) if chosen else {}), **file}
    if chosen and file.get("kind", chosen.frontend["kind"]) != chosen.frontend["kind"]:
        raise SettingsError(
            f"preset {chosen.name} is of the kind {chosen.frontend['kind']}, the file's settings are of another: "
            f"{shown(file['kind'])}",
            "leave one of the two out",
        )
    values = _with_options(values, args)
    if args.frames is not None:
        frames = args.frames
    inner = inner_values(values)
    if chosen:
        _adapt(chosen, inner, args, model, assumed)
    fill_fmax(inner)
    _check_complete(inner, chosen, model)
    if inner.get("kind", DEFAULT) == DEFAULT:
        _fill_log_mel(inner, model, args.layout, assumed)
    settings = settings_from(values)
    if chosen:
        _check_fit(chosen, settings, model)
    return ImportedFrontEnd(settings, frames, chosen, args.samples or samples)


def _flat(frontend: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a front end, those of a kind within beside them."""
    inner = inner_values(frontend)
    outer = {name: value for name, value in frontend.items() if name != "of"}
    return {**inner, **outer} if inner is not frontend else outer


def _with_options(values: dict[str, Any], args: argparse.Namespace) -> dict[str, Any]:
    """The values with what options say; --normalise puts a kind around another."""
    if args.normalise is not None and "of" not in values:
        values = {
            "kind": NORMALISED,
            "of": {name: value for name, value in values.items() if name not in _OUTER},
            **{name: values[name] for name in _OUTER if name in values},
        }
    if args.normalise is not None:
        values["normalisation"] = args.normalise
    if args.top_db is not None:
        values["top_db"] = args.top_db
    inner = inner_values(values)
    for name in _HELP:
        if getattr(args, name) is not None:
            (values if name in _OUTER else inner)[name] = getattr(args, name)
    return values


def _adapt(
    chosen: Preset, values: dict[str, Any], args: argparse.Namespace, model: ModelInfo, assumed: Assumed
) -> None:
    """Take from the model what the preset's library leaves to whoever uses it."""
    axes = longer_axes(model.input.shape)
    if "bands" in chosen.adapts and args.bands is None and len(axes) > 1 and chosen.bands not in axes:
        values["bands"] = axes[0 if args.layout == BANDS_FIRST else 1]
        assumed.note("bands", values["bands"])


def _check_complete(values: dict[str, Any], chosen: Preset | None, model: ModelInfo) -> None:
    needed = chosen.open if chosen else ("sample_rate", "window", "hop")
    missing = [name for name in needed if values.get(name) is None]
    if not missing or (chosen is None and values.get("kind", DEFAULT) != DEFAULT):
        return  # a kind knows itself what it needs
    options = " ".join(f"--{name.replace('_', '-')} N" for name in missing)
    if chosen:
        raise BundleError(
            f"preset {chosen.name} leaves open: {', '.join(missing)} ({'; '.join(chosen.notes)})",
            f"give them as the model was trained: {options}",
        )
    raise BundleError(
        f"front-end settings that have no default are missing: {', '.join(missing)}",
        f"give them as the model was trained: {options}, or a file with --settings; {_fitting(model)}",
    )


def _fitting(model: ModelInfo) -> str:
    """Which presets fit a model's shape and the features that its input holds, for people."""
    tensor = model.input
    low, high = (tensor.real(end) for end in INT8)
    of_range = [each for each in presets().values() if each.holds(low, high)]
    fitting = [each.name for each in of_range if each.fits(tensor.shape)]
    adapting = [each.name for each in of_range if "bands" in each.adapts and each.name not in fitting]
    what = f"its {tensor.type} input {list(tensor.shape)} for features from {low:.4g} to {high:.4g}"
    found = f"presets that fit {what}: {', '.join(fitting)}" if fitting else f"no preset fits {what}"
    found += f"; with other bands: {', '.join(adapting)}" if adapting else ""
    return found + ("; --preset NAME if one of them was its front end" if fitting or adapting else "")


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
    if settings.model_bands != chosen.bands or chosen.fits(model.input.shape):
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
