"""`python -m host import`: a bundle from any int8 `.tflite` and the front-end settings it was trained with."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any
from unicodedata import normalize

from ..board.kernels import every_chip
from ..build.core_limits import check_limits
from ..bundle.errors import BundleError
from ..bundle.load import Bundle, read_json
from ..bundle.schema import BUNDLE_FILE, MAX_NAME_BYTES, Detector, ModelInfo
from ..bundle.write import BundleValues, prepare_bundle, write_bundle
from ..declared import shown
from ..disk import check_writable
from ..frontend.settings import FFT_SIZES, FrontEndSettings
from ..given import COLUMNS, Number, Whole
from ..model.inspect import activation_of_scores, inspect_model, read_model_file, window_of
from ..model.kernel_faults import known_faults
from ..model.verify import Verification
from ..model.worker import ModelWorker
from ..printable import note, out
from ..safe_names import shortened

DEFAULT_THRESHOLD = 0.5
DEFAULT_LOG_FLOOR_DB = -80.0
_HELP = {
    "sample_rate": "sample rate, Hz",
    "window": "length of the Hann window, samples",
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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("model", type=Path, metavar="MODEL.tflite", help="the model: int8 input and outputs")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the bundle's folder")
    parser.add_argument("--replace", action="store_true", help="replace a bundle that is already in DIR")
    front_end = parser.add_argument_group(
        "front end", "from a file, from single options, or both (options win); the meanings are librosa's"
    )
    front_end.add_argument(
        "--settings", type=Path, metavar="FILE", help="JSON with these names, or another bundle's bundle.json"
    )
    for name, text in _HELP.items():
        kind = Whole(1, 1 << 20) if name in _WHOLE else Number(-1e6, 1e6)
        front_end.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar="N", help=text)
    front_end.add_argument(
        "--frames", type=COLUMNS, metavar="N", help="columns of a window, checked against the model's input"
    )
    rest = parser.add_argument_group("use")
    rest.add_argument(
        "--labels", metavar="A,B,...", help="a name for each of the model's outputs, in its order"
    )
    rest.add_argument(
        "--ignore", metavar="A,...", default="", help="labels that are never reported, e.g. background"
    )
    rest.add_argument(
        "--threshold",
        type=Number(-1e9, 1e9),
        metavar="X",
        help=f"score that detects (default: {DEFAULT_THRESHOLD})",
    )
    rest.add_argument(
        "--release",
        type=Number(-1e9, 1e9),
        metavar="X",
        help="score below which it ends (default: 2/3 of it)",
    )
    rest.add_argument(
        "--stride", type=COLUMNS, metavar="N", help="columns between inferences (default: a quarter window)"
    )
    rest.add_argument("--name", metavar="TEXT", help="the bundle's name (default: the model file's)")
    rest.add_argument("--description", metavar="TEXT", default="", help="one line about it")


@dataclass
class Assumed:
    """What nobody said and was filled in, for the summary."""

    items: list[str]

    def note(self, name: str, value: object) -> None:
        """Remember that `name` got `value`."""
        self.items.append(f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}")


def run(args: argparse.Namespace) -> int:
    """Check the model, run it in both interpreters, write the bundle and say what it is."""

    if (args.out / BUNDLE_FILE).exists() and not args.replace:
        raise BundleError(f"{args.out} already holds a bundle", "give another folder, or --replace")
    model_bytes = read_model_file(args.model)
    model = inspect_model(model_bytes)
    assumed = Assumed([])
    settings, expected_frames = front_end_settings(args, model, assumed)
    frames, _ = window_of(model, settings.bands)
    if args.bands is None or model.input.shape[1] == settings.bands or len(model.input.shape) == 2:
        _note_axes(model, settings.bands, assumed)
    if expected_frames not in (None, frames):
        raise BundleError(
            f"the model's input {list(model.input.shape)} has {frames} frames, not {shown(expected_frames)}",
            "use the settings that the model was trained with",
        )
    values = BundleValues(
        name=args.name or _name_of(args.model),
        description=args.description,
        settings=settings,
        frames=frames,
        stride=_stride(args, frames, assumed),
        labels=_labels(args, model, assumed),
        detector=_detector(args, activation_of_scores(model_bytes), assumed),
        model=model,
        model_bytes=model_bytes,
    )
    check_limits(prepare_bundle(args.out, values))
    check_writable(args.out)
    with ModelWorker() as worker:
        found = worker.verify(model_bytes, model)
    versions = {"reference": found.reference, "tflite_micro": found.witness}
    bundle = write_bundle(
        args.out,
        replace(
            values,
            model=replace(model, arena_bytes=found.arena_bytes),
            provenance={"imported_from": args.model.name, "verified_with": versions},
        ),
    )
    out(_summary(bundle, found, assumed))
    for line in kernel_warnings(model_bytes):
        note(f"warning: {line}")
    return 0


def kernel_warnings(model_bytes: bytes) -> list[str]:
    """The known faults of boards' kernels that a model meets, each once: where it will run is not known yet."""
    met = [known for device in every_chip() for known in known_faults(model_bytes, device) if known.expected]
    return list({known.fault.id: str(known) for known in reversed(met)}.values())[::-1]


def front_end_settings(
    args: argparse.Namespace, model: ModelInfo, assumed: Assumed
) -> tuple[FrontEndSettings, object]:
    """Put the settings together: an option wins over the file, that over the model and the defaults.

    Returns:
        The settings, and how many frames the file or the options say a window has, None when they do not.

    Raises:
        BundleError: the file cannot be read, or one of the settings that have no default is missing.
        SettingsError: a value is wrong.
    """

    values: dict[str, Any] = read_json(args.settings, _SETTINGS_CURE) if args.settings else {}
    values = values["frontend"] if isinstance(values.get("frontend"), dict) else values
    frames = values.pop("frames", None)
    if args.frames is not None:
        frames = args.frames
    for field in fields(FrontEndSettings):
        given = getattr(args, field.name)
        if given is not None:
            values[field.name] = given
    missing = [name for name in ("sample_rate", "window", "hop") if name not in values]
    if missing:
        options = " ".join(f"--{name.replace('_', '-')} N" for name in missing)
        raise BundleError(
            f"front-end settings that have no default are missing: {', '.join(missing)}",
            f"give them as the model was trained: {options}, or a file with --settings",
        )
    defaults: dict[str, Any] = {
        "fft": next((size for size in FFT_SIZES if size >= _number(values["window"])), FFT_SIZES[-1]),
        "fmin": 0.0,
        "fmax": _number(values["sample_rate"]) / 2,
        "log_floor_db": DEFAULT_LOG_FLOOR_DB,
    }
    shape = model.input.shape
    if len(shape) > 2:
        defaults["bands"] = shape[2]
    for name, value in defaults.items():
        if name not in values:
            values[name] = value
            if name != "bands":
                assumed.note(name, value)
    return FrontEndSettings.from_dict(values), frames


def _number(value: object) -> float:
    """A value from a file, for a default that depends on it; what is not a number is refused later, by name."""
    return float(value) if isinstance(value, (int, float)) else 0.0


def _name_of(path: Path) -> str:
    text = "".join(c if c.isprintable() else "_" for c in path.stem)
    return shortened(text, MAX_NAME_BYTES)


def _stride(args: argparse.Namespace, frames: int, assumed: Assumed) -> int:
    if args.stride is not None:
        return int(args.stride)
    stride = max(1, frames // 4)
    assumed.note("stride", stride)
    return stride


def _labels(args: argparse.Namespace, model: ModelInfo, assumed: Assumed) -> tuple[str, ...]:
    if args.labels is not None:
        return _split(args.labels)
    labels = tuple(f"class {i}" for i in range(model.classes)) if model.classes > 1 else ("sound",)
    assumed.note("labels", ", ".join(labels) if len(labels) < 5 else f"class 0 to class {len(labels) - 1}")
    return labels


def _split(text: str) -> tuple[str, ...]:
    return tuple(normalize("NFC", part.strip()) for part in text.split(",")) if text else ()


def _note_axes(model: ModelInfo, bands: int, assumed: Assumed) -> None:
    """Which axis is time cannot be seen in a shape: say what was taken where the other way round is a window, too."""
    shape = model.input.shape
    if len(shape) > 2:
        assumed.note(
            "axes",
            f"[frames, bands] = [{shape[1]}, {shape[2]}] (if the model puts bands first, transpose its input and "
            "convert it again)",
        )
    else:
        assumed.note("cells", f"column by column, {bands} bands each")


def _detector(args: argparse.Namespace, activation: str | None, assumed: Assumed) -> Detector:
    threshold = DEFAULT_THRESHOLD if args.threshold is None else float(args.threshold)
    release = args.release
    if args.threshold is None:
        assumed.note("threshold", threshold)
        if activation is None:
            assumed.items[-1] += (
                " on raw outputs: the model ends without sigmoid or softmax, choose --threshold by its scale"
            )
    if release is None:
        release = round(threshold * 2 / 3, 6) if threshold > 0 else threshold
        assumed.note("release", release)
    return Detector(threshold, float(release), _split(args.ignore))


def _summary(bundle: Bundle, found: Verification, assumed: Assumed) -> str:
    s, model = bundle.settings, bundle.model
    window_s = bundle.window_samples / s.sample_rate
    logits = "with logits" if model.logits else "no logits"
    arena = f"{found.arena_bytes} bytes (64-bit pointers)" if found.arena_bytes else "not measured"
    lines = [
        f"{bundle.name}: written to {bundle.path}",
        f"  model      {model.size} bytes, input {list(model.input.shape)}, {model.classes} classes, {logits}",
        f"  ops        {', '.join(model.ops)}",
        f"  arena      {arena}",
        f"  front end  {s.sample_rate} Hz, window {s.window}, hop {s.hop}, FFT {s.fft}, {s.bands} bands "
        f"{s.fmin:g}–{s.fmax:g} Hz, floor {s.log_floor_db:g} dB",
        f"  window     {bundle.frames} columns = {window_s:.3f} s, every {bundle.stride} columns "
        f"= {bundle.stride_seconds * 1000:.0f} ms",
        f"  labels     {', '.join(bundle.labels)}",
        f"  detector   on at {bundle.detector.threshold:g} (int8 {bundle.thresholds.on[0]}), "
        f"off below {bundle.detector.release:g} (int8 {bundle.thresholds.off[0]})",
        f"  verified   {_verdict(found)}",
    ]
    if assumed.items:
        lines.append(
            f"  assumed    {'; '.join(assumed.items)} (give them as options if that is not how it was trained)"
        )
    if found.score_values == 1:
        lines.append(
            "  note       the model gave one and the same score for all random windows: is it trained?"
        )
    return "\n".join(lines)


def _verdict(found: Verification) -> str:
    if found.witness is None:
        return (
            f"{found.windows} random windows in {found.reference}; no second witness: {found.witness_missing}"
        )
    if found.differing:
        return (
            f"WARNING: {found.reference} and {found.witness} differ in {found.differing} of {found.windows} random "
            f"windows, by up to {found.largest_difference} ({found.where or 'no op found'}): a comparison with a "
            "device will show the same"
        )
    return f"{found.windows} random windows equal in {found.reference} and {found.witness}"
