"""By how much a filter or a fade may miss the samples that a trace saw."""

import numpy as np
import pytest
from numpy.typing import NDArray

from .seen_samples import _faded, _filtered
from .test_seen_samples import all_known, noise

Int64 = NDArray[np.int64]


@pytest.mark.parametrize(("by", "found"), [(0, True), (2, False)])
def test_a_fit_may_miss_by_a_step_and_its_rounding(by: int, found: bool) -> None:
    """Two steps, in more samples than may be something else, where rounding took off nearly half of one: 1.5 to 1.8."""

    def off(exact: NDArray[np.float64]) -> Int64:
        seen = np.rint(exact).astype(np.int64)
        for sign in (1, -1):
            place = np.flatnonzero((sign * (seen - exact) < -0.25) & (sign * (seen - exact) > -0.45))[20:24]
            seen[place] += sign * by
        return seen

    x = np.full(200, 1000)
    assert bool(_faded(x, off(x + 0.35 * np.arange(200)), all_known(x))) == found
    x = noise(1000) * 2
    assert bool(_filtered(x, off(x * 0.37), all_known(x))) == found
