"""`python -m host import`: a bundle from any quantised `.tflite` and the front-end settings it was trained with."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from ..audio.own_peak import divided, peak_of
from ..board.kernels import every_chip
from ..build.core_limits import check_limits
from ..bundle.errors import BUNDLE_FILE, BundleError
from ..bundle.load import Bundle
from ..bundle.model_ends import BANDS_FIRST, longer_axes
from ..bundle.model_info import ModelInfo, TensorInfo
from ..bundle.schema import MAX_NAME_BYTES, SampleScale
from ..bundle.write import BundleValues, prepare_bundle, write_bundle
from ..comparison.clipping import Clipping
from ..comparison.expected import Expected
from ..declared import shown
from ..disk import check_writable
from ..frontend.presets import WHOLE_WINDOW, Preset, preset
from ..given import COLUMNS, place
from ..making.corpus.endless import stream
from ..model.ends import before_int8, to_cells
from ..model.incoming import take_in, with_int16_range
from ..model.inspect import activation_of_scores, read_model_file, window_of, with_layout
from ..model.interpreter import Int8
from ..model.kernel_faults import known_faults
from ..model.parting_ops import advice_for
from ..model.verify import Verification
from ..model.worker import ModelWorker
from ..printable import note, out
from ..safe_names import shortened
from .detector_options import add_detector_arguments, detector_of, split
from .front_end_options import Assumed, ImportedFrontEnd, add_front_end_arguments, front_end_of
from .manifest import PRESET, Manifest, is_manifest, read_manifest

HEARD_WINDOWS = 12  # at least
HEARD_S = 10.0  # of synthetic sound, at least


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "model",
        type=place,
        metavar="MODEL",
        help="the model, a .tflite file: int8, uint8, 16x8, or int8 between float ends; or a microWakeWord manifest, "
        "a .json file",
    )
    parser.add_argument("--out", type=place, required=True, metavar="DIR", help="the bundle's folder")
    parser.add_argument("--replace", action="store_true", help="replace a bundle that is already in DIR")
    add_front_end_arguments(parser)
    rest = parser.add_argument_group("use")
    rest.add_argument(
        "--labels", metavar="A,B,...", help="a name for each of the model's outputs, in its order"
    )
    add_detector_arguments(rest)
    rest.add_argument(
        "--stride",
        type=COLUMNS,
        metavar="N",
        help="columns between inferences (default: a quarter window; a window for a model that remembers)",
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
    incoming = take_in(read_model_file(args.model))
    model_bytes = incoming.model_bytes
    front_end = front_end_of(args, incoming.model, assumed)
    model, frames = _laid_out(args, incoming.model, front_end, assumed)
    values = BundleValues(
        name=args.name or _name_of(args.model),
        description=args.description,
        settings=front_end.settings,
        frames=frames,
        stride=_stride(args, model, frames, front_end.preset, assumed),
        labels=_labels(args, model, assumed),
        detector=detector_of(args, manifest, activation_of_scores(model_bytes), assumed),
        model=model,
        model_bytes=model_bytes,
        samples=cast(SampleScale, front_end.samples),
    )
    prepared = prepare_bundle(args.out, values)
    check_limits(prepared)
    check_writable(args.out)
    with ModelWorker() as worker:
        worker.start()  # the kernels take a second to load: meanwhile sound is made
        heard, clipping = _heard_windows(prepared)
        found = worker.verify(model_bytes, model, recorded=heard)
    versions = {"reference": found.reference, "tflite_micro": found.witness}
    bundle = write_bundle(
        args.out,
        replace(
            values,
            model=replace(model, arena_bytes=found.arena_bytes, expected=found.expected),
            provenance={
                "imported_from": args.model.name,
                "verified_with": versions,
                **({"original_model": incoming.original} if incoming.original else {}),
            },
        ),
    )
    out(_summary(bundle, found, front_end, assumed, incoming.notes))
    if clipping.warning:
        note(f"warning: of synthetic sound, {clipping.warning}")
    for line in kernel_warnings(model_bytes):
        note(f"warning: {line}")
    return 0


def _laid_out(
    args: argparse.Namespace, model: ModelInfo, front_end: ImportedFrontEnd, assumed: Assumed
) -> tuple[ModelInfo, int]:
    """The model with its input's axes and range known, and the frames of its window."""
    settings, expected_frames = front_end.settings, front_end.frames
    model = with_int16_range(with_layout(model, settings.model_bands, args.layout), *settings.feature_range)
    frames, _ = window_of(model, settings.model_bands)
    axes = longer_axes(model.input.shape)
    if args.layout is None and (args.bands is None or len(axes) < 2 or axes[0] == settings.model_bands):
        _note_axes(model, frames, settings.model_bands, assumed)
    if expected_frames not in (None, frames):
        raise BundleError(
            f"the model's input {list(model.input.shape)} has {frames} frames, not {shown(expected_frames)}",
            "use the settings that the model was trained with",
        )
    return model, frames


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


def _stride(
    args: argparse.Namespace, model: ModelInfo, frames: int, chosen: Preset | None, assumed: Assumed
) -> int:
    if args.stride is not None:
        return int(args.stride)
    if chosen is not None and chosen.stride is not None:
        return frames if chosen.stride == WHOLE_WINDOW else int(chosen.stride)
    # a model that remembers wants every column once
    stride = frames if model.stateful else max(1, frames // 4)
    assumed.note("stride", stride)
    return stride


def _labels(args: argparse.Namespace, model: ModelInfo, assumed: Assumed) -> tuple[str, ...]:
    if args.labels is not None:
        return split(args.labels)
    labels = tuple(f"class {i}" for i in range(model.classes)) if model.classes > 1 else ("sound",)
    assumed.note("labels", ", ".join(labels) if len(labels) < 5 else f"class 0 to class {len(labels) - 1}")
    return labels


def _note_axes(model: ModelInfo, frames: int, bands: int, assumed: Assumed) -> None:
    """Which axis is time cannot always be seen in a shape: say what was taken."""
    if len(longer_axes(model.input.shape)) < 2:
        assumed.note(
            "cells", f"column by column, {bands} bands each (--layout {BANDS_FIRST} for band by band)"
        )
    elif model.input.bands_first:
        assumed.note("axes", f"bands first, [bands, frames] = [{bands}, {frames}]")
    else:
        assumed.note(
            "axes", f"[frames, bands] = [{frames}, {bands}] (--layout {BANDS_FIRST} for the other order)"
        )


def _summary(
    bundle: Bundle,
    found: Verification,
    front_end: ImportedFrontEnd,
    assumed: Assumed,
    notes: Sequence[str],
) -> str:
    s, model = bundle.settings, bundle.model
    window_s = bundle.window_samples / s.sample_rate
    logits = "with logits" if model.logits else "no logits"
    arena = f"{found.arena_bytes} bytes (64-bit pointers)" if found.arena_bytes else "not measured"
    lines = [
        f"{bundle.name}: written to {bundle.path}",
        f"  model      {model.size} bytes, input {list(model.input.shape)} {_input_type(model.input)}, "
        f"{model.classes} classes {model.scores.type}, {logits}"
        + (", remembers: built anew at each stream's start" if model.stateful else ""),
        f"  ops        {', '.join(model.ops)}",
        f"  arena      {arena}",
        f"  front end  {s.kind}, {s.sample_rate} Hz, window {s.window}, hop {s.hop}, {s.model_bands} bands, "
        f"{s.described()}",
        *front_end.lines(),
        f"  window     {bundle.frames} columns = {window_s:.3f} s, every {bundle.stride} columns "
        f"= {bundle.stride_seconds * 1000:.0f} ms",
        f"  labels     {', '.join(bundle.labels)}",
        f"  detector   {bundle.detector.kind}: {bundle.detector.described(bundle.thresholds)}",
        f"  verified   {_verdict(found)}",
    ]
    lines += [f"  note       {note}" for note in notes]
    lines += [f"  ops        {advice.text}" for advice in advice_for(bundle.model_bytes)]
    if assumed.items:
        lines.append(
            f"  assumed    {'; '.join(assumed.items)} (give them as options if that is not how it was trained)"
        )
    if found.dead:
        lines.append(
            "  note       both interpreters gave one and the same output for all windows, random and of sound: is the "
            "model trained?"
        )
    return "\n".join(lines)


def _heard_windows(bundle: Bundle) -> tuple[Int8, Clipping]:
    """Windows that the bundle's front end makes of synthetic sound, one after the other, int8 [n, frames, bands]."""
    settings = bundle.settings
    seconds = max(HEARD_S, HEARD_WINDOWS * bundle.window_samples / settings.sample_rate)
    samples = np.concatenate(list(stream(1, seconds, settings.sample_rate)))
    if bundle.to_peak:
        samples = divided(samples, peak_of(samples))
    heard = Expected(bundle, None)
    columns = heard.push(samples).columns
    whole = len(columns) // bundle.frames * bundle.frames
    windows = columns[:whole].reshape(-1, bundle.frames, settings.bands)
    before = before_int8(bundle.model.input, windows)
    if before is not None:
        heard.clipping.add(before.reshape(-1, before.shape[-1]))
    return to_cells(bundle.model.input, windows), heard.clipping


def _input_type(tensor: TensorInfo) -> str:
    return f"int16, fed from int8 in steps of {tensor.step}" if tensor.type == "int16" else tensor.type


def _verdict(found: Verification) -> str:
    if found.witness is None:
        return f"{found.windows} windows in {found.reference}; no second witness: {found.witness_missing}"
    if found.expected and found.expected.off == "refused":
        return f"{found.windows} windows in {found.witness}; {found.expected.sentence} ({found.reference})"
    if found.differing:
        expected = found.expected.sentence if found.expected else "no op of it was found"
        return (
            f"{found.reference} and {found.witness} differ in {found.differing} of {found.windows} windows, by up to "
            f"{found.largest_difference} ({found.where or 'no op found'}): {expected}"
        )
    return f"{found.windows} windows, random and of sound, equal in {found.reference} and {found.witness}"
