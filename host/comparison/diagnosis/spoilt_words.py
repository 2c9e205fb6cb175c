"""Single words between two stages of a column that something changes: which, and to what, by computing the rest anew.

What a stage gives is right, and what the next one makes of it is not; or a few words of a stage are others, as no step
of it gives them alone. Each word is changed in each plain way, and the core's own stages compute what comes behind it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...core.c_stages import Stages
from ...errors import HilError
from ...frontend.log_mel.settings import LogMelSettings
from ...trace.stages import ColumnTrace, Stage, segments_bytes
from .evidence import Int16
from .figures import OR_ELSE, Cause, places_told
from .search import Int8

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

MOST_WORDS = 4  # of a stage that are others by themselves
MOST_FOUND = 4  # words, or ways, that give the same
ONE = 1 << 24  # what a transform is asked for with a single word: all answers are as large
MADE_BY = {"window": "fe_hann", "spectrum": "fe_rfft"}
TAKEN_BY = {"window": "fe_rfft", "spectrum": "fe_mel"}
CURE = (
    "Look at what is done to values between {made} and {taken} (firmware/core/frontend/log_mel/log_mel.c, compute), "
    "and at what else writes to that memory"
)
WAYS: tuple[tuple[str, Callable[[Int64], Int64]], ...] = (
    ("halved", lambda x: x >> 1),
    ("halved, rounded to 0", lambda x: np.trunc(x / 2).astype(np.int64)),
    ("doubled", lambda x: x << 1),
    ("a quarter of what it must be", lambda x: x >> 2),
    ("four times what it must be", lambda x: x << 2),
    ("0", np.zeros_like),
    ("negated", lambda x: -x),
    ("without its sign", np.abs),
    ("in 16 bits", lambda x: x.astype(np.int16).astype(np.int64)),
)


class Spoilt(NamedTuple):
    """Words that something changes.

    Attributes:
        after: the stage that gives them.
        places: of them.
        how: what becomes of them, in words.
        way: the same, of values.
    """

    after: str
    places: Int64
    how: str
    way: Callable[[Int64], Int64]

    def of(self, values: NDArray[np.integer]) -> Int32:  # type: ignore[type-arg]
        """A stage's values with these words changed."""
        found = values.astype(np.int64)
        found[self.places] = self.way(found[self.places])
        return found.astype(np.int32)

    def told(self, count: int) -> str:
        """In words."""
        which = places_told(self.places, count, "value", "values")
        are = "is" if len(self.places) == 1 else "are"
        return f"{which} (from 0) of what {MADE_BY[self.after]} gives {are} {self.how} before {TAKEN_BY[self.after]}"


def words_cause(trace: ColumnTrace, departs: Stage, bundle: Bundle) -> Cause | None:
    """The words, or one of a few, that something changes; None where no such change gives all of the stage."""
    settings = bundle.settings
    if not isinstance(settings, LogMelSettings) or settings.has_options or settings.span != settings.fft:
        return None
    found = list(_own(departs))
    try:
        stages = Stages(settings, bundle.model.input.scale, bundle.model.input.zero_point)
        if not found:
            found = list(_before(stages, trace, departs))
    except HilError:
        return None  # nothing is computed here
    if not 0 < len(found) <= MOST_FOUND:
        return None
    count = settings.fft
    tables = tuple((each.told(count), _columns(stages, each)) for each in found)
    cure = CURE.format(made=MADE_BY[found[0].after], taken=TAKEN_BY[found[0].after])
    return Cause(OR_ELSE.join(told for told, _ in tables), cure, True, tables=tables)


def _own(departs: Stage) -> Iterator[Spoilt]:
    """A few of the stage's own words that are others, each in the same way."""
    if departs.name not in MADE_BY:
        return
    host, device = departs.numbers()
    if len(host) != len(device) or np.count_nonzero(host != device) > MOST_WORDS:
        return
    wrong = np.flatnonzero(host != device)
    for how, way in WAYS:
        each = Spoilt(departs.name, wrong, how, way)
        if np.array_equal(each.of(host), device):
            yield each


def _before(stages: Stages, trace: ColumnTrace, departs: Stage) -> Iterator[Spoilt]:
    """One word of the stage before, which is right, that is another one when it is taken."""
    place = [stage.name for stage in trace.stages].index(departs.name)
    if not place or trace.stages[place - 1].name not in MADE_BY:
        return
    before = trace.stages[place - 1]
    host, _ = before.numbers()
    goes_on: Callable[[Int32], bytes] = (
        (lambda x: stages.rfft(x).tobytes())
        if before.name == "window"
        else (lambda x: segments_bytes(*stages.mel(x)))
    )
    if goes_on(host.astype(np.int32)) != departs.host:
        return
    for how, way in WAYS:
        for places in _places(stages, before.name, host, departs):
            each = Spoilt(before.name, places, how, way)
            if goes_on(each.of(host)) == departs.device:
                yield each


def _places(stages: Stages, before: str, host: Int64, departs: Stage) -> Iterable[Int64]:
    """Words of which one may be it: all, or of a transform's those that move its values so."""
    every = np.arange(len(host))
    if before != "window":
        return [each[np.newaxis] for each in every]
    ours, theirs = departs.numbers()
    moved = (theirs - ours).astype(np.float64)
    alike = []
    for place in every:
        alone = np.zeros(len(host), np.int32)
        alone[place] = ONE
        alike.append(-abs(float(stages.rfft(alone).astype(np.float64) @ moved)))
    return [np.array([place]) for place in np.argsort(alike)[:MOST_FOUND]]


def _columns(stages: Stages, spoilt: Spoilt) -> Callable[[Int16], Int8]:
    """What the front end makes of any samples with these words changed in each column."""

    def columns(samples: Int16) -> Int8:
        settings = stages.settings
        found = np.empty((settings.columns(len(samples)), settings.bands), np.int8)
        for column in range(len(found)):
            begin = column * settings.hop
            values = stages.window(samples[begin : begin + settings.fft])
            spectrum = stages.rfft(spoilt.of(values) if spoilt.after == "window" else values)
            spectrum = spoilt.of(spectrum) if spoilt.after == "spectrum" else spectrum
            found[column] = stages.quantise(stages.log(stages.mel(spectrum)))
        return found

    return columns
