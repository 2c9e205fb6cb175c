"""A bundle that is the one in use but for everything that a board could fail to change: to be deployed and tried.

It has another name, another front-end image, other thresholds and a model file of other bytes with the same meaning, so
that the interpreter of the bundle in use computes what is right for it too. Thresholds are scores that a sound meets
exactly, which recordings hardly ever do.
"""

import hashlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...bundle.errors import BundleError
from ...bundle.load import Bundle
from ...bundle.schema import MAX_NAME_BYTES, MeasuredInput
from ...detector.threshold import Int8Thresholds, Threshold
from ...errors import HilError
from ...model.interpreter import Interpreter
from ..expected import Expected

Int16 = NDArray[np.int16]
# Of the input: the first one that the front end can be built for; near, so that scores stay within their range.
SCALES = (1.03, 0.97, 1.1, 0.9)
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
    if isinstance(model.input, MeasuredInput):
        return named  # the interpreter in use makes cells by the normaliser in use, which another scale would change
    for scale in SCALES:
        scaled = replace(model.input, scale=float(np.float32(model.input.scale * scale)))
        changed = replace(named, model=replace(model, input=scaled))
        try:
            others = (bundle, unlike or bundle)
            if all(changed.frontend_image != other.frontend_image for other in others):
                return changed
        except HilError:  # no quantiser for it: another one
            continue
    return named


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
        if on <= -128 or max(scores[:start]) >= on:
            continue
        for end in range(start + 1, len(scores)):
            off = scores[end]
            # below the threshold, so that > and >= differ; nothing in between goes back before
            if -128 < off < on and min(scores[start:end]) > off:
                return on, off
    return None
