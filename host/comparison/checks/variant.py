"""A bundle that is the one in use but for everything that a board could fail to change: to be deployed and tried.

It has another name, another front-end image (with normalised windows: other columns), other thresholds and a model file
of other bytes with the same meaning, so that the interpreter of the bundle in use computes what is right for it too.
Thresholds are scores that a sound meets exactly, which recordings hardly ever do.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...bundle.errors import BundleError
from ...bundle.load import Bundle
from ...bundle.model_info import MeasuredInput
from ...bundle.schema import MAX_NAME_BYTES
from ...detector.threshold import Int8Thresholds, Threshold
from ...errors import HilError
from ...frontend.kinds import settings_from, values_of
from ...frontend.presets import copied, inner_values
from ...frontend.settings import SettingsError
from ...model.interpreter import Interpreter
from ..expected import Expected

Int16 = NDArray[np.int16]
# Of the input: the first one that the front end can be built for; near, so that scores stay within their range.
SCALES = (1.03, 0.97, 1.1, 0.9)
# Of columns whose windows are normalised: sides of bands straight over another scale, a lower upper edge, other
# samples before the first.
COLUMN_CHANGES: tuple[Callable[[dict[str, Any]], None], ...] = (
    lambda inner: inner.update(mel_triangles="hz" if inner.get("mel_triangles") == "mel" else "mel"),
    lambda inner: inner.update(fmax=inner["fmax"] * 0.97),
    lambda inner: inner.update(fmax=inner["fmax"] * 0.94),
    lambda inner: inner.update(padding="none" if inner.get("padding") == "zero" else "zero"),
)
PADDING = 16  # bytes after the model: an image's sections are aligned to as many


def variant(bundle: Bundle, mark: bytes, unlike: Bundle | None = None) -> Bundle:
    """The bundle with another name, front end and model file.

    Args:
        bundle: the bundle in use.
        mark: 16 bytes that follow the model, of which nothing is read but by checksums.
        unlike: another variant, from which this one's front end differs too.
    """
    assert len(mark) == PADDING
    data = bundle.model_bytes + bytes(-len(bundle.model_bytes) % PADDING) + mark
    model = replace(bundle.model, size=len(data), sha256=hashlib.sha256(data).hexdigest())
    name = f"{mark[:2].hex()} {bundle.name}".encode()[:MAX_NAME_BYTES].decode("utf-8", "ignore")
    named = replace(bundle, name=name, model=model, model_bytes=data)
    for changed in (
        _of_other_columns(named) if isinstance(model.input, MeasuredInput) else _of_other_steps(named)
    ):
        try:
            others = (bundle, unlike or bundle)
            if all(changed().frontend_image != other.frontend_image for other in others):
                return changed()
        except HilError:  # no quantiser for it, or no such settings: another one
            continue
    return named


def _of_other_steps(bundle: Bundle) -> Iterator[Callable[[], Bundle]]:
    """The bundle with another scale of its input."""
    model = bundle.model
    for scale in SCALES:
        scaled = replace(model.input, scale=float(np.float32(model.input.scale * scale)))
        yield partial(replace, bundle, model=replace(model, input=scaled))


def _of_other_columns(bundle: Bundle) -> Iterator[Callable[[], Bundle]]:
    """The bundle with other columns of which its normaliser makes cells as before: the interpreter in use has that."""
    for change in COLUMN_CHANGES:
        yield partial(_with_other_columns, bundle, change)


def _with_other_columns(bundle: Bundle, change: Callable[[dict[str, Any]], None]) -> Bundle:
    """A bundle whose columns are computed otherwise.

    Raises:
        SettingsError: these settings know no such change, or the normaliser would be another one.
    """
    values = copied(values_of(bundle.settings))
    inner = inner_values(values)
    before = dict(inner)
    change(inner)
    changed = replace(bundle, settings=settings_from(values))
    known = bundle.model.input
    assert isinstance(known, MeasuredInput) and changed.kind.normaliser is not None
    linked = bundle.kind.linked(bundle.settings)
    if (
        inner == before
        or changed.kind.linked(changed.settings) != linked
        or changed.kind.normaliser(changed.tables) != known.normaliser
    ):
        raise SettingsError("the change makes no difference, or more than one in columns", "try another")
    return changed


def with_thresholds(bundle: Bundle, interpreter: Interpreter, samples: Int16) -> Bundle:
    """The bundle with thresholds that the sound's scores meet exactly, of the class in which most of that can be seen.

    Args:
        bundle: any, with a detector of thresholds; others stay as they are.
        interpreter: of its model.
        samples: int16, the sound.
    """
    rule = bundle.thresholds
    if not (isinstance(bundle.detector, Threshold) and isinstance(rule, Int8Thresholds)):
        return bundle
    outputs = Expected(bundle, interpreter).push(samples).outputs
    if outputs is None:
        return bundle
    for label in np.argsort(-np.ptp(outputs.scores.astype(int), axis=0)):
        met = met_exactly(outputs.scores[:, label].tolist()) if rule.detect[label] else None
        if met is None:
            continue
        on, off = (bundle.model.scores.real(score) for score in met)
        changed = replace(bundle, detector=replace(bundle.detector, threshold=on, release=off))
        try:
            if (changed.thresholds.on[label], changed.thresholds.off[label]) == met:
                return changed
        except BundleError:
            continue
    return bundle


def met_exactly(scores: list[int]) -> tuple[int, int] | None:
    """Thresholds on and off of which a score meets the first while inactive, and a later one the second while active.

    None where no scores do.
    """
    for start in range(1, len(scores)):
        on = scores[start]
        if max(scores[:start]) >= on:
            continue
        for end in range(start + 1, len(scores)):
            off = scores[end]
            # below the threshold, so that > and >= differ; nothing in between goes back before
            if -128 < off < on and min(scores[start:end]) > off:
                return on, off
    return None
