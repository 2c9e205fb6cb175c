"""`python -m host import`: a bundle from any int8 `.tflite` and the front-end settings it was trained with."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from ..board.kernels import every_chip
from ..build.core_limits import check_limits
from ..bundle.errors import BundleError
from ..bundle.load import Bundle
from ..bundle.schema import BUNDLE_FILE, MAX_NAME_BYTES, ModelInfo
from ..bundle.write import BundleValues, prepare_bundle, write_bundle
from ..declared import shown
from ..disk import check_writable
from ..frontend.presets import WHOLE_WINDOW, Preset, preset
from ..given import COLUMNS
from ..model.inspect import activation_of_scores, inspect_model, read_model_file, window_of
from ..model.kernel_faults import known_faults
from ..model.verify import Verification
from ..model.worker import ModelWorker
from ..printable import note, out
from ..safe_names import shortened
from .detector_options import add_detector_arguments, detector_of, split
from .front_end_options import Assumed, ImportedFrontEnd, add_front_end_arguments, front_end_of
from .manifest import PRESET, Manifest, is_manifest, read_manifest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "model",
        type=Path,
        metavar="MODEL",
        help="the model, a .tflite file: int8 input and outputs; or a microWakeWord manifest, a .json file",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the bundle's folder")
    parser.add_argument("--replace", action="store_true", help="replace a bundle that is already in DIR")
    add_front_end_arguments(parser)
    rest = parser.add_argument_group("use")
    rest.add_argument(
        "--labels", metavar="A,B,...", help="a name for each of the model's outputs, in its order"
    )
    add_detector_arguments(rest)
    rest.add_argument(
        "--stride", type=COLUMNS, metavar="N", help="columns between inferences (default: a quarter window)"
    )
    rest.add_argument("--name", metavar="TEXT", help="the bundle's name (default: the model file's)")
    rest.add_argument("--description", metavar="TEXT", default="", help="one line about it")


def run(args: argparse.Namespace) -> int:
    """Check the model, run it in both interpreters, write the bundle and say what it is."""

    if (args.out / BUNDLE_FILE).exists() and not args.replace:
        raise BundleError(f"{args.out} already holds a bundle", "give another folder, or --replace")
    assumed = Assumed([])
    manifest = read_manifest(args.model) if is_manifest(args.model) else None
    if manifest is not None:
        _take_manifest(args, manifest)
    model_bytes = read_model_file(args.model)
    model = inspect_model(model_bytes)
    front_end = front_end_of(args, model, assumed)
    settings, expected_frames = front_end.settings, front_end.frames
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
        stride=_stride(args, frames, front_end.preset, assumed),
        labels=_labels(args, model, assumed),
        detector=detector_of(args, manifest, activation_of_scores(model_bytes), assumed),
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
    out(_summary(bundle, found, front_end, assumed))
    for line in kernel_warnings(model_bytes):
        note(f"warning: {line}")
    return 0


def kernel_warnings(model_bytes: bytes) -> list[str]:
    """The known faults of boards' kernels that a model meets, each once: where it will run is not known yet."""
    met = [known for device in every_chip() for known in known_faults(model_bytes, device) if known.expected]
    return list({known.fault.id: str(known) for known in reversed(met)}.values())[::-1]


def _name_of(path: Path) -> str:
    text = "".join(c if c.isprintable() else "_" for c in path.stem)
    return shortened(text, MAX_NAME_BYTES)


def _take_manifest(args: argparse.Namespace, manifest: Manifest) -> None:
    """Take what a manifest says for what no option says."""
    args.model = manifest.model
    args.preset = args.preset or PRESET
    args.labels = args.labels if args.labels is not None else manifest.wake_word.replace(",", " ")
    if args.hop is None:
        rate = args.sample_rate or preset(args.preset).frontend["sample_rate"]
        args.hop = rate * manifest.step_ms // 1000


def _stride(args: argparse.Namespace, frames: int, chosen: Preset | None, assumed: Assumed) -> int:
    if args.stride is not None:
        return int(args.stride)
    if chosen is not None and chosen.stride is not None:
        return frames if chosen.stride == WHOLE_WINDOW else int(chosen.stride)
    stride = max(1, frames // 4)
    assumed.note("stride", stride)
    return stride


def _labels(args: argparse.Namespace, model: ModelInfo, assumed: Assumed) -> tuple[str, ...]:
    if args.labels is not None:
        return split(args.labels)
    labels = tuple(f"class {i}" for i in range(model.classes)) if model.classes > 1 else ("sound",)
    assumed.note("labels", ", ".join(labels) if len(labels) < 5 else f"class 0 to class {len(labels) - 1}")
    return labels


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


def _summary(bundle: Bundle, found: Verification, front_end: ImportedFrontEnd, assumed: Assumed) -> str:
    s, model = bundle.settings, bundle.model
    window_s = bundle.window_samples / s.sample_rate
    logits = "with logits" if model.logits else "no logits"
    arena = f"{found.arena_bytes} bytes (64-bit pointers)" if found.arena_bytes else "not measured"
    lines = [
        f"{bundle.name}: written to {bundle.path}",
        f"  model      {model.size} bytes, input {list(model.input.shape)}, {model.classes} classes, {logits}",
        f"  ops        {', '.join(model.ops)}",
        f"  arena      {arena}",
        f"  front end  {s.kind}, {s.sample_rate} Hz, window {s.window}, hop {s.hop}, {s.bands} bands, {s.described()}",
        *front_end.lines(),
        f"  window     {bundle.frames} columns = {window_s:.3f} s, every {bundle.stride} columns "
        f"= {bundle.stride_seconds * 1000:.0f} ms",
        f"  labels     {', '.join(bundle.labels)}",
        f"  detector   {bundle.detector.kind}: {bundle.detector.described(bundle.thresholds)}",
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
