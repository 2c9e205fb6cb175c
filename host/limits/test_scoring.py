"""Figures against other people's: scikit-learn's here, sed_scores_eval's as it gave them."""

import json
from pathlib import Path

import numpy as np
import pytest

from .scoring import average_precision, f1, matched, roc_auc, roc_curve

GOLDEN = Path(__file__).with_name("event_f1.json")


@pytest.mark.parametrize("seed", range(20))
def test_as_scikit_learn(seed: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    truth = rng.random(40) < 0.4
    truth[:2] = True, False
    scores = np.round(rng.normal(truth * 1.0, 1.0) * 4)  # with ties
    assert roc_auc(scores, truth) == pytest.approx(metrics.roc_auc_score(truth, scores), abs=1e-12)
    assert average_precision(scores, truth) == pytest.approx(
        metrics.average_precision_score(truth, scores), abs=1e-12
    )
    x, y = zip(*roc_curve(scores, truth), strict=True)
    assert np.trapz(y, x) == pytest.approx(roc_auc(scores, truth), abs=1e-12)


def test_what_cannot_be_said_is_not_said() -> None:
    nothing, some = np.zeros(0, bool), np.ones(3, bool)
    assert roc_auc(np.zeros(0), nothing) is None and roc_auc(np.ones(3), some) is None
    assert average_precision(np.ones(3), ~some) is None and f1(0, 0, 0) is None


@pytest.mark.parametrize(
    "case", json.loads(GOLDEN.read_text(encoding="utf-8")), ids=lambda case: str(case["seed"])
)
def test_events_as_sed_scores_eval(case: dict[str, object]) -> None:
    """tools/event_f1.py wrote what it gives for the same events."""
    counts = np.zeros(3)
    for found, wanted in zip(case["found"], case["wanted"], strict=True):  # type: ignore[call-overload]
        pairs = len(matched(found, wanted, float(case["tolerance_s"])))  # type: ignore[arg-type]
        counts += (pairs, len(found) - pairs, len(wanted) - pairs)
    assert f1(*counts.tolist()) == pytest.approx(case["f1"], abs=1e-9)
