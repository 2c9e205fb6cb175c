"""Sounds in which classes begin and end often: of few detections many rules give all, of many hardly another one."""

import numpy as np
from numpy.typing import NDArray

from ..bundle.load import Bundle
from ..detector.detector import Change
from ..model.interpreter import Interpreter
from .expected import Expected
from .stimuli.seeds import pieces_of, seed_sounds, window_of

Int16 = NDArray[np.int16]

LEAST_PIECES, MOST_PIECES = 40, 160  # that are looked at
EXTREME = 6  # pieces with the highest scores of a class that are used, and as many with the lowest
MOST_S = 48.0  # of a sound
TRIES = 3  # of which the one with the most changes is taken
LONGEST = 12  # strides beside a window that a piece may go on


def changing_sounds(
    bundle: Bundle, heard: list[Int16], interpreter: Interpreter, windows: int
) -> tuple[Int16, Int16] | None:
    """Two sounds, put together of pieces of others with the highest and the lowest scores of each class.

    Args:
        bundle: the bundle in use.
        heard: sounds of a run, int16; those of the bundle are used besides.
        interpreter: the reference.
        windows: of the longer one, at most.

    Returns:
        One that ends while a class is active, if one can be, and one with many changes; None where no class changes.
    """
    rng = np.random.default_rng(len(heard))
    pool = [piece for sound in heard for piece in pieces_of(sound, bundle.window_samples)]
    most = min(MOST_PIECES, LEAST_PIECES + windows)  # of a slow model fewer
    pool = pool[:most] + _spread(seed_sounds(bundle, rng), max(0, most - len(pool)))
    interpreter.reset()  # a model that remembers only ranks the pieces otherwise
    scores = interpreter.run(np.stack([window_of(bundle, piece) for piece in pool])).scores
    order = np.argsort(scores, axis=0, kind="stable")
    tried = [_put_together(bundle, pool, order, rng, windows) for _ in range(TRIES)]
    changes = [_changes(bundle, sound, interpreter) for sound in tried]
    best, second = np.argsort([-len(each) for each in changes], kind="stable")[:2].tolist()
    if not changes[best]:
        return None
    return _cut_while_active(bundle, tried[second], changes[second], windows // 3), tried[best]


def _spread(sounds: list[Int16], count: int) -> list[Int16]:
    """So many of some sounds, from the first to the last."""
    places = np.linspace(0, len(sounds) - 1, min(count, len(sounds))).round().astype(int)
    return [sounds[place] for place in places.tolist()]


def _put_together(
    bundle: Bundle, pool: list[Int16], order: NDArray[np.intp], rng: np.random.Generator, windows: int
) -> Int16:
    """Pieces of a high and of a low score of some class in turn, each of another length."""
    step = bundle.stride * bundle.settings.hop
    most = min(
        bundle.settings.samples_for(bundle.frames + (windows - 1) * bundle.stride),
        max(int(MOST_S * bundle.settings.sample_rate), 4 * bundle.window_samples),
    )
    labels = np.flatnonzero(bundle.thresholds.detect)
    put: list[Int16] = []
    high = True
    while sum(map(len, put)) < most:
        ranked = order[:, rng.choice(labels)]
        piece = pool[int(rng.choice(ranked[-EXTREME:] if high else ranked[:EXTREME]))]
        wanted = len(piece) // 2 + int(rng.integers(1, LONGEST + 1)) * step
        put.append(np.resize(piece, wanted))
        high = not high
    return np.concatenate(put)[:most]


def _changes(bundle: Bundle, sound: Int16, interpreter: Interpreter) -> list[Change]:
    return Expected(bundle, interpreter).push(sound).changes


def _cut_while_active(bundle: Bundle, sound: Int16, changes: list[Change], most: int) -> Int16:
    """The sound up to the last window up to number `most` in which a class begins; else up to the first one."""
    begun = [change.window for change in changes if change.active]
    early = [window for window in begun if window <= most]
    window = early[-1] if early else min(begun, default=0)
    return sound[: bundle.settings.samples_for(bundle.frames + window * bundle.stride)]
