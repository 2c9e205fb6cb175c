"""Reads a bundle and checks all of it."""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ..declared import declared
from ..detector.rule import Int8Rule
from ..detector.settings import DetectorError, DetectorSettings, Window, check_detector, spelt_as_labels
from ..frontend.kind import Kind
from ..frontend.kinds import kind_of
from ..frontend.settings import FrontEndSettings, SettingsError
from ..strict_json import JsonError, read_json_object, read_limited
from .errors import BUNDLE_FILE, SOURCE, BundleError, wrong
from .model_ends import check_input_shape
from .model_info import MAX_MODEL_BYTES, MeasuredInput, ModelInfo, check_model
from .schema import SAMPLE_SCALES, BundleFile, SampleScale, check_labels
from .settings_block import settings_block

_DESCRIPTION_CURE = "copy the bundle again, or make it anew with `python -m host import`"


@dataclass(frozen=True)
class Bundle:
    """A bundle whose every part was checked.

    Attributes:
        path: its folder.
        name: at most 31 bytes of UTF-8.
        description: one line for people.
        settings: of the front end.
        frames: columns of one window.
        stride: columns from one inference to the next.
        labels: one for each score.
        detector: its settings, in real scores; `thresholds` has the int8 ones that decide.
        model: what the model file is.
        model_bytes: the model file.
        provenance: where it comes from: data, seed, package versions.
        metrics: how good it is.
        limits: what a run of it must keep to, as texts by figure.
        samples: what recordings are scaled to, one of `SAMPLE_SCALES`.
    """

    path: Path
    name: str
    description: str
    settings: FrontEndSettings
    frames: int
    stride: int
    labels: tuple[str, ...]
    detector: DetectorSettings
    model: ModelInfo
    model_bytes: bytes
    provenance: Mapping[str, Any]
    metrics: Mapping[str, Any]
    limits: Mapping[str, str] = field(default_factory=dict)
    samples: SampleScale = SAMPLE_SCALES[0]

    @property
    def to_peak(self) -> bool:
        """Whether recordings are divided by their own peak before they are sent."""
        return self.samples == "clip-peak"

    @cached_property
    def thresholds(self) -> Int8Rule:
        """The detector's rule on int8 scores."""
        with _placed():
            return self.detector.rule(self.labels, self.model.scores, Window(self.frames, self.stride))

    @property
    def kind(self) -> Kind:
        """The front end's kind."""
        return kind_of(self.settings)

    @cached_property
    def tables(self) -> Any:
        """The front end's integer tables, as its kind makes them."""
        return self.kind.tables(self.settings, self.model.input.scale, self.model.input.zero_point)

    @cached_property
    def frontend_image(self) -> bytes:
        """The front end's settings, tables and quantiser as the firmware reads them."""
        return self.kind.image(self.tables)

    @cached_property
    def settings_block(self) -> bytes:
        """Window, outputs, int8 thresholds, labels and detector as the firmware reads them."""
        return settings_block(self.frames, self.stride, self.labels, self.thresholds, self.model)

    @property
    def model_hash(self) -> bytes:
        """SHA-256 of the model file."""
        return bytes.fromhex(self.model.sha256)

    @cached_property
    def frontend_hash(self) -> bytes:
        """SHA-256 of the front end's image: equal hashes mean equal features."""
        return hashlib.sha256(self.frontend_image).digest()

    @cached_property
    def settings_hash(self) -> bytes:
        """SHA-256 of the settings block."""
        return hashlib.sha256(self.settings_block).digest()

    @property
    def window_samples(self) -> int:
        """Samples that one window of `frames` columns covers."""
        return self.settings.samples_for(self.frames)

    @property
    def stride_seconds(self) -> float:
        """Time from one inference to the next."""
        return self.stride * self.settings.hop / self.settings.sample_rate


def load_bundle(path: Path | str) -> Bundle:
    """Read the bundle in the folder `path`.

    Raises:
        BundleError: the folder, a file or a value is missing, damaged or contradicts another; the message says which.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise BundleError(
            f"there is no bundle folder {folder}",
            "give the folder that holds bundle.json, or make one with `python -m host import`",
        )
    values = read_json(folder / BUNDLE_FILE)
    try:
        return bundle_from(folder, values)
    except BundleError as error:
        if str(folder) in error.cause:
            raise
        raise BundleError(f"bundle {folder}: {error.cause}", error.cure) from error


def bundle_from(folder: Path, values: dict[str, Any], model_bytes: bytes | None = None) -> Bundle:
    """Return the bundle that `values` describe, all of it checked.

    Args:
        folder: the bundle's.
        values: the content of its bundle.json.
        model_bytes: the model file; None reads it from the folder.

    Raises:
        BundleError: see `load_bundle`.
    """
    try:
        return _bundle(folder, values, model_bytes)
    except SettingsError as error:
        raise BundleError(f"front-end settings: {error.cause}", error.cure) from error


def _bundle(folder: Path, values: dict[str, Any], model_bytes: bytes | None) -> Bundle:
    file = declared(values, BundleFile, SOURCE)
    model = check_model(file.model)
    check_input_shape(model.input, file.frames, file.frontend.model_bands)
    check_labels(file.labels, model.classes)
    detector = spelt_as_labels(file.detector, file.labels)
    with _placed():
        check_detector(detector, file.labels)
    if model_bytes is None:
        model_bytes = _read_file(folder / model.file, MAX_MODEL_BYTES, _MODEL_CURE)
    _check_model_bytes(model_bytes, model)
    bundle = Bundle(
        path=folder,
        name=file.name,
        description=file.description,
        settings=file.frontend,
        frames=file.frames,
        stride=file.stride,
        labels=file.labels,
        detector=detector,
        model=model,
        model_bytes=model_bytes,
        provenance=file.provenance,
        metrics=file.metrics,
        limits=file.limits,
        samples=file.samples,
    )
    _ = bundle.thresholds, bundle.tables  # computed now, because both may find the values impossible
    if bundle.kind.normaliser is None:
        return bundle
    measured = MeasuredInput(**vars(model.input), normaliser=bundle.kind.normaliser(bundle.tables))
    return replace(bundle, model=replace(model, input=measured))


@contextlib.contextmanager
def _placed() -> Iterator[None]:
    """Name the place in bundle.json where a detector's setting is wrong."""
    try:
        yield
    except DetectorError as error:
        raise wrong(f"detector.{error.setting}", error.what, error.cure) from error


def read_json(path: Path, cure: str = _DESCRIPTION_CURE) -> dict[str, Any]:
    """Return the object in a JSON file that may come from anywhere.

    Args:
        path: the file.
        cure: what to do when it cannot be read.

    Raises:
        BundleError: no such file, too large, no UTF-8, no JSON, a name twice, or no object.
    """
    try:
        return read_json_object(path, cure)
    except JsonError as error:
        raise BundleError(error.cause, error.cure) from error


def _read_file(path: Path, most_bytes: int, cure: str) -> bytes:
    """Return the content of a regular file of at most `most_bytes`."""
    try:
        return read_limited(path, most_bytes, cure)
    except JsonError as error:
        raise BundleError(error.cause, error.cure) from error


_MODEL_CURE = (
    "copy the bundle again; if the model was exchanged on purpose, import it: "
    "`python -m host import MODEL.tflite --out DIR`"
)


def _check_model_bytes(data: bytes, model: ModelInfo) -> None:
    if len(data) != model.size:
        raise BundleError(
            f"{model.file} is damaged: {len(data)} bytes, but {BUNDLE_FILE} says {model.size}", _MODEL_CURE
        )
    found = hashlib.sha256(data).hexdigest()
    if found != model.sha256:
        raise BundleError(
            f"{model.file} is damaged or another model: its SHA-256 is {found[:16]}…, "
            f"but {BUNDLE_FILE} says {model.sha256[:16]}…",
            _MODEL_CURE,
        )
