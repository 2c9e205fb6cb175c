"""Which figures of a detector are chosen so that a wrong rule shows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...detector.argmax import Argmax
from ...detector.detector import Detector
from ...detector.mean_window import MeanWindow
from ...detector.n_of_m import NOfM
from ...detector.threshold import Threshold
from ...model.interpreter import Outputs
from . import telling_figures
from .telling_figures import asking, most_telling, waiting

pytestmark = pytest.mark.native

Heard = Callable[[NDArray[np.int8] | None], None]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    """Lets a sound have some scores."""

    def of(scores: NDArray[np.int8] | None) -> None:
        outputs = None if scores is None else Outputs(scores, None)
        pushed = SimpleNamespace(push=lambda _: SimpleNamespace(outputs=outputs))
        monkeypatch.setattr(telling_figures, "Expected", lambda *_: pushed)

    return of


def _chosen(bundle: Bundle) -> Bundle:
    nothing: Any = None
    return most_telling(bundle, nothing, nothing)


@dataclass(frozen=True)
class Figureless:
    """A detector that compares scores with nothing."""

    kind: str = "figureless"


def test_a_detector_without_figures_cannot_be_asked(bundle: Bundle) -> None:
    detector: Any = Figureless()
    assert asking(replace(bundle, detector=detector), 5, 5) is None
    changed = asking(bundle, 5, 5)
    assert changed is not None and set(changed.thresholds.on) == {5}


@pytest.mark.parametrize(
    ("detector", "figures"),
    [
        (Threshold(threshold=0.5, release=0.4, ignore=()), {"threshold", "release"}),
        (NOfM(threshold=0.5, release=0.4, n=1, m=2, ignore=()), {"threshold", "release"}),
        (Argmax(threshold=0.5, release=0.4, margin=0.25, ignore=()), {"threshold", "release"}),
        (MeanWindow(cutoff=0.5, windows=1, slices=60, ignore=()), {"cutoff"}),
    ],
    ids=lambda each: type(each).__name__,
)
def test_all_figures_that_scores_are_compared_with_are_set(
    bundle: Bundle, detector: Any, figures: set[str]
) -> None:
    changed = asking(replace(bundle, detector=detector), 5, 2)
    assert changed is not None
    before, after = vars(detector), vars(changed.detector)
    assert {name for name in before if before[name] != after[name]} == figures
    real = bundle.model.scores.real
    right = {"threshold": real(5), "release": real(2), "cutoff": 133.5 / 255}
    assert {name: after[name] for name in figures} == {name: right[name] for name in figures}


def test_no_figure_is_chosen_that_a_board_would_refuse(bundle: Bundle) -> None:
    detector = MeanWindow(cutoff=0.5, windows=1, slices=60)
    assert asking(replace(bundle, detector=detector), -128, -128) is None  # no probability is below 0
    assert asking(replace(bundle, detector=detector), -127, -127) is not None


def _scores(bundle: Bundle, windows: int, seed: int) -> NDArray[np.int8]:
    """Some windows high and some low, in turn."""
    rng = np.random.default_rng(seed)
    turns = np.repeat(rng.integers(0, 2, windows), rng.integers(1, 9, windows))[:windows] * 120
    return (turns[:, None] - 60 + rng.integers(-40, 41, (windows, len(bundle.labels)))).astype(np.int8)


@pytest.mark.parametrize(
    ("detector", "kinds"),
    [
        (
            NOfM(0.9, 0.85, n=2, m=5, duration=2, hold=4),
            {"hold", "duration", "hysteresis missing"},
        ),
        (MeanWindow(0.97, windows=3, slices=400), {"mean at the cutoff", "mean of"}),
        (Threshold(0.9, 0.85), {"hysteresis missing", "thresholds exchanged"}),
    ],
    ids=lambda each: type(each).__name__ if not isinstance(each, set) else "",
)
def test_wrong_rules_show_with_the_figures_chosen(
    bundle: Bundle, heard: Heard, detector: Any, kinds: set[str]
) -> None:
    """What the bundle's own figures do not show of a sound: with them next to nothing begins."""
    scores = _scores(bundle, 80, 3)
    heard(scores)

    def shows(of: Bundle) -> set[str]:
        right = Detector(of.thresholds).update(scores)
        apart = [
            each.cause for each in of.thresholds.variants() if Detector(each.rule).update(scores) != right
        ]
        return {
            " ".join(word for word in cause.split() if not word.lstrip("+-").isdigit()) for cause in apart
        }

    own = replace(bundle, detector=detector)
    chosen = _chosen(own)
    assert kinds <= shows(chosen), shows(chosen)
    assert len(shows(chosen)) > len(shows(own))
    assert type(chosen.detector) is type(detector)


def test_many_figures_are_thinned_out(bundle: Bundle, heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a long sound and many classes fewer figures are tried; the bundle's own are among them."""
    own = replace(bundle, detector=NOfM(0.5, 0.4, n=2, m=5, duration=2, hold=4))
    tried: list[Any] = []

    def telling(rule: Any, _: Any) -> int:
        tried.append(rule)
        return 0

    monkeypatch.setattr(telling_figures, "_telling", telling)
    counts = []
    for windows in (40, 4000):
        heard(_scores(bundle, windows, 5))
        assert _chosen(own) is own
        counts.append(len(tried))
        tried.clear()
    assert 0 < counts[1] < counts[0] // 4


def test_without_outputs_nothing_is_chosen(bundle: Bundle, heard: Heard) -> None:
    heard(None)
    assert _chosen(bundle) is bundle


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        ((2, 3, 1, 1), (2, 5, 2, 4)),
        ((2, 9, 3, 7), (2, 9, 3, 7)),
        ((31, 31, 1, 2), (31, 32, 2, 2)),
    ],
)
def test_votes_are_waited_for_and_held(
    bundle: Bundle, asked: tuple[int, int, int, int], waits: tuple[int, int, int, int]
) -> None:
    """What is one becomes more, what is more stays; m is at most 32."""
    own = replace(bundle, detector=NOfM(0.5, 0.4, *asked, ("a",)))
    assert waiting(own).detector == NOfM(0.5, 0.4, *waits, ("a",))


def test_other_kinds_wait_as_before(bundle: Bundle) -> None:
    assert waiting(bundle) is bundle
