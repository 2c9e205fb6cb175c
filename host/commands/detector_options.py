"""Options of `import` that say when a class counts as heard."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Annotated
from unicodedata import normalize

from ..bundle.errors import BundleError
from ..bundle.load import read_json
from ..declared import File, by_kind, declared
from ..detector.kinds import KINDS
from ..detector.mean_window import MeanWindow
from ..detector.rule import DEFAULT
from ..detector.settings import DetectorSettings
from ..detector.threshold import Threshold
from ..given import Number, place
from .front_end_options import Assumed
from .manifest import Manifest

DEFAULT_THRESHOLD = 0.5
_CURE = "give a JSON file with a detector's settings and its kind, or another bundle's bundle.json"


@dataclass(frozen=True)
class DetectorFile:
    """A file with a detector in it, such as bundle.json."""

    detector: Annotated[DetectorSettings, by_kind(KINDS, DEFAULT)]


def add_detector_arguments(group: argparse._ArgumentGroup) -> None:
    """Declare the options."""
    group.add_argument(
        "--ignore", metavar="A,...", default="", help="labels that are never reported, e.g. background"
    )
    group.add_argument(
        "--threshold",
        type=Number(-1e9, 1e9),
        metavar="X",
        help=f"score that detects (default: {DEFAULT_THRESHOLD})",
    )
    group.add_argument(
        "--release",
        type=Number(-1e9, 1e9),
        metavar="X",
        help="score below which it ends (default: 2/3 of it)",
    )
    group.add_argument(
        "--detector",
        type=place,
        metavar="FILE",
        help=f"JSON with a detector of any kind ({', '.join(KINDS)}), or another bundle's bundle.json "
        "(default: threshold, and mean-window for a manifest)",
    )


def detector_of(
    args: argparse.Namespace, manifest: Manifest | None, activation: str | None, assumed: Assumed
) -> DetectorSettings:
    """Return the detector that options, file or manifest ask for.

    Args:
        args: with the options above.
        manifest: None: there is none.
        activation: what the model's scores come out of; None: raw outputs.
        assumed: takes what nobody said.

    Raises:
        BundleError: options that contradict each other, or a file that cannot be read.
    """
    if args.detector is not None:
        return _from_file(args)
    if manifest is not None:
        if args.release is not None:
            raise BundleError(
                "--release means nothing for a manifest: its detection ends by itself",
                "leave it out, or name another detector with --detector FILE",
            )
        cutoff = manifest.cutoff if args.threshold is None else float(args.threshold)
        return MeanWindow(cutoff, manifest.sliding_window, ignore=split(args.ignore))
    return _threshold(args, activation, assumed)


def split(text: str) -> tuple[str, ...]:
    """Return names given with commas between them, in Unicode's composed form."""
    return tuple(normalize("NFC", part.strip()) for part in text.split(",")) if text else ()


def _from_file(args: argparse.Namespace) -> DetectorSettings:
    given = [name for name in ("threshold", "release", "ignore") if getattr(args, name) not in (None, "")]
    if given:
        raise BundleError(
            f"--detector and --{given[0]} both say what the detector does", "put all of it in the file"
        )
    values = read_json(args.detector, _CURE)
    detector = values.get("detector") if isinstance(values.get("detector"), dict) else values
    return declared(
        {"detector": detector}, DetectorFile, File(str(args.detector), BundleError, _CURE)
    ).detector


def _threshold(args: argparse.Namespace, activation: str | None, assumed: Assumed) -> Threshold:
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
    return Threshold(threshold, float(release), split(args.ignore))
