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
from ...core.c_frontend import FrontEnd
from ...detector.argmax import Argmax
from ...detector.mean_window import MeanWindow
from ...detector.n_of_m import NOfM
from ...detector.settings import INT8
from ...detector.threshold import Int8Thresholds, Threshold
from ...errors import HilError
from ...frontend.kinds import settings_from, values_of
from ...frontend.presets import copied, inner_values
from ...frontend.settings import SettingsError
from ...model.interpreter import Interpreter
from ..expected import Expected
from .telling_figures import most_telling, waiting

Int16 = NDArray[np.int16]
# Of the input: the first one that the front end can be built for; near, so that scores stay within their range.
SCALES = (1.03, 0.97, 1.1, 0.9)
FINER = (0.7, 0.5, 0.35, 0.25, 0.125)  # of the input, so that cells reach the ends of int8
LEAST_LIMITED, MOST_LIMITED = (
    0.01,
    0.6,
)  # of the cells: enough to show, and not so many that all scores are alike
# Of columns whose windows are normalised: sides of bands straight over another scale, a lower upper edge, other
# samples before the first.
COLUMN_CHANGES: tuple[Callable[[dict[str, Any]], None], ...] = (
    lambda inner: inner.update(mel_triangles="hz" if inner.get("mel_triangles") == "mel" else "mel"),
    lambda inner: inner.update(fmax=inner["fmax"] * 0.97),
    lambda inner: inner.update(fmax=inner["fmax"] * 0.94),
    lambda inner: inner.update(padding="none" if inner.get("padding") == "zero" else "zero"),
)
OF_SEVERAL = NOfM, MeanWindow  # kinds that look at several windows
LETTERS = "abcdefghijklmnopqrstuvwxyz"
PADDING = 16  # bytes after the model: an image's sections are aligned to as many


def first_variant(bundle: Bundle, mark: bytes, interpreter: Interpreter | None, sound: Int16) -> Bundle:
    """A variant whose detector meets scores of a sound exactly.

    A detector that looks at several windows becomes one of thresholds: a bundle of another kind than the one compiled
    in is deployed, and the kind that most bundles have is tried on every board.

    Args:
        bundle, mark: as for `variant`.
        interpreter: see `SlotCheck`.
        sound: int16, that it is tried on.
    """
    if interpreter is None:
        return variant(bundle, mark)
    return with_thresholds(variant(_of_thresholds(bundle), mark), interpreter, sound)


def _of_thresholds(bundle: Bundle) -> Bundle:
    """The bundle with a detector that decides by each window; argmax does so already."""
    detector = bundle.detector
    if not isinstance(detector, OF_SEVERAL):
        return bundle
    plain = Threshold(detector.threshold, detector.release, detector.ignore)
    return replace(bundle, detector=plain)


def second_variant(
    bundle: Bundle, mark: bytes, first: Bundle, interpreter: Interpreter | None, sound: Int16
) -> tuple[Bundle, Int16]:
    """Another variant than the first, with changes at both ends of a sound, and that sound.

    Where the bundle in use has no cells at an end of int8, this one has some, if its input's scale can bring that
    about: a limit that no sound meets says nothing of what is done beyond it. A detector that looks at several windows
    gets figures with which most wrong rules decide otherwise.

    Args:
        bundle, mark: as for `variant`.
        first: the first one.
        interpreter: see `SlotCheck`.
        sound: int16, that it is tried on.
    """
    if interpreter is not None:
        bundle = waiting(_without_lead(bundle))
    plain = variant(bundle, mark, first)
    limited = variant(bundle, mark, first, limiting(bundle, sound))
    if interpreter is None:
        return limited, sound
    if isinstance(bundle.detector, OF_SEVERAL):
        return most_telling(limited, interpreter, sound), sound
    found = with_changes_at_both_ends(limited, interpreter, sound)
    if found[0] is limited and limited.frontend_image != plain.frontend_image:
        other = with_changes_at_both_ends(plain, interpreter, sound)
        return found if other[0] is plain else other
    return found


def _without_lead(bundle: Bundle) -> Bundle:
    """The bundle, or one whose winner needs no lead: then what is wrong about the lead alone shows apart."""
    if not isinstance(bundle.detector, Argmax):
        return bundle
    return replace(bundle, detector=replace(bundle.detector, margin=0.0))


def limiting(bundle: Bundle, sound: Int16) -> tuple[float, ...]:
    """What the input's scale is multiplied by so that cells reach an end of int8 that they do not reach; or nothing."""
    kind = bundle.model.input
    if isinstance(kind, MeasuredInput):
        return ()
    right = _at_ends(bundle, sound, 1.0)
    for by in FINER:
        try:
            now = _at_ends(bundle, sound, by)
        except HilError:  # no quantiser for it
            continue
        if any(
            LEAST_LIMITED <= there <= MOST_LIMITED and not before
            for before, there in zip(right, now, strict=True)
        ):
            return (by,)
    return ()


def _at_ends(bundle: Bundle, sound: Int16, by: float) -> list[float]:
    """Which parts of a sound's cells are at either end of int8."""
    kind = bundle.model.input
    cells = FrontEnd(bundle.settings, float(np.float32(kind.scale * by)), kind.zero_point).features(sound)
    return [float(np.mean(cells == end)) if cells.size else 0.0 for end in INT8]


def variant(
    bundle: Bundle, mark: bytes, unlike: Bundle | None = None, scales: tuple[float, ...] = ()
) -> Bundle:
    """The bundle with another name, front end and model file.

    Args:
        bundle: the bundle in use.
        mark: 16 bytes that follow the model, of which nothing is read but by checksums.
        unlike: another variant, from which this one's front end differs too.
        scales: what the input's scale is multiplied by, before SCALES are tried.
    """
    assert len(mark) == PADDING
    data = bundle.model_bytes + bytes(-len(bundle.model_bytes) % PADDING) + mark
    model = replace(bundle.model, size=len(data), sha256=hashlib.sha256(data).hexdigest())
    longest = f"{mark[:2].hex()} {bundle.name} {LETTERS}"  # what is cut off early shows
    name = longest.encode()[:MAX_NAME_BYTES].decode("utf-8", "ignore")
    named = replace(bundle, name=name, model=model, model_bytes=data)
    for changed in (
        _of_other_columns(named)
        if isinstance(model.input, MeasuredInput)
        else _of_other_steps(named, (*scales, *SCALES))
    ):
        try:
            others = (bundle, unlike or bundle)
            if all(changed().frontend_image != other.frontend_image for other in others):
                return changed()
        except HilError:  # no quantiser for it, or no such settings: another one
            continue
    return named


def _of_other_steps(bundle: Bundle, scales: tuple[float, ...]) -> Iterator[Callable[[], Bundle]]:
    """The bundle with another scale of its input."""
    model = bundle.model
    for scale in scales:
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
    assert isinstance(known, MeasuredInput)
    assert changed.kind.normaliser is not None
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
        bundle: any; a detector of another kind gets figures with which most wrong rules
            decide otherwise.
        interpreter: of its model.
        samples: int16, the sound.
    """
    rule = bundle.thresholds
    if not (isinstance(bundle.detector, Threshold) and isinstance(rule, Int8Thresholds)):
        return most_telling(bundle, interpreter, samples)
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


def with_changes_at_both_ends(
    bundle: Bundle, interpreter: Interpreter, samples: Int16
) -> tuple[Bundle, Int16]:
    """The bundle with thresholds that a class meets in a sound's first window and leaves in its last, and that sound.

    Args:
        bundle: any, with a detector of thresholds; others stay as they are, and so does the sound.
        interpreter: of its model.
        samples: int16, the sound: its parts are tried.
    """
    rule = bundle.thresholds
    if not (isinstance(bundle.detector, Threshold) and isinstance(rule, Int8Thresholds)):
        return bundle, samples
    step = bundle.stride * bundle.settings.hop
    for label in np.flatnonzero(rule.detect):
        scores = _scores(bundle, interpreter, samples, int(label))
        start = next((at for at in range(len(scores)) if _falls(scores[at:])), None)
        if start is None:
            continue
        part = samples[start * step :]
        scores = _scores(bundle, interpreter, part, int(label))  # a front end may remember what is cut off
        if not _falls(scores):
            continue
        on = scores[0]
        last = next(at for at, score in enumerate(scores) if score < on)
        real = bundle.model.scores.real(on)
        changed = replace(bundle, detector=replace(bundle.detector, threshold=real, release=real))
        try:
            if (changed.thresholds.on[label], changed.thresholds.off[label]) == (on, on):
                return changed, part[: bundle.window_samples + last * step]
        except BundleError:
            continue
    return bundle, samples


def _scores(bundle: Bundle, interpreter: Interpreter, samples: Int16, label: int) -> list[int]:
    outputs = Expected(bundle, interpreter).push(samples).outputs
    return [] if outputs is None else [int(score) for score in outputs.scores[:, label]]


def _falls(scores: list[int]) -> bool:
    """Whether the first score can be a threshold, and a later one is below it."""
    return len(scores) > 1 and min(scores[1:]) < scores[0]


def met_exactly(scores: list[int]) -> tuple[int, int] | None:
    """Thresholds on and off of which scores meet the first while inactive, and the second while active.

    Of all such the two that are met the most often, each of them; None where no scores do.
    """
    tried = [(on, off) for on in set(scores) for off in set(scores) if -128 < off < on]
    found = {each: _met(scores, *each) for each in tried}
    best = max(tried, key=lambda each: (min(found[each][:2]), found[each], each), default=None)
    return best if best is not None and all(found[best]) else None


def _met(scores: list[int], on: int, off: int) -> tuple[int, int, int]:
    """How often a score is the upper threshold while inactive and the lower one while active, and how many changes."""
    active, begun, ended, changes = False, 0, 0, 0
    for score in scores:
        begun += not active and score == on
        ended += active and score == off
        now = score >= (off if active else on)
        changes += now != active
        active = now
    return begun, ended, changes
