"""What `bundle.json` may hold: declared types (see `host/declared.py`), and the rules between their values."""

import unicodedata
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from msgspec import Meta

from ..declared import by_kind, expecting, text
from ..detector.kinds import KINDS as DETECTORS
from ..detector.rule import DEFAULT as DEFAULT_DETECTOR
from ..detector.settings import DetectorSettings, Label
from ..frontend.kinds import DEFAULT, KINDS
from ..frontend.settings import FrontEndSettings
from .errors import wrong
from .model_info import ModelInfo

FORMAT = 1
MAX_NAME_BYTES = 31  # UTF-8; CORE_NAME_BYTES in core_bundle.h less the closing zero
MAX_FRAMES = 65535

# What a sample's full scale is: an int16's, or the clip's own peak.
SampleScale = Literal["full-scale", "clip-peak"]
SAMPLE_SCALES: tuple[SampleScale, ...] = ("full-scale", "clip-peak")

FRONT_ENDS = {name: kind.settings for name, kind in KINDS.items()}


@dataclass(frozen=True)
class BundleFile:
    """`bundle.json` as it is written.

    Attributes:
        format: of this file.
        name: at most 31 bytes of UTF-8.
        description: one line for people.
        frontend: what turns sound into columns, by `kind`.
        samples: what recordings are scaled to before they are sent and computed: `full-scale`, not at all; `clip-peak`,
            each recording's own peak is full scale. What a microphone hears is never scaled.
        frames: columns of one window.
        stride: columns from one inference to the next.
        labels: one for each score, in the model's order.
        detector: when a class counts as heard, by `kind`.
        model: what the model file is.
        provenance: where it comes from: data, seed, package versions.
        metrics: how good it is.
        limits: what a run of it must keep to, by figure: `{"total.p99": "50ms"}`.
    """

    format: Annotated[
        Literal[1], expecting(f"this program reads format {FORMAT}; use the one that wrote the bundle")
    ]
    name: Annotated[str, text(MAX_NAME_BYTES, "give the bundle a name")]
    frontend: Annotated[FrontEndSettings, by_kind(FRONT_ENDS, DEFAULT)]
    frames: Annotated[int, Meta(ge=1, le=MAX_FRAMES)]
    stride: Annotated[int, Meta(ge=1, le=MAX_FRAMES)]
    labels: tuple[Label, ...]
    detector: Annotated[DetectorSettings, by_kind(DETECTORS, DEFAULT_DETECTOR)]
    model: ModelInfo
    samples: SampleScale = "full-scale"
    description: Annotated[str, text(1000, least=0)] = ""
    provenance: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    limits: dict[str, Annotated[str, text(100)]] = field(default_factory=dict)


def check_labels(labels: tuple[str, ...], classes: int) -> None:
    """Check that there is one label for each of the model's `classes` outputs, and none twice.

    Labels that a reader cannot tell apart are one: they are compared in Unicode's composed form (NFC).

    Raises:
        BundleError: too few, too many, or two alike.
    """
    if len(labels) != classes:
        raise wrong(
            "labels",
            f"names {len(labels)} classes ({_some(labels)}) but the model has {classes} outputs",
            "give one label for each output, in the model's order",
        )
    composed = [unicodedata.normalize("NFC", label) for label in labels]
    for i, label in enumerate(composed):
        if label in composed[:i]:
            raise wrong(f"labels[{i}]", f"is {label!r} a second time", "give every class a name of its own")


def _some(labels: tuple[str, ...], most: int = 12) -> str:
    more = f" and {len(labels) - most} more" if len(labels) > most else ""
    return (", ".join(labels[:most]) or "none") + more
