"""Every kind of detector on the device: the same changes as on the host, in each stream anew."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from .comparing import assert_agreed, compare_blocks
from .deploying import deploy
from .toolkit import (
    KINDS,
    TESTDATA,
    Argmax,
    Bundle,
    DetectorSettings,
    Device,
    Expected,
    MeanWindow,
    NOfM,
    ReferenceInterpreter,
    Threshold,
    check_identity,
    prepare_bundle,
    sample_values,
    stream,
)
from .toolkit import messages as m

SECONDS = 14.0


def _sounds(bundle: Bundle) -> list[NDArray[np.int16]]:
    return list(stream(31, SECONDS, bundle.settings.sample_rate))


def _with_a_detector(kind: str) -> Bundle:
    """A small model, with thresholds that its scores for the sounds cross again and again."""
    values = sample_values("softmax" if kind == "argmax" else "sigmoid")
    plain = prepare_bundle(TESTDATA, values)
    host = Expected(plain, ReferenceInterpreter(plain.model_bytes, plain.model))
    outputs = [host.push(block).outputs for block in _sounds(plain)]
    scores = np.concatenate([each.scores for each in outputs if each is not None])
    low, high = (plain.model.scores.real(int(q)) for q in np.quantile(scores.max(axis=1), (0.4, 0.6)))
    detectors: dict[str, DetectorSettings] = {
        "threshold": Threshold(high, low),
        "mean-window": MeanWindow(low, 3, max(5, values.stride)),
        "argmax": Argmax(high, low, 2 * plain.model.scores.scale),
        "n-of-m": NOfM(high, low, 2, 4, 2, 3),
    }
    return prepare_bundle(TESTDATA, replace(values, detector=detectors[kind]))


@pytest.mark.parametrize("kind", KINDS)
def test_detections_are_equal(kind: str, emptied: Device, needs: Callable[[m.Capability], None]) -> None:
    needs(m.Capability.INFERENCE)
    needs(m.Capability.SLOT)
    needs(m.Capability.DETECTORS)
    other = _with_a_detector(kind)
    deploy(emptied, other)
    check_identity(emptied.info(), other)
    interpreter = ReferenceInterpreter(other.model_bytes, other.model)
    for _ in range(2):  # the second stream finds nothing of the first one
        comparison = compare_blocks(emptied, other, _sounds(other), interpreter)
        assert_agreed(comparison)
        assert comparison.host_changes == comparison.device_changes
        assert {change.active for change in comparison.host_changes} == {True, False}
