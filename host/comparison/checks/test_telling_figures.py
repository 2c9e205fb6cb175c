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


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The rules that are looked at."""
    rules: list[Any] = []

    def telling(rule: Any, _: Any) -> int:
        rules.append(rule)
        return 0

    monkeypatch.setattr(telling_figures, "_telling", telling)
    return rules


def _steps(windows: int, apart: int = 0) -> NDArray[np.int8]:
    """Scores of five classes from 0 to 100 in order; of the last `apart` more."""
    steps = np.linspace(0, 100, windows).round()[:, None] + np.array([0, 0, 0, 0, apart])
    return steps.astype(np.int8)


def test_figures_with_one_threshold_come_first(bundle: Bundle, heard: Heard, tried: list[Any]) -> None:
    heard(_steps(21))
    own = replace(bundle, detector=NOfM(0.9, 0.85, n=2, m=5, duration=2, hold=6))
    assert _chosen(own) is own and tried[0] == own.thresholds
    levels = (20, 35, 50, 65, 80)
    pairs = [(upper, upper) for upper in levels]
    pairs += [
        (35, 20),
        (50, 35),
        (65, 50),
        (80, 65),
        (50, 20),
        (65, 35),
        (80, 50),
        (65, 20),
        (80, 35),
        (80, 20),
    ]
    assert [(each.on[0], each.off[0], each.hold) for each in tried[1:]] == [
        (on, off, hold) for on, off in pairs for hold in (6, 4, 9, 15)
    ]


def test_of_many_levels_six_are_tried(bundle: Bundle, heard: Heard, tried: list[Any]) -> None:
    heard(_steps(101, apart=3))
    _chosen(replace(bundle, detector=Threshold(0.9, 0.85)))
    assert [each.on[0] for each in tried[1:7]] == [20, 35, 50, 53, 68, 83]


def test_rests_are_of_some_strides(bundle: Bundle, heard: Heard, tried: list[Any]) -> None:
    heard(_steps(21))
    _chosen(replace(bundle, detector=MeanWindow(0.9, windows=3, slices=400)))
    assert bundle.stride == 7
    assert [each.slices for each in tried] == [400, *(400, 15, 36) * 15]


@pytest.mark.parametrize(("windows", "count"), [(1249, 16), (1250, 8), (2500, 6)])
def test_of_a_long_sound_fewer_figures_are_tried(
    bundle: Bundle, heard: Heard, tried: list[Any], windows: int, count: int
) -> None:
    """Sixteen of four wrong rules: 400 000 steps for 1 250 windows of five classes. The bundle's own are among them."""
    heard(_steps(windows))
    own = replace(bundle, detector=Threshold(0.9, 0.85, (bundle.labels[1],)))
    assert sum(1 for _ in own.thresholds.variants()) == 4
    assert _chosen(own) is own and tried[0] == own.thresholds
    assert len(tried) == count


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
